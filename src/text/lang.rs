//! text/lang
