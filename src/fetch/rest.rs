//! Hosts that are left alone for a while: nobody answers there, or they asked for it.
use super::FetchFault;
use crate::model::RetryReason;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The first rest of a host that cannot be reached; each further failure doubles it.
const REST_MIN: Duration = Duration::from_secs(60);
/// A host that is back is noticed within this time; its own feeds may wait longer, one by one.
const REST_MAX: Duration = Duration::from_secs(3600);
const HOSTS_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Rests {
    hosts: Mutex<HashMap<String, Rest>>,
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
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rest) = hosts.get(host) else { return Ok(()) };
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

    /// HTTP 429 speaks for the whole host. One page's date far away does not silence the host for longer than `REST_MAX`.
    pub(super) fn asked(&self, host: &str, seconds: u64) {
        self.put(host, |streak| Rest {
            until: Instant::now() + Duration::from_secs(seconds).min(REST_MAX),
            streak,
            why: "it answered 429, too many requests".to_owned(),
            reason: RetryReason::RateLimited,
        });
    }

    pub(super) fn answered(&self, host: &str) {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
    }

    fn put(&self, host: &str, rest: impl FnOnce(u32) -> Rest) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_MAX {
            let now = Instant::now();
            hosts.retain(|_, rest| rest.until > now);
        }
        let streak = hosts.get(host).map_or(0, |rest| rest.streak);
        if hosts.len() < HOSTS_MAX || hosts.contains_key(host) {
            hosts.insert(host.to_owned(), rest(streak));
        }
    }
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
        rests.asked("a.example", 90);
        let fault = rests.check("a.example").unwrap_err();
        assert_eq!(fault.outcome(), crate::model::Outcome::Retry(RetryReason::RateLimited));
        rests.asked("a.example", 999_999);
        assert_eq!(rests.check("a.example").unwrap_err().wait_seconds(), Some(3601));
    }
}
