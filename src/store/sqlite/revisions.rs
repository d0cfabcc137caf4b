//! Writing an article: its text, its place among events and stories, and the change that tells the index.
use super::articles::{article_at, head};
use super::columns::{Sql as _, bind_stamp, json, micros, name, number};
use crate::model::{Article, ArticleId, EventId, EventMention, Script};
use crate::store::Result;
use jiff::Timestamp;
use sqlx::SqliteConnection;

/// Stores the article unless this very text is what it has already. Returns the change, if there is one.
pub(super) async fn keep(tx: &mut SqliteConnection, article: &Article, now: Timestamp) -> Result<Option<u64>> {
    let known = head(&mut *tx, &article.id).await?;
    if known.as_ref().is_some_and(|head| head.content_hash == article.content_hash) {
        return Ok(None);
    }
    let revision = known.map_or(1, |head| head.revision + 1);
    if revision == 1 {
        insert_article(tx, &article.id, now).await?;
    }
    let write = Write { article, revision, now };
    write.text(tx).await?;
    let change_seq = next_change(tx).await?;
    write.change(tx, change_seq).await?;
    write.story(tx, change_seq).await?;
    write.events(tx, change_seq).await?;
    write.statuses(tx).await?;
    write.rights(tx).await?;
    number("change_seq", change_seq).map(Some)
}

/// A URL that led to an article.
pub(super) struct Leads<'a> {
    pub(super) url: &'a str,
    pub(super) article: &'a ArticleId,
}

