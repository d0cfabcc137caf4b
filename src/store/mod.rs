//! The store is the truth; the index is derived from it.
//!
//! Contract, for every backend:
//! - History is append-only with `recorded_at`; the current state is a view over it.
//! - Each call is one transaction: it happened whole or not at all, also under kill -9.
//! - Every change of an article's indexed state gets the next `change_seq`, without gaps visible to a reader
//!   that asks for what follows a number it has seen.
//! - Times are passed in; no backend reads a clock.
#[cfg(test)]
mod conformance;
mod coverage;
pub mod disk;
mod hub;
mod lock;
mod revisit;
mod sqlite;

pub use coverage::{COVERAGE_DAYS, CoverageDay};
pub use hub::{HubMode, HubStanding, HubState, HubSubscription};
pub use lock::{DataLock, LockFault};
pub use revisit::{LOOKS_SHOWN, Look, PastLook, PendingRevisit, Revisit, SeenRights, Watch, Watched};
pub use sqlite::{OpenMode, SqliteStore};

use crate::model::{
    Article, ArticleId, CaptureRef, ClusterItem, CopyVerdict, Document, Entry, EntryKey, EventId, FeedId, FeedSpec,
    FeedState, HostCourtesy, Hosts, Outcome, Placement, Problem, SiteLine, Standing, StoryId, Tally,
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    #[error("the store at {place} cannot be opened: {why}")]
    Open { place: String, why: String },
    #[error("the disk holding the store is full")]
    DiskFull,
    #[error("the store is busy")]
    Busy,
    #[error("stored {what} cannot be read: {why}")]
    Corrupt { what: String, why: String },
    #[error("the store failed: {0}")]
    Sql(#[source] sqlx::Error),
}

/// Of all sites together: 400 sites with 100 lines each are what the worker holds.
pub const SITE_LINES_MAX: usize = 40_000;

/// What a caller does about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultClass {
    Retry,
    Broken,
}

impl StoreFault {
    pub fn class(&self) -> FaultClass {
        match self {
            StoreFault::Busy | StoreFault::DiskFull => FaultClass::Retry,
            StoreFault::Open { .. } | StoreFault::Corrupt { .. } | StoreFault::Sql(_) => FaultClass::Broken,
        }
    }
}

/// Files of robots.txt kept over a restart: as many as a running process remembers.
pub const ROBOTS_KEPT_MAX: usize = 20_000;

pub type Result<T> = std::result::Result<T, StoreFault>;

/// A feed handed to one worker until the lease ends.
#[derive(Clone, Debug)]
pub struct ClaimedFeed {
    pub spec: FeedSpec,
    pub state: FeedState,
}

#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub worker: &'a str,
    pub now: Timestamp,
    pub lease_until: Timestamp,
    pub limit: usize,
}

/// How a feed's document came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollSource {
    /// It was asked for.
    Feed,
    /// A hub delivered it.
    Hub,
}

/// One poll of one feed, on every path (ok, unchanged, failed).
#[derive(Clone, Debug)]
pub struct PollRecord {
    pub feed: FeedId,
    pub polled_at: Timestamp,
    pub source: PollSource,
    /// `ok`, `not_modified`, or the fault's code.
    pub result: String,
    /// In words, for feed health.
    pub error: Option<String>,
    pub http_status: Option<u16>,
    pub bytes: u64,
    pub elapsed_ms: u64,
    /// Entries read, of those new or changed.
    pub entries: u32,
    pub problems: Vec<Problem>,
    pub capture: Option<CaptureRef>,
    /// The state that holds from now on.
    pub state: FeedState,
}

/// An entry to be brought to its outcome.
#[derive(Clone, Debug)]
pub struct PendingEntry {
    pub feed: FeedId,
    pub entry: Entry,
    /// Tries before this one.
    pub attempts: u32,
    /// The outcome before the feed changed this entry; None for a new one.
    pub previous: Option<String>,
    /// Host (with port) of the entry's URL; empty when it has none.
    pub host: String,
}

/// How many entries of a poll were new, changed, or already known with the same content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Enqueued {
    pub new: u32,
    pub changed: u32,
    pub known: u32,
}

