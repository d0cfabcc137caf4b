//! Hosts that are left alone for a while: nobody answers there, or they asked for it.
use super::FetchFault;
use crate::model::{HostRest, RetryReason};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The first rest of a host that cannot be reached; each further failure doubles it.
const REST_MIN: Duration = Duration::from_secs(60);
/// A host that is back is noticed within this time; its own feeds may wait longer, one by one.
const REST_MAX: Duration = Duration::from_secs(3600);
const HOSTS_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Rests(Mutex<Hosts>);

#[derive(Debug, Default)]
struct Hosts {
    resting: HashMap<String, Rest>,
    /// Hosts whose rest began, changed or ended since it was last kept.
    changed: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Rest {
    until: Instant,
    /// Failures to connect in a row.
    streak: u32,
    why: String,
    reason: RetryReason,
}

impl Rests {
    /// The fault of asking a resting host, without asking it.
    pub(super) fn check(&self, host: &str) -> Result<(), FetchFault> {
        let hosts = self.lock();
        let Some(rest) = hosts.resting.get(host) else { return Ok(()) };
        let left = rest.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        Err(FetchFault::Resting {
            host: host.to_owned(),
            why: rest.why.clone(),
            seconds: left.as_secs() + 1,
            reason: rest.reason,
        })
    }

    /// Nobody could be reached there: no address, refused, no connection in time.
    pub(super) fn unreachable(&self, host: &str, why: &str) {
        self.put(host, |streak| Rest {
            until: Instant::now() + (REST_MIN * 2u32.pow(streak.min(10))).min(REST_MAX),
            streak: streak.saturating_add(1),
            why: why.to_owned(),
            reason: RetryReason::Connect,
        });
    }

    /// HTTP 429 speaks for the whole host, and so does 503 with a time. One page's date far away does not silence the host
    /// for longer than `REST_MAX`.
    pub(super) fn asked(&self, host: &str, (status, seconds): (u16, u64)) {
        let (why, reason) = match status {
            429 => ("it answered 429, too many requests".to_owned(), RetryReason::RateLimited),
            status => (format!("it answered {status} and asked for time"), RetryReason::ServerError),
        };
        self.put(host, |streak| Rest {
            until: Instant::now() + Duration::from_secs(seconds).min(REST_MAX),
            streak,
            why,
            reason,
        });
    }

    pub(super) fn answered(&self, host: &str) {
        let mut hosts = self.lock();
        if hosts.resting.remove(host).is_some() {
            hosts.changed.insert(host.to_owned());
        }
    }

    /// It was our own network: nobody rests because of it.
    pub(super) fn forgive(&self) {
        let mut hosts = self.lock();
        let unreached = |rest: &Rest| rest.reason == RetryReason::Connect;
        let forgiven: Vec<String> =
            hosts.resting.iter().filter(|(_, rest)| unreached(rest)).map(|(host, _)| host.clone()).collect();
        hosts.resting.retain(|_, rest| !unreached(rest));
        hosts.changed.extend(forgiven);
    }

    /// Rests that changed since they were last taken, at most so many; one that ended ends now.
    pub(super) fn unsaved(&self, limit: usize, now: Timestamp) -> Vec<HostRest> {
        let mut hosts = self.lock();
        let taken: Vec<String> = hosts.changed.iter().take(limit).cloned().collect();
        let mut unsaved = Vec::with_capacity(taken.len());
        for host in taken {
            hosts.changed.remove(&host);
            unsaved.push(match hosts.resting.get(&host) {
                Some(rest) => HostRest {
                    until: ends_at(rest, now),
                    streak: rest.streak,
                    why: rest.why.clone(),
                    reason: rest.reason,
                    host,
                },
                None => HostRest { host, until: now, streak: 0, why: String::new(), reason: RetryReason::Connect },
            });
        }
        unsaved
    }

    /// What an earlier run was told still holds. A clock that was set back makes no rest longer than the bound.
    pub(super) fn recall(&self, stored: &[HostRest], now: Timestamp) {
        let mut hosts = self.lock();
        for rest in stored.iter().take(HOSTS_MAX) {
            let left = Duration::try_from(rest.until.duration_since(now)).unwrap_or(Duration::ZERO).min(REST_MAX);
            hosts.resting.entry(rest.host.clone()).or_insert_with(|| Rest {
                until: Instant::now() + left,
                streak: rest.streak,
                why: rest.why.clone(),
                reason: rest.reason,
            });
        }
    }

    fn put(&self, host: &str, rest: impl FnOnce(u32) -> Rest) {
        let mut hosts = self.lock();
        if hosts.resting.len() >= HOSTS_MAX {
            let now = Instant::now();
            hosts.resting.retain(|_, rest| rest.until > now);
        }
        let streak = hosts.resting.get(host).map_or(0, |rest| rest.streak);
        if hosts.resting.len() < HOSTS_MAX || hosts.resting.contains_key(host) {
            hosts.resting.insert(host.to_owned(), rest(streak));
            hosts.changed.insert(host.to_owned());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Hosts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ends_at(rest: &Rest, now: Timestamp) -> Timestamp {
    let left = rest.until.saturating_duration_since(Instant::now());
    let left = SignedDuration::try_from(left).expect("a rest has a bound");
    now.checked_add(left).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_dead_host_rests_longer_each_time_and_never_beyond_the_bound() {
        let rests = Rests::default();
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            rests.unreachable("a.example", "refused");
            let fault = rests.check("a.example").unwrap_err();
            assert_eq!(fault.wait_seconds(), Some(minutes * 60 + 1));
            assert!(fault.to_string().contains("a.example") && fault.to_string().contains("refused"), "{fault}");
            assert!(rests.check("b.example").is_ok(), "others are not concerned");
            tokio::time::advance(Duration::from_secs(minutes * 60)).await;
            assert!(rests.check("a.example").is_ok(), "it is tried again");
        }
        rests.answered("a.example");
        rests.unreachable("a.example", "refused");
        assert_eq!(rests.check("a.example").unwrap_err().wait_seconds(), Some(61), "an answer ends the streak");
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_requests_is_said_for_the_host() {
        let rests = Rests::default();
        rests.asked("a.example", (429, 90));
        let fault = rests.check("a.example").unwrap_err();
        assert_eq!(fault.outcome(), crate::model::Outcome::Retry(RetryReason::RateLimited));
        rests.asked("a.example", (429, 999_999));
        assert_eq!(rests.check("a.example").unwrap_err().wait_seconds(), Some(3601));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_outlives_a_restart_and_no_more() {
        let (before, after) = (Rests::default(), Rests::default());
        let now = Timestamp::UNIX_EPOCH;
        before.asked("a.example", (503, 600));
        before.unreachable("b.example", "refused");
        let kept = before.unsaved(9, now);
        assert_eq!(
            (kept.len(), kept[0].until, before.unsaved(9, now)),
            (2, now + SignedDuration::from_secs(600), vec![])
        );
        after.recall(&kept, now + SignedDuration::from_secs(200));
        assert_eq!(after.check("a.example").unwrap_err().wait_seconds(), Some(401), "what is left of it");
        assert!(after.check("b.example").is_ok(), "its minute is over");
        after.unreachable("b.example", "refused");
        assert_eq!(after.check("b.example").unwrap_err().wait_seconds(), Some(121), "the streak goes on");
        after.recall(&kept, now - SignedDuration::from_hours(99));
        assert_eq!(after.check("a.example").unwrap_err().wait_seconds(), Some(401), "what is known stays");
        before.answered("a.example");
        assert_eq!(before.unsaved(9, now)[0].until, now, "the end is kept too");
    }
}
