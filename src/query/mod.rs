//! The one query language: search box, API, subscriptions, exports.
//!
//! `금지 "Claude Code" (딥시크 OR DeepSeek) -주가 lang:ko after:2026-07-01`
mod explain;
mod field;
mod lex;
mod parse;

pub use explain::explain;
pub use field::{Filter, TextField};
pub use parse::parse;

use serde::{Deserialize, Serialize};

/// Longer queries are refused before anything else is looked at.
pub const QUERY_CHARS_MAX: usize = 2_000;

/// Brackets and minus signs inside one another: deeper is no query anybody typed, and recursion needs a bound.
pub const DEPTH_MAX: usize = 32;

/// Words, phrases and filters of one query: bounds the work of the index.
pub const TERMS_MAX: usize = 200;

/// A shorter beginning of a word would match most of the dictionary.
pub const PREFIX_CHARS_MIN: usize = 2;

/// A fault in a query, with its place (half-open, Unicode scalars, in the query as typed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryProblem {
    pub code: String,
    pub message: String,
    pub at: (usize, usize),
}

impl QueryProblem {
    fn new(code: &str, message: impl Into<String>, at: (usize, usize)) -> Self {
        Self { code: code.to_owned(), message: message.into(), at }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub expr: Expr,
    /// What was understood otherwise than it may have been meant; never a reason to refuse.
    pub notes: Vec<QueryProblem>,
}

impl Query {
    /// Every article.
    pub fn everything() -> Self {
        Self { expr: Expr::Everything, notes: Vec::new() }
    }

    /// Whether any of it is looked for in texts: conditions alone rank nothing.
    pub fn has_words(&self) -> bool {
        self.expr.has_words()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Everything,
    /// As it stands between spaces: a word to every reader, perhaps several tokens.
    Word(TextField, String),
    /// Every word that begins with these letters.
    Prefix(TextField, String),
    /// Exactly this run of letters, wherever words begin; spaces and punctuation do not count.
    Phrase(TextField, String),
    Filter(Filter),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Plain text, ranked: any of its words.
    Any(String),
}

impl Expr {
    /// Bounded by `DEPTH_MAX`.
    fn has_words(&self) -> bool {
        match self {
            Expr::Word(..) | Expr::Prefix(..) | Expr::Phrase(..) | Expr::Any(_) => true,
            Expr::And(parts) | Expr::Or(parts) => parts.iter().any(Expr::has_words),
            Expr::Not(_) | Expr::Filter(_) | Expr::Everything => false,
        }
    }
}

/// Plain text without any syntax; cut at `QUERY_CHARS_MAX`, with a note.
pub fn parse_any(text: &str) -> Query {
    let kept: String = text.chars().take(QUERY_CHARS_MAX).collect();
    let notes = if kept.len() < text.len() {
        let at = (QUERY_CHARS_MAX, text.chars().count());
        vec![QueryProblem::new("too_long", format!("only the first {QUERY_CHARS_MAX} characters are searched"), at)]
    } else {
        Vec::new()
    };
    Query { expr: Expr::Any(kept), notes }
}

#[cfg(test)]
mod tests;
