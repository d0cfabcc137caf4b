//! Reading articles: heads, documents in order of change, stories.
use super::SqliteStore;
use super::columns::{Sql as _, from_json, from_name, instant, number, signed};
use crate::model::{Article, ArticleId, ClusterItem, CopyVerdict, Document, EventId, Placement, StoryId};
use crate::store::{ArticleHead, ArticleRecord, Clustered, Result, StoryRecord};
use sqlx::SqliteConnection;

pub(super) async fn head(db: &mut SqliteConnection, id: &ArticleId) -> Result<Option<ArticleHead>> {
    let row: Option<(i64, String)> = sqlx::query_as(
        "SELECT revision, content_hash FROM article_revision_history WHERE article = ? ORDER BY revision DESC LIMIT 1",
    )
    .bind(id.as_str())
    .fetch_optional(db)
    .await
    .fault()?;
    let Some((revision, content_hash)) = row else { return Ok(None) };
    Ok(Some(ArticleHead { id: id.clone(), revision: number("revision", revision)?, content_hash }))
}

pub(super) async fn head_by_url(db: &mut SqliteConnection, url: &str) -> Result<Option<ArticleHead>> {
    match article_at(&mut *db, url).await? {
        Some(id) => head(db, &id).await,
        None => Ok(None),
    }
}

/// The article a URL led to last: a front page leads to another one every day.
pub(super) async fn article_at(db: &mut SqliteConnection, url: &str) -> Result<Option<ArticleId>> {
    let id: Option<String> =
        sqlx::query_scalar("SELECT article FROM article_url_history WHERE url = ? ORDER BY seq DESC LIMIT 1")
            .bind(url)
            .fetch_optional(db)
            .await
            .fault()?;
    Ok(id.map(ArticleId))
}

pub(super) async fn record(store: &SqliteStore, id: &ArticleId) -> Result<Option<ArticleRecord>> {
    let mut db = store.reader().await?;
    let row: Option<DocumentRow> = sqlx::query_as("SELECT * FROM article_current WHERE article = ?")
        .bind(id.as_str())
        .fetch_optional(&mut *db)
        .await
        .fault()?;
    let Some(row) = row else { return Ok(None) };
    let mut document = row.document()?;
    // Not past the document's own revision: one stored between the two reads belongs to the next answer.
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT revision, recorded_at, content_hash FROM article_revision_history
         WHERE article = ? AND revision <= ? ORDER BY revision",
    )
    .bind(id.as_str())
    .bind(document.revision)
    .fetch_all(&mut *db)
    .await
    .fault()?;
    let mut revisions = Vec::with_capacity(rows.len());
    for (revision, recorded_at, hash) in rows {
        revisions.push((number("revision", revision)?, instant(recorded_at)?.to_string(), hash));
    }
    let rights = super::revisits::rights(&mut db, id).await?;
    let watched = super::revisits::watched(&mut db, id).await?;
    // The text is the revision's; what holds of its use may have changed since.
    let holding = rights.iter().filter(|seen| seen.withdrawn.is_none()).map(|seen| seen.signal.clone());
    document.article.extract.rights = holding.collect();
    Ok(Some(ArticleRecord { document, revisions, rights, watched }))
}

pub(super) async fn changes(store: &SqliteStore, after: u64, limit: usize) -> Result<Vec<Document>> {
    let rows: Vec<DocumentRow> =
        sqlx::query_as("SELECT * FROM article_current WHERE change_seq > ? ORDER BY change_seq LIMIT ?")
            .bind(signed(after))
            .bind(signed(limit))
            .fetch_all(&mut *store.reader().await?)
            .await
            .fault()?;
    rows.into_iter().map(DocumentRow::document).collect()
}

pub(super) async fn change_seq(store: &SqliteStore) -> Result<u64> {
    let seq: i64 = sqlx::query_scalar("SELECT change_seq FROM change_counter")
        .fetch_one(&mut *store.reader().await?)
        .await
        .fault()?;
    number("change_seq", seq)
}

