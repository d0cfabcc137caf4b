//! One entry, start to finish, to exactly one outcome.
use super::feed_text::{self, FeedText};
use super::gather::gather;
use super::{Kit, read, retry, revisit};
use crate::model::{
    Article, ArticleId, CaptureRef, CopyVerdict, Extract, FeedSpec, Judgement, Outcome, Page, Pages, Placement,
    Problem, Relation, RetryReason, SkipReason,
};
use crate::store::{ArticleHead, PendingEntry, Result, Settlement, Watch};
use crate::text::url as address;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::Arc;
use url::Url;

/// Brings the entry to its outcome and stores it. Err: the store failed, the entry stays pending.
pub async fn process(kit: &Kit, pending: &PendingEntry, feed: Option<&FeedSpec>, now: Timestamp) -> Result<Outcome> {
    let mut settled = Settlement {
        entry: Some((pending.feed.clone(), pending.entry.key.clone())),
        outcome: Outcome::Skipped(SkipReason::NoLink),
        note: None,
        retry_at: None,
        url: pending.entry.url.clone(),
        title: pending.entry.title.clone(),
        capture: None,
        article: None,
        watch: None,
        now,
    };
    let Some(url) = pending.entry.url.as_deref().and_then(|raw| address::canonical(raw, None).ok()) else {
        return finish(kit, settled).await;
    };
    settled.url = Some(url.to_string());
    // A page another feed has led to is not fetched again; an entry that its feed has changed is.
    let known = kit.store.head_by_url(url.as_str()).await?.is_some();
    if pending.previous.is_none() && known {
        settled.outcome = Outcome::Seen;
        return finish(kit, settled).await;
    }
    if let (false, Some(why)) = (known, ruled_out(kit, pending, feed)) {
        (settled.outcome, settled.note) = (Outcome::Skipped(SkipReason::Gated), Some(why));
        return finish(kit, settled).await;
    }
    match kit.reader.page(&url).await {
        Ok(page) => {
            settled.capture = page.capture.clone();
            judge_page(kit, (pending, feed), Arc::new(page), settled).await
        }
        Err(fault) => {
            settled.note = Some(fault.to_string());
            // Never sooner than the server asks, or than its host's rest ends.
            settled.retry_at = fault.wait_seconds().map(|seconds| retry::after(now, seconds));
            without_page(kit, (pending, &url, zone_of(feed)), fault.outcome(), settled).await
        }
    }
}

fn zone_of(feed: Option<&FeedSpec>) -> TimeZone {
    feed.and_then(|feed| TimeZone::get(&feed.zone).ok()).unwrap_or(TimeZone::UTC)
}

/// Why a gated feed's entry is not looked at.
fn ruled_out(kit: &Kit, pending: &PendingEntry, feed: Option<&FeedSpec>) -> Option<String> {
    feed.filter(|feed| feed.pages == Pages::Gated)?;
    let entry = &pending.entry;
    let summary = entry.summary.as_deref().or(entry.content.as_deref()).unwrap_or_default();
    let gate = kit.lexicon.gate(entry.title.as_deref().unwrap_or_default(), summary);
    (!gate.pass).then_some(gate.why)
}

async fn judge_page(
    kit: &Kit,
    (pending, feed): (&PendingEntry, Option<&FeedSpec>),
    page: Arc<Page>,
    mut settled: Settlement,
) -> Result<Outcome> {
    let zone = zone_of(feed);
    let Ok(url) = Url::parse(&page.final_url) else { return finish(kit, settled).await };
    let gathered = match gather(kit, &page, &zone).await {
        Ok(gathered) => gathered,
        Err(why) => return step_failed(kit, pending, &why, settled).await,
    };
    let mut extract = match gathered {
        Ok(read) => read.found.extract,
        Err(why) => return without_page(kit, (pending, &url, zone), Outcome::Skipped(why), settled).await,
    };
    match from_feed(pending, &url, &zone).await {
        Ok(Some(text)) if feed_text::goes_before(&text, &extract) => {
            feed_text::put_in(text.into_extract(), &mut extract);
        }
        Ok(_) => {}
        Err(why) => return step_failed(kit, pending, &why, settled).await,
    }
    if extract.body.trim().is_empty() {
        return without_page(kit, (pending, &url, zone), Outcome::Skipped(SkipReason::EmptyText), settled).await;
    }
    complete(&mut extract, pending);
    without_boilerplate(kit, &url, &mut extract, settled.now).await?;
    settled.title = extract.title.clone().or(settled.title);
    let (judgement, extract) = match judge(kit, extract, zone).await {
        Ok(judged) => judged,
        Err(why) => return step_failed(kit, pending, &why, settled).await,
    };
    let Some(judgement) = judgement else {
        settled.outcome = Outcome::Skipped(SkipReason::OtherLanguage);
        settled.note = Some(format!("language {}", extract.lang));
        return finish(kit, settled).await;
    };
    if judgement.topics.is_empty() {
        settled.outcome = Outcome::OffTopic;
        settled.note = (!judgement.mentions.is_empty()).then(|| "mentioned as background only".to_owned());
        return finish(kit, settled).await;
    }
    store_article(kit, (pending, Source::page(&page, settled.now)), (extract, judgement), settled).await
}

