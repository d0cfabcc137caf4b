//! An article: a page whose text was extracted; one per canonical URL, each edit a revision.
use super::{ArticleId, CaptureRef, CopyVerdict, FeedId, Judgement, Lang, Placement, Problem, Script, Stamp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A statement about use found on the page, in its headers or in the feed; raw, never interpreted here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightsSignal {
    /// `robots_meta`, `x_robots_tag`, `tdm_reservation`, `licence`, `footer`, `feed_rights` ...
    pub kind: String,
    pub raw: String,
    /// Header name, meta name, or `text`.
    pub place: String,
}

/// A line that stood in so many of its site's articles that it is none of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteLine {
    /// Host with port.
    pub host: String,
    /// White space collapsed.
    pub line: String,
    /// Articles it stood in, of those remembered, when it was learnt.
    pub seen: u32,
    pub of: u32,
}

/// What extraction read out of one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extract {
    pub title: Option<String>,
    /// Paragraphs joined by a blank line; what every offset counts in.
    pub body: String,
    pub published: Option<Stamp>,
    pub modified: Option<Stamp>,
    pub byline: Option<String>,
    pub lang: Lang,
    pub script: Option<Script>,
    pub canonical: Option<String>,
    pub site: Option<String>,
    pub image: Option<String>,
    pub rights: Vec<RightsSignal>,
    /// Where the text comes from: `blocks`, `site`, `json_ld`, `amp`, `full_text_feed`, `feed_summary` ...
    pub method: String,
    /// Paywall or cut-off text.
    pub truncated: bool,
    pub problems: Vec<Problem>,
}

/// Versions of everything that decided, kept on every revision so that old decisions can be explained and replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub extractor: String,
    pub rules: String,
    pub lexicon: String,
    pub normaliser: String,
}

/// One revision of an article with every decision taken on it: what the store keeps in one transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Article {
    pub id: ArticleId,
    /// Canonical URL, or the import key.
    pub url: String,
    /// The id an import gave it.
    pub source_id: Option<String>,
    pub feed: Option<FeedId>,
    pub extract: Extract,
    pub judgement: Judgement,
    pub copy: CopyVerdict,
    pub placement: Placement,
    pub versions: Versions,
    /// SHA-256 (hex) of title and body after normalising: equal hash, same revision.
    pub content_hash: String,
    pub capture: Option<CaptureRef>,
    pub fetched_at: Timestamp,
}

/// The indexed state of one article, as the store hands it to the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub change_seq: u64,
    pub revision: u32,
    /// Withdrawn or forgotten: the index drops it.
    pub deleted: bool,
    pub article: Article,
}
