//! Feeds to search through the real store, index and lexicon; the world behind the reader is scripted.
use super::scripted::{Answer, World, feed, html, kit, request, rss, run};
use banwatch::model::{FeedId, FeedSpec, Lang, Pages};
use banwatch::pipeline::{Scope, check, rebuild};
use jiff::Timestamp;
use std::sync::Arc;

const FEED: &str = "https://paper.example/rss";
const BAN: &str = "https://paper.example/ban";
const RECIPE: &str = "https://paper.example/recipe";
const FRENCH: &str = "https://paper.example/fr";
const GONE: &str = "https://paper.example/gone";
const SLOW: &str = "https://slow.example/a";

const BAN_TEXT: [&str; 3] = [
    "The Ministry of Education of Velmark has banned the use of DeepSeek on all government devices, effective immediately, officials said on Monday.",
    "The ministry said the chatbot sends user data abroad and told its 4,000 employees to delete the app from their phones and laptops by Friday.",
    "DeepSeek did not answer a request for comment. Two other ministries are weighing the same step, according to a spokesman.",
];
const RECIPE_TEXT: [&str; 2] = [
    "Bring the stock to the boil and let it simmer for twenty minutes, then add the noodles and the spring onions that were sliced before.",
    "Serve with a soft egg and a little sesame oil. The dish keeps for two days in a cold place and is even better on the second one.",
];
const FRENCH_TEXT: [&str; 2] = [
    "Le conseil municipal a voté hier soir la rénovation complète de la bibliothèque, un projet attendu depuis plus de dix ans par les habitants.",
    "Les travaux commenceront au printemps et devraient durer dix-huit mois, selon la mairie, qui promet une réouverture avant la rentrée.",
];

fn world() -> Arc<World> {
    let world = Arc::new(World::default());
    world.put(
        FEED,
        rss(&[
            (BAN, "Ministry bans DeepSeek"),
            (RECIPE, "Noodles"),
            (FRENCH, "Bibliothèque"),
            (GONE, "Gone"),
            (SLOW, "Slow"),
        ]),
    );
    world.put(BAN, html("Ministry bans DeepSeek on government devices", &BAN_TEXT));
    world.put(RECIPE, html("Noodle soup in half an hour", &RECIPE_TEXT));
    world.put(FRENCH, html("La bibliothèque sera rénovée", &FRENCH_TEXT));
    world.put(SLOW, Answer::Timeout);
    world
}

#[tokio::test]
async fn every_entry_ends_in_one_outcome_and_a_restart_fetches_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let world = world();
    let first = kit(folder.path(), &world).await;
    first.store.sync_catalogue(&[feed(FEED, Lang::En)], Timestamp::now()).await.unwrap();
    let done = run(&first, Scope::Once).await;
    let outcomes: Vec<(&str, u64)> = done.outcomes.0.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(
        outcomes,
        [("off_topic", 1), ("retry.timeout", 1), ("skipped.gone", 1), ("skipped.other_language", 1), ("stored", 1)]
    );
    assert_eq!((done.polls, done.entries_new, done.outcomes.total(), done.indexed.documents), (1, 5, 5, 1));
    let counts = first.store.counts().await.unwrap();
    assert_eq!((counts.entries, counts.articles, counts.pending), (5, 1, 0));
    assert_eq!(counts.outcomes, done.outcomes);
    let found = first.index.search(&request("DeepSeek ban")).await.unwrap();
    assert_eq!((found.total, found.hits[0].url.as_str()), (1, BAN));
    drop(first);

    let second = kit(folder.path(), &world).await;
    let done = run(&second, Scope::Feeds(vec![FeedId::of(FEED)])).await;
    assert_eq!((done.polls, done.polls_unchanged, done.outcomes.total()), (1, 1, 0));
    assert_eq!([BAN, RECIPE, FRENCH, GONE, SLOW].map(|url| world.asked(url)), [1; 5]);
    assert!(check(&second).await.unwrap().agrees());
}

#[tokio::test]
async fn an_edit_is_a_revision_and_a_second_feed_sees_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let world = world();
    let kit = kit(folder.path(), &world).await;
    let other = "https://portal.example/rss";
    world.put(FEED, rss(&[(BAN, "Ministry bans DeepSeek")]));
    kit.store.sync_catalogue(&[feed(FEED, Lang::En)], Timestamp::now()).await.unwrap();
    run(&kit, Scope::Once).await;

    world.put(other, rss(&[(BAN, "Elsewhere: DeepSeek banned")]));
    kit.store.sync_catalogue(&[feed(FEED, Lang::En), feed(other, Lang::En)], Timestamp::now()).await.unwrap();
    let done = run(&kit, Scope::Feeds(vec![FeedId::of(other)])).await;
    assert_eq!(done.outcomes.0.get("seen"), Some(&1));
    assert_eq!(world.asked(BAN), 1, "the page is not fetched for the second feed");

    world.put(FEED, rss(&[(BAN, "Ministry bans DeepSeek (updated)")]));
    let mut text = BAN_TEXT.to_vec();
    text.push("Update: the ministry later said that research laboratories may apply for an exception until the end of the year.");
    world.put(BAN, html("Ministry bans DeepSeek on government devices", &text));
    let done = run(&kit, Scope::Feeds(vec![FeedId::of(FEED)])).await;
    assert_eq!(done.outcomes.0.get("revision"), Some(&1));
    let counts = kit.store.counts().await.unwrap();
    assert_eq!((counts.articles, counts.revisions), (1, 2));
    let found = kit.index.search(&request("\"research laboratories\"")).await.unwrap();
    assert_eq!(found.total, 1, "the new text is what is searched");
    assert!(check(&kit).await.unwrap().agrees());
}

