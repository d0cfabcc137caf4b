//! The catalogue and who polls what.
use super::SqliteStore;
use super::columns::{Sql as _, from_json, from_name, instant, json, micros, name, signed};
use crate::model::{FeedId, FeedSpec, FeedState, FeedStatus, Lang, Script};
use crate::store::{Claim, ClaimedFeed, Result};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// What the note of a feed says once the catalogue no longer lists it.
const UNLISTED_NOTE: &str = "no longer in the catalogue";

pub(super) async fn sync_catalogue(store: &SqliteStore, specs: &[FeedSpec], now: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    let rows: Vec<FeedRow> = sqlx::query_as("SELECT * FROM feed_current").fetch_all(&mut *tx).await.fault()?;
    let mut stored = BTreeMap::new();
    for row in rows {
        stored.insert(FeedId(row.feed.clone()), (row.listed, row.spec()?));
    }
    for spec in specs {
        match stored.remove(&spec.id) {
            Some((true, known)) if known == *spec => {}
            Some(_) => {
                insert_spec(&mut tx, Listing { spec, listed: true }, now).await?;
                revive(&mut tx, &spec.id, now).await?;
                requeue(&mut tx, &spec.id).await?;
            }
            None => {
                insert_feed(&mut tx, &spec.id, now).await?;
                insert_spec(&mut tx, Listing { spec, listed: true }, now).await?;
                requeue(&mut tx, &spec.id).await?;
            }
        }
    }
    for (listed, mut spec) in stored.into_values() {
        if listed {
            spec.status = FeedStatus::Disabled;
            spec.note = Some(UNLISTED_NOTE.to_owned());
            insert_spec(&mut tx, Listing { spec: &spec, listed: false }, now).await?;
            requeue(&mut tx, &spec.id).await?;
        }
    }
    tx.commit().await.fault()
}

// Views are spelt out where SQLite would build them whole: on the right of a LEFT JOIN, and for one feed only.

pub(super) async fn claim_due(store: &SqliteStore, claim: &Claim<'_>) -> Result<Vec<ClaimedFeed>> {
    let mut tx = store.begin().await?;
    let mut due: Vec<(i64, String)> = sqlx::query_as(
        "UPDATE feed_queue SET worker = ?3, leased_until = ?4
         WHERE feed IN (SELECT feed FROM feed_queue
                        WHERE due IS NOT NULL AND due <= ?1 AND (leased_until IS NULL OR leased_until <= ?1)
                        ORDER BY due, feed
                        LIMIT ?2)
         RETURNING due, feed",
    )
    .bind(micros(claim.now))
    .bind(signed(claim.limit))
    .bind(claim.worker)
    .bind(micros(claim.lease_until))
    .fetch_all(&mut *tx)
    .await
    .fault()?;
    // RETURNING keeps no order.
    due.sort_unstable();
    let mut claimed = Vec::with_capacity(due.len());
    for (_, feed) in due {
        claimed.extend(stored(&mut tx, &FeedId(feed)).await?);
    }
    tx.commit().await.fault()?;
    Ok(claimed)
}

pub(super) async fn claim_one(store: &SqliteStore, id: &FeedId, claim: &Claim<'_>) -> Result<Option<ClaimedFeed>> {
    let mut tx = store.begin().await?;
    let leased = sqlx::query(
        "UPDATE feed_queue SET worker = ?3, leased_until = ?4
         WHERE feed = ?1 AND (leased_until IS NULL OR leased_until <= ?2 OR worker = ?3)",
    )
    .bind(id.as_str())
    .bind(micros(claim.now))
    .bind(claim.worker)
    .bind(micros(claim.lease_until))
    .execute(&mut *tx)
    .await
    .fault()?;
    if leased.rows_affected() == 0 {
        return Ok(None);
    }
    let claimed = stored(&mut tx, id).await?;
    tx.commit().await.fault()?;
    Ok(claimed)
}

