//! The command line.
pub mod filter;
