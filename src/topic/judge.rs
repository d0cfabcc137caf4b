//! The judgement of one article: what it reports, what it only recalls, and the mentions of events in it.
use super::allegation::{self, AllegationCandidate};
use super::ban::{self, BanCandidate};
use super::document::Document;
use super::figures::figures;
use super::lexicon::Lexicon;
use super::mention::{Context, Days, EntityIndex, cited, days, evidence, gloss, made, unique, written};
use super::names::organisations;
use super::source::Class;
use super::{TopicInput, source::EntityKind};
use crate::model::{
    Action, Entity, EntitySpan, EventMention, Figure, Judgement, Modality, Period, Precision, Status, Topic,
};
use jiff::civil;

/// Chosen on the labelled development articles: a strong trigger beside a name needs one more sign.
const BAN_SCORE_MIN: f64 = 0.84;
const ALLEGATION_SCORE_MIN: f64 = 0.64;
/// A second event of an article must be surer than the first.
const FURTHER_SCORE_MIN: f64 = 1.05;
/// Event mentions of one kind kept per article: roundups name a few, lists name hundreds.
const EVENTS_MAX: usize = 4;

impl Lexicon {
    pub fn judge(&self, input: &TopicInput<'_>) -> Judgement {
        let document = Document::read(self, input.title, input.body);
        let context = Context::of(&document, local_day(input));
        let mut judgement = Judgement { entities: spans(&document), ..Judgement::default() };
        judge_bans(&document, &context, &mut judgement);
        judge_allegations(&document, &context, &mut judgement);
        judgement
    }
}

/// The day at the feed's home; a date alone is that day wherever it is read.
fn local_day(input: &TopicInput<'_>) -> Option<civil::Date> {
    let stamp = input.published?;
    match (input.zone, stamp.precision) {
        (Some(zone), Precision::Minute | Precision::Second) => Some(zone.to_datetime(stamp.instant).date()),
        _ => Some(stamp.local_date()),
    }
}

fn spans(document: &Document<'_>) -> Vec<EntitySpan> {
    let lexicon = document.lexicon;
    let body = document.sentences.iter().filter(|s| !s.is_title && !s.is_footer);
    body.flat_map(|s| s.entities(lexicon).map(move |found| (s, found)))
        .map(|(sentence, (hit, _, entity))| {
            let (start, end) = sentence.place(hit);
            EntitySpan {
                id: entity.id.clone(),
                name: document.name(sentence, hit),
                kind: entity.kind.as_str().to_owned(),
                start,
                end,
            }
        })
        .collect()
}

fn judge_bans(document: &Document<'_>, context: &Context, judgement: &mut Judgement) {
    let mut found = ban::candidates(document, context);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.sentence.cmp(&b.sentence)));
    let Some(best) = found.iter().find(|c| !c.background).filter(|c| c.score >= BAN_SCORE_MIN) else {
        if found.iter().any(|c| c.score >= BAN_SCORE_MIN) {
            judgement.mentions.push(Topic::VendorBan);
        }
        judgement.reasons.extend(found.first().map(|c| below(Topic::VendorBan, c.score, &c.reasons)));
        return;
    };
    judgement.topics.push(Topic::VendorBan);
    judgement.reasons.push(format!("vendor_ban {:.2}: {}", best.score, best.reasons.join(", ")));
    let mut events: Vec<EventMention> = Vec::new();
    let mut seen: Vec<(bool, bool, Vec<EntityIndex>)> = Vec::new();
    for candidate in found.iter().filter(|c| !c.background && c.score >= BAN_SCORE_MIN) {
        let key = (candidate.action == Action::Lift, candidate.actor == candidate.target, candidate.target.clone());
        let first = seen.is_empty();
        let same = seen.iter().any(|(_, own, target)| *own == key.1 && (overlaps(target, &key.2) || key.2.is_empty()));
        if same || (!first && (candidate.score < FURTHER_SCORE_MIN || !candidate.named)) || seen.len() >= EVENTS_MAX {
            continue;
        }
        events.push(ban_event(document, context, candidate, &found));
        seen.push(key);
    }
    judgement.event_mentions.extend(events);
}

/// Why an article that came near is not about a topic.
fn below(topic: Topic, score: f64, reasons: &[String]) -> String {
    format!("not {} {score:.2}: {}", topic.as_str(), reasons.join(", "))
}

fn overlaps(a: &[EntityIndex], b: &[EntityIndex]) -> bool {
    a.iter().any(|x| b.contains(x))
}

