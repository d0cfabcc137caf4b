//! A title as its feed gave it, markup kept: references stay as written, addresses are made absolute, and what could run
//! goes. It is for readers that want the feed's own words; our pages and mails show the plain text.
use super::raw::{Marked, MarkupKind};
use super::scan::{Event, Scanner, Tag};
use super::{entity, plain};
use url::Url;

/// A longer title is a body in the wrong place; its plain text is enough.
const MARKUP_BYTES_MAX: usize = 16 << 10;

/// How markup that is part of the XML is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// Atom 1.0: the div around XHTML is no part of it (RFC 4287, 3.1.1.3).
    Dropped,
    Kept,
}

/// One line with its markup; None when empty or too long.
pub(super) fn line(marked: &Marked, base: Option<&Url>, wrapper: Wrapper) -> Option<String> {
    if marked.text.len() > MARKUP_BYTES_MAX {
        return None;
    }
    let is_html = match marked.kind {
        MarkupKind::Text => false,
        MarkupKind::Html => true,
        MarkupKind::Unsaid => looks_like_html(&marked.text),
    };
    let text = if is_html {
        let inline = marked.inline;
        let text = if inline && wrapper == Wrapper::Dropped { without_div(&marked.text) } else { &marked.text };
        harmless(text, base, inline)
    } else {
        marked.text.clone()
    };
    let text = plain::collapse(&text);
    (!text.is_empty()).then_some(text)
}

/// Where nobody said what a title is: an end tag or a reference, and nothing that HTML does not know.
fn looks_like_html(text: &str) -> bool {
    let names = || {
        text.split('<').skip(1).map(|after| after.strip_prefix('/').unwrap_or(after)).filter_map(|after| {
            let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            (!name.is_empty()).then_some(name)
        })
    };
    let has_end_tag = text.split("</").skip(1).any(|after| {
        after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').starts_with('>') && !after.starts_with('>')
    });
    (has_end_tag || entity::holds_reference(text))
        && names().all(|name| is_kept(&name.to_ascii_lowercase()))
        && !entity::holds_unknown_name(text)
}

/// Elements that run, load, or belong to a whole document.
const UNKEPT: &[&str] = &[
    "applet", "base", "blink", "body", "embed", "frame", "frameset", "head", "html", "iframe", "link", "marquee",
    "meta", "object", "param", "script", "style", "svg",
];

fn is_kept(name: &str) -> bool {
    plain::is_html(name) && !UNKEPT.contains(&name)
}

/// Attributes that neither run nor style.
const ATTRIBUTES: &[&str] = &[
    "align", "alt", "cite", "class", "colspan", "datetime", "dir", "height", "href", "id", "lang", "rel", "rowspan",
    "src", "target", "title", "type", "width",
];

fn harmless(text: &str, base: Option<&Url>, inline: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut scanner = Scanner::new(text);
    // The element whose content goes with it, until its end tag.
    let mut dropped: Option<String> = None;
    while let Some(event) = scanner.next() {
        match event {
            Event::Open(tag) => {
                let name = tag.name.to_ascii_lowercase();
                if dropped.is_some() {
                    continue;
                }
                if matches!(name.as_str(), "script" | "style" | "applet") && !tag.empty {
                    dropped = Some(name);
                } else if is_kept(&name) {
                    open(&tag, &name, (base, inline), &mut out);
                }
            }
            Event::Close { name, .. } => {
                let name = name.to_ascii_lowercase();
                if dropped.as_ref() == Some(&name) {
                    dropped = None;
                } else if dropped.is_none() && is_kept(&name) {
                    out.push_str("</");
                    out.push_str(&name);
                    out.push('>');
                }
            }
            Event::Text(text) | Event::Cdata(text) if dropped.is_none() => escaped(text, inline, &mut out),
            _ => {}
        }
    }
    out
}

