//! The main loop: polls due feeds, brings pending entries to their outcomes, keeps the index up.
//!
//! Its loops run side by side and hand over through the store, never through memory: what one has committed the next
//! finds, also after a crash. Only the entry loop fetches pages concurrently, and one host is only ever in one task.
//! Articles are looked at again one at a time, beside it.
mod hosts;
mod hubs;
mod lines;

use super::{Kit, Progress, catch_up, poll, process, revisit, rhythm};
use crate::model::{FeedId, FeedSpec, FeedState, Outcome};
use crate::store::{Claim, ClaimedFeed, FaultClass, PendingEntry, StoreFault};
use hosts::{host_loop, keep_hosts};
use hubs::{end_hubs, hub_loop};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lines::Lines;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

/// A worker that died is replaced after this long; the single embedded worker frees its leases at start.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// Feeds claimed and not yet polled: many of one host must not hide the due ones of the others. A kilobyte or two each.
const POLLS_HELD_MAX: usize = 4_000;
/// The poll loop looks for due feeds at most this often: looking costs tens of milliseconds among 10,000 feeds.
const LOOK_MIN: Duration = Duration::from_secs(1);
/// Entries of one host handed to one task at a time: long enough to be cheap, short enough to be fair.
const PER_HOST: usize = 20;
/// Different hosts that all fail in a row: more likely our network than theirs.
pub const UNREACHED_ALARM: u64 = 20;
/// Feeds that failed since anybody answered: an outage is recognised after a handful of hosts, each with a few feeds.
const EXCUSED_MAX: usize = 100;
/// Entries claimed at a time.
const CLAIM_MAX: usize = 500;
/// The loops look again at least this often, so that a missed wake-up costs a delay and nothing more.
const IDLE: Duration = Duration::from_secs(30);
/// How long revisits that have to wait for new entries wait before they ask again.
const REVISIT_PAUSE: Duration = Duration::from_secs(2);
/// Polls end by the hundred a second in a large catalogue; entries are claimed after several, not after each.
const GATHER: Duration = Duration::from_millis(20);
/// How long ingest stands still before it looks at the disk again.
const ALARM_PAUSE: Duration = Duration::from_secs(5);
/// Work in flight at a stop may take this long to end; what does not stays pending.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// What the worker works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Until stopped.
    Forever,
    /// Due feeds once, then every entry that is due; ends when nothing is left.
    Once,
    /// These feeds once, due or not, and their entries.
    Feeds(Vec<FeedId>),
}

pub struct Settings {
    pub worker: String,
    pub scope: Scope,
    pub polls_max: usize,
    pub pages_max: usize,
    pub index_batch: Duration,
    /// Whether stored articles are looked at again.
    pub revisit: bool,
    /// Says why there is no room to ingest, if there is none.
    pub no_room: Box<dyn Fn() -> Option<String> + Send + Sync>,
}

