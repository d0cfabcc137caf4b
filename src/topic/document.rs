//! Title and body cut into sentences, each with the words of the lexicon found in it.
use super::lexicon::{Cue, EntityEntry, Lexicon, Meaning};
use super::sentence::sentences;
use super::source::{Class, EntityKind};
use crate::text::normalize::{Folded, fold};

/// More of a page than this adds nothing that its beginning did not say, and bounds the work.
const BODY_CHARS_MAX: usize = 200_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    /// Half-open, bytes of the folded sentence.
    pub start: usize,
    pub end: usize,
    pub meaning: Meaning,
}

pub(super) struct Sentence {
    /// Half-open, scalars of the text it stands in; for a title these count in the title.
    pub start: usize,
    pub end: usize,
    pub folded: Folded,
    pub hits: Vec<Hit>,
    pub is_title: bool,
    /// A copyright line: never evidence.
    pub is_footer: bool,
}

pub(super) struct Document<'a> {
    pub lexicon: &'a Lexicon,
    pub body: Vec<char>,
    /// The title, when there is one, is the first.
    pub sentences: Vec<Sentence>,
}

impl Sentence {
    pub(super) fn entities<'s>(
        &'s self,
        lexicon: &'s Lexicon,
    ) -> impl Iterator<Item = (&'s Hit, usize, &'s EntityEntry)> {
        self.hits.iter().filter_map(|hit| match hit.meaning {
            Meaning::Entity { entity, .. } => lexicon.entities.get(entity).map(|e| (hit, entity, e)),
            Meaning::Cue(_) => None,
        })
    }

    pub(super) fn cues<'s>(&'s self, lexicon: &'s Lexicon, class: Class) -> impl Iterator<Item = (&'s Hit, &'s Cue)> {
        self.hits.iter().filter_map(move |hit| match hit.meaning {
            Meaning::Cue(cue) => lexicon.cues.get(cue).filter(|c| c.class == class).map(|c| (hit, c)),
            Meaning::Entity { .. } => None,
        })
    }

    pub(super) fn has(&self, lexicon: &Lexicon, class: Class) -> bool {
        self.cues(lexicon, class).next().is_some()
    }

    /// Scalars of the original text.
    pub(super) fn place(&self, hit: &Hit) -> (usize, usize) {
        let chars = |bytes: usize| self.folded.text.get(..bytes).map_or(0, |t| t.chars().count());
        let (start, end) = self.folded.original_range(chars(hit.start), chars(hit.end));
        (self.start + start, self.start + end)
    }
}

impl<'a> Document<'a> {
    pub(super) fn read(lexicon: &'a Lexicon, title: &str, body: &str) -> Self {
        let mut document = Self::with_every_name(lexicon, title, body);
        document.drop_contextual();
        document
    }

    /// Also with the names that are common words.
    pub(super) fn with_every_name(lexicon: &'a Lexicon, title: &str, body: &str) -> Self {
        let title: Vec<char> = title.trim().chars().collect();
        let body: Vec<char> = body.chars().collect();
        let mut found = Vec::new();
        if !title.is_empty() {
            found.push(scan(lexicon, &title, (0, title.len()), true));
        }
        let readable: String = body.iter().take(BODY_CHARS_MAX).collect();
        found.extend(sentences(&readable).into_iter().map(|range| scan(lexicon, &body, range, false)));
        Self { lexicon, body, sentences: found }
    }

    pub(super) fn name(&self, sentence: &Sentence, hit: &Hit) -> String {
        if sentence.is_title {
            return sentence.folded.text.get(hit.start..hit.end).unwrap_or_default().to_owned();
        }
        let (start, end) = sentence.place(hit);
        self.body.get(start..end).unwrap_or_default().iter().collect()
    }

