//! When to try again. Pure: tested with tables.
use crate::fetch::FetchFault;
use crate::model::{FeedState, Outcome, RetryReason, SkipReason};
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

/// The outcome of a failed attempt and, for a retry, when: 1, 4, 16 ... minutes, never sooner than the server asks.
pub(super) fn entry(outcome: Outcome, attempts: u32, attempts_max: u32) -> (Outcome, Option<u64>) {
    let Outcome::Retry(why) = outcome else { return (outcome, None) };
    let tried = attempts + 1;
    if why == RetryReason::StepFailed && tried >= STEP_ATTEMPTS_MAX {
        return (Outcome::Skipped(SkipReason::Quarantined), None);
    }
    // A full disk is our fault, not the page's: it never gives up.
    if tried >= attempts_max && why != RetryReason::DiskFull {
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
    let asked = match fault {
        FetchFault::Status { retry_after_seconds, .. } => retry_after_seconds.unwrap_or(0),
        _ => 0,
    };
    (u64::from(interval_seconds) << failures.min(10)).max(asked).min(WAIT_SECONDS_MAX)
}

/// What a failed poll leaves behind. 410 Gone stops the feed.
pub(super) fn failed_state(state: &FeedState, fault: &FetchFault, now: Timestamp) -> FeedState {
    let failures = state.failures.saturating_add(1);
    FeedState {
        failures,
        last_polled: Some(now),
        last_error: Some(fault.to_string()),
        next_due: Some(after(now, feed_failed(state.interval_seconds, failures - 1, fault))),
        gone: matches!(fault, FetchFault::Status { status: 410, .. }),
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
}
