//! dedupe/mod
