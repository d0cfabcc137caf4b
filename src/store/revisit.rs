//! What the store keeps of looks at articles it holds already.
use crate::model::{Article, ArticleId, CaptureRef, FeedId, RightsSignal, Validators};
use jiff::Timestamp;
use serde::Serialize;

/// With a settlement: the page of its article is to be looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The address that answered, after redirects: its validators mean nothing elsewhere.
    pub url: String,
    pub validators: Validators,
    /// The first look. An article that has a schedule already keeps it.
    pub due: Timestamp,
}

/// An article whose page is due to be looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRevisit {
    pub article: ArticleId,
    pub feed: Option<FeedId>,
    pub url: String,
    pub first_fetched: Timestamp,
    pub validators: Validators,
    /// In a row, before this look.
    pub failures: u32,
    /// Answers 404 or 410 in a row, before this look; two or more: it is withdrawn.
    pub missing: u32,
}

/// What a look has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    Unchanged,
    Revision,
    /// 404 or 410, for the first time or once more.
    Missing,
    /// 404 or 410 for the second time in a row: the index drops the article.
    Withdrawn,
    /// A withdrawn article answers again.
    Restored,
    /// Nothing was learnt: no answer, a refusal, or a page that is not this article.
    Failed,
}

impl Look {
    /// Stable name for counts and the database.
    pub fn name(self) -> &'static str {
        match self {
            Look::Unchanged => "unchanged",
            Look::Revision => "revision",
            Look::Missing => "missing",
            Look::Withdrawn => "withdrawn",
            Look::Restored => "restored",
            Look::Failed => "failed",
        }
    }
}

/// One look, with everything it changes; committed as one.
#[derive(Clone, Debug)]
pub struct Revisit {
    pub article: ArticleId,
    pub look: Look,
    /// In words, for the article page.
    pub note: Option<String>,
    pub http_status: Option<u16>,
    /// For the next look.
    pub validators: Validators,
    pub failures: u32,
    pub missing: u32,
    /// None: not looked at again.
    pub next_due: Option<Timestamp>,
    pub capture: Option<CaptureRef>,
    /// The article with its new text: for `Revision`, and for `Restored` when it came back with another one.
    pub revised: Option<Box<Article>>,
    /// Statements about use now on the page; those not known for this article are added to its history.
    pub rights: Vec<RightsSignal>,
    /// Statements known for this article that were looked for and are gone.
    pub withdrawn: Vec<RightsSignal>,
    pub now: Timestamp,
}

/// How the watch over one article stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// Latest first, at most `LOOKS_SHOWN`.
    pub looks: Vec<PastLook>,
    /// When it is looked at next; None: no more, or never.
    pub next_due: Option<Timestamp>,
}

/// The schedule has four looks; a page that went missing gets a few more.
pub const LOOKS_SHOWN: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastLook {
    pub at: Timestamp,
    /// A name of `Look`, or `fetched` when the feed led to the page.
    pub outcome: String,
    pub note: Option<String>,
}

/// A statement about use, and when it was first seen with this article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenRights {
    pub signal: RightsSignal,
    pub revision: u32,
    pub first_seen: Timestamp,
    /// When a look did not find it any more; None: it holds.
    pub withdrawn: Option<Timestamp>,
}
