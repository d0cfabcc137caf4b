//! The pure middle of `process`: bytes → text → what it says. Runs off the async threads.
use crate::extract::boilerplate::Boilerplate;
use crate::extract::sites::{SiteRule, Sites};
use crate::extract::{self, Found, PageText};
use crate::model::{Article, ArticleId};
use crate::model::{ClusterItem, Extract, Judgement, Page, SiteLine, SkipReason};
use crate::text::{charset, url as address};
use crate::topic::{Lexicon, TopicInput};
use jiff::tz::TimeZone;
use std::borrow::Cow;
use url::Url;

/// One page as read, before anything is judged.
#[derive(Clone, Debug)]
pub struct PageRead {
    /// What the bytes were decoded as, and what said so.
    pub encoding: String,
    pub found: Found,
}

#[derive(Clone, Debug)]
pub struct Reading {
    pub read: PageRead,
    /// None when the language is not watched.
    pub judgement: Option<Judgement>,
    /// Lines the site is known for.
    pub dropped: Vec<SiteLine>,
}

/// What reading one page goes by.
#[derive(Clone, Copy)]
pub struct Guides<'a> {
    pub lexicon: &'a Lexicon,
    pub sites: &'a Sites,
    pub boilerplate: &'a Boilerplate,
}

/// Reads one page and judges it. Err: there is nothing here to read.
pub fn read(page: &Page, guides: Guides<'_>, zone: &TimeZone) -> Result<Reading, SkipReason> {
    let mut read = read_page(page, guides.sites, zone)?;
    if read.found.extract.body.trim().is_empty() {
        return Err(SkipReason::EmptyText);
    }
    let dropped = clean(page, &mut read.found.extract, guides.boilerplate);
    let judgement = judge(&read.found.extract, guides.lexicon, zone);
    Ok(Reading { read, judgement, dropped })
}

/// Bytes to text. The text may be empty.
pub(super) fn read_page(page: &Page, sites: &Sites, zone: &TimeZone) -> Result<PageRead, SkipReason> {
    if !is_html(page) {
        return Err(SkipReason::NotHtml);
    }
    let url = Url::parse(&page.final_url).ok();
    let site = url.as_ref().and_then(|url| sites.rule(url));
    let content_type = hinted(page.content_type(), site);
    let hints = charset::Hints { content_type: content_type.as_deref(), markup: charset::Markup::Html };
    let decoded = charset::decode(&page.body, &hints);
    let found = extract::find(&PageText {
        html: &decoded.text,
        url: url.as_ref(),
        content_type: page.content_type(),
        zone,
        headers: &page.headers,
        site,
    });
    Ok(PageRead { encoding: format!("{} ({})", decoded.encoding, decoded.source), found })
}

/// The site's charset stands where the header names none; bytes and declaration still go before it.
fn hinted<'a>(content_type: Option<&'a str>, site: Option<&SiteRule>) -> Option<Cow<'a, str>> {
    let says = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("charset"));
    match site.and_then(|site| site.charset.as_deref()).filter(|_| !says) {
        Some(label) => Some(Cow::Owned(format!("text/html; charset={label}"))),
        None => content_type.map(Cow::Borrowed),
    }
}

/// Takes the lines its site is known for out of the text, without learning any.
pub(super) fn clean(page: &Page, extract: &mut Extract, boilerplate: &Boilerplate) -> Vec<SiteLine> {
    let cleaned = boilerplate.clean(&host(&page.final_url), &extract.body);
    extract.body = cleaned.body;
    cleaned.dropped
}

/// What a site is known by.
pub(super) fn host(url: &str) -> String {
    Url::parse(url).map(|url| address::host_key(&url)).unwrap_or_default()
}

/// None when the language is not watched.
pub(super) fn judge(extract: &Extract, lexicon: &Lexicon, zone: &TimeZone) -> Option<Judgement> {
    extract.lang.is_watched().then(|| judge_text(extract, lexicon, zone))
}

pub(super) fn judge_text(extract: &Extract, lexicon: &Lexicon, zone: &TimeZone) -> Judgement {
    lexicon.judge(&TopicInput {
        title: extract.title.as_deref().unwrap_or_default(),
        body: &extract.body,
        lang: extract.lang,
        published: extract.published.as_ref(),
        zone: Some(zone),
    })
}

/// A missing type is taken for HTML: many small sites send none.
fn is_html(page: &Page) -> bool {
    page.content_type().is_none_or(|kind| {
        let kind = kind.trim().to_ascii_lowercase();
        kind.is_empty()
            || ["text/html", "application/xhtml", "text/plain", "application/xml", "text/xml"]
                .iter()
                .any(|html| kind.starts_with(html))
    })
}

/// The address an article is known by: what the page calls canonical, if it speaks of the same site.
///
/// A canonical link to another host or to a front page is a template's mistake and would merge strangers.
pub(super) fn identity(requested: &Url, extract: &Extract) -> Url {
    let claimed = extract.canonical.as_deref().and_then(|raw| address::canonical(raw, Some(requested)).ok());
    match claimed {
        Some(claimed) if same_site(&claimed, requested) && !claimed.path().trim_matches('/').is_empty() => claimed,
        _ => requested.clone(),
    }
}

fn same_site(a: &Url, b: &Url) -> bool {
    let bare = |url: &Url| {
        let host = address::host_key(url);
        let host = host.split(':').next().unwrap_or_default().to_owned();
        ["www.", "m.", "amp.", "mobile."]
            .iter()
            .find_map(|prefix| host.strip_prefix(prefix))
            .map_or(host.clone(), str::to_owned)
    };
    bare(a) == bare(b)
}

/// Equal for two texts that differ in width, case, script form or white space only.
pub(super) fn content_hash(extract: &Extract) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in [extract.title.as_deref().unwrap_or_default(), &extract.body] {
        let folded = crate::text::normalize::fold_text(part);
        for word in folded.split_whitespace() {
            hash.update(word.as_bytes());
            hash.update(b" ");
        }
        hash.update(b"\0");
    }
    hex::encode(hash.finalize())
}

/// The hash a stored text would have without the lines its site is known for by now.
pub(super) fn cleaned_hash(url: &str, extract: &Extract, boilerplate: &Boilerplate) -> String {
    let cleaned = boilerplate.clean(&host(url), &extract.body);
    content_hash(&Extract { body: cleaned.body, ..extract.clone() })
}

/// What copy detection and linking see of an article.
pub(super) fn cluster_item(id: &ArticleId, extract: &Extract, judgement: &Judgement) -> ClusterItem {
    let mut entities: Vec<String> = judgement.entities.iter().map(|span| span.id.clone()).collect();
    entities.sort();
    entities.dedup();
    ClusterItem {
        id: id.clone(),
        lang: extract.lang,
        title: extract.title.clone().unwrap_or_default(),
        body: extract.body.clone(),
        published: extract.published.clone(),
        site: extract.site.clone(),
        topics: judgement.topics.clone(),
        event_mentions: judgement.event_mentions.clone(),
        entities,
    }
}

pub(super) fn article_item(article: &Article) -> ClusterItem {
    cluster_item(&article.id, &article.extract, &article.judgement)
}
