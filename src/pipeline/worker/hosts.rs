//! The loop that keeps what was learnt of hosts.
use super::Shared;
use crate::store::StoreFault;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Hosts of each kind written in one transaction, and how often: a kill loses what was counted since.
const HOSTS_KEPT_MAX: usize = 500;
const KEEP_HOSTS: Duration = Duration::from_secs(15);

pub(super) async fn host_loop(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(KEEP_HOSTS) => {}
            () = shared.ended.notified() => return,
        }
        // Nobody waits for it: a store that cannot be written now stops the other loops, which say so.
        if let Err(fault) = keep_hosts(&shared).await {
            tracing::warn!(%fault, "what is known of hosts could not be kept");
        }
    }
}

/// Writes down what was learnt of hosts. What a fault keeps from the store is written with the host's next change.
pub(super) async fn keep_hosts(shared: &Shared) -> Result<(), StoreFault> {
    loop {
        let now = Timestamp::now();
        let hosts = shared.kit.reader.unsaved(HOSTS_KEPT_MAX, now);
        if hosts.is_empty() {
            return Ok(());
        }
        shared.kit.store.keep_hosts(&hosts, now).await?;
    }
}
