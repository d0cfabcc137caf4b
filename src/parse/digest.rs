//! An entry that is a list of other articles ("today's ten stories") is taken apart: one entry per link.
use super::scan::{Event, Scanner};
use super::{entity, plain};
use crate::model::id::derive;
use crate::model::{Entry, EntryKey, Link};
use crate::text::url as address;
use memchr::memmem::Finder;
use std::collections::HashSet;
use std::sync::LazyLock;
use url::Url;

/// Fewer links are a short post with its sources.
const LINKS_MIN: usize = 4;
/// The longest roundups have some dozens; the rest stays out.
const LINKS_MAX: usize = 100;
/// Of an anchor that names an article, not "more" or a person.
const ANCHOR_CHARS_MIN: usize = 12;
/// Chinese and Korean say as much in half.
const ANCHOR_WIDE_CHARS_MIN: usize = 8;
/// Visible characters that stand in such anchors, at least; an article with sources has far fewer.
const SHARE_MIN: f64 = 0.6;

static HREFS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [Finder::new("href"), Finder::new("HREF")]);

/// The entries behind the links, or nothing when the entry is no digest.
pub(super) fn split(entry: &Entry) -> Option<Vec<Entry>> {
    let content = entry.content.as_deref()?;
    // Counting is far cheaper than reading, and nearly every entry ends here.
    let hrefs = HREFS.iter().map(|word| word.find_iter(content.as_bytes()).take(LINKS_MIN).count());
    if hrefs.sum::<usize>() < LINKS_MIN {
        return None;
    }
    let base = entry.url.as_deref().and_then(|url| Url::parse(url).ok());
    let (anchors, visible) = anchors(content);
    let mut seen: HashSet<String> = entry.url.iter().cloned().collect();
    let mut named = 0;
    let mut parts = Vec::new();
    for (href, text) in anchors {
        // Links that are no addresses lead to no article.
        let Ok(url) = address::canonical(&href, base.as_ref()) else { continue };
        let is_article = url.path().len() > 1 || url.query().is_some();
        if !is_article || !names_an_article(&text) {
            continue;
        }
        named += text.chars().count();
        if seen.insert(url.to_string()) && parts.len() < LINKS_MAX {
            parts.push(part(entry, url.into(), text));
        }
    }
    let is_digest = parts.len() >= LINKS_MIN && named as f64 >= SHARE_MIN * visible as f64;
    is_digest.then_some(parts)
}

fn names_an_article(text: &str) -> bool {
    let wide = text.chars().filter(|c| ('\u{1100}'..='\u{d7ff}').contains(c)).count();
    wide >= ANCHOR_WIDE_CHARS_MIN || text.chars().count() >= ANCHOR_CHARS_MIN
}

/// Links with their text, and how many characters are visible in all.
fn anchors(html: &str) -> (Vec<(String, String)>, usize) {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open: Option<(String, String)> = None;
    let mut visible = 0;
    let mut scanner = Scanner::new(html);
    while let Some(event) = scanner.next() {
        match event {
            Event::Open(tag) if tag.name.eq_ignore_ascii_case("a") => {
                found.extend(open.take());
                open = tag.attribute("href").map(|href| (entity::decode(href), String::new()));
            }
            Event::Close { name, .. } if name.eq_ignore_ascii_case("a") => found.extend(open.take()),
            Event::Text(text) | Event::Cdata(text) => {
                let text = entity::decode(text);
                visible += text.split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>();
                if let Some((_, label)) = &mut open {
                    label.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found.extend(open);
    for (_, label) in &mut found {
        *label = plain::collapse(label);
    }
    (found, visible)
}

/// Its key is that of its address, so that tomorrow's digest with the same link brings nothing new.
fn part(entry: &Entry, url: String, title: String) -> Entry {
    Entry {
        key: EntryKey(derive("entry", &["url", &url])),
        links: vec![Link { href: url.clone(), rel: None, media_type: None }],
        url: Some(url),
        title: Some(title),
        title_markup: None,
        published: entry.published.clone(),
        updated: entry.updated.clone(),
        author: None,
        rights: entry.rights.clone(),
        summary: None,
        content: None,
    }
}
