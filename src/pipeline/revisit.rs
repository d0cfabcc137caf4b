//! A stored article's page, looked at again: edits become revisions, withdrawals are seen, nothing else changes.
use super::gather::{INCOMPLETE, gather};
use super::{Kit, read, retry};
use crate::extract;
use crate::fetch::{FetchFault, PageReply};
use crate::model::{Article, ArticleId, Extract, Judgement, Outcome, Page, RightsSignal, SkipReason, Validators};
use crate::store::{ArticleRecord, Look, PendingRevisit, Result, Revisit, Watch};
use crate::text::url as address;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use url::Url;

/// When a page is looked at again, counted from its first fetch. Corrections come within hours, so the first looks are
/// early; the day's end sees what the desk has edited; after a week hardly anything is touched any more.
const LOOKS: [SignedDuration; 4] = [
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(7 * 24),
];
/// Two looks at one page are at least this far apart, also after a standstill or a failure.
const GAP: SignedDuration = SignedDuration::from_hours(1);
/// One 404 may be a deployment or a broken cache; a second one an hour later is a withdrawal.
const MISSING_CONFIRMED: u32 = 2;
/// A withdrawn page whose schedule is over is still asked for each week, so that one that comes back is restored ...
const RETURN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// ... until it has answered 404 this often.
const MISSING_MAX: u32 = 6;
/// The page's text goes before that of its feed when it has so much more.
const FEED_TEXT_LONGER: f32 = 1.25;
/// After so many failures in a row the next look is the schedule's.
const FAILURES_MAX: u32 = 3;

/// The watch that begins with an article's first fetch.
pub(super) fn watch(page: &Page, now: Timestamp) -> Watch {
    let due = now.checked_add(LOOKS[0]).unwrap_or(now);
    Watch { url: page.final_url.clone(), validators: crate::fetch::validators(page), due }
}

/// Looks at the page once and stores what was found. Err: the store failed, the revisit stays due.
pub async fn revisit(kit: &Kit, pending: &PendingRevisit, zone: TimeZone, now: Timestamp) -> Result<Look> {
    let Some(stored) = kit.store.article(&pending.article).await? else {
        // A row of the queue refers to an article, so only a damaged store comes here.
        return finish(kit, pending, Found::failed("the article is not in the store"), now).await;
    };
    let found = match Url::parse(&pending.url) {
        Ok(url) => match kit.reader.revisit(&url, &pending.validators).await {
            Ok(PageReply::Unchanged { validators, status }) => Found {
                look: if stored.document.deleted { Look::Restored } else { Look::Unchanged },
                http_status: Some(status),
                validators: Some(validators),
                ..Found::default()
            },
            Ok(PageReply::Same { page, validators }) => {
                let found = judge(kit, Arc::new(*page), &stored, zone).await;
                // The same bytes read by other rules are no edit.
                let look = if stored.document.deleted { Look::Restored } else { Look::Unchanged };
                Found { look, note: None, article: None, validators: Some(validators), ..found }
            }
            Ok(PageReply::Page { page, validators }) => {
                let found = judge(kit, Arc::new(*page), &stored, zone).await;
                Found { validators: found.learnt().then_some(validators), ..found }
            }
            Err(fault) => missed(&fault, pending),
        },
        Err(why) => Found::failed(format!("the address cannot be read: {why}")),
    };
    finish(kit, pending, found, now).await
}

/// What one look has found, before the schedule is asked what follows from it.
struct Found {
    look: Look,
    note: Option<String>,
    http_status: Option<u16>,
    /// None: the old ones stay.
    validators: Option<Validators>,
    wait_seconds: u64,
    article: Option<Box<Article>>,
    capture: Option<crate::model::CaptureRef>,
    rights: Vec<RightsSignal>,
    withdrawn: Vec<RightsSignal>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            look: Look::Unchanged,
            note: None,
            http_status: None,
            validators: None,
            wait_seconds: 0,
            article: None,
            capture: None,
            rights: Vec::new(),
            withdrawn: Vec::new(),
        }
    }
}

