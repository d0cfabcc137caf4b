//! What headers say: validators, waits, redirects.
use crate::model::{Page, Validators};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION};
use sha2::{Digest, Sha256};
use url::Url;

/// No server is waited for longer than a day, whatever it asks for.
const WAIT_SECONDS_MAX: u64 = 24 * 3600;
/// Header lines kept of one answer, and bytes of one value; servers that send more send noise.
const HEADERS_MAX: usize = 100;
const VALUE_BYTES_MAX: usize = 8 << 10;
/// A longer validator is not kept: it would travel with every request.
const VALIDATOR_BYTES_MAX: usize = 1 << 10;

/// Puts the stored validators in, verbatim; one that cannot be sent as it was received is not sent.
pub(super) fn add_validators(headers: &mut HeaderMap, validators: &Validators) {
    let mut put = |name: HeaderName, value: &Option<String>| {
        if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            headers.insert(name, value);
        }
    };
    put(IF_NONE_MATCH, &validators.etag);
    put(IF_MODIFIED_SINCE, &validators.last_modified);
}

/// Of a fresh answer: what it lacks is gone.
pub fn validators(page: &Page) -> Validators {
    Validators {
        etag: validator(page, "etag"),
        last_modified: validator(page, "last-modified"),
        body_hash: Some(hex::encode(Sha256::digest(&page.body))),
        from: Some(page.final_url.clone()),
    }
}

/// After a 304: what it sends anew replaces, the rest stays.
pub(super) fn refreshed(page: &Page, old: &Validators) -> Validators {
    Validators {
        etag: validator(page, "etag").or_else(|| old.etag.clone()),
        last_modified: validator(page, "last-modified").or_else(|| old.last_modified.clone()),
        body_hash: old.body_hash.clone(),
        from: Some(page.final_url.clone()),
    }
}

fn validator(page: &Page, name: &str) -> Option<String> {
    // A value that was no UTF-8 could not be sent back as it was.
    let whole = |value: &&str| value.len() <= VALIDATOR_BYTES_MAX && !value.contains('\u{FFFD}');
    page.header(name).filter(whole).map(str::to_owned)
}

/// Seconds or an HTTP date; at most a day.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<u64> {
    let seconds = match value.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => http_date(value)?.duration_since(now).as_secs().max(0).unsigned_abs(),
    };
    Some(seconds.min(WAIT_SECONDS_MAX))
}

fn http_date(value: &str) -> Option<Timestamp> {
    crate::text::date::parse(value, &jiff::tz::TimeZone::UTC, crate::model::TimeSource::Meta).map(|stamp| stamp.instant)
}

/// How long the answer says it stays fresh, or to stay away.
pub(super) fn asked_wait(page: &Page) -> Option<u64> {
    // Without the header there is no max-age in it.
    let control = page.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let max_age =
        control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.trim_matches('"').parse::<u64>().ok());
    let expires = page
        .header("expires")
        .filter(|_| max_age.is_none())
        .and_then(http_date)
        .map(|when| when.duration_since(page.fetched_at).as_secs().max(0).unsigned_abs());
    let retry = page.header("retry-after").and_then(|value| retry_after(value, page.fetched_at));
    [max_age, expires, retry]
        .into_iter()
        .flatten()
        .max()
        .filter(|seconds| *seconds > 0)
        .map(|seconds| seconds.min(WAIT_SECONDS_MAX))
}

pub(super) fn redirect(page: &Page, here: &Url) -> Option<Url> {
    if !matches!(page.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut next = here.join(page.header(LOCATION.as_str())?).ok()?;
    next.set_fragment(None);
    Some(next)
}

pub(super) fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .filter(|(_, value)| value.len() <= VALUE_BYTES_MAX)
        .take(HEADERS_MAX)
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

/// Host with port, as politeness counts hosts.
pub(super) fn host(url: &Url) -> String {
    crate::text::url::host_key(url)
}
