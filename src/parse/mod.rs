//! parse/mod