/// A stop asked for by the user; clones see it at once.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    pub fn asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when a stop is asked for; never, when nobody can ask any more.
    pub async fn wait(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

struct Shared {
    kit: Arc<Kit>,
    settings: Settings,
    progress: Arc<Progress>,
    feeds: HashMap<FeedId, FeedSpec>,
    /// Entries became pending, or a poll ended.
    entries: Notify,
    /// The store has changes that the index has not.
    changed: Notify,
    polls_done: AtomicBool,
    /// Feeds whose host could not be reached, since anybody answered.
    unreached: Mutex<Vec<ClaimedFeed>>,
    /// All else is done.
    ended: Notify,
    entries_done: AtomicBool,
}

/// Works until the scope is done or a stop is asked for; everything settled is indexed when it returns.
pub async fn work(kit: Arc<Kit>, settings: Settings, progress: Arc<Progress>, stop: Stop) -> anyhow::Result<()> {
    kit.store.release_leases().await?;
    let now = Timestamp::now();
    kit.reader.recall(&kit.store.hosts(now).await?, now);
    catch_up(&kit).await?;
    let feeds = kit.store.feeds().await?.into_iter().map(|feed| (feed.id.clone(), feed)).collect();
    let shared = Arc::new(Shared {
        kit,
        settings,
        progress,
        feeds,
        entries: Notify::new(),
        changed: Notify::new(),
        polls_done: AtomicBool::new(false),
        unreached: Mutex::default(),
        ended: Notify::new(),
        entries_done: AtomicBool::new(false),
    });
    let polls = tokio::spawn(poll_loop(Arc::clone(&shared), stop.clone()));
    let entries = tokio::spawn(entry_loop(Arc::clone(&shared), stop.clone()));
    let revisits = tokio::spawn(revisit_loop(Arc::clone(&shared), stop.clone()));
    let hubs = tokio::spawn(hub_loop(Arc::clone(&shared), stop.clone()));
    let index = tokio::spawn(index_loop(Arc::clone(&shared)));
    let hosts = tokio::spawn(host_loop(Arc::clone(&shared)));
    let polls = polls.await?;
    shared.polls_done.store(true, Ordering::SeqCst);
    shared.entries.notify_one();
    let entries = entries.await?;
    let hubs = end_hubs(&shared, hubs, &stop).await;
    let revisits = end_revisits(&shared, revisits, stop).await;
    shared.entries_done.store(true, Ordering::SeqCst);
    shared.changed.notify_one();
    let index = index.await?;
    shared.ended.notify_one();
    hosts.await?;
    keep_hosts(&shared).await?;
    shared.kit.store.release_leases().await?;
    polls.and(entries).and(hubs).and(revisits).and(index)
}

impl Shared {
    fn claim(&self, limit: usize, now: Timestamp) -> Claim<'_> {
        Claim { worker: &self.settings.worker, now, lease_until: now.checked_add(LEASE).unwrap_or(now), limit }
    }

    /// Stands still while the disk has no room. True: go on.
    async fn has_room(&self, stop: &mut Stop) -> bool {
        let mut alarmed = false;
        while !stop.asked() {
            let Some(why) = (self.settings.no_room)() else {
                if alarmed {
                    tracing::info!("ingest goes on: there is room again");
                    self.progress.update(|snapshot| snapshot.alarm = None);
                }
                return true;
            };
            if !alarmed {
                tracing::error!(%why, "ingest stands still");
                self.progress.update(|snapshot| snapshot.alarm = Some(why));
                alarmed = true;
            }
            pause(ALARM_PAUSE, stop).await;
        }
        false
    }

    /// How many hosts may be in work at once, and how long that holds: in an outage of our own one, when it is time to try,
    /// and none before. A run that is to end does not wait for its end.
    fn network(&self) -> (usize, Duration) {
        match self.kit.reader.offline().filter(|_| self.settings.scope == Scope::Forever) {
            None => (usize::MAX, IDLE),
            Some(wait) if wait.is_zero() => (1, IDLE),
            Some(wait) => (0, wait),
        }
    }

    async fn until_feed_due(&self) -> anyhow::Result<Duration> {
        Ok(until(self.kit.store.next_feed_due().await?))
    }

    /// A fault worth waiting for is logged and waited out; any other ends the loop.
    async fn weather(&self, fault: StoreFault, stop: &mut Stop) -> anyhow::Result<()> {
        match fault.class() {
            FaultClass::Broken => Err(fault.into()),
            FaultClass::Retry => {
                tracing::error!(%fault, "the store cannot be written for now");
                self.progress.update(|snapshot| snapshot.alarm = Some(fault.to_string()));
                pause(ALARM_PAUSE, stop).await;
                self.progress.update(|snapshot| snapshot.alarm = None);
                Ok(())
            }
        }
    }
}

async fn pause(time: Duration, stop: &mut Stop) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stop.wait() => {}
    }
}

// --- feeds ---------------------------------------------------------------------------------------

async fn poll_loop(shared: Arc<Shared>, mut stop: Stop) -> anyhow::Result<()> {
    let mut lines = Lines::new(&shared, &stop);
    let mut wanted = match &shared.settings.scope {
        Scope::Feeds(ids) => ids.clone(),
        Scope::Forever | Scope::Once => Vec::new(),
    };
    let forever = shared.settings.scope == Scope::Forever;
    let mut look_at = Instant::now();
    while !stop.asked() && shared.has_room(&mut stop).await {
        let room = POLLS_HELD_MAX.saturating_sub(lines.held());
        let idle = lines.held() == 0;
        if room >= POLLS_HELD_MAX / 2 && (Instant::now() >= look_at || (idle && !forever)) {
            match claim_feeds(&shared, room, &mut wanted).await {
                Ok(claimed) if claimed.is_empty() && idle && !forever => return Ok(()),
                Ok(claimed) => {
                    // As many as there was room for: there may be more at once.
                    let wait = if claimed.len() < room { shared.until_feed_due().await? } else { Duration::ZERO };
                    look_at = Instant::now() + wait;
                    lines.queue(claimed);
                }
                Err(fault) => {
                    shared.weather(fault, &mut stop).await?;
                    continue;
                }
            }
        }
        let (hosts_max, wait) = shared.network();
        lines.start(hosts_max);
        tokio::select! {
            Some(ended) = lines.running.join_next() => {
                let (host, result) = ended?;
                lines.busy.remove(&host);
                if let Err(fault) = result {
                    shared.weather(fault, &mut stop).await?;
                }
            }
            () = tokio::time::sleep_until(look_at.max(Instant::now() + LOOK_MIN)), if lines.held() < POLLS_HELD_MAX / 2 => {}
            () = tokio::time::sleep(wait), if hosts_max == 0 => {}
            () = stop.wait() => {}
        }
    }
    drain(lines.running).await;
    Ok(())
}

