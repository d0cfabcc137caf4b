//! One item of a feed, as read.
use super::{EntryKey, RightsSignal, Skips, Stamp};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedFormat {
    Rss,
    Rdf,
    Atom,
    JsonFeed,
    Sitemap,
    Listing,
    Html,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub href: String,
    pub rel: Option<String>,
    pub media_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub key: EntryKey,
    /// Absolute http(s) URL of the article; None when the entry has no usable link.
    pub url: Option<String>,
    /// Plain text.
    pub title: Option<String>,
    /// The title as the feed gave it, where that is more than the plain text: tags, references. Never shown unescaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_markup: Option<String>,
    pub published: Option<Stamp>,
    pub updated: Option<Stamp>,
    pub author: Option<String>,
    /// What the feed says of its use and this entry's, raw (`feed_rights`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<RightsSignal>,
    /// Plain text.
    pub summary: Option<String>,
    /// Full text as the feed gives it, HTML.
    pub content: Option<String>,
    pub links: Vec<Link>,
}

/// A fault that was survived: named, and placed where possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<String>,
}

impl Problem {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), at: None }
    }

    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at = Some(place.into());
        self
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedDocument {
    pub format: FeedFormat,
    pub title: Option<String>,
    /// Every entry the bytes hold, in document order; there is no cap.
    pub entries: Vec<Entry>,
    /// What a sitemap index lists, the newest first, those without a date last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ChildMap>,
    pub problems: Vec<Problem>,
    /// Minutes the publisher asks readers to wait (`ttl`, `sy:update*`).
    pub wait_minutes: Option<u32>,
    /// When the publisher asks not to be read.
    #[serde(default, skip_serializing_if = "Skips::is_none")]
    pub skips: Skips,
    #[serde(default, skip_serializing_if = "HubOffer::is_none")]
    pub hub: HubOffer,
}

/// Hubs (WebSub) that pass this feed on as it appears, and the address they know it by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubOffer {
    /// In the publisher's order.
    pub hubs: Vec<String>,
    /// `rel="self"`, or `feed_url` of a JSON Feed.
    pub topic: Option<String>,
}

impl HubOffer {
    pub fn is_none(&self) -> bool {
        self.hubs.is_empty()
    }

    /// What is said in the HTTP header goes before what the document says.
    pub fn or(self, of_document: Self) -> Self {
        let hubs = if self.hubs.is_empty() { of_document.hubs } else { self.hubs };
        Self { hubs, topic: self.topic.or(of_document.topic) }
    }
}

/// One site map of a sitemap index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildMap {
    pub url: String,
    /// `lastmod`: a map is read again when it has changed.
    pub modified: Option<Stamp>,
}
