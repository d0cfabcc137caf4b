//! The queue of entries: who works on what is due.
use super::SqliteStore;
use super::columns::{Sql as _, from_json, instant, json, micros, number, signed};
use crate::model::FeedId;
use crate::store::{Claim, PendingEntry, Result};
use jiff::Timestamp;

pub(super) struct HostRules<'a> {
    pub(super) busy: &'a [String],
    pub(super) per_host: usize,
}

/// Every host with something pending is looked up in the index, busy ones are left out, and of each of the others only the
/// first few take part: what one host has waiting costs nobody anything. Entries without a host need no politeness and
/// are never held back.
pub(super) async fn claim(store: &SqliteStore, claim: &Claim<'_>, hosts: HostRules<'_>) -> Result<Vec<PendingEntry>> {
    let mut tx = store.begin().await?;
    let mut rows: Vec<QueueRow> = sqlx::query_as(
        "WITH RECURSIVE
             -- From one host to the next in the index; the row after the last one is NULL.
             host (host) AS (
                 SELECT min(host) FROM entry WHERE due IS NOT NULL AND host > ''
                 UNION ALL
                 SELECT (SELECT min(e.host) FROM entry e WHERE e.due IS NOT NULL AND e.host > host.host)
                 FROM host WHERE host.host IS NOT NULL),
             free (host) AS (
                 SELECT host FROM host WHERE host IS NOT NULL AND host NOT IN (SELECT value FROM json_each(?3))),
             ready (due, seq) AS (
                 SELECT e.due, e.seq
                 FROM free CROSS JOIN entry e
                 WHERE e.due IS NOT NULL AND e.host = free.host AND e.seq IN (
                     SELECT r.seq FROM entry r
                     WHERE r.host = free.host AND r.due IS NOT NULL AND r.due <= ?1
                       AND (r.leased_until IS NULL OR r.leased_until <= ?1)
                     ORDER BY r.due, r.seq LIMIT ?2)
                 UNION ALL
                 SELECT due, seq FROM (
                     SELECT due, seq FROM entry
                     WHERE host = '' AND due IS NOT NULL AND due <= ?1 AND (leased_until IS NULL OR leased_until <= ?1)
                     ORDER BY due, seq LIMIT ?4))
         UPDATE entry SET worker = ?5, leased_until = ?6, leased_hash = content_hash
         WHERE seq IN (SELECT seq FROM ready ORDER BY due, seq LIMIT ?4)
         RETURNING seq, due, feed, content, attempts, previous, host",
    )
    .bind(micros(claim.now))
    .bind(signed(hosts.per_host))
    .bind(json(&hosts.busy)?)
    .bind(signed(claim.limit))
    .bind(claim.worker)
    .bind(micros(claim.lease_until))
    .fetch_all(&mut *tx)
    .await
    .fault()?;
    tx.commit().await.fault()?;
    // RETURNING keeps no order.
    rows.sort_unstable_by_key(|row| (row.due, row.seq));
    rows.into_iter().map(QueueRow::pending).collect()
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

#[derive(sqlx::FromRow)]
struct QueueRow {
    seq: i64,
    due: i64,
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
