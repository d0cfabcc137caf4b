//! What is known of hosts: the record of our manners, and what they asked of us.
use super::RetryReason;
use jiff::Timestamp;
use serde::Serialize;

/// One host's line in the record: what it was asked, over all runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostCourtesy {
    pub host: String,
    /// Requests sent, those for robots.txt included.
    pub requests: u64,
    /// Of those: answered with 304.
    pub not_modified: u64,
    /// Of decoded bodies.
    pub bytes: u64,
    /// Requests without an answer, or answered with 4xx or 5xx.
    pub faults: u64,
    /// What was not asked because robots.txt forbids it.
    pub robots_refusals: u64,
    /// What robots.txt was found to be; None: not read yet.
    pub robots: Option<String>,
    pub last_request: Option<Timestamp>,
}

/// A host that is left alone for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRest {
    pub host: String,
    /// In the past: the rest is over.
    pub until: Timestamp,
    /// Failures to connect in a row.
    pub streak: u32,
    pub why: String,
    pub reason: RetryReason,
}

/// A robots.txt that was read and holds for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRobots {
    pub origin: String,
    pub until: Timestamp,
    /// Empty: there is none, or it says nothing.
    pub body: Vec<u8>,
}

/// What outlives a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    pub courtesy: Vec<HostCourtesy>,
    pub rests: Vec<HostRest>,
    pub robots: Vec<SiteRobots>,
}

impl Hosts {
    pub fn is_empty(&self) -> bool {
        self.courtesy.is_empty() && self.rests.is_empty() && self.robots.is_empty()
    }
}
