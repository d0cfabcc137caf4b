//! When it was published and changed: what the page claims, checked against what it shows.
use super::scene::Near;
use super::shown::{Label, Shown, first_published, shown};
use super::{Evidence, head};
use crate::model::{Precision, Problem, Stamp, TimeSource};
use crate::text::date;
use jiff::civil;
use regex::Regex;
use std::sync::LazyLock;

/// Sources that differ by more say different things; less is a matter of zones.
const DOUBT_DAYS: i32 = 1;

pub(super) struct Times {
    pub(super) published: Option<Stamp>,
    pub(super) modified: Option<Stamp>,
    pub(super) problems: Vec<Problem>,
}

const PUBLISHED: [&str; 30] = [
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "og:published_time",
    "article:published",
    "article:post_date",
    "firstpublishedtime",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "published",
    "published_time",
    "parsely-pub-date",
    "sailthru.date",
    "citation_publication_date",
    "citation_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "og:pubdate",
    "og:time",
    "article.published",
    "nextweb:createdate",
    "date",
    "weibo: article:create_at",
    "created",
];
const MODIFIED: [&str; 8] = [
    "article:modified_time",
    "og:article:modified_time",
    "og:updated_time",
    "og:modified_time",
    "datemodified",
    "lastmod",
    "last-modified",
    "weibo: article:update_at",
];

pub(super) fn read(seen: &Evidence<'_>, near: &Near<'_>, visible: &[String]) -> Times {
    let shown = shown(seen, near);
    let first_of = |label: Label| shown.iter().find(|one| one.label == label).map(|one| one.stamp.clone());
    let labelled = first_of(Label::Published).or_else(|| first_published(seen, near));
    let beside = labelled.clone().or_else(|| first_of(Label::None).filter(|_| near.found));
    let url = time_in_url(seen);
    let mut problems = Vec::new();
    let claimed = claimed(seen).map(|claim| {
        let named = [labelled.as_ref(), beside.as_ref(), url.as_ref()];
        let one = settle(claim, &named, &shown);
        problems.extend(one.1);
        one.0
    });
    let anywhere = || date::find_in_text(&visible.join("\n"), seen.page.zone);
    let published = claimed
        .or_else(|| beside.clone())
        .or_else(|| state_time(seen, seen.state().published.as_deref()))
        .or_else(|| first_of(Label::Modified).filter(|_| near.found))
        .or_else(|| url.clone().filter(|_| near.found))
        .or_else(anywhere)
        .or(url);
    let modified = stamp(seen, seen.article.modified.as_deref(), TimeSource::JsonLd)
        .or_else(|| stamp(seen, seen.metas.first(&MODIFIED), TimeSource::Meta))
        .or_else(|| element_time(seen, "[itemprop~=dateModified]"))
        .or_else(|| first_of(Label::Modified))
        // Not worth reading all scripts for.
        .or_else(|| state_time(seen, seen.state.get().and_then(|state| state.modified.as_deref())));
    Times { published, modified, problems }
}

/// The claim, or the shown date that refutes it.
fn settle(claim: Stamp, named: &[Option<&Stamp>; 3], shown: &[Shown]) -> (Stamp, Option<Problem>) {
    let [labelled, beside, url] = *named;
    let said = claim.local_date();
    let is_near = |stamp: &Stamp| days(said, stamp.local_date()).abs() <= DOUBT_DAYS;
    let witnesses: Vec<&Stamp> = [labelled, beside, url].into_iter().flatten().collect();
    if witnesses.iter().any(|stamp| is_near(stamp)) {
        return (claim, None);
    }
    // 03-09-2026 read the other way round is what the page shows.
    if let Some(turned) = turned(&claim).filter(|day| witnesses.iter().any(|stamp| stamp.local_date() == *day)) {
        let right = witnesses.into_iter().find(|stamp| stamp.local_date() == turned).cloned();
        return (right.unwrap_or(claim), None);
    }
    let other = match (labelled, beside, url) {
        (Some(labelled), _, _) => Some(labelled),
        // A date without a label refutes a later claim, not an earlier one: it may tell of the last edit.
        (None, Some(beside), _) if days(said, beside.local_date()) > 0 => Some(beside),
        // What was changed on a day was published by then; the first of January is what a form writes by itself.
        (None, None, _) => edited(shown).filter(|edit| days(said, edit.local_date()) > DOUBT_DAYS),
        (None, Some(beside), _) if is_default(&claim) => Some(beside),
        _ => None,
    };
    let is_modified =
        shown.iter().any(|one| one.label == Label::Modified && days(one.stamp.local_date(), said).abs() <= DOUBT_DAYS);
    match other {
        Some(other) => {
            let earlier = days(said, other.local_date()) > 0 || is_modified || is_default(&claim);
            let chosen = if earlier { other.clone() } else { claim.clone() };
            (chosen, Some(doubt(&claim, other)))
        }
        None => (claim, None),
    }
}

