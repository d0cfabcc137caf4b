//! Places one article after another; the state is rebuilt by replaying stored placements.
use crate::model::id::derive;
use crate::model::{
    Action, ArticleId, ClusterItem, CopyVerdict, Entity, EventId, EventMention, Lang, Placement, StoryId, Topic,
};
use crate::text::normalize::fold_text;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Mentions of one happening appear within this many hours of its founding article.
    pub event_hours: i64,
    /// A follow-up joins a story whose last article is at most this old.
    pub story_days: i64,
    /// Events remembered; the oldest go first.
    pub events_max: usize,
}

impl Default for Limits {
    /// 72 h: an event key with 48 h had recall .93 on translated news; time zones and weekly papers need the third day.
    fn default() -> Self {
        Self { event_hours: 72, story_days: 45, events_max: 100_000 }
    }
}

#[derive(Clone, Debug)]
struct Event {
    id: EventId,
    story: StoryId,
    kind: Topic,
    /// Bans and lifts of one vendor on one day are two events.
    lifts: bool,
    actors: BTreeSet<Party>,
    targets: BTreeSet<Party>,
    /// Where it holds, as far as a mention said so.
    place: Option<String>,
    founded: Option<Timestamp>,
    last: Option<Timestamp>,
}

pub struct Linker {
    limits: Limits,
    events: VecDeque<Event>,
    placed: HashMap<ArticleId, (EventId, Vec<EventId>, StoryId)>,
    /// The articles of `placed`, oldest first.
    order: VecDeque<ArticleId>,
}

impl Linker {
    pub fn new(limits: Limits) -> Self {
        Self { limits, events: VecDeque::new(), placed: HashMap::new(), order: VecDeque::new() }
    }

    /// Where the article belongs. Changes nothing.
    pub fn place(&self, item: &ClusterItem, copy: &CopyVerdict) -> Placement {
        if let Some((leader, (event, events, story))) =
            copy.copy_of.as_ref().and_then(|id| Some((id, self.placed.get(id)?)))
        {
            let why = vec![format!("a copy of {leader}")];
            return Placement { event: event.clone(), events: events.clone(), story: story.clone(), why };
        }
        let mut placement: Option<Placement> = None;
        for (nth, mention) in item.event_mentions.iter().enumerate() {
            let (event, story, why) = self.join(item, mention, nth);
            match &mut placement {
                None => {
                    placement = Some(Placement { event: event.clone(), events: vec![event], story, why: vec![why] })
                }
                Some(first) => {
                    if !first.events.contains(&event) {
                        first.events.push(event);
                    }
                    first.why.push(why);
                }
            }
        }
        placement.unwrap_or_else(|| alone(item))
    }

    /// The event of one mention: an existing one, a new one in an existing story, or a new one in a new story.
    fn join(&self, item: &ClusterItem, mention: &EventMention, nth: usize) -> (EventId, StoryId, String) {
        let facts = Facts::of(item, mention);
        let same = self.events.iter().rev().find(|event| facts.is_event(event, &self.limits));
        if let Some(event) = same {
            return (
                event.id.clone(),
                event.story.clone(),
                format!("same event {}: {}", event.id, facts.shared(event)),
            );
        }
        let founded = EventId(derive("event", &[item.id.as_str(), &nth.to_string()]));
        match self.events.iter().rev().find(|event| facts.follows(event, &self.limits)) {
            Some(event) => (founded, event.story.clone(), format!("follows {}: {}", event.id, facts.shared(event))),
            None => (founded, StoryId(derive("story", &[item.id.as_str()])), "first of its kind".to_owned()),
        }
    }

    /// A withdrawn article leads no copies; an event that only it has spoken of goes with it. What it added to an event
    /// of others stays until the state is rebuilt.
    pub fn forget(&mut self, id: &ArticleId) {
        let Some((_, events, _)) = self.placed.remove(id) else { return };
        self.order.retain(|placed| placed != id);
        let spoken_of: HashSet<&EventId> = self.placed.values().flat_map(|(_, events, _)| events).collect();
        self.events.retain(|event| !events.contains(&event.id) || spoken_of.contains(&event.id));
    }

