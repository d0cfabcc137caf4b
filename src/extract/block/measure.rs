//! Counts over a block's text that mean about the same in every language.

/// English words that one character of Chinese, or one word of Korean, stands for in running text.
const WORDS_PER_HAN: f32 = 0.6;
const WORDS_PER_HANGUL: f32 = 0.45;
/// Words from which on a block can be a paragraph of an article.
const PROSE_WORDS_MIN: f32 = 12.0;

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::extract) struct Measure {
    /// Characters but white space.
    pub(super) chars: u32,
    /// Length in English words or as much text as those would be.
    pub(in crate::extract) words: f32,
    pub(super) link_chars: u32,
    pub(super) bold_chars: u32,
    /// Marks that end a sentence, in all scripts.
    pub(in crate::extract) stops: u32,
    pub(super) commas: u32,
    pub(super) digits: u32,
    pub(super) symbols: u32,
    pub(super) capitals: u32,
    pub(super) ends_with_stop: bool,
}

impl Measure {
    pub(in crate::extract) fn of(text: &str, link_chars: usize, bold_chars: usize) -> Self {
        let mut out = Measure { link_chars: short(link_chars), bold_chars: short(bold_chars), ..Measure::default() };
        let mut in_word = false;
        let mut last = ' ';
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                out.words += if in_word { 0.0 } else { 1.0 };
                out.digits += u32::from(c.is_ascii_digit());
                out.capitals += u32::from(!in_word && c.is_ascii_uppercase());
                in_word = true;
            } else {
                match c {
                    '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => out.words += WORDS_PER_HAN,
                    '\u{AC00}'..='\u{D7AF}' => out.words += WORDS_PER_HANGUL,
                    '.' | '!' | '?' | '。' | '！' | '？' | '…' => out.stops += 1,
                    ',' | '，' | '、' | ';' | '；' => out.commas += 1,
                    '|' | '>' | '<' | '·' | '/' | '»' | '›' | '：' | ':' | '#' | '@' | '+' | '→' | '▲' | '△' | '▼'
                    | '◆' | '■' | '●' | '©' | 'ⓒ' | '┃' | '_' | '=' => {
                        out.symbols += 1;
                    }
                    c if c.is_alphabetic() => out.words += if in_word { 0.0 } else { 1.0 },
                    _ => {}
                }
                in_word = c.is_alphanumeric() && c < '\u{2E80}';
            }
            if !c.is_whitespace() {
                out.chars += 1;
                if !matches!(c, '"' | '\'' | '”' | '’' | '」' | '』' | ')' | '）') {
                    last = c;
                }
            }
        }
        out.ends_with_stop = matches!(last, '.' | '!' | '?' | '。' | '！' | '？' | '…' | '；');
        out
    }

    pub(super) fn add(&mut self, other: &Measure) {
        self.chars += other.chars;
        self.words += other.words;
        self.link_chars += other.link_chars;
        self.bold_chars += other.bold_chars;
        self.stops += other.stops;
        self.commas += other.commas;
        self.digits += other.digits;
        self.symbols += other.symbols;
        self.capitals += other.capitals;
    }

    /// Share of characters inside links.
    pub(super) fn link_share(&self) -> f32 {
        share(self.link_chars, self.chars)
    }

    pub(super) fn share_of_chars(&self, part: u32) -> f32 {
        share(part, self.chars)
    }

    pub(super) fn is_prose(&self) -> bool {
        self.words >= PROSE_WORDS_MIN && self.link_share() < 0.5 && self.stops > 0
    }

    /// What readability gives a paragraph: one point, one for every comma, up to three for length.
    pub(super) fn readability(&self) -> f32 {
        if self.words < 5.0 || self.link_share() > 0.7 {
            return 0.0;
        }
        (1.0 + self.commas.min(10) as f32 + (self.words / 20.0).min(3.0)) * (1.0 - self.link_share())
    }
}

fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
