//! What a reader sees around the title: where dates and names stand that belong to the article.
use super::{bare, one_line};
use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node, node::Element};

/// Lines that are kept; a page with more is a list.
const LINES_MAX: usize = 4000;
/// How far above and below the title its own lines reach.
const ABOVE: usize = 8;
const BELOW: usize = 24;
/// Occurrences of the title that are compared.
const PLACES_MAX: usize = 12;
/// A line of so many letters is the article's text; a letter of Han or Hangul counts double.
const PROSE_WEIGHT: usize = 130;

const SKIPPED: [&str; 9] = ["script", "style", "noscript", "template", "svg", "select", "iframe", "head", "textarea"];
const BLOCKS: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "section",
    "table",
    "tr",
    "td",
    "th",
    "center",
    "ul",
];
/// First words of a class or id that hold other articles, or readers' words.
const FOREIGN: [&str; 10] =
    ["comment", "comments", "related", "recommend", "ranking", "rank", "popular", "sidebar", "aside", "relate"];

/// One block of text, and the pieces its inline elements cut it into.
#[derive(Debug, Default, Clone)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) pieces: Vec<String>,
    /// Stands in a part that is about other articles.
    pub(super) foreign: bool,
}

pub(super) struct Scene(pub(super) Vec<Line>);

/// Lines near the title, nearest first.
#[derive(Default)]
pub(super) struct Near<'a> {
    pub(super) above: Vec<&'a Line>,
    pub(super) below: Vec<&'a Line>,
    /// From the title to the end of the page.
    pub(super) after: Vec<&'a Line>,
    pub(super) found: bool,
}

impl Scene {
    pub(super) fn read(html: &Html) -> Self {
        let mut lines = Vec::new();
        let mut line = Line::default();
        let (mut skipping, mut foreign) = (0usize, 0usize);
        for edge in html.tree.root().traverse() {
            if lines.len() >= LINES_MAX {
                break;
            }
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Text(text) if skipping == 0 => push(&mut line, text),
                    Node::Element(element) => {
                        skipping += usize::from(SKIPPED.contains(&element.name()));
                        if BLOCKS.contains(&element.name()) {
                            flush(&mut line, foreign > 0, &mut lines);
                        }
                        foreign += usize::from(is_foreign(element));
                    }
                    _ => {}
                },
                Edge::Close(node) => {
                    if let Some(element) = ElementRef::wrap(node).map(|element| element.value()) {
                        skipping = skipping.saturating_sub(usize::from(SKIPPED.contains(&element.name())));
                        if BLOCKS.contains(&element.name()) {
                            flush(&mut line, foreign > 0, &mut lines);
                        }
                        foreign = foreign.saturating_sub(usize::from(is_foreign(element)));
                    }
                }
            }
        }
        flush(&mut line, false, &mut lines);
        Scene(lines)
    }

    /// The lines around the place of the first of `titles` that is shown; without one, the top of the page.
    pub(super) fn around(&self, titles: impl Iterator<Item = String>) -> Near<'_> {
        let place = titles.take(PLACES_MAX).map(|title| bare(&title)).filter(|want| want.chars().count() >= 3);
        let Some(at) = place.filter_map(|want| self.place(&want)).next() else {
            return Near { above: Vec::new(), below: self.below(0), after: self.own_lines(0), found: false };
        };
        // A title in one line with its date and names is a piece of it.
        let from = at + usize::from(self.0.get(at).is_none_or(|line| line.pieces.len() == 1));
        let above = self.0.iter().take(at).rev().take(ABOVE).take_while(|line| !is_prose(&line.text));
        Near { above: above.collect(), below: self.below(from), after: self.own_lines(from), found: true }
    }

    fn place(&self, want: &str) -> Option<usize> {
        let fits = |line: &Line| is_title_line(&line.text, want) || line.pieces.iter().any(|piece| bare(piece) == want);
        let places: Vec<usize> =
            (0..self.0.len()).filter(|at| self.0.get(*at).is_some_and(fits)).take(PLACES_MAX).collect();
        let own: Vec<usize> =
            places.iter().copied().filter(|at| self.0.get(*at).is_some_and(|line| !line.foreign)).collect();
        let has_date = |at: &usize| self.below(*at).iter().take(10).any(|line| has_digits(line));
        own.iter().copied().find(has_date).or(own.first().copied()).or(places.first().copied())
    }

    fn own_lines(&self, from: usize) -> Vec<&Line> {
        self.0.iter().skip(from).filter(|line| !line.foreign).collect()
    }

    /// Short lines up to the article's text; a standfirst or two may stand between.
    fn below(&self, from: usize) -> Vec<&Line> {
        let mut prose = 0;
        let lines = self.0.iter().skip(from).filter(|line| !line.foreign).take(BELOW);
        lines
            .take_while(|line| {
                prose += usize::from(is_prose(&line.text));
                prose <= 1
            })
            .collect()
    }
}

fn has_digits(line: &Line) -> bool {
    line.text.chars().filter(char::is_ascii_digit).take(5).count() >= 5 && !is_prose(&line.text)
}

/// The title, or a longer line that begins with it.
fn is_title_line(text: &str, want: &str) -> bool {
    let line = bare(text);
    line == want || (want.chars().count() >= 12 && line.starts_with(want) && line.len() < want.len() * 2)
}

pub(super) fn is_prose(text: &str) -> bool {
    let weight = text.chars().map(|c| if c > '\u{2E80}' { 2 } else { 1 });
    weight.sum::<usize>() >= PROSE_WEIGHT
}

fn is_foreign(element: &Element) -> bool {
    if matches!(element.name(), "body" | "html" | "main" | "article") {
        return false;
    }
    let names = [element.attr("class"), element.attr("id")];
    let mut words = names.into_iter().flatten().flat_map(str::split_whitespace);
    words.any(|word| {
        let first = word.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        FOREIGN.contains(&first.as_str())
    })
}

fn push(line: &mut Line, text: &str) {
    let piece = one_line(text);
    if text.starts_with(char::is_whitespace) && !line.text.is_empty() {
        line.text.push(' ');
    }
    line.text.push_str(&piece);
    if text.ends_with(char::is_whitespace) && !piece.is_empty() {
        line.text.push(' ');
    }
    if !piece.is_empty() {
        line.pieces.push(piece);
    }
}

fn flush(line: &mut Line, foreign: bool, out: &mut Vec<Line>) {
    let mut done = std::mem::take(line);
    done.text = one_line(&done.text);
    done.foreign = foreign;
    if !done.text.is_empty() {
        out.push(done);
    }
}
