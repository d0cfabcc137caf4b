//! Which part of the state is the article, and its paragraphs.
use super::scan::Node;
use crate::extract::block::Measure;

/// Words from which on a text can be the article; short ones must stand beside the title.
const WORDS_MIN: f32 = 40.0;
const WORDS_BESIDE_TITLE_MIN: f32 = 15.0;
/// Members that hold text, and members that hold parts of it.
const TEXT_KEYS: [&str; 14] = [
    "content",
    "text",
    "html",
    "body",
    "value",
    "children",
    "paragraph",
    "para",
    "p",
    "txt",
    "data",
    "contents",
    "description",
    "article",
];
/// Members whose text belongs to others.
const FOREIGN_KEYS: [&str; 18] = [
    "comment",
    "reply",
    "replies",
    "related",
    "recommend",
    "caption",
    "summary",
    "credit",
    "copyright",
    "terms",
    "policy",
    "seo",
    "i18n",
    "locale",
    "messages",
    "footer",
    "alt",
    "abstract",
];
/// Kinds of parts that are no running text.
const FOREIGN_TYPES: [&str; 14] = [
    "image",
    "img",
    "photo",
    "video",
    "ad",
    "advert",
    "related",
    "caption",
    "gallery",
    "embed",
    "interstitial",
    "link",
    "pic",
    "recommend",
];
/// Elements that a rendered tree holds beside the text.
const FOREIGN_ELEMENTS: [&str; 12] =
    ["figure", "figcaption", "script", "style", "aside", "nav", "button", "header", "footer", "form", "svg", "img"];

struct Best {
    weight: f32,
    text: Vec<String>,
}

/// Around a value: whether it is somebody else's, and whether the page's title stands beside it.
#[derive(Clone, Copy)]
struct Place {
    foreign: bool,
    titled: bool,
}

pub(super) fn best(nodes: &[Node], title: Option<&str>) -> Option<Vec<String>> {
    // No title: nothing stands beside it, and texts are told by length alone.
    let title = bare(title.unwrap_or_default());
    let mut best: Option<Best> = None;
    for node in nodes {
        visit(node, Place { foreign: false, titled: false }, &title, &mut best);
    }
    best.map(|best| best.text)
}

/// Nesting is bounded by the scanner.
fn visit(node: &Node, place: Place, title: &str, best: &mut Option<Best>) {
    match node {
        Node::Text(text) => offer(vec![text.clone()], place, best),
        Node::List(list) => {
            if !place.foreign && !is_index(list) && !is_pool(list) {
                offer(parts(node), place, best);
            }
            for item in list {
                visit(item, place, title, best);
            }
        }
        Node::Map(map) => {
            let titled = place.titled
                || map.iter().any(|(_, value)| match value {
                    Node::Text(text) => is_title(text, title),
                    // `headlines: {basic: …}`
                    Node::Map(inner) => {
                        inner.iter().any(|(_, value)| matches!(value, Node::Text(text) if is_title(text, title)))
                    }
                    Node::List(_) => false,
                });
            let own_title = map.iter().any(|(key, value)| {
                is_heading(key)
                    && matches!(value, Node::Text(text) if text.chars().count() >= 8 && !is_title(text, title))
            });
            for (key, value) in map {
                let foreign = place.foreign || is_foreign(key) || (own_title && !titled && !title.is_empty());
                visit(value, Place { foreign, titled }, title, best);
            }
        }
    }
}

fn offer(text: Vec<String>, place: Place, best: &mut Option<Best>) {
    if place.foreign {
        return;
    }
    let words: f32 = text.iter().map(|text| prose_words(text)).sum();
    if words < if place.titled { WORDS_BESIDE_TITLE_MIN } else { WORDS_MIN } {
        return;
    }
    let weight = if place.titled { words * 3.0 } else { words };
    if best.as_ref().is_none_or(|best| weight > best.weight * 1.02) {
        *best = Some(Best { weight, text });
    }
}

/// Words of text that reads like sentences; of code, lists of names and addresses none.
fn prose_words(text: &str) -> f32 {
    if text.len() < 8 || text.starts_with("http") || text.starts_with("data:") {
        return 0.0;
    }
    let (mut letters, mut marks) = (0usize, 0usize);
    let mut in_tag = false;
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c => {
                letters += usize::from(c.is_alphabetic());
                marks += usize::from(matches!(c, '{' | '}' | ';' | '\\' | '$' | '='));
                plain.push(c);
            }
        }
    }
    let measure = Measure::of(&plain, 0, 0);
    if marks * 20 > letters || measure.stops == 0 { 0.0 } else { measure.words }
}

