//! Each origin's robots.txt: read once, kept for a day, asked for by one at a time.
use super::robots::{self, ROBOTS_BYTES_MAX, Robots};
use super::wire::{Ask, Limit, Purpose, Wire};
use super::{FetchFault, SiteRights, http};
use crate::model::{RightsSignal, SiteRobots};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as TurnMutex;
use tokio::time::Instant;
use url::Url;

/// RFC 9309: robots.txt may be used for up to a day.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// An unreadable robots.txt is asked for again after this long, or after what the server asks for.
const RETRY: Duration = Duration::from_secs(600);
const ORIGINS_MAX: usize = 20_000;
/// Of one file kept over a restart; a longer one is read again.
const KEPT_BYTES_MAX: usize = 32 << 10;
/// Files that wait to be kept; what finds no room is read again after a restart.
const UNSAVED_MAX: usize = 1_000;

#[derive(Default)]
pub(super) struct Rules {
    /// Whoever holds an origin's lock reads its file; the others wait for the verdict.
    origins: Mutex<HashMap<String, Arc<TurnMutex<Option<Kept>>>>>,
    /// Files read since they were last kept.
    unsaved: Mutex<Vec<SiteRobots>>,
}

#[derive(Clone)]
struct Kept {
    until: Instant,
    verdict: Verdict,
}

#[derive(Clone)]
enum Verdict {
    Rules(Arc<Robots>),
    /// 5xx, 429 or no answer: nothing may be fetched for now.
    Unknown(String),
}

impl Rules {
    /// The crawl delay to keep, or the reason not to fetch.
    pub(super) async fn obey(&self, wire: &Wire, url: &Url) -> Result<Option<Duration>, FetchFault> {
        let path = path(url);
        let agent = robots::product(&wire.policy.user_agent);
        match self.verdict(wire, url).await? {
            Verdict::Rules(robots) if robots.allowed(&agent, &path) => Ok(robots.crawl_delay(&agent)),
            Verdict::Rules(_) => {
                wire.ledger.refused_by_robots(&http::host(url));
                Err(FetchFault::Robots { host: http::host(url), path })
            }
            Verdict::Unknown(why) => Err(FetchFault::RobotsUnknown { host: http::host(url), why }),
        }
    }

    /// The crawl delay, where the file has been read already.
    pub(super) fn known_delay(&self, wire: &Wire, url: &Url) -> Option<Duration> {
        let origin = self.origin(url);
        // Being read right now: not known yet.
        let kept = origin.try_lock().ok()?;
        match kept.as_ref().map(|kept| &kept.verdict) {
            Some(Verdict::Rules(robots)) => robots.crawl_delay(&robots::product(&wire.policy.user_agent)),
            _ => None,
        }
    }

    /// What the file of this page's site says of use; it was read before the page was.
    pub(super) async fn rights(&self, wire: &Wire, url: &Url) -> SiteRights {
        let host = http::host(url);
        let place = format!("robots.txt of {host}");
        if !wire.policy.robots {
            let raw = "not asked: fetch.robots is off".to_owned();
            let signals = vec![RightsSignal { kind: "robots_txt".to_owned(), raw, place }];
            return SiteRights { signals, unread: Vec::new() };
        }
        let origin = self.origin(url);
        let kept = origin.lock().await;
        match kept.as_ref().map(|kept| &kept.verdict) {
            Some(Verdict::Rules(robots)) => {
                let signals = robots.rights(&robots::product(&wire.policy.user_agent), &path(url), &host);
                SiteRights { signals, unread: Vec::new() }
            }
            Some(Verdict::Unknown(_)) | None => SiteRights { signals: Vec::new(), unread: vec![place] },
        }
    }

