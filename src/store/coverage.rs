//! On which days, in which language, something could have been found.
use crate::model::Lang;
use jiff::civil::Date;
use serde::Serialize;

/// How far back coverage is told: what is older is history, not health, and each day costs a scan of its polls.
pub const COVERAGE_DAYS: i64 = 14;

/// The feeds of one language on one UTC day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageDay {
    pub day: Date,
    pub lang: Lang,
    /// Answers that could be read, 304 among them.
    pub polls_ok: u64,
    pub polls_failed: u64,
    /// Feeds with at least one good answer.
    pub feeds_ok: u64,
    /// Entries never seen before.
    pub entries_new: u64,
}

impl CoverageDay {
    /// Nothing could have been found: no feed gave a good answer.
    pub fn is_gap(&self) -> bool {
        self.polls_ok == 0
    }
}
