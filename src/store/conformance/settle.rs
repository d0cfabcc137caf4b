//! One outcome per entry, one revision per text.
use super::samples::{Samples, at, claim_of};
use crate::model::{ArticleId, FeedId, Outcome, SkipReason};
use crate::store::{ArticleHead, Settlement, Store};
use std::sync::Arc;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    a_settlement_counts_once(&*open().await).await;
    the_first_outcome_holds(&*open().await).await;
    an_import_counts_once(&*open().await).await;
    an_edit_is_a_revision(&*open().await).await;
    every_url_leads_to_the_article(&*open().await).await;
    an_entry_nobody_polled_is_refused(&*open().await).await;
}

async fn leased(store: &dyn Store, names: &[&str]) -> FeedId {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let entries: Vec<_> = names.iter().map(|name| Samples::entry("a.example", name)).collect();
    store.record_poll(&Samples::poll(&spec.id, 1), &entries).await.expect("poll");
    assert_eq!(store.claim_entries(&claim_of(2, 99), &[], 99).await.expect("claim").len(), names.len());
    spec.id
}

fn stored(feed: &FeedId, key: &str, seconds: i64) -> Settlement {
    Settlement {
        article: Some(Box::new(Samples::article(key, "본문"))),
        url: Some(format!("https://m.news.example/{key}")),
        ..Samples::settled(Some((feed, key)), Outcome::Stored, seconds)
    }
}

async fn a_settlement_counts_once(store: &dyn Store) {
    let feed = leased(store, &["x"]).await;
    assert_eq!(store.settle(&stored(&feed, "x", 3)).await.expect("settle"), Some(1));
    let once = store.counts().await.expect("counts");
    assert_eq!((once.articles, once.revisions, once.stories, once.change_seq), (1, 1, 1, 1));
    assert_eq!((once.pending, once.outcomes.0.get("stored")), (0, Some(&1)));
    assert_eq!(store.settle(&stored(&feed, "x", 3)).await.expect("settle"), None);
    assert_eq!(store.settle(&stored(&feed, "x", 4)).await.expect("settle"), None);
    assert_eq!(store.counts().await.expect("counts"), once);
    assert_eq!(store.feed_health(at(5)).await.expect("health")[0].outcomes, once.outcomes);
}

async fn the_first_outcome_holds(store: &dyn Store) {
    let feed = leased(store, &["x"]).await;
    let skipped = Outcome::Skipped(SkipReason::Robots);
    store.settle(&Samples::settled(Some((&feed, "x")), skipped, 3)).await.expect("settle");
    assert_eq!(store.settle(&stored(&feed, "x", 4)).await.expect("a late worker"), None);
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.articles, counts.outcomes.0.get("skipped.robots")), (0, Some(&1)));
}

async fn an_import_counts_once(store: &dyn Store) {
    let import = Samples::imported(Samples::article("x", "본문"), 1);
    assert_eq!(store.settle(&import).await.expect("settle"), Some(1));
    assert_eq!(store.settle(&import).await.expect("settle"), None);
    let later = Samples::imported(Samples::article("x", "본문"), 2);
    assert_eq!(store.settle(&later).await.expect("settle"), None, "the same text on another day");
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.entries, counts.articles, counts.revisions), (0, 1, 1));
}

async fn an_edit_is_a_revision(store: &dyn Store) {
    let id = Samples::article("x", "").id;
    assert_eq!(store.head(&id).await.expect("head"), None);
    for (seconds, body) in [(1, "첫 글"), (2, "고친 글"), (3, "첫 글")] {
        let change = store.settle(&Samples::imported(Samples::article("x", body), seconds)).await.expect("settle");
        assert_eq!(change, Some(seconds.unsigned_abs()), "going back to an old text is an edit too");
        let want = ArticleHead {
            id: id.clone(),
            revision: u32::try_from(seconds).expect("small"),
            content_hash: Samples::article("x", body).content_hash,
        };
        assert_eq!(store.head(&id).await.expect("head"), Some(want));
    }
    let record = store.article(&id).await.expect("article").expect("stored");
    assert_eq!((record.document.revision, record.document.change_seq, record.document.deleted), (3, 3, false));
    assert_eq!(record.document.article, Samples::article("x", "첫 글"), "every field survives");
    let times: Vec<&str> = record.revisions.iter().map(|(_, time, _)| time.as_str()).collect();
    assert_eq!(times, ["2026-07-03T00:00:01Z", "2026-07-03T00:00:02Z", "2026-07-03T00:00:03Z"]);
    assert!(store.article(&ArticleId::from("nobody")).await.expect("article").is_none());
}

async fn every_url_leads_to_the_article(store: &dyn Store) {
    let feed = leased(store, &["x", "y", "z"]).await;
    store.settle(&stored(&feed, "x", 3)).await.expect("settle");
    let seen = Settlement {
        url: Some("https://news.example/x".to_owned()),
        ..Samples::settled(Some((&feed, "y")), Outcome::Seen, 4)
    };
    assert_eq!(store.settle(&seen).await.expect("settle"), None);
    let named = Settlement {
        url: Some("https://short.example/1".to_owned()),
        article: Some(Box::new(Samples::article("x", "never looked at"))),
        ..Samples::settled(Some((&feed, "z")), Outcome::Seen, 5)
    };
    assert_eq!(store.settle(&named).await.expect("settle"), None);
    let head = store.head(&Samples::article("x", "").id).await.expect("head");
    assert_eq!(head.as_ref().map(|head| head.revision), Some(1));
    let own = ["https://news.example/x", "https://m.news.example/x", "https://a.example/x"];
    let later = ["https://a.example/y", "https://a.example/z", "https://short.example/1"];
    for url in own.into_iter().chain(later) {
        assert_eq!(store.head_by_url(url).await.expect("head"), head, "{url}");
    }
    assert_eq!(store.head_by_url("https://a.example/unknown").await.expect("head"), None);
}

async fn an_entry_nobody_polled_is_refused(store: &dyn Store) {
    let feed = leased(store, &[]).await;
    assert!(store.settle(&stored(&feed, "x", 3)).await.is_err());
    assert_eq!(store.counts().await.expect("counts").articles, 0, "the article went with it");
}
