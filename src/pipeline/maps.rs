//! The site maps a sitemap index lists: those that changed are read in the same poll.
use super::Kit;
use crate::fetch::FeedReply;
use crate::model::{ChildMap, Entry, FeedDocument, FeedSpec, FeedState, Page, Problem, Validators};
use crate::parse::{self, FeedContext};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::Url;

/// On the first poll, only the newest: the rest are archives.
const FIRST_MAPS_MAX: usize = 5;
/// Later, as many as can change between two polls; each costs its host one request and the gap.
const MAPS_MAX: usize = 20;
/// `lastmod` is often a day alone, in some zone; and a map that could not be read is tried again that long.
const SLACK: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) entries: Vec<Entry>,
    pub(super) problems: Vec<Problem>,
    /// The index must be read again even if it has not changed: a map failed, or its changes are not told.
    pub(super) again: bool,
    /// Maps were due and none could be read.
    pub(super) error: Option<String>,
}

pub(super) async fn follow(
    kit: &Kit,
    (spec, state): (&FeedSpec, &FeedState),
    children: &[ChildMap],
    now: Timestamp,
) -> Followed {
    let due: Vec<&ChildMap> = children.iter().filter(|child| is_due(child, state)).collect();
    let limit = if state.last_ok.is_none() { FIRST_MAPS_MAX } else { MAPS_MAX };
    let mut followed = Followed::default();
    if due.len() > limit {
        let message = format!("{limit} of {} changed site maps are read", due.len());
        followed.problems.push(Problem::new("maps_left_out", message));
    }
    let mut read = 0;
    for child in due.iter().take(limit) {
        followed.again |= child.modified.is_none();
        match one(kit, spec, &child.url, now).await {
            Ok(document) => {
                read += 1;
                if !document.children.is_empty() {
                    followed.problems.push(Problem::new("nested_index", "an index in an index").at(&child.url));
                }
                followed.entries.extend(document.entries);
                followed.problems.extend(document.problems.into_iter().map(|problem| problem.at(&child.url)));
            }
            Err(why) => {
                followed.again = true;
                followed.problems.push(Problem::new("map_failed", why.clone()).at(&child.url));
                followed.error = Some(format!("{}: {why}", child.url));
            }
        }
    }
    if read > 0 {
        followed.error = None;
    }
    followed
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
