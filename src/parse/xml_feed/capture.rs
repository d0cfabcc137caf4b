//! The field being read: its text decoded once, markup inside it kept as written.
use crate::model::FeedFormat;
use crate::parse::entity;
use crate::parse::names::Field;
use crate::parse::raw::{Marked, MarkupKind, RawFeed};
use crate::parse::scan::Tag;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Markup is escaped or in CDATA: decode the references.
    Escaped,
    /// Markup is part of the XML: references belong to it.
    Inline,
    Base64,
}

#[derive(Debug)]
pub(super) struct Capture {
    pub(super) field: Field,
    /// Of its element in the stack, counted from 1.
    pub(super) depth: usize,
    text: String,
    mode: Mode,
    kind: MarkupKind,
    /// Inside an author, the name has been read: e-mail and address are not it.
    settled: bool,
    /// In force where the field stands.
    pub(super) base: Option<Url>,
}

impl Capture {
    pub(super) fn new(field: Field, tag: &Tag<'_>, depth: usize, format: FeedFormat) -> Self {
        let media_type = tag.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
        let mode = match tag.attribute("mode").unwrap_or_default().trim() {
            "base64" => Mode::Base64,
            "xml" => Mode::Inline,
            "escaped" => Mode::Escaped,
            _ if media_type == "xhtml" || media_type.ends_with("xml") => Mode::Inline,
            // RFC 4287, 4.1.3.3: what is neither text nor XML is base64.
            _ if media_type.contains('/') && !media_type.starts_with("text/") => Mode::Base64,
            _ => Mode::Escaped,
        };
        let kind = match media_type.as_str() {
            "" if format == FeedFormat::Atom => MarkupKind::Text,
            "text" | "text/plain" => MarkupKind::Text,
            "" => MarkupKind::Unsaid,
            _ => MarkupKind::Html,
        };
        Self { field, depth, text: String::new(), mode, kind, settled: false, base: None }
    }

    pub(super) fn based(self, base: Option<Url>) -> Self {
        Self { base, ..self }
    }

    pub(super) fn text(&mut self, text: &str) {
        match self.mode {
            _ if self.settled => {}
            Mode::Escaped => entity::decode_into(text, &mut self.text),
            Mode::Inline | Mode::Base64 => self.text.push_str(text),
        }
    }

    pub(super) fn cdata(&mut self, text: &str) {
        if !self.settled {
            self.text.push_str(text);
        }
    }

    pub(super) fn open(&mut self, tag: &Tag<'_>, local: &str) {
        match self.field {
            Field::Author if local == "name" && !self.settled => self.text.clear(),
            Field::Author => {}
            _ => self.text.push_str(tag.raw),
        }
    }

    pub(super) fn close(&mut self, raw: &str, local: &str) {
        match self.field {
            Field::Author => self.settled |= local == "name" && !self.text.trim().is_empty(),
            _ => self.text.push_str(raw),
        }
    }

    pub(super) fn into_marked(self) -> Marked {
        let Self { text, mode, kind, .. } = self;
        if mode != Mode::Base64 {
            return Marked { text, kind, inline: mode == Mode::Inline };
        }
        let packed: String = text.split_ascii_whitespace().collect();
        // What is not base64 after all is text.
        let text = STANDARD.decode(packed).map_or(text, |bytes| String::from_utf8_lossy(&bytes).into_owned());
        Marked::new(text, kind)
    }

    pub(super) fn into_text(self) -> String {
        self.into_marked().text
    }

    pub(super) fn set_on_feed(self, feed: &mut RawFeed) {
        match self.field {
            Field::FeedTitle if feed.title.is_none() => feed.title = Some(self.into_marked()),
            Field::Rights => feed.rights.push(self.into_text()),
            Field::Ttl => feed.ttl = Some(self.into_text()),
            Field::UpdatePeriod => feed.update_period = Some(self.into_text()),
            Field::SkipHour => feed.skips.add_hour(&self.into_text()),
            Field::SkipDay => feed.skips.add_day(&self.into_text()),
            Field::UpdateFrequency => feed.update_frequency = Some(self.into_text()),
            _ => {}
        }
    }
}
