-- What is due among the feeds, and who is polling what. It changes, because choosing from history costs time in
-- proportion to all feeds on every single poll. `due` follows feed_history and feed_state_history in the same transaction.
CREATE TABLE feed_queue (
    feed         TEXT NOT NULL PRIMARY KEY REFERENCES feed (feed),
    -- NULL: not polled (pending, disabled, gone); 0: never polled.
    due          INTEGER,
    worker       TEXT,
    leased_until INTEGER
) STRICT;
CREATE INDEX feed_queue_due ON feed_queue (due, feed) WHERE due IS NOT NULL;

INSERT INTO feed_queue (feed, due)
SELECT f.feed, CASE WHEN f.status = 'live' AND coalesce(s.gone, 0) = 0 THEN coalesce(s.next_due, 0) END
FROM feed_current f
LEFT JOIN feed_state_current s ON s.feed = f.feed;

DROP TABLE feed_lease;
