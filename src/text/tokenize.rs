//! The analyzers of search: the same for documents and queries, for every engine. Both work on folded text
//! (`normalize::fold`) and say where each token stands in the original, in Unicode scalars.
//!
//! - `words` (m): what ranking counts. Hangul without particles, Han by dictionary, Latin stemmed.
//! - `grams` (x): what matching and phrases count. Bigrams that cross spaces; Latin and digit runs whole.
//! - `short_words` (s): every CJK word of up to three characters that stands as a word of its own.
mod han;
mod korean;
mod runs;

use super::normalize;
use han::segments;
use runs::{Kind, Run, Scan};
use std::sync::LazyLock;

/// Changes when the same text would give other tokens; kept in the index.
pub const VERSION: &str = "1";

/// Longer runs of letters or digits are cut: real words are shorter, and engines refuse terms of 64 KB.
const WORD_CHARS_MAX: usize = 64;

/// The longest word whose boundaries are judged. A choice: the longer a term, the rarer an accident, and the more compounds would be missed.
pub const SHORT_WORD_CHARS_MAX: usize = 3;

/// Half-open, in Unicode scalars of the original text. `position` counts letters and digits before it in `grams`, tokens in `words`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub position: usize,
    pub start: usize,
    pub end: usize,
}

impl Token {
    /// A gram of one character of a script without spaces: the document may have it only as part of a bigram.
    pub fn is_cjk_character(&self) -> bool {
        let mut chars = self.text.chars();
        matches!((chars.next(), chars.next()), (Some(c), None) if runs::is_cjk(c))
    }
}

/// One text under every analyzer.
pub struct Analysis {
    pub words: Vec<Token>,
    pub grams: Vec<Token>,
    pub short_words: Vec<String>,
}

pub fn analyse(text: &str) -> Analysis {
    let scan = Scan::new(normalize::fold(text));
    Analysis { words: words_of(&scan), grams: grams_of(&scan, Edges::Every), short_words: short_words_of(&scan) }
}

pub fn words(text: &str) -> Vec<Token> {
    words_of(&Scan::new(normalize::fold(text)))
}

pub fn grams(text: &str) -> Vec<Token> {
    grams_of(&Scan::new(normalize::fold(text)), Edges::Every)
}

/// The grams a phrase is made of: what must stand in a row, at these positions, for the text to be there.
pub fn row(text: &str) -> Vec<Token> {
    grams_of(&Scan::new(normalize::fold(text)), Edges::Alone)
}

/// Which single CJK characters become grams.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edges {
    /// First and last of a run: a document, in which the run may be all that is asked for.
    Every,
    /// Only a character by itself: a query, whose run may stand inside a longer one.
    Alone,
}

/// Letters and digits only, folded, each with its place in the original: what a phrase is looked up in.
pub fn letters(text: &str) -> Vec<(char, usize, usize)> {
    let scan = Scan::new(normalize::fold(text));
    let place = |run: &Run, i: usize| {
        let (start, end) = scan.original(run.start + i, run.start + i + 1);
        (start, end)
    };
    scan.runs
        .iter()
        .flat_map(|run| {
            scan.chars(run).iter().enumerate().map(move |(i, c)| {
                let (start, end) = place(run, i);
                (*c, start, end)
            })
        })
        .collect()
}

/// How a query word has to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No letter or digit.
    Empty,
    /// One run of letters: by its stem, in `words`.
    Stem(String),
    /// A short CJK word: in `short_words`; anywhere it is loose.
    Short(String),
    /// One Han character: anywhere.
    Single(char),
    /// Everything else: `grams` in a row.
    Row,
}

pub fn shape(text: &str) -> Shape {
    let scan = Scan::new(normalize::fold(text));
    let [run] = scan.runs.as_slice() else {
        return if scan.runs.is_empty() { Shape::Empty } else { Shape::Row };
    };
    let chars = scan.chars(run);
    match (run.kind, chars) {
        (Kind::Letters, _) => Shape::Stem(stem(&cut(chars))),
        (Kind::Han, [single]) => Shape::Single(*single),
        (Kind::Hangul, _) if chars.len() <= SHORT_WORD_CHARS_MAX => Shape::Short(chars.iter().collect()),
        // A name the dictionary does not know (智谱) is cut up in documents too: boundaries say nothing about it.
        (Kind::Han, _) if chars.len() <= SHORT_WORD_CHARS_MAX && segments(chars).len() == 1 => {
            Shape::Short(chars.iter().collect())
        }
        _ => Shape::Row,
    }
}

/// The beginning of one word, folded; None when the text is not part of a single one.
pub fn prefix(text: &str) -> Option<String> {
    let scan = Scan::new(normalize::fold(text));
    match scan.runs.as_slice() {
        [run] if run.kind != Kind::Digits => Some(scan.chars(run).iter().take(WORD_CHARS_MAX).collect()),
        _ => None,
    }
}