impl Found {
    fn failed(note: impl Into<String>) -> Self {
        Self { look: Look::Failed, note: Some(note.into()), ..Self::default() }
    }

    /// Validators of a page that was not this article would make it look unchanged for ever.
    fn learnt(&self) -> bool {
        self.look != Look::Failed
    }
}

fn missed(fault: &FetchFault, pending: &PendingRevisit) -> Found {
    let (note, wait_seconds) = (Some(fault.to_string()), fault.wait_seconds().unwrap_or(0));
    match *fault {
        FetchFault::Status { status: status @ (404 | 410), .. } => {
            let look = if pending.missing + 1 == MISSING_CONFIRMED { Look::Withdrawn } else { Look::Missing };
            Found { look, note, http_status: Some(status), ..Found::default() }
        }
        FetchFault::Status { status, .. } => {
            Found { http_status: Some(status), wait_seconds, ..Found::failed(fault.to_string()) }
        }
        _ => Found { wait_seconds, ..Found::failed(fault.to_string()) },
    }
}

async fn judge(kit: &Kit, page: Arc<Page>, stored: &ArticleRecord, zone: TimeZone) -> Found {
    let (http_status, capture) = (Some(page.status), page.capture.clone());
    let at_hand = |found: Found| Found { http_status, capture: capture.clone(), ..found };
    let old = &stored.document.article;
    let mut extract = match gather(kit, &page, &zone).await {
        Ok(Ok(read)) => read.found.extract,
        Ok(Err(why)) => return at_hand(Found::failed(Outcome::Skipped(why).name())),
        Err(why) => return at_hand(Found::failed(format!("a step failed on this page: {why}"))),
    };
    keep_feed_text(&mut extract, old);
    if extract.body.trim().is_empty() {
        return at_hand(Found::failed(Outcome::Skipped(SkipReason::EmptyText).name()));
    }
    if let Some(why) = incomplete(&extract, old) {
        return at_hand(Found::failed(why));
    }
    let known_hash = {
        let known = kit.boilerplate.lock().await;
        read::clean(&page, &mut extract, &known);
        read::cleaned_hash(&page.final_url, &old.extract, &known)
    };
    complete(&mut extract, old);
    let lexicon = Arc::clone(&kit.lexicon);
    let judged = tokio::task::spawn_blocking(move || (read::judge(&extract, &lexicon, &zone), extract)).await;
    let (judgement, extract) = match judged {
        Ok(judged) => judged,
        Err(why) => return at_hand(Found::failed(format!("a step failed on this page: {why}"))),
    };
    if let Some(why) = another(&page, (&extract, judgement.as_ref()), old) {
        return at_hand(Found::failed(why));
    }
    let mut rights = extract.rights.clone();
    let mut unread = Vec::new();
    if let Ok(url) = Url::parse(&page.final_url) {
        let site = kit.reader.site_rights(&url).await;
        rights.extend(site.signals);
        unread = site.unread;
    }
    // The page does not say what its feed said.
    rights.extend(old.extract.rights.iter().filter(|signal| signal.kind == "feed_rights").cloned());
    let withdrawn = withdrawn(stored, &rights, &unread);
    let content_hash = read::content_hash(&extract);
    let same = content_hash == old.content_hash || content_hash == known_hash;
    let look = match (stored.document.deleted, same) {
        (true, _) => Look::Restored,
        (false, true) => Look::Unchanged,
        (false, false) => Look::Revision,
    };
    let revised = (!same).then(|| {
        Box::new(Article {
            content_hash,
            extract: Extract { rights: rights.clone(), ..extract },
            judgement: judgement.unwrap_or_default(),
            versions: kit.versions(),
            capture: page.capture.clone(),
            fetched_at: page.fetched_at,
            ..old.clone()
        })
    });
    at_hand(Found { look, article: revised, rights, withdrawn, ..Found::default() })
}

/// Statements that held and are no longer made, but for those of places that could not be read.
fn withdrawn(stored: &ArticleRecord, now: &[RightsSignal], unread: &[String]) -> Vec<RightsSignal> {
    let held = stored.rights.iter().filter(|seen| seen.withdrawn.is_none()).map(|seen| &seen.signal);
    held.filter(|signal| !now.contains(signal) && !unread.contains(&signal.place)).cloned().collect()
}

