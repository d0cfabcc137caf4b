//! One poll of one feed, recorded on every path.
use super::{Kit, hub, maps, retry, rhythm};
use crate::fetch::{FeedReply, FetchFault};
use crate::model::{
    Entry, FeedDocument, FeedFormat, FeedId, FeedSpec, FeedState, HubOffer, Page, Problem, Skips, TimeSource,
    Validators,
};
use crate::parse;
use crate::store::{ClaimedFeed, Enqueued, PollRecord, PollSource, Result};
use jiff::Timestamp;
use std::time::Instant;
use url::Url;

#[derive(Clone, Debug)]
pub struct Polled {
    /// `ok`, `not_modified`, or the fault's code.
    pub result: String,
    pub error: Option<String>,
    pub entries: u32,
    pub enqueued: Enqueued,
}

impl Polled {
    /// Nobody answered at all: the host's fault, or our network's.
    pub fn is_unreached(&self) -> bool {
        matches!(self.result.as_str(), "connect" | "timeout" | "robots_unknown" | "host_resting" | "offline")
    }
}

/// Fetches, parses and records one claimed feed; its new entries are pending when this returns.
pub async fn poll(kit: &Kit, claimed: &ClaimedFeed, now: Timestamp) -> Result<Polled> {
    let started = Instant::now();
    let state = FeedState {
        interval_seconds: if claimed.state.interval_seconds == 0 {
            kit.poll_interval_seconds
        } else {
            claimed.state.interval_seconds
        },
        ..claimed.state.clone()
    };
    let asked = address(&claimed.spec, &state);
    let reply = match Url::parse(asked) {
        Ok(url) => kit.reader.feed(&url, &rhythm::validators(&state, now)).await,
        // The catalogue checked it; a row written by hand into the database may still be wrong.
        Err(why) => Err(FetchFault::Connect { why: why.to_string() }),
    };
    let Read { mut record, entries, offer } = match reply {
        Ok(FeedReply::NotModified { validators, status, moved, wait_seconds }) => {
            let unchanged = Unchanged { validators, status, moved: moved.map(String::from), wait_seconds };
            not_modified(kit, claimed, (&state, unchanged), now).into()
        }
        Ok(FeedReply::Document { page, validators, moved, wait_seconds }) => {
            let received = Received { page, validators, moved: moved.map(String::from), wait_seconds };
            document(kit, claimed, (&state, received), now).await
        }
        Err(fault) => failed(&claimed.spec.id, &state, &fault, now).into(),
    };
    record.feed = claimed.spec.id.clone();
    record.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let pushed = hub::is_pushed(kit, &record.feed, now).await?;
    if pushed && record.error.is_none() {
        rhythm::relax(&record.feed, &mut record.state, now);
    }
    let enqueued = kit.store.record_poll(&record, &entries).await?;
    if pushed && enqueued.new > 0 {
        hub::missed(kit, &record.feed, enqueued.new, now).await?;
    }
    if let Some(offer) = offer {
        hub::offered(kit, &record.feed, &offer, now).await?;
    }
    Ok(Polled { result: record.result, error: record.error, entries: record.entries, enqueued })
}

/// A poll that failed before the outage was recognised: the feed stands where it stood, and is asked again soon.
pub(super) async fn excuse(kit: &Kit, claimed: &ClaimedFeed, now: Timestamp) -> Result<()> {
    let fault = FetchFault::Offline { seconds: 0 };
    let mut record = failed(&claimed.spec.id, &claimed.state, &fault, now);
    record.feed = claimed.spec.id.clone();
    kit.store.record_poll(&record, &[]).await.map(drop)
}

/// What a poll leaves behind.
struct Read {
    record: PollRecord,
    entries: Vec<Entry>,
    /// Of a document that was read; None leaves subscriptions as they are.
    offer: Option<HubOffer>,
}

impl From<PollRecord> for Read {
    fn from(record: PollRecord) -> Self {
        Self { record, entries: Vec::new(), offer: None }
    }
}

/// The address that is asked: the catalogue's, or where permanent redirects have led for good.
pub(super) fn address<'a>(spec: &'a FeedSpec, state: &'a FeedState) -> &'a str {
    state.adopted.as_deref().unwrap_or(&spec.url)
}

pub(super) fn record(result: &str, state: FeedState, now: Timestamp) -> PollRecord {
    PollRecord {
        feed: "".into(),
        polled_at: now,
        source: PollSource::Feed,
        result: result.to_owned(),
        error: None,
        http_status: None,
        bytes: 0,
        elapsed_ms: 0,
        entries: 0,
        problems: Vec::new(),
        capture: None,
        state,
    }
}

struct Unchanged {
    validators: Validators,
    status: u16,
    moved: Option<String>,
    wait_seconds: Option<u64>,
}

fn not_modified(
    kit: &Kit,
    claimed: &ClaimedFeed,
    (state, reply): (&FeedState, Unchanged),
    now: Timestamp,
) -> PollRecord {
    let sent = reply.status != 304;
    let mut state = FeedState {
        validators: reply.validators,
        failures: 0,
        last_error: None,
        last_polled: Some(now),
        last_ok: Some(now),
        unchanged_in_row: if sent { 0 } else { state.unchanged_in_row.saturating_add(1) },
        last_full: if sent { Some(now) } else { state.last_full },
        news_in_row: 0,
        polls: state.polls + 1,
        polls_unchanged: state.polls_unchanged + 1,
        ..state.clone()
    };
    rhythm::follow(&mut state, reply.moved);
    state.interval_seconds = rhythm::interval_seconds(&state, kit.poll_interval_seconds, now);
    if sent {
        state.fresh_seconds = reply.wait_seconds;
    }
    let asked = reply.wait_seconds.or(state.fresh_seconds).max(state.ttl_seconds).max(rhythm::skips_wait(state.skips));
    state.next_due = Some(rhythm::next_due(&claimed.spec.id, &state, asked, now));
    PollRecord { http_status: Some(reply.status), ..record("not_modified", state, now) }
}