fn words_of(scan: &Scan) -> Vec<Token> {
    let mut out = Words { scan, tokens: Vec::new() };
    for (index, run) in scan.runs.iter().enumerate() {
        match run.kind {
            Kind::Letters if scan.is_possessive(index) => {}
            Kind::Letters => out.push(stem(&cut(scan.chars(run))), run.start, run.end),
            Kind::Digits => out.push(cut(scan.chars(run)), run.start, run.end),
            Kind::Hangul => out.push_hangul(run, scan.is_attached(index)),
            Kind::Han => {
                for (start, end) in segments(scan.chars(run)) {
                    out.push_part(run, start, end);
                }
            }
        }
    }
    out.tokens
}

struct Words<'a> {
    scan: &'a Scan,
    tokens: Vec<Token>,
}

impl Words<'_> {
    fn push(&mut self, text: String, from: usize, to: usize) {
        let (start, end) = self.scan.original(from, to);
        self.tokens.push(Token { text, position: self.tokens.len(), start, end });
    }

    fn push_part(&mut self, run: &Run, start: usize, end: usize) {
        let text = self.scan.chars(run).get(start..end).unwrap_or_default().iter().collect();
        self.push(text, run.start + start, run.start + end);
    }

    /// The stem, and its bigrams when it is longer: compounds share them, whatever their parts are.
    fn push_hangul(&mut self, run: &Run, attached: bool) {
        let eojeol: String = self.scan.chars(run).iter().collect();
        // AI가, DeepSeek를: the particle is no word.
        if attached && korean::is_tail(&eojeol) {
            return;
        }
        let stem = korean::stem_chars(&eojeol);
        self.push_part(run, 0, stem.min(WORD_CHARS_MAX));
        if stem > 2 {
            for start in 0..stem - 1 {
                self.push_part(run, start, start + 2);
            }
        }
    }
}

fn grams_of(scan: &Scan, edges: Edges) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut push = |text: String, position: usize, from: usize, to: usize| {
        let (start, end) = scan.original(from, to);
        tokens.push(Token { text, position, start, end });
    };
    for (index, run) in scan.runs.iter().enumerate() {
        let chars = scan.chars(run);
        if !run.kind.is_cjk() {
            push(cut(chars), run.position, run.start, run.end);
            continue;
        }
        let before = index.checked_sub(1).and_then(|i| scan.runs.get(i)).is_some_and(|r| r.kind.is_cjk());
        let after = scan.runs.get(index + 1).filter(|r| r.kind.is_cjk());
        for (i, c) in chars.iter().enumerate() {
            let at = run.start + i;
            let next = match chars.get(i + 1) {
                Some(next) => Some((*next, at + 2)),
                None => after.and_then(|r| Some((*scan.chars(r).first()?, r.start + 1))),
            };
            let (first, last) = (i == 0 && !before, next.is_none());
            if (first && last) || (edges == Edges::Every && (first || last)) {
                push(c.to_string(), run.position + i, at, at + 1);
            }
            if let Some((next, end)) = next {
                push([*c, next].iter().collect(), run.position + i, at, end);
            }
        }
    }
    tokens
}

fn short_words_of(scan: &Scan) -> Vec<String> {
    let mut out = Vec::new();
    for run in &scan.runs {
        let chars = scan.chars(run);
        let mut push = |start: usize, end: usize| {
            if let Some(word) = chars.get(start..end).filter(|w| (1..=SHORT_WORD_CHARS_MAX).contains(&w.len())) {
                out.push(word.iter().collect());
            }
        };
        match run.kind {
            Kind::Hangul => {
                let found = korean::boundaries(&chars.iter().collect::<String>());
                for start in &found.starts {
                    found.ends.iter().for_each(|end| push(*start, *end));
                }
            }
            Kind::Han => short_han_words(&segments(chars), &mut push),
            Kind::Letters | Kind::Digits => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Whole words, neighbours joined, and the beginnings of a longer one (阿里 of 阿里巴巴), never its end (京都 of 东京都).
fn short_han_words(segments: &[(usize, usize)], push: &mut impl FnMut(usize, usize)) {
    for (index, (start, end)) in segments.iter().enumerate() {
        for (_, last) in segments.iter().skip(index).take(SHORT_WORD_CHARS_MAX) {
            push(*start, *last);
        }
        for shorter in 2..(end - start) {
            push(*start, start + shorter);
        }
    }
}

fn stem(word: &str) -> String {
    static ENGLISH: LazyLock<frostem::Stemmer> = LazyLock::new(|| frostem::Stemmer::new(frostem::Algorithm::English));
    ENGLISH.stem(word).into_owned()
}

fn cut(chars: &[char]) -> String {
    chars.iter().take(WORD_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
