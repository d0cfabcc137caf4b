//! Markup to plain text, in one pass and without a tree: titles and summaries are lines, not documents.
use super::entity;
use super::raw::{Marked, MarkupKind};
use memchr::{memchr, memchr2};
use std::borrow::Cow;

/// One line of plain text; None when nothing visible is left.
pub(super) fn line(marked: &Marked) -> Option<String> {
    let text = match marked.kind {
        MarkupKind::Text if !has_tags(&marked.text) => collapse(&marked.text),
        // Most lines hold neither, and need no copy to find that out.
        _ if memchr2(b'<', b'&', marked.text.as_bytes()).is_none() => collapse(&marked.text),
        _ => collapse(&entity::decode(&without_tags(&marked.text))),
    };
    (!text.is_empty()).then_some(text)
}

/// HTML as it is; plain text escaped into HTML. None when empty.
pub(super) fn html(marked: &Marked) -> Option<String> {
    let text = marked.text.trim();
    let is_plain = marked.kind == MarkupKind::Text && !has_tags(text);
    (!text.is_empty()).then(|| if is_plain { html_escape::encode_text(text).into_owned() } else { text.to_owned() })
}

/// White space and control characters become single spaces: a line break in a title must not reach a mail header.
pub(super) fn collapse(text: &str) -> String {
    let text = text.trim();
    if is_collapsed(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    let mut rest = text;
    loop {
        let run = rest.bytes().position(may_begin_gap).unwrap_or(rest.len());
        let (word, tail) = rest.split_at_checked(run).unwrap_or((rest, ""));
        let mut chars = tail.chars();
        let next = chars.next();
        // What only shares its first byte with a space ends the run, but no word.
        let own = next.filter(|c| !is_gap(*c) && !is_invisible(*c));
        if gap && !out.is_empty() && !(word.is_empty() && own.is_none()) {
            out.push(' ');
        }
        gap &= word.is_empty() && own.is_none();
        out.push_str(word);
        out.extend(own);
        match next {
            Some(c) => gap |= is_gap(c),
            None => return out,
        }
        rest = chars.as_str();
    }
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{feff}')
}

/// True of the first byte of each gap and invisible character in UTF-8, and of no byte inside a character.
fn may_begin_gap(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, 0x7f | 0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef)
}

/// Single spaces between words and nothing else to mend; may say no of a line that is.
fn is_collapsed(text: &str) -> bool {
    let mut last = b' ';
    for byte in text.bytes() {
        if may_begin_gap(byte) && (byte != b' ' || last == b' ') {
            return false;
        }
        last = byte;
    }
    last != b' '
}

/// Known to HTML: `vec<String>` and `a < b` in a title are text, not tags.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "big",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "marquee",
    "meta",
    "nav",
    "noscript",
    "object",
    "ol",
    "option",
    "p",
    "param",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Tags that do not part words.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blink", "cite", "code", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr",
];

pub(super) fn is_html(name: &str) -> bool {
    TAGS.binary_search(&name).is_ok()
}

pub(super) fn has_tags(text: &str) -> bool {
    memchr::memchr_iter(b'<', text.as_bytes())
        .filter_map(|at| text.get(at + 1..))
        .any(|after| tag_name(after).is_some())
}

/// Text between the tags; script and style go with what they hold.
fn without_tags(text: &str) -> Cow<'_, str> {
    if memchr(b'<', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        rest = match past_markup(after, &mut out) {
            Some(tail) => tail,
            None => {
                out.push('<');
                after
            }
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What follows the tag or comment that `after` is inside of; None when the `<` is text.
fn past_markup<'a>(after: &'a str, out: &mut String) -> Option<&'a str> {
    if let Some(comment) = after.strip_prefix("!--") {
        return Some(comment.split_once("-->").map_or("", |(_, tail)| tail));
    }
    if after.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("!doctype")) {
        return Some(past_tag_end(after));
    }
    let name = tag_name(after)?;
    if !INLINE.contains(&name.as_str()) {
        out.push(' ');
    }
    let tail = past_tag_end(after);
    if matches!(name.as_str(), "script" | "style") && !after.starts_with('/') {
        // Only the first "</" is looked for: the text in between holds no end tags in practice.
        return Some(tail.split_once("</").map_or("", |(_, end)| past_tag_end(end)));
    }
    Some(tail)
}

/// An attribute longer than this has lost its closing quote.
const TAG_BYTES_MAX: usize = 2 << 10;

fn past_tag_end(text: &str) -> &str {
    let mut quote = None;
    for (at, b) in text.bytes().enumerate().take(TAG_BYTES_MAX) {
        match (quote, b) {
            (None, b'>') => return text.get(at + 1..).unwrap_or_default(),
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(open), b) if b == open => quote = None,
            _ => {}
        }
    }
    text.split_once('>').map_or("", |(_, tail)| tail)
}

/// The lower-case name of an HTML tag whose `<` stands before `after`.
fn tag_name(after: &str) -> Option<String> {
    let after = after.strip_prefix('/').unwrap_or(after);
    let end = after.bytes().take(TAG_NAME_BYTES_MAX + 1).position(|b| !b.is_ascii_alphanumeric());
    // A tag cut off by the end of the text is one too; a longer name is none, and must not be copied to find that out.
    let end = end.or((after.len() <= TAG_NAME_BYTES_MAX).then_some(after.len()))?;
    let (name, tail) = after.split_at_checked(end)?;
    let name = name.to_ascii_lowercase();
    let ends_well = tail.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
    (ends_well && is_html(&name)).then_some(name)
}

const TAG_NAME_BYTES_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, want: &str) {
        let marked = Marked { text: text.to_owned(), kind: MarkupKind::Unsaid, inline: false };
        assert_eq!(line(&marked).unwrap_or_default(), want);
    }

    #[test]
    fn the_tag_table_is_sorted() {
        assert!(TAGS.is_sorted());
    }

    #[test]
    fn white_space_becomes_single_spaces() {
        for (text, want) in [
            ("", ""),
            ("클로드 금지", "클로드 금지"),
            (" a  b\r\n\tc ", "a b c"),
            ("“a”\u{3000}…\u{a0}b\u{85}", "“a” … b"),
            ("a\u{200b}b \u{feff} c\u{feff}", "ab c"),
            ("\u{0}\u{7f}x\u{2028}é", "x é"),
        ] {
            assert_eq!(collapse(text), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn collapsing_runs_is_collapsing_characters(parts in proptest::collection::vec(prop::sample::select(vec![
            "a", " ", "  ", "\n", "\u{a0}", "é", "금", "“", "\u{3000}", "、", "\u{200b}", "\u{feff}", "ﬁ", "\u{1680}", "ᄀ", "\u{85}",
        ]), 0..12)) {
            let text = parts.concat();
            let visible: String = text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
            let want: Vec<&str> = visible.split_whitespace().collect();
            prop_assert_eq!(collapse(&text), want.join(" "));
        }
    }

    #[test]
    fn tags_go_and_text_stays() {
        check("<p>One</p><p>Two <b>b</b>old</p>", "One Two bold");
        check("a < b and Vec<String> & c", "a < b and Vec<String> & c");
        check("AT&amp;T&nbsp;bans\r\nX: y", "AT&T bans X: y");
        check("<script>alert('<b>')</script>safe<img src=x onerror=\"a>b\">", "safe");
        // A description cut in the middle of a tag.
        check("1<!-- x > y -->2<a href='x", "12");
        check("<!doctype html><style>p{}</style>", "");
    }
}
