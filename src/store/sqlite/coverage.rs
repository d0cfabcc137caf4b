//! Polls by language and day.
use super::SqliteStore;
use super::columns::{Sql as _, from_name, instant, micros, number};
use crate::model::Lang;
use crate::store::{COVERAGE_DAYS, CoverageDay, Result};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

pub(super) async fn coverage(store: &SqliteStore, now: Timestamp) -> Result<Vec<CoverageDay>> {
    let mut db = store.reader().await?;
    let first: Option<i64> =
        sqlx::query_scalar("SELECT min(recorded_at) FROM feed_poll_history").fetch_one(&mut *db).await.fault()?;
    let Some(first) = first else { return Ok(Vec::new()) };
    let today = micros(now).div_euclid(DAY_MICROS);
    let start = first.div_euclid(DAY_MICROS).max(today - COVERAGE_DAYS + 1);
    let langs: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT lang FROM feed_current WHERE status = 'live' ORDER BY lang")
            .fetch_all(&mut *db)
            .await
            .fault()?;
    // By the index of time: from the feeds' side the whole history would be read, however long it is.
    // Times before 1970 do not occur here, so that plain division is the day.
    let rows: Vec<(i64, String, i64, i64, i64, i64)> = sqlx::query_as(
        "WITH polled AS (
             SELECT recorded_at / 86400000000 AS day, feed, count(*) AS polls, sum(new) AS new,
                    sum(result IN ('ok', 'not_modified')) AS ok
             FROM feed_poll_history INDEXED BY feed_poll_history_by_time
             WHERE recorded_at >= ?1 AND recorded_at < ?2
             GROUP BY day, feed)
         SELECT p.day, f.lang, sum(p.ok), sum(p.polls - p.ok), sum(p.ok > 0), sum(p.new)
         FROM polled p JOIN feed_current f ON f.feed = p.feed
         GROUP BY p.day, f.lang",
    )
    .bind(start * DAY_MICROS)
    .bind((today + 1) * DAY_MICROS)
    .fetch_all(&mut *db)
    .await
    .fault()?;
    let mut polled: BTreeMap<(i64, String), [i64; 4]> =
        rows.into_iter().map(|(day, lang, ok, failed, feeds, new)| ((day, lang), [ok, failed, feeds, new])).collect();
    let days = (start..=today).flat_map(|day| langs.iter().map(move |lang| (day, lang.clone())));
    // A language whose feeds have all left the catalogue since is told where it was polled.
    for key in days {
        polled.entry(key).or_default();
    }
    polled.into_iter().map(|((day, lang), counts)| told(day, &lang, counts)).collect()
}

fn told(day: i64, lang: &str, [ok, failed, feeds, new]: [i64; 4]) -> Result<CoverageDay> {
    let midday = instant(day * DAY_MICROS)?.checked_add(DAY / 2).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(CoverageDay {
        day: TimeZone::UTC.to_datetime(midday).date(),
        lang: from_name::<Lang>("feed language", lang)?,
        polls_ok: number("count", ok)?,
        polls_failed: number("count", failed)?,
        feeds_ok: number("count", feeds)?,
        entries_new: number("count", new)?,
    })
}
