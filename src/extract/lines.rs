//! HTML to paragraphs, and the cleaning of what presses put between and under them.
use crate::model::RightsSignal;
use ego_tree::iter::Edge;
use regex::{Regex, RegexSet};
use scraper::{Html, Node, node::Element};
use std::sync::LazyLock;

/// A line of furniture is short; the same words inside prose stay.
const FURNITURE_CHARS_MAX: usize = 160;
/// With those of headers, meta elements and links.
const RIGHTS_MAX: usize = 40;

const SKIPPED: [&str; 13] = [
    "script",
    "style",
    "noscript",
    "template",
    "figcaption",
    "button",
    "svg",
    "form",
    "select",
    "iframe",
    "textarea",
    "head",
    "nav",
];
const INLINE: [&str; 29] = [
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
    "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "wbr",
];

/// The visible text of a document, one string a paragraph (list item, quote, table row).
pub(super) fn paragraphs(html: &Html) -> Vec<String> {
    let (mut out, mut line, mut skipping) = (Vec::new(), String::new(), 0usize);
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) if skipping == 0 => line.push_str(text),
                Node::Element(element) if SKIPPED.contains(&element.name()) => skipping += 1,
                Node::Element(element) => boundary(element, &mut line, &mut out),
                _ => {}
            },
            Edge::Close(node) => match node.value() {
                Node::Element(element) if SKIPPED.contains(&element.name()) => skipping = skipping.saturating_sub(1),
                Node::Element(element) => boundary(element, &mut line, &mut out),
                _ => {}
            },
        }
    }
    flush(&mut line, &mut out);
    out
}

fn boundary(element: &Element, line: &mut String, out: &mut Vec<String>) {
    let name = element.name();
    if name == "td" || name == "th" {
        line.push(' ');
    } else if !INLINE.contains(&name) {
        flush(line, out);
    }
}

fn flush(line: &mut String, out: &mut Vec<String>) {
    let text = one_line(line);
    if !text.is_empty() {
        out.push(text);
    }
    line.clear();
}

/// White space collapsed; U+3000 at the start of Chinese paragraphs is indentation.
pub(super) fn one_line(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !matches!(c, '\u{200B}' | '\u{FEFF}' | '\u{AD}')).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Rights lines, kept apart as rights signals.
static RIGHTS: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"무단\s*(전재|복제|배포|사용)|재배포\s*(를\s*)?금지|AI\s*학습\s*(및\s*활용\s*)?(이용\s*)?금지|저작권자",
        r"(?i)^(ⓒ|©|\(c\)|copyright\b|copyrights?\s*[ⓒ©])",
        r"(?i)all rights reserved",
        r"版权所有|版權所有|未经授权.{0,12}(转载|使用)|未經.{0,12}(轉載|使用)|禁止转载|禁止轉載|请勿转载|請勿轉載|转载请注明|轉載請註明",
    ])
    .expect("the patterns are constant")
});

/// Furniture of the presses: dropped.
static FURNITURE: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"^[▲△▼▽◀▶]",
        r"(?i)^[^.!?。]{0,40}[\w.+-]+@[\w-]+(\.[\w-]+)+[)）\]】]?\.?$",
        r"^[(（【\[]?\s*(责任编辑|責任編輯|责编|原标题|原標題|编辑|編輯|校对|审核|来源|來源|文章来源)\s*[:：/].{0,60}$",
        r"^(관련\s*기사|많이 본 (뉴스|기사)|추천\s*기사|기사제보|좋아요|구독하기|공유하기|댓글|인쇄|글자크기)",
        r"^(相关阅读|相关新闻|相關新聞|延伸閱讀|延伸阅读|推荐阅读|扫一扫|分享到|打印|举报|点击进入专题|更多新聞)",
        r"(?i)^(advertisement|read more|share this|sign up for|subscribe now|related articles?)\b[^.]{0,40}$",
    ])
    .expect("the patterns are constant")
});

static EMAIL_TAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s*[(（\[]?[\w.+-]+@[\w-]+(\.[\w-]+)+[)）\]]?\s*$").expect("the pattern is constant")
});

/// Joins what is the article's own text; rights lines go to `rights`.
pub(super) fn body(lines: Vec<String>, title: Option<&str>, rights: &mut Vec<RightsSignal>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        let short = is_short(&line);
        let heads_with_title = kept.is_empty() && title == Some(line.as_str());
        if short && RIGHTS.is_match(&line) {
            note_rights(&line, rights);
        } else if heads_with_title || (short && FURNITURE.is_match(&line)) {
            continue;
        } else {
            let line = EMAIL_TAIL.replace(&line, "").into_owned();
            if !line.is_empty() && kept.last() != Some(&line) {
                kept.push(line);
            }
        }
    }
    kept.join("\n\n")
}

/// Rights lines stand at the foot of the page as often as in the text.
pub(super) fn rights_around(visible: &[String], rights: &mut Vec<RightsSignal>) {
    for line in visible.iter().filter(|line| is_short(line) && RIGHTS.is_match(line)) {
        note_rights(line, rights);
    }
}

fn is_short(line: &str) -> bool {
    line.chars().take(FURNITURE_CHARS_MAX + 1).count() <= FURNITURE_CHARS_MAX
}

fn note_rights(line: &str, rights: &mut Vec<RightsSignal>) {
    if rights.len() < RIGHTS_MAX && rights.iter().all(|known| known.raw != line) {
        rights.push(RightsSignal { kind: "footer".to_owned(), raw: line.to_owned(), place: "text".to_owned() });
    }
}