fn failed(feed: &FeedId, state: &FeedState, fault: &FetchFault, now: Timestamp) -> PollRecord {
    let status = match fault {
        FetchFault::Status { status, .. } => Some(*status),
        _ => None,
    };
    let state = FeedState { polls: state.polls + 1, ..retry::failed_state(feed, state, fault, now) };
    PollRecord { error: Some(fault.to_string()), http_status: status, ..record(fault.code(), state, now) }
}

struct Received {
    page: Box<Page>,
    validators: Validators,
    moved: Option<String>,
    wait_seconds: Option<u64>,
}

async fn document(kit: &Kit, claimed: &ClaimedFeed, (state, received): (&FeedState, Received), now: Timestamp) -> Read {
    let page = received.page;
    let said = (link_headers(&page), page.final_url.clone());
    let meta = (page.status, page.body.len() as u64, page.capture.clone());
    let mut parsed = maps::read(page, &claimed.spec, now).await.unwrap_or_else(|why| unreadable(&why));
    let (error, again) = if parsed.children.is_empty() {
        (alarm(&parsed, state), false)
    } else {
        let index = maps::Index { spec: &claimed.spec, state, url: &said.1 };
        let followed = maps::follow(kit, &index, std::mem::take(&mut parsed.children), now).await;
        parsed.entries.extend(followed.entries);
        parsed.problems.extend(followed.problems);
        (followed.error, followed.again)
    };
    // An index that must be read again is asked for as if it were new.
    let validators = if again { Validators::default() } else { received.validators };
    let ttl_seconds = parsed.wait_minutes.map(|minutes| u64::from(minutes) * 60);
    let asked = received.wait_seconds.max(ttl_seconds).max(rhythm::skips_wait(parsed.skips));
    let offer = error.is_none().then(|| said.0.or(std::mem::take(&mut parsed.hub)));
    let mut state = match &error {
        None => FeedState {
            ttl_seconds,
            skips: parsed.skips,
            fresh_seconds: received.wait_seconds,
            ..good(state, (validators, received.moved), &parsed, now)
        },
        // Nothing of it is believed: validators of a page that is no feed would hide the feed when it comes back.
        Some(error) => FeedState {
            failures: state.failures.saturating_add(1),
            last_error: Some(error.clone()),
            // Where a feed has moved to there should be a feed.
            adopted: None,
            ..state.clone()
        },
    };
    state.last_polled = Some(now);
    state.polls += 1;
    state.bytes += meta.1;
    state.interval_seconds = rhythm::interval_seconds(&state, kit.poll_interval_seconds, now);
    state.next_due = Some(rhythm::next_due(&claimed.spec.id, &state, asked, now));
    let record = PollRecord {
        error: error.clone(),
        http_status: Some(meta.0),
        bytes: meta.1,
        capture: meta.2,
        entries: u32::try_from(parsed.entries.len()).unwrap_or(u32::MAX),
        problems: parsed.problems,
        ..record(if error.is_some() { "unreadable" } else { "ok" }, state, now)
    };
    Read { record, entries: parsed.entries, offer }
}

fn link_headers(page: &Page) -> HubOffer {
    let values = page.headers.iter().filter(|(name, _)| name == "link").map(|(_, value)| value.as_str());
    // The address was fetched, so it parses.
    parse::offer_of_headers(values, Url::parse(&page.final_url).ok().as_ref())
}

fn good(
    state: &FeedState,
    (validators, moved): (Validators, Option<String>),
    parsed: &FeedDocument,
    now: Timestamp,
) -> FeedState {
    let mut next = FeedState {
        validators_lie: rhythm::lies(state, &validators, &rhythm::entries_hash(&parsed.entries)),
        validators,
        failures: 0,
        last_ok: Some(now),
        last_error: None,
        last_entries: Some(u32::try_from(parsed.entries.len()).unwrap_or(u32::MAX)),
        newest_entry: newest(parsed).max(state.newest_entry),
        ..rhythm::learn(state, &parsed.entries, now)
    };
    rhythm::follow(&mut next, moved);
    next
}

pub(super) fn newest(parsed: &FeedDocument) -> Option<Timestamp> {
    let dated = parsed.entries.iter().filter_map(|entry| entry.published.as_ref());
    // A date that became the time of the fetch says nothing about the feed.
    dated.filter(|stamp| stamp.source != TimeSource::Fetch).map(|stamp| stamp.instant).max()
}

/// Answers that look fine and hold nothing are the silent way to lose a feed.
pub(super) fn alarm(parsed: &FeedDocument, state: &FeedState) -> Option<String> {
    let first = parsed.problems.first().map(|problem| problem.message.clone());
    match (parsed.entries.is_empty(), parsed.format) {
        (true, FeedFormat::Html | FeedFormat::Unknown) => Some(first.unwrap_or_else(|| "not a feed".to_owned())),
        (true, _) if !parsed.problems.is_empty() => first,
        (true, _) if state.last_entries.is_some_and(|before| before > 0) => {
            Some("the feed had entries before and has none now".to_owned())
        }
        _ => None,
    }
}

pub(super) fn unreadable(why: &str) -> FeedDocument {
    FeedDocument {
        format: FeedFormat::Unknown,
        title: None,
        entries: Vec::new(),
        children: Vec::new(),
        problems: vec![Problem::new("parse_failed", why)],
        wait_minutes: None,
        skips: Skips::default(),
        hub: HubOffer::default(),
    }
}
