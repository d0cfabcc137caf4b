-- Looking at stored articles again: silent edits, corrections and withdrawals.

-- Every look at a stored article's page: 'fetched' when its feed led to it, the others when it was looked at again.
CREATE TABLE revisit_history (
    seq           INTEGER PRIMARY KEY,
    article       TEXT    NOT NULL REFERENCES article (article),
    recorded_at   INTEGER NOT NULL,
    -- missing: 404 or 410, not yet confirmed or known already. withdrawn: confirmed now. failed: nothing was learnt.
    outcome       TEXT    NOT NULL CHECK (outcome IN
                      ('fetched', 'unchanged', 'revision', 'missing', 'withdrawn', 'restored', 'failed')),
    note          TEXT,
    -- The address that answered, which the validators belong to.
    url           TEXT    NOT NULL,
    http_status   INTEGER,
    -- In a row, this look included: looks that failed, and answers 404 or 410.
    failures      INTEGER NOT NULL,
    missing       INTEGER NOT NULL,
    -- As received; what the next look sends back.
    etag          TEXT,
    last_modified TEXT,
    -- SHA-256 (hex) of the decoded body.
    body_hash     TEXT,
    -- NULL: not looked at again.
    next_due      INTEGER,
    capture       TEXT
) STRICT;
CREATE INDEX revisit_history_by_article ON revisit_history (article, seq);

-- The queue: one row per article. It changes, as `entry` does, because claiming needs what history cannot answer fast:
-- what is due, on which host, leased by whom. All else in it is the latest row of the history, in the same transaction.
CREATE TABLE revisit (
    article       TEXT    NOT NULL PRIMARY KEY REFERENCES article (article),
    url           TEXT    NOT NULL,
    -- Host with port of the URL.
    host          TEXT    NOT NULL,
    -- What the schedule counts from.
    first_fetched INTEGER NOT NULL,
    due           INTEGER,
    failures      INTEGER NOT NULL,
    missing       INTEGER NOT NULL,
    etag          TEXT,
    last_modified TEXT,
    body_hash     TEXT,
    worker        TEXT,
    leased_until  INTEGER
) STRICT;
CREATE INDEX revisit_due ON revisit (due) WHERE due IS NOT NULL;

CREATE TRIGGER revisit_history_no_update BEFORE UPDATE ON revisit_history
BEGIN SELECT RAISE(ABORT, 'revisit_history is append-only'); END;
CREATE TRIGGER revisit_history_no_delete BEFORE DELETE ON revisit_history
BEGIN SELECT RAISE(ABORT, 'revisit_history is append-only'); END;

-- Which entries' pages a feed has fetched: 'all', or 'gated' by title and summary. NULL in rows older than the choice: all.
ALTER TABLE feed_history ADD COLUMN pages TEXT CHECK (pages IN ('all', 'gated'));

-- Answers "what was polled on which day?" without reading the table.
CREATE INDEX feed_poll_history_by_time ON feed_poll_history (recorded_at, feed, result, new);
