//! stub for checking
use crate::model::*;
use std::sync::LazyLock;
pub const VERSION: &str = "0";
#[derive(Clone)]
pub struct Lexicon(String);
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct LexiconFault {
    pub file: String,
    pub line: usize,
    pub message: String,
}
pub struct TopicInput<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub lang: Lang,
    pub published: Option<&'a Stamp>,
    pub zone: Option<&'a jiff::tz::TimeZone>,
}
impl Lexicon {
    pub fn load(_: &[(&str, &str)]) -> Result<Self, LexiconFault> {
        Ok(Self("x".into()))
    }
    pub fn embedded() -> &'static Self {
        static L: LazyLock<Lexicon> = LazyLock::new(|| Lexicon("x".into()));
        &L
    }
    pub fn version(&self) -> &str {
        &self.0
    }
    pub fn judge(&self, _: &TopicInput<'_>) -> Judgement {
        Judgement::default()
    }
}
