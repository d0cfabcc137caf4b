//! Subscriptions at hubs.
use super::SqliteStore;
use super::columns::{Sql as _, from_name, instant, micros, name, number, signed};
use crate::model::FeedId;
use crate::store::{HubMode, HubStanding, HubSubscription, Result};
use jiff::Timestamp;
use std::collections::HashMap;

pub(super) async fn key(store: &SqliteStore, fresh: &str) -> Result<String> {
    let mut tx = store.begin().await?;
    sqlx::query("INSERT INTO hub_key (id, key) VALUES (1, ?) ON CONFLICT (id) DO NOTHING")
        .bind(fresh)
        .execute(&mut *tx)
        .await
        .fault()?;
    let key = sqlx::query_scalar("SELECT key FROM hub_key").fetch_one(&mut *tx).await.fault()?;
    tx.commit().await.fault()?;
    Ok(key)
}

pub(super) async fn record(store: &SqliteStore, subscription: &HubSubscription, now: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    sqlx::query(
        "INSERT INTO hub_subscription_history (token, feed, recorded_at, hub, topic, callback, state, goal, asked,
                                               attempts, lease_until, due, proven, note)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(subscription.token.as_str())
    .bind(subscription.feed.as_str())
    .bind(micros(now))
    .bind(subscription.hub.as_str())
    .bind(subscription.topic.as_str())
    .bind(subscription.callback.as_str())
    .bind(name(&subscription.state)?)
    .bind(name(&subscription.goal)?)
    .bind(subscription.asked)
    .bind(subscription.attempts)
    .bind(subscription.lease_until.map(micros))
    .bind(subscription.due.map(micros))
    .bind(subscription.proven)
    .bind(subscription.note.as_deref())
    .execute(&mut *tx)
    .await
    .fault()?;
    tx.commit().await.fault()
}

pub(super) async fn one(store: &SqliteStore, token: &str) -> Result<Option<HubSubscription>> {
    let row: Option<Row> =
        sqlx::query_as("SELECT * FROM hub_subscription_history WHERE token = ? ORDER BY seq DESC LIMIT 1")
            .bind(token)
            .fetch_optional(&mut *store.reader().await?)
            .await
            .fault()?;
    row.map(Row::subscription).transpose()
}

pub(super) async fn all(store: &SqliteStore, feed: Option<&FeedId>) -> Result<Vec<HubSubscription>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT c.* FROM hub_subscription_current c WHERE ?1 IS NULL OR c.feed = ?1
         ORDER BY (SELECT min(h.seq) FROM hub_subscription_history h WHERE h.token = c.token)",
    )
    .bind(feed.map(FeedId::as_str))
    .fetch_all(&mut *store.reader().await?)
    .await
    .fault()?;
    rows.into_iter().map(Row::subscription).collect()
}

pub(super) async fn due(store: &SqliteStore, now: Timestamp, limit: usize) -> Result<Vec<HubSubscription>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT * FROM hub_subscription_current WHERE due IS NOT NULL AND due <= ? ORDER BY due, seq LIMIT ?",
    )
    .bind(micros(now))
    .bind(signed(limit))
    .fetch_all(&mut *store.reader().await?)
    .await
    .fault()?;
    rows.into_iter().map(Row::subscription).collect()
}

/// By feed; of several the one that is wanted, else the latest.
pub(super) async fn standings(store: &SqliteStore) -> Result<HashMap<String, HubStanding>> {
    let rows: Vec<(String, Option<i64>)> =
        sqlx::query_as("SELECT feed, max(recorded_at) FROM feed_poll_history WHERE source = 'hub' GROUP BY feed")
            .fetch_all(&mut *store.reader().await?)
            .await
            .fault()?;
    let delivered: HashMap<String, Option<i64>> = rows.into_iter().collect();
    let mut subscriptions = all(store, None).await?;
    subscriptions.sort_by_key(|subscription| subscription.goal == HubMode::Subscribe);
    let mut standings = HashMap::new();
    for subscription in subscriptions {
        let HubSubscription { feed, hub, topic, state, lease_until, proven, note, .. } = subscription;
        let last_delivery = delivered.get(feed.as_str()).copied().flatten().map(instant).transpose()?;
        let standing = HubStanding { hub, topic, state, lease_until, proven, last_delivery, note };
        standings.insert(feed.0, standing);
    }
    Ok(standings)
}

#[derive(sqlx::FromRow)]
struct Row {
    token: String,
    feed: String,
    hub: String,
    topic: String,
    callback: String,
    state: String,
    goal: String,
    asked: bool,
    attempts: i64,
    lease_until: Option<i64>,
    due: Option<i64>,
    proven: bool,
    note: Option<String>,
}

impl Row {
    fn subscription(self) -> Result<HubSubscription> {
        Ok(HubSubscription {
            token: self.token,
            feed: FeedId(self.feed),
            hub: self.hub,
            topic: self.topic,
            callback: self.callback,
            state: from_name("hub state", &self.state)?,
            goal: from_name("hub goal", &self.goal)?,
            asked: self.asked,
            attempts: number("attempts", self.attempts)?,
            lease_until: self.lease_until.map(instant).transpose()?,
            due: self.due.map(instant).transpose()?,
            proven: self.proven,
            note: self.note,
        })
    }
}
