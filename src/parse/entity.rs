//! Character references: the predefined, the named of HTML and the numeric ones. Entities a DTD defines are never
//! expanded; they, and a bare `&`, stay as written.

/// The longest name in HTML is 31 letters.
const NAME_BYTES_MAX: usize = 34;

pub(crate) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    decode_into(text, &mut out);
    out
}

pub(crate) fn decode_into(text: &str, out: &mut String) {
    let mut rest = text;
    out.reserve(text.len());
    while let Some((before, after)) = cut(rest) {
        out.push_str(before);
        match reference(after) {
            Some((meaning, tail)) => {
                match meaning {
                    Meaning::Char(c) => out.push(c),
                    Meaning::Text(text) => out.push_str(&text),
                }
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}

/// Around the first `&`.
fn cut(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memchr(b'&', text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// References as written, and a bare `&` as one.
pub(crate) fn escape_bare(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((before, after)) = cut(rest) {
        out.push_str(before);
        out.push_str(if reference(after).is_some() { "&" } else { "&amp;" });
        rest = after;
    }
    out.push_str(rest);
}

pub(crate) fn holds_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|after| reference(after).is_some())
}

/// Written like a named reference, with a name that HTML does not know.
pub(crate) fn holds_unknown_name(text: &str) -> bool {
    text.split('&').skip(1).any(|after| {
        let tail = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        tail.len() < after.len() && tail.starts_with(';') && reference(after).is_none()
    })
}

enum Meaning {
    Char(char),
    /// What the full table of names gives.
    Text(String),
}

/// The meaning of the reference whose `&` stands before `after`, and what follows it.
fn reference(after: &str) -> Option<(Meaning, &str)> {
    let length = after.bytes().take(NAME_BYTES_MAX).position(|b| !b.is_ascii_alphanumeric() && b != b'#')?;
    let (name, tail) = after.split_at_checked(length)?;
    let tail = tail.strip_prefix(';')?;
    let meaning = match name.strip_prefix('#') {
        Some(digits) => Meaning::Char(numeric(digits)?),
        None => named(name)?,
    };
    Some((meaning, tail))
}

fn named(name: &str) -> Option<Meaning> {
    let plain = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "" => return None,
        _ => {
            let written = format!("&{name};");
            let meaning = html_escape::decode_html_entities(&written);
            return (meaning != written).then(|| Meaning::Text(meaning.into_owned()));
        }
    };
    Some(Meaning::Char(plain))
}

fn numeric(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    // Old tools wrote windows-1252 bytes as references: HTML reads them so.
    if let (0x80..=0x9f, Ok(byte)) = (code, u8::try_from(code)) {
        let bytes = [byte];
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
        return text.chars().next();
    }
    match char::from_u32(code)? {
        '\0' => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_the_rest_stays() {
        for (text, want) in [
            ("AT&T &amp; &lt;b&gt; &quot;&apos;", "AT&T & <b> \"'"),
            ("&#44552;&#xC9C0;&#X41;", "금지A"),
            ("&eacute;&hellip;&CounterClockwiseContourIntegral;", "é…∳"),
            ("&#146;", "’"),
            ("&Hstrok;&nbsp;", "Ħ\u{a0}"),
            ("&a9; &; &#; &#0; &#x110000; &금;", "&a9; &; &#; &#0; &#x110000; &금;"),
            ("?a=1&copy=2&", "?a=1&copy=2&"),
            ("&amp;amp;", "&amp;"),
        ] {
            assert_eq!(decode(text), want);
        }
    }
}