pub(super) async fn indexed_state(
    store: &SqliteStore,
    after: Option<&ArticleId>,
    limit: usize,
) -> Result<Vec<(ArticleId, u64)>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT a.article, c.change_seq
         FROM article a
         JOIN article_change_history c ON c.change_seq =
             (SELECT max(n.change_seq) FROM article_change_history n WHERE n.article = a.article)
         WHERE a.article > ? AND c.deleted = 0
         ORDER BY a.article
         LIMIT ?",
    )
    .bind(after.map_or("", ArticleId::as_str))
    .bind(signed(limit))
    .fetch_all(&mut *store.reader().await?)
    .await
    .fault()?;
    rows.into_iter().map(|(id, seq)| Ok((ArticleId(id), number("change_seq", seq)?))).collect()
}

pub(super) async fn clustered(store: &SqliteStore, after: u64, limit: usize) -> Result<Vec<(u64, Clustered)>> {
    let rows: Vec<DocumentRow> = sqlx::query_as(
        "SELECT * FROM article_current WHERE change_seq > ? AND deleted = 0 ORDER BY change_seq LIMIT ?",
    )
    .bind(signed(after))
    .bind(signed(limit))
    .fetch_all(&mut *store.reader().await?)
    .await
    .fault()?;
    rows.into_iter()
        .map(|row| {
            let document = row.document()?;
            Ok((document.change_seq, as_clustered(document.article)))
        })
        .collect()
}

pub(super) async fn story(store: &SqliteStore, id: &StoryId) -> Result<Option<StoryRecord>> {
    let rows: Vec<DocumentRow> = sqlx::query_as(
        "SELECT * FROM article_current
         WHERE article IN (SELECT article FROM story_membership_history WHERE story = ?1)
           AND story = ?1 AND deleted = 0
         ORDER BY coalesce(published_at, fetched_at) DESC, change_seq DESC",
    )
    .bind(id.as_str())
    .fetch_all(&mut *store.reader().await?)
    .await
    .fault()?;
    let articles = rows.into_iter().map(DocumentRow::document).collect::<Result<Vec<_>>>()?;
    if articles.is_empty() {
        return Ok(None);
    }
    Ok(Some(StoryRecord { id: id.clone(), events: events_oldest_first(&articles), articles }))
}

/// Each event once, in the order the story came upon them.
fn events_oldest_first(newest_first: &[Document]) -> Vec<EventId> {
    let mut events = Vec::new();
    for event in newest_first.iter().rev().flat_map(|document| &document.article.placement.events) {
        if !events.contains(event) {
            events.push(event.clone());
        }
    }
    events
}

fn as_clustered(article: Article) -> Clustered {
    let mut entities: Vec<String> = article.judgement.entities.into_iter().map(|entity| entity.id).collect();
    entities.sort_unstable();
    entities.dedup();
    let item = ClusterItem {
        id: article.id,
        lang: article.extract.lang,
        title: article.extract.title.unwrap_or_default(),
        body: article.extract.body,
        published: article.extract.published,
        site: article.extract.site,
        topics: article.judgement.topics,
        event_mentions: article.judgement.event_mentions,
        entities,
    };
    Clustered { item, copy: article.copy, placement: article.placement }
}

/// A row of `article_current`.
#[derive(sqlx::FromRow)]
struct DocumentRow {
    change_seq: i64,
    revision: i64,
    deleted: bool,
    content: String,
    story: String,
    event: String,
    events: String,
    why: String,
    relation: String,
    copy_of: Option<String>,
    related_to: Option<String>,
    copy_why: String,
}

impl DocumentRow {
    /// The article as it was decided, with the copy verdict and the placement that hold now.
    fn document(self) -> Result<Document> {
        let decided: Article = from_json("article", &self.content)?;
        let copy = CopyVerdict {
            relation: from_name("copy relation", &self.relation)?,
            copy_of: self.copy_of.map(ArticleId),
            related_to: self.related_to.map(ArticleId),
            why: from_json("copy reasons", &self.copy_why)?,
        };
        let placement = Placement {
            event: EventId(self.event),
            events: from_json("events", &self.events)?,
            story: StoryId(self.story),
            why: from_json("story reasons", &self.why)?,
        };
        Ok(Document {
            change_seq: number("change_seq", self.change_seq)?,
            revision: number("revision", self.revision)?,
            deleted: self.deleted,
            article: Article { copy, placement, ..decided },
        })
    }
}
