//! Folded text cut into runs of one kind of character; everything else separates.
use crate::text::normalize::Folded;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters of scripts that write spaces.
    Letters,
    Digits,
    Hangul,
    /// Han and kana: no spaces, segmented together.
    Han,
}

impl Kind {
    fn of(c: char) -> Option<Self> {
        match c {
            '0'..='9' => Some(Kind::Digits),
            'a'..='z' => Some(Kind::Letters),
            '\u{AC00}'..='\u{D7A3}' | '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' => Some(Kind::Hangul),
            '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{30FC}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{323AF}' => Some(Kind::Han),
            _ if c.is_ascii() => None,
            _ if c.is_numeric() => Some(Kind::Digits),
            _ if c.is_alphanumeric() => Some(Kind::Letters),
            _ => None,
        }
    }

    pub(super) fn is_cjk(self) -> bool {
        matches!(self, Kind::Hangul | Kind::Han)
    }
}

/// Half-open, in characters of the folded text; `position` counts the letters and digits before it.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) position: usize,
}

pub(super) struct Scan {
    folded: Folded,
    text: Vec<char>,
    pub(super) runs: Vec<Run>,
}

impl Scan {
    pub(super) fn new(folded: Folded) -> Self {
        let text: Vec<char> = folded.text.chars().collect();
        let mut runs: Vec<Run> = Vec::new();
        let mut position = 0;
        for (at, c) in text.iter().enumerate() {
            let Some(kind) = Kind::of(*c) else { continue };
            match runs.last_mut() {
                Some(run) if run.kind == kind && run.end == at => run.end = at + 1,
                _ => runs.push(Run { kind, start: at, end: at + 1, position }),
            }
            position += 1;
        }
        Self { folded, text, runs }
    }

    pub(super) fn chars(&self, run: &Run) -> &[char] {
        self.text.get(run.start..run.end).unwrap_or_default()
    }

    /// Folded range → original range, in scalars.
    pub(super) fn original(&self, from: usize, to: usize) -> (usize, usize) {
        self.folded.original_range(from, to)
    }

    /// No gap to the run before it.
    pub(super) fn is_attached(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|i| self.runs.get(i));
        matches!((before, self.runs.get(index)), (Some(before), Some(run)) if before.end == run.start)
    }

    /// The s of OpenAI's.
    pub(super) fn is_possessive(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|i| self.runs.get(i));
        match (before, self.runs.get(index)) {
            (Some(before), Some(run)) => {
                self.chars(run) == ['s']
                    && before.end + 1 == run.start
                    && matches!(self.text.get(before.end), Some('\'' | '\u{2019}'))
            }
            _ => false,
        }
    }
}