    async fn verdict(&self, wire: &Wire, url: &Url) -> Result<Verdict, FetchFault> {
        let origin = self.origin(url);
        let mut kept = origin.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.until > Instant::now()) {
            return Ok(kept.verdict.clone());
        }
        let Read { verdict, fresh, body } = read(wire, url).await?;
        wire.ledger.robots(&http::host(url), said(&verdict));
        if let Some(body) = body {
            self.to_keep(url, body);
        }
        *kept = Some(Kept { until: Instant::now() + fresh, verdict: verdict.clone() });
        Ok(verdict)
    }

    fn to_keep(&self, url: &Url, body: Vec<u8>) {
        let fresh = SignedDuration::try_from(FRESH).expect("a day");
        let until = Timestamp::now().checked_add(fresh).unwrap_or(Timestamp::MAX);
        let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        if unsaved.len() < UNSAVED_MAX && body.len() <= KEPT_BYTES_MAX {
            unsaved.push(SiteRobots { origin: url.origin().ascii_serialization(), until, body });
        }
    }

    /// Files read since they were last taken, at most so many.
    pub(super) fn unsaved(&self, limit: usize) -> Vec<SiteRobots> {
        let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = unsaved.len().min(limit);
        unsaved.drain(..taken).collect()
    }

    /// Files an earlier run has read, as long as they would have held there.
    pub(super) fn recall(&self, stored: &[SiteRobots], now: Timestamp) {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        for site in stored.iter().take(ORIGINS_MAX) {
            let left = Duration::try_from(site.until.duration_since(now)).unwrap_or(Duration::ZERO).min(FRESH);
            let verdict = Verdict::Rules(Arc::new(Robots::parse(&site.body)));
            let kept = Some(Kept { until: Instant::now() + left, verdict });
            origins.entry(site.origin.clone()).or_insert_with(|| Arc::new(TurnMutex::new(kept)));
        }
    }

    fn origin(&self, url: &Url) -> Arc<TurnMutex<Option<Kept>>> {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if origins.len() >= ORIGINS_MAX {
            let now = Instant::now();
            let stale = |kept: &TurnMutex<Option<Kept>>| {
                kept.try_lock().is_ok_and(|kept| kept.as_ref().is_none_or(|kept| kept.until <= now))
            };
            origins.retain(|_, kept| Arc::strong_count(kept) > 1 || !stale(kept));
        }
        if origins.len() >= ORIGINS_MAX {
            // All are fresh: forgetting them costs each a request, remembering more would have no bound.
            origins.retain(|_, kept| Arc::strong_count(kept) > 1);
        }
        Arc::clone(origins.entry(url.origin().ascii_serialization()).or_default())
    }
}

/// How a file was found.
struct Read {
    verdict: Verdict,
    fresh: Duration,
    /// Of a verdict that is worth keeping.
    body: Option<Vec<u8>>,
}

/// With its query, as in the request line.
fn path(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// RFC 9309: 4xx means no rules; 5xx, 429 (as Google reads it) and silence mean no fetching; of a long file the beginning
/// holds. Every hop of a redirect takes the turn of its own host. Err: the host cannot be reached or rests, which others
/// remember.
async fn read(wire: &Wire, url: &Url) -> Result<Read, FetchFault> {
    let no_rules = Read { verdict: Verdict::Rules(Arc::default()), fresh: FRESH, body: Some(Vec::new()) };
    let unknown = |why: String, fresh| Read { verdict: Verdict::Unknown(why), fresh, body: None };
    let mut here = url.clone();
    here.set_path("/robots.txt");
    here.set_query(None);
    here.set_fragment(None);
    let start = here.clone();
    for _ in 0..=wire.policy.redirects_max {
        let limit = Limit::Cut(ROBOTS_BYTES_MAX);
        let ask =
            Ask { start: &start, here: &here, headers: HeaderMap::new(), limit, purpose: Purpose::Robots, form: None };
        let page = match wire.ask(ask).await {
            Ok(page) => page,
            Err(fault @ (FetchFault::Connect { .. } | FetchFault::Resting { .. } | FetchFault::Offline { .. })) => {
                return Err(fault);
            }
            Err(FetchFault::Blocked(blocked)) if here == start => return Err(blocked.into()),
            Err(fault) => return Ok(unknown(fault.to_string(), RETRY)),
        };
        match (page.status, http::redirect(&page, &here)) {
            (_, Some(next)) => here = next,
            (200..=299, None) => {
                let verdict = Verdict::Rules(Arc::new(Robots::parse(&page.body)));
                return Ok(Read { verdict, fresh: FRESH, body: Some(page.body) });
            }
            (400..=499, None) if page.status != 429 => return Ok(no_rules),
            (status, None) => {
                let asked = page.header("retry-after").and_then(|value| http::retry_after(value, page.fetched_at));
                let wait = RETRY.max(Duration::from_secs(asked.unwrap_or(0)));
                return Ok(unknown(format!("HTTP {status}"), wait));
            }
        }
    }
    // RFC 9309: too many redirects count as unavailable, which allows.
    Ok(no_rules)
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Rules(robots) if robots.is_empty() => "no rules".to_owned(),
        Verdict::Rules(_) => "rules".to_owned(),
        Verdict::Unknown(why) => format!("unreadable: {why}"),
    }
}
