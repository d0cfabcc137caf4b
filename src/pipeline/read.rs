//! The pure middle of `process`: bytes → text → what it says. Runs off the async threads.
use crate::extract::{self, PageText};
use crate::model::{Article, ArticleId};
use crate::model::{ClusterItem, Extract, Judgement, Page, SkipReason};
use crate::text::{charset, url as address};
use crate::topic::{Lexicon, TopicInput};
use jiff::tz::TimeZone;
use url::Url;

#[derive(Clone, Debug)]
pub struct Reading {
    /// What the bytes were decoded as, and what said so.
    pub encoding: String,
    pub extract: Extract,
    /// None when the language is not watched.
    pub judgement: Option<Judgement>,
}

/// Reads one page. Err: there is nothing here to read.
pub fn read(page: &Page, lexicon: &Lexicon, zone: &TimeZone) -> Result<Reading, SkipReason> {
    if !is_html(page) {
        return Err(SkipReason::NotHtml);
    }
    let hints = charset::Hints { content_type: page.content_type(), markup: charset::Markup::Html };
    let decoded = charset::decode(&page.body, &hints);
    let url = Url::parse(&page.final_url).ok();
    let extract = extract::extract(&PageText {
        html: &decoded.text,
        url: url.as_ref(),
        content_type: page.content_type(),
        zone,
        headers: &page.headers,
    });
    if extract.body.trim().is_empty() {
        return Err(SkipReason::EmptyText);
    }
    let judgement = extract.lang.is_watched().then(|| judge(&extract, lexicon, zone));
    Ok(Reading { encoding: format!("{} ({})", decoded.encoding, decoded.source), extract, judgement })
}

pub(super) fn judge(extract: &Extract, lexicon: &Lexicon, zone: &TimeZone) -> Judgement {
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
