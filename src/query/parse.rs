//! Recursive descent: or → and → not → term. Every level counts against `DEPTH_MAX`.
use super::field::{self, Field, TextField};
use super::lex::{Kind, Lexeme, lex};
use super::{DEPTH_MAX, Expr, PREFIX_CHARS_MIN, QUERY_CHARS_MAX, Query, QueryProblem, TERMS_MAX};
use crate::text::tokenize::{self, Shape};
use unicode_normalization::UnicodeNormalization;

pub fn parse(text: &str) -> Result<Query, Vec<QueryProblem>> {
    if text.chars().nth(QUERY_CHARS_MAX).is_some() {
        let at = (QUERY_CHARS_MAX, text.chars().count());
        let message = format!("the query is longer than {QUERY_CHARS_MAX} characters");
        return Err(vec![QueryProblem::new("too_long", message, at)]);
    }
    let mut notes = Vec::new();
    let lexemes = lex(text, &mut notes).map_err(|problem| vec![problem])?;
    let end = text.chars().count();
    let mut parser = Parser { lexemes, next: 0, end, terms: 0, depth: 0, scope: TextField::Any, notes };
    match parser.whole() {
        Ok(expr) => Ok(Query { expr, notes: parser.notes }),
        Err(problem) => Err(vec![problem]),
    }
}

struct Parser {
    lexemes: Vec<Lexeme>,
    next: usize,
    /// Length of the query.
    end: usize,
    terms: usize,
    depth: usize,
    /// The text field around: `title:( … )`.
    scope: TextField,
    notes: Vec<QueryProblem>,
}

/// None: nothing searchable (a lone dash), already noted.
type Parsed = Result<Option<Expr>, QueryProblem>;

impl Parser {
    fn whole(&mut self) -> Result<Expr, QueryProblem> {
        let expr = self.or()?;
        if let Some(extra) = self.peek() {
            return Err(QueryProblem::new("unopened_bracket", "this bracket closes nothing", extra.at));
        }
        expr.ok_or_else(|| QueryProblem::new("empty", "there is nothing to search for", (0, self.end)))
    }

    fn or(&mut self) -> Parsed {
        let mut any = Vec::new();
        any.extend(self.and()?);
        while let Some(or) = self.take(&Kind::Or) {
            if any.is_empty() {
                return Err(operand_missing("OR", or.at));
            }
            match self.and()? {
                Some(expr) => any.push(expr),
                None => return Err(operand_missing("OR", or.at)),
            }
        }
        Ok(join(any, Expr::Or))
    }

    fn and(&mut self) -> Parsed {
        let mut all = Vec::new();
        while let Some(lexeme) = self.peek() {
            match lexeme.kind {
                Kind::Close | Kind::Or => break,
                Kind::And => {
                    self.next += 1;
                    let follows = self.peek().is_some_and(|l| !matches!(l.kind, Kind::Close | Kind::Or | Kind::And));
                    if all.is_empty() || !follows {
                        return Err(operand_missing("AND", lexeme.at));
                    }
                }
                _ => all.extend(self.not()?),
            }
        }
        Ok(join(all, Expr::And))
    }

    fn not(&mut self) -> Parsed {
        let Some(minus) = self.take(&Kind::Not) else { return self.term() };
        self.deeper(minus.at, |parser| match parser.not()? {
            Some(expr) => Ok(Some(Expr::Not(Box::new(expr)))),
            None => Err(operand_missing("the minus", minus.at)),
        })
    }

    fn term(&mut self) -> Parsed {
        let Some(lexeme) = self.peek() else { return Ok(None) };
        if matches!(lexeme.kind, Kind::Close | Kind::Or | Kind::And) {
            return Ok(None);
        }
        self.next += 1;
        match lexeme.kind {
            Kind::Open => self.group(lexeme.at),
            Kind::Field(name) => self.fielded(&name, lexeme.at),
            Kind::Word(text) => self.text(text, lexeme.at, Expr::Word),
            Kind::Phrase(text) => self.text(text, lexeme.at, Expr::Phrase),
            Kind::Prefix(text) => self.prefix(text, lexeme.at),
            Kind::Not | Kind::Close | Kind::Or | Kind::And => Ok(None),
        }
    }

