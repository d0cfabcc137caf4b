//! Markup cut into events, forgiving everything: what is no tag is text. Linear: each search that fails is remembered.
use memchr::memmem::Finder;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    Open(Tag<'a>),
    Close {
        name: &'a str,
        raw: &'a str,
    },
    /// References not yet decoded.
    Text(&'a str),
    Cdata(&'a str),
    /// Comments, instructions, document types.
    Skipped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a str,
    /// All between `<` and `>`, both included.
    pub(crate) raw: &'a str,
    attributes: &'a str,
    pub(crate) empty: bool,
}

/// A tag longer than this has lost a quote.
const TAG_BYTES_MAX: usize = 32 << 10;

#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// The text ended inside a tag, comment or CDATA section.
    pub(crate) cut: bool,
    /// A CDATA section never ends.
    pub(crate) cdata_open: bool,
    tag_end: Seeker,
    comment_end: Seeker,
    cdata_end: Seeker,
    instruction_end: Seeker,
    single: Seeker,
    double: Seeker,
    doctype_seen: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            cut: false,
            cdata_open: false,
            tag_end: Seeker::new(b">"),
            comment_end: Seeker::new(b"-->"),
            cdata_end: Seeker::new(b"]]>"),
            instruction_end: Seeker::new(b"?>"),
            single: Seeker::new(b"'"),
            double: Seeker::new(b"\""),
            doctype_seen: false,
        }
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn next(&mut self) -> Option<Event<'a>> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let Some(inside) = rest.strip_prefix('<') else { return Some(self.text_until_tag(0)) };
        Some(match inside.as_bytes().first() {
            Some(b'!') => self.declaration(inside),
            Some(b'?') => self.instruction(),
            Some(b'/') => self.close(),
            Some(b) if b.is_ascii_alphabetic() || *b == b'_' || !b.is_ascii() => self.open(),
            _ => self.text_until_tag(1),
        })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Moves to `end`, which is always just behind an ASCII character or the end of the text.
    fn take(&mut self, end: usize) -> &'a str {
        let taken = self.text.get(self.at..end).unwrap_or_default();
        self.at = end.max(self.at + 1).min(self.text.len());
        taken
    }

    fn text_until_tag(&mut self, skip: usize) -> Event<'a> {
        let from = self.at + skip;
        let bytes = self.text.as_bytes();
        let end = memchr::memchr(b'<', bytes.get(from..).unwrap_or_default()).map_or(bytes.len(), |p| from + p);
        Event::Text(self.take(end))
    }

    fn declaration(&mut self, inside: &'a str) -> Event<'a> {
        if inside.starts_with("![CDATA[") {
            let from = self.at + "<![CDATA[".len();
            let Some(end) = self.cdata_end.find(self.text, from) else {
                // The end is lost: what follows is read as markup, so that later entries are not swallowed.
                (self.cut, self.cdata_open) = (true, true);
                self.take(from);
                return Event::Skipped;
            };
            let inner = self.text.get(from..end).unwrap_or_default();
            self.take(end + 3);
            return Event::Cdata(inner);
        }
        if inside.starts_with("!--") {
            if let Some(end) = self.comment_end.find(self.text, self.at + 4) {
                self.take(end + 3);
                return Event::Skipped;
            }
        } else if !std::mem::replace(&mut self.doctype_seen, true)
            && let Some(end) = doctype_end(self.text, self.at)
        {
            self.take(end);
            return Event::Skipped;
        }
        self.skip_to_tag_end()
    }

    fn instruction(&mut self) -> Event<'a> {
        match self.instruction_end.find(self.text, self.at) {
            Some(end) => {
                self.take(end + 2);
                Event::Skipped
            }
            None => self.skip_to_tag_end(),
        }
    }

    fn skip_to_tag_end(&mut self) -> Event<'a> {
        let end = self.tag_end.find(self.text, self.at);
        self.cut |= end.is_none();
        self.take(end.map_or(self.text.len(), |end| end + 1));
        Event::Skipped
    }

    fn close(&mut self) -> Event<'a> {
        let Some(end) = self.tag_end.find(self.text, self.at) else { return self.skip_to_tag_end() };
        // "</title <link>": the next tag begins before this one ends.
        let next = memchr::memchr(b'<', self.text.as_bytes().get(self.at + 1..end).unwrap_or_default());
        let raw = self.take(next.map_or(end + 1, |p| self.at + 1 + p));
        let inner = raw.strip_prefix("</").unwrap_or(raw);
        let name = inner.strip_suffix('>').unwrap_or(inner).split_ascii_whitespace().next();
        Event::Close { name: name.unwrap_or_default(), raw }
    }

    fn open(&mut self) -> Event<'a> {
        let Some(end) = self.open_end() else { return self.skip_to_tag_end() };
        let raw = self.take(end);
        let inner = raw.strip_prefix('<').unwrap_or(raw);
        let inner = inner.strip_suffix('>').unwrap_or(inner);
        let empty = inner.ends_with('/');
        let inner = inner.trim_end_matches('/');
        let (name, attributes) = inner.split_once(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or((inner, ""));
        Event::Open(Tag { name, raw, attributes, empty })
    }

    /// Just behind the tag: its `>` outside quotes, or the next `<` where the `>` is missing.
    fn open_end(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        while at < self.at + TAG_BYTES_MAX {
            let found = memchr::memchr3(b'>', b'"', b'\'', bytes.get(at..)?).map(|p| at + p)?;
            if let Some(next) = memchr::memchr(b'<', bytes.get(at..found)?) {
                return Some(at + next);
            }
            let seeker = match bytes.get(found)? {
                b'>' => return Some(found + 1),
                b'"' => &mut self.double,
                _ => &mut self.single,
            };
            match seeker.find(self.text, found + 1) {
                Some(quote) => at = quote + 1,
                None => break,
            }
        }
        self.tag_end.find(self.text, self.at).map(|end| end + 1)
    }
}

