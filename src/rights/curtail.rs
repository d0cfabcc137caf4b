//! Takes out of an article what a ruling does not permit, so that nothing behind it can give it away.
use super::{Permit, QUOTATION_PART, Ruling};
use crate::model::{EventMention, Extract};
use serde::Serialize;

/// Without a sentence to quote as evidence, the article's beginning is quoted, this far.
pub const OPENING_CHARS: usize = 160;

/// A passage of the body. `start` counts Unicode scalar values of the stored body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub start: usize,
    pub text: String,
}

/// What may be given of the body, in its order: all of it, quotations, or nothing. The body itself is emptied unless it may be
/// given whole; evidence is cut to what is quoted, so that it still equals the body at its offsets.
pub fn curtail(ruling: &Ruling, extract: &mut Extract, mentions: &mut [EventMention]) -> Vec<Quote> {
    if ruling.permit == Permit::FullText {
        return vec![Quote { start: 0, text: extract.body.clone() }];
    }
    let body: Vec<char> = std::mem::take(&mut extract.body).chars().collect();
    if ruling.permit == Permit::Nothing {
        (extract.title, extract.byline, extract.image) = (None, None, None);
    }
    let budget =
        if ruling.permit < Permit::Quotation { 0 } else { ruling.quotation_chars_max.min(body.len() / QUOTATION_PART) };
    let spans = quoted(&body, mentions, budget);
    for evidence in mentions.iter_mut().flat_map(|mention| &mut mention.evidence) {
        let span = spans.iter().find(|(from, to)| (*from..*to).contains(&evidence.start));
        evidence.end = span.map_or(evidence.start, |(_, to)| evidence.end.min(*to));
        evidence.text = text(&body, (evidence.start, evidence.end));
    }
    spans.into_iter().map(|span| Quote { start: span.0, text: text(&body, span) }).collect()
}

/// Cuts a snippet and its marks (half-open, Unicode scalar values) to what is permitted.
pub fn shorten(ruling: &Ruling, snippet: &mut String, marks: &mut Vec<(usize, usize)>) {
    let chars_max = match ruling.permit {
        Permit::FullText => return,
        Permit::Quotation => ruling.quotation_chars_max,
        Permit::Metadata | Permit::Nothing => 0,
    };
    if snippet.chars().count() > chars_max {
        *snippet = snippet.chars().take(chars_max).collect();
        marks.retain(|(_, end)| *end <= chars_max);
    }
}

/// Sentences given as evidence, in text order, as far as the budget goes; what overlaps is one passage.
fn quoted(body: &[char], mentions: &[EventMention], mut budget: usize) -> Vec<(usize, usize)> {
    let mut wanted: Vec<(usize, usize)> = mentions
        .iter()
        .flat_map(|mention| &mention.evidence)
        .map(|evidence| (evidence.start, evidence.end.min(body.len())))
        .filter(|(start, end)| start < end)
        .collect();
    if wanted.is_empty() {
        wanted.push((0, OPENING_CHARS.min(body.len())));
    }
    wanted.sort_unstable();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (start, end) in wanted {
        let start = spans.last().map_or(start, |last| start.max(last.1));
        let end = end.min(start + budget);
        if start >= end {
            continue;
        }
        budget -= end - start;
        match spans.last_mut() {
            Some(last) if last.1 == start => last.1 = end,
            _ => spans.push((start, end)),
        }
    }
    spans
}

fn text(body: &[char], (start, end): (usize, usize)) -> String {
    body.get(start..end).unwrap_or_default().iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::QUOTATION_CHARS_MAX;
    use super::*;
    use crate::export::fakes::article;

    #[test]
    fn what_is_not_permitted_is_gone_and_evidence_still_equals_the_body() {
        for (permit, title, passages) in [
            (Permit::FullText, true, 1),
            (Permit::Quotation, true, 1),
            (Permit::Metadata, true, 0),
            (Permit::Nothing, false, 0),
        ] {
            let mut article = article("https://n.example/1");
            let whole = article.extract.body.clone();
            let quotes = curtail(&Ruling::of(permit), &mut article.extract, &mut article.judgement.event_mentions);
            assert_eq!((article.extract.title.is_some(), quotes.len()), (title, passages), "{permit:?}");
            assert_eq!(article.extract.body.is_empty(), permit < Permit::FullText);
            let evidence = &article.judgement.event_mentions[0].evidence[0];
            let at: String = whole.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
            assert_eq!(evidence.text, at);
            assert_eq!(evidence.text.is_empty(), permit < Permit::Quotation);
        }
    }

    #[test]
    fn a_quotation_is_short_and_never_most_of_the_article() {
        let quoted = |chars: usize, spans: &[(usize, usize)], limit: usize| {
            let mut article = article("https://n.example/1");
            article.extract.body = "가".repeat(chars);
            let evidence = spans.iter().map(|(start, end)| crate::model::Evidence {
                text: "가".repeat(end - start),
                start: *start,
                end: *end,
            });
            article.judgement.event_mentions[0].evidence = evidence.collect();
            let ruling = Ruling { quotation_chars_max: limit, ..Ruling::of(Permit::Quotation) };
            let quotes = curtail(&ruling, &mut article.extract, &mut article.judgement.event_mentions);
            quotes.iter().map(|quote| (quote.start, quote.text.chars().count())).collect::<Vec<_>>()
        };
        let all = QUOTATION_CHARS_MAX;
        assert_eq!(quoted(2_000, &[(500, 800), (0, 300)], all), [(0, 300), (500, 100)]);
        assert_eq!(quoted(2_000, &[(0, 50), (40, 90)], all), [(0, 90)]);
        assert_eq!(quoted(2_000, &[], all), [(0, OPENING_CHARS)]);
        assert_eq!(quoted(2_000, &[(10, 90)], 20), [(10, 20)]);
        assert_eq!(quoted(60, &[(0, 60)], all), [(0, 30)]);
        assert_eq!(quoted(60, &[(90, 99)], all), [(0, 30)], "offsets out of range are no offsets");
        assert_eq!(quoted(0, &[], all), []);
    }
}
