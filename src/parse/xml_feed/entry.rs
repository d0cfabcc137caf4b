//! The entry being read.
use super::capture::Capture;
use crate::parse::entity;
use crate::parse::names::{Field, Space};
use crate::parse::raw::{RawDate, RawEntry, RawLink};
use crate::parse::scan::Tag;
use url::Url;

#[derive(Debug)]
pub(super) struct OpenEntry {
    pub(super) raw: RawEntry,
    pub(super) local: &'static str,
    /// Of its element in the stack, counted from 1.
    pub(super) depth: usize,
    space: Space,
}

impl OpenEntry {
    pub(super) fn new(tag: &Tag<'_>, space: Space, depth: usize, base: Option<Url>) -> Self {
        let mut raw = RawEntry { base, ..RawEntry::default() };
        // RSS 1.0 names the item by its address, CDF links it.
        raw.guid = tag.attribute("rdf:about").or_else(|| tag.attribute("about")).map(entity::decode);
        if let Some(href) = tag.attribute("href") {
            raw.links.push(RawLink { href: entity::decode(href), rel: None, media_type: None });
        }
        if let Some(day) = tag.attribute("lastmod") {
            raw.updated.push(RawDate { rank: 0, text: day.to_owned() });
        }
        let local = match tag.name.rsplit(':').next() {
            Some(name) if name.eq_ignore_ascii_case("item") => "item",
            Some(name) if name.eq_ignore_ascii_case("url") => "url",
            Some(name) if name.eq_ignore_ascii_case("sitemap") => "sitemap",
            _ => "entry",
        };
        Self { raw, local, depth, space }
    }

    /// In an entry of an unknown vocabulary, that vocabulary is the entry's own.
    pub(super) fn own(&self, space: Space) -> Space {
        if space == self.space { Space::Core } else { space }
    }

    /// What a child says in its attributes.
    pub(super) fn note_tag(&mut self, tag: &Tag<'_>, space: Space, local: &str) {
        let decoded = |name: &str| tag.attribute(name).map(|value| entity::decode(value).trim().to_owned());
        match (self.own(space), local) {
            (Space::Core, "link" | "a") => {
                if let Some(href) = decoded("href").filter(|href| !href.is_empty()) {
                    self.raw.links.push(RawLink { href, rel: decoded("rel"), media_type: decoded("type") });
                }
            }
            (Space::Core, "enclosure") => {
                if let Some(href) = decoded("url") {
                    let rel = Some("enclosure".to_owned());
                    self.raw.links.push(RawLink { href, rel, media_type: decoded("type") });
                }
            }
            (Space::CreativeCommons, "license") => {
                self.raw.rights.extend(decoded("rdf:resource").or_else(|| decoded("resource")));
            }
            (Space::Core, "guid") => {
                self.raw.guid_is_no_link =
                    tag.attribute("ispermalink").is_some_and(|v| v.trim().eq_ignore_ascii_case("false"));
            }
            _ => {}
        }
    }

    /// Files a finished field. The first of several wins, except that an empty one never does.
    pub(super) fn set(&mut self, mut capture: Capture) {
        let field = capture.field;
        let base = capture.base.take();
        let marked = capture.into_marked();
        if marked.text.trim().is_empty() {
            return;
        }
        let raw = &mut self.raw;
        match field {
            Field::Title if raw.title.is_none() => (raw.title, raw.title_base) = (Some(marked), base),
            Field::Title => {}
            Field::OtherTitle => raw.other_title = raw.other_title.take().or(Some(marked)),
            Field::Summary => raw.summary = raw.summary.take().or(Some(marked)),
            Field::OtherSummary => raw.other_summary = raw.other_summary.take().or(Some(marked)),
            Field::Content => raw.content = raw.content.take().or(Some(marked)),
            Field::Link => raw.links.push(RawLink { href: marked.text.trim().to_owned(), rel: None, media_type: None }),
            Field::OriginalLink => raw.original_link = Some(marked.text),
            // Said plainly, it beats rdf:about.
            Field::Guid => raw.guid = Some(marked.text),
            Field::Published(rank) => raw.published.push(RawDate { rank, text: marked.text }),
            Field::Updated(rank) => raw.updated.push(RawDate { rank, text: marked.text }),
            Field::Rights => raw.rights.push(marked.text),
            Field::Author => raw.author = raw.author.take().or(Some(marked.text)),
            Field::OtherAuthor => raw.other_author = raw.other_author.take().or(Some(marked.text)),
            Field::FeedTitle
            | Field::Ttl
            | Field::UpdatePeriod
            | Field::UpdateFrequency
            | Field::SkipHour
            | Field::SkipDay => {}
        }
    }
}
