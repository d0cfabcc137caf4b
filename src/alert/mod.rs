//! alert/mod