/// A panic in a step: the process lives, the page is tried once more and then quarantined.
async fn step_failed(
    kit: &Kit,
    pending: &PendingEntry,
    why: &tokio::task::JoinError,
    mut settled: Settlement,
) -> Result<Outcome> {
    settled.note = Some(format!("a step failed on this page: {why}"));
    fail(kit, pending, Outcome::Retry(RetryReason::StepFailed), settled).await
}

/// The page gives no text. What its feed holds may stand for it, where that is on topic and the article is new; in
/// every other case the outcome is what the page has earned.
async fn without_page(
    kit: &Kit,
    (pending, url, zone): (&PendingEntry, &Url, TimeZone),
    outcome: Outcome,
    mut settled: Settlement,
) -> Result<Outcome> {
    let (ended, _) = retry::entry(outcome.clone(), pending.attempts, kit.attempts_max);
    let text = match from_feed(pending, url, &zone).await {
        Ok(text) => text.filter(|text| feed_text::stands_for(text, &ended)),
        Err(why) => return step_failed(kit, pending, &why, settled).await,
    };
    let Some(text) = text else { return fail(kit, pending, outcome, settled).await };
    if kit.store.head_by_url(url.as_str()).await?.is_some() {
        return fail(kit, pending, outcome, settled).await;
    }
    let mut extract = text.into_extract();
    complete(&mut extract, pending);
    let (judgement, extract) = match judge(kit, extract, zone).await {
        Ok(judged) => judged,
        Err(why) => return step_failed(kit, pending, &why, settled).await,
    };
    match judgement.filter(|judgement| !judgement.topics.is_empty()) {
        Some(judgement) => {
            let why = settled.note.take().unwrap_or_else(|| ended.name());
            settled.note = Some(format!("{}: {why}", extract.method));
            settled.retry_at = None;
            store_article(kit, (pending, Source::feed(url, settled.now)), (extract, judgement), settled).await
        }
        None => fail(kit, pending, outcome, settled).await,
    }
}

async fn from_feed(
    pending: &PendingEntry,
    url: &Url,
    zone: &TimeZone,
) -> std::result::Result<Option<FeedText>, tokio::task::JoinError> {
    if pending.entry.content.is_none() && pending.entry.summary.is_none() {
        return Ok(None);
    }
    let (entry, url, zone) = (pending.entry.clone(), url.clone(), zone.clone());
    tokio::task::spawn_blocking(move || feed_text::read(&entry, &url, &zone)).await
}

async fn judge(
    kit: &Kit,
    extract: Extract,
    zone: TimeZone,
) -> std::result::Result<(Option<Judgement>, Extract), tokio::task::JoinError> {
    let lexicon = Arc::clone(&kit.lexicon);
    tokio::task::spawn_blocking(move || (read::judge(&extract, &lexicon, &zone), extract)).await
}

/// Counts the article's lines, and takes out those its site is known for. What is learnt is stored before it is used.
async fn without_boilerplate(kit: &Kit, url: &Url, extract: &mut Extract, now: Timestamp) -> Result<()> {
    let host = address::host_key(url);
    let mut known = kit.boilerplate.lock().await;
    let learnt = known.observe(&host, &address::key(url), &extract.body);
    if !learnt.is_empty() {
        tracing::info!(%host, lines = learnt.len(), "lines that stand in many articles of a site are dropped from now on");
        kit.store.learn_site_lines(&learnt, now).await?;
        known.learn(learnt);
    }
    let cleaned = known.clean(&host, &extract.body);
    extract.body = cleaned.body;
    if !cleaned.dropped.is_empty() {
        let lines = cleaned.dropped.len();
        extract
            .problems
            .push(Problem::new("boilerplate", format!("{lines} lines that many articles of {host} have were dropped")));
    }
    Ok(())
}

/// What the page does not say, the feed may.
fn complete(extract: &mut Extract, pending: &PendingEntry) {
    let entry = &pending.entry;
    extract.title = extract.title.take().or_else(|| entry.title.clone());
    extract.published = extract.published.take().or_else(|| entry.published.clone());
    extract.byline = extract.byline.take().or_else(|| entry.author.clone());
}

