//! Language and script of a text: scripts first, a statistical detector only for what scripts leave open.
//!
//! Statistics alone were right on half of short code-mixed titles ("OpenAI, 딥시크 차단"); the script rule on all of them.
use super::normalize::{is_simplified, is_traditional};
use crate::model::{Lang, Script};

/// Characters looked at: the language of a page does not change after its first thousands.
const CHARS_MAX: usize = 20_000;
/// Share of letters that decides for Korean: a headline can be three Latin product names and one verb.
const HANGUL_SHARE_MIN: f64 = 0.08;
/// Share that decides for Chinese and Japanese: English headlines give Chinese names in brackets.
const HAN_SHARE_MIN: f64 = 0.15;
/// Kana share (of kana and Han) from which Han text is Japanese: quoted Japanese names stay below.
const KANA_SHARE_MIN: f64 = 0.10;
/// Latin texts shorter than this are too short for statistics.
const STATISTICS_LETTERS_MIN: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detected {
    pub lang: Lang,
    pub script: Option<Script>,
}

#[derive(Default)]
struct Letters {
    hangul: usize,
    kana: usize,
    han: usize,
    traditional: usize,
    simplified: usize,
    latin: usize,
    other: usize,
}

pub fn detect(text: &str) -> Detected {
    let letters = count(text);
    let all = letters.hangul + letters.kana + letters.han + letters.latin + letters.other;
    if all == 0 {
        return Detected { lang: Lang::Und, script: None };
    }
    let share = |count: usize| count as f64 / all as f64;
    let japanese = letters.kana as f64 >= KANA_SHARE_MIN * (letters.kana + letters.han) as f64;
    if letters.hangul > 0
        && letters.hangul >= letters.kana + letters.han / 2
        && share(letters.hangul) >= HANGUL_SHARE_MIN
    {
        Detected { lang: Lang::Ko, script: Some(Script::Kore) }
    } else if share(letters.han + letters.kana) >= HAN_SHARE_MIN {
        if letters.kana > 0 && japanese {
            Detected { lang: Lang::JA, script: Some(Script::Jpan) }
        } else {
            chinese(&letters)
        }
    } else {
        alphabetic(text, &letters)
    }
}

fn count(text: &str) -> Letters {
    let mut letters = Letters::default();
    for c in text.chars().take(CHARS_MAX) {
        match c {
            '\u{AC00}'..='\u{D7A3}' | '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' => letters.hangul += 1,
            '\u{3041}'..='\u{30FA}' | '\u{FF66}'..='\u{FF9D}' => letters.kana += 1,
            '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => {
                letters.han += 1;
                letters.traditional += usize::from(is_traditional(c));
                letters.simplified += usize::from(is_simplified(c));
            }
            'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | '\u{FF21}'..='\u{FF5A}' => {
                letters.latin += 1
            }
            c if c.is_alphabetic() => letters.other += 1,
            _ => {}
        }
    }
    letters
}

/// Without a character that tells the two apart, the script stays open.
fn chinese(letters: &Letters) -> Detected {
    let script = match letters.traditional.cmp(&letters.simplified) {
        std::cmp::Ordering::Greater => Some(Script::Hant),
        std::cmp::Ordering::Less => Some(Script::Hans),
        std::cmp::Ordering::Equal => None,
    };
    Detected { lang: Lang::Zh, script }
}

