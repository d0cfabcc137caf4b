//! The one query language: search box, API, subscriptions, exports.
use serde::{Deserialize, Serialize};

/// A fault in a query, with its place (half-open, Unicode scalars, in the query as typed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryProblem {
    pub code: String,
    pub message: String,
    pub at: (usize, usize),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Query {}
