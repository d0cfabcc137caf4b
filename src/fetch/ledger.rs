//! What each host was asked, over all runs: the record of our manners.
use crate::model::HostCourtesy;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Hosts with a line of their own; requests to further ones are counted together.
const HOSTS_MAX: usize = 20_000;
const OTHERS: &str = "(others)";

#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    hosts: BTreeMap<String, HostCourtesy>,
    /// Hosts whose line was written since it was last kept.
    changed: BTreeSet<String>,
}

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
        self.lock().hosts.values().cloned().collect()
    }

    /// Lines that changed since they were last taken, at most so many.
    pub(super) fn unsaved(&self, limit: usize) -> Vec<HostCourtesy> {
        let mut lines = self.lock();
        let taken: Vec<String> = lines.changed.iter().take(limit).cloned().collect();
        let mut unsaved = Vec::with_capacity(taken.len());
        for host in taken {
            lines.changed.remove(&host);
            unsaved.extend(lines.hosts.get(&host).cloned());
        }
        unsaved
    }

    /// What earlier runs left; counting goes on from there. A host that has a line already keeps it.
    pub(super) fn recall(&self, stored: &[HostCourtesy]) {
        let mut lines = self.lock();
        for line in stored.iter().take(HOSTS_MAX + 1) {
            lines.hosts.entry(line.host.clone()).or_insert_with(|| line.clone());
        }
    }

    fn line(&self, host: &str, write: impl FnOnce(&mut HostCourtesy)) {
        let mut lines = self.lock();
        let host = if lines.hosts.len() < HOSTS_MAX || lines.hosts.contains_key(host) { host } else { OTHERS };
        let new = || HostCourtesy { host: host.to_owned(), ..HostCourtesy::default() };
        write(lines.hosts.entry(host.to_owned()).or_insert_with(new));
        if !lines.changed.contains(host) {
            lines.changed.insert(host.to_owned());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn sums_go_on_where_the_last_run_stopped_and_are_saved_once() {
        let ledger = Ledger::default();
        let line = |requests| HostCourtesy { host: "a.example".to_owned(), requests, ..HostCourtesy::default() };
        ledger.recall(&[line(40)]);
        assert_eq!(ledger.unsaved(9), [], "it is stored already");
        ledger.ended("a.example", Ended { status: Some(200), bytes: 1, at: Timestamp::UNIX_EPOCH });
        ledger.refused_by_robots("b.example");
        ledger.recall(&[line(40)]);
        let saved = [ledger.unsaved(1), ledger.unsaved(9), ledger.unsaved(9)];
        assert_eq!(saved.each_ref().map(Vec::len), [1, 1, 0]);
        assert_eq!(saved[0][0].requests, 41, "recalling twice counts once");
    }
}
