//! One poll of one feed, recorded on every path.
use super::{Kit, maps, retry};
use crate::fetch::{FeedReply, FetchFault};
use crate::model::{Entry, FeedDocument, FeedFormat, FeedState, Page, Problem, TimeSource, Validators};
use crate::store::{ClaimedFeed, Enqueued, PollRecord, Result};
use jiff::Timestamp;
use std::time::Instant;
use url::Url;

#[derive(Clone, Debug)]
pub struct Polled {
    pub result: String,
    pub entries: u32,
    pub enqueued: Enqueued,
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
    let reply = match Url::parse(&claimed.spec.url) {
        Ok(url) => kit.reader.feed(&url, &state.validators).await,
        // The catalogue checked it; a row written by hand into the database may still be wrong.
        Err(why) => Err(FetchFault::Connect { why: why.to_string() }),
    };
    let (mut record, entries) = match reply {
        Ok(FeedReply::NotModified { validators, status, wait_seconds }) => {
            (unchanged(&state, validators, (status, wait_seconds), now), Vec::new())
        }
        Ok(FeedReply::Document { page, validators, wait_seconds, .. }) => {
            document(kit, (claimed, &state), Received { page, validators, wait_seconds }, now).await
        }
        Err(fault) => (failed(&state, &fault, now), Vec::new()),
    };
    record.feed = claimed.spec.id.clone();
    record.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let enqueued = kit.store.record_poll(&record, &entries).await?;
    if let Some(error) = &record.error {
        tracing::warn!(feed = %claimed.spec.url, result = %record.result, %error, "feed poll failed");
    }
    Ok(Polled { result: record.result, entries: record.entries, enqueued })
}

fn record(result: &str, state: FeedState, now: Timestamp) -> PollRecord {
    PollRecord {
        feed: "".into(),
        polled_at: now,
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

fn unchanged(
    state: &FeedState,
    validators: Validators,
    (status, wait): (u16, Option<u64>),
    now: Timestamp,
) -> PollRecord {
    let state = FeedState {
        validators,
        failures: 0,
        last_error: None,
        last_polled: Some(now),
        last_ok: Some(now),
        next_due: Some(retry::after(now, retry::feed_ok(state.interval_seconds, wait))),
        ..state.clone()
    };
    PollRecord { http_status: Some(status), ..record("not_modified", state, now) }
}

fn failed(state: &FeedState, fault: &FetchFault, now: Timestamp) -> PollRecord {
    let status = match fault {
        FetchFault::Status { status, .. } => Some(*status),
        _ => None,
    };
    PollRecord {
        error: Some(fault.to_string()),
        http_status: status,
        ..record(fault.code(), retry::failed_state(state, fault, now), now)
    }
}

struct Received {
    page: Box<Page>,
    validators: Validators,
    wait_seconds: Option<u64>,
}

async fn document(
    kit: &Kit,
    (claimed, state): (&ClaimedFeed, &FeedState),
    received: Received,
    now: Timestamp,
) -> (PollRecord, Vec<Entry>) {
    let page = received.page;
    let meta = (page.status, page.body.len() as u64, page.capture.clone());
    let mut parsed = maps::read(page, &claimed.spec, now).await.unwrap_or_else(|why| unreadable(&why));
    let (error, again) = if parsed.children.is_empty() {
        (alarm(&parsed, state), false)
    } else {
        let followed = maps::follow(kit, (&claimed.spec, state), &parsed.children, now).await;
        parsed.entries.extend(followed.entries);
        parsed.problems.extend(followed.problems);
        (followed.error, followed.again)
    };
    // Validators of a page that is no feed would hide the feed when it comes back.
    let validators = match (&error, again) {
        (Some(_), _) => state.validators.clone(),
        (None, true) => Validators::default(),
        (None, false) => received.validators,
    };
    let asked = received.wait_seconds.max(parsed.wait_minutes.map(|minutes| u64::from(minutes) * 60));
    let dated = parsed.entries.iter().filter_map(|entry| entry.published.as_ref());
    // A date that became the time of the fetch says nothing about the feed.
    let newest = dated.filter(|stamp| stamp.source != TimeSource::Fetch).map(|stamp| stamp.instant).max();
    let state = FeedState {
        validators,
        failures: if error.is_some() { state.failures.saturating_add(1) } else { 0 },
        last_polled: Some(now),
        last_ok: if error.is_some() { state.last_ok } else { Some(now) },
        last_error: error.clone(),
        last_entries: Some(u32::try_from(parsed.entries.len()).unwrap_or(u32::MAX)),
        newest_entry: newest.max(state.newest_entry),
        next_due: Some(retry::after(now, retry::feed_ok(state.interval_seconds, asked))),
        ..state.clone()
    };
    let record = PollRecord {
        error: error.clone(),
        http_status: Some(meta.0),
        bytes: meta.1,
        capture: meta.2,
        entries: u32::try_from(parsed.entries.len()).unwrap_or(u32::MAX),
        problems: parsed.problems,
        ..record(if error.is_some() { "unreadable" } else { "ok" }, state, now)
    };
    (record, parsed.entries)
}

/// Answers that look fine and hold nothing are the silent way to lose a feed.
fn alarm(parsed: &FeedDocument, state: &FeedState) -> Option<String> {
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

fn unreadable(why: &str) -> FeedDocument {
    FeedDocument {
        format: FeedFormat::Unknown,
        title: None,
        entries: Vec::new(),
        children: Vec::new(),
        problems: vec![Problem::new("parse_failed", why)],
        wait_minutes: None,
    }
}
