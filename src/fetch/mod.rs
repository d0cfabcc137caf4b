//! The reader of feeds and pages: conditional, polite, bounded.
mod capture;
mod client;
mod host;
mod http;
mod ledger;
mod outage;
mod reservations;
mod rest;
mod robots;
mod rules;
mod wire;

pub use capture::{CaptureFault, CaptureLimits, Captured, Captures, Head};
pub use client::{FetchPolicy, HttpReader};
pub use host::{HostGate, Permit};
pub use http::validators;
pub use robots::Robots;

use crate::model::{HostCourtesy, Hosts, Outcome, Page, RetryReason, RightsSignal, SkipReason, Validators};
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;
use url::Url;

#[derive(Debug, thiserror::Error)]
pub enum FetchFault {
    #[error("{0}")]
    Blocked(#[from] crate::net::Blocked),
    #[error("robots.txt of {host} forbids {path}")]
    Robots { host: String, path: String },
    #[error("robots.txt of {host} cannot be read: {why}")]
    RobotsUnknown { host: String, why: String },
    #[error("no answer within {seconds} s")]
    Timeout { seconds: u64 },
    #[error("cannot connect: {why}")]
    Connect { why: String },
    /// Nobody answered there lately, or it asked for a pause: not asked at all.
    #[error("{host} is left alone for {seconds} s: {why}")]
    Resting { host: String, why: String, seconds: u64, reason: RetryReason },
    /// Nobody at all could be reached lately: it is our own network, and nobody was asked.
    #[error("the network seems to be down; tried again in {seconds} s")]
    Offline { seconds: u64 },
    #[error("HTTP {status}")]
    Status { status: u16, retry_after_seconds: Option<u64> },
    #[error("more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("more than {limit} redirects")]
    TooManyRedirects { limit: usize },
    #[error("broken transfer: {why}")]
    Broken { why: String },
    #[error("the capture store failed: {0}")]
    Capture(#[from] CaptureFault),
}

impl FetchFault {
    /// The outcome an entry gets from this fault. One policy for all.
    pub fn outcome(&self) -> Outcome {
        match self {
            FetchFault::Blocked(_) => Outcome::Skipped(SkipReason::BlockedAddress),
            FetchFault::Robots { .. } => Outcome::Skipped(SkipReason::Robots),
            FetchFault::RobotsUnknown { .. } => Outcome::Retry(RetryReason::RobotsUnknown),
            FetchFault::Timeout { .. } => Outcome::Retry(RetryReason::Timeout),
            FetchFault::Connect { .. } | FetchFault::Broken { .. } => Outcome::Retry(RetryReason::Connect),
            FetchFault::Resting { reason, .. } => Outcome::Retry(*reason),
            FetchFault::Offline { .. } => Outcome::Retry(RetryReason::Offline),
            FetchFault::Status { status: 404 | 410, .. } => Outcome::Skipped(SkipReason::Gone),
            FetchFault::Status { status: 429, .. } => Outcome::Retry(RetryReason::RateLimited),
            FetchFault::Status { status: 408 | 500..=599, .. } => Outcome::Retry(RetryReason::ServerError),
            FetchFault::Status { .. } => Outcome::Skipped(SkipReason::Refused),
            FetchFault::TooLarge { .. } => Outcome::Skipped(SkipReason::TooLarge),
            FetchFault::TooManyRedirects { .. } => Outcome::Skipped(SkipReason::TooManyRedirects),
            FetchFault::Capture(_) => Outcome::Retry(RetryReason::DiskFull),
        }
    }

    /// What the server asks for, or the host's rest: nothing is tried sooner.
    pub fn wait_seconds(&self) -> Option<u64> {
        match self {
            FetchFault::Status { retry_after_seconds, .. } => *retry_after_seconds,
            FetchFault::Resting { seconds, .. } | FetchFault::Offline { seconds } => Some(*seconds),
            _ => None,
        }
    }

    /// Stable code for poll records and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            FetchFault::Blocked(_) => "blocked_address",
            FetchFault::Robots { .. } => "robots",
            FetchFault::RobotsUnknown { .. } => "robots_unknown",
            FetchFault::Timeout { .. } => "timeout",
            FetchFault::Connect { .. } => "connect",
            FetchFault::Resting { .. } => "host_resting",
            FetchFault::Offline { .. } => "offline",
            FetchFault::Status { .. } => "http_status",
            FetchFault::TooLarge { .. } => "too_large",
            FetchFault::TooManyRedirects { .. } => "too_many_redirects",
            FetchFault::Broken { .. } => "broken_transfer",
            FetchFault::Capture(_) => "capture",
        }
    }
}