/// A list of other articles: most of its items have a heading and an address.
fn is_index(list: &[Node]) -> bool {
    let cards = list.iter().filter(|item| match item {
        Node::Map(map) => {
            map.iter().any(|(key, value)| is_heading(key) && matches!(value, Node::Text(_)))
                && map.iter().any(|(key, _)| {
                    ["url", "link", "href", "id", "slug"].iter().any(|name| key.to_ascii_lowercase().contains(name))
                })
        }
        _ => false,
    });
    let cards = cards.count();
    cards >= 2 && cards * 2 > list.len()
}

/// Strings and objects side by side: the values of the whole page, which other values point to by number.
fn is_pool(list: &[Node]) -> bool {
    !is_element(list)
        && list.iter().any(|item| matches!(item, Node::Map(_)))
        && list.iter().filter(|item| matches!(item, Node::Text(_))).count() >= 2
}

/// The texts of a list's items in order: strings, parts of a known kind, elements of a rendered tree.
fn parts(node: &Node) -> Vec<String> {
    let mut out = Vec::new();
    gather(node, &mut out);
    out
}

fn gather(node: &Node, out: &mut Vec<String>) {
    match node {
        Node::Text(text) => out.push(text.clone()),
        Node::List(list) if is_element(list) => {
            let html = rendered(node);
            if !html.trim().is_empty() {
                out.push(html);
            }
        }
        // A list in a list is one paragraph in pieces.
        Node::List(list) => {
            for item in list {
                match item {
                    Node::List(pieces)
                        if !is_element(pieces) && !pieces.iter().any(|piece| matches!(piece, Node::List(_))) =>
                    {
                        let joined = parts(item).concat();
                        if !joined.trim().is_empty() {
                            out.push(joined);
                        }
                    }
                    item => gather(item, out),
                }
            }
        }
        Node::Map(map) => {
            let is_foreign_type = map.iter().any(|(key, value)| {
                matches!(key.as_str(), "type" | "_type" | "blockType" | "kind" | "subtype")
                    && matches!(value, Node::Text(kind) if FOREIGN_TYPES.iter().any(|foreign| starts(kind, foreign)))
            });
            if is_foreign_type {
                return;
            }
            for (key, value) in map {
                match value {
                    Node::Text(text) if is_text(key) => out.push(text.clone()),
                    Node::List(_) | Node::Map(_) if !is_foreign(key) => gather(value, out),
                    _ => {}
                }
            }
        }
    }
}

/// `["$", "p", key, {children}]`, as React writes its elements.
fn is_element(list: &[Node]) -> bool {
    matches!(list.first(), Some(Node::Text(mark)) if mark == "$")
}

fn rendered(node: &Node) -> String {
    match node {
        Node::Text(text) => html_escape::encode_text(text).into_owned(),
        Node::List(list) if is_element(list) => {
            let name = match list.get(1) {
                Some(Node::Text(name)) if name.chars().all(|c| c.is_ascii_alphanumeric()) => name.as_str(),
                _ => "div",
            };
            if FOREIGN_ELEMENTS.contains(&name) {
                return String::new();
            }
            let children = list.iter().skip(2).filter_map(|props| match props {
                Node::Map(props) => {
                    props.iter().find(|(key, _)| key == "children").map(|(_, children)| rendered(children))
                }
                _ => None,
            });
            format!("<{name}>{}</{name}>", children.collect::<String>())
        }
        Node::List(list) => list.iter().map(rendered).collect(),
        Node::Map(_) => String::new(),
    }
}

fn is_text(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    TEXT_KEYS.iter().any(|known| lower == *known || (known.len() > 3 && lower.ends_with(known))) && !is_foreign(key)
}

fn is_heading(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    lower.ends_with("title") || lower.ends_with("headline") || lower == "subject"
}

fn is_foreign(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    FOREIGN_KEYS.iter().any(|foreign| lower.contains(foreign))
}

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with))
}

/// The page's title is longer by the site's name, or shorter by nothing.
fn is_title(text: &str, title: &str) -> bool {
    let own = bare(&text.chars().take(200).collect::<String>());
    own.chars().count() >= 6 && !title.is_empty() && (title.contains(&own) || own.contains(title))
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
