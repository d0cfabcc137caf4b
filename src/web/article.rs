//! One article: text with its evidence marked, what it says happened, and how every decision came about.
use super::Faces;
use super::fault::{Fault, PageFault};
use super::view::{self, Piece};
use crate::alert::outbound;
use crate::desk::Ruled;
use crate::model::{ArticleId, Entity, EventMention, Evidence, Figure, Stamp, Topic};
use crate::rights::{Quote, Use};
use crate::store::{ArticleRecord, PastLook, SeenRights};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use std::collections::HashSet;

#[derive(Template)]
#[template(path = "article.html")]
struct ArticlePage {
    title: String,
    lang: String,
    lang_name: String,
    link: Option<String>,
    published: Option<String>,
    modified: Option<String>,
    fetched: String,
    feed: Option<String>,
    paragraphs: Vec<Vec<Run>>,
    /// Why this is not the whole text.
    withheld: Option<String>,
    mentions: Vec<MentionView>,
    relation: &'static str,
    checked: Option<String>,
    next_check: Option<String>,
    looks: Vec<(String, String, Option<String>)>,
    rights: Vec<RightsView>,
    record: ArticleRecord,
}

/// A run of the text inside one paragraph.
struct Run {
    text: String,
    /// Number of the evidence it belongs to.
    mark: Option<usize>,
    anchor: bool,
}

struct MentionView {
    kind: &'static str,
    actor: Vec<Entity>,
    verb: &'static str,
    target: Vec<Entity>,
    products: Vec<Entity>,
    when: Vec<(&'static str, String)>,
    details: Vec<(&'static str, String)>,
    cited: Vec<String>,
    status: String,
    modality: &'static str,
    /// Numbers of its evidence marks in the text.
    evidence: Vec<usize>,
}

pub(super) async fn page(State(faces): State<Faces>, Path(id): Path<String>) -> Result<Html<String>, PageFault> {
    let ruled = ruled(&faces, id, faces.page()).await?;
    let feed = match &ruled.record.document.article.feed {
        Some(id) => faces.store.feeds().await?.into_iter().find(|feed| feed.id == *id).map(|feed| feed.title),
        None => None,
    };
    Ok(Html(ArticlePage::of(ruled, feed).render()?))
}

pub(super) async fn ruled(faces: &Faces, id: String, use_: Use) -> Result<Ruled, Fault> {
    let ruled = faces.desk().article(&ArticleId(id), use_).await?.ok_or(Fault::NotFound("article"))?;
    let record = &ruled.record;
    if record.document.deleted { Err(Fault::Withdrawn(withdrawn(record))) } else { Ok(ruled) }
}

/// How that is known: an address that answers 404 is the publisher's word, a removal by hand is not.
fn withdrawn(record: &ArticleRecord) -> String {
    let look = record.watched.looks.iter().find(|look| look.outcome == "withdrawn");
    let Some(look) = look else { return String::new() };
    let note = look.note.as_deref().unwrap_or("404");
    let next = record.watched.next_due.map(|due| format!("; looked at again at {}", view::instant(due)));
    format!(
        " by its source: its page answered {note} twice, the second time at {}{}",
        view::instant(look.at),
        next.unwrap_or_default()
    )
}

impl ArticlePage {
    fn of(ruled: Ruled, feed: Option<String>) -> Self {
        let Ruled { record, passages, ruling } = ruled;
        let article = &record.document.article;
        let extract = &article.extract;
        let event_mentions = &article.judgement.event_mentions;
        let marks = marks(event_mentions);
        Self {
            title: view::title_of(&record.document),
            lang: view::lang_tag(extract.lang, extract.script),
            lang_name: view::lang_name(extract.lang),
            link: outbound(&article.url),
            published: extract.published.as_ref().map(|stamp| view::clock(&stamp.to_text())),
            modified: extract.modified.as_ref().map(Stamp::to_text).map(|text| view::clock(&text)),
            fetched: view::instant(article.fetched_at),
            feed,
            paragraphs: paragraphs(&passages, &marks),
            withheld: ruling.withholds().then(|| ruling.words()),
            mentions: event_mentions.iter().map(|mention| MentionView::of(mention, &marks)).collect(),
            relation: view::relation_name(article.copy.relation),
            checked: record.watched.looks.first().map(|look| view::instant(look.at)),
            next_check: record.watched.next_due.map(view::instant),
            looks: record.watched.looks.iter().map(look).collect(),
            rights: rights(&record),
            record,
        }
    }

    fn topics(&self) -> &[Topic] {
        &self.record.document.article.judgement.topics
    }

    fn background(&self) -> &[Topic] {
        &self.record.document.article.judgement.mentions
    }
}

struct RightsView {
    kind: String,
    place: String,
    raw: String,
    first_seen: String,
    withdrawn: Option<String>,
}

/// Every statement the article was ever seen with, by kind and in the order seen.
fn rights(record: &ArticleRecord) -> Vec<RightsView> {
    let mut rights: Vec<RightsView> = record
        .rights
        .iter()
        .map(|SeenRights { signal, first_seen, withdrawn, .. }| RightsView {
            kind: view::rights_name(&signal.kind).to_owned(),
            place: signal.place.clone(),
            raw: signal.raw.clone(),
            first_seen: view::instant(*first_seen),
            withdrawn: withdrawn.map(view::instant),
        })
        .collect();
    rights.sort_by(|a, b| a.kind.cmp(&b.kind));
    rights
}

fn look(look: &PastLook) -> (String, String, Option<String>) {
    (view::instant(look.at), look.outcome.clone(), look.note.clone())
}

/// Evidence of all mentions in text order; what overlaps is one mark, and what may not be quoted none.
fn marks(mentions: &[EventMention]) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> =
        mentions.iter().flat_map(|mention| &mention.evidence).map(|evidence| (evidence.start, evidence.end)).collect();
    spans.retain(|(start, end)| start < end);
    spans.sort_unstable();
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for (start, end) in spans {
        match marks.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => marks.push((start, end)),
        }
    }
    marks
}

