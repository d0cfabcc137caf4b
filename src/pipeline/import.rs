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
    /// Text, or a number, which is kept as its digits.
    #[serde(deserialize_with = "text_or_number")]
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
        match read_row(&text) {
            Ok((row, notes)) => {
                imported.faults.extend(notes.into_iter().map(|why| ImportFault::Line { line, why }));
                let outcome = one(kit, row, manner).await?;
                imported.outcomes.count(&outcome);
            }
            Err(why) => imported.faults.push(ImportFault::Line { line, why }),
        }
        done += 1;
        if done % BATCH == 0 {
            catch_up(kit).await.map_err(ImportFault::Index)?;
        }
    }
    catch_up(kit).await.map_err(ImportFault::Index)?;
    Ok(imported)
}

/// The row, and what of it cannot be used; Err: the line is left out.
fn read_row(text: &str) -> Result<(ImportRow, Vec<String>), String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|why| format!("not JSON: {why}"))?;
    if !value.is_object() {
        return Err("not a JSON object".to_owned());
    }
    let row: ImportRow = serde_json::from_value(value).map_err(|why| why.to_string())?;
    if row.id.trim().is_empty() {
        return Err("id is empty".to_owned());
    }
    let words = [&row.title, &row.text, &row.body].into_iter().flatten().any(|text| !text.trim().is_empty());
    if !words {
        return Err(format!("id {:?} has neither title nor text", row.id));
    }
    let mut notes = Vec::new();
    let mut note = |key: &str, value: &Option<String>, is_right: &dyn Fn(&str) -> bool| {
        if let Some(value) = value.as_deref().filter(|value| !is_right(value)) {
            notes.push(format!("id {:?}: {key} {value:?} is not understood and left out", row.id));
        }
    };
    note("published", &row.published, &|raw| date::parse(raw, &TimeZone::UTC, TimeSource::Import).is_some());
    note("lang", &row.lang, &|code| Lang::parse(code).is_ok());
    note("url", &row.url, &|raw| address::canonical(raw, None).is_ok());
    note("feed_tz", &row.feed_tz, &|name| TimeZone::get(name).is_ok());
    Ok((row, notes))
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(from)? {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("id must be text or a number")),
    }
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
        read::judge_text(&extract, &kit.lexicon, &zone)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_what_is_wrong_is_named() {
        let (row, notes) =
            read_row(r#"{"id": 7, "title": "t", "published": "yesterday", "lang": "english", "other": 1}"#).unwrap();
        assert_eq!((row.id.as_str(), notes.len()), ("7", 2), "{notes:?}");
        for (line, wanted) in [
            ("{nonsense", "not JSON"),
            ("[1]", "object"),
            (r#"{"title": "t"}"#, "id"),
            (r#"{"id": "a", "body": " "}"#, "neither title nor text"),
            (r#"{"id": true, "body": "x"}"#, "text or a number"),
        ] {
            let why = read_row(line).unwrap_err();
            assert!(why.contains(wanted), "{line}: {why}");
        }
    }
}
