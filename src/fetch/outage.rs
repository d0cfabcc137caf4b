//! An outage of our own: many hosts fail to connect and none answers. It is not held against them.
use super::FetchFault;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So many different hosts do not die together.
const HOSTS_MIN: usize = 5;
/// What failed longer ago, with nobody asked since, says nothing about now.
const WINDOW: Duration = Duration::from_secs(300);
/// From one probe to the next; each that fails doubles it.
const PROBE_MIN: Duration = Duration::from_secs(15);
const PROBE_MAX: Duration = Duration::from_secs(120);

#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Hosts that could not be reached since anybody answered, and when; at most `HOSTS_MIN`.
    failed: HashMap<String, Instant>,
    down: Option<Down>,
}

#[derive(Debug)]
struct Down {
    wait: Duration,
    probe_at: Instant,
}

impl Outage {
    /// Time until the next request may go out; zero: a probe is due. None: the network is up.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.lock().down.as_ref().map(|down| down.probe_at.saturating_duration_since(Instant::now()))
    }

    /// While the network is down one request goes out at each probe's time, and no other.
    pub(super) fn admit(&self) -> Result<(), FetchFault> {
        let mut state = self.lock();
        let Some(down) = &mut state.down else { return Ok(()) };
        let left = down.probe_at.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Err(offline(left));
        }
        down.probe_at = Instant::now() + down.wait;
        Ok(())
    }

    /// The host could not be reached. Err: it is no fault of the host, the network is down.
    pub(super) fn failed(&self, host: &str) -> Result<(), FetchFault> {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(down) = &mut state.down {
            down.wait = (down.wait * 2).min(PROBE_MAX);
            down.probe_at = now + down.wait;
            return Err(offline(down.wait));
        }
        state.failed.retain(|_, at| now.duration_since(*at) < WINDOW);
        state.failed.insert(host.to_owned(), now);
        if state.failed.len() < HOSTS_MIN {
            return Ok(());
        }
        state.down = Some(Down { wait: PROBE_MIN, probe_at: now + PROBE_MIN });
        tracing::error!("{HOSTS_MIN} hosts in a row cannot be reached: the network is taken to be down");
        Err(offline(PROBE_MIN))
    }

    pub(super) fn answered(&self) {
        let mut state = self.lock();
        state.failed.clear();
        if state.down.take().is_some() {
            tracing::info!("the network is up again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn offline(left: Duration) -> FetchFault {
    FetchFault::Offline { seconds: left.as_secs() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_hosts_without_an_answer_are_an_outage_and_one_answer_ends_it() {
        let outage = Outage::default();
        for n in 0..HOSTS_MIN - 1 {
            assert!(outage.failed(&format!("{n}.example")).is_ok());
            assert!(outage.failed("0.example").is_ok(), "one host alone is none");
        }
        outage.answered();
        assert!(outage.failed("x.example").is_ok(), "somebody answered in between");
        tokio::time::advance(WINDOW).await;
        for n in 0..HOSTS_MIN - 1 {
            assert!(outage.failed(&format!("{n}.example")).is_ok(), "what was long ago does not count");
        }
        assert_eq!((outage.wait(), outage.admit().is_ok()), (None, true));
        assert!(outage.failed("last.example").is_err());
        assert_eq!(outage.admit().unwrap_err().wait_seconds(), Some(16));
        for wait in [30, 60, 120, 120] {
            tokio::time::advance(outage.wait().unwrap()).await;
            assert!(outage.admit().is_ok() && outage.admit().is_err(), "one probe at a time");
            assert!(outage.failed("any.example").is_err());
            assert_eq!(outage.wait(), Some(Duration::from_secs(wait)));
        }
        outage.answered();
        assert_eq!((outage.wait(), outage.admit().is_ok()), (None, true));
    }
}