async fn claim_feeds(shared: &Shared, free: usize, wanted: &mut Vec<FeedId>) -> Result<Vec<ClaimedFeed>, StoreFault> {
    let now = Timestamp::now();
    if !matches!(shared.settings.scope, Scope::Feeds(_)) {
        return shared.kit.store.claim_feeds(&shared.claim(free, now)).await;
    }
    let mut claimed = Vec::new();
    while claimed.len() < free
        && let Some(id) = wanted.pop()
    {
        claimed.extend(shared.kit.store.claim_feed(&id, &shared.claim(1, now)).await?);
    }
    Ok(claimed)
}

async fn poll_one(shared: &Shared, feed: ClaimedFeed) -> Result<(), StoreFault> {
    let now = Timestamp::now();
    // It was due in an open hour and has waited since. Who names a feed wants it now.
    if !feed.state.skips.is_open(now) && !matches!(shared.settings.scope, Scope::Feeds(_)) {
        let next_due = Some(rhythm::open_from(&feed.spec.id, feed.state.skips, now));
        return shared.kit.store.postpone(&feed.spec.id, &FeedState { next_due, ..feed.state }, now).await;
    }
    let polled = poll(&shared.kit, &feed, now).await?;
    shared.progress.update(|snapshot| {
        snapshot.polls += 1;
        snapshot.polls_unchanged += u64::from(polled.result == "not_modified");
        snapshot.polls_failed += u64::from(!matches!(polled.result.as_str(), "ok" | "not_modified"));
        snapshot.polls_unreached = if polled.is_unreached() { snapshot.polls_unreached + 1 } else { 0 };
        snapshot.entries_read += u64::from(polled.entries);
        snapshot.entries_new += u64::from(polled.enqueued.new + polled.enqueued.changed);
    });
    excuse(shared, &feed, &polled.result).await?;
    if let Some(error) = &polled.error {
        tell(shared.progress.snapshot().polls_unreached, (&feed.spec.url, &polled.result, error));
    }
    shared.entries.notify_one();
    Ok(())
}

/// Feeds that failed just before an outage was recognised failed by it.
async fn excuse(shared: &Shared, feed: &ClaimedFeed, result: &str) -> Result<(), StoreFault> {
    let excused = {
        let mut unreached = shared.unreached.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            "connect" if unreached.len() < EXCUSED_MAX => unreached.push(feed.clone()),
            "connect" | "host_resting" | "timeout" | "robots_unknown" | "offline" => {}
            _ => unreached.clear(),
        }
        let outage = shared.kit.reader.offline().is_some();
        if outage { std::mem::take(&mut *unreached) } else { Vec::new() }
    };
    for feed in &excused {
        super::poll::excuse(&shared.kit, feed, Timestamp::now()).await?;
    }
    Ok(())
}

/// One feed that fails is said as such; when none can be reached any more, that is said once instead of for each.
fn tell(unreached: u64, (feed, result, error): (&str, &str, &str)) {
    match unreached {
        UNREACHED_ALARM => {
            tracing::error!(%error, "none of the last {UNREACHED_ALARM} feeds could be reached: is the network up?");
        }
        0..UNREACHED_ALARM => tracing::warn!(%feed, %result, %error, "feed poll failed"),
        _ => tracing::debug!(%feed, %result, %error, "feed poll failed"),
    }
}

// --- entries -------------------------------------------------------------------------------------

