//! Every XML dialect in one walk over the tags: a stack of open names, one open entry, one open field.
mod capture;
mod entry;

use super::Problems;
use super::hub;
use super::names::{self, Field, Namespaces, Space};
use super::raw::RawFeed;
use super::scan::{Event, Scanner, Tag};
use crate::model::{FeedFormat, Problem};
use crate::text::url as address;
use capture::Capture;
use entry::OpenEntry;
use std::borrow::Cow;
use url::Url;

/// Deeper nesting than any feed has; what lies deeper is walked over without being remembered.
const DEPTH_MAX: usize = 128;
/// Of a name shown in a problem.
const NAME_CHARS_MAX: usize = 40;
/// Autodiscovery links kept of a page.
const SUGGESTIONS_MAX: usize = 5;

pub(super) fn read(text: &str, url: Option<&Url>, problems: &mut Problems) -> RawFeed {
    let mut walk = Walk {
        feed: RawFeed::new(FeedFormat::Unknown),
        stack: Vec::new(),
        too_deep: 0,
        namespaces: Namespaces::new(),
        base: url.cloned(),
        entry: None,
        capture: None,
        position: 0,
        faults: Faults::default(),
        problems,
    };
    let mut scanner = Scanner::new(text);
    while let Some(event) = scanner.next() {
        match event {
            Event::Open(tag) => walk.open(tag),
            Event::Close { name, raw } => walk.close(name, raw),
            Event::Text(text) => walk.text(text),
            Event::Cdata(text) => walk.cdata(text),
            Event::Skipped => {}
        }
        walk.position = scanner.position();
    }
    walk.end(&scanner)
}

#[derive(Debug)]
struct Frame<'a> {
    name: &'a str,
    local: Cow<'a, str>,
    /// Restored when the element ends.
    outer_default: Space,
    /// Set only when the element changed the base.
    outer_base: Option<Option<Url>>,
}

/// Faults told once each, at their first place.
#[derive(Debug, Default)]
struct Faults {
    too_deep: bool,
    /// Held back until the end: HTML pages close their tags as they like.
    mismatched: Option<Problem>,
}

struct Walk<'a, 'p> {
    feed: RawFeed,
    stack: Vec<Frame<'a>>,
    /// Open elements beyond the limit.
    too_deep: usize,
    namespaces: Namespaces,
    base: Option<Url>,
    entry: Option<OpenEntry>,
    capture: Option<Capture>,
    position: usize,
    faults: Faults,
    problems: &'p mut Problems,
}

