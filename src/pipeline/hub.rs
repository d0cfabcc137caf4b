//! Subscriptions at hubs (WebSub): what a feed's hub delivers as it appears goes the way of everything that is polled.
//!
//! A feed's document offers a hub, and a row in the store says that we want it. The worker's loop sends what is due, one
//! request at a time; the hub then asks at the callback address whether we mean it, and only then delivers.
mod deliver;
mod sign;

pub use deliver::{Delivered, Delivery, deliver, expected};

use super::{Kit, retry};
use crate::fetch::FetchFault;
use crate::model::{FeedId, FeedSpec, FeedStatus, HubOffer};
use crate::store::{HubMode, HubState, HubSubscription, Result};
use jiff::{SignedDuration, Timestamp};
use sign::Key;
use std::collections::HashMap;
use url::Url;

/// Asked for; hubs may give less or more.
const LEASE_SECONDS: u64 = 10 * 24 * 3_600;
/// A shorter lease would be renewed without end; a longer one than a month is renewed all the same.
const LEASE_SECONDS_MIN: u64 = 3_600;
const LEASE_SECONDS_MAX: u64 = 30 * 24 * 3_600;
/// Requests that nobody verifies, before the hub is left alone for a week.
const ATTEMPTS_MAX: u32 = 5;
const RETRY_SECONDS: u64 = 3_600;
const PAUSE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Requests sent in one turn of the loop.
const TURN_MAX: usize = 50;
/// Of a challenge, which is sent back as it came.
const CHALLENGE_BYTES_MAX: usize = 1 << 10;
/// Of the reason a hub gives.
const REASON_CHARS_MAX: usize = 200;

/// Where hubs reach us. Without it nothing is subscribed to and nothing is listened for.
pub struct Callback {
    base: String,
    key: Key,
    /// Of the body of one delivery.
    pub body_bytes_max: usize,
    /// Held from reading a subscription to writing it: hubs, polls and the loop all change it.
    changing: tokio::sync::Mutex<()>,
    /// Entries came in.
    pub arrived: tokio::sync::Notify,
}

impl Callback {
    /// `base`: the public address, to which a token is added. `secret`: what the store keeps for this.
    pub fn new(base: &Url, secret: &str, body_bytes_max: usize) -> Self {
        Self {
            base: base.as_str().trim_end_matches('/').to_owned(),
            key: Key::new(secret),
            body_bytes_max,
            changing: tokio::sync::Mutex::default(),
            arrived: tokio::sync::Notify::new(),
        }
    }

    /// A secret for `Callback::new`, by chance; the store keeps the first one it is given.
    pub fn fresh_secret() -> Option<String> {
        sign::fresh()
    }

    fn address(&self, token: &str) -> String {
        format!("{}/{token}", self.base)
    }

    fn subscription(&self, feed: &FeedId, (hub, topic): (&str, &str), now: Timestamp) -> HubSubscription {
        let token = self.key.token(feed.as_str(), hub, topic);
        HubSubscription {
            callback: self.address(&token),
            token,
            feed: feed.clone(),
            hub: hub.to_owned(),
            topic: topic.to_owned(),
            state: HubState::Waiting,
            goal: HubMode::Subscribe,
            asked: false,
            attempts: 0,
            lease_until: None,
            due: Some(now),
            proven: false,
            note: None,
        }
    }
}

/// A feed's document was read: what it offers is wanted, and what it no longer offers is left.
pub(super) async fn offered(kit: &Kit, feed: &FeedId, offer: &HubOffer, now: Timestamp) -> Result<()> {
    let Some(callback) = &kit.hub else { return Ok(()) };
    let _changing = callback.changing.lock().await;
    let known = kit.store.hub_subscriptions(Some(feed)).await?;
    let is_hopeless = |hub: &String| {
        known.iter().any(|s| s.hub == *hub && (s.attempts >= ATTEMPTS_MAX || s.state == HubState::Denied))
    };
    let hub = offer.hubs.iter().find(|hub| !is_hopeless(hub)).or(offer.hubs.first());
    // A hub without `rel="self"` does not say what to subscribe to.
    let wanted = hub.zip(offer.topic.as_ref()).map(|(hub, topic)| callback.subscription(feed, (hub, topic), now));
    let token = wanted.as_ref().map(|wanted| wanted.token.as_str());
    let wants = |s: &&HubSubscription| s.goal == HubMode::Subscribe && s.state != HubState::Left;
    for other in known.iter().filter(wants).filter(|s| Some(s.token.as_str()) != token) {
        kit.store.record_hub(&leaving(other, now), now).await?;
    }
    if let Some(wanted) = &wanted
        && !known.iter().filter(wants).any(|s| s.token == wanted.token)
    {
        kit.store.record_hub(wanted, now).await?;
    }
    Ok(())
}

