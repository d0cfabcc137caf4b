//! OPML in and out. Real files nest folders, mix the case of names, leave titles out and repeat feeds.
use crate::model::FeedSpec;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
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
    #[error("broken XML at byte {at}: {why}")]
    Xml { at: u64, why: String },
    #[error("folders nest deeper than {DEPTH_MAX}")]
    TooDeep,
    #[error("cannot write OPML: {why}")]
    Write { why: String },
}

/// Every outline with a feed address, each address once, in document order.
pub fn read_opml(text: &str) -> Result<Vec<OpmlFeed>, OpmlFault> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{FEFF}').trim_start());
    reader.config_mut().check_end_names = false;
    let mut scan = Scan::default();
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            // What was read before the fault is kept only if there was an OPML head: a truncated export is still useful.
            Err(_) if scan.is_opml && !scan.feeds.is_empty() => return Ok(scan.feeds),
            Err(why) => return Err(OpmlFault::Xml { at: reader.buffer_position(), why: why.to_string() }),
        };
        match event {
            Event::Start(tag) => scan.open(&tag)?,
            Event::Empty(tag) => scan.outline(&tag),
            Event::End(tag) if is_outline(tag.name().as_ref()) => {
                scan.folders.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if scan.is_opml { Ok(scan.feeds) } else { Err(OpmlFault::NotOpml) }
}

#[derive(Default)]
struct Scan {
    is_opml: bool,
    folders: Vec<Option<String>>,
    feeds: Vec<OpmlFeed>,
}

fn is_outline(name: &str) -> bool {
    name.eq_ignore_ascii_case("outline")
}

impl Scan {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), OpmlFault> {
        if tag.name().as_ref().eq_ignore_ascii_case("opml") {
            self.is_opml = true;
        }
        if !is_outline(tag.name().as_ref()) {
            return Ok(());
        }
        if self.folders.len() == DEPTH_MAX {
            return Err(OpmlFault::TooDeep);
        }
        let is_feed = self.feed(tag);
        let name = if is_feed { None } else { attribute(tag, &["title", "text"]) };
        self.folders.push(name);
        Ok(())
    }

    fn outline(&mut self, tag: &BytesStart<'_>) {
        if is_outline(tag.name().as_ref()) {
            self.feed(tag);
        }
    }

    /// Adds the feed of this outline, if it has one.
    fn feed(&mut self, tag: &BytesStart<'_>) -> bool {
        let Some(url) = attribute(tag, &["xmlurl"]) else { return false };
        if self.feeds.iter().all(|feed| feed.url != url) {
            let folders = self.folders.iter().flatten().cloned().collect();
            self.feeds.push(OpmlFeed { url, title: attribute(tag, &["title", "text"]), folders });
        }
        true
    }
}

/// The first of these attributes that is there and not blank; names in any case.
fn attribute(tag: &BytesStart<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let found = tag.html_attributes().flatten().find(|a| a.key.as_ref().eq_ignore_ascii_case(name))?;
        let raw = found.value.into_owned();
        // An unknown entity or a bare & is kept as written rather than losing the feed.
        let text = quick_xml::escape::unescape(&raw).map_or(raw.clone(), |text| text.into_owned());
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    })
}

/// OPML 2.0, one folder per category.
pub fn write_opml(feeds: &[FeedSpec]) -> Result<String, OpmlFault> {
    let failed = |why: std::io::Error| OpmlFault::Write { why: why.to_string() };
    let mut writer = Writer::new_with_indent(Cursor::new(Vec::new()), b' ', 2);
    let mut put = |event: Event<'_>| writer.write_event(event).map_err(failed);
    put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    put(Event::Start(BytesStart::new("opml").with_attributes([("version", "2.0")])))?;
    put(Event::Start(BytesStart::new("head")))?;
    put(Event::Start(BytesStart::new("title")))?;
    put(Event::Text(BytesText::new("banwatch feeds")))?;
    put(Event::End(BytesEnd::new("title")))?;
    put(Event::End(BytesEnd::new("head")))?;
    put(Event::Start(BytesStart::new("body")))?;
    let mut categories: Vec<&str> = feeds.iter().map(|feed| feed.category.as_str()).collect();
    categories.sort_unstable();
    categories.dedup();
    for category in categories {
        put(Event::Start(BytesStart::new("outline").with_attributes([("text", category), ("title", category)])))?;
        for feed in feeds.iter().filter(|feed| feed.category == category) {
            let lang = feed.lang.to_string();
            let outline = BytesStart::new("outline").with_attributes([
                ("type", "rss"),
                ("text", feed.title.as_str()),
                ("title", feed.title.as_str()),
                ("xmlUrl", feed.url.as_str()),
                ("language", lang.as_str()),
            ]);
            put(Event::Empty(outline))?;
        }
        put(Event::End(BytesEnd::new("outline")))?;
    }
    put(Event::End(BytesEnd::new("body")))?;
    put(Event::End(BytesEnd::new("opml")))?;
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
        let deep = format!("<opml>{}", "<outline text='a'>".repeat(100));
        assert_eq!(read_opml(&deep), Err(OpmlFault::TooDeep));
    }
}
