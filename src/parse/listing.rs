//! HTML listing pages: the catalogue says which elements are the items.
use super::Problems;
use super::raw::{Marked, MarkupKind, RawDate, RawEntry, RawFeed, RawLink};
use crate::extract::gate;
use crate::model::{FeedFormat, ListingRule, Problem};
use crate::text::url as address;
use scraper::{ElementRef, Html, Selector};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

/// A list page shows some dozens; a selector that finds more than this finds the wrong thing.
const ITEMS_MAX: usize = 2_000;
/// A label longer than this is the whole teaser.
const TITLE_CHARS_MAX: usize = 300;
/// Nodes looked at inside one item: items may nest, and a hostile page must not be walked once for each.
const ITEM_NODES_MAX: usize = 2_000;
/// Pieces of text in one label.
const TEXT_NODES_MAX: usize = 200;

/// The fault of the first selector that cannot be used, with its key.
pub fn check_listing(rule: &ListingRule) -> Result<(), (&'static str, String)> {
    Selectors::new(rule).map(|_| ())
}

struct Selectors {
    item: Selector,
    title: Option<Selector>,
    link: Option<Selector>,
    date: Option<Selector>,
}

impl Selectors {
    fn new(rule: &ListingRule) -> Result<Self, (&'static str, String)> {
        let one = |key: &'static str, text: &str| Selector::parse(text).map_err(|fault| (key, fault.to_string()));
        let other = |key, text: &Option<String>| text.as_deref().map(|text| one(key, text)).transpose();
        Ok(Self {
            item: one("item", &rule.item)?,
            title: other("title", &rule.title)?,
            link: other("link", &rule.link)?,
            date: other("date", &rule.date)?,
        })
    }
}

pub(super) fn read(html: &str, rule: &ListingRule, url: Option<&Url>, problems: &mut Problems) -> RawFeed {
    // The parser is foreign code and the page anybody's; nothing outlives the call.
    let found = catch_unwind(AssertUnwindSafe(|| items(html, rule, url)));
    let mut feed = RawFeed::new(FeedFormat::Listing);
    match found {
        Ok(Ok(found)) => {
            if found.cut {
                problems.add(Problem::new("listing_cut", "the page is larger, deeper or longer than is read"));
            }
            if found.entries.is_empty() {
                let message = format!("{:?} finds no item with a link on this page", rule.item);
                problems.add(Problem::new("listing_empty", message));
            }
            feed.entries = found.entries;
        }
        Ok(Err((key, why))) => problems.add(Problem::new("listing_rule", format!("{key}: {why}"))),
        Err(_) => problems.add(Problem::new("parse_failed", "the page made the HTML parser panic")),
    }
    feed
}

struct Found {
    entries: Vec<RawEntry>,
    cut: bool,
}

fn items(html: &str, rule: &ListingRule, url: Option<&Url>) -> Result<Found, (&'static str, String)> {
    let selectors = Selectors::new(rule)?;
    let gated = gate::gate(html);
    let page = Html::parse_document(&gated.html);
    let mut entries: Vec<RawEntry> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut cut = gated.too_deep || gated.too_large;
    for (place, item) in page.select(&selectors.item).enumerate() {
        if place == ITEMS_MAX {
            cut = true;
            break;
        }
        let Some(link) = link(item, &selectors) else { continue };
        let href = link.attr("href").unwrap_or_default().trim();
        // Anchors within the page and links that run code lead to no article.
        let Ok(resolved) = address::canonical(href, url) else { continue };
        if href.is_empty() || href.starts_with('#') {
            continue;
        }
        let title = title(item, link, &selectors);
        match seen.get(resolved.as_str()).and_then(|at| entries.get_mut(*at)) {
            // The picture and the headline of one article lead to the same page.
            Some(first) => first.title = first.title.take().or(title.map(plain)),
            None => {
                seen.insert(resolved.to_string(), entries.len());
                entries.push(RawEntry {
                    title: title.map(plain),
                    links: vec![RawLink { href: resolved.to_string(), rel: None, media_type: None }],
                    published: date(item, &selectors).map(|text| RawDate { rank: 0, text }).into_iter().collect(),
                    ..RawEntry::default()
                });
            }
        }
    }
    Ok(Found { entries, cut })
}

fn plain(text: String) -> Marked {
    Marked::new(text, MarkupKind::Text)
}

/// The rule's element, else the item itself, else the first link in it.
fn link<'a>(item: ElementRef<'a>, selectors: &Selectors) -> Option<ElementRef<'a>> {
    let has_href = |element: &ElementRef<'a>| element.attr("href").is_some();
    if let Some(selector) = &selectors.link {
        return within(item).find(|element| has_href(element) && selector.matches(element));
    }
    Some(item)
        .filter(has_href)
        .or_else(|| within(item).find(|element| element.value().name() == "a" && has_href(element)))
}

/// The elements inside the item.
fn within(item: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    item.descendants().skip(1).take(ITEM_NODES_MAX).filter_map(ElementRef::wrap)
}

fn title(item: ElementRef<'_>, link: ElementRef<'_>, selectors: &Selectors) -> Option<String> {
    let matching = |selector: &Selector| within(item).filter(|element| selector.matches(element)).find_map(text);
    let named = selectors.title.as_ref().and_then(matching);
    named.or_else(|| text(link)).or_else(|| link.attr("title").map(str::to_owned))
}

fn text(element: ElementRef<'_>) -> Option<String> {
    let mut text = String::new();
    for part in element.text().take(TEXT_NODES_MAX) {
        text.extend(part.chars().take(TITLE_CHARS_MAX));
        text.push(' ');
    }
    let text = super::plain::collapse(&text);
    (!text.is_empty()).then(|| text.chars().take(TITLE_CHARS_MAX).collect())
}

fn date(item: ElementRef<'_>, selectors: &Selectors) -> Option<String> {
    let selector = selectors.date.as_ref()?;
    let element = within(item).find(|element| selector.matches(element))?;
    element.attr("datetime").map(str::to_owned).or_else(|| text(element))
}
