//! `parse-feed`: feed bytes in, entries and problems out.
use super::filter::{self, LineFault};
use crate::model::{ChildMap, Entry, FeedDocument, FeedFormat, Link, ListingRule, Problem, Stamp};
use crate::parse::{FeedContext, parse};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, Read, Write};
use url::Url;

/// Of one feed, unpacked. The largest real feeds have a few MB.
const FEED_BYTES_MAX: u64 = 64 << 20;

pub(super) fn run(input: impl BufRead, output: impl Write) -> std::io::Result<u64> {
    filter::run(input, output, one)
}

#[derive(Serialize)]
struct Line {
    id: Value,
    format: FeedFormat,
    entries: Vec<EntryLine>,
    /// Of a sitemap index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<ChildLine>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct ChildLine {
    url: String,
    modified: Option<String>,
}

#[derive(Serialize)]
struct EntryLine {
    key: String,
    url: Option<String>,
    /// As the feed gave it, markup kept.
    title: Option<String>,
    title_text: Option<String>,
    published: Option<String>,
    updated: Option<String>,
    author: Option<String>,
    summary: Option<String>,
    content: Option<String>,
    links: Vec<Link>,
}

fn one(row: &Value) -> Result<Line, LineFault> {
    let bytes = match (filter::text(row, "content")?, filter::text(row, "path")?) {
        (Some(content), _) => content.as_bytes().to_vec(),
        (None, Some(path)) => read_file(path)?,
        (None, None) => return Err(LineFault::new("no_input", "path or content is needed")),
    };
    let url = filter::text(row, "url")?.map(Url::parse).transpose();
    let url = url.map_err(|fault| LineFault::new("bad_url", fault.to_string()))?;
    let zone = match filter::text(row, "tz")? {
        Some(name) => TimeZone::get(name).map_err(|fault| LineFault::new("bad_tz", fault.to_string()))?,
        None => TimeZone::UTC,
    };
    let fetched_at = filter::text(row, "fetched_at")?.map(str::parse).transpose();
    let listing = row.get("listing").filter(|rule| !rule.is_null()).cloned().map(serde_json::from_value).transpose();
    let listing: Option<ListingRule> =
        listing.map_err(|fault: serde_json::Error| LineFault::new("bad_listing", fault.to_string()))?;
    let context = FeedContext {
        url: url.as_ref(),
        content_type: filter::text(row, "content_type")?,
        fetched_at: fetched_at.map_err(|fault: jiff::Error| LineFault::new("bad_time", fault.to_string()))?,
        listing: listing.as_ref(),
        only: filter::text(row, "only")?,
        zone: &zone,
    };
    Ok(line(row.get("id").cloned().unwrap_or(Value::Null), parse(&bytes, &context)))
}

fn line(id: Value, document: FeedDocument) -> Line {
    let entries = document.entries.into_iter().map(entry_line).collect();
    let children = document.children.into_iter().map(child_line).collect();
    Line { id, format: document.format, entries, children, problems: document.problems }
}

fn child_line(child: ChildMap) -> ChildLine {
    ChildLine { url: child.url, modified: child.modified.as_ref().map(Stamp::to_text) }
}

fn entry_line(entry: Entry) -> EntryLine {
    EntryLine {
        key: entry.key.0,
        url: entry.url,
        title: entry.title_markup.or_else(|| entry.title.clone()),
        title_text: entry.title,
        published: entry.published.as_ref().map(Stamp::to_text),
        updated: entry.updated.as_ref().map(Stamp::to_text),
        author: entry.author,
        summary: entry.summary,
        content: entry.content,
        links: entry.links,
    }
}

/// A file's bytes, unpacked when its name ends in `.gz`, never more than the cap in memory.
fn read_file(path: &str) -> Result<Vec<u8>, LineFault> {
    let unreadable = |fault: std::io::Error| LineFault::new("unreadable", format!("{path}: {fault}"));
    let file = File::open(path).map_err(unreadable)?;
    if path.ends_with(".gz") { capped(flate2::read::MultiGzDecoder::new(file)) } else { capped(file) }
        .map_err(unreadable)?
        .ok_or_else(|| LineFault::new("too_large", format!("{path}: more than {FEED_BYTES_MAX} bytes unpacked")))
}

fn capped(reader: impl Read) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(FEED_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= FEED_BYTES_MAX).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &str) -> (u64, Vec<Value>) {
        let mut out = Vec::new();
        let failed = run(input.as_bytes(), &mut out).expect("in memory");
        let text = String::from_utf8(out).expect("json is UTF-8");
        (failed, text.lines().map(|line| serde_json::from_str(line).expect("json")).collect())
    }

    #[test]
    fn a_feed_comes_out_as_formats_says() {
        let row = serde_json::json!({
            "id": "a", "tz": "Asia/Seoul", "url": "https://a.example/feed", "unknown": 1, "content_type": null,
            "content": "<rss><channel><item><title>금지</title><link>/1</link><pubDate>2026.07.03 14:20</pubDate></item></channel></rss>",
        });
        let (failed, out) = lines(&row.to_string());
        assert_eq!((failed, out[0]["format"].as_str()), (0, Some("rss")));
        let entry = &out[0]["entries"][0];
        assert_eq!(entry["published"], "2026-07-03T14:20:00+09:00");
        assert_eq!((entry["url"].as_str(), entry["updated"].is_null()), (Some("https://a.example/1"), true));
    }

    #[test]
    fn faults_of_a_line_are_named() {
        let (failed, out) = lines(
            "{\"id\":1}\n{\"id\":2,\"path\":\"/no/such\"}\n{\"id\":3,\"content\":\"\",\"tz\":\"Mars\"}\n{\"id\":4,\"content\":\"\",\"url\":\"x\"}",
        );
        let codes: Vec<_> = out.iter().map(|line| line["error"]["code"].as_str().unwrap_or("-")).collect();
        assert_eq!((failed, codes), (4, vec!["no_input", "unreadable", "bad_tz", "bad_url"]));
    }

    #[test]
    fn packed_files_are_read_up_to_the_cap() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("feed.xml.gz");
        let mut packer =
            flate2::write::GzEncoder::new(File::create(&path).expect("a file"), flate2::Compression::fast());
        packer.write_all(b"<rss><channel><item><title>a</title></item></channel></rss>").expect("written");
        packer.finish().expect("written");
        let (failed, out) = lines(&serde_json::json!({"id": 1, "path": path}).to_string());
        assert_eq!((failed, out[0]["entries"][0]["title"].as_str()), (0, Some("a")));
        let over = std::io::repeat(b'<').take(FEED_BYTES_MAX + 5);
        assert_eq!(capped(over).expect("in memory"), None);
    }
}
