//! What is searched. Derived from the store and rebuilt from it at any time.
//!
//! Contract, for every backend:
//! - `apply` is idempotent: the same batch twice leaves one document per article.
//! - A commit carries the `change_seq` it has reached; after a crash `reached` is what a reader can see.
//! - Text is analysed by `text::tokenize` for every engine, so that all return the same documents.
mod tantivy;

pub use self::tantivy::{OpenMode, TantivyIndex};

use crate::model::{ArticleId, Document, Lang, Topic};
use crate::query::{Query, QueryProblem};
use crate::rights::{Permit, Ruling};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error)]
pub enum IndexFault {
    #[error("the index at {place} cannot be opened: {why}")]
    Open { place: String, why: String },
    #[error("the index at {place} was made by another version ({found}, now {wanted}); run `banwatch index rebuild`")]
    Version { place: String, found: String, wanted: String },
    #[error("the disk holding the index is full")]
    DiskFull,
    #[error("the cursor is not one of ours")]
    Cursor,
    #[error("the index failed: {0}")]
    Engine(String),
}

pub type Result<T> = std::result::Result<T, IndexFault>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Relevance,
    Newest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Word matches only; loose ones (substring of another word) are counted.
    #[default]
    Strict,
    Loose,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// The best article of each story.
    Story,
    #[default]
    None,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub query: Query,
    pub langs: Vec<Lang>,
    pub topics: Vec<Topic>,
    pub sort: Sort,
    pub tier: Tier,
    pub fold: Fold,
    /// At most `LIMIT_MAX`.
    pub limit: usize,
    pub cursor: Option<String>,
}

/// Hits per answer: FORMATS' bound.
pub const LIMIT_MAX: usize = 100;

/// `marks`: half-open, in Unicode scalar values, into `text`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    pub text: String,
    pub marks: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    pub id: ArticleId,
    pub source_id: Option<String>,
    pub title: String,
    pub url: String,
    pub lang: Lang,
    pub published: Option<String>,
    pub site: Option<String>,
    pub topics: Vec<Topic>,
    pub story: String,
    /// The leader, when the article is a copy.
    pub copy_of: Option<ArticleId>,
    pub score: f32,
    pub tier: Tier,
    pub snippet: Snippet,
    pub why: Vec<String>,
    /// What may be given of it; the index itself does not decide that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
}

impl Hit {
    /// In words, when not even a snippet may be given.
    pub fn withheld(&self) -> Option<String> {
        self.ruling.as_ref().filter(|ruling| ruling.permit < Permit::Quotation).map(Ruling::words)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    pub hits: Vec<Hit>,
    /// Exact.
    pub total: u64,
    /// Loose hits left out.
    pub loose: u64,
    /// How the query was understood.
    pub parsed: String,
    pub expanded: Vec<String>,
    pub problems: Vec<QueryProblem>,
    /// What the answer rests on: `change_seq` reached and articles searched.
    pub coverage: Coverage,
    /// Cursor of the next page.
    pub next: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub change_seq: u64,
    pub articles: u64,
}

#[async_trait]
pub trait Index: Send + Sync {
    /// Upserts (or drops, when `deleted`) and commits; `reached` becomes the commit's payload.
    async fn apply(&self, batch: &[Document], reached: u64) -> Result<()>;
    /// The `change_seq` of the last commit; 0 for an empty index.
    async fn reached(&self) -> Result<u64>;
    async fn search(&self, request: &Request) -> Result<Answer>;
    /// `(id, change_seq)` of every document, ordered by id: what `index check` compares with the store.
    async fn contents(&self) -> Result<Vec<(ArticleId, u64)>>;
    /// Drops every document; `reached` is 0 afterwards.
    async fn clear(&self) -> Result<()>;
}
