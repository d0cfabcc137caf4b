//! The index against the store: compare, and rebuild.
use super::Kit;
use super::catch_up;
use crate::model::ArticleId;
use serde::Serialize;
use std::collections::BTreeMap;

/// Ids read per step.
const BATCH: usize = 1_000;
/// Ids listed per kind of difference; the counts are always whole.
const LISTED_MAX: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub stored: u64,
    pub indexed: u64,
    pub store_seq: u64,
    pub index_seq: u64,
    /// In the store only.
    pub missing: Vec<ArticleId>,
    pub missing_count: u64,
    /// In both, at different states.
    pub stale: Vec<ArticleId>,
    pub stale_count: u64,
    /// In the index only, or there more than once.
    pub surplus: Vec<ArticleId>,
    pub surplus_count: u64,
}

impl Difference {
    pub fn agrees(&self) -> bool {
        self.missing_count + self.stale_count + self.surplus_count == 0 && self.store_seq == self.index_seq
    }
}

pub async fn check(kit: &Kit) -> anyhow::Result<Difference> {
    let mut difference = Difference {
        store_seq: kit.store.change_seq().await?,
        index_seq: kit.index.reached().await?,
        ..Difference::default()
    };
    let mut indexed: BTreeMap<ArticleId, u64> = BTreeMap::new();
    for (id, seq) in kit.index.contents().await? {
        difference.indexed += 1;
        if indexed.insert(id.clone(), seq).is_some() {
            note(&mut difference.surplus, &mut difference.surplus_count, id);
        }
    }
    let mut after: Option<ArticleId> = None;
    loop {
        let batch = kit.store.indexed_state(after.as_ref(), BATCH).await?;
        let Some((last, _)) = batch.last() else { break };
        after = Some(last.clone());
        for (id, seq) in batch {
            difference.stored += 1;
            match indexed.remove(&id) {
                None => note(&mut difference.missing, &mut difference.missing_count, id),
                Some(found) if found != seq => note(&mut difference.stale, &mut difference.stale_count, id),
                Some(_) => {}
            }
        }
    }
    for id in indexed.into_keys() {
        note(&mut difference.surplus, &mut difference.surplus_count, id);
    }
    Ok(difference)
}

fn note(list: &mut Vec<ArticleId>, count: &mut u64, id: ArticleId) {
    *count += 1;
    if list.len() < LISTED_MAX {
        list.push(id);
    }
}

/// Empties the index and replays the whole store into it.
pub async fn rebuild(kit: &Kit) -> anyhow::Result<u64> {
    kit.index.clear().await?;
    Ok(catch_up(kit).await?.documents)
}
