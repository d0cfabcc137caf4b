//! Bounds a page before the HTML parser sees it: the parser is quadratic in depth, this is one pass.
use std::borrow::Cow;

/// Text after this is not read; the largest article pages have about half of it.
const TEXT_BYTES_MAX: usize = 2 << 20;
/// Elements open at once. Elements that HTML closes by itself are not counted, hence less than the 512 promised.
const DEPTH_MAX: usize = 256;
/// How far down an end tag looks for its element.
const LOOK_BACK: usize = 16;

const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Opening one closes the one before it, so a run of them does not nest.
const SELF_ENDING: [&str; 14] =
    ["p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option", "html", "head", "body"];
const RAW: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
/// The parser reopens what stood inside these, so their end tag closes them alone.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

pub(crate) struct Gated {
    pub(crate) html: String,
    pub(crate) too_deep: bool,
    pub(crate) too_large: bool,
}

pub(crate) fn gate(html: &str) -> Gated {
    let within = html.get(..html.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or(html);
    let mut scan = Scan { out: String::with_capacity(within.len()), open: Vec::new(), too_deep: false };
    scan.run(within);
    Gated { html: scan.out, too_deep: scan.too_deep, too_large: within.len() < html.len() }
}

struct Scan<'a> {
    out: String,
    open: Vec<Cow<'a, str>>,
    too_deep: bool,
}

impl<'a> Scan<'a> {
    fn run(&mut self, html: &'a str) {
        let mut rest = html;
        while let Some((text, from)) = rest.find('<').and_then(|at| rest.split_at_checked(at)) {
            self.out.push_str(text);
            rest = self.markup(from);
        }
        self.out.push_str(rest);
    }

    /// Takes one piece of markup; `from` begins with `<`. What is left comes back, always shorter.
    fn markup(&mut self, from: &'a str) -> &'a str {
        if let Some(comment) = from.strip_prefix("<!--") {
            return after_comment(comment);
        }
        if from.starts_with("<!") || from.starts_with("<?") {
            // What the parser takes for a comment ends at the first `>`; a tag begun inside it is none. The doctype stays.
            let (whole, rest) = from.find('>').and_then(|end| from.split_at_checked(end + 1)).unwrap_or((from, ""));
            if whole.get(2..9).is_some_and(|name| name.eq_ignore_ascii_case("doctype")) {
                self.out.push_str(whole);
            }
            return rest;
        }
        let closing = from.starts_with("</");
        let name_at = if closing { 2 } else { 1 };
        let after = from.get(name_at..).unwrap_or_default();
        if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            if closing {
                return after.split_once('>').map_or("", |(_, rest)| rest);
            }
            self.out.push('<');
            return from.get(1..).unwrap_or_default();
        }
        let name_end = after.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(after.len());
        let (name, attributes) = after.split_at_checked(name_end).unwrap_or((after, ""));
        let name = lower(name);
        let (tag, rest) = from.split_at_checked(name_at + name_end + tag_end(attributes)).unwrap_or((from, ""));
        if closing {
            self.close(&name, tag);
            return rest;
        }
        // Inside these the parser reads by other rules; nothing of an article stands there.
        if name == "svg" || name == "math" {
            return after_end(rest, &name);
        }
        let is_raw = RAW.contains(&name.as_ref());
        if is_raw || VOID.contains(&name.as_ref()) || SELF_ENDING.contains(&name.as_ref()) {
            self.out.push_str(tag);
            return if is_raw { self.raw(rest, &name) } else { rest };
        }
        if self.open.len() < DEPTH_MAX {
            self.open.push(name);
            self.out.push_str(tag);
        } else {
            self.too_deep = true;
        }
        rest
    }

    fn close(&mut self, name: &str, tag: &str) {
        let found = self.open.iter().rev().take(LOOK_BACK).position(|open| open == name);
        if let Some(back) = found {
            let at = self.open.len() - 1 - back;
            if FORMATTING.contains(&name) { drop(self.open.remove(at)) } else { self.open.truncate(at) }
        }
        // An end tag whose start was cut would close an element that is still wanted.
        if found.is_some() || !self.too_deep || SELF_ENDING.contains(&name) {
            self.out.push_str(tag);
        }
    }

    fn raw(&mut self, rest: &'a str, name: &str) -> &'a str {
        let after = after_end(rest, name);
        self.out.push_str(rest.strip_suffix(after).unwrap_or(rest));
        after
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Bytes of the attributes up to and with `>`, read as the tokenizer reads them: a quote counts only after `name=`.
fn tag_end(attributes: &str) -> usize {
    enum At {
        Before,
        Name,
        Equals,
        Quoted(u8),
        Unquoted,
    }
    let mut at = At::Before;
    for (i, b) in attributes.bytes().enumerate() {
        let space = b.is_ascii_whitespace();
        at = match (at, b) {
            (At::Quoted(quote), b) if b == quote => At::Before,
            (At::Quoted(quote), _) => At::Quoted(quote),
            (_, b'>') => return i + 1,
            (At::Equals, b'"' | b'\'') => At::Quoted(b),
            (At::Equals, _) if space => At::Equals,
            (At::Equals | At::Unquoted, _) if !space => At::Unquoted,
            (At::Name, b'=') => At::Equals,
            // White space between a name and its `=` keeps the name.
            (At::Name, _) if b != b'/' => At::Name,
            (At::Before, b) if !space && b != b'/' => At::Name,
            _ => At::Before,
        };
    }
    attributes.len()
}

/// What follows a comment: `<!-->` and `<!--->` end at once, `--!>` ends one too.
fn after_comment(comment: &str) -> &str {
    if let Some(rest) = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->")) {
        return rest;
    }
    let mut at = comment;
    // One pass: the first `--` that goes on as an end, since a second search would read the whole page for every comment.
    while let Some((_, after)) = at.split_once("--") {
        let after = after.trim_start_matches('-');
        if let Some(rest) = after.strip_prefix('>').or_else(|| after.strip_prefix("!>")) {
            return rest;
        }
        at = after;
    }
    ""
}

/// What follows the end tag of `name`; nothing when there is none.
fn after_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut at = rest;
    while let Some((_, from)) = at.split_once("</") {
        let is_it = from.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if is_it {
            return from.split_once('>').map_or("", |(_, rest)| rest);
        }
        at = from;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_cut_and_ordinary_pages_stay() {
        let deep = gate(&"<div>".repeat(50_000));
        assert!(deep.too_deep && deep.html.len() == DEPTH_MAX * 5);
        let crossed = gate(&"<b><div></b>".repeat(10_000));
        assert!(crossed.too_deep);
        let page = "<html><p>a<p>b<!-- x --><a title='>'>c</a><script>if (a</b) {}</script></html>";
        assert_eq!(gate(page).html, page.replace("<!-- x -->", ""));
        for opened in [
            "<![CDATA[safe<script t-->",
            "<?x <style >",
            "</ <textarea >",
            "<!x <title>",
            "<math><![CDATA[><script>]]>",
        ] {
            let hidden = gate(&format!("{opened}{}", "<div>".repeat(9_000)));
            assert!(hidden.html.matches("<div>").count() <= DEPTH_MAX, "{opened}");
        }
        assert_eq!(gate("<!doctype html><!-->a<!--->b<!-- c --!>d").html, "<!doctype html>abd");
        let many = format!("<body>{}</body>", "<p>one<br>two".repeat(2000));
        assert!(!gate(&many).too_deep);
        let large = gate(&"가".repeat(TEXT_BYTES_MAX));
        assert!(large.too_large && large.html.len() <= TEXT_BYTES_MAX);
    }
}
