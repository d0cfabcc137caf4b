//! Vendor bans: a trigger beside a named product, who imposes it, and how sure we are.
use super::document::{Document, Hit, Sentence};
use super::lexicon::Cue;
use super::mention::{Context, EntityIndex, is_agent, is_lead, made, owners, unique};
use super::source::{Class, EntityKind, Strength};
use crate::model::Action;

/// One sentence that may say that somebody bans something.
#[derive(Clone, Debug)]
pub(super) struct BanCandidate {
    pub sentence: usize,
    pub action: Action,
    pub actor: Vec<EntityIndex>,
    pub target: Vec<EntityIndex>,
    pub products: Vec<EntityIndex>,
    /// The vendor or a product of it is named in the very sentence.
    pub named: bool,
    pub background: bool,
    pub score: f64,
    pub reasons: Vec<String>,
}

/// Bytes of folded text between a trigger and a name, or a modal word, that still belong together.
const NEAR_BYTES: usize = 60;

/// Each sentence of the body about an outage, a hoax or one person's account speaks against a ban, up to a limit.
const VETO_WEIGHT: f64 = 0.12;
const VETO_WEIGHT_MAX: f64 = 0.4;

pub(super) fn candidates(document: &Document<'_>, context: &Context) -> Vec<BanCandidate> {
    let title = document.sentences.first().filter(|s| s.is_title);
    let bonus = title.map_or(0.0, |t| title_weight(document, t));
    let mut found = Vec::new();
    for (at, sentence) in document.sentences.iter().enumerate().filter(|(_, s)| !s.is_footer) {
        if let Some(mut candidate) = weigh(document, context, at, sentence) {
            candidate.score += bonus;
            found.push(candidate);
        }
    }
    found
}

/// What the title says for or against the whole article.
fn title_weight(document: &Document<'_>, title: &Sentence) -> f64 {
    let lexicon = document.lexicon;
    let mut weight = 0.0;
    let named = !made(document, title).is_empty()
        || title.entities(lexicon).any(|(_, _, e)| e.kind == EntityKind::Vendor)
        || title.has(lexicon, Class::AiNoun);
    if title.has(lexicon, Class::Trigger) {
        weight += if named { 0.15 } else { 0.05 };
    }
    if title.has(lexicon, Class::Veto) {
        weight -= 0.3;
    }
    if title.has(lexicon, Class::Negation) {
        weight -= 0.3;
    }
    let vetoes = document.sentences.iter().filter(|s| !s.is_title && s.has(lexicon, Class::Veto)).count();
    weight - (VETO_WEIGHT * vetoes as f64).min(VETO_WEIGHT_MAX)
}

fn weigh(document: &Document<'_>, context: &Context, at: usize, sentence: &Sentence) -> Option<BanCandidate> {
    let lexicon = document.lexicon;
    let products = made(document, sentence);
    let (target, named) = targets(document, context, sentence, &products);
    let places: Vec<usize> = name_places(document, sentence, &target, &products);
    let (hit, cue) = best_trigger(document, sentence, &places)?;
    let action = action(document, sentence, hit, cue);
    let actor = actors(document, sentence, hit, &target);
    let near = places.iter().any(|p| p.abs_diff(hit.start) <= NEAR_BYTES);
    let mut score = Score::default();
    match cue.strength {
        Strength::Strong => score.add(0.5, "strong trigger"),
        Strength::Weak => score.add(0.3, "weak trigger"),
    }
    score.when(named, 0.25, "names the product or vendor");
    score.when(named && near, 0.1, "near each other");
    score.when(!named && !target.is_empty(), 0.1, "speaks of the article's vendor");
    score.when(
        !named && target.is_empty() && sentence.has(lexicon, Class::AiNoun),
        0.15,
        "an AI product without a known name",
    );
    score.when(!actor.is_empty() || sentence.has(lexicon, Class::Authority), 0.1, "somebody who can ban");
    let nobody = actor.is_empty() && !sentence.has(lexicon, Class::Authority) && !sentence.has(lexicon, Class::Scope);
    score.when(nobody && cue.strength == Strength::Weak, -0.15, "nobody who can ban, nobody bound");
    score.when(sentence.has(lexicon, Class::Scope), 0.1, "who is bound");
    score.when(sentence.is_title, 0.1, "title");
    score.when(!sentence.is_title && is_lead(document, at), 0.1, "lead");
    score.when(sentence.has(lexicon, Class::Negation), -0.6, "negated");
    score.when(sentence.has(lexicon, Class::Veto), -0.4, "speaks of another kind of limit");
    let outputs = sentence.has(lexicon, Class::Conduct) || sentence.has(lexicon, Class::Distil);
    score.when(outputs && !sentence.is_title, -0.2, "about outputs, not use");
    if target.is_empty() && !sentence.has(lexicon, Class::AiNoun) {
        return None;
    }
    let background = sentence.has(lexicon, Class::Background) && !sentence.is_title && at > 2;
    Some(BanCandidate {
        sentence: at,
        action,
        actor,
        target,
        products,
        named,
        background,
        score: score.sum,
        reasons: score.reasons,
    })
}