/// What an import or a processed entry leaves behind; committed as one.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// None for an import without a feed.
    pub entry: Option<(FeedId, EntryKey)>,
    pub outcome: Outcome,
    /// In words, for `inspect` and the feed page.
    pub note: Option<String>,
    /// For `Retry`: when to try again.
    pub retry_at: Option<Timestamp>,
    pub url: Option<String>,
    pub title: Option<String>,
    pub capture: Option<CaptureRef>,
    /// Present for Stored, Copy and Revision. With Seen it may be given to say which article it was: nothing of it is
    /// stored but the URLs that led to it.
    pub article: Option<Box<Article>>,
    /// With an article whose page was fetched: it is to be looked at again.
    pub watch: Option<Watch>,
    pub now: Timestamp,
}

/// What is needed to tell an unchanged page from a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleHead {
    pub id: ArticleId,
    pub revision: u32,
    pub content_hash: String,
}

/// Feed health, for the page and `feeds check`.
#[derive(Clone, Debug, Serialize)]
pub struct FeedHealth {
    pub spec: FeedSpec,
    pub state: FeedState,
    /// Over all entries of the feed.
    pub outcomes: Tally,
    pub entries_7d: u32,
    /// Its subscription at a hub, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubStanding>,
}

/// Feed health with what it amounts to: the JSON of the API and of `feeds check`.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    #[serde(flatten)]
    pub health: FeedHealth,
    pub standing: Standing,
    /// In words, where the standing is `quiet`.
    pub quiet: Option<String>,
}

impl FeedHealth {
    pub fn judged(self, now: Timestamp) -> Judged {
        Judged {
            standing: self.state.standing(self.spec.status, now),
            quiet: self.state.quiet(now).map(|quiet| quiet.words()),
            health: self,
        }
    }
}

/// One article with its earlier revisions' times, for the article page and `inspect`.
#[derive(Clone, Debug, Serialize)]
pub struct ArticleRecord {
    pub document: Document,
    /// `(revision, recorded_at, content_hash)`, oldest first.
    pub revisions: Vec<(u32, String, String)>,
    /// Every statement about use it was seen with, and when first.
    pub rights: Vec<SeenRights>,
    pub watched: Watched,
}

/// What restores the copy and story caches at start, in the order it was stored.
#[derive(Clone, Debug)]
pub struct Clustered {
    pub item: ClusterItem,
    pub copy: CopyVerdict,
    pub placement: Placement,
}

