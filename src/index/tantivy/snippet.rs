//! Where the words of a query stand in the original text, and the part of it worth showing.
use crate::index::Snippet;
use crate::query::{Expr, Query};
use crate::text::tokenize::{self, Shape};

/// Scalars of a snippet.
const SNIPPET_CHARS: usize = 160;

/// A longer run without a space is cut where it is.
const WORD_CHARS_MAX: usize = 20;

/// Only the beginning of a very long text is looked through: a snippet must not cost more than the search.
const LOOKED_AT_CHARS_MAX: usize = 20_000;

/// What is looked for in the text of a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needle {
    Stem {
        stem: String,
        label: String,
    },
    Prefix {
        letters: String,
        label: String,
    },
    /// Letters in a row, spaces and punctuation not counted.
    Row {
        letters: Vec<char>,
        label: String,
    },
}

impl Needle {
    pub(super) fn label(&self) -> &str {
        match self {
            Needle::Stem { label, .. } | Needle::Prefix { label, .. } | Needle::Row { label, .. } => label,
        }
    }
}

/// Every word and phrase that is not negated, each once.
pub(super) fn needles(query: &Query) -> Vec<Needle> {
    let mut out = Vec::new();
    collect(&query.expr, &mut out);
    let mut seen = std::collections::HashSet::new();
    out.retain(|needle| seen.insert(needle.label().to_owned()));
    out
}

fn collect(expr: &Expr, out: &mut Vec<Needle>) {
    match expr {
        Expr::Word(_, text) => out.push(match tokenize::shape(text) {
            Shape::Stem(stem) => Needle::Stem { stem, label: text.clone() },
            _ => row(text),
        }),
        Expr::Prefix(_, text) => out.push(match (tokenize::shape(text), tokenize::prefix(text)) {
            (Shape::Stem(_), Some(letters)) => Needle::Prefix { letters, label: format!("{text}*") },
            _ => row(text),
        }),
        Expr::Phrase(_, text) => out.push(row(text)),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| collect(part, out)),
        Expr::Any(text) => {
            out.extend(tokenize::words(text).into_iter().map(|token| match tokenize::shape(&token.text) {
                Shape::Stem(_) => Needle::Stem { stem: token.text.clone(), label: token.text },
                _ => row(&token.text),
            }))
        }
        Expr::Not(_) | Expr::Filter(_) | Expr::Everything => {}
    }
}

fn row(text: &str) -> Needle {
    Needle::Row { letters: tokenize::letters(text).into_iter().map(|(c, ..)| c).collect(), label: text.to_owned() }
}

/// A text made ready for being looked through.
pub(super) struct Searched {
    chars: Vec<char>,
    letters: Vec<(char, usize, usize)>,
    words: Vec<tokenize::Token>,
    grams: Vec<tokenize::Token>,
}

impl Searched {
    pub(super) fn new(text: &str) -> Self {
        let head: String = text.chars().take(LOOKED_AT_CHARS_MAX).collect();
        let analysis = tokenize::analyse(&head);
        Self {
            chars: head.chars().collect(),
            letters: tokenize::letters(&head),
            words: analysis.words,
            grams: analysis.grams,
        }
    }

    /// Half-open, in scalars of the text, in order of the needle's finds.
    pub(super) fn spans(&self, needle: &Needle) -> Vec<(usize, usize)> {
        match needle {
            Needle::Stem { stem, .. } => {
                self.words.iter().filter(|word| word.text == *stem).map(|word| (word.start, word.end)).collect()
            }
            Needle::Prefix { letters, .. } => {
                let begins = |gram: &&tokenize::Token| gram.text.starts_with(letters);
                self.grams.iter().filter(begins).map(|gram| (gram.start, gram.end)).collect()
            }
            Needle::Row { letters, .. } => self.rows(letters),
        }
    }

