//! One request against one view of the index.
use super::document::Card;
use super::page::{Found, Page, PageOf};
use super::plan::Plan;
use super::schema::{Fields, ID};
use super::snippet::{Needle, Searched, needles};
use super::{cursor, engine_fault};
use crate::index::{Answer, Coverage, Hit, IndexFault, LIMIT_MAX, Request, Result, Tier};
use crate::model::ArticleId;
use crate::query::{Expr, explain};
use crate::text::tokenize::{self, Shape};
use ::tantivy::collector::{Count, DocSetCollector};
use ::tantivy::query::{BooleanQuery, Occur, TermSetQuery};
use ::tantivy::schema::Value;
use ::tantivy::{DocAddress, Searcher, TantivyDocument, Term};
use std::collections::HashSet;

/// Reasons shown for one hit.
const REASONS_MAX: usize = 8;

/// What a reader sees: never changes under a search.
#[derive(Clone)]
pub(super) struct View {
    pub(super) searcher: Searcher,
    pub(super) reached: u64,
}

pub(super) fn search(view: &View, fields: &Fields, request: &Request) -> Result<Answer> {
    let after = request.cursor.as_deref().map(|text| cursor::read(request, text)).transpose()?;
    let limit = request.limit.min(LIMIT_MAX);
    let request = &Request { tier: tier_of(request), ..request.clone() };
    // One more than asked for says whether there is a next page.
    let wanted = PageOf { sort: request.sort, fold: request.fold, after, limit: limit + 1 };
    let query = Plan::new(fields).scored(request);
    let mut page = view.searcher.search(&query, &wanted).map_err(engine_fault)?;
    let more = page.found.len() > limit;
    page.found.truncate(limit);
    let next = page.found.last().filter(|_| more).map(|last| cursor::write(request, last.key));
    let strict = strict_among(view, fields, request, &page)?;
    let needles = needles(&request.query);
    let hit = |found: &Found| hit(&view.searcher, fields, found, Shown { needles: &needles, strict: &strict });
    Ok(Answer {
        hits: page.found.iter().map(hit).collect::<Result<_>>()?,
        total: page.total,
        loose: loose(view, fields, request)?,
        parsed: explain(&request.query),
        expanded: Vec::new(),
        problems: request.query.notes.clone(),
        coverage: Coverage { change_seq: view.reached, articles: view.searcher.num_docs() },
        next,
    })
}

/// Plain text is ranked, not matched: it has no strict answer.
fn tier_of(request: &Request) -> Tier {
    if matches!(request.query.expr, Expr::Any(_)) { Tier::Loose } else { request.tier }
}

/// Loose matches the answer leaves out.
fn loose(view: &View, fields: &Fields, request: &Request) -> Result<u64> {
    if request.tier == Tier::Loose || !has_short_word(&request.query.expr) {
        return Ok(0);
    }
    let plan = Plan::new(fields);
    let count = |tier| view.searcher.search(&plan.counted(request, tier), &Count).map_err(engine_fault);
    Ok(count(Tier::Loose)?.saturating_sub(count(Tier::Strict)?) as u64)
}

/// Only these have loose matches.
fn has_short_word(expr: &Expr) -> bool {
    match expr {
        Expr::Word(_, text) => matches!(tokenize::shape(text), Shape::Short(_)),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(has_short_word),
        _ => false,
    }
}

/// Which hits of the page are strict ones.
fn strict_among(view: &View, fields: &Fields, request: &Request, page: &Page) -> Result<HashSet<DocAddress>> {
    if request.tier == Tier::Strict {
        return Ok(page.found.iter().map(|found| found.place).collect());
    }
    let ids = page.found.iter().map(|found| id_of(&view.searcher, found.place)).collect::<Result<Vec<_>>>()?;
    let among = TermSetQuery::new(ids.iter().map(|id| Term::from_field_text(fields.id, id)));
    let strict = Plan::new(fields).matching(&request.query.expr, Tier::Strict);
    let both = BooleanQuery::new(vec![(Occur::Must, Box::new(among)), (Occur::Must, strict)]);
    view.searcher.search(&both, &DocSetCollector).map_err(engine_fault)
}

/// From the column: the stored card is not needed for it.
fn id_of(searcher: &Searcher, place: DocAddress) -> Result<String> {
    let column = searcher.segment_reader(place.segment_ord).fast_fields().str(ID).map_err(engine_fault)?;
    let mut id = String::new();
    if let Some(column) = column
        && let Some(ord) = column.ords().first(place.doc_id)
    {
        column.ord_to_str(ord, &mut id).map_err(|why| IndexFault::Engine(why.to_string()))?;
    }
    Ok(id)
}

#[derive(Clone, Copy)]
struct Shown<'a> {
    needles: &'a [Needle],
    strict: &'a HashSet<DocAddress>,
}

fn hit(searcher: &Searcher, fields: &Fields, found: &Found, shown: Shown<'_>) -> Result<Hit> {
    let card = card(searcher, fields, found.place)?;
    let (title, body) = (Searched::new(&card.title), Searched::new(&card.body));
    let mut why = Vec::new();
    let mut marks = Vec::new();
    for needle in shown.needles {
        let spans = body.spans(needle);
        if !title.spans(needle).is_empty() {
            why.push(format!("title: {}", needle.label()));
        }
        if !spans.is_empty() {
            why.push(format!("body: {}", needle.label()));
        }
        marks.extend(spans);
    }
    why.truncate(REASONS_MAX);
    Ok(Hit {
        id: ArticleId(card.id),
        source_id: card.source_id,
        title: card.title,
        url: card.url,
        lang: card.lang,
        published: card.published,
        site: card.site,
        topics: card.topics,
        story: card.story,
        copy_of: card.copy_of.map(ArticleId),
        score: found.score,
        tier: if shown.strict.contains(&found.place) { Tier::Strict } else { Tier::Loose },
        snippet: body.snippet(marks),
        why,
        ruling: None,
    })
}

fn card(searcher: &Searcher, fields: &Fields, place: DocAddress) -> Result<Card> {
    let document: TantivyDocument = searcher.doc(place).map_err(engine_fault)?;
    let bytes = document.get_first(fields.card).and_then(|value| value.as_bytes()).unwrap_or_default();
    serde_json::from_slice(bytes).map_err(|why| IndexFault::Engine(format!("a stored hit cannot be read: {why}")))
}
