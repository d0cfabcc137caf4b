//! Events and stories: articles in any language that tell the same happening, and the happenings that follow from it.
//!
//! First rule set: vendor + kind + time. Two mentions of one kind that share a target join one event while they are
//! close in time and do not contradict each other; later ones follow up in the same story.
mod linker;

pub use linker::{Limits, Linker};

/// Changes when the same articles would be linked differently.
pub const VERSION: &str = "1";
