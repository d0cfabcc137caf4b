//! The reader over HTTP.
use super::host::{HostGate, Permit};
use super::robots::{ROBOTS_BYTES_MAX, Robots};
use super::{Captures, FeedReply, FetchFault, PageReply, Reader};
use crate::model::{Page, Validators};
use crate::net::{ConnectFault, Connector, Guard, Options, blocked_by};
use async_trait::async_trait;
use futures::StreamExt;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// No server is waited for longer than a day, whatever it asks for.
const WAIT_SECONDS_MAX: u64 = 24 * 3600;
/// RFC 9309: robots.txt may be used for up to a day.
const ROBOTS_FRESH: Duration = Duration::from_secs(24 * 3600);
/// An unreadable robots.txt is asked for again after this long.
const ROBOTS_RETRY: Duration = Duration::from_secs(600);
const ROBOTS_HOSTS_MAX: usize = 20_000;
/// Header lines kept of one answer; servers that send more send noise.
const HEADERS_MAX: usize = 100;

const ACCEPT_FEED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";
const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5";

#[derive(Clone, Debug)]
pub struct FetchPolicy {
    /// Names the program, its version and how to reach the operator.
    pub user_agent: String,
    pub connect_timeout: Duration,
    /// One request; each redirect is one of its own, and waiting for the host's turn does not count.
    pub total_timeout: Duration,
    /// Of the decoded body.
    pub body_bytes_max: usize,
    pub redirects_max: usize,
    pub host_gap: Duration,
    pub robots: bool,
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            user_agent: concat!("banwatch/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            body_bytes_max: 10 << 20,
            redirects_max: 5,
            host_gap: Duration::from_secs(2),
            robots: true,
        }
    }
}

pub struct HttpReader {
    connector: Connector,
    policy: FetchPolicy,
    gate: HostGate,
    robots: Mutex<HashMap<String, (Instant, Verdict)>>,
    captures: Option<Arc<Captures>>,
}

#[derive(Clone)]
enum Verdict {
    Rules(Arc<Robots>),
    /// 5xx or no answer: nothing may be fetched for now.
    Unknown(String),
}

/// What came back, redirects followed.
struct Reply {
    page: Page,
    /// Every redirect on the way was permanent.
    permanent: bool,
}

impl HttpReader {
    pub fn new(policy: FetchPolicy, guard: Guard, captures: Option<Arc<Captures>>) -> Result<Self, ConnectFault> {
        let options = Options { user_agent: policy.user_agent.clone(), connect_timeout: policy.connect_timeout };
        let connector = Connector::new(guard, &options)?;
        Ok(Self {
            connector,
            gate: HostGate::new(policy.host_gap),
            policy,
            robots: Mutex::new(HashMap::new()),
            captures,
        })
    }

    /// Follows redirects; every hop passes guard, robots and the host's turn.
    async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Reply, FetchFault> {
        let mut here = url.clone();
        let mut headers = headers;
        let mut permanent = true;
        for _ in 0..=self.policy.redirects_max {
            self.connector.guard.check_url(&here)?;
            let delay = self.obey_robots(&here).await?;
            let turn = self.gate.turn(&host(&here), delay).await;
            let mut page = self.exchange(url, &here, &headers).await?;
            drop(turn);
            let Some(next) = redirect(&page, &here) else {
                page.final_url = here.into();
                return Ok(Reply { page, permanent });
            };
            permanent &= matches!(page.status, 301 | 308);
            // Validators belong to the address they came from.
            if host(&next) != host(&here) {
                headers.remove(IF_NONE_MATCH);
                headers.remove(IF_MODIFIED_SINCE);
            }
            here = next;
        }
        Err(FetchFault::TooManyRedirects { limit: self.policy.redirects_max })
    }

    /// One request and its whole answer within the deadline.
    async fn exchange(&self, url: &Url, here: &Url, headers: &HeaderMap) -> Result<Page, FetchFault> {
        let limit = self.policy.body_bytes_max;
        let work = self.receive(url, (here, limit), headers);
        match tokio::time::timeout(self.policy.total_timeout, work).await {
            Ok(result) => result,
            Err(_) => Err(FetchFault::Timeout { seconds: self.policy.total_timeout.as_secs() }),
        }
    }

