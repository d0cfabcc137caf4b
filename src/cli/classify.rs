//! Filter: article → topics and event mentions.
use super::filter::{self, LineFault};
use crate::model::{Judgement, Lang, Script, TimeSource};
use crate::text::date;
use crate::text::lang::detect;
use crate::topic::{Lexicon, TopicInput};
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
    let zone = filter::zone(row, "feed_tz")?;
    let raw = filter::text(row, "published")?;
    let published = raw.and_then(|raw| date::parse(raw, &zone, TimeSource::Import));
    let detected = detect(&format!("{title}\n{body}"));
    let lang = match filter::text(row, "lang")? {
        Some(given) => Lang::parse(given).map_err(|e| LineFault::new("bad_lang", e.to_string()))?,
        None => detected.lang,
    };
    let script = detected.script.filter(|_| detected.lang == lang);
    // A zone that was not given is no zone: the day is then the one of the date's own offset.
    let zone = filter::text(row, "feed_tz")?.map(|_| &zone);
    let mut judgement =
        Lexicon::embedded().judge(&TopicInput { title, body, lang, published: published.as_ref(), zone });
    if let Some(raw) = raw.filter(|_| published.is_none()) {
        judgement.reasons.push(format!("no dates are resolved: published {raw:?} is not understood"));
    }
    Ok(Line { id: row.get("id").cloned().unwrap_or(Value::Null), lang, script, judgement })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_a_line_out_and_faults_are_named() {
        let input = concat!(
            r#"{"id":"a","title":"Ministry bans DeepSeek","body":"The ministry banned DeepSeek on government devices.","published":"2026-07-03","feed_tz":"Asia/Seoul"}"#,
            "\n",
            r#"{"id":"b","title":"t","body":"b","feed_tz":"Moon/Base"}"#,
            "\n",
            r#"{"id":"c","title":null,"body":null,"published":"Fri, 03 Jul 2026 21:15:00 +0900"}"#,
        );
        let mut out = Vec::new();
        assert_eq!(run(input.as_bytes(), &mut out).unwrap(), 1);
        let lines: Vec<Value> =
            String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines[0]["topics"], serde_json::json!(["vendor_ban"]));
        assert_eq!(lines[0]["lang"], "en");
        assert_eq!(lines[0]["event_mentions"][0]["target"][0]["id"], "deepseek");
        assert_eq!(lines[1]["error"]["code"], "unknown_zone");
        assert_eq!(lines[2]["topics"], serde_json::json!([]));
    }

    #[test]
    fn an_unreadable_date_costs_no_topic() {
        let row = serde_json::json!({"id": 1, "title": "Ministry bans DeepSeek", "body": "The ministry banned DeepSeek on government devices.", "published": "soon"});
        let line = classify(&row).unwrap();
        assert_eq!(line.judgement.topics, [crate::model::Topic::VendorBan]);
        assert!(line.judgement.reasons.iter().any(|why| why.contains("\"soon\"")));
    }
}
