//! catalogue/mod
