//! story/mod
