//! Looking again at stored articles: the schedule, its leases, and what a look changes.
use super::samples::{Samples, at, claim_of};
use crate::model::{Article, ArticleId, FeedId, Outcome, RightsSignal, Validators};
use crate::store::{Claim, Look, PastLook, PendingRevisit, Revisit, Settlement, Store, Watch};
use std::sync::Arc;

const HOUR: i64 = 3_600;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    a_watched_article_is_due_once_and_leased(&*open().await).await;
    a_newer_fetch_keeps_the_schedule(&*open().await).await;
    hosts_with_due_entries_wait(&*open().await).await;
    a_look_is_recorded_once(&*open().await).await;
    withdrawing_and_restoring_are_changes(&*open().await).await;
    rights_are_learnt_once(&*open().await).await;
    rights_are_withdrawn_and_come_back(&*open().await).await;
}

const ADDRESS: &str = "https://news.example/x?from=rss";

/// Of an answer from the address that is watched.
fn validators(etag: &str) -> Validators {
    let last_modified = Some("Fri, 03 Jul 2026 00:00:00 GMT".to_owned());
    let (etag, from) = (Some(etag.to_owned()), Some(ADDRESS.to_owned()));
    Validators { etag, last_modified, body_hash: Some("00ff".to_owned()), from }
}

fn watched(name: &str, seconds: i64) -> Settlement {
    let watch = Watch { url: ADDRESS.to_owned(), validators: validators("W/\"1\""), due: at(seconds + HOUR) };
    Settlement { watch: Some(watch), ..Samples::imported(Samples::article(name, "글"), seconds) }
}

async fn claimed(store: &dyn Store, seconds: i64) -> Vec<PendingRevisit> {
    store.claim_revisits(&claim_of(seconds, 9)).await.expect("claim")
}

fn look(article: &Article, look: Look, seconds: i64) -> Revisit {
    Revisit {
        article: article.id.clone(),
        look,
        note: Some("in words".to_owned()),
        http_status: Some(200),
        validators: validators("W/\"2\""),
        failures: 0,
        missing: 0,
        next_due: Some(at(seconds + HOUR)),
        capture: None,
        revised: None,
        rights: Vec::new(),
        withdrawn: Vec::new(),
        now: at(seconds),
    }
}

async fn a_watched_article_is_due_once_and_leased(store: &dyn Store) {
    assert_eq!(store.next_revisit_due().await.expect("due"), None);
    store.settle(&watched("x", 1)).await.expect("settle");
    store.settle(&Samples::imported(Samples::article("y", "글"), 1)).await.expect("an article nobody watches");
    assert_eq!(store.next_revisit_due().await.expect("due"), Some(at(1 + HOUR)));
    assert_eq!(claimed(store, HOUR).await, []);
    let want = PendingRevisit {
        article: Samples::article("x", "").id,
        feed: None,
        url: ADDRESS.to_owned(),
        first_fetched: at(1),
        validators: validators("W/\"1\""),
        failures: 0,
        missing: 0,
    };
    assert_eq!(claimed(store, 1 + HOUR).await, std::slice::from_ref(&want));
    assert_eq!(claimed(store, 2 + HOUR).await, [], "leased for a minute");
    assert_eq!(store.next_revisit_due().await.expect("due"), Some(at(1 + HOUR + 60)));
    assert_eq!(claimed(store, 61 + HOUR).await, std::slice::from_ref(&want), "the lease is over");
    store.release_leases().await.expect("release");
    assert_eq!(claimed(store, 62 + HOUR).await, [want]);
}

async fn a_newer_fetch_keeps_the_schedule(store: &dyn Store) {
    store.settle(&watched("x", 1)).await.expect("settle");
    let again =
        Watch { url: "https://news.example/x".to_owned(), validators: validators("W/\"9\""), due: at(9 * HOUR) };
    let edited = Settlement {
        watch: Some(again),
        outcome: Outcome::Revision,
        ..Samples::imported(Samples::article("x", "고친 글"), 60)
    };
    store.settle(&edited).await.expect("settle");
    let pending = claimed(store, 1 + HOUR).await.remove(0);
    assert_eq!((pending.first_fetched, pending.url.as_str()), (at(1), "https://news.example/x"));
    assert_eq!(pending.validators, Validators { from: Some(pending.url), ..validators("W/\"9\"") });
}

async fn hosts_with_due_entries_wait(store: &dyn Store) {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    store.settle(&watched("x", 1)).await.expect("settle");
    let entry = Samples::entry("news.example", "new");
    store.record_poll(&Samples::poll(&spec.id, 2), &[entry]).await.expect("poll");
    assert_eq!(claimed(store, 1 + HOUR).await, [], "the entry comes first");
    let claim = Claim { limit: 9, ..claim_of(1 + HOUR, 9) };
    store.claim_entries(&claim, &[], 9).await.expect("claim");
    assert_eq!(claimed(store, 1 + HOUR).await, [], "also while it is worked on");
    settle_off_topic(store, &spec.id, 2 + HOUR).await;
    assert_eq!(claimed(store, 3 + HOUR).await.len(), 1);
}

async fn settle_off_topic(store: &dyn Store, feed: &FeedId, seconds: i64) {
    store.settle(&Samples::settled(Some((feed, "new")), Outcome::OffTopic, seconds)).await.expect("settle");
}

