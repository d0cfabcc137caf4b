//! The first page: search box, filters, results; without a query, the newest articles.
use super::Faces;
use super::ask::{Ask, Matching};
use super::fault::{Fault, PageFault};
use super::view::{self, Piece};
use crate::alert::outbound;
use crate::index::{Answer, Fold, Hit, Sort, Tier};
use crate::model::{Lang, Topic};
use crate::query::QueryProblem;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    ask: Ask,
    langs: Vec<Choice>,
    topics: Vec<Choice>,
    /// The query with the places of its problems marked; empty without problems.
    typed: Vec<Piece>,
    problems: Vec<QueryProblem>,
    /// Where the same text is searched for without any syntax.
    plainly: Option<String>,
    found: Option<Found>,
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

struct Found {
    count: String,
    loose: Option<(String, String)>,
    parsed: String,
    expanded: Vec<String>,
    coverage: String,
    hits: Vec<HitView>,
    first: Option<String>,
    next: Option<String>,
}

struct HitView {
    hit: Hit,
    title: String,
    published: Option<String>,
    link: Option<String>,
    topics: Vec<Topic>,
    snippet: Vec<Piece>,
    /// Why there is no snippet.
    withheld: Option<String>,
}

pub(super) async fn page(State(faces): State<Faces>, RawQuery(raw): RawQuery) -> Result<Response, PageFault> {
    let ask = Ask::parse(raw.as_deref())?;
    let request = match ask.request() {
        Ok(request) => request,
        Err(problems) => return Ok((StatusCode::BAD_REQUEST, refused(ask, problems)?).into_response()),
    };
    let answer = faces.desk().search(&request, faces.page()).await.map_err(Fault::from)?;
    let mut problems = answer.problems.clone();
    problems.extend(ask.notes());
    let found = Found::of(answer, &ask);
    Ok(Html(SearchPage::new(ask, problems, Some(found)).render()?).into_response())
}

fn refused(ask: Ask, problems: Vec<QueryProblem>) -> Result<Html<String>, Fault> {
    let plain = Ask { matching: Matching::Any, cursor: None, ..ask.clone() };
    let mut page = SearchPage::new(ask, problems, None);
    page.plainly = Some(plain.at(None));
    Ok(Html(page.render()?))
}

impl SearchPage {
    fn new(ask: Ask, problems: Vec<QueryProblem>, found: Option<Found>) -> Self {
        let places: Vec<(usize, usize)> = problems.iter().map(|problem| problem.at).collect();
        let typed = if problems.iter().any(|problem| problem.at.0 < problem.at.1) {
            view::pieces(&ask.q, &places)
        } else {
            Vec::new()
        };
        Self { langs: langs(&ask), topics: topics(&ask), typed, problems, plainly: None, found, ask }
    }

    fn newest(&self) -> bool {
        self.ask.sort == Some(Sort::Newest)
    }

    fn relevance(&self) -> bool {
        self.ask.sort == Some(Sort::Relevance)
    }

    fn folded(&self) -> bool {
        self.ask.fold == Fold::Story
    }

    fn loose(&self) -> bool {
        self.ask.tier == Tier::Loose
    }

    fn plain(&self) -> bool {
        self.ask.matching == Matching::Any
    }
}

fn langs(ask: &Ask) -> Vec<Choice> {
    // A language asked for by hand keeps its box.
    let mut langs = vec![Lang::Ko, Lang::Zh, Lang::En];
    langs.extend(ask.langs.iter().filter(|lang| !lang.is_watched()));
    let choice =
        |lang: Lang| Choice { value: lang.to_string(), name: view::lang_name(lang), chosen: ask.langs.contains(&lang) };
    langs.into_iter().map(choice).collect()
}

fn topics(ask: &Ask) -> Vec<Choice> {
    let choice = |topic: &Topic| Choice {
        value: topic.as_str().to_owned(),
        name: view::topic_name(topic).to_owned(),
        chosen: ask.topics.contains(topic),
    };
    Topic::ALL.iter().map(choice).collect()
}

impl Found {
    fn of(answer: Answer, ask: &Ask) -> Self {
        let loosely = Ask { tier: Tier::Loose, cursor: None, ..ask.clone() };
        let loose = (answer.loose > 0).then(|| (view::counted(answer.loose, "loose match"), loosely.at(None)));
        Self {
            count: view::counted(answer.total, if ask.fold == Fold::Story { "result" } else { "article" }),
            loose,
            parsed: answer.parsed,
            expanded: answer.expanded,
            coverage: view::counted(answer.coverage.articles, "article"),
            hits: answer.hits.into_iter().map(HitView::of).collect(),
            first: ask.cursor.is_some().then(|| ask.at(None)),
            next: answer.next.as_deref().map(|cursor| ask.at(Some(cursor))),
        }
    }
}

impl HitView {
    fn of(hit: Hit) -> Self {
        Self {
            title: view::named(Some(&hit.title)),
            published: hit.published.as_deref().map(view::clock),
            link: outbound(&hit.url),
            topics: hit.topics.clone(),
            snippet: view::pieces(&hit.snippet.text, &hit.snippet.marks),
            withheld: hit.withheld(),
            hit,
        }
    }

    fn is_copy(&self) -> bool {
        self.hit.copy_of.is_some()
    }

    fn is_loose(&self) -> bool {
        self.hit.tier == Tier::Loose
    }
}
