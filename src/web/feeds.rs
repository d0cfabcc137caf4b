//! Feed health: which feeds answer, which do not and why, and what became of their entries.
use super::fault::PageFault;
use super::{Faces, view};
use crate::model::{FeedStatus, Tally};
use crate::store::FeedHealth;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;

#[derive(Template)]
#[template(path = "feeds.html")]
struct FeedsPage {
    groups: Vec<Group>,
    /// Outcome names with their counts, over everything stored.
    outcomes: Vec<(String, String)>,
    /// The same since the worker of this process started.
    live: Option<Vec<(String, String)>>,
    articles: String,
    pending: String,
}

struct Group {
    name: &'static str,
    anchor: &'static str,
    about: &'static str,
    feeds: Vec<FeedView>,
}

struct FeedView {
    title: String,
    url: String,
    link: Option<String>,
    lang: String,
    region: String,
    last_ok: Option<(String, String)>,
    error: Option<String>,
    failures: u32,
    entries: Option<u32>,
    entries_7d: u32,
    newest: Option<(String, String)>,
    next_due: Option<(String, String)>,
    note: Option<String>,
    outcomes: Vec<(String, String)>,
}

/// The order of the page: what needs a person first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Failing,
    Fine,
    Waiting,
    Pending,
    Disabled,
}

const GROUPS: [(Health, &str, &str, &str); 5] = [
    (Health::Failing, "Failing", "failing", "The last poll went wrong, or the feed is gone."),
    (Health::Fine, "Live", "live", "The last poll went well."),
    (Health::Waiting, "Not polled yet", "waiting", "Live, waiting for a first poll."),
    (Health::Pending, "Pending", "pending", "A listing page without selectors."),
    (Health::Disabled, "Disabled", "disabled", "Switched off, or known not to exist."),
];

pub(super) async fn page(State(faces): State<Faces>) -> Result<Html<String>, PageFault> {
    let now = Timestamp::now();
    let health = faces.store.feed_health(now).await?;
    let counts = faces.store.counts().await?;
    let page = FeedsPage {
        groups: GROUPS
            .into_iter()
            .map(|group| Group::of(group, &health, now))
            .filter(|g| !g.feeds.is_empty())
            .collect(),
        outcomes: named(&counts.outcomes),
        live: faces.live.as_ref().map(|live| named(&live.tally())),
        articles: view::counted(counts.articles, "article"),
        pending: format!("{} entries waiting", view::number(counts.pending as f64)),
    };
    Ok(Html(page.render()?))
}

fn named(tally: &Tally) -> Vec<(String, String)> {
    tally.0.iter().map(|(name, count)| (name.replace(['_', '.'], " "), view::number(*count as f64))).collect()
}

fn judge(health: &FeedHealth) -> Health {
    let state = &health.state;
    match health.spec.status {
        FeedStatus::Disabled => Health::Disabled,
        FeedStatus::Pending => Health::Pending,
        FeedStatus::Live if state.gone || state.failures > 0 || state.last_error.is_some() => Health::Failing,
        FeedStatus::Live if state.last_ok.is_some() => Health::Fine,
        FeedStatus::Live => Health::Waiting,
    }
}

impl Group {
    fn of(group: (Health, &'static str, &'static str, &'static str), all: &[FeedHealth], now: Timestamp) -> Self {
        let (health, name, anchor, about) = group;
        let feeds = all.iter().filter(|feed| judge(feed) == health).map(|feed| FeedView::of(feed, now)).collect();
        Self { name, anchor, about, feeds }
    }
}

impl FeedView {
    fn of(health: &FeedHealth, now: Timestamp) -> Self {
        let FeedHealth { spec, state, .. } = health;
        // Two forms of one time: how long ago for the eye, the exact one for the pointer.
        let both = |at: Timestamp| (view::relative(at, now), view::instant(at));
        Self {
            title: view::named(Some(&spec.title)),
            url: spec.url.clone(),
            link: crate::alert::outbound(&spec.url),
            lang: view::lang_tag(spec.lang, spec.script),
            region: spec.region.clone(),
            last_ok: state.last_ok.map(both),
            error: if state.gone { Some("gone (410), no longer polled".to_owned()) } else { state.last_error.clone() },
            failures: state.failures,
            entries: state.last_entries,
            entries_7d: health.entries_7d,
            newest: state.newest_entry.map(both),
            next_due: state.next_due.filter(|_| !state.gone && spec.status == FeedStatus::Live).map(both),
            note: spec.note.clone(),
            outcomes: named(&health.outcomes),
        }
    }
}