fn ban_event(document: &Document<'_>, context: &Context, best: &BanCandidate, all: &[BanCandidate]) -> EventMention {
    let group: Vec<&BanCandidate> = all
        .iter()
        .filter(|c| !c.background && (overlaps(&c.target, &best.target) || c.sentence == best.sentence))
        .collect();
    let said = group.iter().find(|c| document.sentences.get(c.sentence).is_some_and(|s| !s.is_title));
    let at = said.map_or(best.sentence, |c| c.sentence);
    let mut sentences = vec![at];
    sentences.extend(group.iter().map(|c| c.sentence).filter(|s| *s != at));
    let days = days(document, context, &sentences);
    let actor = if best.actor.is_empty() {
        group
            .iter()
            .map(|c| &c.actor)
            .find(|a| !a.is_empty())
            .cloned()
            .unwrap_or_else(|| place_actor(document, &sentences))
    } else {
        best.actor.clone()
    };
    let products: Vec<EntityIndex> = unique(group.iter().flat_map(|c| c.products.iter().copied()))
        .into_iter()
        .filter(|p| document.lexicon.entities.get(*p).and_then(|e| e.owner).is_some_and(|o| best.target.contains(&o)))
        .collect();
    let modality_status = ban_state(best.action, &days, context);
    let mut event = event(Topic::VendorBan, best.action, best.score);
    event.place = place(document, &actor, &sentences);
    event.scope = gloss(document, Class::Scope, &sentences);
    event.reason = gloss(document, Class::Reason, &sentences);
    event.instead = instead(document, &best.target);
    event.cited = cited(document, &lead_and(document, &sentences));
    event.modality = modality(document, &event, modality_status.0, &sentences);
    event.status = modality_status.1;
    (event.announced, event.effective, event.ends) = (days.announced, days.effective, days.ends);
    event.target = written(document, &best.target);
    event.actor = or_guessed(document, &actor, &sentences);
    event.products = written(document, &products);
    event.evidence = document.sentences.get(at).and_then(|s| evidence(document, s)).into_iter().collect();
    event
}

/// Known actors, better than a bare country; else an organisation the sentences name that the lexicon does not know.
fn or_guessed(document: &Document<'_>, known: &[EntityIndex], sentences: &[usize]) -> Vec<Entity> {
    let is_place = |i: &EntityIndex| document.lexicon.entities.get(*i).is_some_and(|e| e.kind == EntityKind::Place);
    if known.iter().any(|i| !is_place(i)) {
        return written(document, known);
    }
    match guesses(document, sentences).into_iter().next() {
        Some(name) => vec![Entity { id: None, name }],
        None => written(document, known),
    }
}

/// An accused the lexicon does not know: the next organisation named beside the accuser.
fn guess_target(document: &Document<'_>, sentences: &[usize], event: &mut EventMention) {
    if event.target.is_empty() {
        let other = guesses(document, sentences).into_iter().find(|name| event.actor.iter().all(|a| a.name != *name));
        event.target.extend(other.map(|name| Entity { id: None, name }));
    }
}

fn guesses(document: &Document<'_>, sentences: &[usize]) -> Vec<String> {
    let spoken = sentences.iter().filter_map(|at| document.sentences.get(*at)).filter(|s| !s.is_title);
    let known = |name: &String| {
        document.sentences.iter().any(|s| s.entities(document.lexicon).any(|(h, _, _)| document.name(s, h) == *name))
    };
    spoken
        .filter_map(|s| document.body.get(s.start..s.end))
        .flat_map(|chars| organisations(&chars.iter().collect::<String>()))
        .filter(|name| !known(name))
        .collect()
}

fn event(kind: Topic, action: Action, score: f64) -> EventMention {
    EventMention {
        kind,
        action,
        actor: Vec::new(),
        target: Vec::new(),
        products: Vec::new(),
        place: None,
        scope: None,
        reason: None,
        announced: None,
        effective: None,
        ends: None,
        period: Period::default(),
        figures: Vec::new(),
        instead: None,
        cited: Vec::new(),
        modality: Modality::Asserted,
        status: Status::Announced,
        evidence: Vec::new(),
        score: (score / SCORE_SCALE).clamp(0.0, 1.0),
    }
}

/// The highest sum of weights seen; what `score` is a share of.
const SCORE_SCALE: f64 = 1.3;

/// A dated future ban is announced until its date, then in force.
fn ban_state(action: Action, days: &Days, context: &Context) -> (Modality, Status) {
    let today = context.today.map(|d| d.to_string());
    let later = matches!((&days.effective, &today), (Some(day), Some(today)) if day.0 > *today);
    match action {
        Action::Propose => (Modality::Proposed, Status::Proposed),
        Action::Lift => (Modality::Asserted, Status::Lifted),
        _ if days.effective.is_some() && !later => (Modality::Asserted, Status::InForce),
        _ => (Modality::Asserted, Status::Announced),
    }
}

fn modality(document: &Document<'_>, event: &EventMention, plain: Modality, sentences: &[usize]) -> Modality {
    let rumour =
        sentences.iter().filter_map(|at| document.sentences.get(*at)).any(|s| s.has(document.lexicon, Class::Rumour));
    match plain {
        Modality::Asserted if rumour => Modality::Rumoured,
        Modality::Asserted if !event.cited.is_empty() => Modality::Reported,
        other => other,
    }
}

/// The sentences of the event and the first of the body, where attributions stand.
fn lead_and(document: &Document<'_>, sentences: &[usize]) -> Vec<usize> {
    let first = document.sentences.iter().position(|s| !s.is_title);
    let mut all = sentences.to_vec();
    all.extend(first.filter(|at| !sentences.contains(at)));
    all
}

