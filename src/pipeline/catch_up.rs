//! Store → index. Idempotent: replays from the `change_seq` the index has committed.
use super::Kit;
use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;

/// Documents per index commit.
const BATCH: usize = 500;

/// What was indexed, and how long it had waited since its page was fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Indexed {
    pub documents: u64,
    /// From the last byte of the page to the index commit that makes it searchable.
    pub wait_ms_sum: u64,
    pub wait_ms_max: u64,
}

impl Indexed {
    fn waited(&mut self, ms: u64) {
        self.documents += 1;
        self.wait_ms_sum += ms;
        self.wait_ms_max = self.wait_ms_max.max(ms);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.documents += other.documents;
        self.wait_ms_sum += other.wait_ms_sum;
        self.wait_ms_max = self.wait_ms_max.max(other.wait_ms_max);
    }
}

/// Indexes all that changed.
pub async fn catch_up(kit: &Kit) -> anyhow::Result<Indexed> {
    let mut reached = kit.index.reached().await.context("reading how far the index is")?;
    let mut indexed = Indexed::default();
    loop {
        let batch = kit.store.changes(reached, BATCH).await.context("reading changes from the store")?;
        let Some(last) = batch.last() else { return Ok(indexed) };
        reached = last.change_seq;
        kit.index.apply(&batch, reached).await.context("writing to the index")?;
        let now = Timestamp::now();
        for document in &batch {
            // A clock set back between the two counts as no wait.
            indexed.waited(u64::try_from(now.duration_since(document.article.fetched_at).as_millis()).unwrap_or(0));
        }
    }
}
