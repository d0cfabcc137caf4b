//! The filters: JSON Lines in, JSON Lines out, one output line per input line, in order.
use serde::Serialize;
use serde_json::Value;
use std::io::{BufRead, Write};

/// A line that cannot be processed; printed in its place, and the run ends with exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct LineFault {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl LineFault {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// One input line's bytes: a page or feed of 64 MB base64-encoded, and room around it.
const LINE_BYTES_MAX: usize = 96 << 20;

/// Runs `step` over every line. Returns how many lines failed.
pub(super) fn run<Out: Serialize>(
    input: impl BufRead,
    mut output: impl Write,
    mut step: impl FnMut(&Value) -> Result<Out, LineFault>,
) -> std::io::Result<u64> {
    let mut failed = 0;
    each_line(input, |line| match one(line, &mut step) {
        Ok(text) => writeln!(output, "{text}"),
        Err((id, fault)) => {
            failed += 1;
            let error = serde_json::json!({"id": id, "error": {"code": fault.code, "message": fault.message}});
            writeln!(output, "{error}")
        }
    })?;
    output.flush()?;
    Ok(failed)
}

fn one<Out: Serialize>(
    line: &[u8],
    step: &mut impl FnMut(&Value) -> Result<Out, LineFault>,
) -> Result<String, (Value, LineFault)> {
    if line.len() > LINE_BYTES_MAX {
        return Err((Value::Null, LineFault::new("line_too_long", format!("more than {LINE_BYTES_MAX} bytes"))));
    }
    let row: Value =
        serde_json::from_slice(line).map_err(|e| (Value::Null, LineFault::new("not_json", e.to_string())))?;
    let id = row.get("id").cloned().unwrap_or(Value::Null);
    let out = step(&row).map_err(|fault| (id.clone(), fault))?;
    serde_json::to_string(&out).map_err(|e| (id, LineFault::new("not_serializable", e.to_string())))
}

/// Calls `each` with every non-blank line; a line over the limit is passed cut just beyond it, the rest of it is skipped.
fn each_line(mut input: impl BufRead, mut each: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut ended = false;
        while !ended {
            let chunk = input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let (take, newline) = match memchr::memchr(b'\n', chunk) {
                Some(at) => (at, 1),
                None => (chunk.len(), 0),
            };
            let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
            line.extend_from_slice(&chunk[..take.min(room)]);
            input.consume(take + newline);
            ended = newline == 1;
        }
        if !line.iter().all(u8::is_ascii_whitespace) {
            each(&line)?;
        }
        if !ended {
            return Ok(());
        }
    }
}

/// A string under `key`; absent and null are None, anything else is a fault.
pub(super) fn text<'a>(row: &'a Value, key: &str) -> Result<Option<&'a str>, LineFault> {
    match row.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(LineFault::new("wrong_type", format!("{key} must be a string"))),
    }
}

/// An IANA zone under `key`; absent means UTC.
pub(super) fn zone(row: &Value, key: &str) -> Result<jiff::tz::TimeZone, LineFault> {
    match text(row, key)? {
        None => Ok(jiff::tz::TimeZone::UTC),
        Some(name) => jiff::tz::TimeZone::get(name)
            .map_err(|_| LineFault::new("unknown_zone", format!("{key} {name:?} is not an IANA time zone"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_gives_one_line_and_faults_are_placed() {
        let input = b"{\"id\":\"a\"}\n\nnot json\n{\"id\":\"b\",\"bad\":1}".as_slice();
        let mut out = Vec::new();
        let failed = run(input, &mut out, |row| {
            if row.get("bad").is_some() {
                return Err(LineFault::new("bad", "said so"));
            }
            Ok(serde_json::json!({"id": row["id"]}))
        });
        assert_eq!(failed.expect("in memory"), 2);
        let text = String::from_utf8(out).expect("json is UTF-8");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r#"{"id":"a"}"#);
        assert!(lines[1].contains("not_json"));
        assert_eq!(lines[2], r#"{"error":{"code":"bad","message":"said so"},"id":"b"}"#);
    }
}
