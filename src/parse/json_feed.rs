//! JSON Feed 1.0 and 1.1.
use super::Problems;
use super::hub;
use super::raw::{Marked, MarkupKind, RawDate, RawEntry, RawFeed, RawLink};
use crate::model::{FeedFormat, Problem};
use serde_json::Value;
use url::Url;

pub(super) fn read(text: &str, url: Option<&Url>, problems: &mut Problems) -> RawFeed {
    // serde_json stops at 128 levels, so nesting cannot exhaust the stack. Text after the value is another's.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(fault)) => {
            problems.add(Problem::new("json_broken", fault.to_string()));
            return RawFeed::new(FeedFormat::Unknown);
        }
        None => return RawFeed::new(FeedFormat::Unknown),
    };
    let Some(items) = value.get("items").and_then(Value::as_array) else { return RawFeed::new(FeedFormat::Unknown) };
    let mut feed = RawFeed::new(FeedFormat::JsonFeed);
    feed.title = string(&value, "title").map(plain);
    hub::note_json(&mut feed.hub, &value);
    // What is no address is no base.
    let base = url.cloned().or_else(|| Url::parse(string(&value, "feed_url")?.trim()).ok());
    for (place, item) in items.iter().enumerate() {
        if item.is_object() {
            feed.entries.push(RawEntry { base: base.clone(), ..entry(item) });
        } else {
            problems.add(Problem::new("item_not_object", "an item is not an object").at(format!("items[{place}]")));
        }
    }
    feed
}

fn entry(item: &Value) -> RawEntry {
    let date = |key: &str| string(item, key).map(|text| RawDate { rank: 0, text }).into_iter().collect();
    let link = |key: &str, rel: &str| {
        string(item, key).map(|href| RawLink { href, rel: Some(rel.to_owned()), media_type: None })
    };
    let attachments = item.get("attachments").and_then(Value::as_array).into_iter().flatten().filter_map(|part| {
        let media_type = string(part, "mime_type");
        string(part, "url").map(|href| RawLink { href, rel: Some("enclosure".to_owned()), media_type })
    });
    RawEntry {
        guid: string(item, "id"),
        title: string(item, "title").map(plain),
        links: link("url", "alternate").into_iter().chain(link("external_url", "related")).chain(attachments).collect(),
        published: date("date_published"),
        updated: date("date_modified"),
        author: author(item),
        summary: string(item, "summary").map(plain),
        content: string(item, "content_html")
            .map(|text| Marked::new(text, MarkupKind::Html))
            .or_else(|| string(item, "content_text").map(plain)),
        ..RawEntry::default()
    }
}

/// Version 1.1 has a list, 1.0 one object.
fn author(item: &Value) -> Option<String> {
    let first = item.get("authors").and_then(|authors| authors.get(0));
    first.or_else(|| item.get("author")).and_then(|author| string(author, "name"))
}

/// Numbers are read as text: ids are often numbers although the standard says strings.
fn string(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn plain(text: String) -> Marked {
    Marked::new(text, MarkupKind::Text)
}