async fn entry_loop(shared: Arc<Shared>, mut stop: Stop) -> anyhow::Result<()> {
    let mut running: JoinSet<(String, usize, Result<(), StoreFault>)> = JoinSet::new();
    let mut busy: BTreeMap<String, ()> = BTreeMap::new();
    let slots = Arc::new(Semaphore::new(shared.settings.pages_max));
    // A host waiting out its gap holds no slot, so there may be more hosts in work than pages in flight.
    let hosts_max = shared.settings.pages_max * 8;
    let held_max = hosts_max * PER_HOST + CLAIM_MAX;
    let mut held = 0;
    while !stop.asked() && shared.has_room(&mut stop).await {
        // Read before claiming: an entry enqueued between the claim and this read would be missed.
        let polls_done = shared.polls_done.load(Ordering::SeqCst);
        let mut idle = true;
        let (reachable, outage) = shared.network();
        let limit = if reachable == 1 { 1 } else { CLAIM_MAX };
        if reachable > busy.len() && busy.len() < hosts_max && held + CLAIM_MAX <= held_max {
            let hosts: Vec<String> = busy.keys().cloned().collect();
            match shared.kit.store.claim_entries(&shared.claim(limit, Timestamp::now()), &hosts, PER_HOST).await {
                Ok(claimed) => {
                    idle = claimed.is_empty();
                    for (host, entries) in by_host(claimed) {
                        busy.insert(host.clone(), ());
                        held += entries.len();
                        let task = Task { shared: Arc::clone(&shared), slots: Arc::clone(&slots), stop: stop.clone() };
                        running.spawn(async move { (host, entries.len(), task.host(entries).await) });
                    }
                }
                Err(fault) => {
                    shared.weather(fault, &mut stop).await?;
                    continue;
                }
            }
        }
        if !idle && reachable > busy.len() && busy.len() < hosts_max && held + CLAIM_MAX <= held_max {
            continue;
        }
        if running.is_empty() && polls_done && shared.settings.scope != Scope::Forever {
            return Ok(());
        }
        let wait = if running.is_empty() { until(shared.kit.store.next_entry_due().await?) } else { IDLE };
        let wait = if reachable == 0 { outage } else { wait };
        tokio::select! {
            Some(ended) = running.join_next() => {
                let (host, entries, result) = ended?;
                busy.remove(&host);
                held -= entries;
                if let Err(fault) = result {
                    shared.weather(fault, &mut stop).await?;
                }
            }
            () = async {
                shared.entries.notified().await;
                tokio::time::sleep(GATHER).await;
            } => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.wait() => {}
        }
    }
    drain(running).await;
    Ok(())
}

/// A task's worth each. Entries without a host ask nobody and may be in several tasks at once.
fn by_host(entries: Vec<PendingEntry>) -> Vec<(String, Vec<PendingEntry>)> {
    let mut hosts: BTreeMap<String, Vec<PendingEntry>> = BTreeMap::new();
    for entry in entries {
        hosts.entry(entry.host.clone()).or_default().push(entry);
    }
    let mut tasks = Vec::with_capacity(hosts.len());
    let mut hostless = hosts.remove("").unwrap_or_default();
    while !hostless.is_empty() {
        let rest = hostless.split_off(hostless.len().min(PER_HOST));
        tasks.push((String::new(), std::mem::replace(&mut hostless, rest)));
    }
    tasks.extend(hosts);
    tasks
}

struct Task {
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
    stop: Stop,
}

impl Task {
    /// One host's entries one after another; what is left at a stop stays pending.
    async fn host(mut self, entries: Vec<PendingEntry>) -> Result<(), StoreFault> {
        for pending in entries {
            if self.stop.asked() {
                break;
            }
            // The host's gap is waited out first: whoever waits for it holds no slot.
            if let Some(url) = pending.entry.url.as_deref().and_then(|url| Url::parse(url).ok()) {
                tokio::select! {
                    () = self.shared.kit.reader.rested(&url) => {}
                    () = self.stop.wait() => break,
                }
            }
            let slot = self.slots.acquire().await.expect("the semaphore is never closed");
            let feed = self.shared.feeds.get(&pending.feed);
            let outcome = process(&self.shared.kit, &pending, feed, Timestamp::now()).await?;
            drop(slot);
            self.shared.progress.outcome(&outcome);
            // Nothing else changes what the index shows.
            if matches!(outcome, Outcome::Stored | Outcome::Copy | Outcome::Revision) {
                self.shared.changed.notify_one();
            }
        }
        Ok(())
    }
}

// --- revisits ------------------------------------------------------------------------------------

