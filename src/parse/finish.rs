//! Raw feed → document: keys, absolute addresses, dates, plain text.
use super::markup::{self, Wrapper};
use super::raw::{Marked, MarkupKind, RawDate, RawEntry, RawFeed, RawLink};
use super::{FeedContext, Problems, digest, plain};
use crate::model::id::derive;
use crate::model::{
    ChildMap, Entry, EntryKey, FeedDocument, Link, Precision, Problem, RightsSignal, Stamp, TimeSource,
};
use crate::text::{date, url as address};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use url::Url;

pub(super) fn document(feed: RawFeed, context: &FeedContext<'_>, mut problems: Problems) -> FeedDocument {
    let wait_minutes = wait_minutes(&feed);
    let of_feed = rights(feed.rights.iter().map(String::as_str), "feed");
    let wrapper = if feed.is_atom_1 { Wrapper::Dropped } else { Wrapper::Kept };
    let mut entries: Vec<Entry> = Vec::with_capacity(feed.entries.len());
    for (place, raw) in feed.entries.into_iter().enumerate() {
        let title_markup = title_markup(&raw, context.url, wrapper);
        let entry = entry(raw, place, context, &mut problems);
        let title_markup = title_markup.filter(|markup| Some(markup) != entry.title.as_ref());
        entries.push(Entry { title_markup, ..entry });
    }
    // The feed's own statement holds for each of its entries.
    for entry in &mut entries {
        entry.rights.extend(of_feed.iter().cloned());
    }
    report_linkless(&entries, &mut problems);
    let entries = only(entries, context.only, &mut problems);
    let entries = without_digests(part_equal_keys(entries, &mut problems), &mut problems);
    FeedDocument {
        format: feed.format,
        title: feed.title.as_ref().and_then(plain::line),
        entries,
        children: children(feed.children, context, &mut problems),
        problems: problems.into_list(),
        wait_minutes,
        skips: feed.skips,
        hub: feed.hub,
    }
}

/// The entries the catalogue's row asks for.
fn only(mut entries: Vec<Entry>, part: Option<&str>, problems: &mut Problems) -> Vec<Entry> {
    let Some(part) = part else { return entries };
    let before = entries.len();
    entries.retain(|entry| entry.url.as_ref().is_some_and(|url| url.contains(part)));
    if entries.is_empty() && before > 0 {
        let message = format!("none of {before} addresses contains {part:?}");
        problems.add(Problem::new("only_matches_none", message));
    }
    entries
}

/// Each digest gives way to the articles it lists; an article with an entry of its own keeps that.
fn without_digests(entries: Vec<Entry>, problems: &mut Problems) -> Vec<Entry> {
    let parts: Vec<Option<Vec<Entry>>> = entries.iter().map(digest::split).collect();
    if parts.iter().all(Option::is_none) {
        return entries;
    }
    let mut taken: HashSet<EntryKey> = entries.iter().map(|entry| entry.key.clone()).collect();
    let mut urls: HashSet<String> = entries.iter().filter_map(|entry| entry.url.clone()).collect();
    let mut out = Vec::with_capacity(entries.len());
    for (place, (entry, parts)) in entries.into_iter().zip(parts).enumerate() {
        let Some(parts) = parts else {
            out.push(entry);
            continue;
        };
        let message = format!("a list of {} articles, taken apart", parts.len());
        problems.add(Problem::new("digest_split", message).at(format!("entry {place}")));
        out.extend(parts.into_iter().filter(|part| {
            part.url.as_ref().is_some_and(|url| urls.insert(url.clone())) && taken.insert(part.key.clone())
        }));
    }
    out
}

/// The protocol allows 50,000; the newest ones are where news is.
const CHILDREN_MAX: usize = 1_000;

fn children(raw: Vec<RawEntry>, context: &FeedContext<'_>, problems: &mut Problems) -> Vec<ChildMap> {
    let mut found: Vec<ChildMap> = Vec::with_capacity(raw.len());
    for (place, child) in raw.into_iter().enumerate() {
        let Some(url) = article_url(&child, child.base.as_ref().or(context.url)) else {
            problems.add(Problem::new("no_link", "a site map without address").at(format!("sitemap {place}")));
            continue;
        };
        let modified = stamp(child.updated, (place, None), context, problems);
        found.push(ChildMap { url, modified });
    }
    // Stable: those without a date keep the publisher's order behind the others.
    found.sort_by_key(|child| std::cmp::Reverse(child.modified.as_ref().map(|stamp| stamp.instant)));
    if found.len() > CHILDREN_MAX {
        let message = format!("the oldest {} of {} site maps are left out", found.len() - CHILDREN_MAX, found.len());
        problems.add(Problem::new("children_left_out", message));
        found.truncate(CHILDREN_MAX);
    }
    found
}

