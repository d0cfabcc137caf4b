//! The one integration binary.
// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, unreachable_pub)]
mod discover;
mod egress;
mod feed_cases;
mod flow;
mod http;
mod hubs;
mod manners;
mod maps;
mod paged;
mod pages;
mod quality;
mod revisits;
mod rights;
mod scripted;
mod server;
mod tidy;
mod world;
