-- What users make. Every row says whose it is; `local` is the single user of an installation without accounts.

CREATE TABLE subscription (
    id          TEXT    NOT NULL PRIMARY KEY,
    owner       TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    -- In the one query language.
    query       TEXT    NOT NULL,
    -- JSON array of URLs.
    channels    TEXT    NOT NULL,
    -- Cron expression, in `zone` (IANA).
    schedule    TEXT    NOT NULL,
    zone        TEXT    NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE TABLE saved_query (
    id          TEXT    NOT NULL PRIMARY KEY,
    owner       TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    query       TEXT    NOT NULL,
    UNIQUE (owner, name)
) STRICT;

-- What a person decided about an article, a story or an event: relevant, wrong topic, belongs elsewhere ...
-- Append-only: the latest row of (owner, subject, question) holds.
CREATE TABLE judgement (
    seq          INTEGER PRIMARY KEY,
    owner        TEXT    NOT NULL,
    recorded_at  INTEGER NOT NULL,
    -- 'article', 'story' or 'event', and its id.
    subject_kind TEXT    NOT NULL CHECK (subject_kind IN ('article', 'story', 'event')),
    subject      TEXT    NOT NULL,
    -- The revision that was looked at, for an article.
    revision     INTEGER,
    question     TEXT    NOT NULL,
    -- JSON.
    answer       TEXT    NOT NULL,
    note         TEXT
) STRICT;
CREATE INDEX judgement_by_subject ON judgement (subject_kind, subject, question, owner, seq);

CREATE TRIGGER judgement_no_update BEFORE UPDATE ON judgement
BEGIN SELECT RAISE(ABORT, 'judgement is append-only'); END;
CREATE TRIGGER judgement_no_delete BEFORE DELETE ON judgement
BEGIN SELECT RAISE(ABORT, 'judgement is append-only'); END;
