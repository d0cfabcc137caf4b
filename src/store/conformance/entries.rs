//! The queue: order, leases, hosts.
use super::samples::{Samples, at, claim_of};
use crate::model::{Entry, FeedId, Outcome, RetryReason};
use crate::store::{PendingEntry, Settlement, Store};
use std::sync::Arc;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    entries_come_back_whole_and_leased(&*open().await).await;
    one_host_does_not_hold_up_the_rest(&*open().await).await;
    a_retry_comes_back_when_due(&*open().await).await;
    a_changed_entry_is_pending_again(&*open().await).await;
    a_change_during_the_work_is_not_lost(&*open().await).await;
}

/// A feed with these entries, polled at second 1.
async fn feed_with(store: &dyn Store, entries: &[Entry]) -> FeedId {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    store.record_poll(&Samples::poll(&spec.id, 1), entries).await.expect("poll");
    spec.id
}

async fn claimed(store: &dyn Store, seconds: i64) -> Vec<PendingEntry> {
    store.claim_entries(&claim_of(seconds, 99), &[], 99).await.expect("claim")
}

async fn entries_come_back_whole_and_leased(store: &dyn Store) {
    assert_eq!(store.next_entry_due().await.expect("due"), None);
    let full = Entry { content: Some("<p>본문 𠮷</p>".to_owned()), ..Samples::entry("a.example:8080", "x") };
    let feed = feed_with(store, std::slice::from_ref(&full)).await;
    assert_eq!(store.next_entry_due().await.expect("due"), Some(at(1)));
    assert!(claimed(store, 0).await.is_empty(), "not due before it was seen");
    let one = claimed(store, 2).await.remove(0);
    assert_eq!((one.feed, one.entry, one.attempts, one.previous), (feed, full, 0, None));
    assert_eq!(one.host, "a.example:8080");
    assert!(claimed(store, 3).await.is_empty(), "leased");
    assert_eq!(store.next_entry_due().await.expect("due"), Some(at(62)), "due when the lease ends");
    assert_eq!(claimed(store, 62).await.len(), 1);
    store.release_leases().await.expect("release");
    assert_eq!(claimed(store, 63).await.len(), 1);
}

async fn one_host_does_not_hold_up_the_rest(store: &dyn Store) {
    let mut entries: Vec<Entry> = (0..20).map(|i| Samples::entry("big.example", &format!("b{i:02}"))).collect();
    entries.push(Samples::entry("busy.example", "w"));
    entries.push(Samples::entry("small.example", "s"));
    for name in ["n1", "n2", "n3"] {
        entries.push(Entry { url: None, ..Samples::entry("", name) });
    }
    feed_with(store, &entries).await;
    let busy = ["busy.example".to_owned()];
    let keys = async |seconds, limit| {
        let claimed = store.claim_entries(&claim_of(seconds, limit), &busy, 2).await.expect("claim");
        claimed.into_iter().map(|pending| pending.entry.key.0).collect::<Vec<_>>()
    };
    assert_eq!(keys(2, 3).await, ["b00", "b01", "s"], "at most two of a host, none of a busy one, oldest first");
    assert_eq!(keys(2, 99).await, ["b02", "b03", "n1", "n2", "n3"], "no host, no bound");
}

async fn a_retry_comes_back_when_due(store: &dyn Store) {
    let feed = feed_with(store, &[Samples::entry("a.example", "x")]).await;
    let retry = |seconds| Settlement {
        retry_at: Some(at(seconds + 100)),
        ..Samples::settled(Some((&feed, "x")), Outcome::Retry(RetryReason::Timeout), seconds)
    };
    claimed(store, 2).await;
    assert_eq!(store.settle(&retry(3)).await.expect("settle"), None);
    assert_eq!(store.next_entry_due().await.expect("due"), Some(at(103)));
    store.settle(&retry(3)).await.expect("the same again");
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.pending, counts.outcomes.0.get("retry.timeout")), (0, Some(&1)));
    assert!(claimed(store, 102).await.is_empty());
    let again = claimed(store, 103).await.remove(0);
    assert_eq!((again.attempts, again.previous), (1, None), "a retry is no change");
    store.settle(&retry(104)).await.expect("settle");
    assert_eq!(claimed(store, 204).await.remove(0).attempts, 2);
}

async fn a_changed_entry_is_pending_again(store: &dyn Store) {
    let mut entry = Samples::entry("a.example", "x");
    let feed = feed_with(store, std::slice::from_ref(&entry)).await;
    claimed(store, 2).await;
    store.settle(&Samples::settled(Some((&feed, "x")), Outcome::OffTopic, 3)).await.expect("settle");
    assert_eq!(store.next_entry_due().await.expect("due"), None);
    entry.title = Some("고친 제목".to_owned());
    store.record_poll(&Samples::poll(&feed, 4), std::slice::from_ref(&entry)).await.expect("poll");
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.entries, counts.pending, counts.outcomes.total()), (1, 1, 0));
    let pending = claimed(store, 5).await.remove(0);
    assert_eq!((pending.entry, pending.attempts), (entry, 0));
    assert_eq!(pending.previous.as_deref(), Some("off_topic"));
}

async fn a_change_during_the_work_is_not_lost(store: &dyn Store) {
    let mut entry = Samples::entry("a.example", "x");
    let feed = feed_with(store, std::slice::from_ref(&entry)).await;
    claimed(store, 2).await;
    entry.summary = None;
    store.record_poll(&Samples::poll(&feed, 3), std::slice::from_ref(&entry)).await.expect("poll");
    assert!(claimed(store, 4).await.is_empty(), "one worker per entry");
    store.settle(&Samples::settled(Some((&feed, "x")), Outcome::OffTopic, 5)).await.expect("the old content");
    let pending = claimed(store, 6).await.remove(0);
    assert_eq!((pending.entry, pending.previous.as_deref()), (entry, Some("off_topic")));
    store.settle(&Samples::settled(Some((&feed, "x")), Outcome::OffTopic, 7)).await.expect("the new content");
    assert!(claimed(store, 999).await.is_empty());
}
