//! Page to extract: readability first, then what the page carries as data, then the densest text.
pub(crate) mod gate;
mod json_ld;
mod lines;
mod metadata;
mod rights;
mod state;

use crate::model::{Extract, Lang, Problem};
use crate::text::lang;
use jiff::tz::TimeZone;
use metadata::Metadata;
use scraper::Html;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

/// Changes when the same page would give another extract.
pub const VERSION: &str = "3";

/// A body of fewer characters is taken for a failed attempt.
const BODY_CHARS_MIN: usize = 80;
/// Elements readability looks at; pages with more are lists.
const ELEMENTS_MAX: usize = 50_000;

/// One page, decoded.
#[derive(Clone, Copy, Debug)]
pub struct PageText<'a> {
    pub html: &'a str,
    pub url: Option<&'a Url>,
    pub content_type: Option<&'a str>,
    /// What a time without a zone means.
    pub zone: &'a TimeZone,
    /// Name and value, as received; rights are read from them.
    pub headers: &'a [(String, String)],
}

/// Reads one page. Never fails: what went wrong is in `problems`, and the body may be empty.
pub fn extract(page: &PageText<'_>) -> Extract {
    guarded(|| read(page, None))
}

/// Reads the full text a feed entry carries.
pub fn from_feed_html(html: &str, url: Option<&Url>, zone: &TimeZone) -> Extract {
    guarded(|| read(&PageText { html, url, content_type: None, zone, headers: &[] }, Some("full_text_feed")))
}

fn guarded(read: impl FnOnce() -> Extract) -> Extract {
    // Parsers of foreign code met by hostile pages; nothing outlives the call, so nothing is left half done.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let mut lost = blank();
        lost.problems.push(Problem::new("extractor_panicked", "the page made a parser panic"));
        lost
    })
}

fn blank() -> Extract {
    Extract {
        title: None,
        body: String::new(),
        published: None,
        modified: None,
        byline: None,
        lang: Lang::Und,
        script: None,
        canonical: None,
        site: None,
        image: None,
        rights: Vec::new(),
        method: "none".to_owned(),
        truncated: false,
        problems: Vec::new(),
    }
}

fn read(page: &PageText<'_>, whole: Option<&str>) -> Extract {
    let gated = gate::gate(page.html);
    let html = Html::parse_document(&gated.html);
    let visible = lines::paragraphs(&html);
    let metadata = metadata::read(page, &html, &visible);
    let mut out = blank();
    if gated.too_deep {
        out.problems.push(Problem::new("too_deep", "deeper nesting was cut"));
    }
    if gated.too_large {
        out.problems.push(Problem::new("too_large", "the end of the page was not read"));
    }
    out.rights = rights::read(page.headers, &metadata, &html);
    lines::rights_around(&visible, &mut out.rights);
    let (method, text) = match whole {
        Some(method) => (method, visible),
        None => choose(&gated.html, &metadata, &visible),
    };
    out.body = lines::body(text, metadata.title.as_deref(), &mut out.rights);
    if out.body.is_empty() {
        out.problems.push(Problem::new("empty_text", "no article text was found"));
    }
    out.method = method.to_owned();
    finish(out, metadata)
}

fn finish(mut out: Extract, metadata: Metadata) -> Extract {
    let text = if out.body.is_empty() { metadata.title.as_deref().unwrap_or_default() } else { &out.body };
    let found = lang::detect(text);
    (out.lang, out.script) = (found.lang, found.script);
    out.truncated = metadata.article.paywalled;
    out.title = metadata.title;
    out.published = metadata.published;
    out.modified = metadata.modified;
    out.byline = metadata.byline;
    out.canonical = metadata.canonical;
    out.site = metadata.site;
    out.image = metadata.image;
    out.problems.extend(metadata.problems);
    out
}

/// The first candidate that is long enough; the longest when none is.
fn choose(html: &str, metadata: &Metadata, visible: &[String]) -> (&'static str, Vec<String>) {
    let attempts: [(&'static str, &dyn Fn() -> Vec<String>); 4] = [
        ("readability", &|| readable(html)),
        ("json_ld", &|| metadata.article.body.as_deref().map(plain).unwrap_or_default()),
        ("embedded_state", &|| state::longest_text(html).map(|text| plain(&text)).unwrap_or_default()),
        ("density", &|| visible.iter().filter(|line| is_prose(line)).cloned().collect()),
    ];
    let mut best = ("none", Vec::new());
    for (method, attempt) in attempts {
        let text = attempt();
        if chars(&text) >= BODY_CHARS_MIN {
            return (method, text);
        }
        if chars(&text) > chars(&best.1) {
            best = (method, text);
        }
    }
    best
}

fn chars(text: &[String]) -> usize {
    text.iter().map(|line| line.chars().count()).sum()
}

fn readable(html: &str) -> Vec<String> {
    let config =
        dom_smoothie::Config { disable_json_ld: true, max_elements_to_parse: ELEMENTS_MAX, ..Default::default() };
    // Its errors mean that it found no article; the other candidates follow.
    let Ok(mut reader) = dom_smoothie::Readability::new(html, None, Some(config)) else { return Vec::new() };
    let Ok(article) = reader.parse() else { return Vec::new() };
    lines::paragraphs(&Html::parse_fragment(&article.content))
}

/// Text that may be HTML, as in `articleBody`.
fn plain(text: &str) -> Vec<String> {
    let marked = text.replace("\r\n", "\n").replace('\n', "<br>");
    lines::paragraphs(&Html::parse_fragment(&gate::gate(&marked).html))
}

/// Whole sentences, not menus.
fn is_prose(line: &str) -> bool {
    line.chars().count() >= 40 && line.contains(['.', '。', '!', '?', '！', '？', '다'])
}

#[cfg(test)]
mod tests;