fn edited(shown: &[Shown]) -> Option<&Stamp> {
    shown.iter().find(|one| one.label == Label::Modified).map(|one| &one.stamp)
}

fn is_default(claim: &Stamp) -> bool {
    let date = claim.local_date();
    date.month() == 1 && date.day() == 1 && (claim.raw.contains("00:00") || claim.precision == Precision::Day)
}

fn doubt(claim: &Stamp, shown: &Stamp) -> Problem {
    Problem::new("date_doubtful", format!("the page claims {:?} and shows {:?}", claim.raw, shown.raw))
}

fn days(late: civil::Date, early: civil::Date) -> i32 {
    // Both lie within the years that dates are read in, so the difference in days always exists.
    early.until(late).map_or(0, |span| span.get_days())
}

fn turned(claim: &Stamp) -> Option<civil::Date> {
    let date = claim.local_date();
    let is_numeric = !claim.raw.starts_with(|c: char| c.is_alphabetic());
    civil::Date::new(date.year(), date.day(), date.month()).ok().filter(|turned| is_numeric && *turned != date)
}

pub(super) fn stamp(seen: &Evidence<'_>, raw: Option<&str>, source: TimeSource) -> Option<Stamp> {
    let raw = raw?;
    let found = date::parse(raw, seen.page.zone, source)?;
    // A count of seconds has no zone; the page's says which day that was.
    let offset_seconds = found.offset_seconds.or_else(|| Some(seen.page.zone.to_offset(found.instant).seconds()));
    Some(day_first(seen, Stamp { offset_seconds, ..found }))
}

/// 05/03/2023 outside America names the day first.
fn day_first(seen: &Evidence<'_>, stamp: Stamp) -> Stamp {
    static SLASHED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\D{0,20}\d{1,2}/\d{1,2}/(?:\d{4}|\d\d)\b").expect("the pattern is constant"));
    if !is_european(seen) || !SLASHED.is_match(&stamp.raw) {
        return stamp;
    }
    let Some(turned) = turned(&Stamp { raw: String::new(), ..stamp.clone() }) else { return stamp };
    date::parse(&turned.to_string(), seen.page.zone, stamp.source)
        .map_or(stamp.clone(), |found| Stamp { raw: stamp.raw, ..found })
}

fn is_european(seen: &Evidence<'_>) -> bool {
    const LANGUAGES: [&str; 16] = [
        "en-gb", "en-au", "en-nz", "en-ie", "en-in", "en-za", "en-sg", "de", "fr", "es", "it", "pt", "nl", "da", "vi",
        "id",
    ];
    const ENDS: [&str; 12] = [".uk", ".au", ".nz", ".ie", ".in", ".za", ".eu", ".de", ".fr", ".es", ".it", ".sg"];
    let lang = head::all(seen.html, "html[lang]")
        .next()
        .and_then(|html| html.attr("lang"))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let host = seen.page.url.and_then(|url| url.host_str()).unwrap_or_default();
    let zone = seen.page.zone.iana_name().unwrap_or_default();
    let by_language =
        LANGUAGES.iter().any(|one| lang == *one || (one.len() == 2 && lang.starts_with(&format!("{one}-"))));
    by_language
        || (lang != "en-us"
            && (ENDS.iter().any(|end| host.ends_with(end))
                || zone.starts_with("Europe/")
                || zone.starts_with("Australia/")))
}

