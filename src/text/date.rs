//! text/date
