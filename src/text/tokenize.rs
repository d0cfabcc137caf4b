//! text/tokenize
