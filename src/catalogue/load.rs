//! `[[feed]]`, `[[absence]]` and `[[site]]` tables → [`FeedSpec`] and [`Policies`]. A row is right or the whole file is refused.
use crate::model::{FeedId, FeedKind, FeedSpec, FeedStatus, Lang, ListingRule, Pages, Script};
use crate::rights::{Permit, Policies, SitePolicy};
use jiff::civil;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::HashMap;
use toml::Spanned;
use url::Url;

/// Longer addresses are faults of whoever wrote the file; servers refuse them too.
const URL_BYTES_MAX: usize = 2_000;

#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    pub feeds: Vec<FeedSpec>,
    pub absences: Vec<Absence>,
    /// The operator's rules by site.
    pub policies: Policies,
}

/// A feed that was looked for and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    pub target: String,
    pub why: String,
    pub seen: Option<civil::Date>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct CatalogueFault {
    pub file: String,
    /// 1-based.
    pub line: usize,
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    feed: Vec<Spanned<FeedRow>>,
    #[serde(default)]
    absence: Vec<AbsenceRow>,
    #[serde(default)]
    site: Vec<SiteRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedRow {
    title: Spanned<String>,
    url: Spanned<String>,
    lang: Spanned<String>,
    script: Option<Spanned<String>>,
    region: Spanned<String>,
    zone: Spanned<String>,
    category: Spanned<String>,
    kind: Spanned<String>,
    pages: Option<Spanned<String>>,
    evidence: Option<Spanned<String>>,
    note: Option<String>,
    only: Option<Spanned<String>>,
    listing: Option<Spanned<ListingRule>>,
    #[serde(default)]
    disabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AbsenceRow {
    target: String,
    why: String,
    seen: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteRow {
    host: Spanned<String>,
    why: Option<String>,
    rights: SiteRights,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteRights {
    show: Spanned<String>,
}

/// Loads several files as one catalogue: a feed may stand in one of them only.
pub fn load(files: &[SourceFile<'_>]) -> Result<Catalogue, CatalogueFault> {
    let mut catalogue = Catalogue::default();
    let mut seen: HashMap<String, String> = HashMap::new();
    for file in files {
        let document: Document = toml::from_str(file.text).map_err(|fault| {
            let at = fault.span().map_or(0, |span| span.start);
            file.fault(at, fault.message())
        })?;
        for row in document.feed {
            let url_at = row.get_ref().url.span().start;
            let spec = spec(file, row.into_inner())?;
            let place = format!("{}:{}", file.name, file.line(url_at));
            if let Some(first) = seen.insert(same_feed_key(&spec.url), place) {
                return Err(file.fault(url_at, format!("{} is already listed at {first}", spec.url)));
            }
            catalogue.feeds.push(spec);
        }
        for row in document.absence {
            let seen = row.seen.map(|day| date(file, &day)).transpose()?;
            catalogue.absences.push(Absence { target: row.target, why: row.why, seen });
        }
        for row in document.site {
            let policy = policy(file, &row)?;
            let host = row.host.get_ref();
            if let Some(first) = catalogue.policies.add(host, policy) {
                return Err(file.fault(row.host.span().start, format!("{host} already has a rule at {}", first.place)));
            }
        }
    }
    Ok(catalogue)
}

fn policy(file: &SourceFile<'_>, row: &SiteRow) -> Result<SitePolicy, CatalogueFault> {
    let (host, at) = (row.host.get_ref().as_str(), row.host.span().start);
    let bare = Url::parse(&format!("https://{host}/")).is_ok_and(|url| url.host_str() == Some(host));
    if !bare {
        return Err(file.fault(at, format!("{host:?} is not a bare host name in lower case, as news.example.org")));
    }
    let (show, show_at) = (row.rights.show.get_ref().as_str(), row.rights.show.span().start);
    let known = "(nothing, metadata, quotation, full_text)";
    let show = Permit::parse(show).ok_or_else(|| file.fault(show_at, format!("unknown show {show:?} {known}")))?;
    // A missing reason is an empty one; where it matters, the next line refuses it.
    let why = row.why.as_deref().unwrap_or_default().trim().to_owned();
    if show == Permit::FullText && why.is_empty() {
        return Err(file.fault(show_at, "show = \"full_text\" needs why: who gave leave, or which licence"));
    }
    Ok(SitePolicy { show, why, place: format!("{}:{}", file.name, file.line(show_at)) })
}

/// Two spellings of one feed: scheme, host case and a trailing slash do not make another feed.
fn same_feed_key(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    bare.trim_end_matches('/').to_lowercase()
}

fn spec(file: &SourceFile<'_>, row: FeedRow) -> Result<FeedSpec, CatalogueFault> {
    let kind = kind(file, &row.kind)?;
    let listing = row.listing.as_ref().map(|rule| listing(file, kind, rule)).transpose()?;
    let status = match (row.disabled, kind, &listing) {
        (true, _, _) => FeedStatus::Disabled,
        (false, FeedKind::Listing, None) => FeedStatus::Pending,
        (false, _, _) => FeedStatus::Live,
    };
    Ok(FeedSpec {
        id: FeedId::of(row.url.get_ref()),
        url: checked_url(file, &row.url)?,
        title: filled(file, "title", &row.title)?,
        lang: watched_lang(file, &row.lang)?,
        script: row.script.map(|script| parse_with(file, &script, Script::parse)).transpose()?,
        region: region(file, &row.region)?,
        zone: zone(file, &row.zone)?,
        category: filled(file, "category", &row.category)?,
        kind,
        status,
        // A row that does not say wants all of them; a wrong value is a fault above all defaults.
        pages: row.pages.map(|value| pages(file, &value)).transpose()?.unwrap_or_default(),
        last_evidence: row.evidence.map(|day| date(file, &day)).transpose()?,
        note: row.note,
        only: row.only.map(|part| filled(file, "only", &part)).transpose()?,
        listing,
    })
}

fn listing(file: &SourceFile<'_>, kind: FeedKind, rule: &Spanned<ListingRule>) -> Result<ListingRule, CatalogueFault> {
    let at = rule.span().start;
    if kind != FeedKind::Listing {
        return Err(file.fault(at, "listing is only for kind = \"listing\""));
    }
    let rule = rule.get_ref();
    crate::parse::check_listing(rule)
        .map_err(|(key, why)| file.fault(at, format!("listing.{key} is not a CSS selector: {why}")))?;
    Ok(rule.clone())
}

fn checked_url(file: &SourceFile<'_>, value: &Spanned<String>) -> Result<String, CatalogueFault> {
    let text = value.get_ref();
    let at = value.span().start;
    if text.len() > URL_BYTES_MAX {
        return Err(file.fault(at, format!("url is longer than {URL_BYTES_MAX} bytes")));
    }
    let url = Url::parse(text).map_err(|why| file.fault(at, format!("{text:?} is not a URL: {why}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(file.fault(at, format!("{text:?} must be an http or https address with a host")));
    }
    Ok(text.clone())
}

fn watched_lang(file: &SourceFile<'_>, value: &Spanned<String>) -> Result<Lang, CatalogueFault> {
    let lang = parse_with(file, value, Lang::parse)?;
    if lang.is_watched() {
        Ok(lang)
    } else {
        Err(file.fault(value.span().start, format!("language {lang} is not watched (ko, zh, en)")))
    }
}

fn kind(file: &SourceFile<'_>, value: &Spanned<String>) -> Result<FeedKind, CatalogueFault> {
    match value.get_ref().as_str() {
        "feed" => Ok(FeedKind::Feed),
        "sitemap" => Ok(FeedKind::Sitemap),
        "listing" => Ok(FeedKind::Listing),
        other => Err(file.fault(value.span().start, format!("unknown kind {other:?} (feed, sitemap, listing)"))),
    }
}

fn pages(file: &SourceFile<'_>, value: &Spanned<String>) -> Result<Pages, CatalogueFault> {
    match value.get_ref().as_str() {
        "all" => Ok(Pages::All),
        "gated" => Ok(Pages::Gated),
        other => Err(file.fault(value.span().start, format!("unknown pages {other:?} (all, gated)"))),
    }
}

fn region(file: &SourceFile<'_>, value: &Spanned<String>) -> Result<String, CatalogueFault> {
    let text = value.get_ref();
    let right = matches!(text.len(), 2 | 3) && text.bytes().all(|b| b.is_ascii_uppercase());
    if right {
        Ok(text.clone())
    } else {
        Err(file.fault(value.span().start, format!("region {text:?} is not an ISO 3166 code, EU or INT")))
    }
}

fn zone(file: &SourceFile<'_>, value: &Spanned<String>) -> Result<String, CatalogueFault> {
    let text = value.get_ref();
    TimeZone::get(text).map_err(|_| file.fault(value.span().start, format!("unknown time zone {text:?}")))?;
    Ok(text.clone())
}

fn date(file: &SourceFile<'_>, value: &Spanned<String>) -> Result<civil::Date, CatalogueFault> {
    let text = value.get_ref();
    text.parse().map_err(|_| file.fault(value.span().start, format!("{text:?} is not a date (YYYY-MM-DD)")))
}

fn filled(file: &SourceFile<'_>, what: &str, value: &Spanned<String>) -> Result<String, CatalogueFault> {
    let text = value.get_ref();
    if text.trim().is_empty() {
        Err(file.fault(value.span().start, format!("{what} is empty")))
    } else {
        Ok(text.clone())
    }
}

fn parse_with<T, E: std::fmt::Display>(
    file: &SourceFile<'_>,
    value: &Spanned<String>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, CatalogueFault> {
    parse(value.get_ref()).map_err(|why| file.fault(value.span().start, why.to_string()))
}

impl SourceFile<'_> {
    fn line(&self, byte: usize) -> usize {
        1 + self.text.bytes().take(byte).filter(|b| *b == b'\n').count()
    }

    fn fault(&self, byte: usize, message: impl Into<String>) -> CatalogueFault {
        CatalogueFault { file: self.name.to_owned(), line: self.line(byte), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"
[[feed]]
title = "하나"
url = "https://one.example/rss"
lang = "ko"
script = "Kore"
region = "KR"
zone = "Asia/Seoul"
category = "tech"
kind = "feed"
"#;

    fn fault(text: &str) -> String {
        load(&[SourceFile { name: "t.toml", text }]).expect_err("a fault").to_string()
    }

    #[test]
    fn the_shipped_catalogue_loads() {
        let catalogue = super::super::embedded();
        assert!(catalogue.feeds.len() >= 268, "{}", catalogue.feeds.len());
        assert!(catalogue.absences.len() >= 15);
        let is_pending = |feed: &&FeedSpec| feed.status == FeedStatus::Pending;
        assert_eq!(catalogue.feeds.iter().filter(is_pending).count(), 0, "every listing page has its selectors");
    }

    #[test]
    fn faults_name_file_and_line() {
        let cases = [
            (
                ROW.replace("https://one.example/rss", "ftp://one.example/rss"),
                "t.toml:4: \"ftp://one.example/rss\" must be an http or https address with a host",
            ),
            (ROW.replace("lang = \"ko\"", "lang = \"korean\""), "t.toml:5: unknown language \"korean\""),
            (ROW.replace("lang = \"ko\"", "lang = \"fr\""), "t.toml:5: language fr is not watched (ko, zh, en)"),
            (ROW.replace("Asia/Seoul", "Asia/Soul"), "t.toml:8: unknown time zone \"Asia/Soul\""),
            (
                ROW.replace("kind = \"feed\"", "kind = \"rss\""),
                "t.toml:10: unknown kind \"rss\" (feed, sitemap, listing)",
            ),
            (format!("{ROW}pages = \"some\"\n"), "t.toml:11: unknown pages \"some\" (all, gated)"),
            (format!("{ROW}{ROW}"), "t.toml:14: https://one.example/rss is already listed at t.toml:4"),
            (
                format!("{ROW}{}", ROW.replace("https://one.example/rss", "http://ONE.example/rss/")),
                "t.toml:14: http://ONE.example/rss/ is already listed at t.toml:4",
            ),
        ];
        for (text, want) in cases {
            assert_eq!(fault(&text), want);
        }
        let unknown = fault(&ROW.replace("category", "categorie"));
        assert!(unknown.starts_with("t.toml:9: unknown field `categorie`"), "{unknown}");
    }

    #[test]
    fn a_rule_for_a_site_is_loaded_or_refused_with_its_line() {
        let site = "[[site]]\nhost = \"paper.example\"\nwhy = \"CC BY\"\nrights = { show = \"full_text\" }\n";
        let catalogue = load(&[SourceFile { name: "t.toml", text: site }]).expect("right");
        let policy = catalogue.policies.of("https://news.paper.example/1").expect("a host below it");
        assert_eq!((policy.show, policy.place.as_str()), (Permit::FullText, "t.toml:4"));
        assert_eq!(catalogue.policies.of("https://otherpaper.example/1"), None);
        for (from, to, want) in [
            ("full_text", "all", "t.toml:4: unknown show \"all\" (nothing, metadata, quotation, full_text)"),
            ("CC BY", " ", "t.toml:4: show = \"full_text\" needs why: who gave leave, or which licence"),
            (
                "paper.example",
                "https://paper.example",
                "t.toml:2: \"https://paper.example\" is not a bare host name in lower case, as news.example.org",
            ),
        ] {
            assert_eq!(fault(&site.replace(from, to)), want);
        }
        assert_eq!(fault(&format!("{site}{site}")), "t.toml:6: paper.example already has a rule at t.toml:4");
        let unknown = fault(&site.replace("show", "shown"));
        assert!(unknown.starts_with("t.toml:4: unknown field `shown`"), "{unknown}");
    }

    #[test]
    fn pages_are_all_unless_gated() {
        let pages = |text: &str| load(&[SourceFile { name: "t.toml", text }]).expect("right").feeds[0].pages;
        assert_eq!(pages(ROW), Pages::All);
        assert_eq!(pages(&format!("{ROW}pages = \"all\"\n")), Pages::All);
        assert_eq!(pages(&format!("{ROW}pages = \"gated\"\n")), Pages::Gated);
    }

    #[test]
    fn selectors_are_checked_with_their_line() {
        let listing = ROW.replace("kind = \"feed\"", "kind = \"listing\"");
        let load_one = |text: &str| load(&[SourceFile { name: "t.toml", text }]).map(|mut c| c.feeds.remove(0));
        assert_eq!(load_one(&listing).expect("right").status, FeedStatus::Pending);
        let rule = "listing = { item = \"li\", date = \"time\" }\nonly = \"/news/\"\n";
        let feed = load_one(&format!("{listing}{rule}")).expect("right");
        assert_eq!((feed.status, feed.only.as_deref()), (FeedStatus::Live, Some("/news/")));
        assert_eq!(feed.listing.map(|rule| (rule.item, rule.date)), Some(("li".to_owned(), Some("time".to_owned()))));
        let bad = fault(&format!("{listing}{}", rule.replace("time", "a[[")));
        assert!(bad.starts_with("t.toml:11: listing.date is not a CSS selector"), "{bad}");
        let unknown = fault(&format!("{listing}{}", rule.replace("date", "dates")));
        assert!(unknown.starts_with("t.toml:11: unknown field `dates`"), "{unknown}");
        let elsewhere = fault(&format!("{ROW}{rule}"));
        assert_eq!(elsewhere, "t.toml:11: listing is only for kind = \"listing\"");
    }

    #[test]
    fn a_duplicate_in_another_file_is_found() {
        let files = [SourceFile { name: "a.toml", text: ROW }, SourceFile { name: "b.toml", text: ROW }];
        let fault = load(&files).expect_err("a duplicate");
        assert_eq!(fault.to_string(), "b.toml:4: https://one.example/rss is already listed at a.toml:4");
    }
}