/// One article at a time, on hosts without entries that are due: new entries come first, and the one page in flight here
/// takes no slot of theirs. Politeness holds inside the reader, as for every request.
async fn revisit_loop(shared: Arc<Shared>, mut stop: Stop) -> anyhow::Result<()> {
    if shared.settings.scope != Scope::Forever {
        return Ok(());
    }
    while shared.settings.revisit && !stop.asked() && shared.has_room(&mut stop).await {
        if shared.kit.reader.offline().is_some() {
            pause(REVISIT_PAUSE, &mut stop).await;
            continue;
        }
        let Some(looked) = within_grace(revisit_next(&shared), &mut stop).await else { return Ok(()) };
        match looked {
            Ok(true) => {}
            // What is due now belongs to a host with new entries; it is free again when they are done.
            Ok(false) => {
                let wait = until(shared.kit.store.next_revisit_due().await?).max(REVISIT_PAUSE);
                pause(wait, &mut stop).await;
            }
            Err(fault) => shared.weather(fault, &mut stop).await?,
        }
    }
    Ok(())
}

/// None: a stop was asked for, and the grace was over first. A look that is cut off leaves nothing behind: it is recorded in
/// one transaction.
async fn within_grace<T>(work: impl Future<Output = T>, stop: &mut Stop) -> Option<T> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => Some(done),
        () = stop.wait() => tokio::time::timeout(STOP_GRACE, work).await.ok(),
    }
}

/// False: none could be claimed.
async fn revisit_next(shared: &Shared) -> Result<bool, StoreFault> {
    let now = Timestamp::now();
    let claimed = shared.kit.store.claim_revisits(&shared.claim(1, now)).await?;
    let Some(pending) = claimed.first() else { return Ok(false) };
    let feed = pending.feed.as_ref().and_then(|id| shared.feeds.get(id));
    let zone = feed.and_then(|feed| TimeZone::get(&feed.zone).ok()).unwrap_or(TimeZone::UTC);
    let look = revisit(&shared.kit, pending, zone, now).await?;
    shared.progress.look(look);
    shared.changed.notify_one();
    Ok(true)
}

/// The entries are done. A single run looks at what is due; a worker that ends leaves the rest for its next start.
async fn end_revisits(
    shared: &Arc<Shared>,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
    stop: Stop,
) -> anyhow::Result<()> {
    // Nobody asked for a stop: the entries ended by a fault, and the loop would never end by itself.
    if shared.settings.scope == Scope::Forever && !stop.asked() {
        running.abort();
    }
    match running.await {
        Ok(result) => result?,
        Err(why) if why.is_cancelled() => {}
        Err(why) => return Err(why.into()),
    }
    while shared.settings.scope == Scope::Once && shared.settings.revisit && !stop.asked() {
        if !revisit_next(shared).await? {
            break;
        }
    }
    Ok(())
}

// --- index ---------------------------------------------------------------------------------------

async fn index_loop(shared: Arc<Shared>) -> anyhow::Result<()> {
    loop {
        let last = shared.entries_done.load(Ordering::SeqCst);
        match catch_up(&shared.kit).await {
            Ok(applied) => shared.progress.update(|snapshot| snapshot.indexed.add(applied)),
            Err(fault) if last => return Err(fault),
            // The store keeps what the index lacks; the next round tries again.
            Err(fault) => {
                tracing::error!(error = format!("{fault:#}"), "the index cannot be written for now");
                tokio::time::sleep(ALARM_PAUSE).await;
            }
        }
        if last {
            return Ok(());
        }
        shared.changed.notified().await;
        if !shared.entries_done.load(Ordering::SeqCst) {
            tokio::time::sleep(shared.settings.index_batch).await;
        }
    }
}

// --- ends ----------------------------------------------------------------------------------------

fn until(due: Option<Timestamp>) -> Duration {
    let wait = due.map(|due| due.duration_since(Timestamp::now())).and_then(|wait| Duration::try_from(wait).ok());
    match (due, wait) {
        (None, _) => IDLE,
        // Already due: claimed by somebody, or due this very moment.
        (Some(_), None) => Duration::from_millis(100),
        (Some(_), Some(wait)) => wait.clamp(Duration::from_millis(100), IDLE),
    }
}

/// Lets work in flight end, within the grace; the rest is cut off and stays pending.
async fn drain<T: 'static>(mut running: JoinSet<T>) {
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_GRACE, all).await.is_err() {
        tracing::warn!("work in flight did not end in time; it stays pending");
    }
}