    /// Common words that are also product names count only beside an unmistakable AI name.
    fn drop_contextual(&mut self) {
        let lexicon = self.lexicon;
        let is_anchor = |hit: &Hit| match hit.meaning {
            Meaning::Entity { entity, contextual: false } => {
                lexicon.entities.get(entity).is_some_and(|e| e.kind == EntityKind::Vendor || e.kind.is_made())
            }
            Meaning::Cue(cue) => lexicon.cues.get(cue).is_some_and(|c| c.class == Class::AiNoun),
            Meaning::Entity { .. } => false,
        };
        if self.sentences.iter().any(|s| s.hits.iter().any(is_anchor)) {
            return;
        }
        for sentence in &mut self.sentences {
            sentence.hits.retain(|hit| !matches!(hit.meaning, Meaning::Entity { contextual: true, .. }));
        }
    }
}

fn scan(lexicon: &Lexicon, text: &[char], (start, end): (usize, usize), is_title: bool) -> Sentence {
    let original: String = text.get(start..end).unwrap_or_default().iter().collect();
    let folded = fold(&original);
    let hits = hits(lexicon, &folded.text);
    let mut sentence = Sentence { start, end, folded, hits, is_title, is_footer: false };
    sentence.is_footer = !is_title && sentence.has(lexicon, Class::Footer);
    sentence
}

/// Every term with its boundaries checked; a term inside a longer one is dropped.
fn hits(lexicon: &Lexicon, text: &str) -> Vec<Hit> {
    let mut all: Vec<Hit> = Vec::new();
    for found in lexicon.automaton.find_overlapping_iter(text) {
        let terms = lexicon.terms.get(found.pattern().as_usize()).map(Vec::as_slice).unwrap_or_default();
        for term in terms {
            let is_entity = matches!(term.meaning, Meaning::Entity { .. });
            if bounded(text, (found.start(), found.end()), term.open, is_entity) {
                all.push(Hit { start: found.start(), end: found.end(), meaning: term.meaning });
            }
        }
    }
    // Longest first at each start: then only the furthest end seen so far has to be compared.
    all.sort_by_key(|hit| (hit.start, usize::MAX - hit.end));
    let mut kept: Vec<Hit> = Vec::with_capacity(all.len());
    let mut reach = (0, 0);
    for hit in all {
        if hit.end <= reach.1 && (hit.start, hit.end) != reach {
            // "federal judge" is an entity, and still a judge.
            if matches!(hit.meaning, Meaning::Cue(c) if lexicon.cues.get(c).is_some_and(|c| matches!(c.class, Class::Court | Class::Authority)))
            {
                kept.push(hit);
            }
        } else {
            reach = (hit.start, hit.end);
            kept.push(hit);
        }
    }
    let swallows = |hit: &Hit| matches!(hit.meaning, Meaning::Cue(c) if lexicon.cues.get(c).is_some_and(|c| c.class == Class::Swallow));
    kept.retain(|hit| !swallows(hit));
    kept
}

/// Particles and endings that may follow a short Hangul name: 메타 is a company in 메타가, not in 메타버스.
const PARTICLES: &str = "은는이가을를의에도와과로으만까부한께측등및라랑사인발처보";
/// Hangul names up to this length need a particle after them.
const SHORT_HANGUL_CHARS: usize = 2;

fn bounded(text: &str, (start, end): (usize, usize), open: bool, is_entity: bool) -> bool {
    let (Some(before), Some(word), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return false;
    };
    let (previous, next) = (before.chars().next_back(), after.chars().next());
    let (first, last) = (word.chars().next(), word.chars().next_back());
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if latin(first) && latin(previous) || (latin(last) && latin(next) && !open) {
        return false;
    }
    let hangul = |c: Option<char>| c.is_some_and(|c| ('\u{AC00}'..='\u{D7A3}').contains(&c));
    if is_entity && word.chars().count() <= SHORT_HANGUL_CHARS && hangul(last) {
        return !hangul(previous) && (!hangul(next) || next.is_some_and(|c| PARTICLES.contains(c)));
    }
    // A single ideograph (美, 中) is a country only at the edge of a word.
    let ideograph = |c: Option<char>| c.is_some_and(|c| c >= '\u{3400}' && !hangul(Some(c)));
    if is_entity && word.chars().count() == 1 && ideograph(first) {
        return !ideograph(previous) && !ideograph(next);
    }
    true
}
