//! Pages that hold their article twice, in two languages: one of them is the text.
use super::block::Measure;
use crate::model::Lang;
use crate::text::lang;
use std::collections::HashSet;

/// Of all words, in each of the two.
const SHARE_MIN: f32 = 0.25;
/// The two together: a third language beside them is another kind of page.
const BOTH_MIN: f32 = 0.9;
/// Pairs of paragraphs from which on languages that take turns are a form, not quotations.
const PAIRS_MIN: usize = 3;
/// Numbers and Latin names that the two must have in common, and their share of the one with fewer.
const SHARED_MIN: usize = 2;
const SHARED_SHARE_MIN: f32 = 0.5;
/// Shorter paragraphs take the language of the one before.
const WORDS_MIN: f32 = 4.0;

pub(super) struct Split {
    pub(super) body: String,
    /// Of what is left out.
    pub(super) other: Lang,
    pub(super) other_chars: usize,
}

/// The smaller part is at least one in so many words.
const SCRIPT_SHARE_INVERSE: usize = 5;

/// None: one language, or two of which neither repeats the other.
pub(super) fn split(body: &str, declared: Lang) -> Option<Split> {
    if !has_two_scripts(body) {
        return None;
    }
    let paragraphs: Vec<&str> = body.split("\n\n").collect();
    let langs = languages(&paragraphs)?;
    let words: Vec<f32> = paragraphs.iter().map(|text| Measure::of(text, 0, 0).words).collect();
    let (one, two) = both(&langs, &words)?;
    if !is_form(&langs) || !same_article(&paragraphs, &langs, (one, two)) {
        return None;
    }
    let (main, other) = if declared == two { (two, one) } else { (one, two) };
    let of = |wanted: Lang| -> Vec<&str> {
        paragraphs.iter().zip(&langs).filter(|(_, lang)| **lang == wanted).map(|(text, _)| *text).collect()
    };
    let other_chars = of(other).iter().map(|text| text.chars().count()).sum();
    Some(Split { body: of(main).join("\n\n"), other, other_chars })
}

/// Two of the languages read here never share a script: a look at the letters saves asking for the language of every paragraph.
fn has_two_scripts(body: &str) -> bool {
    let (mut latin, mut han, mut hangul) = (0usize, 0usize, 0usize);
    for c in body.chars() {
        match c {
            'a'..='z' | 'A'..='Z' => latin += 1,
            '\u{3400}'..='\u{9FFF}' => han += 1,
            '\u{AC00}'..='\u{D7AF}' => hangul += 1,
            _ => {}
        }
    }
    // A word of Latin script has some five letters.
    let mut words = [latin / 5, han / 2, hangul / 2];
    words.sort_unstable();
    words[1] * SCRIPT_SHARE_INVERSE >= words[2].max(1)
}

/// One language a paragraph; None when there is but one.
fn languages(paragraphs: &[&str]) -> Option<Vec<Lang>> {
    let own: Vec<Option<Lang>> = paragraphs.iter().map(|text| language(text)).collect();
    let mut last = own.iter().flatten().next().copied()?;
    let langs: Vec<Lang> = own
        .into_iter()
        .map(|lang| {
            last = lang.unwrap_or(last);
            last
        })
        .collect();
    langs.iter().any(|lang| *lang != last).then_some(langs)
}

fn language(text: &str) -> Option<Lang> {
    let found = lang::detect(text).lang;
    (found.is_watched() && Measure::of(text, 0, 0).words >= WORDS_MIN).then_some(found)
}

/// The two languages that make up the text, the larger first.
fn both(langs: &[Lang], words: &[f32]) -> Option<(Lang, Lang)> {
    let all: f32 = words.iter().sum();
    let share = |wanted: Lang| -> f32 {
        langs.iter().zip(words).filter(|(lang, _)| **lang == wanted).map(|(_, words)| words).sum::<f32>() / all.max(1.0)
    };
    let mut shares: Vec<(Lang, f32)> = [Lang::Ko, Lang::Zh, Lang::En].map(|lang| (lang, share(lang))).into();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    match shares.as_slice() {
        [(one, a), (two, b), ..] if *b >= SHARE_MIN && a + b >= BOTH_MIN => Some((*one, *two)),
        _ => None,
    }
}

