//! Pure text functions: the same input gives the same output on every machine.
pub mod charset;
pub mod date;
pub mod lang;
pub mod normalize;
pub mod tokenize;
pub mod url;