    fn group(&mut self, open: (usize, usize)) -> Parsed {
        self.deeper(open, |parser| {
            let inside = parser.or()?;
            if parser.take(&Kind::Close).is_none() {
                return Err(QueryProblem::new("unclosed_bracket", "this bracket is never closed", open));
            }
            if inside.is_none() {
                return Err(QueryProblem::new("empty_group", "there is nothing in these brackets", open));
            }
            Ok(inside)
        })
    }

    fn fielded(&mut self, name: &str, at: (usize, usize)) -> Parsed {
        let reader = match field::named(name) {
            Some(Field::Text(scope)) => {
                let around = std::mem::replace(&mut self.scope, scope);
                let inside = self.deeper(at, Self::term);
                self.scope = around;
                return inside.and_then(|i| i.map(Some).ok_or_else(|| no_value(name, at)));
            }
            Some(Field::Filter(reader)) => reader,
            None => return Err(no_value(name, at)),
        };
        let Some(Lexeme { kind: Kind::Word(value) | Kind::Phrase(value), at: place }) = self.peek() else {
            return Err(no_value(name, at));
        };
        self.next += 1;
        self.count(place)?;
        reader.filter(name, &nfkc(&value), place).map(|filter| Some(Expr::Filter(filter)))
    }

    fn text(&mut self, text: String, at: (usize, usize), make: fn(TextField, String) -> Expr) -> Parsed {
        self.count(at)?;
        if tokenize::shape(&text) == Shape::Empty {
            let message = format!("\"{text}\" has no letter or digit, so it is not searched");
            self.notes.push(QueryProblem::new("not_searchable", message, at));
            return Ok(None);
        }
        Ok(Some(make(self.scope, text)))
    }

    fn prefix(&mut self, text: String, at: (usize, usize)) -> Parsed {
        self.count(at)?;
        if tokenize::prefix(&text).is_none_or(|letters| letters.chars().count() < PREFIX_CHARS_MIN) {
            let message = format!("a star needs {PREFIX_CHARS_MIN} or more letters of one word before it");
            return Err(QueryProblem::new("bad_prefix", message, at));
        }
        Ok(Some(Expr::Prefix(self.scope, text)))
    }

    fn count(&mut self, at: (usize, usize)) -> Result<(), QueryProblem> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(QueryProblem::new("too_many_terms", format!("more than {TERMS_MAX} terms"), at));
        }
        Ok(())
    }

    fn deeper(&mut self, at: (usize, usize), inside: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(QueryProblem::new("too_deep", format!("more than {DEPTH_MAX} levels"), at));
        }
        let found = inside(self);
        self.depth -= 1;
        found
    }

    fn peek(&self) -> Option<Lexeme> {
        self.lexemes.get(self.next).cloned()
    }

    fn take(&mut self, kind: &Kind) -> Option<Lexeme> {
        let found = self.peek().filter(|lexeme| lexeme.kind == *kind)?;
        self.next += 1;
        Some(found)
    }
}

fn join(mut exprs: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    match exprs.len() {
        0 | 1 => exprs.pop(),
        _ => Some(many(exprs)),
    }
}

fn operand_missing(what: &str, at: (usize, usize)) -> QueryProblem {
    QueryProblem::new("operand_missing", format!("{what} needs a searchable word on each side it joins"), at)
}

/// Full-width codes and dates are read like plain ones.
fn nfkc(value: &str) -> String {
    value.nfkc().collect()
}

fn no_value(name: &str, at: (usize, usize)) -> QueryProblem {
    QueryProblem::new("no_value", format!("{name}: takes a word or a quoted phrase"), at)
}
