//! Text cut into numbers, Latin words and single other characters, with a reader over them.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number {
        value: u64,
        digits: usize,
    },
    /// ASCII letters, lower case.
    Word(String),
    Space,
    /// Any other character; Hangul and Han come one by one.
    Mark(char),
}

#[derive(Debug)]
pub(super) struct Tokens {
    list: Vec<Token>,
    /// Where each token starts, in characters; one more at the end for the length.
    starts: Vec<usize>,
}

impl Tokens {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn start(&self, at: usize) -> usize {
        self.starts.get(at).copied().unwrap_or_default()
    }
}

pub(super) fn tokens(text: &str) -> Tokens {
    let mut out = Tokens { list: Vec::with_capacity(TOKENS_USUAL), starts: Vec::with_capacity(TOKENS_USUAL) };
    let mut end = 0;
    let mut chars = text.chars().map(narrow).enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        out.starts.push(at);
        end = at + 1;
        let mut take = |keep: fn(&char) -> bool| {
            let (here, next) = chars.next_if(|(_, next)| keep(next))?;
            end = here + 1;
            Some(next)
        };
        let token = match c {
            '0'..='9' => number(c, || take(char::is_ascii_digit)),
            c if c.is_ascii_alphabetic() => {
                let rest = std::iter::from_fn(|| take(char::is_ascii_alphabetic));
                Token::Word(std::iter::once(c).chain(rest).map(|c| c.to_ascii_lowercase()).collect())
            }
            c if is_space(&c) => {
                while take(is_space).is_some() {}
                Token::Space
            }
            c => Token::Mark(c),
        };
        out.list.push(token);
    }
    out.starts.push(end);
    out
}

/// Of a date with weekday and zone.
const TOKENS_USUAL: usize = 20;

fn number(first: char, mut next: impl FnMut() -> Option<char>) -> Token {
    let (mut value, mut digits) = (Some(0u64), 0);
    let mut digit = Some(first);
    while let Some(c) = digit {
        // Longer numbers are no part of a date; their value does not matter.
        value = value.and_then(|value| value.checked_mul(10)?.checked_add(c.to_digit(10)?.into()));
        digits += 1;
        digit = next();
    }
    Token::Number { value: value.unwrap_or(u64::MAX), digits }
}

fn is_space(c: &char) -> bool {
    c.is_whitespace() || *c == '\u{200b}' || *c == '\u{feff}'
}

/// Full-width forms to ASCII, and the minus sign to a hyphen.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{2212}' => '-',
        c => c,
    }
}

/// A place in the tokens. Copy it to try a form, keep the copy when the form fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    tokens: &'a Tokens,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(tokens: &'a Tokens, at: usize) -> Self {
        Self { tokens, at }
    }

    /// Where the next token starts, in characters.
    pub(super) fn end(&self) -> usize {
        self.tokens.start(self.at)
    }

    /// Which token is next.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.list.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }

    /// A number with a count of digits in the range.
    pub(super) fn number(&mut self, range: std::ops::RangeInclusive<usize>) -> Option<u64> {
        match self.peek()? {
            Token::Number { value, digits } if range.contains(digits) => {
                self.at += 1;
                Some(*value)
            }
            _ => None,
        }
    }

    pub(super) fn word(&mut self) -> Option<&'a str> {
        match self.peek()? {
            Token::Word(word) => {
                self.at += 1;
                Some(word)
            }
            _ => None,
        }
    }

    pub(super) fn mark(&mut self, any_of: &[char]) -> Option<char> {
        match self.peek()? {
            Token::Mark(c) if any_of.contains(c) => {
                self.at += 1;
                Some(*c)
            }
            _ => None,
        }
    }

    /// All of the characters, one after the other; nothing is taken unless all are there.
    pub(super) fn marks(&mut self, text: &str) -> bool {
        let mut trial = *self;
        let all = text.chars().all(|c| trial.mark(&[c]).is_some());
        if all {
            *self = trial;
        }
        all
    }

    pub(super) fn space(&mut self) -> bool {
        let is_space = self.peek() == Some(&Token::Space);
        self.at += usize::from(is_space);
        is_space
    }

    /// Passes over spaces and the given characters.
    pub(super) fn skip(&mut self, marks: &[char]) {
        while self.space() || self.mark(marks).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_where_its_kind_changes() {
        let cut = tokens("２0x\u{3000} Ab년99999999999999999999");
        let number = |value, digits| Token::Number { value, digits };
        let (word, ab) = (Token::Word("x".to_owned()), Token::Word("ab".to_owned()));
        assert_eq!(cut.list, [number(20, 2), word, Token::Space, ab, Token::Mark('년'), number(u64::MAX, 20)]);
        assert_eq!(cut.starts, [0, 2, 3, 5, 7, 8, 28]);
        assert_eq!(tokens("").starts, [0]);
    }
}
