//! "2 hours ago", 3시간 전, 2小时前: counted back from when the text was read.
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use crate::model::{Precision, Stamp, TimeSource};

/// Longer texts are sentences.
const CHARS_MAX: usize = 40;
/// Counts beyond this are no "ago".
const COUNT_MAX: i64 = 10_000;

/// Reads a whole text that is one relative form; `source` is kept, as the page said it.
pub fn relative(raw: &str, zone: &TimeZone, (source, now): (TimeSource, Timestamp)) -> Option<Stamp> {
    let raw = raw.trim();
    if raw.chars().count() > CHARS_MAX {
        return None;
    }
    let text = raw.to_lowercase();
    if let Some(stamp) = on_a_day(&text, zone, (source, now)) {
        return Some(Stamp { raw: raw.to_owned(), ..stamp });
    }
    let (back, precision) = match text.as_str() {
        "just now" | "now" | "방금" | "방금 전" | "刚刚" | "剛剛" | "刚才" | "剛才" => {
            (Span::new(), Precision::Minute)
        }
        _ => ago(&text)?,
    };
    let then = zone.to_timestamp(zone.to_datetime(now).checked_sub(back).ok()?).ok()?;
    let offset_seconds = Some(zone.to_offset(then).seconds());
    Some(Stamp { instant: then, offset_seconds, precision, source, raw: raw.to_owned() })
}

/// Count and unit before "ago", 전, 前.
fn ago(text: &str) -> Option<(Span, Precision)> {
    let body = ["ago", "以前", "之前", "前", "전"].iter().find_map(|end| text.strip_suffix(end))?.trim();
    let body = ["about ", "약 ", "大约", "約", "约"].iter().find_map(|start| body.strip_prefix(start)).unwrap_or(body);
    let unit = body.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = body.strip_suffix(unit)?;
    let (count, unit) = match digits {
        // "an hour ago"; what is not a number is no count.
        "" => (1, unit.strip_prefix("an ").or_else(|| unit.strip_prefix("a "))?),
        digits => (digits.parse::<i64>().ok().filter(|count| *count <= COUNT_MAX)?, unit),
    };
    let span = match unit.trim() {
        "s" | "sec" | "secs" | "second" | "seconds" | "초" | "秒" | "秒钟" | "秒鐘" => count.seconds(),
        "m" | "min" | "mins" | "minute" | "minutes" | "분" | "分" | "分钟" | "分鐘" => count.minutes(),
        "h" | "hr" | "hrs" | "hour" | "hours" | "시간" | "小时" | "小時" | "个小时" | "個小時" => {
            count.hours()
        }
        "d" | "day" | "days" | "일" | "天" | "日" => count.days(),
        "w" | "week" | "weeks" | "주" | "주일" | "周" | "週" | "星期" | "个星期" | "個星期" => {
            count.weeks()
        }
        "month" | "months" | "개월" | "달" | "个月" | "個月" => count.months(),
        "y" | "year" | "years" | "년" | "年" => count.years(),
        _ => return None,
    };
    let within_days = span.get_seconds() != 0 || span.get_minutes() != 0 || span.get_hours() != 0;
    Some((span, if within_days { Precision::Minute } else { Precision::Day }))
}

/// 어제, 昨天 12:30, yesterday at 9:15.
fn on_a_day(text: &str, zone: &TimeZone, (source, now): (TimeSource, Timestamp)) -> Option<Stamp> {
    const WORDS: [(&str, i64); 14] = [
        ("오늘", 0),
        ("今天", 0),
        ("今日", 0),
        ("today", 0),
        ("어제", 1),
        ("昨天", 1),
        ("昨日", 1),
        ("yesterday", 1),
        ("그저께", 2),
        ("그제", 2),
        ("前天", 2),
        ("그끄저께", 3),
        ("大前天", 3),
        ("前日", 2),
    ];
    let (rest, back) = WORDS.iter().find_map(|(word, back)| text.strip_prefix(word).map(|rest| (rest, *back)))?;
    let rest = rest.trim_start_matches([' ', ',', '\u{3000}']);
    let rest = rest.strip_prefix("at ").unwrap_or(rest).trim();
    let day = zone.to_datetime(now).date().checked_sub(back.days()).ok()?;
    let found = super::parse(format!("{day} {rest}").trim(), zone, source)?;
    let is_whole = rest.is_empty() || found.precision >= Precision::Minute;
    is_whole.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_relative_counts_from_the_fetch() {
        let now: Timestamp = "2026-07-03T05:20:30Z".parse().unwrap();
        let zone = TimeZone::get("Asia/Seoul").unwrap();
        let read = |text: &str| {
            relative(text, &zone, (TimeSource::Feed, now)).map_or("-".to_owned(), |stamp| {
                assert_eq!(stamp.raw, text.trim());
                stamp.to_text()
            })
        };
        for (text, want) in [
            ("2 hours ago", "2026-07-03T12:20:30+09:00"),
            ("About an hour ago", "2026-07-03T13:20:30+09:00"),
            ("3시간 전", "2026-07-03T11:20:30+09:00"),
            ("15분전", "2026-07-03T14:05:30+09:00"),
            ("2小时前", "2026-07-03T12:20:30+09:00"),
            (" 30 分鐘前 ", "2026-07-03T13:50:30+09:00"),
            ("3天前", "2026-06-30"),
            ("2주 전", "2026-06-19"),
            ("1 month ago", "2026-06-03"),
            ("방금 전", "2026-07-03T14:20:30+09:00"),
            ("刚刚", "2026-07-03T14:20:30+09:00"),
            ("어제", "2026-07-02"),
            ("昨天 12:30", "2026-07-02T12:30:00+09:00"),
            ("Yesterday at 9:15", "2026-07-02T09:15:00+09:00"),
            ("오늘 오후 1:05", "2026-07-03T13:05:00+09:00"),
            ("long ago", "-"),
            ("20000 days ago", "-"),
            ("어제의 뉴스", "-"),
            ("2026-07-03", "-"),
            ("前", "-"),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
    }
}
