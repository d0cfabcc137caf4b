//! A page as blocks: every paragraph, list item, heading or line of it, with what its place in the page says of it.
mod choice;
mod feature;
mod forest;
mod furniture;
mod hint;
mod measure;

pub(super) use choice::choose;
pub(super) use feature::{FEATURES, features};
pub use forest::Forest;
use hint::HINTS;
pub(super) use measure::Measure;

use super::lines::one_line;
use ego_tree::iter::Edge;
use scraper::{Html, Node, node::Element};

/// Blocks of a page beyond this are not judged; the longest articles have about a thousand.
const BLOCKS_MAX: usize = 12_000;
/// Nothing of these is text of the page.
const SKIPPED: [&str; 12] = [
    "script", "style", "noscript", "template", "button", "svg", "select", "iframe", "textarea", "head", "object",
    "option",
];
const INLINE: [&str; 31] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "wbr", "var",
];
/// Elements whose nearness above a block is a feature, in the order of `Frame::above`.
const ABOVE: [&str; 16] = [
    "article",
    "main",
    "aside",
    "footer",
    "header",
    "nav",
    "form",
    "figure",
    "ul",
    "li",
    "table",
    "blockquote",
    "section",
    "dl",
    "figcaption",
    "p",
];
/// Of [`hint`]: related, promo, caption.
const FOREIGN_HINTS: [usize; 3] = [3, 6, 10];
/// No such element above.
const FAR: u8 = 24;

/// One line of text as a reader sees it.
pub(super) struct Block {
    pub(super) text: String,
    pub(super) measure: Measure,
    pub(super) tag: Tag,
    signs: u16,
    frame: Frame,
    /// Index into [`Blocks::parts`].
    pub(super) parent: usize,
}

/// The element a block's text stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Paragraph,
    Item,
    Heading(u8),
    Cell,
    Other,
}

/// What stands above: how many levels up the nearest element of a kind or with a hint is.
#[derive(Clone, Copy)]
struct Frame {
    above: [u8; ABOVE.len()],
    hints: [u8; HINTS],
    depth: u8,
    hidden: bool,
    /// Which `article` element of the page this is in, counted from one.
    article: u16,
    /// Blocks that look alike to a style sheet have the same one.
    look: u64,
}

/// A block-level element.
pub(super) struct Part {
    pub(super) up: usize,
    depth: u8,
    measure: Measure,
    /// Paragraph-like blocks directly inside.
    paragraphs: u32,
    /// As readability counts: what paragraphs give to the elements around them.
    score: f32,
}

pub(super) struct Blocks {
    pub(super) list: Vec<Block>,
    pub(super) parts: Vec<Part>,
}

pub(super) fn read(html: &Html) -> Blocks {
    let mut walk = Walk::new();
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) if walk.skipping == 0 => walk.text(text),
                Node::Element(element) => walk.open(element),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    walk.close(element);
                }
            }
        }
    }
    walk.flush();
    walk.finish()
}

struct Walk {
    out: Blocks,
    /// Frames of open block-level and inline elements, with the box each belongs to.
    stack: Vec<(Frame, usize, Tag)>,
    line: String,
    link_chars: usize,
    links: usize,
    bold_chars: usize,
    bold: usize,
    skipping: usize,
    articles: u16,
}

impl Walk {
    fn new() -> Self {
        let frame =
            Frame { above: [FAR; ABOVE.len()], hints: [FAR; HINTS], depth: 0, hidden: false, article: 0, look: 0 };
        let root = Part { up: 0, depth: 0, measure: Measure::default(), paragraphs: 0, score: 0.0 };
        Walk {
            out: Blocks { list: Vec::new(), parts: vec![root] },
            stack: vec![(frame, 0, Tag::Other)],
            line: String::new(),
            link_chars: 0,
            links: 0,
            bold_chars: 0,
            bold: 0,
            skipping: 0,
            articles: 0,
        }
    }

    fn text(&mut self, text: &str) {
        self.line.push_str(text);
        if self.links + self.bold > 0 {
            let seen = text.chars().filter(|c| !c.is_whitespace()).count();
            self.link_chars += if self.links > 0 { seen } else { 0 };
            self.bold_chars += if self.bold > 0 { seen } else { 0 };
        }
    }

    fn open(&mut self, element: &Element) {
        let name = element.name();
        if SKIPPED.contains(&name) {
            self.skipping += 1;
            return;
        }
        self.links += usize::from(name == "a");
        self.bold += usize::from(name == "b" || name == "strong");
        if name == "td" || name == "th" {
            self.line.push(' ');
        }
        let &(frame, up, tag) = self.stack.last().expect("the root is never popped");
        let mut frame = frame.below(element);
        frame.depth = frame.depth.saturating_add(1);
        // Presses write captions and links to others as spans between the sentences.
        let inline = INLINE.contains(&name) && (matches!(name, "a" | "b" | "strong") || !frame.is_foreign());
        if !inline && !matches!(name, "td" | "th") {
            self.flush();
        }
        if name == "article" {
            self.articles = self.articles.saturating_add(1);
            frame.article = self.articles;
        }
        if inline || matches!(name, "br" | "wbr" | "hr" | "img") {
            self.stack.push((frame, up, tag));
            return;
        }
        self.out.parts.push(Part { up, depth: frame.depth, measure: Measure::default(), paragraphs: 0, score: 0.0 });
        self.stack.push((frame, self.out.parts.len() - 1, Tag::of(name, tag)));
    }

