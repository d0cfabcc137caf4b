//! Subscriptions at hubs: the key, the latest word, what is due.
use super::samples::{Samples, at, claim_of};
use crate::model::FeedState;
use crate::store::{HubMode, HubState, HubSubscription, PollRecord, PollSource, Store};
use std::sync::Arc;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    the_first_key_stays(&*open().await).await;
    the_latest_word_holds(&*open().await).await;
    health_shows_the_subscription_that_is_wanted(&*open().await).await;
    a_postponed_feed_is_due_later_without_a_poll(&*open().await).await;
}

fn subscription(token: &str, due: Option<i64>) -> HubSubscription {
    HubSubscription {
        token: token.to_owned(),
        feed: Samples::feed("one").id,
        hub: "https://hub.example/".to_owned(),
        topic: "https://one.example/rss".to_owned(),
        callback: format!("https://desk.example/{token}"),
        state: HubState::Waiting,
        goal: HubMode::Subscribe,
        asked: false,
        attempts: 3,
        lease_until: None,
        due: due.map(at),
        proven: false,
        note: Some("사유".to_owned()),
    }
}

async fn the_first_key_stays(store: &dyn Store) {
    assert_eq!(store.hub_key("first").await.expect("key"), "first");
    assert_eq!(store.hub_key("second").await.expect("key"), "first");
}

async fn the_latest_word_holds(store: &dyn Store) {
    let specs = [Samples::feed("one"), Samples::feed("two")];
    store.sync_catalogue(&specs, at(0)).await.expect("sync");
    let (one, two) = (subscription("a", Some(20)), subscription("b", Some(10)));
    for known in [&one, &two] {
        store.record_hub(known, at(1)).await.expect("record");
    }
    let due = async |seconds| store.hubs_due(at(seconds), 9).await.expect("due");
    assert_eq!((due(9).await, due(20).await), (vec![], vec![two.clone(), one.clone()]));
    assert_eq!(store.hubs_due(at(99), 1).await.expect("due"), std::slice::from_ref(&two));
    let active = HubSubscription {
        state: HubState::Active,
        asked: true,
        lease_until: Some(at(500)),
        due: None,
        proven: true,
        note: None,
        ..one
    };
    store.record_hub(&active, at(2)).await.expect("record");
    assert_eq!(store.hub_subscription("a").await.expect("one"), Some(active.clone()));
    assert_eq!(store.hub_subscription("c").await.expect("none"), None);
    assert_eq!(due(99).await, std::slice::from_ref(&two));
    assert_eq!(store.hub_subscriptions(None).await.expect("all"), [active.clone(), two.clone()]);
    assert_eq!(store.hub_subscriptions(Some(&active.feed)).await.expect("of one"), [active, two]);
    assert_eq!(store.hub_subscriptions(Some(&specs[1].id)).await.expect("of the other"), []);
    let nobody =
        HubSubscription { feed: crate::model::FeedId::of("https://nobody.example/"), ..subscription("d", None) };
    assert!(store.record_hub(&nobody, at(3)).await.is_err(), "a subscription for no feed is refused");
}

async fn health_shows_the_subscription_that_is_wanted(store: &dyn Store) {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let health = async || store.feed_health(at(9)).await.expect("health").remove(0).hub;
    assert_eq!(health().await, None);
    let left = HubSubscription { goal: HubMode::Unsubscribe, state: HubState::Left, ..subscription("b", None) };
    let wanted = HubSubscription { hub: "https://wanted.example/".to_owned(), ..subscription("a", None) };
    for known in [&wanted, &left] {
        store.record_hub(known, at(1)).await.expect("record");
    }
    store.record_poll(&Samples::poll(&spec.id, 3), &[]).await.expect("a poll");
    let standing = health().await.expect("a standing");
    assert_eq!((standing.hub.as_str(), standing.last_delivery), ("https://wanted.example/", None));
    let delivered = PollRecord { source: PollSource::Hub, ..Samples::poll(&spec.id, 4) };
    store.record_poll(&delivered, &[]).await.expect("a delivery");
    assert_eq!(health().await.and_then(|standing| standing.last_delivery), Some(at(4)));
}

async fn a_postponed_feed_is_due_later_without_a_poll(store: &dyn Store) {
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let claimed = store.claim_feeds(&claim_of(1, 9)).await.expect("claim").remove(0);
    let state = FeedState { next_due: Some(at(100)), ..claimed.state };
    store.postpone(&spec.id, &state, at(1)).await.expect("postpone");
    assert_eq!(store.claim_feeds(&claim_of(99, 9)).await.expect("claim").len(), 0);
    assert_eq!(store.claim_feeds(&claim_of(100, 9)).await.expect("claim").remove(0).state, state);
    assert_eq!(store.counts().await.expect("counts").polls, 0);
}
