//! What a hub delivers: checked, read and recorded as a poll is.
use super::super::{Kit, maps, poll};
use super::sign;
use crate::model::{Entry, FeedState, FeedStatus, Page};
use crate::store::{Claim, ClaimedFeed, Enqueued, HubState, HubSubscription, PollRecord, PollSource, Result};
use jiff::{SignedDuration, Timestamp};
use std::time::Instant;

/// Reading one document and storing it takes far less.
const LEASE: SignedDuration = SignedDuration::from_mins(1);
const WORKER: &str = "hub";

/// A document as it came in.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// `X-Hub-Signature`.
    pub signature: Option<String>,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// No such subscription, or one whose lease is over.
    Unknown,
    /// We left; the hub may forget us.
    Gone,
    /// Without the right signature: ignored, and not said so (WebSub, 7.1.2).
    Unsigned,
    /// The feed is being polled right now: to be delivered again.
    Busy,
    Read(Enqueued),
}

/// Whether a delivery is expected at all, before its body is read.
pub async fn expected(kit: &Kit, token: &str, now: Timestamp) -> Result<Option<Delivered>> {
    Ok(find(kit, token, now).await?.err())
}

async fn find(kit: &Kit, token: &str, now: Timestamp) -> Result<std::result::Result<HubSubscription, Delivered>> {
    Ok(match kit.store.hub_subscription(token).await? {
        Some(known) if known.delivers(now) => Ok(known),
        Some(known) if known.state == HubState::Left => Err(Delivered::Gone),
        _ => Err(Delivered::Unknown),
    })
}

/// When this returns `Read`, the entries are stored: nothing that a hub was thanked for is lost.
pub async fn deliver(kit: &Kit, token: &str, delivery: Delivery, now: Timestamp) -> Result<Delivered> {
    let Some(callback) = &kit.hub else { return Ok(Delivered::Unknown) };
    let known = match find(kit, token, now).await? {
        Ok(known) => known,
        Err(refused) => return Ok(refused),
    };
    let signature = delivery.signature.as_deref().unwrap_or_default();
    if !sign::holds(signature, &callback.key.secret(token), &delivery.body) {
        tracing::warn!(hub = known.hub, topic = known.topic, "a delivery without the right signature is ignored");
        return Ok(Delivered::Unsigned);
    }
    let lease_until = now.checked_add(LEASE).unwrap_or(now);
    let claim = Claim { worker: WORKER, now, lease_until, limit: 1 };
    let Some(claimed) = kit.store.claim_feed(&known.feed, &claim).await? else { return Ok(Delivered::Busy) };
    if claimed.spec.status != FeedStatus::Live {
        return Ok(Delivered::Unknown);
    }
    let (record, entries) = read(kit, (&claimed, &known), delivery, now).await;
    let is_good = record.error.is_none();
    let enqueued = kit.store.record_poll(&record, &entries).await?;
    if is_good && !entries.is_empty() {
        prove(kit, &known, now).await?;
    }
    callback.arrived.notify_one();
    Ok(Delivered::Read(enqueued))
}

/// The feed's state stays what polling has made it, but for its newest entry: a delivery may hold a part of the feed only,
/// and vouches for no validators.
async fn read(
    kit: &Kit,
    (claimed, known): (&ClaimedFeed, &HubSubscription),
    delivery: Delivery,
    now: Timestamp,
) -> (PollRecord, Vec<Entry>) {
    let started = Instant::now();
    let bytes = delivery.body.len() as u64;
    let mut page = page(known, delivery, now);
    let parsed = match kit.reader.keep(&mut page).await {
        Ok(()) => {
            let capture = page.capture.clone();
            maps::read(Box::new(page), &claimed.spec, now).await.map(|parsed| (parsed, capture))
        }
        Err(fault) => Err(fault.to_string()),
    };
    let (parsed, capture) = parsed.unwrap_or_else(|why| (poll::unreadable(&why), None));
    // An empty document says nothing about the feed: only what is no feed is a fault.
    let error = poll::alarm(&parsed, &FeedState { last_entries: None, ..claimed.state.clone() });
    let newest = poll::newest(&parsed).max(claimed.state.newest_entry);
    let state = FeedState { newest_entry: newest, ..claimed.state.clone() };
    let record = PollRecord {
        feed: claimed.spec.id.clone(),
        source: PollSource::Hub,
        error: error.clone(),
        bytes,
        capture,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        entries: u32::try_from(parsed.entries.len()).unwrap_or(u32::MAX),
        problems: parsed.problems,
        ..poll::record(if error.is_some() { "unreadable" } else { "ok" }, state, now)
    };
    (record, parsed.entries)
}

fn page(known: &HubSubscription, delivery: Delivery, now: Timestamp) -> Page {
    let content_type = delivery.content_type.map(|value| ("content-type".to_owned(), value));
    Page {
        url: known.topic.clone(),
        final_url: known.topic.clone(),
        status: 200,
        headers: content_type.into_iter().collect(),
        body: delivery.body,
        fetched_at: now,
        capture: None,
    }
}

async fn prove(kit: &Kit, known: &HubSubscription, now: Timestamp) -> Result<()> {
    let Some(callback) = &kit.hub else { return Ok(()) };
    let _changing = callback.changing.lock().await;
    match kit.store.hub_subscription(&known.token).await? {
        Some(current) if !current.proven && current.delivers(now) => {
            kit.store.record_hub(&HubSubscription { proven: true, note: None, ..current }, now).await
        }
        _ => Ok(()),
    }
}
