//! The one integration binary.
// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, unreachable_pub)]
mod flow;
mod quality;
mod revisits;
mod scripted;
mod tidy;
