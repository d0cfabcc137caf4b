//! What both kinds of event mention share: context of the article, evidence, dates, attribution.
use super::dates::{DateMention, DateRole, dates};
use super::document::{Document, Hit, Sentence};
use super::source::{Class, EntityKind};
use crate::model::{Date, Entity, Evidence};
use jiff::civil;
use std::collections::HashMap;

/// Sentences that count as the lead of an article, the title not counted.
const LEAD_SENTENCES: usize = 4;
/// A name in the title weighs as much as this many in the body.
const TITLE_WEIGHT: usize = 3;

/// An index into the lexicon's entities.
pub(super) type EntityIndex = usize;

pub(super) struct Context {
    pub today: Option<civil::Date>,
    /// The AI vendor the article speaks of most, itself or by its products.
    pub main: Option<EntityIndex>,
}

impl Context {
    pub(super) fn of(document: &Document<'_>, today: Option<civil::Date>) -> Self {
        let mut counts: HashMap<EntityIndex, usize> = HashMap::new();
        for sentence in document.sentences.iter().filter(|s| !s.is_footer) {
            for (_, index, entity) in sentence.entities(document.lexicon) {
                let vendor = entity.owner.or((entity.kind == EntityKind::Vendor && !entity.broad).then_some(index));
                if let Some(vendor) = vendor {
                    *counts.entry(vendor).or_default() += if sentence.is_title { TITLE_WEIGHT } else { 1 };
                }
            }
        }
        // The lower index on a tie: the answer must not depend on the map's order.
        let main = counts.into_iter().max_by_key(|(index, count)| (*count, usize::MAX - index)).map(|(index, _)| index);
        Self { today, main }
    }
}

/// How far from the top of the body, 0 for the title.
pub(super) fn is_lead(document: &Document<'_>, at: usize) -> bool {
    let title = usize::from(document.sentences.first().is_some_and(|s| s.is_title));
    at < LEAD_SENTENCES + title
}

/// Products and models named in a sentence, once each.
pub(super) fn made(document: &Document<'_>, sentence: &Sentence) -> Vec<EntityIndex> {
    unique(sentence.entities(document.lexicon).filter(|(_, _, e)| e.kind.is_made()).map(|(_, index, _)| index))
}

pub(super) fn owners(document: &Document<'_>, products: &[EntityIndex]) -> Vec<EntityIndex> {
    unique(products.iter().filter_map(|p| document.lexicon.entities.get(*p).and_then(|e| e.owner)))
}

pub(super) fn unique(found: impl Iterator<Item = EntityIndex>) -> Vec<EntityIndex> {
    let mut list = Vec::new();
    for index in found {
        if !list.contains(&index) {
            list.push(index);
        }
    }
    list
}

/// With the name as first written in the article; the id where it is never written.
pub(super) fn written(document: &Document<'_>, indexes: &[EntityIndex]) -> Vec<Entity> {
    indexes
        .iter()
        .filter_map(|index| {
            let entry = document.lexicon.entities.get(*index)?;
            let name = document.sentences.iter().rev().find_map(|s| {
                let (hit, _, _) = s.entities(document.lexicon).find(|(_, found, _)| found == index)?;
                Some(document.name(s, hit))
            });
            Some(Entity { id: Some(entry.id.clone()), name: name.unwrap_or_else(|| entry.id.clone()) })
        })
        .collect()
}

/// From the start of the first to the end of the last of neighbouring body sentences.
pub(super) fn evidence(document: &Document<'_>, sentence: &Sentence) -> Option<Evidence> {
    if sentence.is_title {
        return None;
    }
    let text: String = document.body.get(sentence.start..sentence.end)?.iter().collect();
    Some(Evidence { text, start: sentence.start, end: sentence.end })
}

pub(super) struct Days {
    pub announced: Option<Date>,
    pub effective: Option<Date>,
    pub ends: Option<Date>,
    pub from: Option<Date>,
    pub to: Option<Date>,
}

/// Read from the evidence first, then from the other sentences that speak of the same act.
pub(super) fn days(document: &Document<'_>, context: &Context, sentences: &[usize]) -> Days {
    let spoken: Vec<&Sentence> = sentences.iter().filter_map(|at| document.sentences.get(*at)).collect();
    let found: Vec<Vec<DateMention>> = spoken.iter().map(|s| dates(&s.folded.text, context.today)).collect();
    let all = || found.iter().flatten();
    let first = |role: DateRole| all().find(|d| d.role == role).map(DateMention::date);
    let known = |d: &&DateMention| d.role == DateRole::Plain && context.today.is_none_or(|today| d.day <= today);
    let announced = all().find(known).map(DateMention::date);
    let immediate = spoken.iter().any(|s| s.has(document.lexicon, Class::Immediate));
    let future = all().find(|d| d.role == DateRole::Plain && context.today.is_some_and(|today| d.day > today));
    let effective = first(DateRole::From)
        .or_else(|| future.map(DateMention::date))
        .or_else(|| announced.clone().filter(|_| immediate));
    let to = all().find(|d| d.role == DateRole::Until).map(DateMention::date);
    Days { announced, effective, ends: to.clone(), from: first(DateRole::From), to }
}

/// Outlets and unnamed sources a sentence leans on, nearest first.
pub(super) fn cited(document: &Document<'_>, sentences: &[usize]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for sentence in sentences.iter().filter_map(|at| document.sentences.get(*at)) {
        if sentence.has(document.lexicon, Class::OutletVerb) {
            for (_, _, entity) in sentence.entities(document.lexicon).filter(|(_, _, e)| e.kind == EntityKind::Outlet) {
                if !names.contains(&entity.id) {
                    names.push(entity.id.clone());
                }
            }
        }
        for (_, cue) in sentence.cues(document.lexicon, Class::Anonymous) {
            let name = cue.gloss.clone().unwrap_or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

pub(super) fn gloss(document: &Document<'_>, class: Class, sentences: &[usize]) -> Option<String> {
    sentences
        .iter()
        .filter_map(|at| document.sentences.get(*at))
        .find_map(|s| s.cues(document.lexicon, class).find_map(|(_, cue)| cue.gloss.clone()))
}

/// Whether the word before a hit makes it the doer of a passive.
pub(super) fn is_agent(sentence: &Sentence, hit: &Hit) -> bool {
    let before = sentence.folded.text.get(..hit.start).unwrap_or_default();
    [" by ", " by the ", " by us ", "被"].iter().any(|w| before.ends_with(w))
}