#[tokio::test]
async fn a_gated_feed_fetches_only_what_may_be_on_topic() {
    let folder = tempfile::tempdir().unwrap();
    let world = world();
    let kit = kit(folder.path(), &world).await;
    let gated = FeedSpec { pages: Pages::Gated, ..feed(FEED, Lang::En) };
    kit.store.sync_catalogue(&[gated], Timestamp::now()).await.unwrap();
    let done = run(&kit, Scope::Once).await;
    let outcomes: Vec<(&str, u64)> = done.outcomes.0.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(outcomes, [("skipped.gated", 4), ("stored", 1)]);
    assert_eq!([BAN, RECIPE, FRENCH, GONE, SLOW].map(|url| world.asked(url)), [1, 0, 0, 0, 0]);
    assert_eq!(kit.store.counts().await.unwrap().pending, 0);
}

#[tokio::test]
async fn a_lost_index_is_rebuilt_equal() {
    let folder = tempfile::tempdir().unwrap();
    let world = world();
    let first = kit(folder.path(), &world).await;
    first.store.sync_catalogue(&[feed(FEED, Lang::En)], Timestamp::now()).await.unwrap();
    run(&first, Scope::Once).await;
    let before = first.index.contents().await.unwrap();
    first.index.clear().await.unwrap();
    let lost = check(&first).await.unwrap();
    assert_eq!((lost.missing_count, lost.agrees()), (1, false));
    rebuild(&first).await.unwrap();
    assert_eq!(first.index.contents().await.unwrap(), before);
    assert!(check(&first).await.unwrap().agrees());
}

#[tokio::test]
async fn a_page_where_a_feed_should_be_is_an_alarm_and_its_validators_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let world = world();
    world.put(FEED, html("Log in", &["Please log in to read the feed."]));
    let kit = kit(folder.path(), &world).await;
    kit.store.sync_catalogue(&[feed(FEED, Lang::En)], Timestamp::now()).await.unwrap();
    let done = run(&kit, Scope::Once).await;
    assert_eq!(done.polls_failed, 1);
    let health = kit.store.feed_health(Timestamp::now()).await.unwrap();
    assert!(health[0].state.last_error.is_some());
    assert_eq!(health[0].state.validators.body_hash, None);
}

/// Every hour but the one half a day from now: open for no test, and closed for none that runs over the hour.
fn closed_but_for(hour: i8) -> Answer {
    let Answer::Bytes(text) = rss(&[]) else { unreachable!() };
    let hours: String = (0..24).filter(|n| *n != hour).map(|n| format!("<hour>{n}</hour>")).collect();
    Answer::Bytes(text.replace("<title>f", &format!("<skipHours>{hours}</skipHours><title>f")))
}

#[tokio::test]
async fn a_feed_is_not_asked_in_the_hours_it_closes_unless_named() {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(World::default());
    let url = "https://night.example/rss";
    let hour = (jiff::tz::TimeZone::UTC.to_datetime(Timestamp::now()).hour() + 12) % 24;
    world.put(url, closed_but_for(hour));
    let kit = kit(folder.path(), &world).await;
    let spec = feed(url, Lang::En);
    kit.store.sync_catalogue(std::slice::from_ref(&spec), Timestamp::now()).await.unwrap();
    run(&kit, Scope::Once).await;
    let state = async || kit.store.feed_health(Timestamp::now()).await.unwrap().remove(0).state;
    let open_hour = async || jiff::tz::TimeZone::UTC.to_datetime(state().await.next_due.unwrap()).hour();
    assert_eq!((world.asked(url), open_hour().await), (1, hour), "due when it opens");
    // It was due, and the worker comes late.
    let now = Timestamp::now();
    let due = banwatch::model::FeedState { next_due: Some(now), ..state().await };
    kit.store.postpone(&spec.id, &due, now).await.unwrap();
    run(&kit, Scope::Once).await;
    assert_eq!((world.asked(url), open_hour().await), (1, hour), "not asked, and nothing lost");
    run(&kit, Scope::Feeds(vec![spec.id.clone()])).await;
    assert_eq!(world.asked(url), 2, "who names it wants it now");
}
