//! Language and script, kept apart: `zh` says nothing about Hans or Hant.
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// ISO 639-1. The three watched languages have names; others are told apart by code, never forced into the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    Ko,
    Zh,
    En,
    /// Two lower-case ASCII letters.
    Other([u8; 2]),
    Und,
}

/// ISO 15924.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Script {
    Hans,
    Hant,
    Kore,
    Jpan,
    Latn,
    Cyrl,
    Arab,
    Thai,
    Deva,
    /// Undetermined.
    Zyyy,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown {what} {value:?}")]
pub struct UnknownCode {
    pub what: &'static str,
    pub value: String,
}

impl Lang {
    pub const JA: Lang = Lang::Other(*b"ja");

    /// Accepts BCP 47 (`zh-TW`, `ko-KR`); only the language part counts.
    pub fn parse(text: &str) -> Result<Self, UnknownCode> {
        let unknown = || UnknownCode { what: "language", value: text.to_owned() };
        let primary = text.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        match primary.as_bytes() {
            b"ko" => Ok(Lang::Ko),
            b"zh" => Ok(Lang::Zh),
            b"en" => Ok(Lang::En),
            b"und" => Ok(Lang::Und),
            [a, b] if a.is_ascii_lowercase() && b.is_ascii_lowercase() => Ok(Lang::Other([*a, *b])),
            _ => Err(unknown()),
        }
    }

    /// One of the three languages whose articles are kept.
    pub fn is_watched(self) -> bool {
        matches!(self, Lang::Ko | Lang::Zh | Lang::En)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lang::Ko => f.write_str("ko"),
            Lang::Zh => f.write_str("zh"),
            Lang::En => f.write_str("en"),
            Lang::Und => f.write_str("und"),
            Lang::Other([a, b]) => write!(f, "{}{}", char::from(*a), char::from(*b)),
        }
    }
}

impl Serialize for Lang {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lang {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Lang::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Script {
    pub fn parse(text: &str) -> Result<Self, UnknownCode> {
        Ok(match text {
            "Hans" => Script::Hans,
            "Hant" => Script::Hant,
            "Kore" => Script::Kore,
            "Jpan" => Script::Jpan,
            "Latn" => Script::Latn,
            "Cyrl" => Script::Cyrl,
            "Arab" => Script::Arab,
            "Thai" => Script::Thai,
            "Deva" => Script::Deva,
            "Zyyy" => Script::Zyyy,
            _ => return Err(UnknownCode { what: "script", value: text.to_owned() }),
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Script::Hans => "Hans",
            Script::Hant => "Hant",
            Script::Kore => "Kore",
            Script::Jpan => "Jpan",
            Script::Latn => "Latn",
            Script::Cyrl => "Cyrl",
            Script::Arab => "Arab",
            Script::Thai => "Thai",
            Script::Deva => "Deva",
            Script::Zyyy => "Zyyy",
        }
    }
}
