-- What holds for every table of this schema (the PostgreSQL migrations carry the same numbers and the same meaning):
--
-- * A table ending in `_history` is append-only: triggers refuse UPDATE and DELETE. `recorded_at` says when a row became
--   known to us, so the state as of any moment can be read back. A view ending in `_current` is the state now.
-- * The few tables that do change (leases, the entry queue, the change counter) hold nothing that history lacks, except
--   who is working on what. Each says why it exists.
-- * An instant is an INTEGER: microseconds since 1970-01-01T00:00:00Z. A time a source gave is five columns: the instant
--   (`_at`), the source's own offset in seconds east of UTC (`_offset`, NULL when unknown), `_precision`
--   (month, day, minute, second), where it was read (`_source`) and the text as read (`_raw`).
-- * `lang` is ISO 639-1 (`und` when unknown), `script` ISO 15924; never one inside the other.
-- * Offsets into a text, wherever JSON holds them, are half-open and count Unicode scalar values of the stored body.
-- * JSON is kept as text in the shapes of the model; what is queried is a column of its own.
-- * `seq` is the order in which rows were written. Times are given by the caller; the database never reads a clock.

-- Identity: every feed that was ever in the catalogue.
CREATE TABLE feed (
    feed        TEXT    NOT NULL PRIMARY KEY,
    recorded_at INTEGER NOT NULL
) STRICT;

-- The catalogue: one row each time a feed appeared, changed or left.
CREATE TABLE feed_history (
    seq           INTEGER PRIMARY KEY,
    feed          TEXT    NOT NULL REFERENCES feed (feed),
    recorded_at   INTEGER NOT NULL,
    -- 0: the catalogue no longer lists it; `status` is then 'disabled'.
    listed        INTEGER NOT NULL CHECK (listed IN (0, 1)),
    url           TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    lang          TEXT    NOT NULL,
    script        TEXT,
    region        TEXT    NOT NULL,
    zone          TEXT    NOT NULL,
    category      TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('feed', 'sitemap', 'listing')),
    status        TEXT    NOT NULL CHECK (status IN ('live', 'pending', 'disabled')),
    -- A calendar day, YYYY-MM-DD.
    last_evidence TEXT,
    note          TEXT
) STRICT;
CREATE INDEX feed_history_by_feed ON feed_history (feed, seq);

CREATE VIEW feed_current AS
SELECT h.*
FROM feed f
JOIN feed_history h ON h.seq = (SELECT max(n.seq) FROM feed_history n WHERE n.feed = f.feed);

-- Every poll, whatever came of it.
CREATE TABLE feed_poll_history (
    seq         INTEGER PRIMARY KEY,
    feed        TEXT    NOT NULL REFERENCES feed (feed),
    recorded_at INTEGER NOT NULL,
    -- 'ok', 'not_modified', or the code of the fault.
    result      TEXT    NOT NULL,
    error       TEXT,
    http_status INTEGER,
    bytes       INTEGER NOT NULL,
    elapsed_ms  INTEGER NOT NULL,
    -- Entries read; of those: never seen, seen with other content, seen with this content.
    entries     INTEGER NOT NULL,
    new         INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    known       INTEGER NOT NULL,
    -- JSON array of {code, message, at}.
    problems    TEXT    NOT NULL,
    capture     TEXT
) STRICT;
CREATE INDEX feed_poll_history_by_feed ON feed_poll_history (feed, seq);

-- What polling has taught about a feed: one row per poll, and one when a changed catalogue row gives a feed that was
-- gone another chance (`poll` is NULL then).
CREATE TABLE feed_state_history (
    seq         INTEGER PRIMARY KEY,
    feed        TEXT    NOT NULL REFERENCES feed (feed),
    recorded_at INTEGER NOT NULL,
    poll        INTEGER REFERENCES feed_poll_history (seq),
    -- NULL: due at once.
    next_due    INTEGER,
    gone        INTEGER NOT NULL CHECK (gone IN (0, 1)),
    failures    INTEGER NOT NULL,
    -- JSON of the whole state, validators verbatim.
    state       TEXT    NOT NULL
) STRICT;
CREATE INDEX feed_state_history_by_feed ON feed_state_history (feed, seq);

CREATE VIEW feed_state_current AS
SELECT s.*
FROM feed f
JOIN feed_state_history s ON s.seq = (SELECT max(n.seq) FROM feed_state_history n WHERE n.feed = f.feed);

-- Who is polling a feed, until when. Changes: a lease is not a fact worth keeping.
CREATE TABLE feed_lease (
    feed         TEXT    NOT NULL PRIMARY KEY REFERENCES feed (feed),
    worker       TEXT    NOT NULL,
    leased_until INTEGER NOT NULL
) STRICT;

CREATE TRIGGER feed_no_update BEFORE UPDATE ON feed
BEGIN SELECT RAISE(ABORT, 'feed is append-only'); END;
CREATE TRIGGER feed_no_delete BEFORE DELETE ON feed
BEGIN SELECT RAISE(ABORT, 'feed is append-only'); END;
CREATE TRIGGER feed_history_no_update BEFORE UPDATE ON feed_history
BEGIN SELECT RAISE(ABORT, 'feed_history is append-only'); END;
CREATE TRIGGER feed_history_no_delete BEFORE DELETE ON feed_history
BEGIN SELECT RAISE(ABORT, 'feed_history is append-only'); END;
CREATE TRIGGER feed_poll_history_no_update BEFORE UPDATE ON feed_poll_history
BEGIN SELECT RAISE(ABORT, 'feed_poll_history is append-only'); END;
CREATE TRIGGER feed_poll_history_no_delete BEFORE DELETE ON feed_poll_history
BEGIN SELECT RAISE(ABORT, 'feed_poll_history is append-only'); END;
CREATE TRIGGER feed_state_history_no_update BEFORE UPDATE ON feed_state_history
BEGIN SELECT RAISE(ABORT, 'feed_state_history is append-only'); END;
CREATE TRIGGER feed_state_history_no_delete BEFORE DELETE ON feed_state_history
BEGIN SELECT RAISE(ABORT, 'feed_state_history is append-only'); END;