/// A feed's answer to a conditional request.
#[derive(Clone, Debug)]
pub enum FeedReply {
    /// 304, or 200 with the very bytes of last time. Carries the validators to keep.
    NotModified { validators: Validators, status: u16, moved: Option<Url>, wait_seconds: Option<u64> },
    Document {
        page: Box<Page>,
        validators: Validators,
        /// Where a chain of permanent redirects (301, 308) ended.
        moved: Option<Url>,
        /// What Cache-Control, Expires or Retry-After ask for, in seconds.
        wait_seconds: Option<u64>,
    },
}

/// A page's answer to a conditional request.
#[derive(Clone, Debug)]
pub enum PageReply {
    /// 304. Carries the validators to keep.
    Unchanged {
        validators: Validators,
        status: u16,
    },
    /// 200 with the very bytes of last time: only its headers, and what its site says, may be new.
    Same {
        page: Box<Page>,
        validators: Validators,
    },
    Page {
        page: Box<Page>,
        validators: Validators,
    },
}

/// What a site says of use, apart from the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteRights {
    pub signals: Vec<RightsSignal>,
    /// Places that could not be read today: what they said before is not known to have ended.
    pub unread: Vec<String>,
}

/// The seam the pipeline reads the world through. One request in flight and a minimum gap per host hold inside it.
#[async_trait]
pub trait Reader: Send + Sync {
    async fn feed(&self, url: &Url, validators: &Validators) -> Result<FeedReply, FetchFault>;
    async fn page(&self, url: &Url) -> Result<Page, FetchFault>;
    /// A page that was fetched before, by the same rules: the validators go out as they came in.
    async fn revisit(&self, url: &Url, validators: &Validators) -> Result<PageReply, FetchFault>;
    /// What the site says of use apart from the page: robots.txt, as it is known from fetching, and
    /// `/.well-known/tdmrep.json`. Never an error: what cannot be read is named.
    async fn site_rights(&self, url: &Url) -> SiteRights;
    /// Sends a form to a hub (WebSub), by the host's turn and the guard like every request.
    async fn tell_hub(&self, hub: &Url, form: &str) -> Result<(), FetchFault>;
    /// Keeps what was not fetched but delivered, as `feed` keeps what it fetches.
    async fn keep(&self, _page: &mut Page) -> Result<(), FetchFault> {
        Ok(())
    }
    /// Ends when the host of `url` could be asked at once: whoever waits here holds up nobody else.
    async fn rested(&self, _url: &Url) {}
    /// While our own network is down: the time until somebody is asked again, zero when that is due. One request goes out
    /// then, whoever makes it.
    fn offline(&self) -> Option<Duration> {
        None
    }
    /// What each host was asked so far, by host.
    fn courtesy(&self) -> Vec<HostCourtesy> {
        Vec::new()
    }
    /// What was learnt of hosts since it was last taken, at most `limit` of each kind: whoever takes it keeps it.
    fn unsaved(&self, _limit: usize, _now: Timestamp) -> Hosts {
        Hosts::default()
    }
    /// What earlier runs have kept. What this run knows already stays.
    fn recall(&self, _hosts: &Hosts, _now: Timestamp) {}
}
