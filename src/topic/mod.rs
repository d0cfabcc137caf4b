//! topic/mod