async fn a_look_is_recorded_once(store: &dyn Store) {
    store.settle(&watched("x", 1)).await.expect("settle");
    let article = Samples::article("x", "글");
    let early = look(&article, Look::Unchanged, 2);
    assert_eq!(store.record_revisit(&early).await.expect("record"), None);
    assert_eq!(
        store.article(&article.id).await.expect("article").expect("stored").watched.looks.len(),
        1,
        "not claimed"
    );
    claimed(store, 1 + HOUR).await;
    let revised = Samples::article("x", "고친 글");
    let edited = Revisit { revised: Some(Box::new(revised.clone())), ..look(&article, Look::Revision, 2 + HOUR) };
    assert_eq!(store.record_revisit(&edited).await.expect("record"), Some(2));
    assert_eq!(store.record_revisit(&edited).await.expect("record"), None, "the lease is over");
    let record = store.article(&article.id).await.expect("article").expect("stored");
    assert_eq!((record.document.revision, record.document.article), (2, revised));
    let want = [
        PastLook { at: at(2 + HOUR), outcome: "revision".to_owned(), note: Some("in words".to_owned()) },
        PastLook { at: at(1), outcome: "fetched".to_owned(), note: None },
    ];
    assert_eq!(record.watched.looks, want);
    assert_eq!(record.watched.next_due, Some(at(2 + 2 * HOUR)));
    assert_eq!(claimed(store, 2 * HOUR).await, [], "not inside its interval");
    assert_eq!(claimed(store, 2 + 2 * HOUR).await[0].validators, validators("W/\"2\""));
    let last = Revisit { next_due: None, ..look(&article, Look::Unchanged, 3 + 2 * HOUR) };
    store.record_revisit(&last).await.expect("record");
    assert_eq!(store.next_revisit_due().await.expect("due"), None);
}

async fn withdrawing_and_restoring_are_changes(store: &dyn Store) {
    store.settle(&watched("x", 1)).await.expect("settle");
    let article = Samples::article("x", "글");
    let steps = [
        (Look::Missing, None, false),
        (Look::Withdrawn, Some(2), true),
        (Look::Withdrawn, None, true),
        (Look::Failed, None, true),
        (Look::Restored, Some(3), false),
        (Look::Restored, None, false),
    ];
    for (step, (found, change, deleted)) in (1..).zip(steps) {
        assert_eq!(claimed(store, 1 + step * HOUR).await.len(), 1);
        let found = look(&article, found, 1 + step * HOUR);
        assert_eq!(store.record_revisit(&found).await.expect("record"), change, "{step}");
        let record = store.article(&article.id).await.expect("article").expect("kept");
        assert_eq!((record.document.deleted, record.document.revision), (deleted, 1), "{step}");
        assert_eq!(store.indexed_state(None, 9).await.expect("state").is_empty(), deleted, "{step}");
    }
    let after: Vec<(u64, bool)> =
        store.changes(0, 9).await.expect("changes").iter().map(|d| (d.change_seq, d.deleted)).collect();
    assert_eq!(after, [(3, false)]);
}

async fn rights_are_learnt_once(store: &dyn Store) {
    store.settle(&watched("x", 1)).await.expect("settle");
    let article = Samples::article("x", "글");
    let signal = |raw: &str| RightsSignal {
        kind: "content_usage".to_owned(),
        raw: raw.to_owned(),
        place: "content-usage".to_owned(),
    };
    for step in 1..=2 {
        claimed(store, 1 + step * HOUR).await;
        let rights = vec![article.extract.rights[0].clone(), signal("train-ai=n")];
        let found = Revisit { rights, ..look(&article, Look::Unchanged, 1 + step * HOUR) };
        store.record_revisit(&found).await.expect("record");
    }
    let record = store.article(&article.id).await.expect("article").expect("stored");
    let seen: Vec<_> = record.rights.iter().map(|seen| (seen.signal.clone(), seen.revision, seen.first_seen)).collect();
    let known = article.extract.rights[0].clone();
    assert_eq!(seen, [(known, 1, at(1)), (signal("train-ai=n"), 1, at(1 + HOUR))]);
    let asked = store.rights(&[ArticleId::from("unknown"), article.id]).await.expect("rights");
    assert_eq!(asked, [Vec::new(), record.rights]);
}

async fn rights_are_withdrawn_and_come_back(store: &dyn Store) {
    store.settle(&watched("x", 1)).await.expect("settle");
    let article = Samples::article("x", "글");
    let footer = article.extract.rights[0].clone();
    let stranger = RightsSignal { kind: "licence".to_owned(), ..footer.clone() };
    let mut seconds = HOUR;
    let mut looked = async |rights: Vec<RightsSignal>, withdrawn: Vec<RightsSignal>| {
        seconds += 2 * HOUR;
        claimed(store, seconds).await;
        let revisit = Revisit { rights, withdrawn, ..look(&article, Look::Unchanged, seconds) };
        store.record_revisit(&revisit).await.expect("record");
        let record = store.article(&article.id).await.expect("article").expect("stored");
        let ends: Vec<_> = record.rights.iter().map(|seen| (seen.withdrawn, seen.first_seen)).collect();
        (ends, record.document.article.extract.rights.len())
    };
    assert_eq!(looked(Vec::new(), Vec::new()).await, (vec![(None, at(1))], 1), "nothing was looked for");
    let gone = (vec![(Some(at(5 * HOUR)), at(1))], 0);
    assert_eq!(looked(Vec::new(), vec![footer.clone(), stranger]).await, gone, "one that never was cannot go");
    assert_eq!(looked(Vec::new(), vec![footer.clone()]).await, gone, "gone is gone");
    assert_eq!(looked(vec![footer.clone()], Vec::new()).await, (vec![(None, at(1))], 1), "first seen when first seen");
    assert_eq!(looked(Vec::new(), vec![footer]).await, (vec![(Some(at(11 * HOUR)), at(1))], 0));
}