impl<'a> Walk<'a, '_> {
    fn open(&mut self, tag: Tag<'a>) {
        if self.capture.is_some() && !self.ends_capture(&tag) {
            self.open_inside_capture(tag);
            return;
        }
        let default = self.namespaces.default;
        self.namespaces.declare(&tag);
        let (space, local) = self.namespaces.resolve(tag.name);
        let starts_entry = self.starts_entry(space, &local);
        if starts_entry {
            self.namespaces.default = default;
            self.finish_open_entry();
            self.namespaces.declare(&tag);
        }
        let mut outer_base = None;
        if let Some(base) = tag.attribute("xml:base").and_then(|base| resolve(base, self.base.as_ref())) {
            outer_base = Some(self.base.replace(base));
        }
        if starts_entry {
            self.entry = Some(OpenEntry::new(&tag, space, self.stack.len() + 1, self.base.clone()));
        } else {
            self.note_format(&tag, space, &local);
            self.open_field(&tag, space, &local);
        }
        self.push(Frame { name: tag.name, local, outer_default: default, outer_base });
        if tag.empty {
            self.close(tag.name, "");
        }
    }

    /// Starts reading a field when the tag is one where it stands.
    fn open_field(&mut self, tag: &Tag<'_>, space: Space, local: &str) {
        let depth = self.stack.len() + 1;
        let parent = self.stack.last().map_or("", |frame| frame.local.as_ref());
        let field = match &mut self.entry {
            Some(entry) => {
                let child = depth == entry.depth + 1 || (space == Space::News && depth == entry.depth + 2);
                // The title of a picture, for entries that have none.
                let of_image = space == Space::Core && local == "title" && parent == "image";
                if !child && of_image && self.capture.is_none() {
                    self.capture = Some(Capture::new(Field::OtherTitle, tag, depth, self.feed.format));
                }
                if !child {
                    return;
                }
                entry.note_tag(tag, space, local);
                names::entry_field(entry.own(space), local)
            }
            None if self.feed.format == FeedFormat::Html => {
                self.note_suggestion(tag, local);
                None
            }
            None if matches!(parent, "channel" | "feed" | "rss") => {
                if space == Space::Core && local == "link" {
                    if self.base.is_none() {
                        self.base = own_address(tag);
                    }
                    hub::note_tag(&mut self.feed.hub, tag, self.base.as_ref());
                }
                names::feed_field(space, local)
            }
            None => names::listed_field(parent, local),
        };
        if let Some(field) = field {
            let base = if field == Field::Title { self.base.clone() } else { None };
            self.capture = Some(Capture::new(field, tag, depth, self.feed.format).based(base));
        }
    }

    fn open_inside_capture(&mut self, tag: Tag<'a>) {
        let default = self.namespaces.default;
        let local = names::lower(tag.name.rsplit(':').next().unwrap_or_default());
        if let Some(capture) = &mut self.capture {
            capture.open(&tag, &local);
        }
        // Void elements of HTML never close.
        if !tag.empty && !matches!(local.as_ref(), "br" | "img" | "hr" | "input" | "meta" | "wbr" | "source" | "embed")
        {
            self.push(Frame { name: tag.name, local, outer_default: default, outer_base: None });
        }
    }

    /// A next entry, or a next field while a line is open: the end tag before it is missing.
    fn ends_capture(&mut self, tag: &Tag<'_>) -> bool {
        let Some(capture) = &self.capture else { return false };
        let (space, local) = self.namespaces.resolve(tag.name);
        let depth = capture.depth;
        let is_next = match &self.entry {
            Some(entry) => {
                self.starts_entry(space, &local)
                    || (capture.field.is_line()
                        && names::entry_field(entry.own(space), &local).is_some()
                        && space != Space::Xhtml)
            }
            None => self.starts_entry(space, &local) || names::feed_field(space, &local).is_some(),
        };
        if is_next {
            self.mismatched(tag.name);
            self.pop_to(depth - 1);
        }
        is_next
    }

    fn starts_entry(&self, space: Space, local: &str) -> bool {
        match local {
            "item" | "entry" => match &self.entry {
                Some(open) => open.local == local && open.own(space) == Space::Core,
                None => matches!(space, Space::Core | Space::Unknown),
            },
            "url" | "sitemap" => self.feed.format == FeedFormat::Sitemap && self.entry.is_none(),
            _ => false,
        }
    }

    fn push(&mut self, frame: Frame<'a>) {
        if self.stack.len() < DEPTH_MAX {
            self.stack.push(frame);
            return;
        }
        self.too_deep += 1;
        if !std::mem::replace(&mut self.faults.too_deep, true) {
            let message = format!("nested deeper than {DEPTH_MAX}");
            self.problems.add(Problem::new("too_deep", message).at(format!("byte {}", self.position)));
        }
    }

    fn close(&mut self, name: &str, raw: &str) {
        let found = self.stack.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name));
        if self.too_deep > 0 {
            if !found.is_some_and(|at| self.is_boundary(at)) {
                self.too_deep -= 1;
                return;
            }
            self.too_deep = 0;
        }
        let Some(at) = found else {
            self.close_unopened(name, raw);
            return;
        };
        let captured = self.capture.as_ref().map(|capture| capture.depth);
        match captured {
            // Inside the field's own markup.
            Some(depth) if at >= depth => {
                if let Some(capture) = &mut self.capture {
                    capture.close(raw, self.stack.get(at).map_or("", |frame| frame.local.as_ref()));
                }
            }
            Some(depth) if at + 1 == depth => {}
            _ if at + 1 < self.stack.len() => self.mismatched(name),
            _ => {}
        }
        self.pop_to(at);
    }

    fn close_unopened(&mut self, name: &str, raw: &str) {
        if let Some(capture) = &mut self.capture {
            capture.close(raw, "");
        }
        if self.capture.as_ref().is_none_or(|capture| capture.field.is_line()) {
            self.mismatched(name);
        }
    }

    /// The frame of the open field or entry, or of the root.
    fn is_boundary(&self, at: usize) -> bool {
        at == 0
            || self.capture.as_ref().is_some_and(|capture| at + 1 == capture.depth)
            || self.entry.as_ref().is_some_and(|entry| at + 1 == entry.depth)
    }

    /// Closes everything from the frame at `at` up: the field and the entry end with their elements.
    fn pop_to(&mut self, at: usize) {
        if self.capture.as_ref().is_some_and(|capture| capture.depth > at) {
            self.finish_capture();
        }
        if self.entry.as_ref().is_some_and(|entry| entry.depth > at)
            && let Some(entry) = self.entry.take()
        {
            let list = if entry.local == "sitemap" { &mut self.feed.children } else { &mut self.feed.entries };
            list.push(entry.raw);
        }
        while self.stack.len() > at
            && let Some(frame) = self.stack.pop()
        {
            self.namespaces.default = frame.outer_default;
            if let Some(outer) = frame.outer_base {
                self.base = outer;
            }
        }
    }

    fn finish_open_entry(&mut self) {
        if let Some(entry) = &self.entry {
            let depth = entry.depth;
            self.mismatched("entry");
            self.pop_to(depth - 1);
        }
    }

    fn finish_capture(&mut self) {
        let Some(capture) = self.capture.take() else { return };
        match &mut self.entry {
            Some(entry) => entry.set(capture),
            None => capture.set_on_feed(&mut self.feed),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(capture) = &mut self.capture {
            capture.text(text);
        }
    }

    fn cdata(&mut self, text: &str) {
        if let Some(capture) = &mut self.capture {
            capture.cdata(text);
        }
    }

    fn mismatched(&mut self, name: &str) {
        let place = self.position;
        self.faults.mismatched.get_or_insert_with(|| {
            let name: String = name.chars().take(NAME_CHARS_MAX).collect();
            let message = format!("start and end tags do not match near {name:?}");
            Problem::new("mismatched_tag", message).at(format!("byte {place}"))
        });
    }

    fn note_format(&mut self, tag: &Tag<'_>, space: Space, local: &str) {
        let format = match local {
            "rss" | "channel" => FeedFormat::Rss,
            "rdf" if space == Space::Rdf => FeedFormat::Rdf,
            "feed" if space != Space::Xhtml => FeedFormat::Atom,
            "urlset" | "sitemapindex" => FeedFormat::Sitemap,
            "html" if self.feed.format == FeedFormat::Unknown => FeedFormat::Html,
            _ => return,
        };
        if matches!(self.feed.format, FeedFormat::Unknown | FeedFormat::Html) {
            self.feed.format = format;
            self.feed.is_atom_1 = format == FeedFormat::Atom && tag.raw.contains("www.w3.org/2005/Atom");
        }
    }

    fn note_suggestion(&mut self, tag: &Tag<'_>, local: &str) {
        let is_feed = tag.attribute("type").is_some_and(|kind| {
            ["application/rss+xml", "application/atom+xml", "application/feed+json"].contains(&kind.trim())
        });
        if local == "link" && is_feed && self.feed.suggestions.len() < SUGGESTIONS_MAX {
            let href = super::entity::decode(tag.attribute("href").unwrap_or_default());
            // A suggestion that is no address is no suggestion.
            self.feed.suggestions.extend(address::canonical(&href, self.base.as_ref()).ok());
        }
    }

    /// An entry still open at the end is left out: half an entry would get another key than the whole one. One that lost
    /// only the end of a CDATA section, and has said who it is, stays.
    fn end(mut self, scanner: &Scanner<'_>) -> RawFeed {
        let cut = scanner.cut;
        let is_known = |entry: &OpenEntry| entry.raw.guid.is_some() || !entry.raw.links.is_empty();
        if scanner.cdata_open && self.entry.as_ref().is_some_and(is_known) {
            self.pop_to(0);
        }
        let is_feed = !matches!(self.feed.format, FeedFormat::Html | FeedFormat::Unknown);
        if is_feed && let Some(problem) = self.faults.mismatched.take() {
            self.problems.add(problem);
        }
        let left_out = self.entry.take().is_some();
        if left_out || (is_feed && (cut || !self.stack.is_empty())) {
            let message =
                if left_out { "ends inside an entry, which is left out" } else { "ends before its last end tag" };
            self.problems.add(Problem::new("truncated", message).at(format!("byte {}", self.position)));
        }
        if self.feed.format == FeedFormat::Unknown && !self.feed.entries.is_empty() {
            self.feed.format = FeedFormat::Rss;
        }
        self.feed
    }
}

/// Where the feed says it lies (RFC 4287, 4.2.7.2): the base of bytes that came without an address.
fn own_address(link: &Tag<'_>) -> Option<Url> {
    let is_self = link.attribute("rel").is_some_and(|rel| rel.trim().eq_ignore_ascii_case("self"));
    if is_self { resolve(link.attribute("href")?, None) } else { None }
}

fn resolve(base: &str, outer: Option<&Url>) -> Option<Url> {
    let base = super::entity::decode(base);
    // An unreadable base leaves the outer one in force.
    let found = match outer {
        Some(outer) => outer.join(base.trim()).ok(),
        None => Url::parse(base.trim()).ok(),
    };
    found.filter(|url| matches!(url.scheme(), "http" | "https"))
}
