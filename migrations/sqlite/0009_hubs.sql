-- Feeds that a hub passes on (WebSub), and statements about use that a page or site no longer makes.

-- What a hub has delivered is recorded as a poll: 'hub'; NULL: the feed itself was asked.
ALTER TABLE feed_poll_history ADD COLUMN source TEXT CHECK (source IN ('hub'));
CREATE INDEX feed_poll_history_by_hub ON feed_poll_history (feed, recorded_at) WHERE source = 'hub';

-- What callback addresses and the secrets shared with hubs are derived from: one row, made once.
CREATE TABLE hub_key (
    id  INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key TEXT    NOT NULL
) STRICT;

-- Subscriptions at hubs: a row for each change.
CREATE TABLE hub_subscription_history (
    seq         INTEGER PRIMARY KEY,
    -- The last part of the callback address: whoever knows it may speak for the hub, up to the signature.
    token       TEXT    NOT NULL,
    feed        TEXT    NOT NULL REFERENCES feed (feed),
    recorded_at INTEGER NOT NULL,
    hub         TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    callback    TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'active', 'denied', 'left')),
    goal        TEXT    NOT NULL CHECK (goal IN ('subscribe', 'unsubscribe')),
    -- 1: a request for the goal is out, and the hub has not yet asked whether we mean it.
    asked       INTEGER NOT NULL CHECK (asked IN (0, 1)),
    -- Requests since the last one the hub has verified.
    attempts    INTEGER NOT NULL,
    lease_until INTEGER,
    -- When the next request goes out; NULL: none.
    due         INTEGER,
    -- 1: it has delivered, and no poll since has found what it did not deliver.
    proven      INTEGER NOT NULL CHECK (proven IN (0, 1)),
    note        TEXT
) STRICT;
CREATE INDEX hub_subscription_history_by_token ON hub_subscription_history (token, seq);
CREATE INDEX hub_subscription_history_by_feed ON hub_subscription_history (feed, seq);

CREATE VIEW hub_subscription_current AS
SELECT h.* FROM hub_subscription_history h
WHERE h.seq = (SELECT max(n.seq) FROM hub_subscription_history n WHERE n.token = h.token);

CREATE TRIGGER hub_key_no_update BEFORE UPDATE ON hub_key
BEGIN SELECT RAISE(ABORT, 'hub_key is append-only'); END;
CREATE TRIGGER hub_key_no_delete BEFORE DELETE ON hub_key
BEGIN SELECT RAISE(ABORT, 'hub_key is append-only'); END;
CREATE TRIGGER hub_subscription_history_no_update BEFORE UPDATE ON hub_subscription_history
BEGIN SELECT RAISE(ABORT, 'hub_subscription_history is append-only'); END;
CREATE TRIGGER hub_subscription_history_no_delete BEFORE DELETE ON hub_subscription_history
BEGIN SELECT RAISE(ABORT, 'hub_subscription_history is append-only'); END;

-- 1: a look at the page, and at what its site says, did not find the statement any more. Of equal statements the latest
-- row holds.
ALTER TABLE rights_history ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