fn claimed(seen: &Evidence<'_>) -> Option<Stamp> {
    let metas = || {
        PUBLISHED
            .iter()
            .flat_map(|name| seen.metas.every(name))
            .find_map(|raw| stamp(seen, Some(raw), TimeSource::Meta))
    };
    stamp(seen, seen.article.published.as_deref(), TimeSource::JsonLd)
        .or_else(metas)
        .or_else(|| element_time(seen, "[itemprop~=datePublished], time[pubdate]"))
        .or_else(|| {
            element_time(seen, "time.entry-date[datetime], time.published[datetime], time.dt-published[datetime]")
        })
        .or_else(|| own_time(seen))
        .or_else(|| {
            element_time(
                seen,
                "textarea[class*=time], input[type=hidden][name*=pubdate i], input[type=hidden][id*=pubdate i]",
            )
        })
        .or_else(|| element_time(seen, "[data-publish-time], [data-pubdate], [data-published], [data-date-time]"))
}

fn element_time(seen: &Evidence<'_>, selector: &'static str) -> Option<Stamp> {
    const ATTRIBUTES: [&str; 7] =
        ["datetime", "content", "value", "data-publish-time", "data-pubdate", "data-published", "data-date-time"];
    let times = head::all(seen.html, selector).take(20);
    times
        .filter_map(|time| {
            ATTRIBUTES.iter().find_map(|name| time.attr(name)).map(str::to_owned).or_else(|| Some(head::text_of(time)))
        })
        .find_map(|raw| stamp(seen, Some(&raw), TimeSource::TimeElement))
}

/// The first `time` of the article, not one of a list of others: those stand inside links.
fn own_time(seen: &Evidence<'_>) -> Option<Stamp> {
    let times = head::all(seen.html, "time[datetime]").take(20).filter(|time| {
        let around = time.ancestors().filter_map(scraper::ElementRef::wrap);
        !around.take(6).any(|element| matches!(element.value().name(), "a" | "nav" | "aside" | "footer"))
            && !is_update(time.attr("class").unwrap_or_default())
    });
    times.filter_map(|time| time.attr("datetime")).find_map(|raw| stamp(seen, Some(raw), TimeSource::TimeElement))
}

fn is_update(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    class.contains("updated") || class.contains("modified")
}

/// A state writes instants in UTC; the page's zone says which day that was.
fn state_time(seen: &Evidence<'_>, raw: Option<&str>) -> Option<Stamp> {
    let stamp = stamp(seen, raw, TimeSource::Meta)?;
    let is_utc = stamp.offset_seconds.is_none_or(|offset| offset == 0) && stamp.precision >= Precision::Minute;
    let offset = seen.page.zone.to_offset(stamp.instant).seconds();
    Some(if is_utc { Stamp { offset_seconds: Some(offset), ..stamp } } else { stamp })
}

fn time_in_url(seen: &Evidence<'_>) -> Option<Stamp> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^0-9])(20\d\d)[-/_]?(0[1-9]|1[0-2])[-/_]?([0-2]\d|3[01])(?:[^0-9]|$)")
            .expect("the pattern is constant")
    });
    static LONG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^0-9])[A-Z]{0,3}(20[0-4]\d)(0[1-9]|1[0-2])([0-2]\d|3[01])\d{4,14}(?:[^0-9]|$)")
            .expect("the pattern is constant")
    });
    let url = seen.page.url?;
    let place = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let found = DAY.captures(url.path()).or_else(|| LONG.captures(&place))?;
    let (year, month, day) = (found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3)?.as_str());
    date::parse(&format!("{year}-{month}-{day}"), seen.page.zone, TimeSource::Url)
}
