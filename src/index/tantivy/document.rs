//! `Document` → what tantivy keeps of it.
use super::schema::{Analysed, Fields};
use crate::model::{Article, Document, Entity, Lang, Topic};
use crate::text::normalize::fold_text;
use crate::text::tokenize::{self, Token};
use ::tantivy::TantivyDocument;
use ::tantivy::schema::Field;
use ::tantivy::tokenizer::{PreTokenizedString, Token as EngineToken};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a hit shows: stored whole, so that a search asks nobody else.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Card {
    pub(super) id: String,
    pub(super) source_id: Option<String>,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) url: String,
    pub(super) lang: Lang,
    pub(super) published: Option<String>,
    pub(super) site: Option<String>,
    pub(super) topics: Vec<Topic>,
    pub(super) story: String,
    #[serde(default)]
    pub(super) copy_of: Option<String>,
}

impl Card {
    fn of(article: &Article) -> Self {
        let extract = &article.extract;
        Self {
            id: article.id.0.clone(),
            source_id: article.source_id.clone(),
            title: extract.title.clone().unwrap_or_default(),
            body: extract.body.clone(),
            url: article.url.clone(),
            lang: extract.lang,
            published: extract.published.as_ref().map(|stamp| stamp.to_text()),
            site: extract.site.clone().or_else(|| host(&article.url)),
            topics: article.judgement.topics.clone(),
            story: article.placement.story.0.clone(),
            copy_of: article.copy.copy_of.as_ref().map(|id| id.0.clone()),
        }
    }
}

pub(super) fn engine_document(fields: &Fields, document: &Document) -> serde_json::Result<TantivyDocument> {
    let article = &document.article;
    let card = Card::of(article);
    let mut out = TantivyDocument::new();
    out.add_text(fields.id, article.id.as_str());
    out.add_u64(fields.tie, tie(article.id.as_str()));
    out.add_u64(fields.change_seq, document.change_seq);
    add_analysed(&mut out, fields.title, &card.title);
    add_analysed(&mut out, fields.body, &card.body);
    add_places(&mut out, fields, article);
    add_events(&mut out, fields, article);
    if let Some(stamp) = &article.extract.published {
        let day = stamp.local_date();
        out.add_i64(fields.published, stamp.instant.as_second());
        out.add_i64(fields.day, day_number(day.year(), day.month(), day.day()));
    }
    out.add_bytes(fields.card, &serde_json::to_vec(&card)?);
    Ok(out)
}

pub(super) fn day_number(year: i16, month: i8, day: i8) -> i64 {
    i64::from(year) * 10_000 + i64::from(month) * 100 + i64::from(day)
}

fn add_analysed(out: &mut TantivyDocument, fields: Analysed, text: &str) {
    let analysis = tokenize::analyse(text);
    out.add_pre_tokenized_text(fields.words, ready(analysis.words.into_iter().map(|t| (t.text, t.position))));
    out.add_pre_tokenized_text(
        fields.grams,
        ready(analysis.grams.into_iter().map(|Token { text, position, .. }| (text, position))),
    );
    out.add_pre_tokenized_text(fields.short_words, ready(analysis.short_words.into_iter().zip(0..)));
}

/// Offsets stay 0: the highlighter finds places in the original itself.
fn ready(tokens: impl Iterator<Item = (String, usize)>) -> PreTokenizedString {
    let token = |(text, position)| EngineToken { offset_from: 0, offset_to: 0, position, text, position_length: 1 };
    PreTokenizedString { text: String::new(), tokens: tokens.map(token).collect() }
}

fn add_places(out: &mut TantivyDocument, fields: &Fields, article: &Article) {
    let extract = &article.extract;
    out.add_text(fields.lang, extract.lang.to_string());
    if let Some(script) = extract.script {
        out.add_text(fields.script, script.as_str());
    }
    let mut sites = host(&article.url).map(|host| with_parents(&host)).unwrap_or_default();
    sites.extend(extract.site.as_deref().map(fold_text));
    add_all(out, fields.site, sites);
    if let Some(feed) = &article.feed {
        out.add_text(fields.feed, feed.as_str());
    }
    if let Some(id) = &article.source_id {
        out.add_text(fields.source_id, id);
    }
    out.add_text(fields.story, article.placement.story.as_str());
    add_all(out, fields.event, article.placement.events.iter().map(|event| event.0.clone()).collect());
}

fn add_events(out: &mut TantivyDocument, fields: &Fields, article: &Article) {
    let judgement = &article.judgement;
    let mentions = &judgement.event_mentions;
    add_all(out, fields.topic, judgement.topics.iter().map(|t| t.as_str().to_owned()).collect());
    add_all(out, fields.kind, mentions.iter().map(|m| m.kind.as_str().to_owned()).collect());
    add_all(out, fields.action, mentions.iter().map(|m| m.action.as_str().to_owned()).collect());
    add_all(out, fields.status, mentions.iter().map(|m| m.status.as_str().to_owned()).collect());
    add_all(out, fields.place, mentions.iter().filter_map(|m| m.place.as_deref()).map(fold_text).collect());
    add_all(out, fields.actor, mentions.iter().flat_map(|m| names(&m.actor)).collect());
    add_all(out, fields.target, mentions.iter().flat_map(|m| names(&m.target)).collect());
    add_all(out, fields.product, mentions.iter().flat_map(|m| names(&m.products)).collect());
    add_all(out, fields.entity, judgement.entities.iter().map(|span| fold_text(&span.id)).collect());
}

/// Canonical id and name as written, both folded.
fn names(entities: &[Entity]) -> impl Iterator<Item = String> {
    entities.iter().flat_map(|entity| entity.id.iter().chain([&entity.name])).map(|name| fold_text(name))
}

fn add_all(out: &mut TantivyDocument, field: Field, mut values: Vec<String>) {
    values.sort_unstable();
    values.dedup();
    values.iter().for_each(|value| out.add_text(field, value));
}

fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned))
}

/// `news.example.co.kr` and every domain above it with a dot in it, so that `site:example.co.kr` holds.
fn with_parents(host: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = Some(host);
    while let Some(name) = rest.filter(|name| name.contains('.')) {
        out.push(name.to_owned());
        rest = name.split_once('.').map(|(_, parent)| parent);
    }
    out
}

fn tie(id: &str) -> u64 {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