/// Latin and everything else: short Latin text is taken for English unless its letters say otherwise.
fn alphabetic(text: &str, letters: &Letters) -> Detected {
    let head: String = text.chars().take(CHARS_MAX).collect();
    let accented = head.chars().filter(|c| matches!(c, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')).count();
    if letters.latin >= letters.other && letters.latin < STATISTICS_LETTERS_MIN && accented == 0 {
        return Detected { lang: Lang::En, script: Some(Script::Latn) };
    }
    let Some(info) = whatlang::detect(&head) else { return Detected { lang: Lang::Und, script: None } };
    let found = Detected { lang: iso(info.lang()), script: Some(script(info.script())) };
    // English words in an unsure verdict weigh more than the statistics of a headline full of names.
    let unsure = !info.is_reliable() && accented == 0;
    let english =
        found.lang != Lang::En && found.script == Some(Script::Latn) && (unsure || function_words(&head) >= 0.12);
    if english { Detected { lang: Lang::En, script: Some(Script::Latn) } } else { found }
}

/// Share of words that only English uses so often.
fn function_words(text: &str) -> f64 {
    const WORDS: [&str; 22] = [
        "the", "of", "and", "to", "for", "with", "is", "on", "by", "its", "from", "that", "as", "at", "after", "over",
        "says", "has", "are", "will", "this", "it",
    ];
    let (mut all, mut english) = (0usize, 0usize);
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        all += 1;
        english += usize::from(WORDS.contains(&word.to_ascii_lowercase().as_str()));
    }
    if all == 0 { 0.0 } else { english as f64 / all as f64 }
}

/// ISO 639-1 where there is one; whatlang speaks ISO 639-3.
fn iso(lang: whatlang::Lang) -> Lang {
    const CODES: [(&str, &str); 40] = [
        ("eng", "en"),
        ("fra", "fr"),
        ("deu", "de"),
        ("spa", "es"),
        ("por", "pt"),
        ("ita", "it"),
        ("nld", "nl"),
        ("rus", "ru"),
        ("ukr", "uk"),
        ("pol", "pl"),
        ("ces", "cs"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("hrv", "hr"),
        ("srp", "sr"),
        ("bul", "bg"),
        ("ron", "ro"),
        ("hun", "hu"),
        ("fin", "fi"),
        ("est", "et"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("swe", "sv"),
        ("dan", "da"),
        ("nob", "no"),
        ("tur", "tr"),
        ("vie", "vi"),
        ("ind", "id"),
        ("tgl", "tl"),
        ("tha", "th"),
        ("ara", "ar"),
        ("heb", "he"),
        ("pes", "fa"),
        ("hin", "hi"),
        ("ben", "bn"),
        ("ell", "el"),
        ("cat", "ca"),
        ("epo", "eo"),
        ("lat", "la"),
        ("afr", "af"),
    ];
    let code = CODES.iter().find(|(three, _)| *three == lang.code()).map(|(_, two)| *two);
    code.and_then(|two| Lang::parse(two).ok()).unwrap_or(Lang::Und)
}

fn script(script: whatlang::Script) -> Script {
    match script {
        whatlang::Script::Latin => Script::Latn,
        whatlang::Script::Cyrillic => Script::Cyrl,
        whatlang::Script::Arabic => Script::Arab,
        whatlang::Script::Thai => Script::Thai,
        whatlang::Script::Devanagari => Script::Deva,
        _ => Script::Zyyy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_decide_before_statistics() {
        let cases = [
            ("OpenAI, 딥시크 챗봇 사용 금지", "ko", Some(Script::Kore)),
            ("Anthropic Claude Code API 차단", "ko", Some(Script::Kore)),
            ("Alibaba 全面禁用 Claude Code", "zh", None),
            ("数位发展部禁用 DeepSeek", "zh", Some(Script::Hans)),
            ("數位發展部禁用 DeepSeek", "zh", Some(Script::Hant)),
            ("ディープシークの利用を禁止", "ja", Some(Script::Jpan)),
            ("US bans DeepSeek", "en", Some(Script::Latn)),
            ("Ministry of Education bans the use of chatbots on its own devices", "en", Some(Script::Latn)),
            (
                "Le ministère interdit l'usage du robot conversationnel dans les écoles publiques",
                "fr",
                Some(Script::Latn),
            ),
            (
                "Министерство запретило сотрудникам пользоваться чат-ботами, объяснив это тем, что данные могли быть переданы",
                "ru",
                Some(Script::Cyrl),
            ),
            (
                "Das Ministerium untersagt die Nutzung des Dienstes auf allen Geräten der Behörde",
                "de",
                Some(Script::Latn),
            ),
            ("12:30 — 2026", "und", None),
        ];
        for (text, lang, script) in cases {
            let found = detect(text);
            assert_eq!((found.lang.to_string().as_str(), found.script), (lang, script), "{text}");
        }
    }
}