/// A feed under lease counts as due when the lease ends; one never polled is due since 1970.
pub(super) async fn next_due(store: &SqliteStore) -> Result<Option<Timestamp>> {
    let due: Option<i64> =
        sqlx::query_scalar("SELECT min(max(due, coalesce(leased_until, 0))) FROM feed_queue WHERE due IS NOT NULL")
            .fetch_one(&mut *store.reader().await?)
            .await
            .fault()?;
    due.map(instant).transpose()
}

/// Ends the leases of a worker that is gone.
pub(super) async fn release(tx: &mut SqliteConnection) -> Result<()> {
    sqlx::query("UPDATE feed_queue SET worker = NULL, leased_until = NULL WHERE leased_until IS NOT NULL")
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

/// After a poll: the lease ends, and the feed is due when its new state says.
pub(super) async fn end_lease(tx: &mut SqliteConnection, feed: &FeedId) -> Result<()> {
    queue_as_stored(tx, feed, "due = excluded.due, worker = NULL, leased_until = NULL").await
}

pub(super) async fn postpone(store: &SqliteStore, feed: &FeedId, state: &FeedState, now: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    insert_state(&mut tx, feed, state, StateOrigin { recorded_at: now, poll: None }).await?;
    end_lease(&mut tx, feed).await?;
    tx.commit().await.fault()
}

/// Puts the feed into the queue as its latest rows of history say; a lease on it stays.
async fn requeue(tx: &mut SqliteConnection, feed: &FeedId) -> Result<()> {
    queue_as_stored(tx, feed, "due = excluded.due").await
}

async fn queue_as_stored(tx: &mut SqliteConnection, feed: &FeedId, known: &'static str) -> Result<()> {
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "INSERT INTO feed_queue (feed, due)
         SELECT ?1, CASE WHEN h.status = 'live' AND coalesce(s.gone, 0) = 0 THEN coalesce(s.next_due, 0) END
         FROM (SELECT status FROM feed_history WHERE feed = ?1 ORDER BY seq DESC LIMIT 1) h
         LEFT JOIN (SELECT gone, next_due FROM feed_state_history WHERE feed = ?1 ORDER BY seq DESC LIMIT 1) s ON true
         WHERE true
         ON CONFLICT (feed) DO UPDATE SET {known}"
    )))
    .bind(feed.as_str())
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

pub(super) async fn all(store: &SqliteStore) -> Result<Vec<FeedSpec>> {
    Ok(with_state(store).await?.into_iter().map(|feed| feed.spec).collect())
}

/// Every feed ever listed with its state, by language, then URL.
pub(super) async fn with_state(store: &SqliteStore) -> Result<Vec<ClaimedFeed>> {
    let rows: Vec<FeedRow> = sqlx::query_as(
        "SELECT f.*, s.state
         FROM feed_current f
         LEFT JOIN feed_state_history s
             ON s.seq = (SELECT max(n.seq) FROM feed_state_history n WHERE n.feed = f.feed)
         ORDER BY f.lang, f.url",
    )
    .fetch_all(&mut *store.reader().await?)
    .await
    .fault()?;
    rows.into_iter().map(FeedRow::with_state).collect()
}

