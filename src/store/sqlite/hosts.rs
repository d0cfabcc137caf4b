//! What is known of hosts: sums, rests, robots.txt.
use super::SqliteStore;
use super::columns::{Sql as _, from_name, instant, micros, name, number, signed};
use crate::model::{HostCourtesy, HostRest, Hosts, RetryReason, SiteRobots};
use crate::store::{ROBOTS_KEPT_MAX, Result};
use jiff::Timestamp;
use sqlx::SqliteConnection;

pub(super) async fn keep(store: &SqliteStore, hosts: &Hosts, now: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    for line in &hosts.courtesy {
        keep_courtesy(&mut tx, line).await?;
    }
    for rest in &hosts.rests {
        keep_rest(&mut tx, rest).await?;
    }
    for site in &hosts.robots {
        keep_robots(&mut tx, site).await?;
    }
    drop_what_is_over(&mut tx, now).await?;
    tx.commit().await.fault()
}

async fn keep_courtesy(tx: &mut SqliteConnection, line: &HostCourtesy) -> Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO host_courtesy (host, requests, not_modified, bytes, faults, robots_refusals, robots,
                                               last_request)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(line.host.as_str())
    .bind(signed(line.requests))
    .bind(signed(line.not_modified))
    .bind(signed(line.bytes))
    .bind(signed(line.faults))
    .bind(signed(line.robots_refusals))
    .bind(line.robots.as_deref())
    .bind(line.last_request.map(micros))
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

async fn keep_rest(tx: &mut SqliteConnection, rest: &HostRest) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO host_rest (host, until, streak, why, reason) VALUES (?, ?, ?, ?, ?)")
        .bind(rest.host.as_str())
        .bind(micros(rest.until))
        .bind(rest.streak)
        .bind(rest.why.as_str())
        .bind(name(&rest.reason)?)
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

async fn keep_robots(tx: &mut SqliteConnection, site: &SiteRobots) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO site_robots (origin, until, body) VALUES (?, ?, ?)")
        .bind(site.origin.as_str())
        .bind(micros(site.until))
        .bind(site.body.as_slice())
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

/// Of too many files those go first that end first.
async fn drop_what_is_over(tx: &mut SqliteConnection, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM host_rest WHERE until <= ?").bind(micros(now)).execute(&mut *tx).await.fault()?;
    sqlx::query(
        "DELETE FROM site_robots
         WHERE until <= ?1 OR origin IN (SELECT origin FROM site_robots ORDER BY until DESC LIMIT -1 OFFSET ?2)",
    )
    .bind(micros(now))
    .bind(signed(ROBOTS_KEPT_MAX))
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

pub(super) async fn all(store: &SqliteStore, now: Timestamp) -> Result<Hosts> {
    Ok(Hosts { courtesy: courtesy(store).await?, rests: rests(store, now).await?, robots: robots(store, now).await? })
}

pub(super) async fn courtesy(store: &SqliteStore) -> Result<Vec<HostCourtesy>> {
    let rows: Vec<CourtesyRow> = sqlx::query_as("SELECT * FROM host_courtesy ORDER BY host")
        .fetch_all(&mut *store.reader().await?)
        .await
        .fault()?;
    rows.into_iter().map(CourtesyRow::line).collect()
}

async fn rests(store: &SqliteStore, now: Timestamp) -> Result<Vec<HostRest>> {
    let rows: Vec<(String, i64, i64, String, String)> =
        sqlx::query_as("SELECT host, until, streak, why, reason FROM host_rest WHERE until > ? ORDER BY host")
            .bind(micros(now))
            .fetch_all(&mut *store.reader().await?)
            .await
            .fault()?;
    let rest = |(host, until, streak, why, reason): (String, i64, i64, String, String)| {
        let reason = from_name::<RetryReason>("reason of a rest", &reason)?;
        Ok(HostRest { host, until: instant(until)?, streak: number("streak", streak)?, why, reason })
    };
    rows.into_iter().map(rest).collect()
}

async fn robots(store: &SqliteStore, now: Timestamp) -> Result<Vec<SiteRobots>> {
    let rows: Vec<(String, i64, Vec<u8>)> =
        sqlx::query_as("SELECT origin, until, body FROM site_robots WHERE until > ? ORDER BY origin")
            .bind(micros(now))
            .fetch_all(&mut *store.reader().await?)
            .await
            .fault()?;
    rows.into_iter().map(|(origin, until, body)| Ok(SiteRobots { origin, until: instant(until)?, body })).collect()
}

#[derive(sqlx::FromRow)]
struct CourtesyRow {
    host: String,
    requests: i64,
    not_modified: i64,
    bytes: i64,
    faults: i64,
    robots_refusals: i64,
    robots: Option<String>,
    last_request: Option<i64>,
}

impl CourtesyRow {
    fn line(self) -> Result<HostCourtesy> {
        Ok(HostCourtesy {
            host: self.host,
            requests: number("requests", self.requests)?,
            not_modified: number("requests", self.not_modified)?,
            bytes: number("bytes", self.bytes)?,
            faults: number("faults", self.faults)?,
            robots_refusals: number("refusals", self.robots_refusals)?,
            robots: self.robots,
            last_request: self.last_request.map(instant).transpose()?,
        })
    }
}
