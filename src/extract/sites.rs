//! What is known of single sites: where their text stands, what stands in it that is none. Data under `feeds/sites/`.
use super::block::Measure;
use super::lines::{self, one_line};
use super::metadata::Metadata;
use crate::model::{Stamp, TimeSource};
use crate::text::date;
use jiff::tz::TimeZone;
use scraper::{ElementRef, Html, Selector};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use toml::Spanned;
use url::Url;

/// Text a site's selectors find stands from so many words on; a flash has about forty, a caption or a notice fewer.
const SITE_WORDS_MIN: f32 = 30.0;
const SELECTORS_MAX: usize = 16;
const PATTERNS_MAX: usize = 64;
/// A longer line is prose.
pub(super) const PATTERN_CHARS_MAX: usize = 200;
/// Elements one selector may give.
const ELEMENTS_MAX: usize = 200;
const BYLINE_CHARS_MAX: usize = 120;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct SiteFault {
    pub file: String,
    /// 1-based.
    pub line: usize,
    pub message: String,
}

/// The rules by host; checked, with every selector parsed.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    by_host: HashMap<String, SiteRule>,
}

#[derive(Clone, Debug)]
pub struct SiteRule {
    pub host: String,
    body: Vec<Selector>,
    drop: Vec<Selector>,
    title: Option<Selector>,
    published: Option<Selector>,
    byline: Option<Selector>,
    /// What its bytes are where neither they nor their header say.
    pub charset: Option<String>,
    boilerplate: Vec<Pattern>,
    /// Why the rule is there.
    pub note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    site: Vec<SiteRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteRow {
    host: Spanned<String>,
    #[serde(default)]
    body: Vec<Spanned<String>>,
    #[serde(default)]
    drop: Vec<Spanned<String>>,
    title: Option<Spanned<String>>,
    published: Option<Spanned<String>>,
    byline: Option<Spanned<String>>,
    charset: Option<Spanned<String>>,
    #[serde(default)]
    boilerplate: Vec<Spanned<String>>,
    note: Spanned<String>,
}

impl Sites {
    /// The rules shipped in the binary.
    pub fn embedded() -> &'static Sites {
        static SITES: LazyLock<Sites> = LazyLock::new(|| {
            Sites::load(&[
                ("feeds/sites/ko.toml", include_str!("../../feeds/sites/ko.toml")),
                ("feeds/sites/zh.toml", include_str!("../../feeds/sites/zh.toml")),
            ])
            .expect("the embedded rules are loaded by the tests")
        });
        &SITES
    }

    /// Name and text of each file. A rule is right or nothing is loaded.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, SiteFault> {
        let mut by_host: HashMap<String, SiteRule> = HashMap::new();
        for (file, text) in files {
            let source = Source { file, text };
            let document: Document = toml::from_str(text)
                .map_err(|fault| source.fault(fault.span().map_or(0, |span| span.start), fault.message()))?;
            for row in document.site {
                let at = row.host.span().start;
                let rule = source.rule(row)?;
                if by_host.contains_key(&rule.host) {
                    return Err(source.fault(at, format!("{} has a rule already", rule.host)));
                }
                by_host.insert(rule.host.clone(), rule);
            }
        }
        Ok(Self { by_host })
    }

    /// The rule of the longest suffix of the address's host.
    pub fn rule(&self, url: &Url) -> Option<&SiteRule> {
        let mut host = url.host_str()?;
        loop {
            if let Some(rule) = self.by_host.get(host) {
                return Some(rule);
            }
            host = host.split_once('.')?.1;
        }
    }

    pub fn len(&self) -> usize {
        self.by_host.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn fault(&self, byte: usize, message: impl Into<String>) -> SiteFault {
        let line = 1 + self.text.bytes().take(byte).filter(|b| *b == b'\n').count();
        SiteFault { file: self.file.to_owned(), line, message: message.into() }
    }

    fn rule(&self, row: SiteRow) -> Result<SiteRule, SiteFault> {
        if row.body.is_empty() && row.boilerplate.is_empty() && row.charset.is_none() {
            return Err(self.fault(row.host.span().start, "a rule needs body, boilerplate or charset"));
        }
        if row.note.get_ref().trim().is_empty() {
            return Err(self.fault(row.note.span().start, "note says why the rule is there"));
        }
        let one = |key: &str, raw: Option<Spanned<String>>| raw.map(|raw| self.selector(key, &raw)).transpose();
        Ok(SiteRule {
            host: self.host(&row.host)?,
            body: self.selectors("body", &row.body)?,
            drop: self.selectors("drop", &row.drop)?,
            title: one("title", row.title)?,
            published: one("published", row.published)?,
            byline: one("byline", row.byline)?,
            charset: row.charset.map(|label| self.charset(&label)).transpose()?,
            boilerplate: self.patterns(&row.boilerplate)?,
            note: row.note.into_inner(),
        })
    }

    fn host(&self, raw: &Spanned<String>) -> Result<String, SiteFault> {
        let text = raw.get_ref();
        let right = text.contains('.')
            && !text.starts_with('.')
            && !text.ends_with('.')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        if right {
            Ok(text.clone())
        } else {
            Err(self.fault(raw.span().start, format!("host {text:?} is not a host name in lower case")))
        }
    }

    fn selectors(&self, key: &str, raw: &[Spanned<String>]) -> Result<Vec<Selector>, SiteFault> {
        if let Some(over) = raw.get(SELECTORS_MAX) {
            return Err(self.fault(over.span().start, format!("{key} has more than {SELECTORS_MAX} selectors")));
        }
        raw.iter().map(|raw| self.selector(key, raw)).collect()
    }

    fn selector(&self, key: &str, raw: &Spanned<String>) -> Result<Selector, SiteFault> {
        Selector::parse(raw.get_ref()).map_err(|why| {
            self.fault(raw.span().start, format!("{key} {:?} is not a CSS selector: {why}", raw.get_ref()))
        })
    }

    fn charset(&self, label: &Spanned<String>) -> Result<String, SiteFault> {
        match encoding_rs::Encoding::for_label(label.get_ref().as_bytes()) {
            Some(encoding) => Ok(encoding.name().to_owned()),
            None => Err(self.fault(label.span().start, format!("unknown charset {:?}", label.get_ref()))),
        }
    }

    fn patterns(&self, raw: &[Spanned<String>]) -> Result<Vec<Pattern>, SiteFault> {
        if let Some(over) = raw.get(PATTERNS_MAX) {
            return Err(self.fault(over.span().start, format!("boilerplate has more than {PATTERNS_MAX} lines")));
        }
        raw.iter()
            .map(|raw| {
                Pattern::parse(raw.get_ref())
                    .map_err(|why| self.fault(raw.span().start, format!("boilerplate {:?} {why}", raw.get_ref())))
            })
            .collect()
    }
}