pub(super) async fn insert_state(
    tx: &mut SqliteConnection,
    feed: &FeedId,
    state: &FeedState,
    made: StateOrigin,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO feed_state_history (feed, recorded_at, poll, next_due, gone, failures, state)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(feed.as_str())
    .bind(micros(made.recorded_at))
    .bind(made.poll)
    .bind(state.next_due.map(micros))
    .bind(state.gone)
    .bind(state.failures)
    .bind(json(state)?)
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

pub(super) struct StateOrigin {
    pub(super) recorded_at: Timestamp,
    /// None when no poll is the cause: a changed catalogue row, or an hour the feed closes.
    pub(super) poll: Option<i64>,
}

/// A feed that was gone is tried once more after its catalogue row has changed.
async fn revive(tx: &mut SqliteConnection, feed: &FeedId, now: Timestamp) -> Result<()> {
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM feed_state_current WHERE feed = ? AND gone = 1")
        .bind(feed.as_str())
        .fetch_optional(&mut *tx)
        .await
        .fault()?;
    let Some(state) = state else { return Ok(()) };
    let gone: FeedState = from_json("feed state", &state)?;
    let state = FeedState { gone: false, next_due: None, ..gone };
    insert_state(tx, feed, &state, StateOrigin { recorded_at: now, poll: None }).await
}

/// None for a feed that never was in the catalogue.
async fn stored(tx: &mut SqliteConnection, feed: &FeedId) -> Result<Option<ClaimedFeed>> {
    // Not through the views: joined, they are worked out for every feed before one is picked.
    let row: Option<FeedRow> = sqlx::query_as(
        "SELECT h.*, (SELECT state FROM feed_state_history WHERE feed = ?1 ORDER BY seq DESC LIMIT 1) AS state
         FROM feed_history h
         WHERE h.seq = (SELECT max(seq) FROM feed_history WHERE feed = ?1)",
    )
    .bind(feed.as_str())
    .fetch_optional(tx)
    .await
    .fault()?;
    row.map(FeedRow::with_state).transpose()
}

async fn insert_feed(tx: &mut SqliteConnection, feed: &FeedId, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO feed (feed, recorded_at) VALUES (?, ?)")
        .bind(feed.as_str())
        .bind(micros(now))
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

struct Listing<'a> {
    spec: &'a FeedSpec,
    listed: bool,
}

async fn insert_spec(tx: &mut SqliteConnection, listing: Listing<'_>, now: Timestamp) -> Result<()> {
    let spec = listing.spec;
    sqlx::query(
        "INSERT INTO feed_history (feed, recorded_at, listed, pages, url, title, lang, script, region, zone, category, kind,
                                   status, last_evidence, note, only_part, listing)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(spec.id.as_str())
    .bind(micros(now))
    .bind(listing.listed)
    .bind(name(&spec.pages)?)
    .bind(spec.url.clone())
    .bind(spec.title.clone())
    .bind(spec.lang.to_string())
    .bind(spec.script.map(Script::as_str))
    .bind(spec.region.clone())
    .bind(spec.zone.clone())
    .bind(spec.category.clone())
    .bind(name(&spec.kind)?)
    .bind(name(&spec.status)?)
    .bind(spec.last_evidence.map(|day| day.to_string()))
    .bind(spec.note.clone())
    .bind(spec.only.clone())
    .bind(spec.listing.as_ref().map(json).transpose()?)
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

/// A row of `feed_current`, with the state where the query joins it.
#[derive(sqlx::FromRow)]
struct FeedRow {
    feed: String,
    listed: bool,
    url: String,
    title: String,
    lang: String,
    script: Option<String>,
    region: String,
    zone: String,
    category: String,
    kind: String,
    status: String,
    /// Absent in rows older than the choice.
    pages: Option<String>,
    last_evidence: Option<String>,
    note: Option<String>,
    only_part: Option<String>,
    listing: Option<String>,
    #[sqlx(default)]
    state: Option<String>,
}

impl FeedRow {
    fn spec(self) -> Result<FeedSpec> {
        Ok(FeedSpec {
            id: FeedId(self.feed),
            url: self.url,
            title: self.title,
            lang: from_name::<Lang>("feed language", &self.lang)?,
            script: self.script.map(|script| from_name("feed script", &script)).transpose()?,
            region: self.region,
            zone: self.zone,
            category: self.category,
            kind: from_name("feed kind", &self.kind)?,
            status: from_name("feed status", &self.status)?,
            pages: self.pages.map(|pages| from_name("feed pages", &pages)).transpose()?.unwrap_or_default(),
            last_evidence: self.last_evidence.map(|day| from_name("feed evidence day", &day)).transpose()?,
            note: self.note,
            only: self.only_part,
            listing: self.listing.map(|rule| from_json("feed listing rule", &rule)).transpose()?,
        })
    }

    fn with_state(mut self) -> Result<ClaimedFeed> {
        let state = match self.state.take() {
            Some(state) => from_json("feed state", &state)?,
            None => FeedState::default(),
        };
        Ok(ClaimedFeed { spec: self.spec()?, state })
    }
}