/// Where an article's text was had.
struct Source {
    url: String,
    capture: Option<CaptureRef>,
    fetched_at: Timestamp,
    /// None: there is no page to look at again.
    watch: Option<Watch>,
}

impl Source {
    fn page(page: &Page, now: Timestamp) -> Self {
        Self {
            url: page.final_url.clone(),
            capture: page.capture.clone(),
            fetched_at: page.fetched_at,
            watch: Some(revisit::watch(page, now)),
        }
    }

    fn feed(url: &Url, now: Timestamp) -> Self {
        Self { url: url.to_string(), capture: None, fetched_at: now, watch: None }
    }
}

async fn store_article(
    kit: &Kit,
    (pending, source): (&PendingEntry, Source),
    (mut extract, judgement): (Extract, Judgement),
    mut settled: Settlement,
) -> Result<Outcome> {
    let requested = Url::parse(&source.url).ok().and_then(|url| address::canonical(url.as_str(), None).ok());
    let Some(requested) = requested else {
        return finish(kit, settled).await;
    };
    extract.rights.extend(kit.reader.site_rights(&requested).await.signals);
    extract.rights.extend(pending.entry.rights.iter().cloned());
    let url = read::identity(&requested, &extract);
    let id = ArticleId::of(&address::key(&url));
    let mut article = Article {
        id: id.clone(),
        url: url.to_string(),
        source_id: None,
        feed: Some(pending.feed.clone()),
        content_hash: read::content_hash(&extract),
        extract,
        judgement,
        copy: CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() },
        placement: Placement { event: "".into(), events: Vec::new(), story: "".into(), why: Vec::new() },
        versions: kit.versions(),
        capture: source.capture,
        fetched_at: source.fetched_at,
    };
    settled.watch = source.watch;
    let mut links = kit.links.lock().await;
    let head = kit.store.head(&id).await?;
    if is_same_text(kit, head.as_ref(), &article).await? {
        // With its article, so that this address is known next time, also when it redirects.
        settled.outcome = Outcome::Seen;
        settled.article = Some(Box::new(article));
        return finish(kit, settled).await;
    }
    let item = read::article_item(&article);
    settled.outcome = link(kit, &mut article, (&links, &item), head.as_ref()).await?;
    settled.article = Some(Box::new(article.clone()));
    let first = settled.outcome != Outcome::Revision;
    let outcome = finish(kit, settled).await?;
    if first {
        links.remember(&item, &article.copy, &article.placement);
    }
    Ok(outcome)
}

/// Also where the stored text has lines that its site has become known for since.
async fn is_same_text(kit: &Kit, head: Option<&ArticleHead>, article: &Article) -> Result<bool> {
    let Some(head) = head else { return Ok(false) };
    if head.content_hash == article.content_hash {
        return Ok(true);
    }
    let Some(stored) = kit.store.article(&article.id).await? else { return Ok(false) };
    let known = kit.boilerplate.lock().await;
    Ok(read::cleaned_hash(&article.url, &stored.document.article.extract, &known) == article.content_hash)
}

/// Copy, story and outcome. A revision keeps its place: an edit does not move an article to another story.
async fn link(
    kit: &Kit,
    article: &mut Article,
    (links, item): (&super::Links, &crate::model::ClusterItem),
    head: Option<&ArticleHead>,
) -> Result<Outcome> {
    if head.is_some()
        && let Some(stored) = kit.store.article(&article.id).await?
    {
        article.copy = stored.document.article.copy;
        article.placement = stored.document.article.placement;
        return Ok(Outcome::Revision);
    }
    (article.copy, article.placement) = links.judge(item);
    Ok(if article.copy.copy_of.is_some() { Outcome::Copy } else { Outcome::Stored })
}

async fn fail(kit: &Kit, pending: &PendingEntry, outcome: Outcome, mut settled: Settlement) -> Result<Outcome> {
    let (outcome, wait) = retry::entry(outcome, pending.attempts, kit.attempts_max);
    settled.outcome = outcome;
    settled.retry_at = wait
        .map(|seconds| retry::after(settled.now, seconds))
        .map(|at| settled.retry_at.map_or(at, |asked| asked.max(at)));
    finish(kit, settled).await
}

async fn finish(kit: &Kit, settled: Settlement) -> Result<Outcome> {
    kit.store.settle(&settled).await?;
    tracing::debug!(url = settled.url.as_deref().unwrap_or("-"), outcome = %settled.outcome, "entry settled");
    Ok(settled.outcome)
}
