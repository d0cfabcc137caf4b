//! One request: past the guard, in the host's turn, within the deadline and the size, and into the ledger.
use super::client::FetchPolicy;
use super::host::HostGate;
use super::ledger::{Ended, Ledger};
use super::outage::Outage;
use super::rest::Rests;
use super::{FetchFault, http};
use crate::model::Page;
use crate::net::{Connector, blocked_by};
use futures::StreamExt;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use std::time::Duration;
use url::Url;

/// A 429 that names no time.
const RATE_LIMITED_SECONDS: u64 = 60;

pub(super) struct Wire {
    pub(super) connector: Connector,
    pub(super) policy: FetchPolicy,
    pub(super) gate: HostGate,
    pub(super) rests: Rests,
    pub(super) outage: Outage,
    pub(super) ledger: Ledger,
}

pub(super) struct Ask<'a> {
    /// What was asked for before any redirect.
    pub(super) start: &'a Url,
    pub(super) here: &'a Url,
    pub(super) headers: HeaderMap,
    pub(super) limit: Limit,
    pub(super) purpose: Purpose,
    /// Sent with POST; without it the request is a GET.
    pub(super) form: Option<&'a str>,
}

#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Robots,
    /// With the host's crawl delay, if it names one.
    Page(Option<Duration>),
}

/// Of the decoded body, in bytes.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// A longer body is a fault.
    Refuse(usize),
    /// A longer body is read so far.
    Cut(usize),
}

impl Wire {
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Page, FetchFault> {
        self.connector.guard.check_url(ask.here)?;
        let host = http::host(ask.here);
        self.rests.check(&host)?;
        let turn = match ask.purpose {
            Purpose::Robots => self.gate.turn(&host, None).await.for_robots(),
            Purpose::Page(delay) => self.gate.turn(&host, delay).await,
        };
        // Who waited for the turn may have been overtaken by bad news.
        if let Err(left_alone) = self.rests.check(&host).and_then(|()| self.outage.admit()) {
            turn.give_back();
            return Err(left_alone);
        }
        let result = match tokio::time::timeout(self.policy.total_timeout, self.receive(&ask)).await {
            Ok(result) => result,
            Err(_) => Err(FetchFault::Timeout { seconds: self.policy.total_timeout.as_secs() }),
        };
        drop(turn);
        self.count(&host, &result);
        self.weigh(&host, result)
    }

    /// What the answer, or its absence, means for the host and for the network.
    fn weigh(&self, host: &str, result: Result<Page, FetchFault>) -> Result<Page, FetchFault> {
        if let Err(FetchFault::Connect { why }) = &result {
            if let Err(offline) = self.outage.failed(host) {
                self.rests.forgive();
                return Err(offline);
            }
            self.rests.unreachable(host, why);
        }
        let Ok(page) = &result else { return result };
        self.outage.answered();
        let seconds = page.header("retry-after").and_then(|value| http::retry_after(value, page.fetched_at));
        match (page.status, seconds) {
            (429, seconds) => self.rests.asked(host, (429, seconds.unwrap_or(RATE_LIMITED_SECONDS))),
            (503, Some(seconds)) => self.rests.asked(host, (503, seconds)),
            _ => self.rests.answered(host),
        }
        result
    }

    fn count(&self, host: &str, result: &Result<Page, FetchFault>) {
        // What the guard stopped was never sent.
        if !matches!(result, Err(FetchFault::Blocked(_))) {
            let (status, bytes, at) = match result {
                Ok(page) => (Some(page.status), page.body.len() as u64, page.fetched_at),
                Err(_) => (None, 0, Timestamp::now()),
            };
            self.ledger.ended(host, Ended { status, bytes, at });
        }
    }

    async fn receive(&self, ask: &Ask<'_>) -> Result<Page, FetchFault> {
        let request = match ask.form {
            None => self.connector.client.get(ask.here.clone()),
            Some(form) => {
                let body = (CONTENT_TYPE, "application/x-www-form-urlencoded");
                self.connector.client.post(ask.here.clone()).header(body.0, body.1).body(form.to_owned())
            }
        };
        let request = request.headers(ask.headers.clone());
        let response = request.send().await.map_err(|e| self.fault(&e))?;
        let status = response.status().as_u16();
        let headers = http::kept_headers(response.headers());
        if let (Limit::Refuse(limit), Some(length)) = (ask.limit, response.content_length())
            && length > limit as u64
        {
            return Err(FetchFault::TooLarge { limit });
        }
        let body = self.body(response, ask.limit).await?;
        Ok(Page {
            url: ask.start.to_string(),
            final_url: ask.here.to_string(),
            status,
            headers,
            body,
            fetched_at: Timestamp::now(),
            capture: None,
        })
    }

    async fn body(&self, response: reqwest::Response, limit: Limit) -> Result<Vec<u8>, FetchFault> {
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| self.fault(&e))?;
            match limit {
                Limit::Refuse(limit) if body.len() + chunk.len() > limit => return Err(FetchFault::TooLarge { limit }),
                Limit::Cut(limit) if body.len() + chunk.len() > limit => {
                    body.extend(chunk.iter().take(limit - body.len()));
                    break;
                }
                _ => body.extend_from_slice(&chunk),
            }
        }
        Ok(body)
    }

    fn fault(&self, error: &reqwest::Error) -> FetchFault {
        if let Some(blocked) = blocked_by(error) {
            return FetchFault::Blocked(blocked);
        }
        let why = innermost(error);
        match error {
            error if error.is_connect() && error.is_timeout() => {
                let seconds = self.policy.connect_timeout.as_secs_f32();
                FetchFault::Connect { why: format!("no connection within {seconds} s") }
            }
            error if error.is_connect() => FetchFault::Connect { why },
            error if error.is_timeout() => FetchFault::Timeout { seconds: self.policy.total_timeout.as_secs() },
            _ => FetchFault::Broken { why },
        }
    }
}

/// What really happened stands at the bottom of the chain.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
