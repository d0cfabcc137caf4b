//! Page to extract: the rule of its site first, then the judge of blocks, then what the page carries as data, then the densest text.
mod bilingual;
mod block;
pub mod boilerplate;
mod ending;
pub(crate) mod gate;
mod json_ld;
pub mod leads;
mod lines;
mod metadata;
mod rights;
pub mod sites;
mod state;

use crate::model::{Extract, Lang, Problem};
use crate::text::lang;
use block::Measure;
pub use ending::is_whole;
use jiff::tz::TimeZone;
use leads::Leads;
use metadata::Metadata;
use scraper::Html;
use sites::SiteRule;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

/// Changes when the same page would give another extract.
pub const VERSION: &str = "4";

/// Data of the page stands in for its visible text when it has this much more, in words.
const LONGER: f32 = 1.25;
/// Below either the state of the page's scripts is looked at: most articles are longer, most choices surer.
const DOUBTFUL_WORDS: f32 = 150.0;
const DOUBTFUL_F1: f32 = 0.6;
/// Sentences that make a page the first of several, in words, and their share of its text.
const RUNNING_WORDS_MIN: f32 = 50.0;
const RUNNING_SHARE_MIN: f32 = 0.5;
/// A shorter line may rightly stand twice.
const REPEATED_CHARS_MAX: usize = 40;

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
    /// What is known of the page's site.
    pub site: Option<&'a SiteRule>,
}

/// One page read, and what its reader may do about it.
#[derive(Clone, Debug)]
pub struct Found {
    pub extract: Extract,
    pub leads: Leads,
    /// F1 that the judge of blocks expects of the text; one where another judge chose it.
    pub expected: f32,
    /// The page says itself that it is not free.
    pub paywalled: bool,
    /// Lines the site's rule has dropped.
    pub dropped: Vec<String>,
}

/// Reads one page. Never fails: what went wrong is in `problems`, and the body may be empty.
pub fn extract(page: &PageText<'_>) -> Extract {
    find(page).extract
}

/// The same with the leads to more of it.
pub fn find(page: &PageText<'_>) -> Found {
    guarded(|| read(page, None))
}

/// Reads the full text a feed entry carries.
pub fn from_feed_html(html: &str, url: Option<&Url>, zone: &TimeZone) -> Extract {
    let page = PageText { html, url, content_type: None, zone, headers: &[], site: None };
    guarded(|| read(&page, Some("full_text_feed"))).extract
}

/// Length of running text in English words, or in as much text as those would be; about the same in every language.
pub fn words(text: &str) -> f32 {
    Measure::of(text, 0, 0).words
}