    fn close(&mut self, element: &Element) {
        let name = element.name();
        if SKIPPED.contains(&name) {
            self.skipping = self.skipping.saturating_sub(1);
            return;
        }
        let foreign = self.stack.last().is_some_and(|(frame, ..)| frame.is_foreign());
        if (!INLINE.contains(&name) || (foreign && !matches!(name, "a" | "b" | "strong")))
            && !matches!(name, "td" | "th")
        {
            self.flush();
        }
        self.links -= usize::from(name == "a" && self.links > 0);
        self.bold -= usize::from(matches!(name, "b" | "strong") && self.bold > 0);
        if self.stack.len() > 1 {
            self.stack.pop();
        }
    }

    fn flush(&mut self) {
        let text = one_line(&self.line);
        if !text.is_empty() && self.out.list.len() < BLOCKS_MAX {
            let &(frame, parent, tag) = self.stack.last().expect("the root is never popped");
            let measure = Measure::of(&text, self.link_chars, self.bold_chars);
            let signs = furniture::signs(&text, measure.chars);
            self.out.list.push(Block { text, measure, tag, signs, frame, parent });
        }
        self.line.clear();
        (self.link_chars, self.bold_chars) = (0, 0);
    }

    /// Boxes stand before what they hold, so that one pass from the end sums them up.
    fn finish(mut self) -> Blocks {
        let Blocks { list, parts } = &mut self.out;
        for block in list.iter() {
            let parent = &mut parts[block.parent];
            parent.measure.add(&block.measure);
            parent.paragraphs += u32::from(block.measure.is_prose());
            let score = block.measure.readability();
            if score > 0.0 {
                let up = parent.up;
                let far = parts[up].up;
                for (at, share) in [(block.parent, 1.0), (up, 0.7), (far, 0.35)] {
                    parts[at].score += score * share;
                }
            }
        }
        for at in (1..parts.len()).rev() {
            let (measure, up) = (parts[at].measure, parts[at].up);
            parts[up].measure.add(&measure);
        }
        self.out
    }
}

impl Tag {
    fn of(name: &str, around: Tag) -> Tag {
        match name {
            "p" => Tag::Paragraph,
            "li" | "dd" | "dt" => Tag::Item,
            "h1" => Tag::Heading(1),
            "h2" => Tag::Heading(2),
            "h3" => Tag::Heading(3),
            "h4" | "h5" | "h6" => Tag::Heading(4),
            "td" | "th" | "tr" | "caption" => Tag::Cell,
            "div" | "section" if around != Tag::Other => around,
            _ => Tag::Other,
        }
    }
}

impl Frame {
    /// The element itself is named as a caption, an advertisement or a link to other articles.
    fn is_foreign(&self) -> bool {
        FOREIGN_HINTS.iter().any(|hint| self.hints.get(*hint) == Some(&0))
    }

    fn below(self, element: &Element) -> Frame {
        let mut frame = self;
        let name = if element.name() == "ol" { "ul" } else { element.name() };
        for (level, kind) in frame.above.iter_mut().zip(ABOVE) {
            *level = if name == kind { 0 } else { level.saturating_add(1).min(FAR) };
        }
        // The page's own element says what the whole page has, not what this part is.
        let hints = if matches!(name, "html" | "body") { 0 } else { hint::hints(element) };
        for (bit, level) in frame.hints.iter_mut().enumerate() {
            *level = if hints >> bit & 1 == 1 { 0 } else { level.saturating_add(1).min(FAR) };
        }
        frame.hidden |= is_hidden(element);
        if !INLINE.contains(&element.name()) {
            frame.look = look(frame.look, element);
        }
        frame
    }
}

/// Of the element and the one around it: the upper half of `around` is forgotten.
fn look(around: u64, element: &Element) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (element.name(), element.attr("class")).hash(&mut hasher);
    (around << 32) | (hasher.finish() & u64::from(u32::MAX))
}

fn is_hidden(element: &Element) -> bool {
    let style = element.attr("style").unwrap_or_default();
    let style = style.get(..style.floor_char_boundary(200)).unwrap_or(style);
    element.attr("hidden").is_some()
        || element.attr("aria-hidden").is_some_and(|value| value == "true")
        || (style.contains("display") && style.replace(' ', "").contains("display:none"))
}
