//! Claimed feeds in a line per host.
use super::{LEASE, Scope, Shared, Stop, poll_one};
use crate::pipeline::poll::address as address_of;
use crate::store::{ClaimedFeed, StoreFault};
use crate::text::url as address;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

/// A poll does not start with less than this left of its lease: every request of it has a deadline far below.
const LEASE_MARGIN: Duration = Duration::from_secs(300);

/// One host's feeds wait for each other and for nobody else.
pub(super) struct Lines {
    shared: Arc<Shared>,
    stop: Stop,
    slots: Arc<Semaphore>,
    waiting: BTreeMap<String, VecDeque<Held>>,
    pub(super) busy: BTreeSet<String>,
    pub(super) running: JoinSet<(String, Result<(), StoreFault>)>,
}

struct Held {
    feed: ClaimedFeed,
    /// Past this moment another worker may have it.
    lease_ends: Instant,
}

impl Lines {
    pub(super) fn new(shared: &Arc<Shared>, stop: &Stop) -> Self {
        Self {
            shared: Arc::clone(shared),
            stop: stop.clone(),
            slots: Arc::new(Semaphore::new(shared.settings.polls_max)),
            waiting: BTreeMap::new(),
            busy: BTreeSet::new(),
            running: JoinSet::new(),
        }
    }

    pub(super) fn held(&self) -> usize {
        self.running.len() + self.waiting.values().map(VecDeque::len).sum::<usize>()
    }

    pub(super) fn queue(&mut self, claimed: Vec<ClaimedFeed>) {
        let lease = Duration::try_from(LEASE).expect("a lease is not negative");
        for feed in claimed {
            let url = Url::parse(address_of(&feed.spec, &feed.state)).ok();
            let host = url.as_ref().map(address::host_key).unwrap_or_default();
            self.waiting.entry(host).or_default().push_back(Held { feed, lease_ends: Instant::now() + lease });
        }
    }

    /// The next feed of every host that has none in work. One whose lease ran out while it waited is left to the next
    /// claim. At most `limit` are in work then.
    pub(super) fn start(&mut self, limit: usize) {
        for (host, line) in &mut self.waiting {
            if self.running.len() >= limit {
                break;
            }
            if self.busy.contains(host) {
                continue;
            }
            // Named feeds are claimed once and by nobody else: they wait as long as it takes.
            if !matches!(self.shared.settings.scope, Scope::Feeds(_)) {
                line.retain(|held| held.lease_ends > Instant::now() + LEASE_MARGIN);
            }
            let Some(held) = line.pop_front() else { continue };
            self.busy.insert(host.clone());
            let (shared, slots, stop) = (Arc::clone(&self.shared), Arc::clone(&self.slots), self.stop.clone());
            let host = host.clone();
            self.running.spawn(async move { (host, poll_in_turn(&shared, &slots, (held, stop)).await) });
        }
        self.waiting.retain(|_, line| !line.is_empty());
    }
}

/// A host's gap is waited out before a slot is taken: hosts that want to be asked slowly hold up nobody.
async fn poll_in_turn(shared: &Shared, slots: &Semaphore, (held, mut stop): (Held, Stop)) -> Result<(), StoreFault> {
    if let Ok(url) = Url::parse(address_of(&held.feed.spec, &held.feed.state)) {
        tokio::select! {
            () = shared.kit.reader.rested(&url) => {}
            () = stop.wait() => return Ok(()),
        }
    }
    let slot = slots.acquire().await.expect("the semaphore is never closed");
    let done = if stop.asked() { Ok(()) } else { poll_one(shared, held.feed).await };
    drop(slot);
    done
}