/// At the start: feeds that are not polled any more leave their hubs, and hubs that know another address of ours are told.
pub async fn settle_in(kit: &Kit, feeds: &HashMap<FeedId, FeedSpec>, now: Timestamp) -> Result<()> {
    let Some(callback) = &kit.hub else { return Ok(()) };
    let _changing = callback.changing.lock().await;
    for subscription in kit.store.hub_subscriptions(None).await? {
        if subscription.goal == HubMode::Unsubscribe || subscription.state == HubState::Left {
            continue;
        }
        let is_live = feeds.get(&subscription.feed).is_some_and(|feed| feed.status == FeedStatus::Live);
        let address = callback.address(&subscription.token);
        if !is_live {
            kit.store.record_hub(&leaving(&subscription, now), now).await?;
        } else if address != subscription.callback {
            let (feed, at) = (subscription.feed, (subscription.hub.as_str(), subscription.topic.as_str()));
            kit.store.record_hub(&callback.subscription(&feed, at, now), now).await?;
        }
    }
    Ok(())
}

/// A hub that may know us is told; one that was never asked is not.
fn leaving(subscription: &HubSubscription, now: Timestamp) -> HubSubscription {
    let known = subscription.state == HubState::Active || subscription.asked;
    HubSubscription {
        state: if known { subscription.state } else { HubState::Left },
        goal: HubMode::Unsubscribe,
        asked: false,
        attempts: if known { 0 } else { subscription.attempts },
        due: known.then_some(now),
        proven: false,
        note: Some("no longer offered, or the feed is no longer polled".to_owned()),
        ..subscription.clone()
    }
}

/// Sends every request that is due: first ones, renewals before the lease ends, repetitions, farewells. One after another.
pub async fn turn(kit: &Kit, now: Timestamp) -> Result<()> {
    let Some(callback) = &kit.hub else { return Ok(()) };
    for due in kit.store.hubs_due(now, TURN_MAX).await? {
        if let Some(asking) = begin(kit, callback, (&due, now)).await? {
            ask(kit, callback, (&due, &asking), now).await?;
        }
    }
    Ok(())
}

/// Written before the request is sent: the hub may ask back before it answers.
async fn begin(
    kit: &Kit,
    callback: &Callback,
    (due, now): (&HubSubscription, Timestamp),
) -> Result<Option<HubSubscription>> {
    let _changing = callback.changing.lock().await;
    // Whatever happened to it meanwhile goes first.
    if kit.store.hub_subscription(&due.token).await?.as_ref() != Some(due) {
        return Ok(None);
    }
    if due.goal == HubMode::Unsubscribe && due.attempts >= ATTEMPTS_MAX {
        let note = Some("left without the hub's word; its lease ends by itself".to_owned());
        let left = HubSubscription { state: HubState::Left, asked: false, due: None, note, ..due.clone() };
        kit.store.record_hub(&left, now).await?;
        return Ok(None);
    }
    // After a pause, a hub that was given up is tried as if it were new.
    let attempts = if due.attempts >= ATTEMPTS_MAX { 1 } else { due.attempts + 1 };
    let state = if due.state == HubState::Denied { HubState::Waiting } else { due.state };
    let asking = HubSubscription { state, asked: true, attempts, due: Some(again(attempts, now)), ..due.clone() };
    kit.store.record_hub(&asking, now).await?;
    // As the store keeps it, which cuts times short: it is compared with the store's once the hub has answered.
    kit.store.hub_subscription(&due.token).await
}

/// 1, 4, 16, 64 hours, then a week.
fn again(attempts: u32, now: Timestamp) -> Timestamp {
    let wait = match attempts {
        ATTEMPTS_MAX.. => PAUSE,
        _ => seconds(RETRY_SECONDS << (2 * attempts.saturating_sub(1))),
    };
    now.checked_add(wait).unwrap_or(now)
}

async fn ask(
    kit: &Kit,
    callback: &Callback,
    (due, asking): (&HubSubscription, &HubSubscription),
    now: Timestamp,
) -> Result<()> {
    let form = form(callback, asking);
    let told = match Url::parse(&asking.hub) {
        Ok(hub) => kit.reader.tell_hub(&hub, &form).await,
        // It was parsed when it was offered; a row written by hand may still be wrong.
        Err(why) => Err(FetchFault::Connect { why: why.to_string() }),
    };
    let Err(fault) = told else { return Ok(()) };
    tracing::warn!(hub = asking.hub, topic = asking.topic, %fault, "hub cannot be told");
    let _changing = callback.changing.lock().await;
    // It may have asked back all the same: then the answer was lost, and nothing is wrong.
    match kit.store.hub_subscription(&asking.token).await? {
        Some(current) if current == *asking => {
            let told = match fault {
                // Nobody was asked: it stands as it stood.
                FetchFault::Offline { seconds: wait } => {
                    HubSubscription { due: Some(retry::after(now, wait)), ..due.clone() }
                }
                fault => HubSubscription { note: Some(fault.to_string()), ..current },
            };
            kit.store.record_hub(&told, now).await
        }
        _ => Ok(()),
    }
}

