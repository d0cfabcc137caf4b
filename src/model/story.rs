//! Copies, events, stories: how articles hang together.
use super::{ArticleId, EventId, EventMention, Lang, Stamp, StoryId, Topic};
use serde::{Deserialize, Serialize};

/// How a text relates to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// First of its kind, and copies have been attached to it.
    Original,
    Copy,
    Correction,
    Update,
    Template,
    Rewrite,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyVerdict {
    pub relation: Relation,
    /// The leader; set only for copy and correction.
    pub copy_of: Option<ArticleId>,
    /// Set only for update and template.
    pub related_to: Option<ArticleId>,
    pub why: Vec<String>,
}

/// Where an article stands among events and stories. Ids derive from the founding article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The primary event; for general news, the happening.
    pub event: EventId,
    pub events: Vec<EventId>,
    pub story: StoryId,
    pub why: Vec<String>,
}

/// What copy detection and story linking look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterItem {
    pub id: ArticleId,
    pub lang: Lang,
    pub title: String,
    pub body: String,
    pub published: Option<Stamp>,
    pub site: Option<String>,
    pub topics: Vec<Topic>,
    pub event_mentions: Vec<EventMention>,
    /// Canonical ids found in the text, sorted, each once.
    pub entities: Vec<String>,
}
