//! The reader over HTTP.
use super::host::HostGate;
use super::http;
use super::ledger::Ledger;
use super::outage::Outage;
use super::reservations::{ReservationFile, Reservations, Unread};
use super::rest::Rests;
use super::rules::Rules;
use super::wire::{Ask, Limit, Purpose, Wire};
use super::{Captures, FeedReply, FetchFault, PageReply, Reader, SiteRights};
use crate::model::{HostCourtesy, Hosts, Page, Validators};
use crate::net::{ConnectFault, Connector, Guard, Names, Options, SystemNames};
use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const ACCEPT_FEED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";
const ACCEPT_JSON: &str = "application/json, */*;q=0.5";
/// What a hub answers to a request is a word for its operator.
const HUB_ANSWER_BYTES_MAX: usize = 4 << 10;
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
    wire: Wire,
    rules: Rules,
    reservations: Reservations,
    captures: Option<Arc<Captures>>,
}

/// What came back, redirects followed.
struct Reply {
    page: Page,
    /// Where the redirects led, if there was one and all were permanent.
    moved: Option<Url>,
    /// The answer is to a request that carried validators.
    conditional: bool,
}

impl HttpReader {
    pub fn new(policy: FetchPolicy, guard: Guard, captures: Option<Arc<Captures>>) -> Result<Self, ConnectFault> {
        Self::with_names(policy, guard, captures, Arc::new(SystemNames))
    }

    /// With a resolver of the caller's; what it answers passes the guard all the same.
    pub fn with_names(
        policy: FetchPolicy,
        guard: Guard,
        captures: Option<Arc<Captures>>,
        names: Arc<dyn Names>,
    ) -> Result<Self, ConnectFault> {
        let options = Options { user_agent: policy.user_agent.clone(), connect_timeout: policy.connect_timeout, names };
        let wire = Wire {
            connector: Connector::new(guard, &options)?,
            gate: HostGate::new(policy.host_gap),
            policy,
            rests: Rests::default(),
            outage: Outage::default(),
            ledger: Ledger::default(),
        };
        Ok(Self { wire, rules: Rules::default(), reservations: Reservations::default(), captures })
    }

    /// Follows redirects; every hop passes guard, robots and its host's turn. Validators go to the very address they came
    /// from and to no other.
    async fn get(&self, url: &Url, accept: &'static str, validators: &Validators) -> Result<Reply, FetchFault> {
        let mut here = url.clone();
        let mut permanent = true;
        let from = validators.from.as_deref().unwrap_or(url.as_str());
        for _ in 0..=self.wire.policy.redirects_max {
            self.wire.connector.guard.check_url(&here)?;
            let delay = if self.wire.policy.robots { self.rules.obey(&self.wire, &here).await? } else { None };
            let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            if here.as_str() == from {
                http::add_validators(&mut headers, validators);
            }
            let conditional = headers.len() > 1;
            let limit = Limit::Refuse(self.wire.policy.body_bytes_max);
            let page = self
                .wire
                .ask(Ask { start: url, here: &here, headers, limit, purpose: Purpose::Page(delay), form: None })
                .await?;
            let Some(next) = http::redirect(&page, &here) else {
                let moved = (permanent && here != *url).then_some(here);
                return Ok(Reply { page, moved, conditional });
            };
            permanent &= matches!(page.status, 301 | 308);
            here = next;
        }
        Err(FetchFault::TooManyRedirects { limit: self.wire.policy.redirects_max })
    }

