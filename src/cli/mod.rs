//! The command line.
pub mod filter;
pub mod parse_feed;