fn place_actor(document: &Document<'_>, sentences: &[usize]) -> Vec<EntityIndex> {
    let found = sentences.iter().filter_map(|at| document.sentences.get(*at)).find_map(|s| {
        s.entities(document.lexicon).find(|(_, _, e)| e.kind == EntityKind::Place && e.id != "china").map(|(_, i, _)| i)
    });
    found.into_iter().collect()
}

fn place(document: &Document<'_>, actor: &[EntityIndex], sentences: &[usize]) -> Option<String> {
    let of = |i: &EntityIndex| document.lexicon.entities.get(*i).and_then(|e| e.place.clone());
    actor.iter().find_map(of).or_else(|| place_actor(document, sentences).iter().find_map(of))
}

/// A product of another vendor in a sentence that speaks of an alternative.
fn instead(document: &Document<'_>, target: &[EntityIndex]) -> Option<String> {
    let said = document.sentences.iter().filter(|s| !s.is_footer && s.has(document.lexicon, Class::Instead));
    said.flat_map(|s| made(document, s))
        .filter_map(|p| document.lexicon.entities.get(p))
        .find(|e| e.owner.is_some_and(|o| !target.contains(&o)))
        .map(|e| e.id.clone())
}

fn judge_allegations(document: &Document<'_>, context: &Context, judgement: &mut Judgement) {
    let mut found = allegation::candidates(document);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.sentence.cmp(&b.sentence)));
    let sure = |c: &&AllegationCandidate| c.score >= ALLEGATION_SCORE_MIN;
    let Some(best) = found.iter().find(|c| !c.background).filter(sure) else {
        if found.iter().any(|c| sure(&c)) {
            judgement.mentions.push(Topic::DistillationAllegation);
        }
        judgement.reasons.extend(found.first().map(|c| below(Topic::DistillationAllegation, c.score, &c.reasons)));
        return;
    };
    judgement.topics.push(Topic::DistillationAllegation);
    judgement.reasons.push(format!("distillation_allegation {:.2}: {}", best.score, best.reasons.join(", ")));
    judgement.event_mentions.push(allegation_event(document, context, best, &found));
}

fn allegation_event(
    document: &Document<'_>,
    context: &Context,
    best: &AllegationCandidate,
    all: &[AllegationCandidate],
) -> EventMention {
    let said = all.iter().find(|c| document.sentences.get(c.sentence).is_some_and(|s| !s.is_title));
    let at = said.map_or(best.sentence, |c| c.sentence);
    let mut sentences = vec![at];
    sentences.extend(all.iter().map(|c| c.sentence).filter(|s| *s != at));
    let days = days(document, context, &sentences);
    let side = |pick: fn(&AllegationCandidate) -> &Vec<EntityIndex>| {
        std::iter::once(best).chain(all).map(pick).find(|s| !s.is_empty()).cloned().unwrap_or_default()
    };
    let actor = side(|c| &c.actor);
    let target: Vec<EntityIndex> = side(|c| &c.target).into_iter().filter(|t| !actor.contains(t)).collect();
    let (actor, target) = match best.action {
        Action::Deny | Action::Admit => (actor.clone(), actor),
        _ => (actor, target),
    };
    let not_own =
        |p: &EntityIndex| document.lexicon.entities.get(*p).and_then(|e| e.owner).is_none_or(|o| !target.contains(&o));
    let products: Vec<EntityIndex> = side(|c| &c.products).into_iter().filter(not_own).collect();
    let mut event = event(Topic::DistillationAllegation, best.action, best.score);
    event.scope = gloss(document, Class::Forum, &sentences);
    event.place = place(document, &actor, &sentences);
    event.cited = cited(document, &lead_and(document, &sentences));
    let (plain, status) = allegation_state(best.action);
    event.modality = modality(document, &event, plain, &sentences);
    event.status = status;
    event.announced = days.announced;
    event.period = Period { from: days.from.filter(|_| days.to.is_some()), to: days.to };
    event.figures = all_figures(document, &sentences);
    event.target = written(document, &target);
    event.actor = or_guessed(document, &actor, &sentences);
    guess_target(document, &sentences, &mut event);
    event.products = written(document, &products);
    event.evidence = document.sentences.get(at).and_then(|s| evidence(document, s)).into_iter().collect();
    event
}

fn allegation_state(action: Action) -> (Modality, Status) {
    match action {
        Action::Deny => (Modality::Denied, Status::Denied),
        Action::Admit => (Modality::Asserted, Status::Admitted),
        Action::Investigate => (Modality::Asserted, Status::UnderInvestigation),
        Action::Sanction => (Modality::Asserted, Status::Sanctioned),
        Action::Legislate => (Modality::Proposed, Status::Alleged),
        _ => (Modality::Asserted, Status::Alleged),
    }
}

fn all_figures(document: &Document<'_>, sentences: &[usize]) -> Vec<Figure> {
    let mut found: Vec<Figure> = Vec::new();
    for sentence in sentences.iter().filter_map(|at| document.sentences.get(*at)) {
        for figure in figures(&sentence.folded.text) {
            if !found.iter().any(|f| f.value == figure.value) {
                found.push(figure);
            }
        }
    }
    found
}
