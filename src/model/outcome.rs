//! What became of an entry. Exactly one outcome each: nothing is lost silently.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The entry's current terminal state (`Retry` is terminal for this attempt; attempts are counted apart).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "why")]
pub enum Outcome {
    /// Its article is already stored with this very text.
    Seen,
    OffTopic,
    /// Stored and indexed, as a copy of another article.
    Copy,
    /// A new text of an article already stored.
    Revision,
    Stored,
    Skipped(SkipReason),
    Retry(RetryReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Language other than the watched three.
    OtherLanguage,
    NoLink,
    NotHtml,
    /// 404 or 410.
    Gone,
    /// The feed is gated, and title and summary rule the topics out; its page was not fetched.
    Gated,
    /// Other 4xx.
    Refused,
    Robots,
    /// The guard forbids the address.
    BlockedAddress,
    TooLarge,
    TooManyRedirects,
    EmptyText,
    /// The page made extraction fail twice.
    Quarantined,
    /// The last retry failed.
    GaveUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryReason {
    Timeout,
    Connect,
    ServerError,
    RateLimited,
    /// robots.txt could not be read.
    RobotsUnknown,
    DiskFull,
    /// Nobody can be reached: our own network is down.
    Offline,
    /// The page made a step fail; tried once more before quarantine.
    StepFailed,
}

impl Outcome {
    /// Stable name for counts, logs and the database: `stored`, `skipped.robots`, `retry.timeout`.
    pub fn name(&self) -> String {
        match self {
            Outcome::Seen => "seen".to_owned(),
            Outcome::OffTopic => "off_topic".to_owned(),
            Outcome::Copy => "copy".to_owned(),
            Outcome::Revision => "revision".to_owned(),
            Outcome::Stored => "stored".to_owned(),
            Outcome::Skipped(why) => format!("skipped.{}", snake(why)),
            Outcome::Retry(why) => format!("retry.{}", snake(why)),
        }
    }
}

/// The serde name of a unit variant, so that names live in one place.
fn snake(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("reasons are unit variants, got {other:?}"),
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Counts per outcome name; what the terminal, the page and the demo table show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally(pub BTreeMap<String, u64>);

impl Tally {
    pub fn count(&mut self, outcome: &Outcome) {
        *self.0.entry(outcome.name()).or_default() += 1;
    }

    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}