#[derive(Clone, Debug, Serialize)]
pub struct StoryRecord {
    pub id: StoryId,
    pub events: Vec<EventId>,
    /// Newest first.
    pub articles: Vec<Document>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreCounts {
    pub feeds: u64,
    pub polls: u64,
    pub entries: u64,
    /// Entries that have no outcome yet.
    pub pending: u64,
    pub articles: u64,
    pub revisions: u64,
    pub stories: u64,
    pub change_seq: u64,
    pub outcomes: Tally,
}

#[async_trait]
pub trait Store: Send + Sync {
    // --- feeds ---
    /// Makes the stored catalogue equal to `specs`: new rows appear, changed rows get a new history row, rows that left
    /// the catalogue are kept and disabled. State survives.
    async fn sync_catalogue(&self, specs: &[FeedSpec], now: Timestamp) -> Result<()>;
    /// Live feeds that are due and not leased, oldest due first; never polled counts as due. Leases them.
    async fn claim_feeds(&self, claim: &Claim<'_>) -> Result<Vec<ClaimedFeed>>;
    /// One feed by id, due or not, leased as above; None when it is unknown or leased by another worker.
    async fn claim_feed(&self, id: &FeedId, claim: &Claim<'_>) -> Result<Option<ClaimedFeed>>;
    /// Records the poll and its entries in one transaction and ends the lease. An entry never seen, or seen with other
    /// content, becomes pending; the rest stay as they are.
    async fn record_poll(&self, poll: &PollRecord, entries: &[Entry]) -> Result<Enqueued>;
    /// Not polled now, though it was due: the state says when it is, without a poll. Ends the lease.
    async fn postpone(&self, feed: &FeedId, state: &FeedState, now: Timestamp) -> Result<()>;
    /// When the next live feed is due; None when there is no live feed.
    async fn next_feed_due(&self) -> Result<Option<Timestamp>>;
    async fn feeds(&self) -> Result<Vec<FeedSpec>>;
    async fn feed_health(&self, now: Timestamp) -> Result<Vec<FeedHealth>>;

    /// One row for each of the last `COVERAGE_DAYS` UTC days since the first poll and each language with a live feed, also
    /// where nothing was polled; by day, then language.
    async fn coverage(&self, now: Timestamp) -> Result<Vec<CoverageDay>>;

    // --- hubs ---
    /// What callback addresses and secrets are derived from: the first one given stays for ever.
    async fn hub_key(&self, fresh: &str) -> Result<String>;
    /// How a subscription stands from now on; its token names it.
    async fn record_hub(&self, subscription: &HubSubscription, now: Timestamp) -> Result<()>;
    async fn hub_subscription(&self, token: &str) -> Result<Option<HubSubscription>>;
    /// Of one feed or, with None, all; oldest first.
    async fn hub_subscriptions(&self, feed: Option<&FeedId>) -> Result<Vec<HubSubscription>>;
    /// Those whose request is due, the oldest due first.
    async fn hubs_due(&self, now: Timestamp, limit: usize) -> Result<Vec<HubSubscription>>;

    // --- entries ---
    /// Pending entries and retries that are due, not leased, whose host is not in `busy_hosts`; oldest first, at most
    /// `per_host` of one host. Leases them.
    async fn claim_entries(
        &self,
        claim: &Claim<'_>,
        busy_hosts: &[String],
        per_host: usize,
    ) -> Result<Vec<PendingEntry>>;
    /// When the next pending entry or retry is due; None when there is none.
    async fn next_entry_due(&self) -> Result<Option<Timestamp>>;
    /// One outcome for one entry, with the article if there is one. Returns the new `change_seq` when the indexed state
    /// changed. The same settlement twice leaves one article and one revision.
    async fn settle(&self, settlement: &Settlement) -> Result<Option<u64>>;
    /// Articles whose page is due to be looked at again, not leased, oldest due first. Leases them. A host with entries
    /// that are due is left to them: new entries come first.
    async fn claim_revisits(&self, claim: &Claim<'_>) -> Result<Vec<PendingRevisit>>;
    /// When the next revisit is due; None when there is none.
    async fn next_revisit_due(&self) -> Result<Option<Timestamp>>;
    /// What a claimed revisit found, in one transaction, and the end of its lease; nothing when the lease is over.
    /// Returns the new `change_seq` when the indexed state changed.
    async fn record_revisit(&self, revisit: &Revisit) -> Result<Option<u64>>;
    /// Ends the leases of every worker: called once by the single writer at start, for the dead one before it.
    async fn release_leases(&self) -> Result<()>;

    // --- sites ---
    /// Remembers lines that sites put into many of their articles; of a line known already the first word holds.
    async fn learn_site_lines(&self, lines: &[SiteLine], now: Timestamp) -> Result<()>;
    /// The lines learnt last, at most `SITE_LINES_MAX`, in the order they were learnt.
    async fn site_lines(&self) -> Result<Vec<SiteLine>>;

    // --- articles ---
    async fn head(&self, id: &ArticleId) -> Result<Option<ArticleHead>>;
    /// The article whose page was fetched under this URL before (entry URL or canonical URL).
    async fn head_by_url(&self, url: &str) -> Result<Option<ArticleHead>>;
    async fn article(&self, id: &ArticleId) -> Result<Option<ArticleRecord>>;
    /// The statements about use of each of these articles, in the order asked; none for an article that is not known.
    async fn rights(&self, ids: &[ArticleId]) -> Result<Vec<Vec<SeenRights>>>;
    /// Current state of articles changed after `after`, each once, in order of `change_seq`.
    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Document>>;
    async fn change_seq(&self) -> Result<u64>;
    /// `(id, change_seq)` of every article that should be in the index, by id; `after` pages through it.
    async fn indexed_state(&self, after: Option<&ArticleId>, limit: usize) -> Result<Vec<(ArticleId, u64)>>;
    /// What the caches of copies and stories are rebuilt from, oldest first; `after` is a change_seq.
    async fn clustered(&self, after: u64, limit: usize) -> Result<Vec<(u64, Clustered)>>;
    async fn story(&self, id: &StoryId) -> Result<Option<StoryRecord>>;

    // --- hosts ---
    /// Keeps these in one transaction; the latest row of a host or site replaces the one before. What is over by `now` is
    /// dropped, but for the sums, and of robots.txt files all beyond `ROBOTS_KEPT_MAX`.
    async fn keep_hosts(&self, hosts: &Hosts, now: Timestamp) -> Result<()>;
    /// The sums of every host, and the rests and robots.txt files that still hold.
    async fn hosts(&self, now: Timestamp) -> Result<Hosts>;
    /// The sums alone, by host.
    async fn courtesy(&self) -> Result<Vec<HostCourtesy>>;

    async fn counts(&self) -> Result<StoreCounts>;

    /// Ends every connection, so that the store is whole in its own files. Called once, last.
    async fn close(&self);
}
