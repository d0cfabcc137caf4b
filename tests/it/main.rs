//! The one integration binary.
// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, unreachable_pub)]
mod discover;
mod feed_cases;
mod flow;
mod maps;
mod quality;
mod scripted;
mod tidy;
