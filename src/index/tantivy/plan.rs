//! The query → tantivy queries, built by hand: tantivy's own parser analyses CJK text as one phrase and drops words.
//!
//! What matches (`matching`) and what ranks (`ranking`) are apart: matching is exact and unscored, ranking is BM25 over
//! words plus half of BM25 over grams, in title and body.
use super::document::day_number;
use super::schema::{Analysed, Fields};
use crate::index::{Request, Tier};
use crate::model::Date;
use crate::query::{Expr, Filter, TextField};
use crate::text::tokenize::{self, Shape, Token};
use ::tantivy::Term;
use ::tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query as EngineQuery,
    RangeQuery, TermQuery,
};
use ::tantivy::schema::{Field, IndexRecordOption};
use std::collections::BTreeMap;
use std::ops::Bound;

type Built = Box<dyn EngineQuery>;

/// Half: for nDCG@10, words plus half of grams did better than either alone in Korean, both Chinese scripts and English.
const GRAM_WEIGHT: f32 = 0.5;

/// Titles are short, so BM25 already makes much of their words; on samples of 500 questions 1.0
/// cost traditional Chinese .002 of nDCG@10, and 0.3 cost English .001.
const TITLE_WEIGHT: f32 = 0.5;

/// Added to a strict hit among loose ones. A choice, not a measurement: about what a rare word is worth in BM25.
const STRICT_BONUS: f32 = 10.0;

pub(super) struct Plan<'a> {
    fields: &'a Fields,
}

impl<'a> Plan<'a> {
    pub(super) fn new(fields: &'a Fields) -> Self {
        Self { fields }
    }

    /// The scored query of a request.
    pub(super) fn scored(&self, request: &Request) -> Built {
        let expr = &request.query.expr;
        let mut parts = self.narrowing(request);
        let ranking = self.ranking(expr);
        if matches!(expr, Expr::Any(_)) {
            // What ranks plain text is what matches it: the terms are walked through once.
            parts.push((Occur::Must, union(ranking)));
            return Box::new(BooleanQuery::new(parts));
        }
        parts.push((Occur::Must, unscored(self.matching(expr, request.tier))));
        if request.tier == Tier::Loose {
            let strict = self.matching(expr, Tier::Strict);
            parts.push((Occur::Should, Box::new(ConstScoreQuery::new(strict, STRICT_BONUS))));
        }
        parts.extend(ranking.into_iter().map(|query| (Occur::Should, query)));
        Box::new(BooleanQuery::new(parts))
    }

    /// What a request matches in a tier, for counting.
    pub(super) fn counted(&self, request: &Request, tier: Tier) -> Built {
        let mut parts = self.narrowing(request);
        parts.push((Occur::Must, unscored(self.matching(&request.query.expr, tier))));
        Box::new(BooleanQuery::new(parts))
    }

    fn narrowing(&self, request: &Request) -> Vec<(Occur, Built)> {
        let any = |field, values: Vec<String>| -> Built { union(values.iter().map(|v| is(field, v)).collect()) };
        let mut parts = Vec::new();
        if !request.langs.is_empty() {
            parts.push(any(self.fields.lang, request.langs.iter().map(|lang| lang.to_string()).collect()));
        }
        if !request.topics.is_empty() {
            parts.push(any(self.fields.topic, request.topics.iter().map(|t| t.as_str().to_owned()).collect()));
        }
        parts.into_iter().map(|query| (Occur::Must, unscored(query))).collect()
    }

    pub(super) fn matching(&self, expr: &Expr, tier: Tier) -> Built {
        match expr {
            Expr::Everything => Box::new(AllQuery),
            Expr::Word(field, text) => self.in_text(*field, |analysed| word(analysed, text, tier)),
            Expr::Prefix(field, text) => self.in_text(*field, |analysed| prefix(analysed, text)),
            Expr::Phrase(field, text) => self.in_text(*field, |analysed| row(analysed.grams, &tokenize::row(text))),
            Expr::Filter(filter) => self.filter(filter),
            // A loose match is no reason to leave an article out.
            Expr::Not(inner) => {
                let parts: Vec<(Occur, Built)> =
                    vec![(Occur::Must, Box::new(AllQuery)), (Occur::MustNot, self.matching(inner, Tier::Strict))];
                Box::new(BooleanQuery::new(parts))
            }
            Expr::And(parts) => self.all(parts, tier),
            Expr::Or(parts) => union(parts.iter().map(|part| self.matching(part, tier)).collect()),
            Expr::Any(text) => self.any(text, tier),
        }
    }

