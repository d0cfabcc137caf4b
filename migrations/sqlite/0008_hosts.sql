-- What is known of hosts over restarts. These tables change: they hold sums and what holds for a while, no facts of their
-- own; every poll and every outcome is in history. Their rows are bounded by what the reader keeps in memory.

-- The record of our manners: one row per host (with its port), summed over all runs.
CREATE TABLE host_courtesy (
    host            TEXT    NOT NULL PRIMARY KEY,
    requests        INTEGER NOT NULL,
    not_modified    INTEGER NOT NULL,
    bytes           INTEGER NOT NULL,
    faults          INTEGER NOT NULL,
    robots_refusals INTEGER NOT NULL,
    -- What robots.txt was found to be; NULL: not read.
    robots          TEXT,
    last_request    INTEGER
) STRICT;

-- Hosts that are left alone until then: nobody answers, or they asked for it.
CREATE TABLE host_rest (
    host   TEXT    NOT NULL PRIMARY KEY,
    until  INTEGER NOT NULL,
    streak INTEGER NOT NULL,
    why    TEXT    NOT NULL,
    -- As in the outcomes: 'connect', 'rate_limited' ...
    reason TEXT    NOT NULL
) STRICT;

-- robots.txt as it was read, until it must be read again.
CREATE TABLE site_robots (
    origin TEXT    NOT NULL PRIMARY KEY,
    until  INTEGER NOT NULL,
    body   BLOB    NOT NULL
) STRICT;
CREATE INDEX site_robots_by_end ON site_robots (until);
