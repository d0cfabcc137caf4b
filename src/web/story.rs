//! One story: its articles in every language, newest first, copies under the article they copy.
use super::Faces;
use super::fault::{Fault, PageFault};
use super::view;
use crate::alert::outbound;
use crate::model::{ArticleId, Document, StoryId, Topic};
use crate::store::StoryRecord;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "story.html")]
struct StoryPage {
    title: String,
    title_lang: String,
    id: String,
    count: String,
    /// Name of the language, and how many articles.
    langs: Vec<(String, usize)>,
    topics: Vec<Topic>,
    /// Who did what to whom, and in how many articles it is told.
    told: Vec<(String, usize)>,
    days: Vec<Day>,
}

struct Day {
    /// `2026-07-03`, or words when no date is known.
    date: String,
    articles: Vec<Told>,
}

struct Told {
    report: Report,
    copies: Vec<Report>,
}

struct Report {
    id: String,
    title: String,
    lang: String,
    lang_name: String,
    site: Option<String>,
    published: Option<String>,
    link: Option<String>,
}

pub(super) async fn page(State(faces): State<Faces>, Path(id): Path<String>) -> Result<Html<String>, PageFault> {
    let story = faces.desk().story(&StoryId(id), faces.page()).await.map_err(Fault::from)?;
    let record = story.ok_or(Fault::NotFound("story"))?;
    Ok(Html(StoryPage::of(record)?.render()?))
}

impl StoryPage {
    fn of(record: StoryRecord) -> Result<Self, Fault> {
        let mut articles = record.articles;
        articles.retain(|document| !document.deleted);
        articles.sort_by_key(|document| {
            std::cmp::Reverse(document.article.extract.published.as_ref().map(|at| at.instant))
        });
        // The oldest dated article named the story first.
        let founder = articles.iter().rfind(|document| document.article.extract.published.is_some());
        let founder = founder.or(articles.last()).ok_or(Fault::NotFound("story"))?;
        let extract = &founder.article.extract;
        Ok(Self {
            title: view::title_of(founder),
            title_lang: view::lang_tag(extract.lang, extract.script),
            id: record.id.to_string(),
            count: view::counted(articles.len() as u64, "article"),
            langs: tally(articles.iter().map(|document| view::lang_name(document.article.extract.lang))),
            topics: topics(&articles),
            told: tally(articles.iter().flat_map(claims)),
            days: days(&articles),
        })
    }
}

fn topics(articles: &[Document]) -> Vec<Topic> {
    let has = |topic: &Topic| articles.iter().any(|document| document.article.judgement.topics.contains(topic));
    Topic::ALL.iter().copied().filter(has).collect()
}

/// What one article says happened, one line each, each once.
fn claims(document: &Document) -> Vec<String> {
    let names = |entities: &[crate::model::Entity]| {
        entities.iter().map(|e| e.id.clone().unwrap_or_else(|| e.name.clone())).collect::<Vec<_>>().join(", ")
    };
    let mut claims: Vec<String> = Vec::new();
    for mention in &document.article.judgement.event_mentions {
        let (actor, target) = (names(&mention.actor), names(&mention.target));
        let actor = if actor.is_empty() { "Someone".to_owned() } else { actor };
        let claim = format!("{actor} {} {target}", view::action_verb(mention.action)).trim_end().to_owned();
        if !claims.contains(&claim) {
            claims.push(claim);
        }
    }
    claims
}

/// Each value with its count, most frequent first.
fn tally(values: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

/// A copy stands under its leader; one whose leader is in another story stands alone.
fn days(articles: &[Document]) -> Vec<Day> {
    let mut copies: HashMap<&ArticleId, Vec<Report>> = HashMap::new();
    let here = |id: &ArticleId| articles.iter().any(|document| document.article.id == *id);
    let leader =
        |document: &Document| document.article.copy.copy_of.clone().filter(|id| *id != document.article.id && here(id));
    let mut leaders: Vec<&Document> = Vec::new();
    for document in articles {
        match &document.article.copy.copy_of {
            Some(of) if leader(document).is_some() => copies.entry(of).or_default().push(Report::of(document)),
            _ => leaders.push(document),
        }
    }
    let mut days: Vec<Day> = Vec::new();
    for document in leaders {
        let told =
            Told { report: Report::of(document), copies: copies.remove(&document.article.id).unwrap_or_default() };
        let published = document.article.extract.published.as_ref();
        let date = published.map_or_else(|| "No date".to_owned(), |at| at.local_date().to_string());
        match days.last_mut() {
            Some(day) if day.date == date => day.articles.push(told),
            _ => days.push(Day { date, articles: vec![told] }),
        }
    }
    days
}

impl Report {
    fn of(document: &Document) -> Self {
        let article = &document.article;
        let extract = &article.extract;
        Self {
            id: article.id.to_string(),
            title: view::title_of(document),
            lang: view::lang_tag(extract.lang, extract.script),
            lang_name: view::lang_name(extract.lang),
            site: extract.site.clone(),
            published: extract.published.as_ref().map(|at| view::clock(&at.to_text())),
            link: outbound(&article.url),
        }
    }
}