    async fn receive(&self, url: &Url, (here, limit): (&Url, usize), headers: &HeaderMap) -> Result<Page, FetchFault> {
        let response = self
            .connector
            .client
            .get(here.clone())
            .headers(headers.clone())
            .send()
            .await
            .map_err(|e| self.fault(&e))?;
        let status = response.status().as_u16();
        let kept = kept_headers(response.headers());
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| self.fault(&e))?;
            if body.len() + chunk.len() > limit {
                return Err(FetchFault::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        let now = Timestamp::now();
        Ok(Page {
            url: url.to_string(),
            final_url: here.to_string(),
            status,
            headers: kept,
            body,
            fetched_at: now,
            capture: None,
        })
    }

    fn fault(&self, error: &reqwest::Error) -> FetchFault {
        if let Some(blocked) = blocked_by(error) {
            return FetchFault::Blocked(blocked);
        }
        if error.is_timeout() {
            return FetchFault::Timeout { seconds: self.policy.connect_timeout.as_secs() };
        }
        let why = innermost(error);
        if error.is_body() || error.is_decode() { FetchFault::Broken { why } } else { FetchFault::Connect { why } }
    }

    // --- robots.txt ------------------------------------------------------------------------------

    /// The crawl delay to keep, or the reason not to fetch.
    async fn obey_robots(&self, url: &Url) -> Result<Option<Duration>, FetchFault> {
        if !self.policy.robots {
            return Ok(None);
        }
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        match self.robots(url).await {
            Verdict::Rules(robots) if robots.allowed(&self.policy.user_agent, &path) => {
                Ok(robots.crawl_delay(&self.policy.user_agent))
            }
            Verdict::Rules(_) => Err(FetchFault::Robots { host: host(url), path }),
            Verdict::Unknown(why) => Err(FetchFault::RobotsUnknown { host: host(url), why }),
        }
    }

    async fn robots(&self, url: &Url) -> Verdict {
        let origin = url.origin().ascii_serialization();
        if let Some(verdict) = self.cached(&origin) {
            return verdict;
        }
        let turn = self.gate.turn(&host(url), None).await;
        // Whoever waited for the same turn may have fetched it meanwhile.
        if let Some(verdict) = self.cached(&origin) {
            drop_unused(turn);
            return verdict;
        }
        let verdict = self.fetch_robots(&origin).await;
        drop(turn);
        let fresh = if matches!(verdict, Verdict::Rules(_)) { ROBOTS_FRESH } else { ROBOTS_RETRY };
        let mut cache = self.robots.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= ROBOTS_HOSTS_MAX {
            cache.retain(|_, (until, _)| *until > Instant::now());
        }
        cache.insert(origin, (Instant::now() + fresh, verdict.clone()));
        verdict
    }

    fn cached(&self, origin: &str) -> Option<Verdict> {
        let cache = self.robots.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(origin).filter(|(until, _)| *until > Instant::now()).map(|(_, verdict)| verdict.clone())
    }

    /// RFC 9309: 4xx means no rules, 5xx and silence mean no fetching. Redirects stay on the guard's leash.
    async fn fetch_robots(&self, origin: &str) -> Verdict {
        let Ok(start) = Url::parse(&format!("{origin}/robots.txt")) else { return Verdict::Rules(Arc::default()) };
        let mut here = start.clone();
        let plain = HeaderMap::new();
        for _ in 0..=self.policy.redirects_max {
            if let Err(blocked) = self.connector.guard.check_url(&here) {
                return Verdict::Unknown(blocked.to_string());
            }
            let limited = self.receive(&start, (&here, ROBOTS_BYTES_MAX * 4), &plain);
            let page = match tokio::time::timeout(self.policy.total_timeout, limited).await {
                Ok(Ok(page)) => page,
                Ok(Err(fault)) => return Verdict::Unknown(fault.to_string()),
                Err(_) => return Verdict::Unknown("no answer in time".to_owned()),
            };
            match (page.status, redirect(&page, &here)) {
                (_, Some(next)) => here = next,
                (200..=299, None) => return Verdict::Rules(Arc::new(Robots::parse(&page.body))),
                (400..=499, None) if page.status != 429 => return Verdict::Rules(Arc::default()),
                (status, None) => return Verdict::Unknown(format!("HTTP {status}")),
            }
        }
        // RFC 9309: too many redirects count as unavailable, which allows.
        Verdict::Rules(Arc::default())
    }

    /// Blocking, compressed appends run off the async threads.
    async fn capture(&self, page: &mut Page) -> Result<(), FetchFault> {
        let Some(captures) = self.captures.clone() else { return Ok(()) };
        let copy = page.clone();
        let appended = tokio::task::spawn_blocking(move || captures.append(&copy)).await;
        page.capture = Some(appended.map_err(|why| FetchFault::Broken { why: why.to_string() })??);
        Ok(())
    }
}

/// A turn taken without a request leaves no gap behind worth keeping; it is simply given back.
fn drop_unused(turn: Permit) {
    drop(turn);
}

#[async_trait]
impl Reader for HttpReader {
    async fn feed(&self, url: &Url, validators: &Validators) -> Result<FeedReply, FetchFault> {
        let reply = self.get(url, conditional(ACCEPT_FEED, validators)).await?;
        let mut page = reply.page;
        let wait_seconds = asked_wait(&page);
        let status = page.status;
        if status == 304 {
            let validators = refreshed(&page, validators);
            return Ok(FeedReply::NotModified { validators, status, wait_seconds });
        }
        refuse_status(&page)?;
        let new = self::validators(&page);
        if new.body_hash == validators.body_hash {
            return Ok(FeedReply::NotModified { validators: new, status, wait_seconds });
        }
        self.capture(&mut page).await?;
        let moved =
            (reply.permanent && page.final_url != url.as_str()).then(|| Url::parse(&page.final_url).ok()).flatten();
        Ok(FeedReply::Document { page: Box::new(page), validators: new, moved, wait_seconds })
    }