fn title_markup(raw: &RawEntry, url: Option<&Url>, wrapper: Wrapper) -> Option<String> {
    let title = own_or(&raw.title, &raw.other_title)?;
    // Without any of these the plain text is all there is.
    memchr::memchr3(b'<', b'>', b'&', title.text.as_bytes())?;
    let base = raw.title_base.as_ref().or(raw.base.as_ref()).or(url);
    markup::line(title, base, wrapper)
}

/// One problem for all of them: a feed without links has none in any entry.
fn report_linkless(entries: &[Entry], problems: &mut Problems) {
    let linkless = entries.iter().filter(|entry| entry.url.is_none()).count();
    if let Some(first) = entries.iter().position(|entry| entry.url.is_none()) {
        let message = format!("{linkless} of {} entries have no usable http(s) address", entries.len());
        problems.add(Problem::new("no_link", message).at(format!("entry {first}")));
    }
}

fn entry(raw: RawEntry, place: usize, context: &FeedContext<'_>, problems: &mut Problems) -> Entry {
    let base = raw.base.as_ref().or(context.url);
    let url = article_url(&raw, base);
    let title = own_or(&raw.title, &raw.other_title).and_then(plain::line);
    let summary = own_or(&raw.summary, &raw.other_summary).and_then(plain::line);
    let licences =
        raw.links.iter().filter(|link| link.rel.as_deref() == Some("license")).map(|link| link.href.as_str());
    let entry_rights = rights(raw.rights.iter().map(String::as_str).chain(licences), "entry");
    let guid = raw.guid.as_deref().map(plain::collapse).filter(|guid| !guid.is_empty());
    let published = stamp(raw.published, (place, context.fetched_at), context, problems);
    // An edit is told by the time of the update: it must not move with the time of the fetch.
    let updated = stamp(raw.updated, (place, None), context, problems);
    let author = [raw.author, raw.other_author].into_iter().flatten().find_map(|text| author_line(&text));
    Entry {
        key: key(guid.as_deref(), url.as_deref(), title.as_deref(), summary.as_deref()),
        published,
        updated,
        rights: entry_rights,
        author,
        content: raw.content.as_ref().and_then(plain::html).or_else(|| full_text(raw.summary.as_ref())),
        links: raw.links.into_iter().filter_map(|link| absolute(link, base)).collect(),
        url,
        title,
        title_markup: None,
        summary,
    }
}

/// Statements kept of one entry or feed, and characters of one.
const RIGHTS_MAX: usize = 8;
const RIGHTS_CHARS_MAX: usize = 500;

fn rights<'a>(raw: impl Iterator<Item = &'a str>, place: &str) -> Vec<RightsSignal> {
    let lines = raw.map(plain::collapse).filter(|line| !line.is_empty()).take(RIGHTS_MAX);
    let signal = |line: String| RightsSignal {
        kind: "feed_rights".to_owned(),
        raw: line.chars().take(RIGHTS_CHARS_MAX).collect(),
        place: place.to_owned(),
    };
    lines.map(signal).collect()
}

fn own_or<'a>(own: &'a Option<Marked>, other: &'a Option<Marked>) -> Option<&'a Marked> {
    own.as_ref().filter(|marked| !marked.text.trim().is_empty()).or(other.as_ref())
}

/// From what stays when an editor changes the title: guid, else address, else the text itself.
fn key(guid: Option<&str>, url: Option<&str>, title: Option<&str>, summary: Option<&str>) -> EntryKey {
    EntryKey(match (guid, url) {
        (Some(guid), _) => derive("entry", &["guid", guid]),
        (None, Some(url)) => derive("entry", &["url", url]),
        (None, None) => derive("entry", &["text", title.unwrap_or_default(), summary.unwrap_or_default()]),
    })
}

/// A key used twice: the same entry again is dropped and said so, another one gets a key of its own from its address
/// and text, so that it stays the same in every parse.
fn part_equal_keys(entries: Vec<Entry>, problems: &mut Problems) -> Vec<Entry> {
    let mut seen: HashMap<EntryKey, usize> = HashMap::with_capacity(entries.len());
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for (place, mut entry) in entries.into_iter().enumerate() {
        if let Some(first) = seen.get(&entry.key).and_then(|at| kept.get(*at)) {
            if *first == entry {
                problems.add(Problem::new("entry_twice", "the same entry again").at(format!("entry {place}")));
                continue;
            }
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            let (url, title, summary) = (part(&entry.url), part(&entry.title), part(&entry.summary));
            let apart = if first.url == entry.url { derive("entry", &[&title, &summary]) } else { url };
            entry.key = EntryKey(derive("entry", &["apart", entry.key.as_str(), &apart]));
            if seen.contains_key(&entry.key) {
                problems.add(Problem::new("entry_twice", "the same entry again").at(format!("entry {place}")));
                continue;
            }
        }
        seen.insert(entry.key.clone(), kept.len());
        kept.push(entry);
    }
    kept
}

