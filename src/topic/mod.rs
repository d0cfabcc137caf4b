//! Extract → topics and event mentions, each with its evidence. Pure and explainable: words come from `feeds/topics`.
mod allegation;
mod ban;
mod dates;
mod document;
mod figures;
mod gate;
mod judge;
mod lexicon;
mod mention;
mod names;
mod sentence;
mod source;
#[cfg(test)]
mod tests;

pub use gate::Gate;
pub use lexicon::{Lexicon, LexiconFault};

use crate::model::{Lang, Stamp};

/// Of the rules written in Rust; the words have `Lexicon::version`.
pub const VERSION: &str = "1";

/// What is judged. `body` is what every offset counts in.
#[derive(Clone, Copy, Debug)]
pub struct TopicInput<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub lang: Lang,
    pub published: Option<&'a Stamp>,
    /// Where the feed is at home: a UTC time alone does not tell the local day.
    pub zone: Option<&'a jiff::tz::TimeZone>,
}