fn open(tag: &Tag<'_>, name: &str, (base, inline): (Option<&Url>, bool), out: &mut String) {
    out.push('<');
    out.push_str(name);
    for (key, value) in tag.attributes() {
        let key = key.to_ascii_lowercase();
        if !ATTRIBUTES.contains(&key.as_str()) {
            continue;
        }
        let is_address = matches!(key.as_str(), "href" | "src" | "cite");
        let address = if is_address { resolved(value, base) } else { None };
        if is_address && address.is_none() {
            continue;
        }
        let mut safe = String::new();
        escaped(address.as_deref().unwrap_or(value), inline, &mut safe);
        out.push(' ');
        out.push_str(&key);
        out.push_str("=\"");
        out.push_str(&safe.replace('"', "&quot;"));
        out.push('"');
    }
    out.push_str(if tag.empty { " />" } else { ">" });
}

/// Absolute where a base is known; None for what is not for following.
fn resolved(value: &str, base: Option<&Url>) -> Option<String> {
    let href = plain::collapse(&entity::decode(value));
    let found = match base {
        Some(base) => base.join(&href),
        None => Url::parse(&href),
    };
    match found {
        Ok(url) => matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.to_string()),
        Err(url::ParseError::RelativeUrlWithoutBase) => Some(href),
        // What is no address is left out.
        Err(_) => None,
    }
}

/// In escaped markup references stay as written; in XML they mean a character, which is written the shortest way.
fn escaped(text: &str, inline: bool, out: &mut String) {
    if inline {
        out.push_str(&html_escape::encode_text(&entity::decode(text)));
    } else {
        let mut safe = String::with_capacity(text.len());
        entity::escape_bare(text, &mut safe);
        out.push_str(&safe.replace('<', "&lt;"));
    }
}

fn without_div(text: &str) -> &str {
    let inner = text.trim();
    let opened = inner.strip_prefix("<div").and_then(|rest| rest.split_once('>'));
    match opened.and_then(|(head, rest)| rest.strip_suffix("</div>").map(|body| (head, body))) {
        // Two divs beside each other are content.
        Some((head, body)) if !head.ends_with('/') && !body.contains("<div") => body,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str, kind: MarkupKind, inline: bool) -> String {
        let base = Url::parse("https://a.example/x/").unwrap();
        let marked = Marked { text: text.to_owned(), kind, inline };
        line(&marked, Some(&base), Wrapper::Dropped).unwrap_or_default()
    }

    #[test]
    fn markup_is_kept_and_made_harmless() {
        use MarkupKind::{Html, Text, Unsaid};
        for (text, kind, inline, want) in [
            ("Q&A <b>now</b>", Html, false, "Q&amp;A <b>now</b>"),
            ("<b>&#38;</b> &amp;", Html, false, "<b>&#38;</b> &amp;"),
            ("<div class='x'><b>&#38;</b></div>", Html, true, "<b>&amp;</b>"),
            (
                "<img src=/i.png onerror='alert(1)'><a href=\"javascript:x\">y</a>",
                Html,
                false,
                "<img src=\"https://a.example/i.png\"><a>y</a>",
            ),
            ("<script>if (a<b) x()</script>safe<blink>!</blink>", Html, false, "safe!"),
            ("<b title='a\"b'>c</b>", Html, false, "<b title=\"a&quot;b\">c</b>"),
            ("the <blink> tag", Text, false, "the <blink> tag"),
            ("the <blink> tag", Unsaid, false, "the <blink> tag"),
            ("AT&T Vec<String></String>", Unsaid, false, "AT&T Vec<String></String>"),
            ("<b>a</b>\n&nbsp;b", Unsaid, false, "<b>a</b> &nbsp;b"),
            ("클로드 금지", Unsaid, false, "클로드 금지"),
        ] {
            assert_eq!(given(text, kind, inline), want, "{text}");
        }
        assert_eq!(given(&"x".repeat(MARKUP_BYTES_MAX + 1), Text, false), "");
    }
}