#[derive(Default)]
struct Score {
    sum: f64,
    reasons: Vec<String>,
}

impl Score {
    fn add(&mut self, weight: f64, reason: &str) {
        self.sum += weight;
        self.reasons.push(reason.to_owned());
    }

    fn when(&mut self, holds: bool, weight: f64, reason: &str) {
        if holds {
            self.add(weight, reason);
        }
    }
}

/// Makers of the named products, AI vendors named alone; else whom the article speaks of, when the sentence points there.
fn targets(
    document: &Document<'_>,
    context: &Context,
    sentence: &Sentence,
    products: &[EntityIndex],
) -> (Vec<EntityIndex>, bool) {
    let lexicon = document.lexicon;
    let mut found = owners(document, products);
    if found.is_empty() {
        found = unique(
            sentence.entities(lexicon).filter(|(_, _, e)| e.kind == EntityKind::Vendor && !e.broad).map(|(_, i, _)| i),
        );
    }
    if !found.is_empty() {
        return (found, true);
    }
    let points = sentence.has(lexicon, Class::AiNoun) || sentence.has(lexicon, Class::Anaphor);
    let broad = sentence.entities(lexicon).find(|(_, _, e)| e.kind == EntityKind::Vendor).map(|(_, i, _)| i);
    match (context.main, broad) {
        (Some(main), _) if points || sentence.has(lexicon, Class::Scope) => (vec![main], false),
        (None, Some(broad)) if sentence.has(lexicon, Class::AiNoun) => (vec![broad], true),
        _ => (Vec::new(), false),
    }
}

fn name_places(
    document: &Document<'_>,
    sentence: &Sentence,
    target: &[EntityIndex],
    products: &[EntityIndex],
) -> Vec<usize> {
    let wanted = |index: &EntityIndex| target.contains(index) || products.contains(index);
    sentence.entities(document.lexicon).filter(|(_, i, _)| wanted(i)).map(|(hit, _, _)| hit.start).collect()
}

fn best_trigger<'s>(
    document: &'s Document<'_>,
    sentence: &'s Sentence,
    places: &[usize],
) -> Option<(&'s Hit, &'s Cue)> {
    let distance = |hit: &Hit| places.iter().map(|p| p.abs_diff(hit.start)).min().unwrap_or(0);
    let rank = |hit: &Hit, cue: &Cue| {
        let lift = cue.action == Some(Action::Lift) && cue.strength == Strength::Strong;
        (lift, cue.strength == Strength::Strong, usize::MAX - distance(hit))
    };
    sentence.cues(document.lexicon, Class::Trigger).max_by_key(|(hit, cue)| rank(hit, cue))
}

/// A court that stops the measure lifts it; a modal word beside the trigger makes it a proposal.
fn action(document: &Document<'_>, sentence: &Sentence, hit: &Hit, cue: &Cue) -> Action {
    let lexicon = document.lexicon;
    let written = cue.action.unwrap_or(Action::Ban);
    // What the court sets aside is named apart from its own verb: "blocks the designation", "blocks the ban on X".
    let sets_aside = sentence.cues(lexicon, Class::SetsAside).any(|(verb, _)| verb.start != hit.start);
    if sentence.has(lexicon, Class::Court)
        && (sets_aside || sentence.has(lexicon, Class::Measure) && sentence.has(lexicon, Class::SetsAside))
    {
        return Action::Lift;
    }
    let modal = sentence.cues(lexicon, Class::Modal).any(|(m, _)| m.start.abs_diff(hit.start) <= NEAR_BYTES / 2);
    if modal && written != Action::Lift { Action::Propose } else { written }
}

/// Who imposes it: the doer of a passive, else the first authority or company before the trigger, else after it.
fn actors(document: &Document<'_>, sentence: &Sentence, trigger: &Hit, target: &[EntityIndex]) -> Vec<EntityIndex> {
    let lexicon = document.lexicon;
    let can_act = |kind: EntityKind| matches!(kind, EntityKind::Agency | EntityKind::Org | EntityKind::Vendor);
    let doers: Vec<(&Hit, EntityIndex)> = sentence
        .entities(lexicon)
        .filter(|(_, i, e)| can_act(e.kind) && !target.contains(i))
        .map(|(hit, i, _)| (hit, i))
        .collect();
    let agent = doers.iter().find(|(hit, _)| is_agent(sentence, hit));
    let before = doers.iter().find(|(hit, _)| hit.start < trigger.start);
    if let Some((_, index)) = agent.or(before).or(doers.first()) {
        return vec![*index];
    }
    let subject = sentence.entities(lexicon).find(|(_, i, e)| target.contains(i) || can_act(e.kind));
    let own = subject.filter(|(hit, i, _)| target.contains(i) && hit.start < trigger.start);
    let cut_off = sentence.cues(lexicon, Class::Scope).any(|(_, cue)| cue.gloss.as_deref().is_some_and(is_customers));
    match own {
        Some((_, index, _)) if cut_off && !sentence.has(lexicon, Class::Authority) => vec![index],
        _ => Vec::new(),
    }
}

fn is_customers(gloss: &str) -> bool {
    gloss.starts_with("users") || gloss.starts_with("Chinese")
}