    /// The host's reservation file, by the rules of every request.
    async fn reservation_file(&self, url: &Url) -> ReservationFile {
        match self.get(url, ACCEPT_JSON, &Validators::default()).await {
            Ok(Reply { page, .. }) if page.status == 200 => ReservationFile::Read(page.body),
            Ok(Reply { page, .. }) if matches!(page.status, 404 | 410) => ReservationFile::Absent,
            // Any other answer, or none, says nothing of what the site reserves.
            Ok(_) | Err(_) => ReservationFile::Unread,
        }
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

#[async_trait]
impl Reader for HttpReader {
    async fn feed(&self, url: &Url, validators: &Validators) -> Result<FeedReply, FetchFault> {
        let Reply { mut page, moved, conditional } = self.get(url, ACCEPT_FEED, validators).await?;
        let wait_seconds = http::asked_wait(&page);
        let status = page.status;
        // A 304 to a question that was not asked is a fault of the server: there is nothing it could stand for.
        if status == 304 && conditional {
            let validators = http::refreshed(&page, validators);
            return Ok(FeedReply::NotModified { validators, status, moved, wait_seconds });
        }
        refuse_status(&page)?;
        let new = http::validators(&page);
        if new.body_hash == validators.body_hash {
            return Ok(FeedReply::NotModified { validators: new, status, moved, wait_seconds });
        }
        self.capture(&mut page).await?;
        Ok(FeedReply::Document { page: Box::new(page), validators: new, moved, wait_seconds })
    }

    async fn page(&self, url: &Url) -> Result<Page, FetchFault> {
        let mut page = self.get(url, ACCEPT_PAGE, &Validators::default()).await?.page;
        refuse_status(&page)?;
        self.capture(&mut page).await?;
        Ok(page)
    }

    async fn revisit(&self, url: &Url, known: &Validators) -> Result<PageReply, FetchFault> {
        let Reply { mut page, conditional, .. } = self.get(url, ACCEPT_PAGE, known).await?;
        let status = page.status;
        if status == 304 && conditional {
            return Ok(PageReply::Unchanged { validators: http::refreshed(&page, known), status });
        }
        refuse_status(&page)?;
        let validators = http::validators(&page);
        if validators.body_hash == known.body_hash {
            return Ok(PageReply::Same { page: Box::new(page), validators });
        }
        self.capture(&mut page).await?;
        Ok(PageReply::Page { page: Box::new(page), validators })
    }

    async fn site_rights(&self, url: &Url) -> SiteRights {
        let mut said = self.rules.rights(&self.wire, url).await;
        match self.reservations.of(url, async |file| self.reservation_file(&file).await).await {
            Ok(signal) => said.signals.extend(signal),
            Err(Unread { place }) => said.unread.push(place),
        }
        said
    }

    async fn tell_hub(&self, hub: &Url, form: &str) -> Result<(), FetchFault> {
        let mut here = hub.clone();
        for _ in 0..=self.wire.policy.redirects_max {
            let ask = Ask {
                start: hub,
                here: &here,
                headers: HeaderMap::new(),
                limit: Limit::Cut(HUB_ANSWER_BYTES_MAX),
                purpose: Purpose::Page(self.rules.known_delay(&self.wire, &here)),
                form: Some(form),
            };
            let page = self.wire.ask(ask).await?;
            // Only these two send the form on (WebSub, 5.1); any other redirect is a refusal.
            match http::redirect(&page, &here) {
                Some(next) if matches!(page.status, 307 | 308) => here = next,
                _ => return refuse_status(&page),
            }
        }
        Err(FetchFault::TooManyRedirects { limit: self.wire.policy.redirects_max })
    }

    async fn keep(&self, page: &mut Page) -> Result<(), FetchFault> {
        self.capture(page).await
    }

    async fn rested(&self, url: &Url) {
        let gap = self.rules.known_delay(&self.wire, url);
        self.wire.gate.turn(&http::host(url), gap).await.give_back();
    }

    fn offline(&self) -> Option<Duration> {
        self.wire.outage.wait()
    }

    fn courtesy(&self) -> Vec<HostCourtesy> {
        self.wire.ledger.lines()
    }

    fn unsaved(&self, limit: usize, now: Timestamp) -> Hosts {
        Hosts {
            courtesy: self.wire.ledger.unsaved(limit),
            rests: self.wire.rests.unsaved(limit, now),
            robots: self.rules.unsaved(limit),
        }
    }

    fn recall(&self, hosts: &Hosts, now: Timestamp) {
        self.wire.ledger.recall(&hosts.courtesy);
        self.wire.rests.recall(&hosts.rests, now);
        self.rules.recall(&hosts.robots, now);
    }
}

fn refuse_status(page: &Page) -> Result<(), FetchFault> {
    match page.status {
        200..=299 => Ok(()),
        status => Err(FetchFault::Status {
            status,
            retry_after_seconds: page.header("retry-after").and_then(|v| http::retry_after(v, page.fetched_at)),
        }),
    }
}