/// A text that came from the feed stays until the page has clearly more.
fn keep_feed_text(extract: &mut Extract, old: &Article) {
    let from_feed = matches!(old.extract.method.as_str(), "full_text_feed" | "feed_summary");
    if from_feed && extract::words(&extract.body) <= extract::words(&old.extract.body) * FEED_TEXT_LONGER {
        let old = &old.extract;
        (extract.body, extract.method) = (old.body.clone(), old.method.clone());
        (extract.lang, extract.script, extract.truncated) = (old.lang, old.script, old.truncated);
    }
}

/// A following page that could not be fetched this time must not cut the article.
fn incomplete(extract: &Extract, old: &Article) -> Option<String> {
    let problem = extract.problems.iter().find(|problem| INCOMPLETE.contains(&problem.code.as_str()))?;
    (extract.body.len() < old.extract.body.len()).then(|| problem.message.clone())
}

/// What the page did not say, its feed's entry did.
fn complete(extract: &mut Extract, old: &Article) {
    extract.title = extract.title.take().or_else(|| old.extract.title.clone());
    extract.published = extract.published.take().or_else(|| old.extract.published.clone());
    extract.byline = extract.byline.take().or_else(|| old.extract.byline.clone());
}

/// Why this page is not the article any more. A front page, a login or a notice in its place must not become its text.
fn another(page: &Page, (extract, judgement): (&Extract, Option<&Judgement>), old: &Article) -> Option<String> {
    let requested = address::canonical(&page.final_url, None).ok()?;
    let now_is = read::identity(&requested, extract);
    if ArticleId::of(&address::key(&now_is)) != old.id {
        return Some(format!("the address now leads to {now_is}"));
    }
    let Some(judgement) = judgement else {
        return Some(format!("the page is now in language {}", extract.lang));
    };
    let (chars, before) = (extract.body.chars().count(), old.extract.body.chars().count());
    (judgement.topics.is_empty() && chars * 2 < before).then(|| {
        format!("the page now holds {chars} characters and no topic, where it held {before}: a notice, no edit")
    })
}

async fn finish(kit: &Kit, pending: &PendingRevisit, found: Found, now: Timestamp) -> Result<Look> {
    let after = after(pending, (found.look, found.wait_seconds), now);
    let revisit = Revisit {
        article: pending.article.clone(),
        look: found.look,
        note: found.note,
        http_status: found.http_status,
        validators: found.validators.unwrap_or_else(|| pending.validators.clone()),
        failures: after.failures,
        missing: after.missing,
        next_due: after.next_due,
        capture: found.capture,
        revised: found.article,
        rights: found.rights,
        withdrawn: found.withdrawn,
        now,
    };
    // Held until it is stored, so that the caches learn of it in the order of storing.
    let mut links = kit.links.lock().await;
    kit.store.record_revisit(&revisit).await?;
    match found.look {
        Look::Withdrawn => links.forget(&pending.article),
        Look::Restored => {
            if let Some(stored) = kit.store.article(&pending.article).await? {
                let article = &stored.document.article;
                links.forget(&article.id);
                links.remember(&read::article_item(article), &article.copy, &article.placement);
            }
        }
        Look::Unchanged | Look::Revision | Look::Missing | Look::Failed => {}
    }
    drop(links);
    tracing::debug!(url = pending.url, look = found.look.name(), "article looked at again");
    Ok(found.look)
}

#[derive(Debug, PartialEq, Eq)]
struct After {
    failures: u32,
    missing: u32,
    next_due: Option<Timestamp>,
}

