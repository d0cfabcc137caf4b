//! Articles from a file instead of a feed.
use super::read;
use super::{Kit, catch_up};
use crate::model::{
    Article, ArticleId, CopyVerdict, EventId, Extract, Judgement, Lang, Outcome, Placement, Relation, Stamp, StoryId,
    Tally, TimeSource,
};
use crate::store::Settlement;
use crate::text::{date, lang, url as address};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// Articles between two index commits.
const BATCH: u64 = 2_000;

/// One line of an import file. Unknown keys are ignored.
#[derive(Clone, Debug, Deserialize)]
pub struct ImportRow {
    pub id: String,
    pub title: Option<String>,
    pub text: Option<String>,
    pub body: Option<String>,
    pub lang: Option<String>,
    pub url: Option<String>,
    pub published: Option<String>,
    pub site: Option<String>,
    pub feed_tz: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    #[error("line {line}: {why}")]
    Line { line: u64, why: String },
    #[error(transparent)]
    Store(#[from] crate::store::StoreFault),
    #[error("{0:#}")]
    Index(anyhow::Error),
}

#[derive(Debug, Default)]
pub struct Imported {
    pub outcomes: Tally,
    /// Lines that could not be read, with their place.
    pub faults: Vec<ImportFault>,
}

/// How the rows are taken.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Names the collection in keys of articles without a URL.
    pub set: String,
    /// Everything is stored, on topic or not, without folding copies or stories away.
    pub all: bool,
}

pub async fn import(
    kit: &Kit,
    rows: impl Iterator<Item = (u64, std::io::Result<String>)>,
    manner: &Manner,
) -> Result<Imported, ImportFault> {
    let mut imported = Imported::default();
    let mut done = 0;
    for (line, text) in rows {
        let text = text.map_err(|why| ImportFault::Line { line, why: why.to_string() })?;
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<ImportRow>(&text) {
            Ok(row) => {
                let outcome = one(kit, row, manner).await?;
                imported.outcomes.count(&outcome);
            }
            Err(why) => imported.faults.push(ImportFault::Line { line, why: why.to_string() }),
        }
        done += 1;
        if done % BATCH == 0 {
            catch_up(kit).await.map_err(ImportFault::Index)?;
        }
    }
    catch_up(kit).await.map_err(ImportFault::Index)?;
    Ok(imported)
}

async fn one(kit: &Kit, row: ImportRow, manner: &Manner) -> Result<Outcome, ImportFault> {
    let zone = row.feed_tz.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    let extract = extract(&row, &zone);
    let url = row.url.as_deref().and_then(|raw| address::canonical(raw, None).ok());
    let key = match &url {
        Some(url) if !manner.all => address::key(url),
        // In a whole collection every row counts, also two under one address.
        _ => format!("import:{}:{}", manner.set, row.id),
    };
    let judgement = if extract.lang.is_watched() && !extract.body.is_empty() {
        read::judge(&extract, &kit.lexicon, &zone)
    } else {
        Judgement::default()
    };
    let now = Timestamp::now();
    let mut settled = Settlement {
        entry: None,
        outcome: Outcome::OffTopic,
        note: None,
        retry_at: None,
        url: url.as_ref().map(|url| url.to_string()),
        title: extract.title.clone(),
        capture: None,
        article: None,
        watch: None,
        now,
    };
    if !manner.all && judgement.topics.is_empty() {
        return Ok(settled.outcome);
    }
    let id = ArticleId::of(&key);
    let mut article = Article {
        id: id.clone(),
        url: url.map_or(key, |url| url.to_string()),
        source_id: Some(row.id),
        feed: None,
        content_hash: read::content_hash(&extract),
        extract,
        judgement,
        copy: CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() },
        placement: alone(&id),
        versions: kit.versions(),
        capture: None,
        fetched_at: now,
    };
    let mut links = kit.links.lock().await;
    let head = kit.store.head(&id).await?;
    if head.as_ref().is_some_and(|head| head.content_hash == article.content_hash) {
        return Ok(Outcome::Seen);
    }
    let item = read::article_item(&article);
    if !manner.all && head.is_none() {
        (article.copy, article.placement) = links.judge(&item);
    }
    settled.outcome = match (&head, &article.copy.copy_of) {
        (Some(_), _) => Outcome::Revision,
        (None, Some(_)) => Outcome::Copy,
        (None, None) => Outcome::Stored,
    };
    settled.article = Some(Box::new(article.clone()));
    kit.store.settle(&settled).await?;
    if !manner.all && head.is_none() {
        links.remember(&item, &article.copy, &article.placement);
    }
    Ok(settled.outcome)
}

fn alone(id: &ArticleId) -> Placement {
    let event = EventId(crate::model::id::derive("event", &[id.as_str(), "0"]));
    Placement {
        event: event.clone(),
        events: vec![event],
        story: StoryId(crate::model::id::derive("story", &[id.as_str()])),
        why: vec!["imported".to_owned()],
    }
}

fn extract(row: &ImportRow, zone: &TimeZone) -> Extract {
    let body = row.body.clone().or_else(|| row.text.clone()).unwrap_or_default();
    let detected = lang::detect(&format!("{}\n{body}", row.title.as_deref().unwrap_or_default()));
    let given = row.lang.as_deref().and_then(|code| Lang::parse(code).ok());
    let published: Option<Stamp> = row.published.as_deref().and_then(|raw| date::parse(raw, zone, TimeSource::Import));
    Extract {
        title: row.title.clone(),
        body,
        published,
        modified: None,
        byline: None,
        lang: given.unwrap_or(detected.lang),
        script: detected.script,
        canonical: None,
        site: row.site.clone(),
        image: None,
        rights: Vec::new(),
        method: "import".to_owned(),
        truncated: false,
        problems: Vec::new(),
    }
}
