//! A large world on loopback, when asked for: `BANWATCH_WORLD=10000 cargo test --release --test it world:: -- --nocapture`
//! polls that many feeds on a tenth as many hosts, nine in ten unchanged, with politeness off, and prints polls per second.
use super::http::{document, policy, reader};
use super::scripted::{feed, kit_reading, settings};
use super::server::{Server, reply};
use banwatch::fetch::FetchPolicy;
use banwatch::model::{FeedId, FeedSpec, Lang};
use banwatch::pipeline::{Progress, Scope, Settings, Stop, work};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

/// Feeds on one host.
const PER_HOST: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn polls_per_second() {
    let Some(feeds) = std::env::var("BANWATCH_WORLD").ok().and_then(|n| n.parse::<usize>().ok()) else {
        println!("polls_per_second: NOT RUN (BANWATCH_WORLD names no number of feeds)");
        return;
    };
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let hosts: Vec<String> = (0..feeds.div_ceil(PER_HOST)).map(|n| format!("h{n}.example")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let specs: Vec<FeedSpec> =
        (0..feeds).map(|n| feed(&server.url(names[n % names.len()], &format!("/rss-{n}")), Lang::En)).collect();
    for n in 0..feeds {
        let first = document(&n.to_string()).header("ETag", "\"a\"");
        let second = if n % 10 == 0 { document(&format!("{n}-new")) } else { reply(304) };
        server.script(&format!("/rss-{n}"), [first, second]);
    }
    let polite = FetchPolicy { robots: false, ..policy() };
    let kit = kit_reading(folder.path(), Arc::new(reader(polite, &["127.0.0.1/32"], &Arc::default()))).await;
    kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
    let ids: Vec<FeedId> = specs.iter().map(|spec| spec.id.clone()).collect();
    for (round, scope) in [("first", Scope::Once), ("nine in ten unchanged", Scope::Feeds(ids))] {
        let settings = Settings { polls_max: 64, ..settings(scope) };
        let progress = Arc::new(Progress::default());
        let (_sender, stop) = Stop::new();
        let started = Instant::now();
        let working = tokio::spawn(work(Arc::clone(&kit), settings, Arc::clone(&progress), stop));
        while progress.snapshot().polls < feeds as u64 && !working.is_finished() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let (polls, elapsed) = (progress.snapshot().polls, started.elapsed());
        // What the entries come to is no part of the figure, and must not stand in the way of the next round.
        working.await.unwrap().unwrap();
        println!("{round}: {polls} polls in {elapsed:.1?}: {:.0} polls/s", polls as f64 / elapsed.as_secs_f64());
        assert_eq!(polls, feeds as u64);
    }
}
