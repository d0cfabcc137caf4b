-- Every content an entry was seen with: one row when it is new, one each time its content changed.
CREATE TABLE entry_history (
    seq                 INTEGER PRIMARY KEY,
    feed                TEXT    NOT NULL REFERENCES feed (feed),
    key                 TEXT    NOT NULL,
    recorded_at         INTEGER NOT NULL,
    poll                INTEGER NOT NULL REFERENCES feed_poll_history (seq),
    -- SHA-256 (hex) of what makes an entry worth processing again: URL, title, summary, content, `updated` as written.
    content_hash        TEXT    NOT NULL,
    url                 TEXT,
    title               TEXT,
    published_at        INTEGER,
    published_offset    INTEGER,
    published_precision TEXT,
    published_source    TEXT,
    published_raw       TEXT
) STRICT;
CREATE INDEX entry_history_by_entry ON entry_history (feed, key, seq);

-- What became of an entry, each time it was tried; of an import (`feed` and `key` NULL), each time something came in.
CREATE TABLE outcome_history (
    seq          INTEGER PRIMARY KEY,
    feed         TEXT    REFERENCES feed (feed),
    key          TEXT,
    recorded_at  INTEGER NOT NULL,
    -- Tries that ended before this one, since the entry was new or changed.
    attempt      INTEGER NOT NULL,
    -- The entry content that was tried.
    content_hash TEXT,
    -- 'stored', 'skipped.robots', 'retry.timeout' ...
    outcome      TEXT    NOT NULL,
    note         TEXT,
    retry_at     INTEGER,
    url          TEXT,
    title        TEXT,
    capture      TEXT,
    article      TEXT,
    CHECK ((feed IS NULL) = (key IS NULL))
) STRICT;
CREATE INDEX outcome_history_by_entry ON outcome_history (feed, key, seq);
-- Answers "was this import recorded already?".
CREATE INDEX outcome_history_of_imports ON outcome_history (url, recorded_at) WHERE feed IS NULL;

-- The queue: one row per entry. It changes, because claiming needs what history cannot answer fast: what is due, on
-- which host, leased by whom. Content, outcome and attempts in it follow the two tables above in the same transaction.
CREATE TABLE entry (
    -- Arrival order.
    seq          INTEGER PRIMARY KEY,
    feed         TEXT    NOT NULL REFERENCES feed (feed),
    key          TEXT    NOT NULL,
    first_seen   INTEGER NOT NULL,
    content_hash TEXT    NOT NULL,
    url          TEXT,
    -- Host with port of the URL; empty when there is none.
    host         TEXT    NOT NULL,
    -- JSON of the entry; dropped once it is settled.
    content      TEXT,
    -- When it may be tried; NULL once it is settled.
    due          INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- NULL while nothing has come of the present content.
    outcome      TEXT,
    -- The outcome before the content changed.
    previous     TEXT,
    worker       TEXT,
    leased_until INTEGER,
    -- The content the worker was given: it may change while it is being worked on.
    leased_hash  TEXT,
    UNIQUE (feed, key),
    CHECK (due IS NULL OR content IS NOT NULL)
) STRICT;
-- Everything the choice of due entries looks at, in the order its window function wants.
CREATE INDEX entry_due ON entry (host, due, seq, leased_until) WHERE due IS NOT NULL;
CREATE INDEX entry_outcome ON entry (feed, outcome);
CREATE INDEX entry_first_seen ON entry (feed, first_seen);

-- The latest outcome of each entry, from history alone.
CREATE VIEW outcome_current AS
SELECT o.*
FROM outcome_history o
WHERE o.feed IS NOT NULL
  AND o.seq = (SELECT max(n.seq) FROM outcome_history n WHERE n.feed = o.feed AND n.key = o.key);

CREATE TRIGGER entry_history_no_update BEFORE UPDATE ON entry_history
BEGIN SELECT RAISE(ABORT, 'entry_history is append-only'); END;
CREATE TRIGGER entry_history_no_delete BEFORE DELETE ON entry_history
BEGIN SELECT RAISE(ABORT, 'entry_history is append-only'); END;
CREATE TRIGGER outcome_history_no_update BEFORE UPDATE ON outcome_history
BEGIN SELECT RAISE(ABORT, 'outcome_history is append-only'); END;
CREATE TRIGGER outcome_history_no_delete BEFORE DELETE ON outcome_history
BEGIN SELECT RAISE(ABORT, 'outcome_history is append-only'); END;
