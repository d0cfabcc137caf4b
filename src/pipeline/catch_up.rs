//! Store → index. Idempotent: replays from the `change_seq` the index has committed.
use super::Kit;
use anyhow::Context;

/// Documents per index commit.
const BATCH: usize = 500;

/// Indexes all that changed; returns how many documents it applied.
pub async fn catch_up(kit: &Kit) -> anyhow::Result<u64> {
    let mut reached = kit.index.reached().await.context("reading how far the index is")?;
    let mut applied = 0;
    loop {
        let batch = kit.store.changes(reached, BATCH).await.context("reading changes from the store")?;
        let Some(last) = batch.last() else { return Ok(applied) };
        reached = last.change_seq;
        kit.index.apply(&batch, reached).await.context("writing to the index")?;
        applied += batch.len() as u64;
    }
}
