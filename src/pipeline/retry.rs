//! When to try again. Pure: tested with tables.
use super::rhythm;
use crate::fetch::FetchFault;
use crate::model::{FeedId, FeedState, Outcome, RetryReason, SkipReason};
use jiff::{SignedDuration, Timestamp};

/// Nothing waits longer than a day, whatever a server or a streak of failures asks for.
pub(super) const WAIT_SECONDS_MAX: u64 = 24 * 3600;
const ENTRY_WAIT_SECONDS_MIN: u64 = 60;
/// A page that makes a step fail is tried once more, then quarantined.
const STEP_ATTEMPTS_MAX: u32 = 2;

pub(super) fn after(now: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds.min(WAIT_SECONDS_MAX)).expect("at most a day");
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// The outcome of a failed attempt and, for a retry, when: 1, 4, 16 ... minutes.
pub(super) fn entry(outcome: Outcome, attempts: u32, attempts_max: u32) -> (Outcome, Option<u64>) {
    let Outcome::Retry(why) = outcome else { return (outcome, None) };
    let tried = attempts + 1;
    if why == RetryReason::StepFailed && tried >= STEP_ATTEMPTS_MAX {
        return (Outcome::Skipped(SkipReason::Quarantined), None);
    }
    // A full disk or a network that is down is our fault, not the page's: it never gives up.
    if tried >= attempts_max && !matches!(why, RetryReason::DiskFull | RetryReason::Offline) {
        return (Outcome::Skipped(SkipReason::GaveUp), None);
    }
    let wait = ENTRY_WAIT_SECONDS_MIN << (2 * attempts.min(6));
    (Outcome::Retry(why), Some(wait.min(WAIT_SECONDS_MAX)))
}

/// Seconds until a feed is polled again: the interval, or what the server and the feed ask for if that is longer.
pub(super) fn feed_ok(interval_seconds: u32, asked: Option<u64>) -> u64 {
    u64::from(interval_seconds).max(asked.unwrap_or(0)).min(WAIT_SECONDS_MAX)
}

/// After failures the interval doubles each time, up to a day.
pub(super) fn feed_failed(interval_seconds: u32, failures: u32, fault: &FetchFault) -> u64 {
    let asked = fault.wait_seconds().unwrap_or(0);
    (u64::from(interval_seconds) << failures.min(10)).max(asked).min(WAIT_SECONDS_MAX)
}

/// Failures in a row at an adopted address before the catalogue's own is asked again.
const ADOPTED_FAILURES_MAX: u32 = 6;

/// What a failed poll leaves behind. 410 Gone stops the feed; at an adopted address it only ends the adoption. A host
/// at rest was not asked, nor anybody while our own network is down: that is no failure of the feed.
pub(super) fn failed_state(feed: &FeedId, state: &FeedState, fault: &FetchFault, now: Timestamp) -> FeedState {
    let resting = matches!(fault, FetchFault::Resting { .. } | FetchFault::Offline { .. });
    let failures = if resting { state.failures } else { state.failures.saturating_add(1) };
    let wait = if resting {
        fault.wait_seconds().unwrap_or(0).max(ENTRY_WAIT_SECONDS_MIN)
    } else {
        feed_failed(state.interval_seconds, failures - 1, fault)
    };
    let status = match fault {
        FetchFault::Status { status, .. } => Some(*status),
        _ => None,
    };
    let lost = matches!(status, Some(404 | 410)) || failures >= ADOPTED_FAILURES_MAX;
    FeedState {
        failures,
        last_polled: Some(now),
        last_error: Some(fault.to_string()),
        next_due: Some(rhythm::open_from(
            feed,
            state.skips,
            after(now, wait + rhythm::jitter_seconds(feed, state.interval_seconds)),
        )),
        gone: status == Some(410) && state.adopted.is_none(),
        adopted: state.adopted.clone().filter(|_| !lost),
        ..state.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_wait_longer_each_time_and_then_give_up() {
        let timeout = Outcome::Retry(RetryReason::Timeout);
        assert_eq!(entry(timeout.clone(), 0, 5), (timeout.clone(), Some(60)));
        assert_eq!(entry(timeout.clone(), 2, 5), (timeout.clone(), Some(960)));
        assert_eq!(entry(timeout, 4, 5), (Outcome::Skipped(SkipReason::GaveUp), None));
        let step = Outcome::Retry(RetryReason::StepFailed);
        assert_eq!(entry(step.clone(), 0, 5).0, step);
        assert_eq!(entry(step, 1, 5).0, Outcome::Skipped(SkipReason::Quarantined));
        let full = Outcome::Retry(RetryReason::DiskFull);
        assert_eq!(entry(full.clone(), 40, 5).0, full, "never given up");
        let offline = Outcome::Retry(RetryReason::Offline);
        assert_eq!(entry(offline.clone(), 40, 5).0, offline, "nor this");
        assert_eq!(entry(Outcome::OffTopic, 9, 5), (Outcome::OffTopic, None));
    }

    #[test]
    fn feeds_never_come_sooner_than_asked_nor_later_than_a_day() {
        assert_eq!(feed_ok(1_800, None), 1_800);
        assert_eq!(feed_ok(1_800, Some(7_200)), 7_200);
        assert_eq!(feed_ok(1_800, Some(900_000)), 86_400);
        let busy = FetchFault::Status { status: 429, retry_after_seconds: Some(10_000) };
        assert_eq!(feed_failed(1_800, 0, &busy), 10_000);
        assert_eq!(feed_failed(1_800, 3, &busy), 14_400);
        assert_eq!(feed_failed(1_800, 99, &busy), 86_400);
    }

    #[test]
    fn what_a_failure_leaves_behind() {
        let feed = FeedId::of("https://a.example/rss");
        let now = Timestamp::UNIX_EPOCH;
        let state = FeedState { interval_seconds: 1_800, failures: 1, ..FeedState::default() };
        let adopted = FeedState { adopted: Some("https://b.example/rss".to_owned()), ..state.clone() };
        let status = |status| FetchFault::Status { status, retry_after_seconds: None };
        let resting = FetchFault::Resting {
            host: "a.example".to_owned(),
            why: "refused".to_owned(),
            seconds: 90,
            reason: RetryReason::Connect,
        };
        for (before, fault, failures, gone, kept, least) in [
            (&state, status(404), 2, false, false, 3_600),
            (&state, status(410), 2, true, false, 3_600),
            (&adopted, status(410), 2, false, false, 3_600),
            (&adopted, status(404), 2, false, false, 3_600),
            (&adopted, status(503), 2, false, true, 3_600),
            (&state, resting, 1, false, false, 90),
            (&adopted, FetchFault::Offline { seconds: 16 }, 1, false, true, 60),
        ] {
            let after = failed_state(&feed, before, &fault, now);
            assert_eq!((after.failures, after.gone, after.adopted.is_some()), (failures, gone, kept), "{fault}");
            let wait = after.next_due.unwrap().duration_since(now).as_secs();
            assert!((least..least + 180).contains(&wait), "{fault}: {wait}");
        }
    }
}
