//! Feed bytes → entries and problems. Never panics, never recurses, and takes time in proportion to the bytes.
//!
//! One tolerant tag scanner reads every XML dialect. On 2,183 public test feeds it finds as many entries as Python's
//! feedparser in 99.8% of them; feed-rs 3.0, which loses a whole feed to one fault and panics on some, in two thirds. It is
//! the second reader: asked when the scanner finds nothing in bytes that hold entries.
mod digest;
mod discover;
pub(crate) mod entity;
mod finish;
mod hub;
mod json_feed;
mod listing;
mod markup;
mod names;
mod plain;
mod raw;
pub(crate) mod scan;
mod second;
mod unpack;
mod xml_feed;

pub use discover::{Candidate, Hint, discover};
pub use hub::offer_of_headers;
pub use listing::check_listing;

use crate::model::{FeedDocument, FeedFormat, ListingRule, Problem};
use crate::text::charset::{self, Hints, Markup};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use raw::RawFeed;
use std::borrow::Cow;
use unpack::UnpackFault;
use url::Url;

/// What is known about the bytes from outside.
#[derive(Clone, Copy, Debug)]
pub struct FeedContext<'a> {
    /// Where the bytes came from; relative links resolve against it.
    pub url: Option<&'a Url>,
    pub content_type: Option<&'a str>,
    /// What a date without a zone means.
    pub zone: &'a TimeZone,
    /// When the bytes were fetched: what "2 hours ago" counts from and what dates without sense become. None leaves them out.
    pub fetched_at: Option<Timestamp>,
    /// For a listing page: which elements are its items.
    pub listing: Option<&'a ListingRule>,
    /// Only entries whose address contains this.
    pub only: Option<&'a str>,
}

impl<'a> FeedContext<'a> {
    /// Nothing is known but the zone.
    pub fn new(zone: &'a TimeZone) -> Self {
        Self { url: None, content_type: None, zone, fetched_at: None, listing: None, only: None }
    }
}

/// Beyond this, the same few faults repeat; the last problem says how many were left out.
const PROBLEMS_MAX: usize = 100;

pub fn parse(bytes: &[u8], context: &FeedContext<'_>) -> FeedDocument {
    let mut problems = Problems::default();
    let bytes = unpacked(bytes, &mut problems);
    let markup = if context.listing.is_some() { Markup::Html } else { Markup::Xml };
    let decoded = charset::decode(&bytes, &Hints { content_type: context.content_type, markup });
    if decoded.replaced > 0 {
        let message = format!("{} places cannot be read as {}", decoded.replaced, decoded.encoding);
        problems.add(Problem::new("bad_bytes", message));
    }
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0');
    let mut feed = if text.starts_with('{') {
        json_feed::read(text, context.url, &mut problems)
    } else {
        xml_feed::read(text, context.url, &mut problems)
    };
    if let Some(rule) = context.listing
        && matches!(feed.format, FeedFormat::Html | FeedFormat::Unknown)
    {
        feed = listing::read(text, rule, context.url, &mut problems);
    }
    let is_shallow = problems.list.iter().all(|problem| problem.code != "too_deep");
    if feed.is_empty()
        && !matches!(feed.format, FeedFormat::Html | FeedFormat::Listing)
        && is_shallow
        && holds_entries(text)
        && let Some(other) = second::read(text)
    {
        problems.add(Problem::new("second_reader", "only the second reader found entries"));
        feed = other;
    }
    report_empty(&feed, text, &mut problems);
    finish::document(feed, context, problems)
}

fn unpacked<'a>(bytes: &'a [u8], problems: &mut Problems) -> Cow<'a, [u8]> {
    match unpack::unpack(bytes) {
        Ok(bytes) => bytes,
        Err(UnpackFault::TooLarge) => {
            let message = format!("more than {} bytes unpacked", unpack::UNPACKED_BYTES_MAX);
            problems.add(Problem::new("too_large", message));
            Cow::Borrowed(&[])
        }
        Err(UnpackFault::Broken(part)) => {
            problems.add(Problem::new("gzip_broken", "the gzip stream ends before its end or is damaged"));
            Cow::Owned(part)
        }
    }
}

/// Zero entries are said aloud unless the document is a feed that plainly has none.
fn report_empty(feed: &RawFeed, text: &str, problems: &mut Problems) {
    if !feed.is_empty() {
        return;
    }
    match feed.format {
        // The listing's own problem says more.
        FeedFormat::Listing => {}
        FeedFormat::Html => {
            let suggestion = feed.suggestions.first().map(|url| url.to_string());
            let message = match &suggestion {
                Some(url) => format!("HTML, not a feed; the page names {url}"),
                None => "HTML, not a feed".to_owned(),
            };
            problems.add(Problem { at: suggestion, ..Problem::new("html_not_feed", message) });
        }
        FeedFormat::Unknown if text.trim().is_empty() => problems.add(Problem::new("empty", "no text at all")),
        FeedFormat::Unknown => problems.add(Problem::new("not_a_feed", "neither XML feed, JSON Feed nor HTML")),
        _ if holds_entries(text) => {
            problems.add(Problem::new("no_entries_read", "the bytes hold item or entry, but none could be read"));
        }
        _ => {}
    }
}

fn holds_entries(text: &str) -> bool {
    ["<item", "<entry", ":item>", ":entry>", "<ITEM"].iter().any(|mark| text.contains(mark))
}

/// Collects problems up to the cap and counts the rest.
#[derive(Debug, Default)]
struct Problems {
    list: Vec<Problem>,
    left_out: usize,
}

impl Problems {
    fn add(&mut self, problem: Problem) {
        if self.list.len() < PROBLEMS_MAX {
            self.list.push(problem);
        } else {
            self.left_out += 1;
        }
    }

    fn into_list(mut self) -> Vec<Problem> {
        if self.left_out > 0 {
            self.list.push(Problem::new("more_problems", format!("{} more", self.left_out)));
        }
        self.list
    }
}

#[cfg(test)]
mod tests;