/// One language after the other, or the two in turns all the way.
fn is_form(langs: &[Lang]) -> bool {
    let turns = langs.windows(2).filter(|pair| pair[0] != pair[1]).count();
    turns == 1 || (turns + 1 >= 2 * PAIRS_MIN && (turns + 1) * 3 >= langs.len() * 2)
}

/// A translation keeps the numbers and the names in Latin letters; a quotation has its own.
fn same_article(paragraphs: &[&str], langs: &[Lang], (one, two): (Lang, Lang)) -> bool {
    let anchors = |wanted: Lang| -> HashSet<String> {
        let texts = paragraphs.iter().zip(langs).filter(|(_, lang)| **lang == wanted);
        texts.flat_map(|(text, _)| anchors(text)).collect()
    };
    let (a, b) = (anchors(one), anchors(two));
    let shared = a.intersection(&b).count();
    shared >= SHARED_MIN && shared as f32 >= SHARED_SHARE_MIN * a.len().min(b.len()) as f32
}

/// Numbers without their separators, and Latin words.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let joined = text.replace(',', "");
    let words: Vec<String> = joined.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect();
    words.into_iter().filter(|word| word.len() >= 3 || (!word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KO: [&str; 3] = [
        "벨마크 교육부는 3일 정부 기기 4,000대에서 DeepSeek 사용을 금지한다고 발표했다.",
        "교육부는 이 챗봇이 이용자 자료를 해외로 보낸다며 직원들에게 앱을 지우라고 했다.",
        "DeepSeek는 논평 요청에 답하지 않았고 다른 부처 2곳도 같은 조치를 검토하고 있다고 대변인은 말했다.",
    ];
    const EN: [&str; 3] = [
        "The Ministry of Education of Velmark said on July 3 that DeepSeek is banned on 4,000 government devices.",
        "The ministry said the chatbot sends user data abroad and told its employees to delete the app.",
        "DeepSeek did not answer a request for comment; 2 other ministries weigh the same step, a spokesman said.",
    ];

    fn joined(parts: &[&str]) -> String {
        parts.join("\n\n")
    }

    #[test]
    fn the_second_language_is_left_out_and_the_declared_one_stays() {
        let page = joined(&[&KO[..], &EN[..]].concat());
        let split_ko = split(&page, Lang::Ko).expect("two languages");
        assert_eq!((split_ko.body, split_ko.other), (joined(&KO), Lang::En));
        let split_en = split(&page, Lang::En).expect("two languages");
        assert_eq!((split_en.body, split_en.other), (joined(&EN), Lang::Ko));
        let larger = split(&page, Lang::Und).expect("two languages");
        assert_eq!(larger.other_chars, KO.iter().map(|text| text.chars().count()).sum::<usize>(), "English has more");
    }

    #[test]
    fn paragraphs_in_pairs_are_taken_apart() {
        let pairs: Vec<&str> = KO.iter().zip(&EN).flat_map(|(ko, en)| [*ko, *en]).collect();
        assert_eq!(split(&joined(&pairs), Lang::Ko).expect("pairs").body, joined(&KO));
    }

    #[test]
    fn a_long_quotation_is_no_second_edition() {
        let statement = [
            "We are aware of the reports and take the privacy of our users very seriously at all times.",
            "Our teams are reviewing the decision and will respond to the regulator within ten working days.",
        ];
        assert!(split(&joined(&[&KO[..], &statement[..]].concat()), Lang::Ko).is_none());
        assert!(split(&joined(&KO), Lang::Ko).is_none());
        let between = joined(&[KO[0], EN[0], EN[1], EN[2], KO[1], KO[2]]);
        assert!(split(&between, Lang::Ko).is_none(), "a block in the middle is a quotation");
    }
}
