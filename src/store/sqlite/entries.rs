//! The queue of entries: who works on what is due.
use super::SqliteStore;
use super::columns::{Sql as _, from_json, instant, json, micros, number, signed};
use crate::model::FeedId;
use crate::store::{Claim, PendingEntry, Result};
use jiff::Timestamp;
use sqlx::SqliteConnection;

pub(super) struct HostRules<'a> {
    pub(super) busy: &'a [String],
    pub(super) per_host: usize,
}

/// Each host's entries are numbered, oldest first, and only its first few take part: one host with thousands of
/// entries does not hold up the rest. Entries without a host need no politeness and are never held back.
pub(super) async fn claim(store: &SqliteStore, claim: &Claim<'_>, hosts: HostRules<'_>) -> Result<Vec<PendingEntry>> {
    let mut tx = store.begin().await?;
    let rows: Vec<QueueRow> = sqlx::query_as(
        "SELECT e.seq, e.feed, e.content, e.attempts, e.previous, e.host
         FROM (SELECT seq, host, due, row_number() OVER (PARTITION BY host ORDER BY due, seq) AS turn
               FROM entry
               WHERE due IS NOT NULL AND due <= ?1 AND (leased_until IS NULL OR leased_until <= ?1)) ready
         JOIN entry e ON e.seq = ready.seq
         WHERE ready.host = '' OR (ready.turn <= ?2 AND ready.host NOT IN (SELECT value FROM json_each(?3)))
         ORDER BY ready.due, ready.seq
         LIMIT ?4",
    )
    .bind(micros(claim.now))
    .bind(signed(hosts.per_host))
    .bind(json(&hosts.busy)?)
    .bind(signed(claim.limit))
    .fetch_all(&mut *tx)
    .await
    .fault()?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        lease(&mut tx, row.seq, claim).await?;
        claimed.push(row.pending()?);
    }
    tx.commit().await.fault()?;
    Ok(claimed)
}

/// An entry under lease counts as due when the lease ends.
pub(super) async fn next_due(store: &SqliteStore) -> Result<Option<Timestamp>> {
    let due: Option<i64> =
        sqlx::query_scalar("SELECT min(max(due, coalesce(leased_until, due))) FROM entry WHERE due IS NOT NULL")
            .fetch_one(&mut *store.reader().await?)
            .await
            .fault()?;
    due.map(instant).transpose()
}

pub(super) async fn release_leases(store: &SqliteStore) -> Result<()> {
    let mut tx = store.begin().await?;
    super::feeds::release(&mut tx).await?;
    // Only an unsettled entry can be leased, so the index of those finds them all.
    sqlx::query(
        "UPDATE entry SET worker = NULL, leased_until = NULL, leased_hash = NULL
         WHERE due IS NOT NULL AND leased_until IS NOT NULL",
    )
    .execute(&mut *tx)
    .await
    .fault()?;
    super::revisits::release_leases(&mut tx).await?;
    tx.commit().await.fault()
}

async fn lease(tx: &mut SqliteConnection, seq: i64, claim: &Claim<'_>) -> Result<()> {
    sqlx::query("UPDATE entry SET worker = ?, leased_until = ?, leased_hash = content_hash WHERE seq = ?")
        .bind(claim.worker)
        .bind(micros(claim.lease_until))
        .bind(seq)
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct QueueRow {
    seq: i64,
    feed: String,
    content: String,
    attempts: i64,
    previous: Option<String>,
    host: String,
}

impl QueueRow {
    fn pending(self) -> Result<PendingEntry> {
        Ok(PendingEntry {
            feed: FeedId(self.feed),
            entry: from_json("entry", &self.content)?,
            attempts: number("attempts", self.attempts)?,
            previous: self.previous,
            host: self.host,
        })
    }
}
