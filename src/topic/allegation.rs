//! Distillation allegations: a word for taking a model's outputs beside an accusing verb.
use super::document::{Document, Sentence};
use super::mention::{EntityIndex, is_agent, is_lead, made, owners, unique};
use super::source::{Class, EntityKind};
use crate::model::Action;

#[derive(Clone, Debug)]
pub(super) struct AllegationCandidate {
    pub sentence: usize,
    pub action: Action,
    pub actor: Vec<EntityIndex>,
    pub target: Vec<EntityIndex>,
    pub products: Vec<EntityIndex>,
    pub background: bool,
    pub score: f64,
    pub reasons: Vec<String>,
}

pub(super) fn candidates(document: &Document<'_>) -> Vec<AllegationCandidate> {
    let lexicon = document.lexicon;
    let title = document.sentences.first().filter(|s| s.is_title);
    let bonus = title.map_or(0.0, |t| {
        let speaks = [Class::DistilPure, Class::Distil, Class::Conduct].iter().any(|c| t.has(lexicon, *c));
        let research = t.has(lexicon, Class::Research) || t.has(lexicon, Class::Unrelated);
        let speaks = speaks || t.has(lexicon, Class::OutputNoun);
        (if speaks { 0.15 } else { 0.0 }) - (if research { 0.3 } else { 0.0 })
    });
    let mut found = Vec::new();
    for (at, sentence) in document.sentences.iter().enumerate().filter(|(_, s)| !s.is_footer) {
        if let Some(mut candidate) = weigh(document, at, sentence) {
            candidate.score += bonus;
            found.push(candidate);
        }
    }
    found
}

fn weigh(document: &Document<'_>, at: usize, sentence: &Sentence) -> Option<AllegationCandidate> {
    let lexicon = document.lexicon;
    let has = |class: Class| sentence.has(lexicon, class);
    let (pure, distil, conduct) = (has(Class::DistilPure), has(Class::Distil), has(Class::Conduct));
    let conduct = conduct || (has(Class::OutputNoun) && has(Class::TrainVerb));
    if !(pure || distil || conduct) {
        return None;
    }
    let accuse =
        [Class::Accuse, Class::Deny, Class::Admit, Class::Investigate, Class::Sanction].iter().any(|c| has(*c));
    let beside = !accuse && neighbours(document, at).any(|s| s.has(lexicon, Class::Accuse));
    let products = made(document, sentence);
    let vendors =
        unique(sentence.entities(lexicon).filter(|(_, _, e)| e.kind == EntityKind::Vendor).map(|(_, i, _)| i));
    let ai = has(Class::AiNoun) || has(Class::ModelWord);
    let weights = [
        (pure, 0.5, "names a distillation attack"),
        (!pure && distil, 0.3, "distil"),
        (conduct, 0.3, "taking outputs"),
        (accuse, 0.25, "accusing verb"),
        (beside, 0.1, "accusing verb beside it"),
        (!vendors.is_empty() || !products.is_empty(), 0.15, "names a vendor or model"),
        (
            owners(document, &products).iter().chain(&vendors).collect::<std::collections::HashSet<_>>().len() > 1,
            0.1,
            "two sides",
        ),
        (ai, 0.05, "AI"),
        (sentence.is_title, 0.05, "title"),
        (is_lead(document, at), 0.05, "lead"),
        (!is_lead(document, at), -0.1, "far down"),
        (has(Class::Research), -0.35, "research or licensed use"),
        (has(Class::Unrelated), -0.6, "another kind of distillation"),
        (vendors.is_empty() && products.is_empty() && !ai && !pure, -0.3, "no AI in the sentence"),
    ];
    let score = weights.iter().filter(|(holds, _, _)| *holds).map(|(_, w, _)| w).sum();
    let reasons = weights.iter().filter(|(holds, _, _)| *holds).map(|(_, _, r)| (*r).to_owned()).collect();
    let (actor, target) = sides(document, sentence, &products);
    let background = has(Class::Background) && !sentence.is_title && at > 2;
    Some(AllegationCandidate {
        sentence: at,
        action: action(document, sentence),
        actor,
        target,
        products,
        background,
        score,
        reasons,
    })
}

fn neighbours<'d>(document: &'d Document<'_>, at: usize) -> impl Iterator<Item = &'d Sentence> {
    let before = at.checked_sub(1).and_then(|i| document.sentences.get(i));
    before.into_iter().chain(document.sentences.get(at + 1))
}

/// The most specific act named; plain alleging when none is.
fn action(document: &Document<'_>, sentence: &Sentence) -> Action {
    let has = |class: Class| sentence.has(document.lexicon, class);
    if has(Class::Deny) {
        Action::Deny
    } else if has(Class::Admit) {
        Action::Admit
    } else if has(Class::Legislate) {
        Action::Legislate
    } else if has(Class::Sanction) {
        Action::Sanction
    } else if has(Class::Investigate) {
        Action::Investigate
    } else {
        Action::Allege
    }
}

/// Accuser and accused. The maker of the copied model is the wronged side, whatever the word order.
fn sides(
    document: &Document<'_>,
    sentence: &Sentence,
    products: &[EntityIndex],
) -> (Vec<EntityIndex>, Vec<EntityIndex>) {
    let lexicon = document.lexicon;
    let speaks = |kind: EntityKind| matches!(kind, EntityKind::Vendor | EntityKind::Agency);
    let named: Vec<_> = sentence.entities(lexicon).filter(|(_, _, e)| speaks(e.kind)).collect();
    let agent = named.iter().find(|(hit, _, _)| is_agent(sentence, hit)).map(|(_, i, _)| *i);
    let vendors = unique(named.iter().filter(|(_, _, e)| e.kind == EntityKind::Vendor).map(|(_, i, _)| *i));
    let makers: Vec<EntityIndex> = owners(document, products);
    let wronged = makers.iter().find(|m| vendors.contains(m) && vendors.len() > 1).copied();
    let actor = agent.or_else(|| named.first().map(|(_, i, _)| *i).filter(|_| wronged.is_none())).or(wronged);
    let agency = named.first().filter(|(_, _, e)| e.kind == EntityKind::Agency).map(|(_, i, _)| *i);
    let actor = agency.or(actor);
    let target = vendors.iter().copied().filter(|v| Some(*v) != actor && Some(*v) != wronged).collect();
    (actor.into_iter().collect(), target)
}
