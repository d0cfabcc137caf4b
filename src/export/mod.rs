//! export/mod