/// A line as written, or with one `*` for any text.
#[derive(Clone, Debug)]
enum Pattern {
    Exact(String),
    Around(String, String),
}

impl Pattern {
    fn parse(raw: &str) -> Result<Self, &'static str> {
        let raw = one_line(raw);
        if raw.chars().count() > PATTERN_CHARS_MAX {
            return Err("is longer than a line of boilerplate");
        }
        match raw.split_once('*') {
            None if raw.is_empty() => Err("is empty"),
            None => Ok(Pattern::Exact(raw)),
            Some((_, after)) if after.contains('*') => Err("has more than one *"),
            // Two letters beside a * would drop prose.
            Some((before, after)) if before.chars().count() + after.chars().count() < 4 => {
                Err("fits nearly every line")
            }
            Some((before, after)) => Ok(Pattern::Around(before.to_owned(), after.to_owned())),
        }
    }

    fn fits(&self, line: &str) -> bool {
        match self {
            Pattern::Exact(text) => line == text,
            Pattern::Around(before, after) => {
                line.strip_prefix(before.as_str()).is_some_and(|rest| rest.ends_with(after.as_str()))
            }
        }
    }
}

impl SiteRule {
    /// The article's lines, by the first selector that finds enough of them.
    pub(super) fn text(&self, html: &Html) -> Option<Vec<String>> {
        let dropped: HashSet<_> = self.drop.iter().flat_map(|drop| html.select(drop)).map(|found| found.id()).collect();
        self.body.iter().map(|body| lines_in(html, body, &dropped)).find(|lines| {
            let words: f32 = lines.iter().map(|line| Measure::of(line, 0, 0).words).sum();
            words >= SITE_WORDS_MIN
        })
    }

    pub(super) fn is_boilerplate(&self, line: &str) -> bool {
        line.chars().take(PATTERN_CHARS_MAX + 1).count() <= PATTERN_CHARS_MAX
            && self.boilerplate.iter().any(|pattern| pattern.fits(line))
    }

    /// What the rule's selectors find goes before what the page claims.
    pub(super) fn amend(&self, metadata: &mut Metadata, html: &Html, zone: &TimeZone) {
        if let Some(title) = self.title.as_ref().and_then(|title| first(html, title)) {
            metadata.title = Some(title);
        }
        if let Some(byline) = self.byline.as_ref().and_then(|byline| first(html, byline)) {
            metadata.byline = Some(byline.chars().take(BYLINE_CHARS_MAX).collect());
        }
        if let Some(stamp) = self.published.as_ref().and_then(|selector| time(html, selector, zone)) {
            metadata.published = Some(stamp);
        }
    }
}

/// Elements inside one that was found already add nothing.
fn lines_in(html: &Html, selector: &Selector, dropped: &HashSet<ego_tree::NodeId>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut out = Vec::new();
    for element in html.select(selector).take(ELEMENTS_MAX) {
        if element.ancestors().any(|above| taken.contains(&above.id())) {
            continue;
        }
        taken.insert(element.id());
        out.extend(lines::paragraphs_in(*element, dropped));
    }
    out
}

fn first(html: &Html, selector: &Selector) -> Option<String> {
    html.select(selector).take(ELEMENTS_MAX).map(text).find(|text| !text.is_empty())
}

fn text(element: ElementRef<'_>) -> String {
    let content = element.attr("content").map(str::to_owned);
    one_line(&content.unwrap_or_else(|| element.text().collect()))
}

