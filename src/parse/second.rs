//! A second pair of eyes: feed-rs reads what our scanner found nothing in although it holds entries.
//!
//! It gives up at the first fault, panics on some author lines and overflows the stack on deep nesting; so it never goes
//! first, never sees deep documents, and its panics end here. Its ids and dates are not trusted where it makes them up.
use super::raw::{Marked, MarkupKind, RawDate, RawEntry, RawFeed, RawLink};
use crate::model::FeedFormat;
use feed_rs::model::{Entry, FeedType, Link, Text};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A feed with at least one entry, or nothing.
pub(super) fn read(text: &str) -> Option<RawFeed> {
    // An empty id says that the feed gave none; the default would be another one in every parse.
    let parser = feed_rs::parser::Builder::new().id_generator(|_, _, _| String::new()).build();
    // The parser is made for this call and dropped with it: a panic leaves nothing half done behind.
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(undeclared(text).as_bytes()))).ok()?;
    // What it cannot read either stays "no entries read", which the caller reports.
    let parsed = parsed.ok()?;
    let mut feed = RawFeed::new(format(&parsed.feed_type));
    feed.title = parsed.title.map(marked);
    feed.ttl = parsed.ttl.map(|minutes| minutes.to_string());
    feed.entries = parsed.entries.into_iter().map(entry).collect();
    (!feed.entries.is_empty()).then_some(feed)
}

/// Without its XML declaration: the text is decoded already, and a declared encoding would be applied once more.
fn undeclared(text: &str) -> &str {
    let after = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    after.map_or(text, |(_, rest)| rest)
}

fn format(kind: &FeedType) -> FeedFormat {
    match kind {
        FeedType::Atom => FeedFormat::Atom,
        FeedType::JSON => FeedFormat::JsonFeed,
        FeedType::RSS1 => FeedFormat::Rdf,
        FeedType::RSS0 | FeedType::RSS2 => FeedFormat::Rss,
    }
}

fn entry(entry: Entry) -> RawEntry {
    let date = |text: Option<String>| text.map(|text| RawDate { rank: 0, text }).into_iter().collect();
    RawEntry {
        guid: (!entry.id.is_empty()).then_some(entry.id),
        title: entry.title.map(marked),
        links: entry.links.into_iter().map(link).collect(),
        published: date(entry.published.map(|at| at.to_rfc3339())),
        updated: date(entry.updated.map(|at| at.to_rfc3339())),
        author: entry.authors.into_iter().find_map(|person| person.name),
        summary: entry.summary.map(marked),
        content: entry.content.and_then(|content| content.body).map(|text| Marked::new(text, MarkupKind::Unsaid)),
        ..RawEntry::default()
    }
}

fn marked(text: Text) -> Marked {
    Marked::new(text.content, MarkupKind::Unsaid)
}

fn link(link: Link) -> RawLink {
    RawLink { href: link.href, rel: link.rel, media_type: link.media_type }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_what_the_feed_said_and_no_made_up_ids() {
        let text = "<?xml version=\"1.0\" encoding=\"euc-kr\"?><rss version=\"2.0\"><channel><title>채널</title><ttl>30</ttl>\
            <item><title>금지</title><link>https://a.example/1</link><pubDate>Fri, 03 Jul 2026 14:20:00 +0900</pubDate></item></channel></rss>";
        let feed = read(text).unwrap();
        let entry = &feed.entries[0];
        assert_eq!((feed.format, feed.ttl.as_deref(), entry.guid.as_deref()), (FeedFormat::Rss, Some("30"), None));
        assert_eq!(entry.title.as_ref().map(|title| title.text.as_str()), Some("금지"));
        assert_eq!(entry.published[0].text, "2026-07-03T05:20:00+00:00");
        assert_eq!(entry.links[0].href, "https://a.example/1");
    }

    #[test]
    fn its_faults_and_panics_end_here() {
        let panics = "<rss version=\"2.0\"><channel><title>t</title><item><author>홍길동기자（a@b.example）</author></item></channel></rss>";
        assert!(read(panics).is_none_or(|feed| feed.entries.len() == 1));
        assert!(read("<rss version=\"2.0\"><channel><item></channel></rss>").is_none());
        assert!(read("").is_none());
    }
}
