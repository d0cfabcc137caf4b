//! Statements about use in headers, meta elements and links; recorded raw.
use super::metadata::Metadata;
use crate::model::RightsSignal;
use scraper::{ElementRef, Html, Selector};
use std::sync::LazyLock;

const SIGNALS_MAX: usize = 24;
const RAW_CHARS_MAX: usize = 500;

/// Words of `meta robots` that restrict; a page that says only `index, follow` says nothing about use.
const RESTRICTING: [&str; 8] =
    ["noai", "noimageai", "noindex", "noarchive", "nosnippet", "nocache", "none", "max-snippet:0"];
/// Crawlers whose own meta element speaks for the page's wishes about machines.
const ROBOTS_NAMES: [&str; 3] = ["robots", "googlebot", "bingbot"];

static LICENCE_LINKS: LazyLock<Selector> = LazyLock::new(|| {
    Selector::parse(r#"link[rel~="license" i][href], a[rel~="license" i][href], script[type="application/rsl+xml" i]"#)
        .expect("the selector is constant")
});

pub(super) fn read(headers: &[(String, String)], metadata: &Metadata, html: &Html) -> Vec<RightsSignal> {
    let header = headers.iter().filter_map(|(name, raw)| {
        let name = name.to_ascii_lowercase();
        let kind = match name.as_str() {
            "x-robots-tag" => "x_robots_tag",
            "tdm-reservation" | "tdm-policy" => "tdm_reservation",
            "content-usage" => "content_usage",
            "content-signal" => "content_signal",
            "link" if raw.to_ascii_lowercase().contains("license") => link_kind(raw),
            _ => return None,
        };
        Some(signal(kind, raw, &name))
    });
    let meta = metadata.metas.0.iter().filter_map(|(name, raw)| {
        let lower = raw.to_ascii_lowercase();
        let kind = match name.as_str() {
            name if ROBOTS_NAMES.contains(&name) && RESTRICTING.iter().any(|word| lower.contains(word)) => {
                "robots_meta"
            }
            "tdm-reservation" | "tdm-policy" => "tdm_reservation",
            "content-usage" => "content_usage",
            "license" | "licence" | "dc.rights" | "dcterms.rights" | "dcterms.license" | "copyright" => "licence",
            _ => return None,
        };
        Some(signal(kind, raw, &format!("meta {name}")))
    });
    let links = html.select(&LICENCE_LINKS).map(|element| link(element));
    let licence = metadata.article.licence.iter().map(|raw| signal("licence", raw, "json_ld"));
    let mut signals: Vec<RightsSignal> = Vec::new();
    for signal in header.chain(meta).chain(links).chain(licence) {
        if signals.len() < SIGNALS_MAX && !signals.contains(&signal) {
            signals.push(signal);
        }
    }
    signals
}

fn link(element: ElementRef<'_>) -> RightsSignal {
    let value = element.value();
    match value.attr("href") {
        // A link without a type is a licence like any other; only RSL is told by its type.
        Some(href) => signal(link_kind(value.attr("type").unwrap_or_default()), href, value.name()),
        None => signal("rsl_licence", element.text().collect::<String>().trim(), "script"),
    }
}

fn link_kind(text: &str) -> &'static str {
    if text.to_ascii_lowercase().contains("application/rsl+xml") { "rsl_licence" } else { "licence" }
}

fn signal(kind: &str, raw: &str, place: &str) -> RightsSignal {
    RightsSignal { kind: kind.to_owned(), raw: raw.chars().take(RAW_CHARS_MAX).collect(), place: place.to_owned() }
}