fn guarded(read: impl FnOnce() -> Found) -> Found {
    // Parsers of foreign code met by hostile pages; nothing outlives the call, so nothing is left half done.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let mut lost = blank();
        lost.problems.push(Problem::new("extractor_panicked", "the page made a parser panic"));
        Found { extract: lost, leads: Leads::default(), expected: 0.0, paywalled: false, dropped: Vec::new() }
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

fn read(page: &PageText<'_>, whole: Option<&'static str>) -> Found {
    let gated = gate::gate(page.html);
    let html = Html::parse_document(&gated.html);
    let visible = lines::paragraphs(&html);
    let mut metadata = metadata::read(page, &html, &visible);
    if let Some(site) = page.site {
        site.amend(&mut metadata, &html, page.zone);
    }
    let mut out = blank();
    if gated.too_deep {
        out.problems.push(Problem::new("too_deep", "deeper nesting was cut"));
    }
    if gated.too_large {
        out.problems.push(Problem::new("too_large", "the end of the page was not read"));
    }
    out.rights = rights::read(page.headers, &metadata, &html);
    lines::rights_around(&visible, &mut out.rights);
    let cut_in = |text: &[String]| ending::cut_off(text, &visible);
    let Candidate { method, text, expected, .. } = match whole {
        Some(method) => Candidate::new(method, visible.clone()),
        None => by_site(page.site, &html).unwrap_or_else(|| choose(&html, &metadata, &visible)),
    };
    let (dropped, text): (Vec<String>, Vec<String>) =
        text.into_iter().partition(|line| page.site.is_some_and(|site| site.is_boilerplate(line)));
    if let Some(why) = cut_in(&text) {
        out.truncated = true;
        out.problems.push(Problem::new("cut_off", why));
    }
    if whole.is_some() && ending::leads_on(&text) {
        out.truncated = true;
        out.problems.push(Problem::new("cut_off", "the text leads on to the rest of it"));
    }
    out.body = lines::body(text, metadata.title.as_deref(), &mut out.rights);
    if out.body.is_empty() {
        out.problems.push(Problem::new("empty_text", "no article text was found"));
    }
    out.method = method.to_owned();
    one_language(&mut out, &html);
    let mut leads = leads::read(&html, page.url);
    leads.next_page = leads.next_page.filter(|_| is_running_text(&out.body));
    let paywalled = metadata.article.paywalled;
    Found { extract: finish(out, metadata), leads, expected, paywalled, dropped }
}

/// Of an article that stands twice in two languages, the one the page declares is kept, or the longer.
fn one_language(out: &mut Extract, html: &Html) {
    // A language nobody knows declares none.
    let declared = html.root_element().attr("lang").and_then(|lang| Lang::parse(lang).ok()).unwrap_or(Lang::Und);
    if let Some(split) = bilingual::split(&out.body, declared) {
        let left = format!("the same article in {} ({} characters) is left out", split.other, split.other_chars);
        out.problems.push(Problem::new("bilingual", left));
        out.body = split.body;
    }
}

/// A list, a gallery or a page of comments has no pages that would go on with its text.
fn is_running_text(body: &str) -> bool {
    let prose: f32 = body.lines().filter(|line| is_prose(line)).map(words).sum();
    prose >= RUNNING_WORDS_MIN && prose >= words(body) * RUNNING_SHARE_MIN
}

fn finish(mut out: Extract, metadata: Metadata) -> Extract {
    let text = if out.body.is_empty() { metadata.title.as_deref().unwrap_or_default() } else { &out.body };
    let found = lang::detect(text);
    (out.lang, out.script) = (found.lang, found.script);
    out.truncated |= metadata.article.paywalled;
    out.title = metadata.title;
    out.published = metadata.published;
    out.modified = metadata.modified;
    out.byline = metadata.byline;
    out.canonical = metadata.canonical;
    out.site = metadata.site;
    out.image = metadata.image;
    out
}

/// One way to the text, and how much running text it found.
struct Candidate {
    method: &'static str,
    text: Vec<String>,
    words: f32,
    /// F1 that its own judge expects, where there is one.
    expected: f32,
}

impl Candidate {
    fn new(method: &'static str, text: Vec<String>) -> Self {
        let words = text.iter().map(|line| Measure::of(line, 0, 0).words).sum();
        Candidate { method, text, words, expected: 1.0 }
    }
}

/// A rule written for the site goes before every judge.
fn by_site(site: Option<&SiteRule>, html: &Html) -> Option<Candidate> {
    site?.text(html).map(|text| Candidate::new("site", text))
}

/// What the page shows stands, unless it is much less than what the page's own data says the article is.
fn choose(html: &Html, metadata: &Metadata, visible: &[String]) -> Candidate {
    let mut best = by_blocks(html, metadata);
    if let Some(claimed) = metadata.article.body.as_deref().map(|body| Candidate::new("json_ld", plain(body)))
        && claimed.words > best.words * LONGER
    {
        best = claimed;
    }
    if best.words < DOUBTFUL_WORDS || best.expected < DOUBTFUL_F1 {
        let parts = state::text(html, metadata.title.as_deref()).unwrap_or_default();
        let state = Candidate::new("embedded_state", parts.iter().flat_map(|part| plain(part)).collect());
        if state.words > best.words * LONGER {
            best = state;
        }
    }
    if best.text.is_empty() {
        best = Candidate::new("density", visible.iter().filter(|line| is_prose(line)).cloned().collect());
    }
    if best.text.is_empty() { Candidate::new("none", Vec::new()) } else { best }
}

/// The blocks that the forest takes for text of the article; the same long block a second time is left out.
fn by_blocks(html: &Html, metadata: &Metadata) -> Candidate {
    let page = block::read(html);
    let rows = block::features(&page, metadata.title.as_deref(), metadata.article.body.as_deref());
    let (kept, expected) = block::choose(&page, &block::judge(&rows));
    let mut seen = std::collections::HashSet::new();
    let texts = page.list.iter().zip(kept).filter(|(_, kept)| *kept).map(|(block, _)| block.text.clone());
    let text = texts.filter(|text| text.chars().count() <= REPEATED_CHARS_MAX || seen.insert(text.clone())).collect();
    Candidate { expected, ..Candidate::new("blocks", text) }
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
