//! Characters → tokens. Full-width forms and CJK punctuation mean what their ASCII forms mean.
use super::QueryProblem;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Or,
    And,
    Not,
    /// `name:` directly followed by its value.
    Field(String),
    Word(String),
    /// `word*`, without the star.
    Prefix(String),
    Phrase(String),
}

#[derive(Clone, Debug)]
pub(super) struct Lexeme {
    pub(super) kind: Kind,
    /// Half-open, in Unicode scalars of the query.
    pub(super) at: (usize, usize),
}

pub(super) fn lex(text: &str, notes: &mut Vec<QueryProblem>) -> Result<Vec<Lexeme>, QueryProblem> {
    let typed: Vec<char> = text.chars().collect();
    let plain = typed.iter().map(|c| plain(*c)).collect();
    let mut lexer = Lexer { typed, plain, at: 0, out: Vec::new(), notes };
    while lexer.at < lexer.plain.len() {
        lexer.step()?;
    }
    Ok(lexer.out)
}

struct Lexer<'a> {
    /// As typed: what words are made of.
    typed: Vec<char>,
    /// One to one with `typed`, in ASCII where there is such a form: what syntax is read from.
    plain: Vec<char>,
    at: usize,
    out: Vec<Lexeme>,
    notes: &'a mut Vec<QueryProblem>,
}

impl Lexer<'_> {
    fn step(&mut self) -> Result<(), QueryProblem> {
        let Some(c) = self.peek(0) else { return Ok(()) };
        let here = (self.at, self.at + 1);
        match c {
            _ if self.separates(self.at) => self.at += 1,
            '(' => self.push(Kind::Open, 1),
            ')' => self.push(Kind::Close, 1),
            '|' => {
                let twice = self.peek(1) == Some('|');
                self.push(Kind::Or, if twice { 2 } else { 1 });
            }
            '-' if self.peek(1).is_none_or(|next| next.is_whitespace() || next == ')') => {
                let message = "put the minus directly before the word to leave out";
                return Err(QueryProblem::new("dangling_minus", message, here));
            }
            '-' => self.push(Kind::Not, 1),
            _ if closing(c).is_some() => self.phrase(c)?,
            '\u{201D}' | '」' | '』' => {
                return Err(QueryProblem::new("unopened_quote", "this quotation mark closes nothing", here));
            }
            _ => self.word()?,
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.plain.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.out.push(Lexeme { kind, at: (self.at, self.at + length) });
        self.at += length;
    }

    fn phrase(&mut self, open: char) -> Result<(), QueryProblem> {
        let ends = |c: char| c == '"' && open != '「' && open != '『' || Some(c) == closing(open);
        let rest = self.plain.iter().skip(self.at + 1);
        let Some(length) = rest.clone().position(|c| ends(*c)) else {
            let at = (self.at, self.plain.len());
            return Err(QueryProblem::new("unclosed_quote", "this quotation mark is never closed", at));
        };
        let text = self.typed.iter().skip(self.at + 1).take(length).collect();
        self.push(Kind::Phrase(text), length + 2);
        if self.peek(0) == Some('~') {
            let at = (self.at, self.at + 1);
            return Err(QueryProblem::new("unsupported", "distance after a phrase is not supported yet", at));
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), QueryProblem> {
        let mut end = self.at;
        while end < self.plain.len() && !self.ends_word(end) {
            if self.plain.get(end) == Some(&':') && self.field(end)? {
                return Ok(());
            }
            end += 1;
        }
        let plain: String = self.plain.iter().take(end).skip(self.at).collect();
        let at = (self.at, end);
        if let Some(head) = plain.strip_suffix('*').filter(|head| !head.is_empty() && !head.contains('*')) {
            let length = head.chars().count();
            let text = self.typed.iter().skip(self.at).take(length).collect();
            self.push(Kind::Prefix(text), end - self.at);
            return Ok(());
        }
        if plain.contains('*') {
            return Err(QueryProblem::new("unsupported", "a star is read at the end of a word only (distill*)", at));
        }
        if plain == "NEAR" {
            return Err(QueryProblem::new(
                "unsupported",
                "NEAR is not supported yet; quote \"NEAR\" to search the word",
                at,
            ));
        }
        let kind = match plain.as_str() {
            "OR" => Kind::Or,
            "AND" => Kind::And,
            "NOT" => Kind::Not,
            _ => Kind::Word(self.typed.iter().take(end).skip(self.at).collect()),
        };
        self.push(kind, end - self.at);
        Ok(())
    }

    /// `name:value`. A name that is no field is text (`OpenAI: 계정`, `10:30`), and said so when a value follows.
    fn field(&mut self, colon: usize) -> Result<bool, QueryProblem> {
        let name: String = self.plain.iter().take(colon).skip(self.at).collect();
        let at = (self.at, colon + 1);
        let has_value = self.plain.get(colon + 1).is_some_and(|c| !c.is_whitespace() && *c != ')');
        match (super::field::named(&name), has_value) {
            (Some(_), true) => {
                self.push(Kind::Field(name), colon + 1 - self.at);
                Ok(true)
            }
            (Some(_), false) => Err(QueryProblem::new(
                "no_value",
                format!("{name}: has no value; write it directly after the colon"),
                at,
            )),
            (None, true) if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_') => {
                let message = format!("there is no field {name}:, so it is searched as text");
                self.notes.push(QueryProblem::new("unknown_field", message, at));
                Ok(false)
            }
            (None, _) => Ok(false),
        }
    }

    fn ends_word(&self, at: usize) -> bool {
        let c = self.plain.get(at).copied().unwrap_or(' ');
        // A Korean or Chinese quotation ends the word before it; an inch sign does too.
        matches!(c, '(' | ')' | '|' | '\u{201D}' | '」' | '』') || closing(c).is_some() || self.separates(at)
    }

    /// Spaces, and the punctuation that stands between words, but not the comma of 28,000.
    fn separates(&self, at: usize) -> bool {
        let digit = |at: Option<usize>| at.and_then(|i| self.plain.get(i)).is_some_and(char::is_ascii_digit);
        match self.plain.get(at) {
            Some(c) if c.is_whitespace() || c.is_control() => true,
            Some(',' | '/') => !(digit(at.checked_sub(1)) && digit(Some(at + 1))),
            Some(
                ';' | '!' | '?' | '、' | '。' | '·' | '…' | '《' | '》' | '〈' | '〉' | '[' | ']' | '【' | '】' | '〔'
                | '〕' | '{' | '}' | '\u{FEFF}' | '\u{200B}',
            ) => true,
            _ => false,
        }
    }
}

/// Full-width ASCII and the ideographic space have plain forms at a fixed distance.
fn plain(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{201F}' | '\u{201E}' => '\u{201C}',
        '\u{FF62}' => '「',
        '\u{FF63}' => '」',
        _ => c,
    }
}

fn closing(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '\u{201C}' => Some('\u{201D}'),
        '「' => Some('」'),
        '『' => Some('』'),
        _ => None,
    }
}
