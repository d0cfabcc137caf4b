//! Markup to plain text, in one pass and without a tree: titles and summaries are lines, not documents.
use super::entity;
use super::raw::{Marked, MarkupKind};

/// One line of plain text; None when nothing visible is left.
pub(super) fn line(marked: &Marked) -> Option<String> {
    let text = match marked.kind {
        MarkupKind::Text if !has_tags(&marked.text) => collapse(&marked.text),
        _ => collapse(&entity::decode(&without_tags(&marked.text))),
    };
    (!text.is_empty()).then_some(text)
}

/// HTML as it is; plain text escaped into HTML. None when empty.
pub(super) fn html(marked: &Marked) -> Option<String> {
    let is_plain = marked.kind == MarkupKind::Text && !has_tags(&marked.text);
    let html = if is_plain { html_escape::encode_text(&marked.text).into_owned() } else { marked.text.clone() };
    let html = html.trim();
    (!html.is_empty()).then(|| html.to_owned())
}

/// White space and control characters become single spaces: a line break in a title must not reach a mail header.
pub(super) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        if matches!(c, '\u{200b}' | '\u{feff}') {
            continue;
        }
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        out.push(c);
    }
    out
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
    text.split('<').skip(1).any(|after| tag_name(after).is_some())
}

/// Text between the tags; script and style go with what they hold.
fn without_tags(text: &str) -> String {
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
    out
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

    fn check(text: &str, want: &str) {
        let marked = Marked { text: text.to_owned(), kind: MarkupKind::Unsaid, inline: false };
        assert_eq!(line(&marked).unwrap_or_default(), want);
    }

    #[test]
    fn the_tag_table_is_sorted() {
        assert!(TAGS.is_sorted());
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
