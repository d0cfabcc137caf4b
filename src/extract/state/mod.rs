//! Article text that a page carries only as the state of its scripts: Next.js, Nuxt, Fusion and the presses' own.
mod flight;
mod scan;
mod weigh;

use scan::Node;
use scraper::{Html, Selector};
use std::sync::LazyLock;

/// Code that is looked at; pages carry up to a few hundred KB of state.
const CODE_BYTES_MAX: usize = 4 << 20;
/// A shorter script holds no article.
const SCRIPT_BYTES_MIN: usize = 200;
/// JSON inside a string inside JSON.
const NESTED_MAX: usize = 3;

static SCRIPTS: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("script, textarea").expect("the selector is constant"));

/// The paragraphs of the most article-like text of the state, as HTML or plain; `title` is the page's own.
pub(super) fn text(html: &Html, title: Option<&str>) -> Option<Vec<String>> {
    let mut left = CODE_BYTES_MAX;
    let mut flight = String::new();
    let mut nodes = Vec::new();
    for script in html.select(&SCRIPTS) {
        if script.attr("type").is_some_and(|kind| kind.contains("ld+json")) || script.attr("src").is_some() {
            continue;
        }
        let code: String = script.text().collect();
        if code.len() < SCRIPT_BYTES_MIN {
            continue;
        }
        let Some(rest) = left.checked_sub(code.len()) else { break };
        left = rest;
        if script.value().name() == "textarea" {
            nodes.push(Node::Text(code));
        } else if code.contains("__next_f") {
            flight.push_str(&flight::pushed(&code));
        } else {
            nodes.extend(nested(scan::scan(&code), NESTED_MAX));
        }
    }
    nodes.extend(flight::rows(&flight));
    weigh::best(&nodes, title)
}

/// Strings that hold state themselves, as in `JSON.parse("…")`, are opened.
fn nested(nodes: Vec<Node>, depth: usize) -> Vec<Node> {
    nodes.into_iter().map(|node| open(node, depth)).collect()
}

/// Nesting is bounded by the scanner.
fn open(node: Node, depth: usize) -> Node {
    match node {
        Node::Text(text)
            if depth > 0 && text.len() >= SCRIPT_BYTES_MIN && text.trim_start().starts_with(['{', '[']) =>
        {
            Node::List(nested(scan::scan(&text), depth - 1))
        }
        Node::List(list) => Node::List(nested(list, depth)),
        Node::Map(map) => Node::Map(map.into_iter().map(|(key, node)| (key, open(node, depth))).collect()),
        text => text,
    }
}

#[cfg(test)]
mod tests;