    async fn page(&self, url: &Url) -> Result<Page, FetchFault> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, header(ACCEPT_PAGE));
        let mut page = self.get(url, headers).await?.page;
        refuse_status(&page)?;
        self.capture(&mut page).await?;
        Ok(page)
    }

    async fn revisit(&self, url: &Url, known: &Validators) -> Result<PageReply, FetchFault> {
        let mut page = self.get(url, conditional(ACCEPT_PAGE, known)).await?.page;
        let status = page.status;
        if status == 304 {
            return Ok(PageReply::Unchanged { validators: refreshed(&page, known), status });
        }
        refuse_status(&page)?;
        let validators = validators(&page);
        if validators.body_hash == known.body_hash {
            return Ok(PageReply::Unchanged { validators, status });
        }
        self.capture(&mut page).await?;
        Ok(PageReply::Page { page: Box::new(page), validators })
    }

    async fn site_rights(&self, _url: &Url) -> Vec<crate::model::RightsSignal> {
        Vec::new()
    }
}

/// What an answer gives for asking again: as received, and the hash of its body.
pub fn validators(page: &Page) -> Validators {
    Validators {
        etag: page.header("etag").map(str::to_owned),
        last_modified: page.header("last-modified").map(str::to_owned),
        body_hash: Some(hex::encode(Sha256::digest(&page.body))),
    }
}

fn header(text: &'static str) -> reqwest::header::HeaderValue {
    reqwest::header::HeaderValue::from_static(text)
}

/// Stored validators verbatim; one that cannot be sent as it was received is not sent.
fn conditional(accept: &'static str, validators: &Validators) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, header(accept));
    let mut put = |name: HeaderName, value: &Option<String>| {
        if let Some(value) = value.as_deref().and_then(|value| value.parse().ok()) {
            headers.insert(name, value);
        }
    };
    put(IF_NONE_MATCH, &validators.etag);
    put(IF_MODIFIED_SINCE, &validators.last_modified);
    headers
}

/// After a 304: what it sends anew replaces, the rest stays.
fn refreshed(page: &Page, old: &Validators) -> Validators {
    let or_old = |name: &str, old: &Option<String>| page.header(name).map(str::to_owned).or_else(|| old.clone());
    Validators {
        etag: or_old("etag", &old.etag),
        last_modified: or_old("last-modified", &old.last_modified),
        body_hash: old.body_hash.clone(),
    }
}

fn refuse_status(page: &Page) -> Result<(), FetchFault> {
    match page.status {
        200..=299 => Ok(()),
        status => Err(FetchFault::Status {
            status,
            retry_after_seconds: page.header("retry-after").and_then(|v| retry_after(v, page.fetched_at)),
        }),
    }
}

/// Seconds or an HTTP date; at most a day.
fn retry_after(value: &str, now: Timestamp) -> Option<u64> {
    let seconds = match value.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => http_date(value)?.duration_since(now).as_secs().max(0).unsigned_abs(),
    };
    Some(seconds.min(WAIT_SECONDS_MAX))
}

fn http_date(value: &str) -> Option<Timestamp> {
    crate::text::date::parse(value, &jiff::tz::TimeZone::UTC, crate::model::TimeSource::Meta).map(|stamp| stamp.instant)
}

/// How long the answer says it stays fresh, or to stay away.
fn asked_wait(page: &Page) -> Option<u64> {
    let control = page.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let max_age =
        control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.trim_matches('"').parse::<u64>().ok());
    let expires = page
        .header("expires")
        .filter(|_| max_age.is_none())
        .and_then(http_date)
        .map(|when| when.duration_since(page.fetched_at).as_secs().max(0).unsigned_abs());
    let retry = page.header("retry-after").and_then(|value| retry_after(value, page.fetched_at));
    [max_age, expires, retry]
        .into_iter()
        .flatten()
        .max()
        .filter(|seconds| *seconds > 0)
        .map(|seconds| seconds.min(WAIT_SECONDS_MAX))
}

fn redirect(page: &Page, here: &Url) -> Option<Url> {
    if !matches!(page.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut next = here.join(page.header(LOCATION.as_str())?).ok()?;
    next.set_fragment(None);
    Some(next)
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().take(HEADERS_MAX).map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn host(url: &Url) -> String {
    crate::text::url::host_key(url)
}

/// What really happened stands at the bottom of the chain.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