pub(super) async fn learn_url(tx: &mut SqliteConnection, leads: Leads<'_>, now: Timestamp) -> Result<()> {
    if article_at(&mut *tx, leads.url).await?.as_ref() == Some(leads.article) {
        return Ok(());
    }
    sqlx::query("INSERT INTO article_url_history (url, article, recorded_at) VALUES (?, ?, ?)")
        .bind(leads.url)
        .bind(leads.article.as_str())
        .bind(micros(now))
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

/// A change of the indexed state that is not a change of the text.
pub(super) enum Turn {
    Withdrawn,
    Restored,
}

/// Nothing when the article stands there already.
pub(super) async fn turn(
    tx: &mut SqliteConnection,
    article: &ArticleId,
    (turn, now): (Turn, Timestamp),
) -> Result<Option<u64>> {
    let (change, deleted) = match turn {
        Turn::Withdrawn => ("withdrawn", true),
        Turn::Restored => ("restored", false),
    };
    let now_is: Option<(i64, bool)> = sqlx::query_as(
        "SELECT revision, deleted FROM article_change_history WHERE article = ? ORDER BY change_seq DESC LIMIT 1",
    )
    .bind(article.as_str())
    .fetch_optional(&mut *tx)
    .await
    .fault()?;
    let Some((revision, was)) = now_is.filter(|(_, was)| *was != deleted) else { return Ok(None) };
    let change_seq = next_change(tx).await?;
    sqlx::query(
        "INSERT INTO article_change_history (change_seq, article, recorded_at, change, revision, deleted)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(change_seq)
    .bind(article.as_str())
    .bind(micros(now))
    .bind(change)
    .bind(revision)
    .bind(!was)
    .execute(tx)
    .await
    .fault()?;
    number("change_seq", change_seq).map(Some)
}

async fn insert_article(tx: &mut SqliteConnection, id: &ArticleId, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO article (article, recorded_at) VALUES (?, ?)")
        .bind(id.as_str())
        .bind(micros(now))
        .execute(tx)
        .await
        .fault()?;
    Ok(())
}

/// The only giver of `change_seq`.
async fn next_change(tx: &mut SqliteConnection) -> Result<i64> {
    sqlx::query_scalar("UPDATE change_counter SET change_seq = change_seq + 1 RETURNING change_seq")
        .fetch_one(tx)
        .await
        .fault()
}

struct Write<'a> {
    article: &'a Article,
    revision: u32,
    now: Timestamp,
}

impl Write<'_> {
    async fn text(&self, tx: &mut SqliteConnection) -> Result<()> {
        let article = self.article;
        let extract = &article.extract;
        let head = sqlx::query(
            "INSERT INTO article_revision_history (
                 article, revision, recorded_at, content_hash, url, source_id, feed, title, site, byline, lang, script,
                 published_at, published_offset, published_precision, published_source, published_raw,
                 modified_at, modified_offset, modified_precision, modified_source, modified_raw,
                 topics, mentions, extractor, rules, lexicon, normaliser, capture, fetched_at, content)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(article.id.as_str())
        .bind(self.revision)
        .bind(micros(self.now))
        .bind(article.content_hash.as_str())
        .bind(article.url.as_str())
        .bind(article.source_id.as_deref())
        .bind(article.feed.as_ref().map(|feed| feed.as_str()))
        .bind(extract.title.as_deref())
        .bind(extract.site.as_deref())
        .bind(extract.byline.as_deref())
        .bind(extract.lang.to_string())
        .bind(extract.script.map(Script::as_str));
        let head = bind_stamp(head, extract.published.as_ref())?;
        bind_stamp(head, extract.modified.as_ref())?
            .bind(json(&article.judgement.topics)?)
            .bind(json(&article.judgement.mentions)?)
            .bind(article.versions.extractor.as_str())
            .bind(article.versions.rules.as_str())
            .bind(article.versions.lexicon.as_str())
            .bind(article.versions.normaliser.as_str())
            .bind(article.capture.as_ref().map(|capture| capture.as_str()))
            .bind(micros(article.fetched_at))
            .bind(json(article)?)
            .execute(tx)
            .await
            .fault()?;
        Ok(())
    }

    /// What was withdrawn stays so when its page is edited: only a change that says so brings it back.
    async fn change(&self, tx: &mut SqliteConnection, change_seq: i64) -> Result<()> {
        sqlx::query(
            "INSERT INTO article_change_history (change_seq, article, recorded_at, change, revision, deleted)
             VALUES (?1, ?2, ?3, ?4, ?5,
                     coalesce((SELECT c.deleted FROM article_change_history c WHERE c.article = ?2
                               ORDER BY c.change_seq DESC LIMIT 1), 0))",
        )
        .bind(change_seq)
        .bind(self.article.id.as_str())
        .bind(micros(self.now))
        .bind(if self.revision == 1 { "new" } else { "revised" })
        .bind(self.revision)
        .execute(tx)
        .await
        .fault()?;
        Ok(())
    }

    async fn story(&self, tx: &mut SqliteConnection, change_seq: i64) -> Result<()> {
        let Article { id, copy, placement, .. } = self.article;
        sqlx::query(
            "INSERT INTO story_membership_history (change_seq, article, recorded_at, story, event, why, relation,
                                                   copy_of, related_to, copy_why)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(change_seq)
        .bind(id.as_str())
        .bind(micros(self.now))
        .bind(placement.story.as_str())
        .bind(placement.event.as_str())
        .bind(json(&placement.why)?)
        .bind(name(&copy.relation)?)
        .bind(copy.copy_of.as_ref().map(ArticleId::as_str))
        .bind(copy.related_to.as_ref().map(ArticleId::as_str))
        .bind(json(&copy.why)?)
        .execute(tx)
        .await
        .fault()?;
        Ok(())
    }

    async fn events(&self, tx: &mut SqliteConnection, change_seq: i64) -> Result<()> {
        for (ordinal, event) in (0_i64..).zip(&self.article.placement.events) {
            sqlx::query(
                "INSERT INTO event_membership_history (change_seq, ordinal, article, recorded_at, event)
                 VALUES (?, ?, ?, ?, ?)",
            )
            .bind(change_seq)
            .bind(ordinal)
            .bind(self.article.id.as_str())
            .bind(micros(self.now))
            .bind(event.as_str())
            .execute(&mut *tx)
            .await
            .fault()?;
        }
        Ok(())
    }

    async fn statuses(&self, tx: &mut SqliteConnection) -> Result<()> {
        let said_at = self.article.extract.published.as_ref().map_or(self.article.fetched_at, |stamp| stamp.instant);
        for (event, mention) in spoken_of(self.article) {
            sqlx::query(
                "INSERT INTO event_status_history (event, recorded_at, article, revision, kind, action, modality,
                                                   status, announced, effective, ends, said_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(event.as_str())
            .bind(micros(self.now))
            .bind(self.article.id.as_str())
            .bind(self.revision)
            .bind(mention.kind.as_str())
            .bind(mention.action.as_str())
            .bind(mention.modality.as_str())
            .bind(mention.status.as_str())
            .bind(mention.announced.as_ref().map(|day| day.0.as_str()))
            .bind(mention.effective.as_ref().map(|day| day.0.as_str()))
            .bind(mention.ends.as_ref().map(|day| day.0.as_str()))
            .bind(micros(said_at))
            .execute(&mut *tx)
            .await
            .fault()?;
        }
        Ok(())
    }

    async fn rights(&self, tx: &mut SqliteConnection) -> Result<()> {
        for signal in &self.article.extract.rights {
            sqlx::query(
                "INSERT INTO rights_history (article, revision, recorded_at, kind, place, raw)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(self.article.id.as_str())
            .bind(self.revision)
            .bind(micros(self.now))
            .bind(signal.kind.as_str())
            .bind(signal.place.as_str())
            .bind(signal.raw.as_str())
            .execute(&mut *tx)
            .await
            .fault()?;
        }
        Ok(())
    }
}

/// Which mention speaks of which event, where that is certain: as many events as mentions (same order), or one event.
/// Otherwise nothing is said: history cannot be corrected later.
fn spoken_of(article: &Article) -> Vec<(&EventId, &EventMention)> {
    let events = &article.placement.events;
    let mentions = &article.judgement.event_mentions;
    match events.as_slice() {
        [only] => mentions.iter().map(|mention| (only, mention)).collect(),
        _ if events.len() == mentions.len() => events.iter().zip(mentions).collect(),
        _ => Vec::new(),
    }
}