fn form(callback: &Callback, asking: &HubSubscription) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("hub.callback", &asking.callback).append_pair("hub.topic", &asking.topic);
    match asking.goal {
        HubMode::Subscribe => form
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.lease_seconds", &LEASE_SECONDS.to_string())
            .append_pair("hub.secret", &callback.key.secret(&asking.token)),
        HubMode::Unsubscribe => form.append_pair("hub.mode", "unsubscribe"),
    };
    form.finish()
}

/// What a hub asks at the callback address, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    pub mode: String,
    pub topic: String,
    pub challenge: Option<String>,
    pub lease_seconds: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// We mean it: the challenge, to be sent back as it is.
    Meant(String),
    /// A denial was noted.
    Noted,
    /// Nothing of the kind is pending here.
    Unknown,
}

/// Verification of intent, or a denial (WebSub, 5.2 and 5.3). Only what is really pending is confirmed.
pub async fn answer(kit: &Kit, token: &str, question: &Question, now: Timestamp) -> Result<Answer> {
    let Some(callback) = &kit.hub else { return Ok(Answer::Unknown) };
    let _changing = callback.changing.lock().await;
    let Some(known) = kit.store.hub_subscription(token).await? else { return Ok(Answer::Unknown) };
    if known.topic != question.topic {
        return Ok(Answer::Unknown);
    }
    let pending = known.asked.then_some(known.goal);
    let (next, answer) = match (question.mode.as_str(), pending, challenge(question)) {
        ("subscribe", Some(HubMode::Subscribe), Some(challenge)) => {
            (verified(known, question, now), Answer::Meant(challenge))
        }
        ("unsubscribe", Some(HubMode::Unsubscribe), Some(challenge)) => {
            let state = HubState::Left;
            let left = HubSubscription { state, asked: false, attempts: 0, lease_until: None, due: None, ..known };
            (left, Answer::Meant(challenge))
        }
        ("denied", _, _) if known.state != HubState::Left => (denied(known, question, now), Answer::Noted),
        _ => return Ok(Answer::Unknown),
    };
    kit.store.record_hub(&next, now).await?;
    Ok(answer)
}

fn challenge(question: &Question) -> Option<String> {
    question.challenge.clone().filter(|text| !text.is_empty() && text.len() <= CHALLENGE_BYTES_MAX)
}

/// The lease counts from now, and is renewed when four fifths of it are over.
fn verified(known: HubSubscription, question: &Question, now: Timestamp) -> HubSubscription {
    // A hub that names no time, or none that can be read, gives what was asked for.
    let given = question.lease_seconds.as_ref().and_then(|text| text.trim().parse::<u64>().ok());
    let lease = given.unwrap_or(LEASE_SECONDS).clamp(LEASE_SECONDS_MIN, LEASE_SECONDS_MAX);
    let after = |part: u64| now.checked_add(seconds(part)).ok();
    HubSubscription {
        state: HubState::Active,
        asked: false,
        attempts: 0,
        lease_until: after(lease),
        due: after(lease / 5 * 4),
        note: None,
        ..known
    }
}

/// A denial of what we want is asked again in a week; what we were leaving is left.
fn denied(known: HubSubscription, question: &Question, now: Timestamp) -> HubSubscription {
    let reason: String =
        question.reason.as_deref().unwrap_or("no reason given").chars().take(REASON_CHARS_MAX).collect();
    let leaves = known.goal == HubMode::Unsubscribe;
    HubSubscription {
        state: if leaves { HubState::Left } else { HubState::Denied },
        asked: false,
        lease_until: None,
        due: now.checked_add(PAUSE).ok().filter(|_| !leaves),
        proven: false,
        note: Some(format!("denied: {}", one_line(&reason))),
        ..known
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// A hub delivers this feed and has shown that it does: it may be asked less often.
pub(super) async fn is_pushed(kit: &Kit, feed: &FeedId, now: Timestamp) -> Result<bool> {
    if kit.hub.is_none() {
        return Ok(false);
    }
    let known = kit.store.hub_subscriptions(Some(feed)).await?;
    Ok(known.iter().any(|subscription| subscription.proven && subscription.delivers(now)))
}

/// A poll has found what the hub had not delivered: the feed is asked in its own rhythm until the hub delivers again.
pub(super) async fn missed(kit: &Kit, feed: &FeedId, entries: u32, now: Timestamp) -> Result<()> {
    let Some(callback) = &kit.hub else { return Ok(()) };
    let _changing = callback.changing.lock().await;
    for known in kit.store.hub_subscriptions(Some(feed)).await?.into_iter().filter(|known| known.proven) {
        let note = Some(format!("a poll found {entries} entries that it had not delivered"));
        kit.store.record_hub(&HubSubscription { proven: false, note, ..known }, now).await?;
    }
    Ok(())
}