    /// An event the article was placed in, founded by another, that is not known.
    fn unfounded(&self, item: &ClusterItem, placement: &Placement) -> Option<EventId> {
        let own: Vec<EventId> = (0..item.event_mentions.len())
            .map(|nth| EventId(derive("event", &[item.id.as_str(), &nth.to_string()])))
            .collect();
        let is_unknown = |id: &&EventId| !own.contains(id) && self.events.iter().all(|event| event.id != **id);
        placement.events.iter().find(is_unknown).cloned()
    }

    /// Remembers a stored placement. Called in the order of storing, also when the state is rebuilt.
    pub fn insert(&mut self, item: &ClusterItem, placement: &Placement) {
        let known = (placement.event.clone(), placement.events.clone(), placement.story.clone());
        if self.placed.insert(item.id.clone(), known).is_none() {
            self.order.push_back(item.id.clone());
        }
        let at = item.published.as_ref().map(|stamp| stamp.instant);
        // Mentions and events are parallel unless two mentions joined one event.
        for (nth, mention) in item.event_mentions.iter().enumerate() {
            let founded = EventId(derive("event", &[item.id.as_str(), &nth.to_string()]));
            let facts = Facts::of(item, mention);
            if placement.events.contains(&founded) && self.events.iter().all(|event| event.id != founded) {
                self.events.push_back(Event {
                    id: founded,
                    story: placement.story.clone(),
                    kind: mention.kind,
                    lifts: facts.lifts,
                    actors: facts.actors,
                    targets: facts.targets,
                    place: facts.place,
                    founded: at,
                    last: at,
                });
            } else if let Some(event) = self
                .events
                .iter_mut()
                .rev()
                .find(|event| placement.events.contains(&event.id) && event.kind == mention.kind)
            {
                event.last = event.last.max(at);
                event.actors.extend(facts.actors);
                event.targets.extend(facts.targets);
                event.place = event.place.take().or(facts.place);
            } else if let Some(id) = self.unfounded(item, placement) {
                // Its founder was withdrawn, and this article spoke of it too.
                self.events.push_back(Event {
                    id,
                    story: placement.story.clone(),
                    kind: mention.kind,
                    lifts: facts.lifts,
                    actors: facts.actors,
                    targets: facts.targets,
                    place: facts.place,
                    founded: at,
                    last: at,
                });
            }
        }
        while self.events.len() > self.limits.events_max {
            self.events.pop_front();
        }
        // Leaders older than the copy window are never asked for again; the bound is far beyond it.
        while self.order.len() > self.limits.events_max * 4 {
            if let Some(oldest) = self.order.pop_front() {
                self.placed.remove(&oldest);
            }
        }
    }
}

/// No topic and no copy: its own happening.
fn alone(item: &ClusterItem) -> Placement {
    let event = EventId(derive("event", &[item.id.as_str(), "0"]));
    Placement {
        event: event.clone(),
        events: vec![event],
        story: StoryId(derive("story", &[item.id.as_str()])),
        why: vec!["stands alone".to_owned()],
    }
}

struct Facts {
    kind: Topic,
    lifts: bool,
    actors: BTreeSet<Party>,
    targets: BTreeSet<Party>,
    place: Option<String>,
    at: Option<Timestamp>,
}

/// Somebody in a role. A name without an id can only be compared with names in the same language.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    Known(String),
    Named(Lang, String),
}

impl Party {
    fn of(lang: Lang, entity: &Entity) -> Self {
        match &entity.id {
            Some(id) => Self::Known(id.clone()),
            None => Self::Named(lang, fold_text(&entity.name)),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Known(name) | Self::Named(_, name) => name,
        }
    }

    fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(_), Self::Known(_)) => true,
            (Self::Named(a, _), Self::Named(b, _)) => a == b,
            _ => false,
        }
    }
}

