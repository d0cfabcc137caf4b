//! Article text that a page carries only as the state of its scripts (Next.js).
use serde_json::Value;

const VALUES_MAX: usize = 100_000;
/// A shorter string is a label or a teaser.
const TEXT_CHARS_MIN: usize = 200;
/// Members whose strings are code or addresses.
const MARKS: [&str; 2] = ["self.__next_f.push(", "__NEXT_DATA__"];

/// The longest prose among all strings of the embedded state.
pub(super) fn longest_text(html: &str) -> Option<String> {
    if !MARKS.iter().any(|mark| html.contains(mark)) {
        return None;
    }
    let mut best: Option<(usize, String)> = None;
    let mut flight = String::new();
    for script in html.split("<script").skip(1).filter_map(|script| script.split_once('>').map(|(_, rest)| rest)) {
        let code = script.split_once("</script").map_or(script, |(code, _)| code);
        if let Some(pushed) = code.trim().strip_prefix("self.__next_f.push(") {
            let json = pushed.trim_end_matches(|c: char| c == ';' || c == ')' || c.is_whitespace());
            // Pieces that are no JSON are not text either.
            if let Ok(value) = serde_json::from_str::<Value>(json) {
                flight.extend(value.get(1).and_then(Value::as_str));
            }
        } else if code.trim_start().starts_with('{')
            && let Ok(value) = serde_json::from_str::<Value>(code.trim())
        {
            consider(&value, &mut best);
        }
    }
    let mut rest = flight.as_str();
    while let Some((_, row)) = rest.split_once(':') {
        rest = take_row(row, &mut best);
    }
    best.map(|(_, text)| text)
}

/// Takes one row, `id:` gone: JSON up to the line end, or `Tlength,text` with the length in bytes (hexadecimal).
fn take_row<'a>(row: &'a str, best: &mut Option<(usize, String)>) -> &'a str {
    let counted = row.strip_prefix('T').and_then(|row| row.split_once(','));
    if let Some((length, text)) = counted
        && let Ok(length) = usize::from_str_radix(length, 16)
    {
        let (text, rest) = text.split_at_checked(text.floor_char_boundary(length)).unwrap_or((text, ""));
        offer(text, best);
        return rest;
    }
    let (json, rest) = row.split_once('\n').unwrap_or((row, ""));
    // Rows that are no JSON name modules and hints.
    if let Ok(value) = serde_json::from_str::<Value>(json) {
        consider(&value, best);
    }
    rest
}

fn consider(value: &Value, best: &mut Option<(usize, String)>) {
    let mut open = vec![value];
    let mut seen = 0;
    while let Some(value) = open.pop().filter(|_| seen < VALUES_MAX) {
        seen += 1;
        match value {
            Value::String(text) => offer(text, best),
            Value::Array(items) => open.extend(items),
            Value::Object(map) => open.extend(map.values()),
            _ => {}
        }
    }
}

fn offer(text: &str, best: &mut Option<(usize, String)>) {
    let (mut letters, mut marks) = (0usize, 0usize);
    for c in text.chars() {
        letters += usize::from(c.is_alphabetic());
        marks += usize::from(matches!(c, '{' | '}' | ';' | '\\' | '$'));
    }
    if letters >= TEXT_CHARS_MIN && marks * 40 < letters && best.as_ref().is_none_or(|(most, _)| letters > *most) {
        *best = Some((letters, text.to_owned()));
    }
}
