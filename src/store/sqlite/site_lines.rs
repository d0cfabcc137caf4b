//! Lines learnt of sites.
use super::SqliteStore;
use super::columns::{Sql as _, micros, number, signed};
use crate::model::SiteLine;
use crate::store::{Result, SITE_LINES_MAX};
use jiff::Timestamp;

pub(super) async fn learn(store: &SqliteStore, lines: &[SiteLine], now: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    for line in lines {
        sqlx::query(
            "INSERT INTO site_line_history (host, line, recorded_at, seen, articles) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (host, line) DO NOTHING",
        )
        .bind(&line.host)
        .bind(&line.line)
        .bind(micros(now))
        .bind(line.seen)
        .bind(line.of)
        .execute(&mut *tx)
        .await
        .fault()?;
    }
    tx.commit().await.fault()
}

pub(super) async fn all(store: &SqliteStore) -> Result<Vec<SiteLine>> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT host, line, seen, articles FROM
             (SELECT * FROM site_line_history ORDER BY seq DESC LIMIT ?)
         ORDER BY seq",
    )
    .bind(signed(SITE_LINES_MAX))
    .fetch_all(&mut *store.reader().await?)
    .await
    .fault()?;
    let told = |(host, line, seen, of)| -> Result<SiteLine> {
        Ok(SiteLine { host, line, seen: number("count", seen)?, of: number("count", of)? })
    };
    rows.into_iter().map(told).collect()
}