/// What follows from a look. Pure: tested with a table.
fn after(pending: &PendingRevisit, (look, wait_seconds): (Look, u64), now: Timestamp) -> After {
    let scheduled = scheduled(pending.first_fetched, now);
    match look {
        Look::Unchanged | Look::Revision | Look::Restored => After { failures: 0, missing: 0, next_due: scheduled },
        Look::Missing | Look::Withdrawn => {
            let missing = pending.missing.saturating_add(1);
            let next_due = match missing {
                ..MISSING_CONFIRMED => now.checked_add(GAP).ok(),
                MISSING_CONFIRMED..MISSING_MAX => scheduled.or_else(|| now.checked_add(RETURN).ok()),
                MISSING_MAX.. => scheduled,
            };
            After { failures: 0, missing, next_due }
        }
        Look::Failed => {
            let failures = pending.failures.saturating_add(1);
            let wait = 3_600_u64.saturating_mul(1 << (2 * pending.failures.min(FAILURES_MAX))).max(wait_seconds);
            let again = (failures < FAILURES_MAX).then(|| retry::after(now, wait)).or(scheduled);
            After { failures, missing: pending.missing, next_due: again }
        }
    }
}

/// The first look of the schedule that still lies far enough ahead; those missed meanwhile are not made up for.
fn scheduled(first_fetched: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let earliest = now.checked_add(GAP).ok()?;
    LOOKS.iter().filter_map(|look| first_fetched.checked_add(*look).ok()).find(|due| *due >= earliest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn pending_after(missing: u32) -> PendingRevisit {
        PendingRevisit {
            article: "a".into(),
            feed: None,
            url: String::new(),
            first_fetched: hour(0),
            validators: Validators::default(),
            failures: 0,
            missing,
        }
    }

    /// Looks from the first due on, each found so, made when due; the hours at which they were made.
    fn run(looks: &[Look]) -> (Vec<i64>, After) {
        let mut pending = pending_after(0);
        let (mut now, mut made) = (hour(1), Vec::new());
        let mut last = After { failures: 0, missing: 0, next_due: Some(now) };
        for look in looks {
            made.push(now.duration_since(hour(0)).as_hours());
            last = after(&pending, (*look, 0), now);
            (pending.failures, pending.missing) = (last.failures, last.missing);
            now = last.next_due.unwrap_or(now);
        }
        (made, last)
    }

    #[test]
    fn the_schedule_is_kept_and_ends() {
        let (made, last) = run(&[Look::Unchanged, Look::Revision, Look::Unchanged, Look::Unchanged]);
        assert_eq!((made, last.next_due), (vec![1, 6, 24, 168], None));
    }

    #[test]
    fn a_missing_page_is_asked_for_again_and_then_each_week_for_a_while() {
        let (made, last) = run(&[Look::Missing, Look::Withdrawn, Look::Missing, Look::Restored]);
        assert_eq!((made, last.next_due), (vec![1, 2, 6, 24], Some(hour(168))));
        let gone = [
            Look::Unchanged,
            Look::Unchanged,
            Look::Unchanged,
            Look::Missing,
            Look::Withdrawn,
            Look::Missing,
            Look::Missing,
            Look::Missing,
            Look::Missing,
        ];
        let (made, last) = run(&gone);
        assert_eq!(made, [1, 6, 24, 168, 169, 337, 505, 673, 841]);
        assert_eq!((last.missing, last.next_due), (MISSING_MAX, None), "bounded");
    }

    #[test]
    fn failures_wait_longer_each_time_and_a_standstill_is_not_made_up_for() {
        let (made, last) = run(&[Look::Failed, Look::Failed, Look::Failed]);
        assert_eq!((made, last.next_due), (vec![1, 2, 6], Some(hour(24))));
        let pending = pending_after(1);
        let late = after(&pending, (Look::Unchanged, 0), hour(30));
        assert_eq!(late, After { failures: 0, missing: 0, next_due: Some(hour(168)) }, "one look stands for three");
        let close = after(&pending, (Look::Unchanged, 0), hour(23) + SignedDuration::from_mins(30));
        assert_eq!(close.next_due, Some(hour(168)), "not half an hour later again");
        let asked = after(&pending, (Look::Failed, 7_200), hour(1));
        assert_eq!((asked.next_due, asked.missing), (Some(hour(3)), 1), "a failure confirms nothing");
    }
}
