//! The words of `feeds/topics`, checked and compiled into one automaton over folded text.
use super::source::{Class, CueRow, EntityKind, EntityRow, Source, Strength};
use crate::model::Action;
use crate::text::normalize;
use aho_corasick::AhoCorasick;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A file of the lexicon that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct LexiconFault {
    pub file: String,
    /// 1-based.
    pub line: usize,
    pub message: String,
}

#[derive(Clone, Debug)]
pub(super) struct EntityEntry {
    pub id: String,
    pub kind: EntityKind,
    pub broad: bool,
    /// Index of the vendor that makes it.
    pub owner: Option<usize>,
    pub place: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Cue {
    pub class: Class,
    pub action: Option<Action>,
    pub strength: Strength,
    pub gloss: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Entity { entity: usize, contextual: bool },
    Cue(usize),
}

/// A word of the automaton.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub meaning: Meaning,
    /// `*`: the right edge of a Latin word is open.
    pub open: bool,
}

/// The compiled words. Build once; judging is pure.
#[derive(Clone, Debug)]
pub struct Lexicon {
    pub(super) entities: Vec<EntityEntry>,
    pub(super) cues: Vec<Cue>,
    /// By pattern: one spelling can mean several things (a product and a cue).
    pub(super) terms: Vec<Vec<Term>>,
    pub(super) automaton: AhoCorasick,
    version: String,
}

/// Hex digits of the content hash.
const VERSION_DIGITS: usize = 12;

static EMBEDDED: LazyLock<Lexicon> = LazyLock::new(|| {
    Lexicon::load(&[
        ("entities.toml", include_str!("../../feeds/topics/entities.toml")),
        ("ban.toml", include_str!("../../feeds/topics/ban.toml")),
        ("distillation.toml", include_str!("../../feeds/topics/distillation.toml")),
        ("rules.toml", include_str!("../../feeds/topics/rules.toml")),
    ])
    .expect("the embedded lexicon is checked by a test")
});

impl Lexicon {
    /// Reads `(name, text)` pairs; the first fault names its file and line.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, LexiconFault> {
        let mut build = Build::default();
        let sources = files.iter().map(|(name, text)| Source::read(name, text)).collect::<Result<Vec<_>, _>>()?;
        for source in &sources {
            for row in &source.file.entity {
                build.entity(source, row)?;
            }
        }
        for source in &sources {
            for row in &source.file.entity {
                build.owner(source, row)?;
            }
            for row in &source.file.cue {
                build.cue(source, row)?;
            }
        }
        build.finish(files)
    }

    /// The lexicon the binary was built with.
    pub fn embedded() -> &'static Lexicon {
        &EMBEDDED
    }

    /// Hash of the content.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How often any word of the lexicon stands in folded text, without boundaries: the floor that judging is measured against.
    pub fn count_raw(&self, folded: &str) -> usize {
        self.automaton.find_overlapping_iter(folded).count()
    }
}

#[derive(Default)]
struct Build {
    entities: Vec<EntityEntry>,
    by_id: HashMap<String, usize>,
    cues: Vec<Cue>,
    patterns: HashMap<String, usize>,
    terms: Vec<Vec<Term>>,
}

impl Build {
    fn entity(&mut self, source: &Source<'_>, row: &EntityRow) -> Result<(), LexiconFault> {
        let index = self.entities.len();
        let id = row.id.get_ref().clone();
        if self.by_id.insert(id.clone(), index).is_some() {
            return Err(source.fault(row.id.span().start, format!("entity {id:?} is there twice")));
        }
        self.entities.push(EntityEntry { id, kind: row.kind, broad: row.broad, owner: None, place: row.place.clone() });
        let words = source.words([&row.en, &row.ko, &row.zh])?;
        if words.is_empty() {
            return Err(source.fault(row.id.span().start, "an entity needs an alias".to_owned()));
        }
        for (word, at) in words {
            let contextual = row.contextual.iter().any(|w| w == word);
            let shared = row.ambiguous.iter().any(|w| w == word);
            if let Some(other) = self.other_owner(word, index)
                && !shared
            {
                return Err(source.fault(at, format!("alias {word:?} already belongs to {other:?}")));
            }
            self.term(word, Meaning::Entity { entity: index, contextual });
        }
        Ok(())
    }

    fn other_owner(&self, word: &str, index: usize) -> Option<&str> {
        let pattern = *self.patterns.get(&normalize::fold_text(word))?;
        self.terms.get(pattern)?.iter().find_map(|term| match term.meaning {
            Meaning::Entity { entity, .. } if entity != index => self.entities.get(entity).map(|e| e.id.as_str()),
            _ => None,
        })
    }

    fn owner(&mut self, source: &Source<'_>, row: &EntityRow) -> Result<(), LexiconFault> {
        let Some(owner) = &row.owner else {
            if row.kind.is_made() {
                return Err(source.fault(row.id.span().start, "a product or model needs an owner".to_owned()));
            }
            return Ok(());
        };
        let found = self.by_id.get(owner.get_ref()).copied();
        let Some(found) = found else {
            return Err(source.fault(owner.span().start, format!("no entity {:?}", owner.get_ref())));
        };
        if let Some(entity) = self.by_id.get(row.id.get_ref()).and_then(|i| self.entities.get_mut(*i)) {
            entity.owner = Some(found);
        }
        Ok(())
    }

    fn cue(&mut self, source: &Source<'_>, row: &CueRow) -> Result<(), LexiconFault> {
        let at = row.class.span().start;
        let class = *row.class.get_ref();
        if (class == Class::Trigger) != row.action.is_some() {
            return Err(source.fault(at, "a trigger, and nothing else, has an action".to_owned()));
        }
        let words = source.words([&row.en, &row.ko, &row.zh])?;
        if words.is_empty() {
            return Err(source.fault(at, "a cue needs words".to_owned()));
        }
        let index = self.cues.len();
        let strength = row.strength.unwrap_or(Strength::Weak);
        self.cues.push(Cue { class, action: row.action, strength, gloss: row.gloss.clone() });
        for (word, _) in words {
            self.term(word, Meaning::Cue(index));
        }
        Ok(())
    }

    fn term(&mut self, word: &str, meaning: Meaning) {
        let folded = normalize::fold_text(word);
        let (text, open) = match folded.strip_suffix('*') {
            Some(stem) => (stem.to_owned(), true),
            None => (folded, false),
        };
        let pattern = *self.patterns.entry(text).or_insert_with(|| {
            self.terms.push(Vec::new());
            self.terms.len() - 1
        });
        if let Some(terms) = self.terms.get_mut(pattern)
            && !terms.iter().any(|t| t.meaning == meaning)
        {
            terms.push(Term { meaning, open });
        }
    }

    fn finish(self, files: &[(&str, &str)]) -> Result<Lexicon, LexiconFault> {
        let mut patterns: Vec<(&String, usize)> = self.patterns.iter().map(|(text, at)| (text, *at)).collect();
        patterns.sort_by_key(|(_, at)| *at);
        let automaton = AhoCorasick::new(patterns.iter().map(|(text, _)| text.as_str())).map_err(|e| LexiconFault {
            file: files.first().map_or_else(String::new, |(name, _)| (*name).to_owned()),
            line: 1,
            message: e.to_string(),
        })?;
        let mut hash = Sha256::new();
        for (name, text) in files {
            hash.update(name.as_bytes());
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        let mut version = hex::encode(hash.finalize());
        version.truncate(VERSION_DIGITS);
        Ok(Lexicon { entities: self.entities, cues: self.cues, terms: self.terms, automaton, version })
    }
}
