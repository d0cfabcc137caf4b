//! The rows that Next.js pushes piece by piece: `id:JSON` up to the line end, or `id:Tlength,text` counted in bytes.
use super::scan::{self, Node};

/// The pieces of one script, joined.
pub(super) fn pushed(code: &str) -> String {
    let mut out = String::new();
    for call in code.split("__next_f.push(").skip(1) {
        for node in scan::scan(call.split_once(")</script").map_or(call, |(call, _)| call)) {
            if let Node::List(list) = node {
                out.extend(list.into_iter().filter_map(|item| match item {
                    Node::Text(text) => Some(text),
                    _ => None,
                }));
            }
        }
    }
    out
}

pub(super) fn rows(flight: &str) -> Vec<Node> {
    let mut out = Vec::new();
    let mut rest = flight;
    while let Some((_, row)) = rest.split_once(':') {
        rest = match row.strip_prefix('T').and_then(|row| row.split_once(',')) {
            Some((length, text)) if usize::from_str_radix(length, 16).is_ok() => {
                let bytes = usize::from_str_radix(length, 16).unwrap_or(0).min(text.len());
                let (text, rest) = text.split_at_checked(text.floor_char_boundary(bytes)).unwrap_or((text, ""));
                out.push(Node::Text(text.to_owned()));
                rest
            }
            _ => {
                let (json, rest) = row.split_once('\n').unwrap_or((row, ""));
                out.extend(scan::scan(json));
                rest
            }
        };
    }
    out
}
