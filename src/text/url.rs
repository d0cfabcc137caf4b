//! text/url
