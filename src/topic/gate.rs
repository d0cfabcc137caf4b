//! Whether title and summary alone can rule an article out, before its page is fetched. Leans far towards passing.
use super::document::Document;
use super::lexicon::{Lexicon, Meaning};
use super::source::{Class, EntityKind};
use serde::Serialize;

/// Some feeds put whole articles into the summary; its beginning says what it is about.
const SUMMARY_CHARS_MAX: usize = 1_000;

/// Of an AI product in general.
const AI: [Class; 3] = [Class::AiNoun, Class::AiWord, Class::ModelWord];
/// Of an act this program watches for, in the widest sense.
const ACT: [Class; 9] = [
    Class::Trigger,
    Class::Distil,
    Class::Conduct,
    Class::Accuse,
    Class::Sanction,
    Class::Legislate,
    Class::Investigate,
    Class::Measure,
    Class::Deny,
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    pub pass: bool,
    /// In words.
    pub why: String,
}

impl Lexicon {
    /// Passes what names a vendor, product or model, or distillation, or an AI product together with an act. What says
    /// nothing passes too: there is nothing to rule it out by.
    pub fn gate(&self, title: &str, summary: &str) -> Gate {
        let summary: String = summary.chars().take(SUMMARY_CHARS_MAX).collect();
        if title.trim().is_empty() && summary.trim().is_empty() {
            return Gate { pass: true, why: "no title and no summary to judge by".to_owned() };
        }
        let document = Document::with_every_name(self, title, &summary);
        let hits = || document.sentences.iter().flat_map(|sentence| &sentence.hits);
        let named = hits().find_map(|hit| match hit.meaning {
            Meaning::Entity { entity, .. } => {
                self.entities.get(entity).filter(|entity| entity.kind == EntityKind::Vendor || entity.kind.is_made())
            }
            Meaning::Cue(_) => None,
        });
        if let Some(entity) = named {
            return Gate { pass: true, why: format!("names {} ({})", entity.id, EntityKind::as_str(entity.kind)) };
        }
        let has = |classes: &[Class]| {
            hits().any(|hit| match hit.meaning {
                Meaning::Cue(cue) => self.cues.get(cue).is_some_and(|cue| classes.contains(&cue.class)),
                Meaning::Entity { .. } => false,
            })
        };
        if has(&[Class::DistilPure]) {
            return Gate { pass: true, why: "speaks of distillation".to_owned() };
        }
        let (ai, act) = (has(&AI), has(&ACT));
        let why = match (ai, act) {
            (true, true) => "speaks of AI and of an act",
            (true, false) => "names no AI vendor, product or model; speaks of AI, but of no act",
            (false, true) => "names no AI vendor, product or model, and speaks of none",
            (false, false) => "names no AI vendor, product or model, and speaks of neither AI nor an act",
        };
        Gate { pass: ai && act, why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_on_topic_passes() {
        let lexicon = Lexicon::embedded();
        let cases = [
            ("Ministry bans DeepSeek on its devices", "", true),
            ("알리바바, 클로드 코드 사용 금지", "", true),
            ("OpenAI指控对手蒸馏其模型", "", true),
            ("Council weighs a ban on AI in its offices", "", true),
            ("공공기관, 챗봇 사용 제한", "", true),
            ("学校禁止使用人工智能工具", "", true),
            ("School board acts", "The board voted to block chatbots on every pupil's device.", true),
            ("", "", true),
            ("Noodle soup in half an hour", "Bring the stock to the boil.", false),
            ("프로야구 개막전 매진", "관중이 몰렸다.", false),
            ("城市马拉松周日举行", "", false),
            ("Bakery bans plastic bags", "The ban takes effect on Monday.", false),
        ];
        for (title, summary, pass) in cases {
            let gate = lexicon.gate(title, summary);
            assert_eq!(gate.pass, pass, "{title}: {}", gate.why);
            assert!(!gate.why.is_empty());
        }
        let late = format!("{} DeepSeek is banned.", "Nothing here. ".repeat(100));
        assert!(!lexicon.gate("Weekend", &late).pass, "only the beginning of a summary is read");
    }
}
