//! Autodiscovery: a page → addresses that may be its feeds, the likeliest first.
use super::scan::{Event, Scanner};
use super::{entity, plain};
use crate::text::url as address;
use serde::Serialize;
use std::collections::HashSet;
use url::Url;

/// Each one is fetched: a page that names more is a directory.
const CANDIDATES_MAX: usize = 20;
/// The well-known paths always get their turn.
const NAMED_MAX: usize = 12;

const TYPES: [&str; 7] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
    "application/xml",
    "text/xml",
];

/// Where publishing systems put their feeds.
const WELL_KNOWN: [&str; 8] =
    ["/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json", "/news-sitemap.xml"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// `<link rel="alternate">` with a feed's media type.
    Named,
    /// A link on the page whose address looks like a feed.
    Linked,
    /// A path that publishing systems use; the page says nothing about it.
    WellKnown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    pub url: String,
    pub title: Option<String>,
    pub hint: Hint,
}

/// At most twenty http(s) addresses, each once.
pub fn discover(html: &str, url: &Url) -> Vec<Candidate> {
    let mut found = on_page(html, url);
    // A stable sort keeps the page's own order within each kind.
    found.sort_by_key(|candidate| candidate.hint);
    found.truncate(NAMED_MAX);
    found.extend(WELL_KNOWN.iter().filter_map(|path| candidate(path, (url, Hint::WellKnown), None)));
    let mut seen = HashSet::new();
    found.retain(|candidate| seen.insert(candidate.url.clone()));
    found.truncate(CANDIDATES_MAX);
    found
}

fn on_page(html: &str, url: &Url) -> Vec<Candidate> {
    let mut base = url.clone();
    let mut found = Vec::new();
    let mut scanner = Scanner::new(html);
    while let Some(event) = scanner.next() {
        let Event::Open(tag) = event else { continue };
        let decoded = |name: &str| tag.attribute(name).map(|value| plain::collapse(&entity::decode(value)));
        let Some(href) = decoded("href").filter(|href| !href.is_empty()) else { continue };
        match tag.name.to_ascii_lowercase().as_str() {
            // An unreadable base leaves the page's own address in force.
            "base" => base = base.join(&href).unwrap_or(base),
            "link" if is_feed_link(&decoded("rel"), &decoded("type")) => {
                found.extend(candidate(&href, (&base, Hint::Named), decoded("title")));
            }
            "a" if looks_like_feed(&href) => found.extend(candidate(&href, (&base, Hint::Linked), decoded("title"))),
            _ => {}
        }
    }
    found
}

fn candidate(href: &str, (base, hint): (&Url, Hint), title: Option<String>) -> Option<Candidate> {
    // `feed:` is how some pages mark a feed's address; what is no address then is no candidate.
    let href = href.strip_prefix("feed://").map_or(href.to_owned(), |rest| format!("https://{rest}"));
    let href = href.strip_prefix("feed:").unwrap_or(&href).to_owned();
    let url = address::canonical(&href, Some(base)).ok()?;
    Some(Candidate { url: url.into(), title: title.filter(|title| !title.is_empty()), hint })
}

fn is_feed_link(rel: &Option<String>, media_type: &Option<String>) -> bool {
    let rel = rel.as_deref().unwrap_or_default().to_ascii_lowercase();
    let kind = media_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_alternate = rel.split_ascii_whitespace().any(|word| matches!(word, "alternate" | "feed"));
    is_alternate && (TYPES.contains(&kind) || (kind.is_empty() && rel.contains("feed")))
}

/// By its path and query: rss, atom, feed or rdf as a word, or the ending of an XML file of that name.
fn looks_like_feed(href: &str) -> bool {
    let lower = href.to_ascii_lowercase();
    if lower.starts_with("feed:") {
        return true;
    }
    let path = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
    let path = path.split('#').next().unwrap_or_default();
    path.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        matches!(word, "rss" | "rss2" | "atom" | "feed" | "feeds" | "rdf" | "rssfeed" | "allrss" | "xmlfeed")
    }) && ![".html", ".htm", ".png", ".jpg", ".svg", ".css", ".js"].iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_feeds() {
        let page = "<html><head><base href='https://cdn.example/x/'><LINK REL='Alternate' type='application/rss+xml; charset=utf-8' title='전체 &amp; 속보' href=all.xml>\
            <link rel=stylesheet type='text/css' href=/rss.css><link rel=alternate hreflang=en href=/en/>\
            <link rel='alternate' type='application/atom+xml' href='javascript:x'></head>\
            <a href='/board/rss?id=3&amp;x=1'>RSS</a><a href='feed:https://b.example/f'>f</a><a href='/rss/guide.html'>what is RSS</a><a href='/press'>p</a>";
        let found = discover(page, &Url::parse("https://a.example/news/").unwrap());
        let shown: Vec<_> = found.iter().take(4).map(|c| (c.url.as_str(), c.hint)).collect();
        assert_eq!(
            shown,
            [
                ("https://cdn.example/x/all.xml", Hint::Named),
                ("https://cdn.example/board/rss?id=3&x=1", Hint::Linked),
                ("https://b.example/f", Hint::Linked),
                ("https://a.example/feed", Hint::WellKnown),
            ]
        );
        assert_eq!(found[0].title.as_deref(), Some("전체 & 속보"));
        assert_eq!(found.len(), 3 + WELL_KNOWN.len());
        let directory =
            "<a href='/rss/1'>".to_owned() + &(0..100).map(|n| format!("<a href='/rss/{n}.xml'>")).collect::<String>();
        assert_eq!(discover(&directory, &Url::parse("https://a.example/").unwrap()).len(), CANDIDATES_MAX);
    }
}
