//! Catalogue, leases of feeds, polls.
use super::samples::{Samples, at, claim_of};
use crate::model::{FeedId, FeedState, FeedStatus};
use crate::store::{Claim, Enqueued, PollRecord, Store};
use std::sync::Arc;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    coverage_names_the_gaps(&*open().await).await;
    the_catalogue_is_followed(&*open().await).await;
    a_feed_that_left_is_kept_and_disabled(&*open().await).await;
    due_feeds_are_leased_oldest_first(&*open().await).await;
    one_feed_is_claimed_by_id(&*open().await).await;
    a_poll_is_recorded_on_every_path(&*open().await).await;
    a_feed_that_is_gone_waits_for_the_catalogue(&*open().await).await;
    entries_are_new_changed_or_known(&*open().await).await;
}

async fn the_catalogue_is_followed(store: &dyn Store) {
    let (mut one, two) = (Samples::feed("one"), Samples::feed("two"));
    store.sync_catalogue(&[one.clone(), two.clone()], at(0)).await.expect("new rows");
    assert_eq!(store.feeds().await.expect("feeds"), [one.clone(), two.clone()], "every field survives");
    store.record_poll(&Samples::poll(&one.id, 1), &[]).await.expect("poll");
    one.title = "다른 이름".to_owned();
    one.script = None;
    one.last_evidence = None;
    one.note = None;
    store.sync_catalogue(&[one.clone(), two.clone()], at(2)).await.expect("a changed row");
    assert_eq!(store.feeds().await.expect("feeds"), [one.clone(), two]);
    let health = store.feed_health(at(3)).await.expect("health");
    assert_eq!(health[0].state, Samples::state(901), "state survives a changed row");
}

async fn a_feed_that_left_is_kept_and_disabled(store: &dyn Store) {
    let (one, two) = (Samples::feed("one"), Samples::feed("two"));
    store.sync_catalogue(&[one.clone(), two.clone()], at(0)).await.expect("sync");
    store.record_poll(&Samples::poll(&two.id, 1), &[]).await.expect("poll");
    store.sync_catalogue(std::slice::from_ref(&one), at(2)).await.expect("sync");
    let feeds = store.feeds().await.expect("feeds");
    assert_eq!((feeds.len(), feeds[1].status), (2, FeedStatus::Disabled));
    assert_eq!(store.counts().await.expect("counts").feeds, 1, "only what is listed counts");
    let due = store.claim_feeds(&claim_of(5_000, 9)).await.expect("claim");
    assert_eq!(due.iter().map(|feed| &feed.spec.id).collect::<Vec<_>>(), [&one.id]);
    store.sync_catalogue(&[one, two.clone()], at(3)).await.expect("it comes back");
    let health = store.feed_health(at(4)).await.expect("health");
    assert_eq!((&health[1].spec, &health[1].state), (&two, &Samples::state(901)), "with the state it left with");
}

async fn due_feeds_are_leased_oldest_first(store: &dyn Store) {
    assert_eq!(store.next_feed_due().await.expect("due"), None, "no feed, no due time");
    let pending = crate::model::FeedSpec { status: FeedStatus::Pending, ..Samples::feed("pending") };
    let specs = [Samples::feed("late"), Samples::feed("never"), Samples::feed("soon"), pending];
    store.sync_catalogue(&specs, at(0)).await.expect("sync");
    for (spec, due) in [(&specs[0], 200), (&specs[2], 100)] {
        let mut poll = Samples::poll(&spec.id, 10);
        poll.state.next_due = Some(at(due));
        store.record_poll(&poll, &[]).await.expect("poll");
    }
    assert!(store.next_feed_due().await.expect("due").expect("live feeds") <= at(0), "never polled is due");
    let names = async |seconds, limit| {
        let claimed = store.claim_feeds(&claim_of(seconds, limit)).await.expect("claim");
        claimed.into_iter().map(|feed| feed.spec.url).collect::<Vec<_>>()
    };
    assert_eq!(names(99, 9).await, ["https://never.example/rss"]);
    assert_eq!(names(99, 9).await, [""; 0], "leased");
    assert_eq!(store.next_feed_due().await.expect("due"), Some(at(100)));
    assert_eq!(names(159, 1).await, ["https://never.example/rss"], "the lease ran out at 159; limit holds");
    assert_eq!(names(200, 9).await, ["https://soon.example/rss", "https://late.example/rss"]);
    store.release_leases().await.expect("release");
    assert_eq!(names(200, 9).await.len(), 3);
}

async fn one_feed_is_claimed_by_id(store: &dyn Store) {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    store.record_poll(&Samples::poll(&spec.id, 1), &[]).await.expect("poll");
    let unknown = FeedId::of("https://nobody.example/rss");
    assert!(store.claim_feed(&unknown, &claim_of(2, 1)).await.expect("claim").is_none());
    let claimed = store.claim_feed(&spec.id, &claim_of(2, 1)).await.expect("claim").expect("not due, yet given");
    assert_eq!((claimed.spec, claimed.state), (spec.clone(), Samples::state(901)));
    let other = Claim { worker: "two", ..claim_of(3, 1) };
    assert!(store.claim_feed(&spec.id, &other).await.expect("claim").is_none(), "leased by another");
    assert!(store.claim_feed(&spec.id, &claim_of(3, 1)).await.expect("claim").is_some(), "its own lease");
    store.record_poll(&Samples::poll(&spec.id, 4), &[]).await.expect("poll");
    assert!(store.claim_feed(&spec.id, &other).await.expect("claim").is_some(), "a poll ends the lease");
}

