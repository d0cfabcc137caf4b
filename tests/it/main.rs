//! The one integration binary.
// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, unreachable_pub)]
mod egress;
mod flow;
mod http;
mod manners;
mod quality;
mod revisits;
mod rights;
mod scripted;
mod server;
mod tidy;
mod world;
