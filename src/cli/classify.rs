//! Filter: article → topics and event mentions.
use super::filter::{self, LineFault};
use crate::model::{Judgement, Lang, Precision, Script, Stamp, TimeSource};
use crate::text::lang::detect;
use crate::topic::{Lexicon, TopicInput};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde::Serialize;
use serde_json::Value;
use std::io::{BufRead, Write};

#[derive(Serialize)]
struct Line {
    id: Value,
    lang: Lang,
    script: Option<Script>,
    #[serde(flatten)]
    judgement: Judgement,
}

/// Returns how many lines failed.
pub(super) fn run(input: impl BufRead, output: impl Write) -> std::io::Result<u64> {
    filter::run(input, output, classify)
}

fn classify(row: &Value) -> Result<Line, LineFault> {
    let title = filter::text(row, "title")?.unwrap_or_default();
    let body = filter::text(row, "body")?.unwrap_or_default();
    let zone = filter::text(row, "feed_tz")?.map(zone).transpose()?;
    let published = filter::text(row, "published")?.map(|raw| stamp(raw, zone.as_ref())).transpose()?;
    let detected = detect(&format!("{title}\n{body}"));
    let lang = match filter::text(row, "lang")? {
        Some(given) => Lang::parse(given).map_err(|e| LineFault::new("bad_lang", e.to_string()))?,
        None => detected.lang,
    };
    let script = detected.script.filter(|_| detected.lang == lang);
    let input = TopicInput { title, body, lang, published: published.as_ref(), zone: zone.as_ref() };
    let judgement = Lexicon::embedded().judge(&input);
    Ok(Line { id: row.get("id").cloned().unwrap_or(Value::Null), lang, script, judgement })
}

fn zone(name: &str) -> Result<TimeZone, LineFault> {
    TimeZone::get(name).map_err(|e| LineFault::new("bad_zone", e.to_string()))
}

/// RFC 3339, or a day alone, which is that day in the feed's own zone.
fn stamp(raw: &str, zone: Option<&TimeZone>) -> Result<Stamp, LineFault> {
    let fault = |e: jiff::Error| LineFault::new("bad_published", e.to_string());
    if let Ok(day) = raw.parse::<civil::Date>()
        && raw.len() <= DAY_CHARS
    {
        let zone = zone.cloned().unwrap_or(TimeZone::UTC);
        let zoned = day.to_zoned_datetime(zone).map_err(fault)?;
        let offset_seconds = Some(zoned.offset().seconds());
        return Ok(Stamp {
            instant: zoned.timestamp(),
            offset_seconds,
            precision: Precision::Day,
            source: TimeSource::Import,
            raw: raw.to_owned(),
        });
    }
    let instant: Timestamp = raw.parse().map_err(fault)?;
    let offset_seconds =
        jiff::fmt::temporal::Pieces::parse(raw).map_err(fault)?.to_numeric_offset().map(|o| o.seconds());
    Ok(Stamp { instant, offset_seconds, precision: Precision::Second, source: TimeSource::Import, raw: raw.to_owned() })
}

/// `YYYY-MM-DD`.
const DAY_CHARS: usize = 10;
