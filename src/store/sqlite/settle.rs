//! One outcome for one entry, with everything it leaves behind, inside one transaction.
use super::articles::{article_at, head};
use super::columns::{Sql as _, corrupt, micros};
use super::{revisions, revisits};
use crate::model::{Article, ArticleId, EntryKey, FeedId, Outcome};
use crate::store::{Result, Settlement};
use sqlx::SqliteConnection;

pub(super) async fn settle(tx: &mut SqliteConnection, settlement: &Settlement) -> Result<Option<u64>> {
    let entry = match &settlement.entry {
        Some(id) => Some(queued(&mut *tx, id, settlement).await?),
        None => None,
    };
    let repeated = match &entry {
        Some(entry) => entry.is_over(),
        None => import_known(&mut *tx, settlement).await?,
    };
    if repeated {
        return Ok(None);
    }
    let change = match &settlement.article {
        Some(article) if settlement.outcome != Outcome::Seen => {
            revisions::keep(&mut *tx, article, settlement.now).await?
        }
        _ => None,
    };
    let article = learn_urls(&mut *tx, settlement, entry.as_ref()).await?;
    if let (Some(article), Some(watch)) = (&article, &settlement.watch) {
        revisits::watch(&mut *tx, article, watch, settlement.now).await?;
    }
    insert_outcome(&mut *tx, settlement, Tried { entry: entry.as_ref(), article }).await?;
    if let Some(entry) = &entry {
        end_lease(tx, settlement, entry).await?;
    }
    Ok(change)
}

/// The queue's row of the entry being settled.
#[derive(sqlx::FromRow)]
struct Queued {
    seq: i64,
    content_hash: String,
    url: Option<String>,
    due: Option<i64>,
    attempts: i64,
    /// This very settlement is in the history of outcomes.
    recorded: bool,
    leased_until: Option<i64>,
    leased_hash: Option<String>,
}

impl Queued {
    /// Settled for good, or this very settlement again. The first word holds: a worker whose lease ran out comes late.
    fn is_over(&self) -> bool {
        self.due.is_none() || (self.leased_until.is_none() && self.recorded)
    }

    /// The content the worker was given.
    fn tried_hash(&self) -> &str {
        self.leased_hash.as_deref().unwrap_or(&self.content_hash)
    }
}

async fn queued(tx: &mut SqliteConnection, id: &(FeedId, EntryKey), settlement: &Settlement) -> Result<Queued> {
    let (feed, key) = id;
    sqlx::query_as(
        "SELECT seq, content_hash, url, due, attempts, leased_until, leased_hash,
                EXISTS (SELECT 1 FROM outcome_history o WHERE o.feed = ?1 AND o.key = ?2
                        AND o.recorded_at = ?3 AND o.outcome = ?4) AS recorded
         FROM entry WHERE feed = ?1 AND key = ?2",
    )
    .bind(feed.as_str())
    .bind(key.as_str())
    .bind(micros(settlement.now))
    .bind(settlement.outcome.name())
    .fetch_optional(tx)
    .await
    .fault()?
    .ok_or_else(|| corrupt("entry", format!("{key} of feed {feed} was never recorded by a poll")))
}

async fn import_known(tx: &mut SqliteConnection, settlement: &Settlement) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM outcome_history
                        WHERE feed IS NULL AND url IS ?1 AND recorded_at = ?2 AND outcome = ?3 AND title IS ?4
                          AND article IS ?5)",
    )
    .bind(outcome_url(settlement))
    .bind(micros(settlement.now))
    .bind(settlement.outcome.name())
    .bind(settlement.title.as_deref())
    .bind(settlement.article.as_deref().map(|article| article.id.as_str()))
    .fetch_one(tx)
    .await
    .fault()
}

/// Remembers which URLs led to the article, and says which article that was. Without an article in the settlement
/// (it was seen before) the URL that was fetched tells.
async fn learn_urls(
    tx: &mut SqliteConnection,
    settlement: &Settlement,
    entry: Option<&Queued>,
) -> Result<Option<ArticleId>> {
    let fetched = settlement.url.as_deref();
    let article = match (&settlement.article, fetched, &settlement.outcome) {
        (Some(article), _, Outcome::Seen) => head(&mut *tx, &article.id).await?.map(|head| head.id),
        (Some(article), _, _) => Some(article.id.clone()),
        (None, Some(url), Outcome::Seen) => article_at(tx, url).await?,
        (None, _, _) => None,
    };
    let Some(article) = article else { return Ok(None) };
    let own = settlement.article.as_deref().map(|a: &Article| a.url.as_str());
    let asked = entry.and_then(|entry| entry.url.as_deref());
    for url in [own, asked, fetched].into_iter().flatten() {
        revisions::learn_url(tx, revisions::Leads { url, article: &article }, settlement.now).await?;
    }
    Ok(Some(article))
}

struct Tried<'a> {
    entry: Option<&'a Queued>,
    article: Option<ArticleId>,
}

async fn insert_outcome(tx: &mut SqliteConnection, settlement: &Settlement, tried: Tried<'_>) -> Result<()> {
    let (feed, key) = settlement.entry.as_ref().map(|(feed, key)| (feed.as_str(), key.as_str())).unzip();
    sqlx::query(
        "INSERT INTO outcome_history (feed, key, recorded_at, attempt, content_hash, outcome, note, retry_at, url,
                                      title, capture, article)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(feed)
    .bind(key)
    .bind(micros(settlement.now))
    .bind(tried.entry.map_or(0, |entry| entry.attempts))
    .bind(tried.entry.map(Queued::tried_hash))
    .bind(settlement.outcome.name())
    .bind(settlement.note.as_deref())
    .bind(settlement.retry_at.map(micros))
    .bind(outcome_url(settlement))
    .bind(settlement.title.as_deref())
    .bind(settlement.capture.as_ref().map(|capture| capture.as_str()))
    .bind(tried.article.as_ref().map(ArticleId::as_str))
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

/// An import may have no URL but the key its article got.
fn outcome_url(settlement: &Settlement) -> Option<&str> {
    settlement.url.as_deref().or_else(|| settlement.article.as_deref().map(|article| article.url.as_str()))
}

/// Three ends: the content changed while it was worked on (pending again), a retry (due later), or settled.
async fn end_lease(tx: &mut SqliteConnection, settlement: &Settlement, entry: &Queued) -> Result<()> {
    let outcome = settlement.outcome.name();
    let statement = if entry.tried_hash() != entry.content_hash {
        sqlx::query(
            "UPDATE entry SET previous = ?, worker = NULL, leased_until = NULL, leased_hash = NULL WHERE seq = ?",
        )
        .bind(outcome)
    } else if let Outcome::Retry(_) = settlement.outcome {
        sqlx::query(
            "UPDATE entry SET outcome = ?, due = ?, attempts = attempts + 1,
                              worker = NULL, leased_until = NULL, leased_hash = NULL
             WHERE seq = ?",
        )
        .bind(outcome)
        .bind(settlement.retry_at.map_or(micros(settlement.now), micros))
    } else {
        sqlx::query(
            "UPDATE entry SET outcome = ?, due = NULL, content = NULL, previous = NULL,
                              attempts = attempts + 1, worker = NULL, leased_until = NULL, leased_hash = NULL
             WHERE seq = ?",
        )
        .bind(outcome)
    };
    statement.bind(entry.seq).execute(tx).await.fault()?;
    Ok(())
}
