//! The numbers a block is judged by: its own text, what stands above it, around it, and the page as a whole.
use super::furniture::SIGNS;
use super::{ABOVE, Block, Blocks, HINTS, Tag};
use memchr::memmem;
use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

const OWN: usize = 22;
const PLACE: usize = 18 + 5 + 12;
const AROUND: usize = 16;
/// Numbers per block.
pub(in crate::extract) const FEATURES: usize = OWN + PLACE + AROUND + ABOVE.len() + HINTS + SIGNS + 4;

/// How far up a label is looked for, and what is said when there is none.
const LABEL_ABOVE: usize = 12;
const FAR_LABEL: f32 = 20.0;
/// Signs of labels that head lists: what else to read, what readers said.
const LISTS: u16 = 1 << 3 | 1 << 6;

/// A time of day has no fewer.
const DATE_DIGITS_MIN: u32 = 3;

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(19|20)\d\d\s?[-./年년]\s?\d{1,2}|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2},? (19|20)\d\d|\d{1,2}:\d\d")
        .expect("the pattern is constant")
});
static MAIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\w.+-]+@[\w-]+\.\w+|https?://|www\.").expect("the pattern is constant"));

/// Features of all blocks, row by row.
pub(in crate::extract) fn features(
    page: &Blocks,
    title: Option<&str>,
    claimed_body: Option<&str>,
) -> Vec<[f32; FEATURES]> {
    let around = Around::of(page, title);
    let claimed = claimed_body.map(bare);
    (0..page.list.len()).map(|at| row(page, &around, at, claimed.as_deref())).collect()
}

/// What is reckoned once for the page.
struct Around {
    title: String,
    title_chars: u32,
    title_at: Option<usize>,
    repeats: HashMap<u64, u32>,
    best_box: usize,
    /// Depth in the tree of parts at which a box hangs under the path to the best one; by box.
    best_path: Vec<bool>,
    best_score: f32,
    words: f32,
    words_before: Vec<f32>,
    prose_first: usize,
    prose_last: usize,
    looks: HashMap<u64, Look>,
    article_words: Vec<f32>,
}

/// Sums over the blocks that look alike.
#[derive(Default)]
struct Look {
    blocks: f32,
    words: f32,
    link_share: f32,
    stops: f32,
}

impl Around {
    fn of(page: &Blocks, title: Option<&str>) -> Around {
        // No title: nothing on the page is it, and no feature speaks of it.
        let title = bare(title.unwrap_or_default());
        let title_chars = u32::try_from(title.chars().count()).unwrap_or(u32::MAX);
        let mut repeats = HashMap::new();
        let mut looks = HashMap::new();
        let mut article_words: Vec<f32> = Vec::new();
        let mut words_before = Vec::with_capacity(page.list.len());
        let mut words = 0.0;
        for block in &page.list {
            *repeats.entry(hash(&block.text)).or_insert(0) += 1;
            words_before.push(words);
            words += block.measure.words;
            let look: &mut Look = looks.entry(block.frame.look).or_default();
            look.blocks += 1.0;
            look.words += block.measure.words;
            look.link_share += block.measure.link_share();
            look.stops += flag(block.measure.ends_with_stop);
            let article = usize::from(block.frame.article);
            if article_words.len() <= article {
                article_words.resize(article + 1, 0.0);
            }
            article_words[article] += block.measure.words;
        }
        let score = |at: usize| page.parts[at].score * (1.0 - page.parts[at].measure.link_share());
        let best_box = (0..page.parts.len()).max_by(|a, b| score(*a).total_cmp(&score(*b))).unwrap_or(0);
        let mut best_path = vec![false; page.parts.len()];
        let mut at = best_box;
        loop {
            best_path[at] = true;
            if at == 0 {
                break;
            }
            at = page.parts[at].up;
        }
        let is_prose: Vec<usize> =
            page.list.iter().enumerate().filter(|(_, block)| block.measure.is_prose()).map(|(at, _)| at).collect();
        let title_at = page
            .list
            .iter()
            .enumerate()
            .filter(|(_, block)| {
                block.measure.chars / 2 <= title_chars && !title.is_empty() && bare(&block.text) == title
            })
            .map(|(at, block)| (!matches!(block.tag, Tag::Heading(_)), at))
            .min()
            .map(|(_, at)| at);
        Around {
            title,
            title_chars,
            title_at,
            repeats,
            best_box,
            best_path,
            best_score: score(best_box).max(1.0),
            words,
            words_before,
            prose_first: is_prose.first().copied().unwrap_or(0),
            prose_last: is_prose.last().copied().unwrap_or(0),
            looks,
            article_words,
        }
    }
}

impl Around {
    fn is_of_title(&self, text: &str) -> bool {
        let text = bare(text);
        !text.is_empty() && self.title.contains(&text)
    }
}

fn row(page: &Blocks, around: &Around, at: usize, claimed: Option<&str>) -> [f32; FEATURES] {
    let block = &page.list[at];
    let mut out = Row { values: [0.0; FEATURES], next: 0 };
    own(block, around, claimed, &mut out);
    place(page, around, at, &mut out);
    for step in [-2isize, -1, 1, 2] {
        let neighbour = at.checked_add_signed(step).and_then(|at| page.list.get(at));
        let measure = neighbour.map(|block| block.measure).unwrap_or_default();
        out.push(log(measure.words));
        out.push(measure.link_share());
        out.push(neighbour.map_or(-1.0, |other| f32::from(u8::from(other.parent == block.parent))));
        out.push(f32::from(u8::from(measure.ends_with_stop)));
    }
    for sign in 0..SIGNS {
        out.push(f32::from(block.signs >> sign & 1));
    }
    // A line that only says what follows ("Related articles") speaks for the lines under it.
    let label = (at.saturating_sub(LABEL_ABOVE)..at)
        .rev()
        .find(|at| page.list.get(*at).is_some_and(|above| above.signs != 0 && above.measure.words < 12.0));
    out.push(label.map_or(FAR_LABEL, |label| (at - label) as f32));
    out.push(label.map_or(-1.0, |label| flag(page.list[label].signs & LISTS != 0)));
    out.push(label.map_or(-1.0, |label| flag(page.list[label].parent == block.parent)));
    out.push(label.map_or(0.0, |label| log(words_between(around, label + 1, at))));
    for level in block.frame.above.iter().chain(&block.frame.hints) {
        out.push(f32::from(*level));
    }
    out.values
}

