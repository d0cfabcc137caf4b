//! The one normaliser: NFKC, lower case, traditional → simplified, with a map back to the original.
//!
//! Topics, search and copy detection all compare folded text, so a term matches in every width, case and script form.
use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// Changes when the same text would fold differently; kept on every article and in the index.
pub const VERSION: &str = "1";

/// Derived from OpenCC (Apache-2.0), see `hant_hans.README`.
static HANT_HANS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    include_str!("hant_hans.txt")
        .lines()
        .filter_map(|line| {
            let mut chars = line.chars();
            Some((chars.next()?, chars.next()?))
        })
        .collect()
});

/// Folded text; `origin[i]` is the index, in Unicode scalars, of the original character that folded char `i` came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    pub text: String,
    pub origin: Vec<u32>,
    original_chars: u32,
}

impl Folded {
    /// The original half-open scalar range of the folded half-open scalar range.
    pub fn original_range(&self, start: usize, end: usize) -> (usize, usize) {
        let at = |i: usize| self.origin.get(i).copied().unwrap_or(self.original_chars) as usize;
        if start >= end {
            return (at(start), at(start));
        }
        // The end is where the character after the last one begins: one original char can fold to several.
        let last = at(end - 1);
        let mut next = end;
        while next < self.origin.len() && at(next) == last {
            next += 1;
        }
        (at(start), at(next))
    }
}

/// Traditional → simplified, character by character; others unchanged.
pub fn simplify(c: char) -> char {
    if c < '\u{3400}' { c } else { HANT_HANS.get(&c).copied().unwrap_or(c) }
}

/// True when the character has a different simplified form: evidence for Hant.
pub fn is_traditional(c: char) -> bool {
    c >= '\u{3400}' && HANT_HANS.contains_key(&c)
}

/// Simplified forms of rarer characters that traditional text uses too, in a sense of their own (面 beside 麵, 台 beside 臺).
const SHARED: &str = "面后里干台斗松谷余云系几丑征准致范胡咸向回家志才朱板核梁欲沈泛注游烟秋群舍着表制周佣借卷合同姜岩布幸彩御愿戚托折\
旋昆暗曲果殿涂熏父猫私秘究符籍糊耀舒苟蒙蔑裸踪遂采雇雕霉韵麻默症別升千吃凶凌克冬付仆";

/// True when the character is the simplified form of another and no traditional text has it: evidence for Hans.
pub fn is_simplified(c: char) -> bool {
    static SIMPLIFIED: LazyLock<std::collections::HashSet<char>> = LazyLock::new(|| {
        HANT_HANS.values().filter(|c| !HANT_HANS.contains_key(c) && !SHARED.contains(**c)).copied().collect()
    });
    c >= '\u{3400}' && SIMPLIFIED.contains(&c)
}

pub fn fold(text: &str) -> Folded {
    let mut out =
        Folded { text: String::with_capacity(text.len()), origin: Vec::with_capacity(text.len()), original_chars: 0 };
    fold_each(text, |c, origin| {
        out.text.push(c);
        out.origin.push(origin);
    });
    out.original_chars = text.chars().count() as u32;
    out
}

/// `fold` without the map.
pub fn fold_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_each(text, |c, _| out.push(c));
    out
}

/// Folds cluster by cluster (a starter and the marks and jamo that compose with it), so that each result maps to its cluster.
fn fold_each(text: &str, mut push: impl FnMut(char, u32)) {
    let mut chars = text.chars().zip(0u32..).peekable();
    let mut cluster = String::new();
    while let Some((first, origin)) = chars.next() {
        let alone = chars.peek().is_none_or(|(next, _)| !joins_previous(*next));
        if alone && is_plain(first) {
            push(simplify(first.to_ascii_lowercase()), origin);
            continue;
        }
        cluster.clear();
        cluster.push(first);
        // UAX #15 stream-safe text has at most 30 marks; beyond that a cluster is cut.
        while let Some((next, _)) = chars.next_if(|(c, _)| joins_previous(*c) && cluster.len() < CLUSTER_BYTES_MAX) {
            cluster.push(next);
        }
        // Lower case can undo NFKC (İ → i + mark), so normalise again after it; Fullwidth and ligatures are done by NFKC.
        let lower: String = cluster.nfkc().flat_map(char::to_lowercase).collect();
        for c in lower.nfkc() {
            push(simplify(c), origin);
        }
    }
}

const CLUSTER_BYTES_MAX: usize = 128;

/// Unchanged by NFKC on its own and with simple case: ASCII, Hangul syllables, unified ideographs, kana.
fn is_plain(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '\u{AC00}'..='\u{D7A3}' | '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}')
}

fn joins_previous(c: char) -> bool {
    c >= '\u{300}'
        && (canonical_combining_class(c) != 0
            || matches!(c, '\u{1160}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FB}' | '\u{3099}' | '\u{309A}' | '\u{FF9E}' | '\u{FF9F}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, folded: &str) {
        let full = fold(text);
        assert_eq!(full.text, folded);
        assert_eq!(fold_text(text), folded);
        assert_eq!(full.text.chars().count(), full.origin.len());
    }

    #[test]
    fn widths_cases_and_scripts_fold_together() {
        check("ＣｈａｔＧＰＴ", "chatgpt");
        check("챗GPT 금지", "챗gpt 금지");
        check("蒸餾攻擊", "蒸馏攻击");
        check("\u{1112}\u{1161}\u{11AB}글", "한글");
        check("ﬁne ½", "fine 1⁄2");
    }

    #[test]
    fn ranges_map_back_to_the_original() {
        let folded = fold("ﬁne 禁");
        // "fi" is one original character.
        assert_eq!(folded.original_range(0, 1), (0, 1));
        assert_eq!(folded.original_range(0, 2), (0, 1));
        assert_eq!(folded.original_range(2, 4), (1, 3));
        assert_eq!(folded.original_range(5, 6), (4, 5));
    }
}
