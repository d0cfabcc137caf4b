//! The TOML files as written, read strictly: an unknown key or word is a fault with its line.
use super::lexicon::LexiconFault;
use crate::model::Action;
use serde::Deserialize;
use toml::Spanned;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EntityKind {
    Vendor,
    Product,
    Model,
    Org,
    Agency,
    Place,
    Outlet,
}

impl EntityKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Product => "product",
            Self::Model => "model",
            Self::Org => "org",
            Self::Agency => "agency",
            Self::Place => "place",
            Self::Outlet => "outlet",
        }
    }

    pub(super) fn is_made(self) -> bool {
        matches!(self, Self::Product | Self::Model)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Class {
    Trigger,
    Modal,
    Negation,
    Background,
    Court,
    SetsAside,
    Measure,
    Scope,
    Reason,
    Authority,
    AiNoun,
    /// AI by name alone: enough to look at a page, too little to judge one by.
    AiWord,
    Anaphor,
    OutletVerb,
    Anonymous,
    Rumour,
    Instead,
    Effective,
    Immediate,
    Ends,
    /// The sentence speaks of something that looks like a ban and is none.
    Veto,
    /// A longer word that hides a cue inside it and says nothing itself.
    Swallow,
    Footer,
    DistilPure,
    Distil,
    Conduct,
    /// With `TrainVerb` in one sentence: as good as `Conduct`.
    OutputNoun,
    TrainVerb,
    ModelWord,
    Accuse,
    Deny,
    Admit,
    Investigate,
    Sanction,
    Legislate,
    Research,
    Unrelated,
    Forum,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Strength {
    Strong,
    Weak,
}

type Words = Option<Spanned<Vec<Spanned<String>>>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntityRow {
    pub id: Spanned<String>,
    #[serde(rename = "type")]
    pub kind: EntityKind,
    #[serde(default)]
    pub broad: bool,
    pub owner: Option<Spanned<String>>,
    pub place: Option<String>,
    pub en: Words,
    pub ko: Words,
    pub zh: Words,
    #[serde(default)]
    pub contextual: Vec<String>,
    /// Aliases this entity shares with another one on purpose; the first entity in the file wins.
    #[serde(default)]
    pub ambiguous: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CueRow {
    pub class: Spanned<Class>,
    pub action: Option<Action>,
    pub strength: Option<Strength>,
    pub gloss: Option<String>,
    pub en: Words,
    pub ko: Words,
    pub zh: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    #[serde(default)]
    pub entity: Vec<EntityRow>,
    #[serde(default)]
    pub cue: Vec<CueRow>,
}

/// One named text with what was read from it.
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
    pub file: SourceFile,
}

impl<'a> Source<'a> {
    pub(super) fn read(name: &'a str, text: &'a str) -> Result<Self, LexiconFault> {
        let file = toml::from_str(text).map_err(|e| LexiconFault {
            file: name.to_owned(),
            line: e.span().map_or(1, |span| line_of(text, span.start)),
            message: e.message().to_owned(),
        })?;
        Ok(Self { name, text, file })
    }

    pub(super) fn fault(&self, at: usize, message: String) -> LexiconFault {
        LexiconFault { file: self.name.to_owned(), line: line_of(self.text, at), message }
    }

    /// Every word of the three languages with where it stands; an empty list or word is a fault.
    pub(super) fn words<'w>(&self, lists: [&'w Words; 3]) -> Result<Vec<(&'w str, usize)>, LexiconFault> {
        let mut words = Vec::new();
        for list in lists.into_iter().flatten() {
            if list.get_ref().is_empty() {
                return Err(self.fault(list.span().start, "empty list".to_owned()));
            }
            for word in list.get_ref() {
                if word.get_ref().trim().is_empty() {
                    return Err(self.fault(word.span().start, "empty word".to_owned()));
                }
                words.push((word.get_ref().as_str(), word.span().start));
            }
        }
        Ok(words)
    }
}

/// 1-based line of a byte offset.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}
