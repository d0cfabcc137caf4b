//! The site maps a sitemap index lists: those that changed are read in the same poll.
use super::Kit;
use crate::fetch::FeedReply;
use crate::model::{ChildMap, Entry, FeedDocument, FeedSpec, FeedState, Page, Problem, Validators};
use crate::parse::{self, FeedContext};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::HashSet;
use url::Url;

/// On the first poll, only the newest: the rest are archives.
const FIRST_MAPS_MAX: usize = 5;
/// Later, as many as can change between two polls; each costs its host one request and the gap.
const MAPS_MAX: usize = 20;
/// `lastmod` is often a day alone, in some zone; and a map that could not be read is tried again that long.
const SLACK: SignedDuration = SignedDuration::from_hours(24);

/// Indexes inside the feed's own that are opened in one poll, and how deep they may lie: by the protocol an index lists maps
/// only, and those who nest do so by section and year.
const INDEXES_MAX: usize = 10;
const INDEX_DEPTH_MAX: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) entries: Vec<Entry>,
    pub(super) problems: Vec<Problem>,
    /// The index must be read again even if it has not changed: a map failed, or its changes are not told.
    pub(super) again: bool,
    /// Maps were due and none could be read.
    pub(super) error: Option<String>,
}

/// A feed's index, as it was read.
pub(super) struct Index<'a> {
    pub(super) spec: &'a FeedSpec,
    pub(super) state: &'a FeedState,
    /// Where it was found.
    pub(super) url: &'a str,
}

pub(super) async fn follow(kit: &Kit, index: &Index<'_>, children: Vec<ChildMap>, now: Timestamp) -> Followed {
    let mut walk = Walk::new(index);
    walk.list(children, 1);
    while let Some(next) = walk.next() {
        match one(kit, index.spec, &next.map.url, now).await {
            Ok(document) => walk.read(next, document),
            Err(why) => walk.failed(&next.map.url, why),
        }
    }
    walk.end()
}

/// A map or an index that is to be read.
struct Next {
    map: ChildMap,
    /// Of the index that lists it: the feed's own is 1.
    depth: usize,
}

struct Walk<'a> {
    state: &'a FeedState,
    waiting: Vec<Next>,
    /// Every address that waited once.
    listed: HashSet<String>,
    /// The indexes opened, the feed's own among them, and how many those inside it are.
    indexes: HashSet<String>,
    opened: usize,
    read: usize,
    tried: usize,
    followed: Followed,
}

impl<'a> Walk<'a> {
    fn new(index: &Index<'a>) -> Self {
        let own = HashSet::from([index.url.to_owned(), index.spec.url.clone()]);
        Self {
            state: index.state,
            waiting: Vec::new(),
            listed: own.clone(),
            indexes: own,
            opened: 0,
            read: 0,
            tried: 0,
            followed: Followed::default(),
        }
    }

    fn limit(&self) -> usize {
        if self.state.last_ok.is_none() { FIRST_MAPS_MAX } else { MAPS_MAX }
    }

    /// Those that changed wait, the newest of all indexes first; those without a date keep their order behind them.
    fn list(&mut self, children: Vec<ChildMap>, depth: usize) {
        for map in children.into_iter().filter(|child| is_due(child, self.state)) {
            if self.indexes.contains(&map.url) {
                self.followed.problems.push(Problem::new("index_loop", "an index leads back to itself").at(&map.url));
            } else if self.listed.insert(map.url.clone()) {
                self.waiting.push(Next { map, depth });
            }
        }
        self.waiting.sort_by_key(|next| Reverse(next.map.modified.as_ref().map(|stamp| stamp.instant)));
    }

    fn next(&mut self) -> Option<Next> {
        // Every answer counts, so that broken maps are not asked for without end; an index that was opened does not.
        if self.waiting.is_empty() || self.tried >= self.limit() {
            return None;
        }
        self.tried += 1;
        Some(self.waiting.remove(0))
    }

    fn read(&mut self, next: Next, document: FeedDocument) {
        self.followed.again |= next.map.modified.is_none();
        let url = next.map.url;
        self.read += 1;
        self.followed.problems.extend(document.problems.into_iter().map(|problem| problem.at(&url)));
        self.followed.entries.extend(document.entries);
        if !document.children.is_empty() {
            self.open(url, (document.children, next.depth + 1));
        }
    }

    fn open(&mut self, url: String, (children, depth): (Vec<ChildMap>, usize)) {
        if depth > INDEX_DEPTH_MAX {
            let message = format!("an index {depth} deep; {INDEX_DEPTH_MAX} are followed");
            self.followed.problems.push(Problem::new("nested_too_deep", message).at(&url));
        } else if self.opened >= INDEXES_MAX {
            let message = format!("more than {INDEXES_MAX} indexes inside the feed's own");
            self.followed.problems.push(Problem::new("indexes_left_out", message).at(&url));
            // What was listed beside it is likely an index too, and would take the places of maps that are known.
            self.waiting.retain(|waiting| waiting.depth >= depth);
            self.followed.again = true;
        } else {
            self.tried -= 1;
            self.opened += 1;
            self.indexes.insert(url);
            self.list(children, depth);
        }
    }

    fn failed(&mut self, url: &str, why: String) {
        self.followed.again = true;
        self.followed.problems.push(Problem::new("map_failed", why.clone()).at(url));
        self.followed.error = Some(format!("{url}: {why}"));
    }

    fn end(mut self) -> Followed {
        if !self.waiting.is_empty() {
            let message = format!("{} of {} changed site maps are read", self.tried, self.tried + self.waiting.len());
            self.followed.problems.insert(0, Problem::new("maps_left_out", message));
        }
        if self.read > 0 {
            self.followed.error = None;
        }
        self.followed
    }
}

fn is_due(child: &ChildMap, state: &FeedState) -> bool {
    match (&child.modified, state.last_ok) {
        (Some(modified), Some(last)) => modified.instant + SLACK >= last,
        _ => true,
    }
}

async fn one(kit: &Kit, spec: &FeedSpec, url: &str, now: Timestamp) -> Result<FeedDocument, String> {
    let url = Url::parse(url).map_err(|why| why.to_string())?;
    match kit.reader.feed(&url, &Validators::default()).await {
        Ok(FeedReply::Document { page, .. }) => read(page, spec, now).await,
        // Asked for without validators, a server has no right to say so.
        Ok(FeedReply::NotModified { .. }) => Err("not modified, although nothing was known of it".to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

/// Parses off the async threads, as the catalogue's row says.
pub(super) async fn read(page: Box<Page>, spec: &FeedSpec, now: Timestamp) -> Result<FeedDocument, String> {
    let zone = TimeZone::get(&spec.zone).unwrap_or(TimeZone::UTC);
    let (listing, only) = (spec.listing.clone(), spec.only.clone());
    let work = tokio::task::spawn_blocking(move || {
        // The address was fetched, so it parses.
        let url = Url::parse(&page.final_url).ok();
        let context = FeedContext {
            url: url.as_ref(),
            content_type: page.content_type(),
            fetched_at: Some(now),
            listing: listing.as_ref(),
            only: only.as_deref(),
            zone: &zone,
        };
        parse::parse(&page.body, &context)
    });
    work.await.map_err(|why| why.to_string())
}
