//! extract/mod