/// The publisher's own address before a counter's; then alternate links, then a guid that is an address.
fn article_url(raw: &RawEntry, base: Option<&Url>) -> Option<String> {
    let is_alternate = |link: &&RawLink| link.rel.as_deref().is_none_or(|rel| rel.eq_ignore_ascii_case("alternate"));
    let is_page = |link: &&RawLink| link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    let alternates = || raw.links.iter().filter(is_alternate);
    let pages = alternates().filter(is_page).chain(alternates()).map(|link| link.href.as_str());
    let guid = raw.guid.as_deref().map(str::trim).filter(|guid| !raw.guid_is_no_link && guid.starts_with("http"));
    let candidates = raw.original_link.as_deref().into_iter().chain(pages).chain(guid);
    candidates
        .map(str::trim)
        .filter(|href| !href.is_empty())
        // A candidate that is no address is passed over for the next; that none is left is reported by the caller.
        .find_map(|href| address::canonical(href, base).ok())
        .map(String::from)
}

/// Links that are not http(s) after resolving cannot be followed and are left out.
fn absolute(link: RawLink, base: Option<&Url>) -> Option<Link> {
    let href = link.href.trim();
    let resolved = match base {
        Some(base) => base.join(href),
        None => Url::parse(href),
    };
    // What does not parse is no link.
    let url = resolved.ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(Link { href: url.into(), rel: link.rel, media_type: link.media_type })
}

/// The first date that can be read. With the time of the fetch, relative forms count from it, and a date without sense
/// becomes it; the raw text is kept.
fn stamp(
    mut dates: Vec<RawDate>,
    (place, fetched_at): (usize, Option<Timestamp>),
    context: &FeedContext<'_>,
    problems: &mut Problems,
) -> Option<Stamp> {
    dates.sort_by_key(|date| date.rank);
    let raw: Vec<String> =
        dates.iter().map(|date| plain::collapse(&date.text)).filter(|text| !text.is_empty()).collect();
    let read = |text: &String| {
        date::parse(text, context.zone, TimeSource::Feed)
            .or_else(|| date::relative(text, context.zone, (TimeSource::Feed, fetched_at?)))
    };
    let found = raw.iter().find_map(read);
    let first = raw.first()?;
    let shown = || first.chars().take(RAW_DATE_CHARS_MAX).collect::<String>();
    match (found, fetched_at) {
        (Some(stamp), Some(now)) if stamp.instant > now + FUTURE_MAX => {
            problems.add(Problem::new("date_absurd", shown()).at(format!("entry {place}")));
            Some(at_fetch(now, stamp.raw))
        }
        (None, Some(now)) if date::is_datelike(first) => {
            problems.add(Problem::new("date_absurd", shown()).at(format!("entry {place}")));
            Some(at_fetch(now, first.clone()))
        }
        (None, _) => {
            problems.add(Problem::new("date_unreadable", shown()).at(format!("entry {place}")));
            None
        }
        (found, _) => found,
    }
}

fn at_fetch(now: Timestamp, raw: String) -> Stamp {
    Stamp { instant: now, offset_seconds: None, precision: Precision::Second, source: TimeSource::Fetch, raw }
}

/// Zones that were left out make a day; beyond two, nobody dates news ahead.
const FUTURE_MAX: SignedDuration = SignedDuration::from_hours(48);

const RAW_DATE_CHARS_MAX: usize = 80;

fn author_line(text: &str) -> Option<String> {
    plain::line(&Marked::new(text.to_owned(), MarkupKind::Unsaid))
}

/// Many feeds put the whole article into the description.
fn full_text(summary: Option<&Marked>) -> Option<String> {
    let summary = summary?;
    memchr::memchr(b'<', summary.text.as_bytes())?;
    let html = plain::html(summary)?;
    ["<p", "<br", "<div", "<P", "<BR", "<DIV"].iter().any(|block| html.contains(block)).then_some(html)
}

/// `ttl`, else the syndication module's period divided by its frequency.
fn wait_minutes(feed: &RawFeed) -> Option<u32> {
    // Unreadable numbers mean that nothing was asked for.
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.trim().parse::<u32>().ok());
    if let Some(ttl) = number(&feed.ttl).filter(|ttl| *ttl > 0) {
        return Some(ttl);
    }
    let period = match feed.update_period.as_ref()?.trim().to_ascii_lowercase().as_str() {
        "hourly" => 60,
        "daily" => 24 * 60,
        "weekly" => 7 * 24 * 60,
        "monthly" => 30 * 24 * 60,
        "yearly" => 365 * 24 * 60,
        _ => return None,
    };
    let frequency = number(&feed.update_frequency).filter(|frequency| *frequency > 0).unwrap_or(1);
    Some((period / frequency).max(1))
}
