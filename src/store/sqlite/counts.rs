//! Numbers for the terminal, the health page and the tests of conservation.
use super::SqliteStore;
use super::columns::{Sql as _, micros, number};
use super::{feeds, hubs};
use crate::model::Tally;
use crate::store::{FeedHealth, Result, StoreCounts};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// What "lately" means in feed health.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) async fn feed_health(store: &SqliteStore, now: Timestamp) -> Result<Vec<FeedHealth>> {
    let mut outcomes = outcomes_by_feed(store).await?;
    let recent = recent_by_feed(store, now).await?;
    let mut hubs = hubs::standings(store).await?;
    let feeds = feeds::with_state(store).await?;
    Ok(feeds
        .into_iter()
        .map(|feed| FeedHealth {
            outcomes: outcomes.remove(feed.spec.id.as_str()).unwrap_or_default(),
            entries_7d: recent.get(feed.spec.id.as_str()).copied().unwrap_or_default(),
            hub: hubs.remove(feed.spec.id.as_str()),
            spec: feed.spec,
            state: feed.state,
        })
        .collect())
}

/// All counts are of one moment.
pub(super) async fn counts(store: &SqliteStore) -> Result<StoreCounts> {
    let row: Counted = sqlx::query_as(
        "SELECT (SELECT count(*) FROM feed_current WHERE listed = 1) AS feeds,
                (SELECT count(*) FROM feed_poll_history) AS polls,
                (SELECT count(*) FROM entry) AS entries,
                (SELECT count(*) FROM entry WHERE due IS NOT NULL AND outcome IS NULL) AS pending,
                (SELECT count(*) FROM article_current WHERE deleted = 0) AS articles,
                (SELECT count(*) FROM article_revision_history) AS revisions,
                (SELECT count(DISTINCT story) FROM article_current WHERE deleted = 0) AS stories,
                (SELECT change_seq FROM change_counter) AS change_seq,
                (SELECT json_group_object(outcome, n) FROM
                    (SELECT outcome, count(*) AS n FROM entry WHERE outcome IS NOT NULL GROUP BY outcome)) AS outcomes",
    )
    .fetch_one(&mut *store.reader().await?)
    .await
    .fault()?;
    row.counts()
}

async fn outcomes_by_feed(store: &SqliteStore) -> Result<HashMap<String, Tally>> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT feed, outcome, count(*) FROM entry WHERE outcome IS NOT NULL GROUP BY feed, outcome")
            .fetch_all(&mut *store.reader().await?)
            .await
            .fault()?;
    let mut tallies: HashMap<String, Tally> = HashMap::new();
    for (feed, outcome, count) in rows {
        tallies.entry(feed).or_default().0.insert(outcome, number("count", count)?);
    }
    Ok(tallies)
}

async fn recent_by_feed(store: &SqliteStore, now: Timestamp) -> Result<HashMap<String, u32>> {
    // A clock before 1970 has no week before it; everything is recent then.
    let since = now.checked_sub(RECENT).unwrap_or(Timestamp::UNIX_EPOCH);
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT feed, count(*) FROM entry WHERE first_seen > ? GROUP BY feed")
            .bind(micros(since))
            .fetch_all(&mut *store.reader().await?)
            .await
            .fault()?;
    rows.into_iter().map(|(feed, count)| Ok((feed, number("count", count)?))).collect()
}

#[derive(sqlx::FromRow)]
struct Counted {
    feeds: i64,
    polls: i64,
    entries: i64,
    pending: i64,
    articles: i64,
    revisions: i64,
    stories: i64,
    change_seq: i64,
    outcomes: String,
}

impl Counted {
    fn counts(self) -> Result<StoreCounts> {
        Ok(StoreCounts {
            feeds: number("count", self.feeds)?,
            polls: number("count", self.polls)?,
            entries: number("count", self.entries)?,
            pending: number("count", self.pending)?,
            articles: number("count", self.articles)?,
            revisions: number("count", self.revisions)?,
            stories: number("count", self.stories)?,
            change_seq: number("change_seq", self.change_seq)?,
            outcomes: Tally(super::columns::from_json("outcome counts", &self.outcomes)?),
        })
    }
}
