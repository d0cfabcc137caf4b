//! Copies: an article whose text is another's, truncated, retitled or re-hosted.
//!
//! Sampled shingles find candidates, containment over all shingles decides, vetoes keep updates and templates apart.
//! A copy attaches to its leader; links are never chained.
mod shingle;
mod window;

pub use window::{Limits, Window};

/// Changes when the same texts would be judged differently.
pub const VERSION: &str = "1";