/// Cuts the marked passages at their blank lines; marks count in the whole body. A mark that runs over a blank line has
/// several runs, the first of which is its anchor.
fn paragraphs(passages: &[Quote], marks: &[(usize, usize)]) -> Vec<Vec<Run>> {
    let mut anchored = HashSet::new();
    let mut paragraphs = Vec::new();
    for passage in passages {
        paragraphs.push(Vec::new());
        for Piece { text, mark } in view::pieces(&passage.text, &shifted(marks, passage.start)) {
            for (part, text) in text.split("\n\n").enumerate() {
                if part > 0 {
                    paragraphs.push(Vec::new());
                }
                if let (false, Some(paragraph)) = (text.is_empty(), paragraphs.last_mut()) {
                    let anchor = mark.is_some_and(|number| anchored.insert(number));
                    paragraph.push(Run { text: text.to_owned(), mark, anchor });
                }
            }
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// As seen from a passage that begins at `start`: what lies before it is an empty mark, so that numbers stay.
fn shifted(marks: &[(usize, usize)], start: usize) -> Vec<(usize, usize)> {
    marks.iter().map(|(from, to)| (from.saturating_sub(start), to.saturating_sub(start))).collect()
}

impl MentionView {
    fn of(mention: &EventMention, marks: &[(usize, usize)]) -> Self {
        let within =
            |evidence: &Evidence| marks.iter().position(|(start, end)| (*start..*end).contains(&evidence.start));
        let mut numbers: Vec<usize> = mention.evidence.iter().filter_map(within).collect();
        numbers.dedup();
        Self {
            kind: view::topic_name(&mention.kind),
            actor: mention.actor.clone(),
            verb: view::action_verb(mention.action),
            target: mention.target.clone(),
            products: mention.products.clone(),
            when: when(mention),
            details: details(mention),
            cited: mention.cited.clone(),
            status: view::status_name(mention.status),
            modality: mention.modality.as_str(),
            evidence: numbers,
        }
    }
}

fn when(mention: &EventMention) -> Vec<(&'static str, String)> {
    let dates = [
        ("announced", &mention.announced),
        ("in force", &mention.effective),
        ("ends", &mention.ends),
        ("conduct from", &mention.period.from),
        ("conduct to", &mention.period.to),
    ];
    dates.into_iter().filter_map(|(name, date)| Some((name, date.as_ref()?.0.clone()))).collect()
}

fn details(mention: &EventMention) -> Vec<(&'static str, String)> {
    let figures: Vec<String> = mention.figures.iter().map(figure).collect();
    let figures = (!figures.is_empty()).then(|| figures.join(", "));
    let rows = [
        ("scope", mention.scope.clone()),
        ("place", mention.place.clone()),
        ("reason", mention.reason.clone()),
        ("figures", figures),
        ("instead", mention.instead.clone()),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn figure(figure: &Figure) -> String {
    format!("{} {}", view::number(figure.value), figure.unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(start: usize, text: &str) -> Quote {
        Quote { start, text: text.to_owned() }
    }

    #[test]
    fn marks_keep_their_numbers_in_passages() {
        let numbers: Vec<Vec<Option<usize>>> = paragraphs(&[quote(0, "가나"), quote(9, "다라마")], &[(0, 2), (10, 12)])
            .into_iter()
            .map(|runs| runs.into_iter().map(|run| run.mark).collect())
            .collect();
        assert_eq!(numbers, [vec![Some(0)], vec![None, Some(1)]]);
    }

    #[test]
    fn a_mark_may_run_over_a_paragraph_and_offsets_stay_right() {
        let drawn: Vec<String> = paragraphs(&[quote(0, "가나다\n\n라마바\n\n\n\n사")], &[(1, 7)])
            .into_iter()
            .map(|runs| {
                let draw = |run: Run| match run.mark {
                    Some(number) => format!("[{}{number}:{}]", if run.anchor { "#" } else { "" }, run.text),
                    None => run.text,
                };
                runs.into_iter().map(draw).collect()
            })
            .collect();
        assert_eq!(drawn, ["가[#0:나다]", "[0:라마]바", "사"]);
    }

    #[test]
    fn overlapping_evidence_is_one_mark_and_both_mentions_find_it() {
        let mut first = crate::export::fakes::mention("가나다라마바사");
        first.evidence.push(Evidence { text: "다라".to_owned(), start: 2, end: 4 });
        let mut second = first.clone();
        second.evidence = vec![Evidence { text: "나".to_owned(), start: 9, end: 10 }];
        let marks = marks(&[first.clone(), second.clone()]);
        assert_eq!(marks, [(0, 7), (9, 10)]);
        assert_eq!(MentionView::of(&first, &marks).evidence, [0]);
        assert_eq!(MentionView::of(&second, &marks).evidence, [1]);
    }
}
