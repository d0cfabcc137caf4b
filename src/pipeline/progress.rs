//! What the worker has done so far: for the terminal, the web page and the demo's table.
use super::Indexed;
use crate::model::{Outcome, Tally};
use crate::store::Look;
use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    pub outcomes: Tally,
    pub polls: u64,
    pub polls_failed: u64,
    pub polls_unchanged: u64,
    /// Polls in a row that no host answered.
    pub polls_unreached: u64,
    pub entries_read: u64,
    pub entries_new: u64,
    pub indexed: Indexed,
    /// What looking again at stored articles found: `unchanged`, `revision`, `withdrawn` ...
    pub revisits: Tally,
    /// Why ingest stands still, in words.
    pub alarm: Option<String>,
}

#[derive(Debug, Default)]
pub struct Progress(Mutex<Snapshot>);

impl Progress {
    pub fn snapshot(&self) -> Snapshot {
        self.lock().clone()
    }

    pub(super) fn outcome(&self, outcome: &Outcome) {
        self.lock().outcomes.count(outcome);
    }

    pub(super) fn look(&self, look: Look) {
        *self.lock().revisits.0.entry(look.name().to_owned()).or_default() += 1;
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut self.lock());
    }

    /// Counts stay right even if a thread died while holding them: each change is a single step.
    fn lock(&self) -> MutexGuard<'_, Snapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
