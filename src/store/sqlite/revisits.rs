//! Looks at stored articles: the queue, and what each look leaves behind.
use super::SqliteStore;
use super::columns::{Sql as _, instant, json, micros, number, signed};
use super::revisions::{self, Leads};
use crate::model::{ArticleId, FeedId, RightsSignal, Validators};
use crate::store::{Claim, LOOKS_SHOWN, Look, PastLook, PendingRevisit, Result, Revisit, SeenRights, Watch, Watched};
use jiff::Timestamp;
use sqlx::SqliteConnection;

/// Starts the watch over an article, or gives it the validators of a newer answer.
pub(super) async fn watch(tx: &mut SqliteConnection, article: &ArticleId, watch: &Watch, now: Timestamp) -> Result<()> {
    let Watch { url, validators, due } = watch;
    let (due, failures, missing): (Option<i64>, i64, i64) = sqlx::query_as(
        "INSERT INTO revisit (article, url, host, first_fetched, due, failures, missing, etag, last_modified, body_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, ?8)
         ON CONFLICT (article) DO UPDATE SET url = ?2, host = ?3, etag = ?6, last_modified = ?7, body_hash = ?8
         RETURNING due, failures, missing",
    )
    .bind(article.as_str())
    .bind(url)
    .bind(super::polls::host(Some(url)))
    .bind(micros(now))
    .bind(micros(*due))
    .bind(validators.etag.as_deref())
    .bind(validators.last_modified.as_deref())
    .bind(validators.body_hash.as_deref())
    .fetch_one(&mut *tx)
    .await
    .fault()?;
    sqlx::query(
        "INSERT INTO revisit_history (article, recorded_at, outcome, url, failures, missing, etag, last_modified,
                                      body_hash, next_due)
         VALUES (?, ?, 'fetched', ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(article.as_str())
    .bind(micros(now))
    .bind(url)
    .bind(failures)
    .bind(missing)
    .bind(validators.etag.as_deref())
    .bind(validators.last_modified.as_deref())
    .bind(validators.body_hash.as_deref())
    .bind(due)
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

pub(super) async fn claim(store: &SqliteStore, claim: &Claim<'_>) -> Result<Vec<PendingRevisit>> {
    let mut tx = store.begin().await?;
    let rows: Vec<QueueRow> = sqlx::query_as(
        "SELECT r.article, r.url, r.first_fetched, r.failures, r.missing, r.etag, r.last_modified, r.body_hash,
                (SELECT a.feed FROM article_revision_history a WHERE a.article = r.article AND a.revision = 1) AS feed
         FROM revisit r
         WHERE r.due IS NOT NULL AND r.due <= ?1 AND (r.leased_until IS NULL OR r.leased_until <= ?1)
           AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.host = r.host AND e.due IS NOT NULL AND e.due <= ?1)
         ORDER BY r.due, r.article
         LIMIT ?2",
    )
    .bind(micros(claim.now))
    .bind(signed(claim.limit))
    .fetch_all(&mut *tx)
    .await
    .fault()?;
    let articles: Vec<&str> = rows.iter().map(|row| row.article.as_str()).collect();
    sqlx::query("UPDATE revisit SET worker = ?, leased_until = ? WHERE article IN (SELECT value FROM json_each(?))")
        .bind(claim.worker)
        .bind(micros(claim.lease_until))
        .bind(json(&articles)?)
        .execute(&mut *tx)
        .await
        .fault()?;
    tx.commit().await.fault()?;
    rows.into_iter().map(QueueRow::pending).collect()
}

/// A revisit under lease counts as due when the lease ends.
pub(super) async fn next_due(store: &SqliteStore) -> Result<Option<Timestamp>> {
    let due: Option<i64> =
        sqlx::query_scalar("SELECT min(max(due, coalesce(leased_until, due))) FROM revisit WHERE due IS NOT NULL")
            .fetch_one(&mut *store.reader().await?)
            .await
            .fault()?;
    due.map(instant).transpose()
}

pub(super) async fn release_leases(tx: &mut SqliteConnection) -> Result<()> {
    sqlx::query("UPDATE revisit SET worker = NULL, leased_until = NULL WHERE leased_until IS NOT NULL")
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

pub(super) async fn record(store: &SqliteStore, revisit: &Revisit) -> Result<Option<u64>> {
    let mut tx = store.begin().await?;
    // The first word holds: a worker whose lease ran out comes late, and the same look may come twice.
    let url: Option<String> =
        sqlx::query_scalar("SELECT url FROM revisit WHERE article = ? AND leased_until IS NOT NULL")
            .bind(revisit.article.as_str())
            .fetch_optional(&mut *tx)
            .await
            .fault()?;
    let Some(url) = url else { return Ok(None) };
    let mut change = match revisit.look {
        Look::Withdrawn => {
            revisions::turn(&mut tx, &revisit.article, (revisions::Turn::Withdrawn, revisit.now)).await?
        }
        Look::Restored => revisions::turn(&mut tx, &revisit.article, (revisions::Turn::Restored, revisit.now)).await?,
        Look::Unchanged | Look::Revision | Look::Missing | Look::Failed => None,
    };
    if let Some(article) = &revisit.revised {
        change = revisions::keep(&mut tx, article, revisit.now).await?.or(change);
        let leads = Leads { url: &article.url, article: &article.id };
        revisions::learn_url(&mut tx, leads, revisit.now).await?;
    }
    for signal in &revisit.rights {
        state_rights(&mut tx, &revisit.article, (signal, Said::Holds), revisit.now).await?;
    }
    for signal in &revisit.withdrawn {
        state_rights(&mut tx, &revisit.article, (signal, Said::Withdrawn), revisit.now).await?;
    }
    insert_look(&mut tx, revisit, &url).await?;
    end(&mut tx, revisit).await?;
    tx.commit().await.fault()?;
    Ok(change)
}

/// What a look found of a statement about use.
#[derive(Clone, Copy)]
enum Said {
    Holds,
    Withdrawn,
}

/// A row where the statement stands otherwise than its last row says; one never seen stands like a withdrawn one.
/// A revision brings its own.
async fn state_rights(
    tx: &mut SqliteConnection,
    article: &ArticleId,
    (signal, said): (&RightsSignal, Said),
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO rights_history (article, revision, recorded_at, kind, place, raw, withdrawn)
         SELECT ?1, (SELECT max(revision) FROM article_revision_history WHERE article = ?1), ?2, ?3, ?4, ?5, ?6
         WHERE ?6 != coalesce((SELECT withdrawn FROM rights_history
                               WHERE article = ?1 AND kind = ?3 AND place = ?4 AND raw = ?5
                               ORDER BY seq DESC LIMIT 1), 1)",
    )
    .bind(article.as_str())
    .bind(micros(now))
    .bind(signal.kind.as_str())
    .bind(signal.place.as_str())
    .bind(signal.raw.as_str())
    .bind(matches!(said, Said::Withdrawn))
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

async fn insert_look(tx: &mut SqliteConnection, revisit: &Revisit, url: &str) -> Result<()> {
    let validators = &revisit.validators;
    sqlx::query(
        "INSERT INTO revisit_history (article, recorded_at, outcome, note, url, http_status, failures, missing, etag,
                                      last_modified, body_hash, next_due, capture)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(revisit.article.as_str())
    .bind(micros(revisit.now))
    .bind(revisit.look.name())
    .bind(revisit.note.as_deref())
    .bind(url)
    .bind(revisit.http_status)
    .bind(revisit.failures)
    .bind(revisit.missing)
    .bind(validators.etag.as_deref())
    .bind(validators.last_modified.as_deref())
    .bind(validators.body_hash.as_deref())
    .bind(revisit.next_due.map(micros))
    .bind(revisit.capture.as_ref().map(|capture| capture.as_str()))
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

async fn end(tx: &mut SqliteConnection, revisit: &Revisit) -> Result<()> {
    let validators = &revisit.validators;
    sqlx::query(
        "UPDATE revisit SET due = ?, failures = ?, missing = ?, etag = ?, last_modified = ?, body_hash = ?,
                            worker = NULL, leased_until = NULL
         WHERE article = ?",
    )
    .bind(revisit.next_due.map(micros))
    .bind(revisit.failures)
    .bind(revisit.missing)
    .bind(validators.etag.as_deref())
    .bind(validators.last_modified.as_deref())
    .bind(validators.body_hash.as_deref())
    .bind(revisit.article.as_str())
    .execute(tx)
    .await
    .fault()?;
    Ok(())
}

pub(super) async fn watched(db: &mut SqliteConnection, article: &ArticleId) -> Result<Watched> {
    let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
        "SELECT recorded_at, outcome, note FROM revisit_history WHERE article = ? ORDER BY seq DESC LIMIT ?",
    )
    .bind(article.as_str())
    .bind(signed(LOOKS_SHOWN))
    .fetch_all(&mut *db)
    .await
    .fault()?;
    let looks = rows
        .into_iter()
        .map(|(at, outcome, note)| Ok(PastLook { at: instant(at)?, outcome, note }))
        .collect::<Result<Vec<_>>>()?;
    let due: Option<Option<i64>> = sqlx::query_scalar("SELECT due FROM revisit WHERE article = ?")
        .bind(article.as_str())
        .fetch_optional(db)
        .await
        .fault()?;
    Ok(Watched { looks, next_due: due.flatten().map(instant).transpose()? })
}

/// Each statement once, in the order they were seen.
pub(super) async fn rights(db: &mut SqliteConnection, article: &ArticleId) -> Result<Vec<SeenRights>> {
    // With a lone max(), SQLite takes the other columns from the row that holds it.
    let rows: Vec<RightsRow> = sqlx::query_as(
        "SELECT latest.kind, latest.place, latest.raw, latest.withdrawn, latest.recorded_at, first.revision, first.seen
         FROM (SELECT kind, place, raw, withdrawn, recorded_at, max(seq) FROM rights_history
               WHERE article = ?1 GROUP BY kind, place, raw) latest
         JOIN (SELECT kind, place, raw, min(seq) AS seq, min(revision) AS revision, min(recorded_at) AS seen
               FROM rights_history WHERE article = ?1 GROUP BY kind, place, raw) first
           ON first.kind = latest.kind AND first.place = latest.place AND first.raw = latest.raw
         ORDER BY first.seq",
    )
    .bind(article.as_str())
    .fetch_all(db)
    .await
    .fault()?;
    rows.into_iter().map(RightsRow::seen).collect()
}

#[derive(sqlx::FromRow)]
struct RightsRow {
    kind: String,
    place: String,
    raw: String,
    withdrawn: bool,
    recorded_at: i64,
    revision: i64,
    seen: i64,
}

impl RightsRow {
    fn seen(self) -> Result<SeenRights> {
        Ok(SeenRights {
            revision: number("revision", self.revision)?,
            first_seen: instant(self.seen)?,
            withdrawn: self.withdrawn.then(|| instant(self.recorded_at)).transpose()?,
            signal: RightsSignal { kind: self.kind, raw: self.raw, place: self.place },
        })
    }
}

/// One small query for each: a page of hits has at most a hundred.
pub(super) async fn rights_of(store: &SqliteStore, ids: &[ArticleId]) -> Result<Vec<Vec<SeenRights>>> {
    let mut db = store.reader().await?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.push(rights(&mut db, id).await?);
    }
    Ok(all)
}

#[derive(sqlx::FromRow)]
struct QueueRow {
    article: String,
    feed: Option<String>,
    url: String,
    first_fetched: i64,
    failures: i64,
    missing: i64,
    etag: Option<String>,
    last_modified: Option<String>,
    body_hash: Option<String>,
}

impl QueueRow {
    fn pending(self) -> Result<PendingRevisit> {
        let Self { etag, last_modified, body_hash, .. } = self;
        Ok(PendingRevisit {
            article: ArticleId(self.article),
            feed: self.feed.map(FeedId),
            first_fetched: instant(self.first_fetched)?,
            // They came from the address that is asked again.
            validators: Validators { etag, last_modified, body_hash, from: Some(self.url.clone()) },
            failures: number("failures", self.failures)?,
            missing: number("missing", self.missing)?,
            url: self.url,
        })
    }
}