/// Past a document type with an internal subset; entity values may hold any bracket, so only `]` before `>` counts.
fn doctype_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let head = start + memchr::memchr2(b'[', b'>', bytes.get(start..)?)?;
    if bytes.get(head) == Some(&b'>') {
        return Some(head + 1);
    }
    memchr::memchr_iter(b']', bytes.get(head..)?).find_map(|p| {
        let after = bytes.get(head + p + 1..)?;
        let spaces = after.iter().take_while(|b| b.is_ascii_whitespace()).count();
        (after.get(spaces) == Some(&b'>')).then_some(head + p + 1 + spaces + 1)
    })
}

/// Finds the next place of a needle; asks forward only and remembers the last answer.
#[derive(Debug)]
struct Seeker {
    needle: Finder<'static>,
    /// The place found from `asked`; None when there is no further one.
    found: Option<usize>,
    asked: Option<usize>,
}

impl Seeker {
    fn new(needle: &'static [u8]) -> Self {
        Self { needle: Finder::new(needle), found: None, asked: None }
    }

    fn find(&mut self, text: &str, from: usize) -> Option<usize> {
        let still_true = self.asked.is_some_and(|asked| asked <= from && self.found.is_none_or(|found| found >= from));
        if !still_true {
            self.asked = Some(from);
            self.found = self.needle.find(text.as_bytes().get(from..).unwrap_or_default()).map(|p| from + p);
        }
        self.found
    }
}

impl<'a> Tag<'a> {
    /// The raw value of the attribute with this local name, in any prefix unless the name has one.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes()
            .find(|(key, _)| {
                let local = if name.contains(':') { key } else { key.rsplit(':').next().unwrap_or(key) };
                local.eq_ignore_ascii_case(name)
            })
            .map(|(_, value)| value)
    }

    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\'' | '='));
            if rest.is_empty() {
                return None;
            }
            let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
            let (name, tail) = rest.split_at_checked(end)?;
            let (value, tail) = attribute_value(tail);
            rest = tail;
            Some((name, value))
        })
    }
}

/// The value after a name, and what follows it.
fn attribute_value(tail: &str) -> (&str, &str) {
    let Some(value) = tail.trim_ascii_start().strip_prefix('=') else { return ("", tail) };
    let value = value.trim_ascii_start();
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    value.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let mut scanner = Scanner::new(text);
        let mut out = String::new();
        while let Some(event) = scanner.next() {
            match event {
                Event::Open(tag) => {
                    let attributes: Vec<String> = tag.attributes().map(|(k, v)| format!("{k}={v}")).collect();
                    out.push_str(&format!(
                        "({}{} {})",
                        tag.name,
                        if tag.empty { "/" } else { "" },
                        attributes.join(",")
                    ));
                }
                Event::Close { name, .. } => out.push_str(&format!("(/{name})")),
                Event::Text(text) => out.push_str(text),
                Event::Cdata(text) => out.push_str(&format!("[{text}]")),
                Event::Skipped => out.push('~'),
            }
        }
        if scanner.cut { format!("{out}…") } else { out }
    }

    #[test]
    fn markup_is_cut_into_events() {
        for (text, want) in [
            ("<?xml v?><a b='1' c=\"x>y\" d=2/>t</a >", "~(a/ b=1,c=x>y,d=2)t(/a)"),
            ("<![CDATA[<b>]]><!-- <i> -->", "[<b>]~"),
            ("a < b && <3 <x", "a < b && <3 ~…"),
            ("<!DOCTYPE r [<!ENTITY a \"]\"> <!ENTITY b '>'>] ><r>", "~(r )"),
            ("<a href=\"x>t</a><b>", "(a href=x)t(/a)(b )"),
            ("<a <b>c</a <d>", "(a )(b )c(/a)(d )"),
            ("<x><![CDATA[open<b>", "(x )~open(b )…"),
            ("<제목 속성='값'>", "(제목 속성=값)"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_byte_is_passed_once(text in "[<>/!?\"'=a\\[\\]& 가-]{0,60}") {
            let mut scanner = Scanner::new(&text);
            let mut last = 0;
            while scanner.next().is_some() {
                prop_assert!(scanner.position() > last);
                last = scanner.position();
            }
            prop_assert_eq!(last, text.len());
        }
    }
}