    fn rows(&self, wanted: &[char]) -> Vec<(usize, usize)> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let windows = self.letters.windows(wanted.len()).enumerate();
        windows
            .filter(|(_, window)| window.iter().zip(wanted).all(|((c, ..), w)| c == w))
            .filter(|(at, _)| !self.splits_word(*at) && !self.splits_word(at + wanted.len()))
            .filter_map(|(_, window)| Some((window.first()?.1, window.last()?.2)))
            .collect()
    }

    /// A Latin word or a number goes on across this place.
    fn splits_word(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|i| self.letters.get(i));
        match (before, self.letters.get(at)) {
            (Some((a, _, end)), Some((b, start, _))) => {
                let same = |class: fn(&char) -> bool| class(a) && class(b);
                end == start && (same(char::is_ascii_digit) || same(char::is_ascii_alphabetic))
            }
            _ => false,
        }
    }

    /// The stretch that holds the most marks; the beginning when there are none.
    pub(super) fn snippet(&self, mut marks: Vec<(usize, usize)>) -> Snippet {
        marks.sort_unstable();
        let (start, end) = self.stretch(&marks);
        let shown: String = self
            .chars
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .map(|c| if c.is_whitespace() { ' ' } else { *c })
            .collect();
        let (before, after) = (start > 0, end < self.chars.len());
        let shown = format!("{}{}{}", if before { "…" } else { "" }, shown.trim_end(), if after { "…" } else { "" });
        let shift = usize::from(before);
        let mut inside: Vec<(usize, usize)> = Vec::new();
        for (from, to) in marks.into_iter().filter(|(from, to)| *from >= start && *to <= end) {
            let (from, to) = (from - start + shift, to - start + shift);
            match inside.last_mut() {
                Some(last) if from < last.1 => last.1 = last.1.max(to),
                _ => inside.push((from, to)),
            }
        }
        Snippet { text: shown, marks: inside }
    }

    /// Not in the middle of a word, when a space or the edge of a CJK character is near; never across `limit`.
    fn word_start(&self, from: usize, limit: usize) -> usize {
        let begins = |at: &usize| {
            let pair = at.checked_sub(1).and_then(|i| self.chars.get(i)).zip(self.chars.get(*at));
            pair.is_none_or(|(before, first)| !(before.is_alphanumeric() && first.is_alphanumeric()) || is_han(*first))
        };
        let last = limit.min(from + WORD_CHARS_MAX);
        (from..=last)
            .find(begins)
            .map_or(from, |at| if self.chars.get(at) == Some(&' ') && at < last { at + 1 } else { at })
    }

    fn word_end(&self, to: usize, limit: usize) -> usize {
        let ends = |at: &usize| {
            let pair = at.checked_sub(1).and_then(|i| self.chars.get(i)).zip(self.chars.get(*at));
            pair.is_none_or(|(last, next)| !(last.is_alphanumeric() && next.is_alphanumeric()) || is_han(*next))
        };
        let first = limit.max(to.saturating_sub(WORD_CHARS_MAX));
        (first..=to).rev().find(ends).unwrap_or(to)
    }

    fn stretch(&self, marks: &[(usize, usize)]) -> (usize, usize) {
        let mut best = (0, 0, 0);
        for (index, (start, _)) in marks.iter().enumerate() {
            let fits = |mark: &&(usize, usize)| mark.1 <= start + SNIPPET_CHARS;
            let held: Vec<_> = marks.iter().skip(index).take_while(fits).collect();
            if held.len() > best.0 {
                best = (held.len(), *start, held.iter().map(|mark| mark.1).max().unwrap_or(*start));
            }
        }
        let (_, from, to) = best;
        let room = SNIPPET_CHARS.saturating_sub(to - from);
        let latest = self.chars.len().saturating_sub(SNIPPET_CHARS);
        let start = from.saturating_sub(room / 2).min(latest);
        let end = (start + SNIPPET_CHARS).min(self.chars.len());
        // Without marks there is nothing that the edges could cut off.
        let (from, to) = if best.0 == 0 { (end, start) } else { (from, to) };
        (self.word_start(start, from), self.word_end(end, to))
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{parse, parse_any};

    #[test]
    fn a_snippet_begins_and_ends_with_whole_words_and_says_where_it_was_cut() {
        let text = format!("{} ban {}", "wonderful ".repeat(40).trim(), "aftermath ".repeat(40).trim());
        let query = parse("ban").unwrap();
        assert_eq!(marked(&query, &text), ["ban"]);
        let searched = Searched::new(&text);
        let marks = needles(&query).iter().flat_map(|needle| searched.spans(needle)).collect();
        let shown = searched.snippet(marks).text;
        assert!(shown.starts_with("…wonderful ") && shown.ends_with(" aftermath…"), "{shown}");
        assert_eq!(Searched::new("short").snippet(Vec::new()).text, "short");
    }

    fn marked(query: &Query, text: &str) -> Vec<String> {
        let searched = Searched::new(text);
        let marks = needles(query).iter().flat_map(|needle| searched.spans(needle)).collect();
        let snippet = searched.snippet(marks);
        let chars: Vec<char> = snippet.text.chars().collect();
        snippet.marks.iter().map(|(start, end)| chars[*start..*end].iter().collect()).collect()
    }

    #[test]
    fn marks_stand_on_the_original_text() {
        let check = |query: &str, text: &str, wanted: &[&str]| {
            assert_eq!(marked(&parse(query).unwrap(), text), wanted, "{query}");
        };
        check("금지", "Ｃｌａｕｄｅ를 금지했다", &["금지"]);
        check("claude 蒸馏", "Ｃｌａｕｄｅ 蒸餾爭議", &["Ｃｌａｕｄｅ", "蒸餾"]);
        check("\"Claude Code\" -금지", "Claude\nCode 금지", &["Claude Code"]);
        check("GPT4", "모델 GPT-4를, GPT-45는", &["GPT-4"]);
        check("ban", "banned banking", &["banned"]);
        check("ban*", "banned an urban banking", &["banned", "banking"]);
        assert_eq!(marked(&parse_any("the 금지 조치는"), "금지 조치"), ["금지", "조치"]);
    }

    #[test]
    fn the_densest_stretch_is_shown() {
        let text = format!("금지 {} 차단 금지 차단 {}", "가나 ".repeat(200), "다라 ".repeat(200));
        let query = parse("금지 차단").unwrap();
        assert_eq!(marked(&query, &text), ["차단", "금지", "차단"]);
        let none = Searched::new(&text).snippet(Vec::new());
        assert!(none.text.starts_with("금지") && none.text.ends_with('…'));
        assert!((SNIPPET_CHARS - WORD_CHARS_MAX..=SNIPPET_CHARS + 1).contains(&none.text.chars().count()));
    }
}
