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

pub use block::Forest;
pub use ending::is_whole;

use crate::model::{Extract, Lang, Problem};
use crate::text::lang;
use block::Measure;
use jiff::tz::TimeZone;
use leads::Leads;
use metadata::Metadata;
use scraper::Html;
use sites::SiteRule;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

/// Changes when the same page would give another extract.
pub const VERSION: &str = "4";

/// Data of the page stands in for its visible text when it has this much more, in words.
const LONGER: f32 = 1.25;
/// Fewer words, less likely ones, or less of the title in them: the state of the page's scripts is looked at too.
const DOUBTFUL_WORDS: f32 = 150.0;
const DOUBTFUL: f32 = 0.6;
/// A text that holds nothing of the title weighs this much of one that holds all of it (with one more).
const AGREEMENT_FLOOR: f32 = 0.25;
const TITLE_CHARS_MAX: usize = 200;
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
    /// How sure the judge of blocks is of the text, 0 to 1; one where another judge chose it.
    pub sure: f32,
    /// The page says itself that it is not free.
    pub paywalled: bool,
    /// Lines the site's rule has dropped.
    pub dropped: Vec<String>,
}

/// Reads one page. Never fails: what went wrong is in `problems`, and the body may be empty.
pub fn extract(page: &PageText<'_>) -> Extract {
    extract_with(page, Forest::bundled())
}

/// The same with another judge of blocks, as training needs it.
pub fn extract_with(page: &PageText<'_>, forest: &Forest) -> Extract {
    find_with(page, forest).extract
}

/// The same with the leads to more of it.
pub fn find(page: &PageText<'_>) -> Found {
    find_with(page, Forest::bundled())
}

/// Both.
pub fn find_with(page: &PageText<'_>, forest: &Forest) -> Found {
    guarded(|| read(page, Source::Page(forest)))
}

/// One block of a page as the judge sees it.
#[derive(Debug)]
pub struct BlockView {
    pub text: String,
    pub features: Vec<f32>,
    /// How likely it is text of the article, 0 to 1, and whether it was chosen.
    pub likely: f32,
    pub kept: bool,
    /// The block-level element it stands in, counted in page order, and for each of those the one around it.
    pub part: usize,
}

/// Every block of a page, for training and for those who ask why a line is in or out; and the parts' parents.
pub fn blocks(page: &PageText<'_>, forest: &Forest) -> (Vec<BlockView>, Vec<usize>) {
    let gated = gate::gate(page.html);
    let html = Html::parse_document(&gated.html);
    let metadata = metadata::read(page, &html, &lines::paragraphs(&html));
    let judged = judge(&html, &metadata, forest);
    let views = judged.page.list.into_iter().zip(judged.rows).zip(judged.likely.into_iter().zip(judged.kept));
    let views = views.map(|((block, row), (likely, kept))| BlockView {
        text: block.text,
        features: row.to_vec(),
        likely,
        kept,
        part: block.parent,
    });
    (views.collect(), judged.page.parts.iter().map(|part| part.up).collect())
}

