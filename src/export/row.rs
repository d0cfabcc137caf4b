//! One article as the outside sees it: a line of an exported set, and the answer of the article API.
use crate::desk::Ruled;
use crate::model::{
    Action, ArticleId, EntitySpan, EventId, EventMention, FeedId, Lang, Problem, Relation, RightsSignal, Script, Stamp,
    StoryId, Topic, Versions,
};
use crate::rights::{Permit, Quote, Ruling};
use jiff::Timestamp;
use serde::Serialize;

/// Flat on purpose: `id`, `title`, `body`, `lang`, `url`, `published`, `site` are the keys an import reads back.
#[derive(Clone, Debug, Serialize)]
pub struct Row<'a> {
    pub id: &'a ArticleId,
    pub source_id: Option<&'a str>,
    pub url: &'a str,
    pub title: Option<&'a str>,
    /// None unless it may be given whole; then `quotations` has what may.
    pub body: Option<&'a str>,
    pub quotations: &'a [Quote],
    /// How much of the source's words this row gives, and the statements that say so.
    pub ruling: &'a Ruling,
    /// RFC 3339 in the source's own offset, or the date alone.
    pub published: Option<String>,
    pub modified: Option<String>,
    pub byline: Option<&'a str>,
    pub lang: Lang,
    pub script: Option<Script>,
    pub site: Option<&'a str>,
    pub image: Option<&'a str>,
    pub feed: Option<&'a FeedId>,
    pub topics: &'a [Topic],
    pub mentions: &'a [Topic],
    pub event_mentions: &'a [EventMention],
    pub entities: &'a [EntitySpan],
    pub reasons: &'a [String],
    pub relation: Relation,
    pub copy_of: Option<&'a ArticleId>,
    pub related_to: Option<&'a ArticleId>,
    pub copy_why: &'a [String],
    pub event: &'a EventId,
    pub events: &'a [EventId],
    pub story: &'a StoryId,
    pub story_why: &'a [String],
    pub rights: &'a [RightsSignal],
    pub method: &'a str,
    pub truncated: bool,
    pub problems: &'a [Problem],
    pub versions: &'a Versions,
    pub content_hash: &'a str,
    pub fetched_at: Timestamp,
    pub change_seq: u64,
    pub revision: u32,
    /// Oldest first.
    pub revisions: Vec<RevisionRow<'a>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct RevisionRow<'a> {
    pub revision: u32,
    pub recorded_at: &'a str,
    pub content_hash: &'a str,
}

impl<'a> Row<'a> {
    pub fn of(ruled: &'a Ruled) -> Self {
        let record = &ruled.record;
        let whole = ruled.ruling.permit == Permit::FullText;
        let document = &record.document;
        let article = &document.article;
        let extract = &article.extract;
        let judgement = &article.judgement;
        Self {
            id: &article.id,
            source_id: article.source_id.as_deref(),
            url: &article.url,
            title: extract.title.as_deref(),
            body: whole.then_some(extract.body.as_str()),
            quotations: if whole { &[] } else { &ruled.passages },
            ruling: &ruled.ruling,
            published: extract.published.as_ref().map(Stamp::to_text),
            modified: extract.modified.as_ref().map(Stamp::to_text),
            byline: extract.byline.as_deref(),
            lang: extract.lang,
            script: extract.script,
            site: extract.site.as_deref(),
            image: extract.image.as_deref(),
            feed: article.feed.as_ref(),
            topics: &judgement.topics,
            mentions: &judgement.mentions,
            event_mentions: &judgement.event_mentions,
            entities: &judgement.entities,
            reasons: &judgement.reasons,
            relation: article.copy.relation,
            copy_of: article.copy.copy_of.as_ref(),
            related_to: article.copy.related_to.as_ref(),
            copy_why: &article.copy.why,
            event: &article.placement.event,
            events: &article.placement.events,
            story: &article.placement.story,
            story_why: &article.placement.why,
            rights: &extract.rights,
            method: &extract.method,
            truncated: extract.truncated,
            problems: &extract.problems,
            versions: &article.versions,
            content_hash: &article.content_hash,
            fetched_at: article.fetched_at,
            change_seq: document.change_seq,
            revision: document.revision,
            revisions: record.revisions.iter().map(RevisionRow::of).collect(),
        }
    }

    /// Distinct, in the order the article has them.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions: Vec<Action> = Vec::new();
        for mention in self.event_mentions {
            if !actions.contains(&mention.action) {
                actions.push(mention.action);
            }
        }
        actions
    }
}

impl<'a> RevisionRow<'a> {
    fn of((revision, recorded_at, content_hash): &'a (u32, String, String)) -> Self {
        Self { revision: *revision, recorded_at, content_hash }
    }
}
