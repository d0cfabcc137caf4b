//! One statement as recorded → what it asks for. Where a statement can be read two ways, the narrower reading holds.
use super::{Permit, Use};
use crate::model::RightsSignal;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A public licence that lets the text be passed on whole.
    Open,
    /// Reprinting, redistribution or use by AI forbidden in words.
    Forbids,
    /// Somebody claims the copyright, and says no more.
    Copyright,
    /// Terms that are named, not read.
    Terms,
    MiningReserved,
    NoTraining,
    NoInput,
    /// Not on public search pages.
    NoSearch,
    NoSnippet,
    NoArchive,
    MaxSnippet(usize),
    /// robots.txt forbids the page.
    Unvisited,
}

impl Reading {
    /// The most that may be given for this use; None when the statement does not speak of it.
    pub(super) fn cap(self, use_: Use) -> Option<Permit> {
        let passes_on = matches!(use_, Use::PublicPage | Use::Send | Use::Export | Use::Api);
        let if_passed_on = |permit| passes_on.then_some(permit);
        match self {
            Reading::Open => None,
            Reading::Forbids => (use_ != Use::Index).then_some(Permit::Quotation),
            Reading::Copyright | Reading::Terms | Reading::NoArchive | Reading::Unvisited => {
                if_passed_on(Permit::Quotation)
            }
            Reading::MiningReserved if use_ == Use::Export => Some(Permit::Metadata),
            Reading::MiningReserved => if_passed_on(Permit::Quotation),
            Reading::NoTraining => (use_ == Use::Export).then_some(Permit::Quotation),
            Reading::NoInput => matches!(use_, Use::Export | Use::Api).then_some(Permit::Quotation),
            Reading::NoSearch if use_ == Use::PublicPage => Some(Permit::Nothing),
            Reading::NoSearch | Reading::NoSnippet | Reading::MaxSnippet(0) => if_passed_on(Permit::Metadata),
            Reading::MaxSnippet(_) => if_passed_on(Permit::Quotation),
        }
    }

    pub(super) fn words(self) -> String {
        match self {
            Reading::Open => "a public licence".to_owned(),
            Reading::Forbids => "reprinting or use is forbidden".to_owned(),
            Reading::Copyright => "copyright is claimed".to_owned(),
            Reading::Terms => "it has terms of its own".to_owned(),
            Reading::MiningReserved => "text and data mining is reserved".to_owned(),
            Reading::NoTraining => "not for training".to_owned(),
            Reading::NoInput => "not as input of a model".to_owned(),
            Reading::NoSearch => "not on public search pages".to_owned(),
            Reading::NoSnippet => "no snippet".to_owned(),
            Reading::NoArchive => "no copy".to_owned(),
            Reading::MaxSnippet(chars) => format!("snippets of at most {chars} characters"),
            Reading::Unvisited => "robots.txt forbids the page".to_owned(),
        }
    }
}

/// Everything one statement says; a kind that is not known says nothing.
pub(super) fn read(signal: &RightsSignal) -> Vec<Reading> {
    let raw = signal.raw.as_str();
    match signal.kind.as_str() {
        "robots_txt" if raw.starts_with("forbidden") => vec![Reading::Unvisited],
        "x_robots_tag" | "robots_meta" => robots(raw),
        "tdm_reservation" if reserves(signal) => vec![Reading::MiningReserved],
        "content_usage" | "content_signal" => preferences(raw),
        "rsl_licence" => vec![Reading::Terms],
        "licence" | "feed_rights" | "footer" => vec![statement(signal)],
        _ => Vec::new(),
    }
}

