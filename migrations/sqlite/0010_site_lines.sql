-- Lines that a site puts into many of its articles, learnt by counting; dropped from the texts read after.
CREATE TABLE site_line_history (
    seq         INTEGER PRIMARY KEY,
    -- Host with port.
    host        TEXT    NOT NULL,
    line        TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    -- Articles it stood in, of those remembered then.
    seen        INTEGER NOT NULL,
    articles    INTEGER NOT NULL,
    UNIQUE (host, line)
) STRICT;

CREATE TRIGGER site_line_history_no_update BEFORE UPDATE ON site_line_history
BEGIN SELECT RAISE(ABORT, 'site_line_history is append-only'); END;
CREATE TRIGGER site_line_history_no_delete BEFORE DELETE ON site_line_history
BEGIN SELECT RAISE(ABORT, 'site_line_history is append-only'); END;
