//! One entry, start to finish, to exactly one outcome.
use super::read::{self, Reading};
use super::{Kit, retry, revisit};
use crate::model::{
    Article, ArticleId, CopyVerdict, FeedSpec, Judgement, Outcome, Page, Pages, Placement, Relation, RetryReason,
    SkipReason,
};
use crate::store::{ArticleHead, PendingEntry, Result, Settlement};
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
            fail(kit, pending, fault.outcome(), settled).await
        }
    }
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
    let zone = feed.and_then(|feed| TimeZone::get(&feed.zone).ok()).unwrap_or(TimeZone::UTC);
    let lexicon = Arc::clone(&kit.lexicon);
    let for_reading = Arc::clone(&page);
    let read = tokio::task::spawn_blocking(move || read::read(&for_reading, &lexicon, &zone)).await;
    let mut reading = match read {
        Ok(Ok(reading)) => reading,
        Ok(Err(why)) => {
            settled.outcome = Outcome::Skipped(why);
            return finish(kit, settled).await;
        }
        // A panic in a step: the process lives, the page is tried once more and then quarantined.
        Err(why) => {
            settled.note = Some(format!("a step failed on this page: {why}"));
            return fail(kit, pending, Outcome::Retry(RetryReason::StepFailed), settled).await;
        }
    };
    complete(&mut reading, pending);
    settled.title = reading.extract.title.clone().or(settled.title);
    let Some(judgement) = reading.judgement.take() else {
        settled.outcome = Outcome::Skipped(SkipReason::OtherLanguage);
        settled.note = Some(format!("language {}", reading.extract.lang));
        return finish(kit, settled).await;
    };
    if judgement.topics.is_empty() {
        settled.outcome = Outcome::OffTopic;
        settled.note = (!judgement.mentions.is_empty()).then(|| "mentioned as background only".to_owned());
        return finish(kit, settled).await;
    }
    store_article(kit, (pending, &page), (reading, judgement), settled).await
}

/// What the page does not say, the feed may.
fn complete(reading: &mut Reading, pending: &PendingEntry) {
    let entry = &pending.entry;
    let extract = &mut reading.extract;
    extract.title = extract.title.take().or_else(|| entry.title.clone());
    extract.published = extract.published.take().or_else(|| entry.published.clone());
    extract.byline = extract.byline.take().or_else(|| entry.author.clone());
}

async fn store_article(
    kit: &Kit,
    (pending, page): (&PendingEntry, &Page),
    (mut reading, judgement): (Reading, Judgement),
    mut settled: Settlement,
) -> Result<Outcome> {
    let requested = Url::parse(&page.final_url).ok().and_then(|url| address::canonical(url.as_str(), None).ok());
    let Some(requested) = requested else {
        return finish(kit, settled).await;
    };
    reading.extract.rights.extend(kit.reader.site_rights(&requested).await.signals);
    reading.extract.rights.extend(pending.entry.rights.iter().cloned());
    let url = read::identity(&requested, &reading.extract);
    let id = ArticleId::of(&address::key(&url));
    let mut article = Article {
        id: id.clone(),
        url: url.to_string(),
        source_id: None,
        feed: Some(pending.feed.clone()),
        content_hash: read::content_hash(&reading.extract),
        extract: reading.extract,
        judgement,
        copy: CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() },
        placement: Placement { event: "".into(), events: Vec::new(), story: "".into(), why: Vec::new() },
        versions: kit.versions(),
        capture: page.capture.clone(),
        fetched_at: page.fetched_at,
    };
    settled.watch = Some(revisit::watch(page, settled.now));
    let mut links = kit.links.lock().await;
    let head = kit.store.head(&id).await?;
    if head.as_ref().is_some_and(|head| head.content_hash == article.content_hash) {
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
