-- The one place where `change_seq` is given: adding one to this row inside the write transaction. The row stays locked
-- until commit, so numbers become visible in the order they were given, with any number of writers.
CREATE TABLE change_counter (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    change_seq INTEGER NOT NULL
) STRICT;
INSERT INTO change_counter (one, change_seq) VALUES (1, 0);

-- Identity: every article that was ever stored.
CREATE TABLE article (
    article     TEXT    NOT NULL PRIMARY KEY,
    recorded_at INTEGER NOT NULL
) STRICT;

-- One row per text an article had, with every decision taken on that text and the versions of what decided.
CREATE TABLE article_revision_history (
    article             TEXT    NOT NULL REFERENCES article (article),
    -- 1, 2, 3 ...
    revision            INTEGER NOT NULL,
    recorded_at         INTEGER NOT NULL,
    -- SHA-256 (hex) of title and body after normalising: an equal hash is no new revision.
    content_hash        TEXT    NOT NULL,
    -- Canonical URL, or the import key.
    url                 TEXT    NOT NULL,
    source_id           TEXT,
    feed                TEXT,
    title               TEXT,
    site                TEXT,
    byline              TEXT,
    lang                TEXT    NOT NULL,
    script              TEXT,
    published_at        INTEGER,
    published_offset    INTEGER,
    published_precision TEXT,
    published_source    TEXT,
    published_raw       TEXT,
    modified_at         INTEGER,
    modified_offset     INTEGER,
    modified_precision  TEXT,
    modified_source     TEXT,
    modified_raw        TEXT,
    -- JSON arrays of topic names: reported, and only mentioned.
    topics              TEXT    NOT NULL,
    mentions            TEXT    NOT NULL,
    extractor           TEXT    NOT NULL,
    rules               TEXT    NOT NULL,
    lexicon             TEXT    NOT NULL,
    normaliser          TEXT    NOT NULL,
    capture             TEXT,
    fetched_at          INTEGER NOT NULL,
    -- JSON of the whole article as it was decided; `story_membership_history` overrules its copy verdict and placement.
    content             TEXT    NOT NULL,
    PRIMARY KEY (article, revision)
) STRICT;

-- Every change of an article's indexed state. What the index, alerts and caches replay.
CREATE TABLE article_change_history (
    change_seq  INTEGER PRIMARY KEY,
    article     TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    change      TEXT    NOT NULL CHECK (change IN ('new', 'revised', 'reclustered', 'withdrawn', 'restored', 'forgotten')),
    -- The revision that holds from here on.
    revision    INTEGER NOT NULL,
    -- 1: the index drops it.
    deleted     INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    FOREIGN KEY (article, revision) REFERENCES article_revision_history (article, revision)
) STRICT;
CREATE INDEX article_change_history_by_article ON article_change_history (article, change_seq);

-- Which story an article belongs to and whose copy it is, from this change on.
CREATE TABLE story_membership_history (
    change_seq  INTEGER PRIMARY KEY REFERENCES article_change_history (change_seq),
    article     TEXT    NOT NULL REFERENCES article (article),
    recorded_at INTEGER NOT NULL,
    story       TEXT    NOT NULL,
    -- The primary event.
    event       TEXT    NOT NULL,
    -- JSON array of reasons for the placement.
    why         TEXT    NOT NULL,
    relation    TEXT    NOT NULL,
    copy_of     TEXT,
    related_to  TEXT,
    -- JSON array of reasons for the copy verdict.
    copy_why    TEXT    NOT NULL
) STRICT;
CREATE INDEX story_membership_history_by_article ON story_membership_history (article, change_seq);
CREATE INDEX story_membership_history_by_story ON story_membership_history (story, article);

-- All events an article speaks of, from this change on: the rows of one change are the whole set, in order.
CREATE TABLE event_membership_history (
    change_seq  INTEGER NOT NULL REFERENCES story_membership_history (change_seq),
    ordinal     INTEGER NOT NULL,
    article     TEXT    NOT NULL REFERENCES article (article),
    recorded_at INTEGER NOT NULL,
    event       TEXT    NOT NULL,
    PRIMARY KEY (change_seq, ordinal)
) STRICT;
CREATE INDEX event_membership_history_by_event ON event_membership_history (event, change_seq);

-- What an article says the status of an event is. Days are YYYY-MM-DD or YYYY-MM.
CREATE TABLE event_status_history (
    seq         INTEGER PRIMARY KEY,
    event       TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    article     TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    modality    TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    announced   TEXT,
    effective   TEXT,
    ends        TEXT,
    -- When it was said: the article's publication, else its fetch.
    said_at     INTEGER NOT NULL,
    FOREIGN KEY (article, revision) REFERENCES article_revision_history (article, revision)
) STRICT;
CREATE INDEX event_status_history_by_event ON event_status_history (event, said_at, seq);

-- The latest word on each event: an old article that is read late does not turn a status back.
CREATE VIEW event_status_current AS
SELECT s.*
FROM event_status_history s
WHERE s.seq = (
    SELECT n.seq FROM event_status_history n WHERE n.event = s.event ORDER BY n.said_at DESC, n.seq DESC LIMIT 1
);

