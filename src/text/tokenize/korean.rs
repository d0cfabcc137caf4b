//! Where Hangul words begin and end inside an eojeol (the text between two spaces), without a dictionary: particles,
//! verbal endings of Sino-Korean nouns, and a short list of common nouns that form compounds.
use std::collections::HashSet;
use std::sync::LazyLock;

/// Particles and endings that attach to a noun. They stack (까지+도, 에서+는).
const PARTICLES: &[&str] = &[
    "이",
    "가",
    "은",
    "는",
    "을",
    "를",
    "의",
    "에",
    "도",
    "로",
    "만",
    "와",
    "과",
    "나",
    "랑",
    "들",
    "께",
    "야",
    "여",
    "에서",
    "에게",
    "에겐",
    "에선",
    "으로",
    "부터",
    "까지",
    "마저",
    "조차",
    "처럼",
    "보다",
    "한테",
    "이나",
    "이랑",
    "이라도",
    "라도",
    "이야",
    "이든",
    "든지",
    "밖에",
    "대로",
    "같이",
    "마다",
    "하고",
    "께서",
    "에서의",
    "으로서",
    "로서",
    "으로써",
    "로써",
    "이라",
    "라",
    "이라고",
    "라고",
    "이라는",
    "라는",
    "이라며",
    "라며",
    "이라면",
    "라면",
    "이란",
    "란",
    "이며",
    "며",
    "이고",
    "이자",
    "인",
    "인데",
    "인지",
    "이다",
    "다",
    "이었다",
    "였다",
    "이었던",
    "였던",
    "입니다",
    "임",
    "일",
    "이지만",
    "지만",
    "이어서",
    "여서",
    "엔",
    "뿐",
    "이나마",
    "치고",
    "씩",
    "쯤",
    "요",
];

/// Verbs that make a verb of a noun, by their form: (stem, endings that follow it).
const VERBS: &[(&[&str], &[&str])] = &[
    (&["하", "되", "시키", "당하", "받"], PLAIN),
    (&["했", "하였", "됐", "되었", "시켰", "당했", "받았"], PAST),
    (&["한", "된", "시킨", "당한", "받은", "받는"], ADNOMINAL),
    (&["할", "될", "시킬", "당할", "받을"], PROSPECTIVE),
    (&["함", "됨", "시킴", "당함", "받음"], &[""]),
    (&["합", "됩", "시킵", "당합"], &["니다", "니까"]),
    (
        &["해", "돼", "되어", "시켜", "당해", "받아"],
        &["", "서", "도", "야", "라", "왔다", "왔던", "온", "왔다고", "졌다", "진", "주"],
    ),
];

const PLAIN: &[&str] = &[
    "다",
    "고",
    "며",
    "는",
    "지",
    "지만",
    "지는",
    "지도",
    "기",
    "던",
    "면",
    "면서",
    "자",
    "자고",
    "자는",
    "게",
    "도록",
    "려",
    "려는",
    "려고",
    "거나",
    "라",
    "라고",
    "라는",
    "여",
    "여야",
    "여서",
    "었다",
    "었던",
    "는데",
    "는지",
    "니",
    "니까",
    "세요",
    "겠다",
    "겠다고",
    "겠다는",
    "는다",
    "는다고",
    "기로",
    "기도",
    "기에",
    "지않",
    "지못",
    "느라",
    "므로",
    "으며",
    "으면",
    "으로",
];
const PAST: &[&str] = &[
    "다",
    "고",
    "으며",
    "지만",
    "던",
    "다고",
    "다는",
    "다며",
    "다면",
    "음",
    "는데",
    "는지",
    "을",
    "으나",
    "습니다",
    "기",
    "거나",
    "으면",
];
const ADNOMINAL: &[&str] = &["", "다", "다고", "다는", "다며", "다면", "다는데", "지", "데", "채"];
const PROSPECTIVE: &[&str] = &["", "지", "수록", "까", "때", "것", "수"];

/// One-syllable nouns and suffixes that close a compound (금지령, 이용법).
const SUFFIXES: &[&str] = &[
    "령", "법", "안", "측", "사", "발", "산", "계", "식", "형", "용", "어", "화", "적", "권", "률", "율", "제", "론",
    "국",
];

/// Particles stack at most this deep (까지+만+은).
const STACK_MAX: usize = 3;

static NOUNS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("nouns.txt").split_whitespace().collect());

static VERB_TAILS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let forms = |(stems, endings): &(&[&str], &[&str])| -> Vec<String> {
        stems.iter().flat_map(|stem| endings.iter().map(move |ending| format!("{stem}{ending}"))).collect()
    };
    VERBS.iter().flat_map(forms).collect()
});

