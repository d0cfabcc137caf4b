//! A feed as written: strings only, nothing resolved or judged yet.
use crate::model::{FeedFormat, HubOffer, Skips};
use url::Url;

#[derive(Debug)]
pub(super) struct RawFeed {
    pub(super) format: FeedFormat,
    pub(super) title: Option<Marked>,
    pub(super) entries: Vec<RawEntry>,
    /// Statements about use, as written.
    pub(super) rights: Vec<String>,
    /// What a sitemap index lists.
    pub(super) children: Vec<RawEntry>,
    pub(super) hub: HubOffer,
    pub(super) skips: Skips,
    pub(super) ttl: Option<String>,
    pub(super) update_period: Option<String>,
    pub(super) update_frequency: Option<String>,
    /// Atom 1.0, whose XHTML stands in a div that is no part of it.
    pub(super) is_atom_1: bool,
    /// Feeds an HTML page names in its head.
    pub(super) suggestions: Vec<Url>,
}

impl RawFeed {
    pub(super) fn new(format: FeedFormat) -> Self {
        Self {
            format,
            title: None,
            entries: Vec::new(),
            rights: Vec::new(),
            children: Vec::new(),
            hub: HubOffer::default(),
            skips: Skips::default(),
            ttl: None,
            update_period: None,
            update_frequency: None,
            is_atom_1: false,
            suggestions: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.children.is_empty()
    }
}

/// Text that may hold markup, decoded once from its XML form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) text: String,
    pub(super) kind: MarkupKind,
    /// The markup was part of the XML, not escaped in it.
    pub(super) inline: bool,
}

impl Marked {
    pub(super) fn new(text: String, kind: MarkupKind) -> Self {
        Self { text, kind, inline: false }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkupKind {
    /// Said to be plain.
    Text,
    Html,
    /// Nobody said: HTML when it looks so.
    Unsaid,
}

#[derive(Debug, Default)]
pub(super) struct RawEntry {
    /// guid or id.
    pub(super) guid: Option<String>,
    /// `isPermaLink="false"`.
    pub(super) guid_is_no_link: bool,
    pub(super) title: Option<Marked>,
    /// Titles of other vocabularies, used when the entry has none of its own.
    pub(super) other_title: Option<Marked>,
    /// What relative links inside the title resolve against.
    pub(super) title_base: Option<Url>,
    pub(super) links: Vec<RawLink>,
    /// The publisher's own address where the links lead through a counter.
    pub(super) original_link: Option<String>,
    /// In order of trust.
    pub(super) published: Vec<RawDate>,
    pub(super) updated: Vec<RawDate>,
    pub(super) rights: Vec<String>,
    pub(super) author: Option<String>,
    pub(super) other_author: Option<String>,
    pub(super) summary: Option<Marked>,
    pub(super) other_summary: Option<Marked>,
    pub(super) content: Option<Marked>,
    /// What relative links of this entry resolve against.
    pub(super) base: Option<Url>,
}

/// A date with its rank: lower is nearer to the meaning wanted.
#[derive(Debug)]
pub(super) struct RawDate {
    pub(super) rank: u8,
    pub(super) text: String,
}

#[derive(Debug)]
pub(super) struct RawLink {
    pub(super) href: String,
    pub(super) rel: Option<String>,
    pub(super) media_type: Option<String>,
}