    fn all(&self, parts: &[Expr], tier: Tier) -> Built {
        let part = |expr: &Expr| match expr {
            Expr::Not(inner) => (Occur::MustNot, self.matching(inner, Tier::Strict)),
            other => (Occur::Must, self.matching(other, tier)),
        };
        let mut clauses: Vec<(Occur, Built)> = parts.iter().map(part).collect();
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    /// Plain text asks for its words. A hit by grams alone is a loose one, but ranked search leaves none out.
    fn any(&self, text: &str, tier: Tier) -> Built {
        let mut parts: Vec<Built> = Vec::new();
        for analysed in [self.fields.title, self.fields.body] {
            parts.extend(tokenize::words(text).iter().map(|token| is(analysed.words, &token.text)));
            if tier == Tier::Loose {
                parts.extend(tokenize::row(text).iter().map(|token| is(analysed.grams, &token.text)));
            }
        }
        union(parts)
    }

    fn in_text(&self, field: TextField, build: impl Fn(Analysed) -> Built) -> Built {
        match field {
            TextField::Any => union(vec![build(self.fields.title), build(self.fields.body)]),
            TextField::Title => build(self.fields.title),
            TextField::Body => build(self.fields.body),
        }
    }

    fn filter(&self, filter: &Filter) -> Built {
        let fields = self.fields;
        match filter {
            Filter::Lang(lang) => is(fields.lang, &lang.to_string()),
            Filter::Script(script) => is(fields.script, script.as_str()),
            Filter::Site(site) => is(fields.site, site),
            Filter::Topic(topic) => is(fields.topic, topic.as_str()),
            Filter::Kind(topic) => is(fields.kind, topic.as_str()),
            Filter::Action(action) => is(fields.action, action.as_str()),
            Filter::Actor(name) => is(fields.actor, name),
            Filter::Vendor(name) => union(vec![is(fields.target, name), is(fields.product, name)]),
            Filter::Product(name) => is(fields.product, name),
            Filter::Place(name) => is(fields.place, name),
            Filter::Status(status) => is(fields.status, status.as_str()),
            Filter::Story(id) => is(fields.story, id),
            Filter::Feed(id) => is(fields.feed, id),
            Filter::After(date) => days(fields.day, |day| (Bound::Included(day), Bound::Unbounded), date),
            Filter::Before(date) => days(fields.day, |day| (Bound::Unbounded, Bound::Excluded(day)), date),
        }
    }

    /// Each term once, weighted by how often the query has it.
    fn ranking(&self, expr: &Expr) -> Vec<Built> {
        let mut weights = BTreeMap::new();
        self.weigh(expr, &mut weights);
        let term = |((field, text), weight): ((Field, String), f32)| -> Built {
            let query = TermQuery::new(Term::from_field_text(field, &text), IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(query), weight))
        };
        weights.into_iter().map(term).collect()
    }

    fn weigh(&self, expr: &Expr, weights: &mut BTreeMap<(Field, String), f32>) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| self.weigh(part, weights)),
            Expr::Word(_, text) | Expr::Phrase(_, text) | Expr::Any(text) => {
                let (words, grams) = (tokenize::words(text), tokenize::row(text));
                for (analysed, weight) in [(self.fields.title, TITLE_WEIGHT), (self.fields.body, 1.0)] {
                    let mut add = |field, token: &Token, weight| {
                        *weights.entry((field, token.text.clone())).or_default() += weight
                    };
                    words.iter().for_each(|token| add(analysed.words, token, weight));
                    grams.iter().for_each(|token| add(analysed.grams, token, weight * GRAM_WEIGHT));
                }
            }
            Expr::Everything | Expr::Filter(_) | Expr::Prefix(..) | Expr::Not(_) => {}
        }
    }
}

fn word(analysed: Analysed, text: &str, tier: Tier) -> Built {
    match (tokenize::shape(text), tier) {
        (Shape::Empty, _) => Box::new(EmptyQuery),
        (Shape::Stem(stem), _) => is(analysed.words, &stem),
        (Shape::Short(word), Tier::Strict) => is(analysed.short_words, &word),
        (Shape::Short(_) | Shape::Single(_) | Shape::Row, _) => row(analysed.grams, &tokenize::row(text)),
    }
}

/// Scripts without spaces have no beginning of a word: there the characters match anywhere.
fn prefix(analysed: Analysed, text: &str) -> Built {
    match (tokenize::shape(text), tokenize::prefix(text)) {
        (Shape::Stem(_), Some(letters)) => beginning_with(analysed.grams, &letters),
        _ => row(analysed.grams, &tokenize::row(text)),
    }
}

/// Grams at the distances they have in the query.
fn row(field: Field, grams: &[Token]) -> Built {
    match grams {
        [] => Box::new(EmptyQuery),
        [only] if only.is_cjk_character() => beginning_with(field, &only.text),
        [only] => is(field, &only.text),
        [first, ..] => {
            let term = |gram: &Token| (gram.position - first.position, Term::from_field_text(field, &gram.text));
            Box::new(PhraseQuery::new_with_offset(grams.iter().map(term).collect()))
        }
    }
}

/// Every gram that begins so. For one CJK character that is the character anywhere: the last one of a run stands by itself.
fn beginning_with(field: Field, letters: &str) -> Built {
    let mut after = letters.to_owned();
    after.push(char::MAX);
    let term = |text: &str| Term::from_field_text(field, text);
    Box::new(RangeQuery::new(Bound::Included(term(letters)), Bound::Excluded(term(&after))))
}

fn is(field: Field, value: &str) -> Built {
    Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
}

fn days(field: Field, bounds: fn(Term) -> (Bound<Term>, Bound<Term>), date: &Date) -> Built {
    let Ok(day) = date.0.parse::<jiff::civil::Date>() else { return Box::new(EmptyQuery) };
    let (from, to) = bounds(Term::from_field_i64(field, day_number(day.year(), day.month(), day.day())));
    Box::new(RangeQuery::new(from, to))
}

fn union(mut parts: Vec<Built>) -> Built {
    match parts.len() {
        0 => Box::new(EmptyQuery),
        1 => parts.remove(0),
        _ => Box::new(BooleanQuery::union(parts)),
    }
}

fn unscored(query: Built) -> Built {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
