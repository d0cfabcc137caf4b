//! One poll and what it read, inside one transaction.
use super::columns::{Sql as _, bind_stamp, json, micros, signed};
use super::feeds::{StateOrigin, end_lease, insert_state};
use crate::model::{Entry, FeedId, Stamp, TimeSource};
use crate::store::{Enqueued, PollRecord, PollSource, Result};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use std::collections::{HashMap, HashSet};
use url::Url;

pub(super) async fn record(tx: &mut SqliteConnection, poll: &PollRecord, entries: &[Entry]) -> Result<Enqueued> {
    let found = compare(&mut *tx, &poll.feed, entries).await?;
    let seq = insert_poll(&mut *tx, poll, found.counts).await?;
    for fresh in &found.fresh {
        keep(&mut *tx, poll, Kept { poll: seq, fresh }).await?;
    }
    insert_state(&mut *tx, &poll.feed, &poll.state, StateOrigin { recorded_at: poll.polled_at, poll: Some(seq) })
        .await?;
    end_lease(tx, &poll.feed).await?;
    Ok(found.counts)
}

/// The entries of a poll that are new or changed.
struct Found<'a> {
    fresh: Vec<Fresh<'a>>,
    counts: Enqueued,
}

struct Fresh<'a> {
    entry: &'a Entry,
    content_hash: String,
}

/// Of entries sharing a key the first one counts: taking turns, they would look changed on every poll.
async fn compare<'a>(tx: &mut SqliteConnection, feed: &FeedId, entries: &'a [Entry]) -> Result<Found<'a>> {
    let mut counts = Enqueued::default();
    let mut fresh = Vec::new();
    let mut seen = HashSet::new();
    let stored = stored_hashes(tx, feed, entries).await?;
    for entry in entries {
        if !seen.insert(&entry.key) {
            counts.known += 1;
            continue;
        }
        let content_hash = content_hash(entry);
        match stored.get(entry.key.as_str()) {
            Some(stored) if *stored == content_hash => {
                counts.known += 1;
                continue;
            }
            Some(_) => counts.changed += 1,
            None => counts.new += 1,
        }
        fresh.push(Fresh { entry, content_hash });
    }
    Ok(Found { fresh, counts })
}

/// Key → hash of the content each of these entries was last seen with.
async fn stored_hashes(tx: &mut SqliteConnection, feed: &FeedId, entries: &[Entry]) -> Result<HashMap<String, String>> {
    if entries.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT key, content_hash FROM entry WHERE feed = ?1 AND key IN (SELECT value FROM json_each(?2))",
    )
    .bind(feed.as_str())
    .bind(json(&keys)?)
    .fetch_all(tx)
    .await
    .fault()?;
    Ok(rows.into_iter().collect())
}

async fn insert_poll(tx: &mut SqliteConnection, poll: &PollRecord, counts: Enqueued) -> Result<i64> {
    let done = sqlx::query(
        "INSERT INTO feed_poll_history (feed, recorded_at, result, error, http_status, bytes, elapsed_ms, entries,
                                        new, changed, known, problems, capture, source)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(poll.feed.as_str())
    .bind(micros(poll.polled_at))
    .bind(poll.result.clone())
    .bind(poll.error.clone())
    .bind(poll.http_status)
    .bind(signed(poll.bytes))
    .bind(signed(poll.elapsed_ms))
    .bind(poll.entries)
    .bind(counts.new)
    .bind(counts.changed)
    .bind(counts.known)
    .bind(json(&poll.problems)?)
    .bind(poll.capture.as_ref().map(|capture| capture.as_str()))
    .bind((poll.source == PollSource::Hub).then_some("hub"))
    .execute(tx)
    .await
    .fault()?;
    Ok(done.last_insert_rowid())
}

struct Kept<'a> {
    poll: i64,
    fresh: &'a Fresh<'a>,
}

/// The entry becomes pending. A lease on it stays: its worker is still busy with the earlier content, and settling that
/// leaves the new content pending (`leased_hash`).
async fn keep(tx: &mut SqliteConnection, poll: &PollRecord, kept: Kept<'_>) -> Result<()> {
    let Fresh { entry, content_hash } = kept.fresh;
    let history = sqlx::query(
        "INSERT INTO entry_history (feed, key, recorded_at, poll, content_hash, url, title, published_at,
                                    published_offset, published_precision, published_source, published_raw)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(poll.feed.as_str())
    .bind(entry.key.as_str())
    .bind(micros(poll.polled_at))
    .bind(kept.poll)
    .bind(content_hash.clone())
    .bind(entry.url.clone())
    .bind(entry.title.clone());
    bind_stamp(history, entry.published.as_ref())?.execute(&mut *tx).await.fault()?;
    sqlx::query(
        "INSERT INTO entry (feed, key, first_seen, content_hash, url, host, content, due)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?3)
         ON CONFLICT (feed, key) DO UPDATE SET
             content_hash = excluded.content_hash, url = excluded.url, host = excluded.host,
             content = excluded.content, due = excluded.due, attempts = 0,
             previous = coalesce(outcome, previous), outcome = NULL",
    )
    .bind(poll.feed.as_str())
    .bind(entry.key.as_str())
    .bind(micros(poll.polled_at))
    .bind(content_hash.clone())
    .bind(entry.url.clone())
    .bind(host(entry.url.as_deref()))
    .bind(json(entry)?)
    .execute(&mut *tx)
    .await
    .fault()?;
    Ok(())
}

/// What makes an entry worth processing again. Left out: `published`, which some feeds set to the time of the request,
/// and whatever carries the fetch time for want of a better one.
fn content_hash(entry: &Entry) -> String {
    let updated = entry.updated.as_ref().filter(|stamp| stamp.source != TimeSource::Fetch).map(as_written);
    let parts = [&entry.url, &entry.title, &entry.summary, &entry.content, &updated];
    let mut hash = Sha256::new();
    for part in parts {
        // Absent and empty differ, and no part can run into the next.
        let length = part.as_ref().map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_le_bytes());
        hash.update(part.as_deref().unwrap_or_default().as_bytes());
    }
    hex::encode(hash.finalize())
}

/// The raw text: a wrong year clamped to the fetch time has an instant that moves.
fn as_written(stamp: &Stamp) -> String {
    if stamp.raw.is_empty() { stamp.instant.to_string() } else { stamp.raw.clone() }
}

/// Host with port, as politeness counts hosts; empty when there is none.
pub(super) fn host(url: Option<&str>) -> String {
    // What is no URL has no host; the page's fetch says what is wrong with it.
    let Some(url) = url.and_then(|text| Url::parse(text).ok()) else { return String::new() };
    let Some(host) = url.host_str() else { return String::new() };
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_carry_their_port_when_it_is_unusual() {
        let cases = [
            (Some("https://News.Example/a"), "news.example"),
            (Some("https://news.example:443/a"), "news.example"),
            (Some("http://news.example:8080/a"), "news.example:8080"),
            (Some("http://[::1]:81/"), "[::1]:81"),
            (Some("https://뉴스.example/"), "xn--vg1b002a.example"),
            (Some("mailto:a@b.example"), ""),
            (Some("no url"), ""),
            (None, ""),
        ];
        for (url, want) in cases {
            assert_eq!(host(url), want, "{url:?}");
        }
    }
}