async fn a_poll_is_recorded_on_every_path(store: &dyn Store) {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let mut failed = Samples::poll(&spec.id, 1);
    failed.result = "timeout".to_owned();
    failed.error = Some("no answer within 30 s".to_owned());
    failed.http_status = None;
    failed.capture = None;
    failed.problems = vec![crate::model::Problem::new("timeout", "no answer").at("header")];
    assert_eq!(store.record_poll(&failed, &[]).await.expect("a failed poll"), Enqueued::default());
    let unchanged = crate::store::PollRecord { result: "not_modified".to_owned(), ..Samples::poll(&spec.id, 2) };
    store.record_poll(&unchanged, &[]).await.expect("an unchanged poll");
    assert_eq!(store.counts().await.expect("counts").polls, 2);
    assert_eq!(store.next_feed_due().await.expect("due"), Some(at(902)));
    let nobody = Samples::poll(&FeedId::of("https://nobody.example/rss"), 3);
    assert!(store.record_poll(&nobody, &[]).await.is_err(), "a poll of no feed is refused");
    assert_eq!(store.counts().await.expect("counts").polls, 2);
}

async fn a_feed_that_is_gone_waits_for_the_catalogue(store: &dyn Store) {
    let mut spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let mut poll = Samples::poll(&spec.id, 1);
    poll.state.gone = true;
    store.record_poll(&poll, &[]).await.expect("poll");
    assert!(store.claim_feeds(&claim_of(9_999, 9)).await.expect("claim").is_empty());
    assert_eq!(store.next_feed_due().await.expect("due"), None);
    store.sync_catalogue(std::slice::from_ref(&spec), at(2)).await.expect("the same catalogue");
    assert_eq!(store.next_feed_due().await.expect("due"), None);
    spec.note = Some("moved back".to_owned());
    store.sync_catalogue(std::slice::from_ref(&spec), at(3)).await.expect("a changed one");
    let claimed = store.claim_feeds(&claim_of(4, 9)).await.expect("claim");
    let want = FeedState { gone: false, next_due: None, ..poll.state };
    assert_eq!(claimed.into_iter().map(|feed| feed.state).collect::<Vec<_>>(), [want]);
}

async fn entries_are_new_changed_or_known(store: &dyn Store) {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let mut entries = vec![Samples::entry("a.example", "x"), Samples::entry("a.example", "y")];
    let poll = async |seconds, entries: &[_]| {
        store.record_poll(&Samples::poll(&spec.id, seconds), entries).await.expect("poll")
    };
    assert_eq!(poll(1, &entries).await, Enqueued { new: 2, changed: 0, known: 0 });
    assert_eq!(poll(2, &entries).await, Enqueued { new: 0, changed: 0, known: 2 });
    entries[0].published = Some(Samples::stamp(2));
    entries[0].updated = Some(crate::model::Stamp { source: crate::model::TimeSource::Fetch, ..Samples::stamp(2) });
    assert_eq!(poll(3, &entries).await.changed, 0, "a publication time that moves with the request is no news");
    entries[0].title = Some("고친 제목".to_owned());
    entries.push(Samples::entry("b.example", "z"));
    assert_eq!(poll(4, &entries).await, Enqueued { new: 1, changed: 1, known: 1 });
    let twin = crate::model::Entry { title: Some("같은 열쇠".to_owned()), ..entries[0].clone() };
    entries.push(twin);
    assert_eq!(poll(5, &entries).await, Enqueued { new: 0, changed: 0, known: 4 }, "of one key the first counts");
    assert_eq!(store.counts().await.expect("counts").entries, 3);
}

async fn coverage_names_the_gaps(store: &dyn Store) {
    const DAY: i64 = 24 * 3_600;
    assert_eq!(store.coverage(at(0)).await.expect("coverage"), [], "nothing was ever polled");
    let (one, two) = (Samples::feed("one"), Samples::feed("two"));
    let other = crate::model::FeedSpec { lang: crate::model::Lang::En, script: None, ..Samples::feed("en") };
    store.sync_catalogue(&[one.clone(), two.clone(), other.clone()], at(0)).await.expect("sync");
    let polls = [
        (&one, 1, "ok"),
        (&one, 2, "not_modified"),
        (&two, 3, "ok"),
        (&one, DAY + 5, "timeout"),
        (&other, DAY + 6, "ok"),
    ];
    for (spec, seconds, result) in polls {
        let poll = PollRecord { result: result.to_owned(), ..Samples::poll(&spec.id, seconds) };
        let entry = Samples::entry("a.example", &format!("{seconds}"));
        let entries = if result == "ok" { vec![entry] } else { Vec::new() };
        store.record_poll(&poll, &entries).await.expect("poll");
    }
    let told = async |seconds| {
        let days = store.coverage(at(seconds)).await.expect("coverage");
        let line = |d: &crate::store::CoverageDay| {
            let gap = if d.is_gap() { " gap" } else { "" };
            format!("{} {} {} {} {} {}{gap}", d.day, d.lang, d.polls_ok, d.polls_failed, d.feeds_ok, d.entries_new)
        };
        days.iter().map(line).collect::<Vec<_>>()
    };
    let first = ["2026-07-03 en 0 0 0 0 gap", "2026-07-03 zh 3 0 2 2"];
    assert_eq!(told(DAY - 1).await, first);
    let third = [
        "2026-07-04 en 1 0 1 1",
        "2026-07-04 zh 0 1 0 0 gap",
        "2026-07-05 en 0 0 0 0 gap",
        "2026-07-05 zh 0 0 0 0 gap",
    ];
    assert_eq!(told(2 * DAY + 9).await, [&first[..], &third[..]].concat());
    let late = told(30 * DAY).await;
    assert_eq!((late.len(), late[0].as_str()), (28, "2026-07-20 en 0 0 0 0 gap"), "bounded");
}