/// Reads the full text a feed entry carries.
pub fn from_feed_html(html: &str, url: Option<&Url>, zone: &TimeZone) -> Extract {
    let page = PageText { html, url, content_type: None, zone, headers: &[], site: None };
    guarded(|| read(&page, Source::Entry)).extract
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
        Found { extract: lost, leads: Leads::default(), sure: 0.0, paywalled: false, dropped: Vec::new() }
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

/// Where the text comes from: a page, of which part is the article, or an entry, all of which is.
#[derive(Clone, Copy)]
enum Source<'a> {
    Page(&'a Forest),
    Entry,
}

fn read(page: &PageText<'_>, source: Source<'_>) -> Found {
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
    let Candidate { method, text, sure, .. } = match source {
        Source::Entry => Candidate::new("full_text_feed", visible.clone()),
        Source::Page(forest) => by_site(page.site, &html).unwrap_or_else(|| choose(&html, &metadata, &visible, forest)),
    };
    let (dropped, text): (Vec<String>, Vec<String>) =
        text.into_iter().partition(|line| page.site.is_some_and(|site| site.is_boilerplate(line)));
    if let Some(why) = cut_in(&text) {
        out.truncated = true;
        out.problems.push(Problem::new("cut_off", why));
    }
    if matches!(source, Source::Entry) && ending::leads_on(&text) {
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
    Found { extract: finish(out, metadata), leads, sure, paywalled, dropped }
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
    out.problems.extend(metadata.problems);
    out
}

/// One way to the text, how much running text it found and how sure it is.
struct Candidate {
    method: &'static str,
    text: Vec<String>,
    words: f32,
    /// 0 to 1: of the judge of blocks how likely what it kept is, on the whole; others are sure.
    sure: f32,
}

impl Candidate {
    fn new(method: &'static str, text: Vec<String>) -> Self {
        let words = text.iter().map(|line| Measure::of(line, 0, 0).words).sum();
        Candidate { method, text, words, sure: 1.0 }
    }

    /// Words, as far as they are likely the article's and speak of what the title speaks of.
    fn weight(&self, title: &TitleWords) -> f32 {
        self.words * self.sure * (AGREEMENT_FLOOR + title.share_in(&self.text))
    }
}

/// A rule written for the site goes before every judge.
fn by_site(site: Option<&SiteRule>, html: &Html) -> Option<Candidate> {
    site?.text(html).map(|text| Candidate::new("site", text))
}

/// What the page shows stands, unless the page's own data says much more that is about the title.
fn choose(html: &Html, metadata: &Metadata, visible: &[String], forest: &Forest) -> Candidate {
    let title = TitleWords::of(metadata.title.as_deref());
    let mut best = by_blocks(judge(html, metadata, forest));
    if let Some(claimed) = metadata.article.body.as_deref().map(|body| Candidate::new("json_ld", plain(body)))
        && claimed.weight(&title) > best.weight(&title) * LONGER
    {
        best = claimed;
    }
    let doubtful = best.words < DOUBTFUL_WORDS || best.sure < DOUBTFUL || title.share_in(&best.text) < DOUBTFUL;
    if doubtful {
        let parts = state::text(html, metadata.title.as_deref()).unwrap_or_default();
        let state = Candidate::new("embedded_state", parts.iter().flat_map(|part| plain(part)).collect());
        if state.weight(&title) > best.weight(&title) * LONGER {
            best = state;
        }
    }
    if best.text.is_empty() {
        best = Candidate::new("density", visible.iter().filter(|line| is_prose(line)).cloned().collect());
    }
    if best.text.is_empty() { Candidate::new("none", Vec::new()) } else { best }
}

/// The title in pieces that an article about it repeats: words of Latin script, pairs of characters of others.
struct TitleWords(Vec<String>);

impl TitleWords {
    fn of(title: Option<&str>) -> Self {
        // Without a title there are no pieces, and every text meets them.
        let title: String =
            title.unwrap_or_default().chars().take(TITLE_CHARS_MAX).flat_map(char::to_lowercase).collect();
        let mut pieces = Vec::new();
        for word in title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            if word.is_ascii() {
                pieces.extend((word.len() >= 4).then(|| word.to_owned()));
            } else {
                let chars: Vec<char> = word.chars().collect();
                pieces.extend(chars.windows(2).map(|pair| pair.iter().collect()));
            }
        }
        TitleWords(pieces)
    }

    /// Share of the pieces that the text holds; a title too short to say anything is taken as met.
    fn share_in(&self, text: &[String]) -> f32 {
        if self.0.len() < 3 {
            return 1.0;
        }
        let lower: Vec<String> = text.iter().map(|line| line.to_lowercase()).collect();
        let held = self.0.iter().filter(|piece| lower.iter().any(|line| line.contains(piece.as_str()))).count();
        held as f32 / self.0.len() as f32
    }
}

struct Judged {
    page: block::Blocks,
    rows: Vec<[f32; block::FEATURES]>,
    likely: Vec<f32>,
    kept: Vec<bool>,
}

fn judge(html: &Html, metadata: &Metadata, forest: &Forest) -> Judged {
    let page = block::read(html);
    let rows = block::features(&page, metadata.title.as_deref(), metadata.article.body.as_deref());
    let likely = forest.judge(&rows);
    let kept = block::choose(&page, &likely);
    Judged { page, rows, likely, kept }
}

impl Judged {
    /// How likely a word of what was kept is the article's.
    fn sure(&self) -> f32 {
        let kept = self.page.list.iter().zip(&self.likely).zip(&self.kept).filter(|(_, kept)| **kept);
        let (likely, words) = kept.fold((0.0, 0.0), |(likely, words), ((block, p), _)| {
            (likely + p * block.measure.words, words + block.measure.words)
        });
        if words > 0.0 { likely / words } else { 0.0 }
    }
}

/// The blocks that the forest takes for text of the article; the same long block a second time is left out.
fn by_blocks(judged: Judged) -> Candidate {
    let mut seen = HashSet::new();
    let sure = judged.sure();
    let texts = judged.page.list.into_iter().zip(judged.kept).filter(|(_, kept)| *kept).map(|(block, _)| block.text);
    let text = texts.filter(|text| text.chars().count() <= REPEATED_CHARS_MAX || seen.insert(text.clone())).collect();
    Candidate { sure, ..Candidate::new("blocks", text) }
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
