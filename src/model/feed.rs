//! A feed: what the catalogue says of it and what polling has taught.
use super::{FeedId, Lang, Script};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// RSS, RDF, Atom or JSON Feed; the bytes decide which.
    Feed,
    /// News sitemap or sitemap index.
    Sitemap,
    /// HTML listing page.
    Listing,
}

/// Whether the worker polls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedStatus {
    Live,
    /// Loaded, but a listing page whose selectors nobody has written yet.
    Pending,
    /// Known not to exist or switched off, kept so that nobody adds it again.
    Disabled,
}

/// One row of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedSpec {
    pub id: FeedId,
    pub url: String,
    pub title: String,
    pub lang: Lang,
    pub script: Option<Script>,
    /// ISO 3166-1 alpha-2, `EU`, or `INT` for no single country.
    pub region: String,
    /// IANA zone: what a zone-less date in this feed means.
    pub zone: String,
    pub category: String,
    pub kind: FeedKind,
    pub status: FeedStatus,
    /// The last day on which somebody is known to have read this feed.
    pub last_evidence: Option<civil::Date>,
    /// Site-wide note shown by `feeds list`, e.g. why it is disabled.
    pub note: Option<String>,
    /// Only entries whose address contains this are taken: the news part of a whole site's map.
    pub only: Option<String>,
    /// How a listing page is read; without it such a feed is pending.
    pub listing: Option<ListingRule>,
}

/// CSS selectors that read entries off an HTML page; the catalogue refuses those that do not parse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingRule {
    /// Each match is one entry.
    pub item: String,
    /// Inside the item; without it, the text of the link.
    pub title: Option<String>,
    /// Inside the item; without it, the item itself or its first link.
    pub link: Option<String>,
    /// Inside the item: its `datetime` attribute or text.
    pub date: Option<String>,
}

/// Cache validators, stored verbatim and sent back verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// SHA-256 (hex) of the decoded body: servers without validators still give "unchanged".
    pub body_hash: Option<String>,
}

/// What the last poll left behind; history keeps every earlier one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedState {
    pub validators: Validators,
    pub next_due: Option<Timestamp>,
    pub interval_seconds: u32,
    pub failures: u32,
    pub last_polled: Option<Timestamp>,
    pub last_ok: Option<Timestamp>,
    pub last_error: Option<String>,
    /// Entries in the last good poll: "ok but empty" needs the one before.
    pub last_entries: Option<u32>,
    pub newest_entry: Option<Timestamp>,
    /// 410 Gone: never polled again until the catalogue changes.
    pub gone: bool,
}
