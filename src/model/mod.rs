//! Plain data, one file per idea. Nothing here imports anything else of ours.
pub mod article;
pub mod entry;
pub mod event;
pub mod feed;
pub mod host;
pub mod id;
pub mod lang;
pub mod outcome;
pub mod page;
pub mod story;
pub mod subscription;
pub mod time;

pub use article::{Article, Document, Extract, RightsSignal, SiteLine, Versions};
pub use entry::{ChildMap, Entry, FeedDocument, FeedFormat, HubOffer, Link, Problem};
pub use event::{
    Action, Date, Entity, EntitySpan, EventMention, Evidence, Figure, Judgement, Modality, Period, Status, Topic,
};
pub use feed::{FeedKind, FeedSpec, FeedState, FeedStatus, ListingRule, Pages, Quiet, Skips, Standing, Validators};
pub use host::{HostCourtesy, HostRest, Hosts, SiteRobots};
pub use id::{ArticleId, CaptureRef, EntryKey, EventId, FeedId, Owner, StoryId};
pub use lang::{Lang, Script};
pub use outcome::{Outcome, RetryReason, SkipReason, Tally};
pub use page::Page;
pub use story::{ClusterItem, CopyVerdict, Placement, Relation};
pub use subscription::Subscription;
pub use time::{Precision, Stamp, TimeSource};