/// `noindex, max-snippet:20`, `googlebot: nosnippet`; directives for one crawler count for everybody.
fn robots(raw: &str) -> Vec<Reading> {
    let lower = raw.to_lowercase();
    let mut words = lower.split([',', ':', ';', ' ', '\t']).filter(|word| !word.is_empty());
    let mut readings = Vec::new();
    while let Some(word) = words.next() {
        readings.extend(match word {
            "noindex" | "none" => Some(Reading::NoSearch),
            "nosnippet" => Some(Reading::NoSnippet),
            "noarchive" | "nocache" => Some(Reading::NoArchive),
            "noai" => Some(Reading::NoTraining),
            // -1 sets no limit; what is no number is taken for none allowed.
            "max-snippet" => {
                words.next().filter(|count| *count != "-1").map(|count| Reading::MaxSnippet(count.parse().unwrap_or(0)))
            }
            _ => None,
        });
    }
    readings
}

/// `1`, or a row of tdmrep.json. A policy's address reserves nothing by itself; a value nobody defined does.
fn reserves(signal: &RightsSignal) -> bool {
    if signal.place.contains("tdm-policy") {
        return false;
    }
    let value = match serde_json::from_str::<Value>(&signal.raw) {
        Ok(Value::Object(row)) => row.get("tdm-reservation").map(ToString::to_string).unwrap_or_default(),
        _ => signal.raw.clone(),
    };
    value.trim().trim_matches('"') != "0"
}

/// `train-ai=n, search=y`: IETF AI preferences and content signals in one reading.
fn preferences(raw: &str) -> Vec<Reading> {
    let lower = raw.to_lowercase();
    let pairs = lower.split([',', ';', ' ', '\t']).filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(_, value)| matches!(value.trim().trim_matches('"'), "n" | "no" | "0" | "?0" | "false"))
        .filter_map(|(name, _)| match name.trim() {
            "train-ai" | "ai-train" | "train-genai" => Some(Reading::NoTraining),
            "ai-input" | "ai-use" | "genai" => Some(Reading::NoInput),
            "tdm" | "bots" => Some(Reading::MiningReserved),
            "search" => Some(Reading::NoSearch),
            _ => None,
        })
        .collect()
}

static FORBIDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)무단\s*(전재|복제|배포|사용|이용|도용|복사|수집|인용)|재배포|(전재|복제|배포|학습|활용|이용)\S{0,3}\s*(을|를|이|은|는)?\s*금지|무단으로",
        r"|all rights? reserved|without (\S+ ){0,4}(permission|consent|authori[sz]ation)|prohibited|not be (\S+ ){0,3}(reproduced|republished|published|copied|used|redistributed)",
        r"|版权所有|版權所有|不许转载|不許轉載|(未经|未經).{0,16}(转载|轉載|使用|复制|複製|摘编)|(禁止|请勿|請勿|不得|严禁|嚴禁|谢绝|謝絕).{0,6}(转载|轉載|复制|複製|摘编|摘編|使用|抓取|训练|訓練)",
    ))
    .expect("the pattern is constant")
});

/// The licences that let anybody pass the text on whole, unchanged and with its source: BY, SA, ND and the public domain. NC
/// is not among them: what the text will be used for is not known here.
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)creativecommons\.org/(publicdomain/|licenses/by(-sa|-nd)?/)|\bcc[ -]?0\b|\bcc[ -]by([ -](sa|nd))?([ -]\d|$|[^ a-z0-9-]| [^n-])",
        r"|공공누리.{0,12}(1|3)\s*유형",
    ))
    .expect("the pattern is constant")
});

static COPYRIGHT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)ⓒ|©|\(c\)|copyright|저작권|版权|版權").expect("the pattern is constant"));

/// A sentence or an address that somebody wrote about use.
fn statement(signal: &RightsSignal) -> Reading {
    let raw = signal.raw.as_str();
    if FORBIDS.is_match(raw) {
        Reading::Forbids
    } else if OPEN.is_match(raw) {
        Reading::Open
    } else if signal.kind == "footer" || COPYRIGHT.is_match(raw) {
        Reading::Copyright
    } else {
        Reading::Terms
    }
}