-- Statements about use, as found with a revision; raw, never interpreted here.
CREATE TABLE rights_history (
    seq         INTEGER PRIMARY KEY,
    article     TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    place       TEXT    NOT NULL,
    raw         TEXT    NOT NULL,
    FOREIGN KEY (article, revision) REFERENCES article_revision_history (article, revision)
) STRICT;
CREATE INDEX rights_history_by_article ON rights_history (article, revision);

-- Every URL that led to an article: its own, the entry's, the one asked for. The latest row of a URL holds.
CREATE TABLE article_url_history (
    seq         INTEGER PRIMARY KEY,
    url         TEXT    NOT NULL,
    article     TEXT    NOT NULL REFERENCES article (article),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX article_url_history_by_url ON article_url_history (url, seq);

-- The state of every article now: one row each, driven by the latest change.
CREATE VIEW article_current AS
SELECT
    c.change_seq, c.article, c.change, c.revision, c.deleted, c.recorded_at,
    r.content_hash, r.url, r.source_id, r.feed, r.title, r.site, r.byline, r.lang, r.script,
    r.published_at, r.published_offset, r.published_precision, r.published_source, r.published_raw,
    r.modified_at, r.modified_offset, r.modified_precision, r.modified_source, r.modified_raw,
    r.topics, r.mentions, r.extractor, r.rules, r.lexicon, r.normaliser, r.capture, r.fetched_at, r.content,
    m.story, m.event, m.why, m.relation, m.copy_of, m.related_to, m.copy_why,
    -- Ordered inside: ORDER BY within an aggregate would lock out the sqlite3 shells of current distributions.
    (SELECT json_group_array(o.event) FROM
         (SELECT e.event FROM event_membership_history e WHERE e.change_seq = m.change_seq ORDER BY e.ordinal) o) AS events
FROM article_change_history c
JOIN article_revision_history r ON r.article = c.article AND r.revision = c.revision
JOIN story_membership_history m ON m.change_seq =
    (SELECT max(l.change_seq) FROM story_membership_history l WHERE l.article = c.article)
WHERE c.change_seq = (SELECT max(n.change_seq) FROM article_change_history n WHERE n.article = c.article);

CREATE TRIGGER article_no_update BEFORE UPDATE ON article
BEGIN SELECT RAISE(ABORT, 'article is append-only'); END;
CREATE TRIGGER article_no_delete BEFORE DELETE ON article
BEGIN SELECT RAISE(ABORT, 'article is append-only'); END;
CREATE TRIGGER article_revision_history_no_update BEFORE UPDATE ON article_revision_history
BEGIN SELECT RAISE(ABORT, 'article_revision_history is append-only'); END;
CREATE TRIGGER article_revision_history_no_delete BEFORE DELETE ON article_revision_history
BEGIN SELECT RAISE(ABORT, 'article_revision_history is append-only'); END;
CREATE TRIGGER article_change_history_no_update BEFORE UPDATE ON article_change_history
BEGIN SELECT RAISE(ABORT, 'article_change_history is append-only'); END;
CREATE TRIGGER article_change_history_no_delete BEFORE DELETE ON article_change_history
BEGIN SELECT RAISE(ABORT, 'article_change_history is append-only'); END;
CREATE TRIGGER story_membership_history_no_update BEFORE UPDATE ON story_membership_history
BEGIN SELECT RAISE(ABORT, 'story_membership_history is append-only'); END;
CREATE TRIGGER story_membership_history_no_delete BEFORE DELETE ON story_membership_history
BEGIN SELECT RAISE(ABORT, 'story_membership_history is append-only'); END;
CREATE TRIGGER event_membership_history_no_update BEFORE UPDATE ON event_membership_history
BEGIN SELECT RAISE(ABORT, 'event_membership_history is append-only'); END;
CREATE TRIGGER event_membership_history_no_delete BEFORE DELETE ON event_membership_history
BEGIN SELECT RAISE(ABORT, 'event_membership_history is append-only'); END;
CREATE TRIGGER event_status_history_no_update BEFORE UPDATE ON event_status_history
BEGIN SELECT RAISE(ABORT, 'event_status_history is append-only'); END;
CREATE TRIGGER event_status_history_no_delete BEFORE DELETE ON event_status_history
BEGIN SELECT RAISE(ABORT, 'event_status_history is append-only'); END;
CREATE TRIGGER rights_history_no_update BEFORE UPDATE ON rights_history
BEGIN SELECT RAISE(ABORT, 'rights_history is append-only'); END;
CREATE TRIGGER rights_history_no_delete BEFORE DELETE ON rights_history
BEGIN SELECT RAISE(ABORT, 'rights_history is append-only'); END;
CREATE TRIGGER article_url_history_no_update BEFORE UPDATE ON article_url_history
BEGIN SELECT RAISE(ABORT, 'article_url_history is append-only'); END;
CREATE TRIGGER article_url_history_no_delete BEFORE DELETE ON article_url_history
BEGIN SELECT RAISE(ABORT, 'article_url_history is append-only'); END;
