//! What each host was asked, since this process started: the record of our manners.
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Hosts with a line of their own; requests to further ones are counted together.
const HOSTS_MAX: usize = 20_000;
const OTHERS: &str = "(others)";

/// One host's line.
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

#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<BTreeMap<String, HostCourtesy>>);

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// None: no answer.
    pub(super) status: Option<u16>,
    pub(super) bytes: u64,
    pub(super) at: Timestamp,
}

impl Ledger {
    pub(super) fn ended(&self, host: &str, ended: Ended) {
        self.line(host, |line| {
            line.requests += 1;
            line.not_modified += u64::from(ended.status == Some(304));
            line.faults += u64::from(ended.status.is_none_or(|status| status >= 400));
            line.bytes += ended.bytes;
            line.last_request = Some(ended.at);
        });
    }

    pub(super) fn refused_by_robots(&self, host: &str) {
        self.line(host, |line| line.robots_refusals += 1);
    }

    pub(super) fn robots(&self, host: &str, verdict: String) {
        self.line(host, |line| line.robots = Some(verdict));
    }

    pub(super) fn lines(&self) -> Vec<HostCourtesy> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn line(&self, host: &str, write: impl FnOnce(&mut HostCourtesy)) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let host = if lines.len() < HOSTS_MAX || lines.contains_key(host) { host } else { OTHERS };
        write(
            lines
                .entry(host.to_owned())
                .or_insert_with(|| HostCourtesy { host: host.to_owned(), ..HostCourtesy::default() }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_counted_once_and_the_lines_are_bounded() {
        let ledger = Ledger::default();
        for status in [Some(200), Some(304), Some(404), None] {
            ledger.ended("a.example", Ended { status, bytes: 10, at: Timestamp::UNIX_EPOCH });
        }
        ledger.refused_by_robots("a.example");
        let line = ledger.lines().remove(0);
        assert_eq!((line.requests, line.not_modified, line.faults, line.bytes, line.robots_refusals), (4, 1, 2, 40, 1));
        for n in 0..HOSTS_MAX + 5 {
            ledger.refused_by_robots(&format!("{n}.example"));
        }
        let lines = ledger.lines();
        assert_eq!(lines.len(), HOSTS_MAX + 1);
        assert_eq!(lines.iter().map(|line| line.robots_refusals).sum::<u64>(), HOSTS_MAX as u64 + 6);
    }
}
