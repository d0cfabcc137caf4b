//! OPML in and out. Real files nest folders, mix the case of names, leave titles out and repeat feeds.
use crate::model::FeedSpec;
use crate::parse::entity;
use crate::parse::scan::{Event, Scanner, Tag};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event as Written};
use std::collections::HashSet;
use std::io::Cursor;

/// Deeper folders than any reader writes; a limit for hostile files.
const DEPTH_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpmlFeed {
    pub url: String,
    /// None when the outline has neither title nor text.
    pub title: Option<String>,
    /// Names of the folders around it, outermost first.
    pub folders: Vec<String>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpmlFault {
    #[error("not OPML: there is no <opml> element")]
    NotOpml,
    #[error("folders nest deeper than {DEPTH_MAX}")]
    TooDeep,
    #[error("cannot write OPML: {why}")]
    Write { why: String },
}

/// Every outline with a feed address, each address once, in document order. Broken markup costs what it hit.
pub fn read_opml(text: &str) -> Result<Vec<OpmlFeed>, OpmlFault> {
    let mut scanner = Scanner::new(text);
    let mut scan = Scan::default();
    while let Some(event) = scanner.next() {
        match event {
            Event::Open(tag) => scan.open(&tag)?,
            Event::Close { name, .. } if is_outline(name) => {
                scan.folders.pop();
            }
            _ => {}
        }
    }
    if scan.is_opml || !scan.feeds.is_empty() { Ok(scan.feeds) } else { Err(OpmlFault::NotOpml) }
}

#[derive(Default)]
struct Scan {
    is_opml: bool,
    folders: Vec<Option<String>>,
    seen: HashSet<String>,
    feeds: Vec<OpmlFeed>,
}

fn is_outline(name: &str) -> bool {
    name.eq_ignore_ascii_case("outline")
}

impl Scan {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), OpmlFault> {
        if tag.name.eq_ignore_ascii_case("opml") {
            self.is_opml = true;
        }
        if !is_outline(tag.name) {
            return Ok(());
        }
        let is_feed = self.feed(tag);
        if tag.empty {
            return Ok(());
        }
        if self.folders.len() == DEPTH_MAX {
            return Err(OpmlFault::TooDeep);
        }
        let name = if is_feed { None } else { attribute(tag, &["title", "text"]) };
        self.folders.push(name);
        Ok(())
    }

    /// Adds the feed of this outline, if it has one.
    fn feed(&mut self, tag: &Tag<'_>) -> bool {
        let Some(url) = attribute(tag, &["xmlurl"]) else { return false };
        if self.seen.insert(url.clone()) {
            let folders = self.folders.iter().flatten().cloned().collect();
            self.feeds.push(OpmlFeed { url, title: attribute(tag, &["title", "text"]), folders });
        }
        true
    }
}

/// The first of these attributes that is there and not blank; names in any case.
fn attribute(tag: &Tag<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let text = entity::decode(tag.attribute(name)?);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    })
}

/// OPML 2.0, one folder per category.
pub fn write_opml(feeds: &[FeedSpec]) -> Result<String, OpmlFault> {
    let failed = |why: std::io::Error| OpmlFault::Write { why: why.to_string() };
    let mut writer = Writer::new_with_indent(Cursor::new(Vec::new()), b' ', 2);
    let mut put = |event: Written<'_>| writer.write_event(event).map_err(failed);
    put(Written::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    put(Written::Start(BytesStart::new("opml").with_attributes([("version", "2.0")])))?;
    put(Written::Start(BytesStart::new("head")))?;
    put(Written::Start(BytesStart::new("title")))?;
    put(Written::Text(BytesText::new("banwatch feeds")))?;
    put(Written::End(BytesEnd::new("title")))?;
    put(Written::End(BytesEnd::new("head")))?;
    put(Written::Start(BytesStart::new("body")))?;
    let mut categories: Vec<&str> = feeds.iter().map(|feed| feed.category.as_str()).collect();
    categories.sort_unstable();
    categories.dedup();
    for category in categories {
        put(Written::Start(BytesStart::new("outline").with_attributes([("text", category), ("title", category)])))?;
        for feed in feeds.iter().filter(|feed| feed.category == category) {
            let lang = feed.lang.to_string();
            let outline = BytesStart::new("outline").with_attributes([
                ("type", "rss"),
                ("text", feed.title.as_str()),
                ("title", feed.title.as_str()),
                ("xmlUrl", feed.url.as_str()),
                ("language", lang.as_str()),
            ]);
            put(Written::Empty(outline))?;
        }
        put(Written::End(BytesEnd::new("outline")))?;
    }
    put(Written::End(BytesEnd::new("body")))?;
    put(Written::End(BytesEnd::new("opml")))?;
    String::from_utf8(writer.into_inner().into_inner()).map_err(|why| OpmlFault::Write { why: why.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_files_nest_repeat_and_misspell() {
        let text = r#"<?xml version="1.0"?><OPML version="1.0"><head/><body>
            <outline text="뉴스"><outline TEXT="IT"><outline type="rss" text="가 &amp; 나" XMLURL="https://a.example/rss?x=1&amp;y=2"/></outline>
            <outline xmlurl=" https://b.example/feed "/></outline>
            <outline xmlUrl="https://a.example/rss?x=1&y=2" text="again"/></body></OPML>"#;
        let feeds = read_opml(text).expect("readable");
        assert_eq!(feeds.len(), 2);
        assert_eq!(feeds[0].title.as_deref(), Some("가 & 나"));
        assert_eq!(feeds[0].folders, ["뉴스", "IT"]);
        assert_eq!((feeds[1].url.as_str(), feeds[1].title.as_deref()), ("https://b.example/feed", None));
    }

    #[test]
    fn what_is_written_reads_back() {
        let feeds = &super::super::embedded().feeds;
        let back = read_opml(&write_opml(feeds).expect("written")).expect("readable");
        let mut want: Vec<_> = feeds.iter().map(|feed| feed.url.clone()).collect();
        let mut got: Vec<_> = back.into_iter().map(|feed| feed.url).collect();
        want.sort();
        got.sort();
        assert_eq!(got, want);
    }

    #[test]
    fn other_documents_and_hostile_depth_are_named() {
        assert_eq!(read_opml("<html></html>"), Err(OpmlFault::NotOpml));
        // A bare &, a lost quote and a missing end: each costs at most its own outline.
        let broken = "<opml><body><outline text='A & B' xmlUrl='https://a.example/?a=1&b=2'><outline text=\"x xmlUrl='https://b.example/'>\n<outline xmlurl='https://c.example/'/>";
        let urls: Vec<_> = read_opml(broken).expect("readable").into_iter().map(|feed| feed.url).collect();
        assert!(
            urls.contains(&"https://a.example/?a=1&b=2".to_owned()) && urls.contains(&"https://c.example/".to_owned()),
            "{urls:?}"
        );
        let deep = format!("<opml>{}", "<outline text='a'>".repeat(100));
        assert_eq!(read_opml(&deep), Err(OpmlFault::TooDeep));
    }
}
