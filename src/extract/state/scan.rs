//! A tolerant reader of JSON and of what scripts write like it: bare keys, single quotes, calls around it, a torn end.

/// Values of one script; nested ones are cut at this depth.
const NODES_MAX: usize = 200_000;
const DEPTH_MAX: usize = 96;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Every object and array of the code that stands outside any other, and long strings on their own.
pub(super) fn scan(code: &str) -> Vec<Node> {
    let mut scan = Scan { rest: code, nodes: 0, stack: vec![Open::list()] };
    while scan.step() {}
    while scan.stack.len() > 1 {
        scan.close();
    }
    match scan.stack.pop() {
        Some(Open { items: Items::List(list), .. }) => list,
        _ => Vec::new(),
    }
}

struct Scan<'a> {
    rest: &'a str,
    nodes: usize,
    stack: Vec<Open>,
}

/// A container whose end has not been seen.
struct Open {
    items: Items,
    /// The word or string read last, which a colon makes a key.
    pending: Option<Word>,
    key: Option<String>,
}

enum Items {
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

enum Word {
    Bare(String),
    Quoted(String),
}

impl Open {
    fn list() -> Open {
        Open { items: Items::List(Vec::new()), pending: None, key: None }
    }

    fn map() -> Open {
        Open { items: Items::Map(Vec::new()), pending: None, key: None }
    }
}

impl<'a> Scan<'a> {
    /// Takes one sign or word; false at the end.
    fn step(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else { return false };
        if self.nodes > NODES_MAX {
            return false;
        }
        match first {
            '"' | '\'' | '`' => {
                let (text, rest) = quoted(self.rest, first);
                self.rest = rest;
                self.word(Word::Quoted(text));
            }
            '/' if self.rest.starts_with("//") => self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest),
            '/' if self.rest.starts_with("/*") => self.rest = self.rest.split_once("*/").map_or("", |(_, rest)| rest),
            c if c.is_alphanumeric() || c == '_' || c == '$' => {
                let end = self
                    .rest
                    .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.')))
                    .unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
                self.rest = rest;
                self.word(Word::Bare(word.chars().take(64).collect()));
            }
            c => {
                self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
                self.sign(c);
            }
        }
        true
    }

    fn word(&mut self, word: Word) {
        self.flush();
        if let Some(open) = self.stack.last_mut() {
            open.pending = Some(word);
        }
    }

    fn sign(&mut self, c: char) {
        match c {
            ':' => {
                if let Some(open) = self.stack.last_mut() {
                    open.key = open.pending.take().map(|word| match word {
                        Word::Bare(key) | Word::Quoted(key) => key.chars().take(64).collect(),
                    });
                }
            }
            '{' | '[' => {
                self.flush();
                // What is nested deeper is read into the container that is full.
                if self.stack.len() < DEPTH_MAX {
                    self.stack.push(if c == '{' { Open::map() } else { Open::list() });
                }
            }
            '}' | ']' => {
                self.flush();
                let fits = self.stack.last().is_some_and(|open| matches!(open.items, Items::Map(_)) == (c == '}'));
                if fits && self.stack.len() > 1 {
                    self.close();
                }
            }
            _ => self.flush(),
        }
    }

    /// The pending word was a value.
    fn flush(&mut self) {
        let Some(open) = self.stack.last_mut() else { return };
        match open.pending.take() {
            Some(Word::Quoted(text)) => {
                self.nodes += 1;
                open.put(Node::Text(text));
            }
            Some(Word::Bare(_)) => open.key = None,
            None => {}
        }
    }

    fn close(&mut self) {
        self.flush();
        let Some(open) = self.stack.pop() else { return };
        self.nodes += 1;
        let node = match open.items {
            Items::List(list) => Node::List(list),
            Items::Map(map) => Node::Map(map),
        };
        if let Some(around) = self.stack.last_mut() {
            around.put(node);
        }
    }
}

impl Open {
    fn put(&mut self, node: Node) {
        let key = self.key.take();
        match &mut self.items {
            Items::List(list) => list.push(node),
            Items::Map(map) => map.push((key.unwrap_or_default(), node)),
        }
    }
}

/// A string literal with its escapes undone. A plain one that is not closed on its line was no string.
fn quoted(from: &str, quote: char) -> (String, &str) {
    let body = from.get(1..).unwrap_or_default();
    let mut out = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => escape(&mut chars, &mut out),
            '\n' if quote != '`' => return (String::new(), body.get(at..).unwrap_or_default()),
            c if c == quote => return (out, body.get(at + c.len_utf8()..).unwrap_or_default()),
            c => out.push(c),
        }
    }
    (out, "")
}

fn escape(chars: &mut std::str::CharIndices<'_>, out: &mut String) {
    let Some((_, c)) = chars.next() else { return };
    match c {
        'n' => out.push('\n'),
        't' => out.push('\t'),
        'r' | 'b' | 'f' | '\n' => {}
        'u' | 'x' => {
            let digits = if c == 'u' { 4 } else { 2 };
            let Some(unit) = hex(chars, digits) else { return };
            // A pair of surrogates is one character.
            if (0xD800..0xDC00).contains(&unit) && chars.as_str().starts_with("\\u") {
                let mut ahead = chars.clone();
                ahead.nth(1);
                if let Some(low) = hex(&mut ahead, 4).filter(|low| (0xDC00..0xE000).contains(low)) {
                    *chars = ahead;
                    out.extend(char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)));
                    return;
                }
            }
            out.extend(char::from_u32(unit));
        }
        c => out.push(c),
    }
}

fn hex(chars: &mut std::str::CharIndices<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |value, _| Some(value * 16 + chars.next()?.1.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Node {
        Node::Text(text.to_owned())
    }

    #[test]
    fn json_and_what_scripts_write_are_read_alike() {
        let expected = [Node::Map(vec![
            ("title".to_owned(), text("a \"b\" <c>")),
            ("body".to_owned(), Node::List(vec![text("one"), text("둘\n😀")])),
        ])];
        for code in [
            r#"{"title":"a \"b\" \u003cc>","n":12,"body":["one",null,"둘\n\ud83d\ude00"]}"#,
            r#"window.S = {title:'a "b" <c>', n: -1.5e3, ok: !0, body: ["one", `둘\n😀`]};"#,
            r#"(function(a,b){return {title:"a \"b\" \x3cc>",n:a,body:["one","둘\n😀""#,
        ] {
            let found: Vec<Node> =
                scan(code).into_iter().filter(|node| !matches!(node, Node::List(list) if list.is_empty())).collect();
            let inner = match &found[..] {
                [one] => one,
                other => panic!("{code}: {other:?}"),
            };
            match inner {
                Node::Map(map) if map.len() == 1 => assert_eq!(&map[0].1, &expected[0], "{code}"),
                inner => assert_eq!(inner, &expected[0], "{code}"),
            }
        }
    }

    proptest! {
        #[test]
        fn any_code_ends(code in "[\\[\\]{}:,\"'`\\\\a-z0-9/* \n가]{0,200}") {
            scan(&code);
        }
    }
}
