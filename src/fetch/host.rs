//! Politeness: one request in flight per host, and a minimum gap from the end of one to the start of the next.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as TurnMutex, OwnedMutexGuard};
use tokio::time::Instant;

/// Hosts remembered before idle ones are forgotten.
const HOSTS_MAX: usize = 20_000;

#[derive(Debug)]
pub struct HostGate {
    gap: Duration,
    hosts: Mutex<HashMap<String, Arc<TurnMutex<Turn>>>>,
}

#[derive(Debug, Default)]
struct Turn {
    ended: Option<Instant>,
    /// The same without requests for robots.txt: a crawl delay counts from one page to the next.
    page_ended: Option<Instant>,
    /// The gap that was kept last: a host with a long crawl delay is not forgotten before it is over.
    gap: Duration,
}

/// The host's turn; the gap starts when it is dropped.
#[derive(Debug)]
pub struct Permit {
    turn: OwnedMutexGuard<Turn>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Page,
    Robots,
    Unused,
}

impl Permit {
    /// Nothing was asked: no gap starts.
    pub fn give_back(mut self) {
        self.kind = Kind::Unused;
    }

    /// It is used to read robots.txt.
    pub fn for_robots(mut self) -> Self {
        self.kind = Kind::Robots;
        self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let now = Some(Instant::now());
        if self.kind != Kind::Unused {
            self.turn.ended = now;
        }
        if self.kind == Kind::Page {
            self.turn.page_ended = now;
        }
    }
}

impl HostGate {
    pub fn new(gap: Duration) -> Self {
        Self { gap, hosts: Mutex::new(HashMap::new()) }
    }

    /// Waits for this host's turn; turns are given in the order they were asked for. `gap`: the crawl delay, where it is
    /// longer than the minimum.
    pub async fn turn(&self, host: &str, gap: Option<Duration>) -> Permit {
        let mut turn = self.host(host).lock_owned().await;
        turn.gap = gap.unwrap_or(self.gap).max(self.gap);
        let after_any = turn.ended.map(|ended| ended + self.gap);
        let after_page = turn.page_ended.map(|ended| ended + turn.gap);
        if let Some(at) = after_any.max(after_page) {
            tokio::time::sleep_until(at).await;
        }
        Permit { turn, kind: Kind::Page }
    }

    fn host(&self, host: &str) -> Arc<TurnMutex<Turn>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_MAX {
            // Forgets only hosts nobody waits for and whose gap is over.
            hosts.retain(|_, turn| {
                Arc::strong_count(turn) > 1
                    || turn.try_lock().map_or(true, |turn| turn.ended.is_some_and(|ended| ended.elapsed() < turn.gap))
            });
        }
        Arc::clone(hosts.entry(host.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_to_one_host_keep_the_gap_and_others_do_not_wait() {
        let gate = HostGate::new(Duration::from_secs(2));
        let start = Instant::now();
        drop(gate.turn("a.example", None).await);
        drop(gate.turn("b.example", None).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(gate.turn("a.example", None).await);
        assert_eq!(start.elapsed(), Duration::from_secs(2));
        drop(gate.turn("a.example", Some(Duration::from_secs(10))).await);
        assert_eq!(start.elapsed(), Duration::from_secs(12), "a longer crawl delay holds");
        gate.turn("a.example", None).await.give_back();
        drop(gate.turn("a.example", None).await);
        assert_eq!(start.elapsed(), Duration::from_secs(14), "a turn given back costs no second gap");
        drop(gate.turn("c.example", None).await.for_robots());
        drop(gate.turn("c.example", Some(Duration::from_secs(10))).await);
        assert_eq!(start.elapsed(), Duration::from_secs(16), "from robots.txt to the first page the minimum holds");
        drop(gate.turn("c.example", None).await.for_robots());
        drop(gate.turn("c.example", Some(Duration::from_secs(10))).await);
        assert_eq!(start.elapsed(), Duration::from_secs(26), "from page to page the delay does, whatever lies between");
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_in_flight() {
        let gate = Arc::new(HostGate::new(Duration::ZERO));
        let first = gate.turn("a.example", None).await;
        let other = Arc::clone(&gate);
        let mut second = tokio::spawn(async move { other.turn("a.example", None).await });
        assert!(tokio::time::timeout(Duration::from_secs(60), &mut second).await.is_err());
        drop(first);
        second.await.unwrap();
    }
}