impl Facts {
    fn of(item: &ClusterItem, mention: &EventMention) -> Self {
        let ids = |entities: &[Entity]| entities.iter().map(|entity| Party::of(item.lang, entity)).collect();
        Self {
            kind: mention.kind,
            lifts: matches!(mention.action, Action::Lift | Action::Deny),
            actors: ids(&mention.actor),
            targets: ids(&mention.target),
            place: mention.place.clone(),
            at: item.published.as_ref().map(|stamp| stamp.instant),
        }
    }

    fn is_event(&self, event: &Event, limits: &Limits) -> bool {
        self.kind == event.kind
            && self.lifts == event.lifts
            && self.share_parties(event)
            && self.within(event.founded, limits.event_hours)
    }

    fn follows(&self, event: &Event, limits: &Limits) -> bool {
        self.kind == event.kind && self.share_parties(event) && self.within(event.last, limits.story_days * 24)
    }

    /// A shared target, and actors that do not contradict: comparable and disjoint means two bans of one vendor.
    fn share_parties(&self, event: &Event) -> bool {
        let comparable = self.actors.iter().any(|a| event.actors.iter().any(|b| a.comparable(b)));
        let actors_fit = !comparable || !self.actors.is_disjoint(&event.actors);
        // Two countries' bans of one vendor are two events, also while nobody is named who imposes them.
        let one_place = self.place.as_ref().zip(event.place.as_ref()).is_none_or(|(a, b)| a == b);
        one_place && actors_fit && !self.targets.is_disjoint(&event.targets)
    }

    /// Undated texts are taken to be of now.
    fn within(&self, other: Option<Timestamp>, hours: i64) -> bool {
        match (self.at, other) {
            (Some(a), Some(b)) => a.duration_since(b).as_hours().abs() <= hours,
            _ => true,
        }
    }

    fn shared(&self, event: &Event) -> String {
        let parties: Vec<&str> = self
            .targets
            .intersection(&event.targets)
            .chain(self.actors.intersection(&event.actors))
            .map(Party::name)
            .collect();
        format!("{} {}", self.kind.as_str(), parties.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Modality, Period, Relation, Status};

    fn ban(id: &str) -> ClusterItem {
        let party = |id: &str| Entity { id: Some(id.to_owned()), name: id.to_owned() };
        let mention = EventMention {
            kind: Topic::VendorBan,
            action: Action::Ban,
            actor: vec![party("ministry")],
            target: vec![party("vendor")],
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
            modality: Modality::Reported,
            status: Status::Announced,
            evidence: Vec::new(),
            score: 1.0,
        };
        ClusterItem {
            id: id.into(),
            lang: Lang::En,
            title: String::new(),
            body: String::new(),
            published: None,
            site: None,
            topics: vec![Topic::VendorBan],
            event_mentions: vec![mention],
            entities: Vec::new(),
        }
    }

    fn put(linker: &mut Linker, id: &str) -> Placement {
        let none = CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() };
        let placement = linker.place(&ban(id), &none);
        linker.insert(&ban(id), &placement);
        placement
    }

    #[test]
    fn an_event_goes_with_the_last_article_that_spoke_of_it() {
        let mut linker = Linker::new(Limits::default());
        let (first, second) = (put(&mut linker, "a"), put(&mut linker, "b"));
        assert_eq!(first.event, second.event);
        linker.forget(&"a".into());
        linker.forget(&"unknown".into());
        let third = put(&mut linker, "c");
        assert_eq!((&third.event, &third.story), (&first.event, &first.story), "another article still tells it");
        for id in ["b", "c"] {
            linker.forget(&id.into());
        }
        assert_ne!(put(&mut linker, "d").event, first.event);
    }

    #[test]
    fn an_event_outlives_its_founder_in_a_rebuilt_state_too() {
        let mut before = Linker::new(Limits::default());
        let (first, second) = (put(&mut before, "a"), put(&mut before, "b"));
        let mut rebuilt = Linker::new(Limits::default());
        rebuilt.insert(&ban("b"), &second);
        let third = put(&mut rebuilt, "c");
        assert_eq!((third.event, third.story), (first.event, first.story), "its founder was withdrawn");
    }
}