static PARTICLE_SET: LazyLock<HashSet<&'static str>> = LazyLock::new(|| PARTICLES.iter().copied().collect());

/// Longest eojeol that is taken apart; a longer one is one word (nobody writes them, but pages hold them).
const EOJEOL_CHARS_MAX: usize = 24;

/// True when nothing but particles and verbal endings is left.
pub(super) fn is_tail(rest: &str) -> bool {
    is_tail_within(rest, STACK_MAX)
}

fn is_tail_within(rest: &str, stack: usize) -> bool {
    if rest.is_empty() || VERB_TAILS.contains(rest) || PARTICLE_SET.contains(rest) {
        return true;
    }
    stack > 0
        && rest.char_indices().skip(1).any(|(at, _)| {
            rest.split_at_checked(at).is_some_and(|(head, tail)| {
                (PARTICLE_SET.contains(head) || VERB_TAILS.contains(head)) && is_tail_within(tail, stack - 1)
            })
        })
}

/// The word of an eojeol without particles and endings, in syllables from its beginning: at least two, unless it has fewer.
pub(super) fn stem_chars(eojeol: &str) -> usize {
    let chars = eojeol.chars().count();
    if chars > EOJEOL_CHARS_MAX {
        return chars;
    }
    let two_or_more = eojeol.char_indices().enumerate().skip(2);
    for (index, (at, _)) in two_or_more {
        if eojeol.split_at_checked(at).is_some_and(|(_, rest)| is_tail(rest)) {
            return index;
        }
    }
    chars
}

/// Where words may begin and end inside an eojeol, in syllables.
pub(super) struct Boundaries {
    pub(super) starts: Vec<usize>,
    pub(super) ends: Vec<usize>,
}

pub(super) fn boundaries(eojeol: &str) -> Boundaries {
    let chars = eojeol.chars().count();
    let mut found = Boundaries { starts: vec![0], ends: Vec::new() };
    if chars <= EOJEOL_CHARS_MAX {
        for (index, (at, _)) in eojeol.char_indices().enumerate().skip(1) {
            let Some((head, rest)) = eojeol.split_at_checked(at) else { continue };
            let tail = is_tail(rest);
            // 한국인 + 이란: what reads as a particle is not the country.
            if !tail && is_compound(head) {
                found.starts.push(index);
            }
            if tail || opens_compound(rest) {
                found.ends.push(index);
            }
        }
    }
    found.ends.push(chars);
    found
}

/// One or more known nouns and nothing else.
fn is_compound(text: &str) -> bool {
    splits(text).any(|(head, rest)| NOUNS.contains(head) && (rest.is_empty() || is_compound(rest)))
}

/// A known noun or suffix, perhaps more of them, then perhaps particles.
fn opens_compound(text: &str) -> bool {
    splits(text).any(|(head, rest)| {
        (NOUNS.contains(head) || SUFFIXES.contains(&head)) && (is_tail(rest) || opens_compound(rest))
    })
}

/// Every way to cut a non-empty head off.
fn splits(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .chain(std::iter::once(text.len()))
        .filter_map(|at| text.split_at_checked(at))
        .filter(|(head, _)| !head.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_and_endings_come_off() {
        for (eojeol, stem) in [
            ("알리바바가", "알리바바"),
            ("알리바바까지도", "알리바바"),
            ("금지했다", "금지"),
            ("금지된", "금지"),
            ("증류했다는", "증류"),
            ("정부는", "정부"),
            ("딥시크의", "딥시크"),
            ("금지", "금지"),
            ("법을", "법을"),
        ] {
            let kept: String = eojeol.chars().take(stem_chars(eojeol)).collect();
            assert_eq!(kept, stem, "{eojeol}");
        }
    }

    #[test]
    fn words_begin_and_end_at_nouns_and_particles_only() {
        let inside = |word: &str, eojeol: &str| {
            let (all, wanted): (Vec<char>, Vec<char>) = (eojeol.chars().collect(), word.chars().collect());
            let found = boundaries(eojeol);
            found.starts.iter().any(|start| found.ends.iter().any(|end| all.get(*start..*end) == Some(&wanted[..])))
        };
        for (word, eojeol) in [
            ("금지", "이용금지령을"),
            ("정부", "한국정부는"),
            ("삼성", "삼성전자는"),
            ("증류", "불법증류를"),
            ("메타", "메타가"),
        ] {
            assert!(inside(word, eojeol), "{word} in {eojeol}");
        }
        for (word, eojeol) in [
            ("이란", "한국인이란"),
            ("메타", "메타버스"),
            ("한국", "대한국민당"),
            ("라인", "온라인"),
            ("인도", "본인도"),
        ] {
            assert!(!inside(word, eojeol), "{word} in {eojeol}");
        }
    }
}
