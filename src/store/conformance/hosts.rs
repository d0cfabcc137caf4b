//! What is known of hosts outlives a restart, and no longer than it holds.
use super::samples::at;
use crate::model::{HostCourtesy, HostRest, Hosts, RetryReason, SiteRobots};
use crate::store::Store;
use std::sync::Arc;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    the_latest_word_on_a_host_holds(&*open().await).await;
    what_is_over_is_gone(&*open().await).await;
}

fn known(requests: u64, until: i64) -> Hosts {
    let host = "a.example:8080".to_owned();
    Hosts {
        courtesy: vec![HostCourtesy {
            host: host.clone(),
            requests,
            not_modified: 2,
            bytes: 5_000_000_000,
            faults: 1,
            robots_refusals: 3,
            robots: Some("rules".to_owned()),
            last_request: Some(at(1)),
        }],
        rests: vec![HostRest {
            host,
            until: at(until),
            streak: 4,
            why: "refused".to_owned(),
            reason: RetryReason::Connect,
        }],
        robots: vec![SiteRobots {
            origin: "https://a.example:8080".to_owned(),
            until: at(until),
            body: b"user-agent: *\xff\ndisallow: /".to_vec(),
        }],
    }
}

async fn the_latest_word_on_a_host_holds(store: &dyn Store) {
    assert_eq!(store.hosts(at(0)).await.expect("hosts"), Hosts::default());
    store.keep_hosts(&known(7, 50), at(1)).await.expect("keep");
    assert_eq!(store.hosts(at(2)).await.expect("hosts"), known(7, 50));
    store.keep_hosts(&known(9, 90), at(3)).await.expect("keep");
    assert_eq!(store.hosts(at(60)).await.expect("hosts"), known(9, 90));
    store.keep_hosts(&Hosts::default(), at(4)).await.expect("nothing new");
    assert_eq!(store.courtesy().await.expect("courtesy"), known(9, 90).courtesy);
}

async fn what_is_over_is_gone(store: &dyn Store) {
    store.keep_hosts(&known(7, 50), at(1)).await.expect("keep");
    let over = store.hosts(at(50)).await.expect("hosts");
    assert_eq!((over.courtesy.len(), over.rests.len(), over.robots.len()), (1, 0, 0), "the sums stay");
    let ended = Hosts { rests: known(7, 2).rests, ..Hosts::default() };
    store.keep_hosts(&ended, at(2)).await.expect("keep");
    assert_eq!(store.hosts(at(1)).await.expect("hosts").rests, [], "a rest that has ended is dropped");
}
