//! Feed health: which feeds answer, which do not and why, and what became of their entries.
use super::fault::PageFault;
use super::{Faces, view};
use crate::model::HostCourtesy;
use crate::model::{FeedStatus, Lang, Pages, Standing, Tally};
use crate::store::{CoverageDay, FeedHealth, HubStanding, HubState};
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "feeds.html")]
struct FeedsPage {
    groups: Vec<Group>,
    /// Outcome names with their counts, over everything stored.
    outcomes: Vec<(String, String)>,
    /// The same since the worker of this process started.
    live: Option<Vec<(String, String)>>,
    hosts: Vec<HostView>,
    hosts_more: usize,
    articles: String,
    pending: String,
    coverage: CoverageTable,
}

/// Days down, newest first; languages across.
struct CoverageTable {
    langs: Vec<String>,
    days: Vec<(String, Vec<Option<CoverageCell>>)>,
}

/// None for a gap.
type CoverageCell = Option<(String, String, String)>;

struct Group {
    name: &'static str,
    anchor: &'static str,
    about: &'static str,
    feeds: Vec<FeedView>,
}

struct HostView {
    host: String,
    requests: String,
    /// Of the requests, in percent.
    unchanged: u64,
    kilobytes: String,
    faults: String,
    refusals: String,
    robots: String,
    last: Option<(String, String)>,
}

struct FeedView {
    title: String,
    url: String,
    link: Option<String>,
    lang: String,
    region: String,
    gated: bool,
    last_ok: Option<(String, String)>,
    error: Option<String>,
    failures: u32,
    entries: Option<u32>,
    entries_7d: u32,
    newest: Option<(String, String)>,
    next_due: Option<(String, String)>,
    note: Option<String>,
    /// Why it counts as quiet.
    quiet: Option<String>,
    /// Where permanent redirects have led for good.
    moved: Option<String>,
    /// Minutes between polls, as the feed's own rhythm has it.
    every: Option<String>,
    outcomes: Vec<(String, String)>,
    /// How its subscription at a hub stands.
    hub: Option<String>,
}

/// Hosts shown; the API gives all.
const HOSTS_SHOWN: usize = 100;

/// The order of the page: what needs a person first.
const GROUPS: [(Standing, &str, &str, &str); 6] = [
    (Standing::Failing, "Failing", "failing", "The last poll went wrong, or the feed is gone."),
    (Standing::Quiet, "Quiet", "silent", "They answer, but hold nothing or have stopped giving anything new."),
    (Standing::Fine, "Live", "live", "The last poll went well."),
    (Standing::Waiting, "Not polled yet", "waiting", "Live, waiting for a first poll."),
    (Standing::Pending, "Pending", "pending", "A listing page without selectors."),
    (Standing::Disabled, "Disabled", "disabled", "Switched off, or known not to exist."),
];

pub(super) async fn page(State(faces): State<Faces>) -> Result<Html<String>, PageFault> {
    let now = Timestamp::now();
    let health = faces.store.feed_health(now).await?;
    let counts = faces.store.counts().await?;
    let coverage = faces.store.coverage(now).await?;
    let mut courtesy = faces.courtesy().await?;
    courtesy.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.host.cmp(&b.host)));
    let page = FeedsPage {
        groups: GROUPS
            .into_iter()
            .map(|group| Group::of(group, &health, now))
            .filter(|g| !g.feeds.is_empty())
            .collect(),
        outcomes: named(&counts.outcomes),
        hosts: courtesy.iter().take(HOSTS_SHOWN).map(|host| HostView::of(host, now)).collect(),
        hosts_more: courtesy.len().saturating_sub(HOSTS_SHOWN),
        live: faces.live.as_ref().map(|live| named(&live.tally())),
        articles: view::counted(counts.articles, "article"),
        coverage: CoverageTable::of(&coverage),
        pending: format!("{} entries waiting", view::number(counts.pending as f64)),
    };
    Ok(Html(page.render()?))
}

impl CoverageTable {
    fn of(told: &[CoverageDay]) -> Self {
        let langs: BTreeSet<Lang> = told.iter().map(|day| day.lang).collect();
        let dates: BTreeSet<jiff::civil::Date> = told.iter().map(|day| day.day).collect();
        let cell = |day: &CoverageDay| {
            let (ok, failed) = (view::number(day.polls_ok as f64), view::number(day.polls_failed as f64));
            (!day.is_gap()).then(|| (ok, failed, view::number(day.entries_new as f64)))
        };
        let row = |date: jiff::civil::Date| {
            let of = |lang: &Lang| told.iter().find(|day| day.day == date && day.lang == *lang).map(cell);
            (date.to_string(), langs.iter().map(of).collect())
        };
        Self {
            days: dates.into_iter().rev().map(row).collect(),
            langs: langs.iter().map(|lang| view::lang_name(*lang)).collect(),
        }
    }
}

fn named(tally: &Tally) -> Vec<(String, String)> {
    tally.0.iter().map(|(name, count)| (name.replace(['_', '.'], " "), view::number(*count as f64))).collect()
}

impl Group {
    fn of(group: (Standing, &'static str, &'static str, &'static str), all: &[FeedHealth], now: Timestamp) -> Self {
        let (standing, name, anchor, about) = group;
        let stands = |feed: &&FeedHealth| feed.state.standing(feed.spec.status, now) == standing;
        let feeds = all.iter().filter(stands).map(|feed| FeedView::of(feed, now)).collect();
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
            gated: spec.pages == Pages::Gated,
            last_ok: state.last_ok.map(both),
            error: if state.gone { Some("gone (410), no longer polled".to_owned()) } else { state.last_error.clone() },
            failures: state.failures,
            entries: state.last_entries,
            entries_7d: health.entries_7d,
            newest: state.newest_entry.map(both),
            next_due: state.next_due.filter(|_| !state.gone && spec.status == FeedStatus::Live).map(both),
            note: spec.note.clone(),
            quiet: state.quiet(now).map(|quiet| quiet.words()),
            moved: state.adopted.clone(),
            every: (state.interval_seconds > 0).then(|| format!("every {} min", state.interval_seconds.div_ceil(60))),
            outcomes: named(&health.outcomes),
            hub: health.hub.as_ref().map(|hub| hub_words(hub, now)),
        }
    }
}

fn hub_words(standing: &HubStanding, now: Timestamp) -> String {
    let state = match standing.state {
        HubState::Waiting => "not verified yet",
        HubState::Active => "active",
        HubState::Denied => "denied",
        HubState::Left => "left",
    };
    let until = standing.lease_until.map(|at| format!(" until {}", view::instant(at))).unwrap_or_default();
    let last = standing.last_delivery.map(|at| format!(", last delivery {}", view::relative(at, now)));
    let proven = if standing.proven { ", asked less often" } else { "" };
    let note = standing.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("hub {}: {state}{until}{}{proven}{note}", standing.hub, last.unwrap_or_default())
}

impl HostView {
    fn of(host: &HostCourtesy, now: Timestamp) -> Self {
        Self {
            host: host.host.clone(),
            requests: view::number(host.requests as f64),
            unchanged: host.not_modified * 100 / host.requests.max(1),
            kilobytes: view::number(host.bytes.div_ceil(1_000) as f64),
            faults: view::number(host.faults as f64),
            refusals: view::number(host.robots_refusals as f64),
            robots: host.robots.clone().unwrap_or_else(|| "not read".to_owned()),
            last: host.last_request.map(|at| (view::relative(at, now), view::instant(at))),
        }
    }
}