fn time(html: &Html, selector: &Selector, zone: &TimeZone) -> Option<Stamp> {
    html.select(selector).take(ELEMENTS_MAX).find_map(|element| {
        ["datetime", "data-date-time", "content"]
            .iter()
            .filter_map(|name| element.attr(name))
            .find_map(|raw| date::parse(raw, zone, TimeSource::TimeElement))
            .or_else(|| date::find_in_text(&text(element), zone))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Sites::load(&[("s.toml", text)]).expect_err("a fault").to_string()
    }

    const ROW: &str = "[[site]]\nhost = \"press.example\"\nbody = [\"#text\"]\nnote = \"why\"\n";

    #[test]
    fn the_shipped_rules_load() {
        assert!(Sites::embedded().len() >= 12, "{}", Sites::embedded().len());
    }

    #[test]
    fn faults_name_file_line_and_selector() {
        let cases = [
            (ROW.replace("#text", "#te[["), "s.toml:3: body \"#te[[\" is not a CSS selector"),
            (ROW.replace("press.example", "Press.example"), "s.toml:2: host \"Press.example\" is not a host name"),
            (format!("{ROW}{ROW}"), "s.toml:6: press.example has a rule already"),
            (ROW.replace("\"why\"", "\" \""), "s.toml:4: note says why"),
            (format!("{ROW}charset = \"euc-xx\"\n"), "s.toml:5: unknown charset \"euc-xx\""),
            (format!("{ROW}boilerplate = [\"a*\"]\n"), "s.toml:5: boilerplate \"a*\" fits nearly every line"),
            (format!("{ROW}bodies = 1\n"), "s.toml:5: unknown field `bodies`"),
            ("[[site]]\nhost = \"a.b\"\nnote = \"x\"\n".to_owned(), "s.toml:2: a rule needs body"),
        ];
        for (text, want) in cases {
            let found = fault(&text);
            assert!(found.starts_with(want), "{found} ≠ {want}");
        }
    }

    #[test]
    fn the_longest_suffix_of_the_host_wins() {
        let news = ROW.replace("press.example", "news.press.example");
        let sites = Sites::load(&[("s.toml", &format!("{ROW}{news}"))]).expect("right");
        let host = |url: &str| sites.rule(&Url::parse(url).expect("a URL")).map(|rule| rule.host.as_str());
        assert_eq!(host("https://m.news.press.example/1"), Some("news.press.example"));
        assert_eq!(host("https://www.press.example/1"), Some("press.example"));
        assert_eq!(host("https://xpress.example/1"), None, "a suffix of labels, not of letters");
    }

    const PAGE: &str = r#"<html><body><h1>Press</h1><article><p>Another article of the day that is longer than all the others, with a sentence about nothing that anybody asked for.</p>
<p>And a second paragraph of it, so that every judge would take it for the text of this page, which it is not at all.</p></article>
<div class=head><b id=head>Ministry bars the assistant</b><i class=when data-date-time="2026-07-03 10:00:00">x</i><u class=who>A. Writer</u></div>
<div id=text>The ministry told its staff to stop using the assistant on every work device from Monday on.<br><br>
<div class=offer>Buy the paper now and here.</div>It gave no reason, and its spokesman did not answer the questions that were sent to him in writing.<br>
Sent from the desk of 7 July<br>Follow us</div></body></html>"#;

    fn find(rule: &str) -> super::super::Found {
        let sites = Sites::load(&[("s.toml", rule)]).expect("right");
        let url = Url::parse("https://www.press.example/1").expect("a URL");
        super::super::find(&super::super::PageText {
            html: PAGE,
            url: Some(&url),
            content_type: None,
            zone: &TimeZone::UTC,
            headers: &[],
            site: sites.rule(&url),
        })
    }

    #[test]
    fn a_rule_finds_the_text_and_takes_out_what_is_none() {
        let rule = format!(
            "{ROW}drop = [\".offer\"]\ntitle = \"#head\"\npublished = \".when\"\nbyline = \".who\"\nboilerplate = [\"Sent from *\", \"Follow us\"]\n"
        );
        let found = find(&rule);
        let out = found.extract;
        assert_eq!(out.method, "site");
        assert_eq!(
            out.body,
            "The ministry told its staff to stop using the assistant on every work device from Monday on.\n\nIt gave no reason, and its spokesman did not answer the questions that were sent to him in writing."
        );
        assert_eq!(found.dropped, ["Sent from the desk of 7 July", "Follow us"]);
        assert_eq!(
            (out.title.as_deref(), out.byline.as_deref()),
            (Some("Ministry bars the assistant"), Some("A. Writer"))
        );
        assert!(out.published.is_some_and(|stamp| stamp.to_text().starts_with("2026-07-03T10:00")));
    }

    #[test]
    fn a_rule_that_finds_too_little_leaves_the_page_to_the_judges() {
        assert_ne!(find(&ROW.replace("#text", ".offer")).extract.method, "site");
        let second = ROW.replace("[\"#text\"]", "[\".offer\", \"#text\"]");
        assert_eq!(find(&second).extract.method, "site", "the next selector is tried");
    }
}
