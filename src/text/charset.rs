//! text/charset