fn own(block: &Block, around: &Around, claimed: Option<&str>, out: &mut Row) {
    let m = &block.measure;
    out.push(log(m.words));
    out.push(m.link_share());
    out.push(m.share_of_chars(m.bold_chars));
    out.push(m.stops.min(20) as f32);
    out.push(m.commas.min(20) as f32);
    out.push(m.stops as f32 / m.words.max(1.0));
    out.push(m.commas as f32 / m.words.max(1.0));
    out.push(m.share_of_chars(m.digits));
    out.push(m.share_of_chars(m.symbols));
    out.push(m.capitals as f32 / m.words.max(1.0));
    out.push(flag(m.ends_with_stop));
    out.push(flag(block.tag == Tag::Paragraph));
    out.push(flag(block.tag == Tag::Item));
    out.push(match block.tag {
        Tag::Heading(level) => f32::from(level),
        _ => 0.0,
    });
    out.push(flag(block.tag == Tag::Cell));
    out.push(flag(block.frame.hidden));
    out.push(around.repeats.get(&hash(&block.text)).copied().unwrap_or(1).min(5) as f32);
    out.push(flag(m.chars < 300 && m.digits >= DATE_DIGITS_MIN && DATE.is_match(&block.text)));
    out.push(flag(
        m.chars < 300 && ['@', ':', 'w'].iter().any(|c| block.text.contains(*c)) && MAIL.is_match(&block.text),
    ));
    out.push(flag(around.title_chars >= m.chars / 2 && around.is_of_title(&block.text)));
    out.push(match claimed {
        None => -1.0,
        Some(claimed) => {
            let head: String = bare(&block.text.chars().take(120).collect::<String>());
            flag(!head.is_empty() && memmem::find(claimed.as_bytes(), head.as_bytes()).is_some())
        }
    });
    out.push(flag(
        block.text.starts_with(['▲', '△', '▶', '■', '●', '※', '◆', '◇', '○', '-', '•', '*', '[', '【', '(', '（', '<']),
    ));
}

fn place(page: &Blocks, around: &Around, at: usize, out: &mut Row) {
    let block = &page.list[at];
    let all = around.words.max(1.0);
    let before = around.words_before[at];
    out.push(at as f32 / page.list.len().max(1) as f32);
    out.push(before / all);
    out.push(log(all));
    out.push(around.title_at.map_or(0.0, |title| if at > title { 1.0 } else { -1.0 }));
    out.push(around.title_at.map_or(-1.0, |title| log((before - around.words_before[title]).abs())));
    out.push(f32::from(block.frame.depth));
    let parent = &page.parts[block.parent];
    let up = &page.parts[parent.up];
    let far = &page.parts[up.up];
    for around_it in [parent, up, far] {
        out.push(around_it.measure.words / all);
        out.push(around_it.measure.link_share());
    }
    out.push(log(parent.paragraphs as f32));
    out.push(parent.score / around.best_score);
    // Levels up to the path that leads to the best box, and from there down to it.
    let (mut box_at, mut ups) = (block.parent, 0.0);
    while !around.best_path[box_at] {
        box_at = page.parts[box_at].up;
        ups += 1.0;
    }
    out.push(ups);
    let best_depth = page.parts[around.best_box].depth;
    out.push(f32::from(best_depth.saturating_sub(page.parts[box_at].depth)));
    out.push(flag(at >= around.prose_first && at <= around.prose_last));
    out.push(log(words_between(around, at, around.prose_last)));
    if let Some(look) = around.looks.get(&block.frame.look) {
        out.push(log(look.blocks));
        out.push(log(look.words / look.blocks));
        out.push(look.link_share / look.blocks);
        out.push(look.stops / look.blocks);
        out.push(look.words / all);
    }
    out.push(f32::from(block.frame.article.min(20)));
    out.push(around.article_words.len() as f32);
    out.push(around.article_words.get(usize::from(block.frame.article)).copied().unwrap_or_default() / all);
    let (mut at, mut last) = (parent.up, parent.measure.words);
    for _ in 0..3 {
        at = page.parts[at].up;
        let part = &page.parts[at];
        out.push(part.measure.words / all);
        out.push(last / part.measure.words.max(1.0));
        out.push(part.score / around.best_score);
        last = part.measure.words;
    }
}

fn words_between(around: &Around, from: usize, to: usize) -> f32 {
    match (around.words_before.get(from), around.words_before.get(to)) {
        (Some(from), Some(to)) => (to - from).max(0.0),
        _ => 0.0,
    }
}

struct Row {
    values: [f32; FEATURES],
    next: usize,
}

impl Row {
    fn push(&mut self, value: f32) {
        self.values[self.next] = value;
        self.next += 1;
    }
}

fn flag(value: bool) -> f32 {
    f32::from(u8::from(value))
}

fn log(value: f32) -> f32 {
    (1.0 + value.max(0.0)).ln()
}

fn hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Letters and digits alone, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
