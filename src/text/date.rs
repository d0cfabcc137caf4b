//! Dates as feeds and pages write them, in three languages: lax about form, strict about sense.
mod clock;
mod day;
mod relative;
mod token;

pub use relative::relative;

use crate::model::{Precision, Stamp, TimeSource};
use clock::{Clock, Zone};
use day::{Day, Forms};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan, civil};
use token::{Reader, Tokens, tokens};

/// A date with weekday, zone and comment is far shorter; the rest of a longer text is not read.
const DATE_CHARS_MAX: usize = 160;
/// Bounds for `find_in_text`: dates stand near the top, and a line longer than this is prose or code.
const LINES_MAX: usize = 4000;
const LINE_CHARS_MAX: usize = 600;
/// A label on the line above its date is about this short ("기사입력", "Published on").
const LABEL_CHARS_MAX: usize = 16;
/// Dates of one line; a line with more is a table.
const DATES_MAX: usize = 16;

/// Years outside are misprints, defaults or jokes.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// Reads one date. Without a zone of its own it means `zone`; relative forms ("2 hours ago") are for
/// [`relative()`], and nonsense gives None.
pub fn parse(raw: &str, zone: &TimeZone, source: TimeSource) -> Option<Stamp> {
    let raw = raw.trim();
    if let Some(instant) = epoch(raw) {
        let stamp = Stamp { instant, offset_seconds: None, precision: Precision::Second, source, raw: raw.to_owned() };
        return is_sensible(stamp.local_date()).then_some(stamp);
    }
    let text: String = raw.chars().take(DATE_CHARS_MAX).collect();
    let found = first_date(&text, zone, Forms::Any)?;
    Some(Stamp { raw: raw.to_owned(), source, ..found.stamp })
}

/// The date of publication in visible text: the first one beside a label that says so, else the first of all.
pub fn find_in_text(text: &str, zone: &TimeZone) -> Option<Stamp> {
    let mut first = None;
    let mut above_is_label = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES_MAX) {
        let short = line.chars().take(LABEL_CHARS_MAX + 1).count() <= LABEL_CHARS_MAX;
        if line.contains(|c: char| c.is_numeric()) {
            let line: String = line.chars().take(LINE_CHARS_MAX).collect();
            if let Some(found) = first_date(&line, zone, Forms::Certain) {
                if above_is_label || has_label(&found.before) {
                    return Some(found.stamp);
                }
                first.get_or_insert(found.stamp);
            }
        }
        above_is_label = short && has_label(line);
    }
    first
}

/// A date in running text, and what stands before it on its line.
pub struct Dated {
    pub stamp: Stamp,
    pub before: String,
}

/// Every whole date of one line, in order.
pub fn find_all(line: &str, zone: &TimeZone) -> Vec<Dated> {
    let text: String = line.chars().take(LINE_CHARS_MAX).collect();
    let placed = tokens(&text);
    let asian = is_east_asian(zone);
    let (mut out, mut start, mut from) = (Vec::new(), 0, 0);
    while start < placed.len() && out.len() < DATES_MAX {
        match date_at(&placed, start, (zone, Forms::Certain, asian)) {
            Some((stamp, end)) => {
                let between = placed.start(start).saturating_sub(from);
                let before = text.chars().skip(from).take(between).collect();
                let length = placed.start(end).saturating_sub(placed.start(start));
                let raw: String = text.chars().skip(placed.start(start)).take(length).collect();
                out.push(Dated { stamp: Stamp { raw: raw.trim().to_owned(), ..stamp }, before });
                from = placed.start(end);
                start = end.max(start + 1);
            }
            None => start += 1,
        }
    }
    out
}

fn date_at(placed: &Tokens, start: usize, (zone, forms, asian): (&TimeZone, Forms, bool)) -> Option<(Stamp, usize)> {
    let mut reader = Reader::new(placed, start);
    let day = day::read(&mut reader, forms, asian)?;
    let (clock, named) = match day.clock {
        Some((clock, named)) => (Some(clock), named),
        None => clock::read_after_day(&mut reader),
    };
    stamp(&day, clock, named, zone).map(|stamp| (stamp, reader.place()))
}

/// Words before the date of first publication. Words for edits (수정, 更新, Updated) are left out on purpose.
const LABELS: &[&str] = &[
    "입력",
    "등록",
    "승인",
    "게재",
    "작성",
    "발행",
    "송고",
    "기사전송",
    "发布",
    "發布",
    "發佈",
    "发表",
    "發表",
    "时间",
    "時間",
    "来源",
    "來源",
    "日期",
    "刊登",
    "出版",
    "published",
    "posted",
    "publish date",
    "date:",
];

fn has_label(text: &str) -> bool {
    let lower = text.to_lowercase();
    LABELS.iter().any(|label| lower.contains(label))
}

struct Found {
    stamp: Stamp,
    /// What stands before it on the line.
    before: String,
}

fn first_date(text: &str, zone: &TimeZone, forms: Forms) -> Option<Found> {
    let placed = tokens(text);
    let asian = is_east_asian(zone);
    for start in 0..placed.len() {
        let mut reader = Reader::new(&placed, start);
        let Some(day) = day::read(&mut reader, forms, asian) else { continue };
        let (clock, named) = match day.clock {
            Some((clock, named)) => (Some(clock), named),
            None => clock::read_after_day(&mut reader),
        };
        let raw: String = text.chars().skip(placed.start(start)).take(reader.end() - placed.start(start)).collect();
        if let Some(stamp) = stamp(&day, clock, named, zone) {
            let before = text.chars().take(placed.start(start)).collect();
            return Some(Found { stamp: Stamp { raw: raw.trim().to_owned(), ..stamp }, before });
        }
        // In a field that holds one date, a date that makes no sense is not followed by one that does.
        if forms == Forms::Any {
            return None;
        }
    }
    None
}

fn stamp(day: &Day, clock: Option<Clock>, named: Option<Zone>, zone: &TimeZone) -> Option<Stamp> {
    let date = civil::Date::new(day.year, day.month, day.day.unwrap_or(1)).ok().filter(|date| is_sensible(*date))?;
    let precision = match (day.day, clock) {
        (None, _) => Precision::Month,
        (_, None) => Precision::Day,
        (_, Some(Clock { second: None, .. })) => Precision::Minute,
        _ => Precision::Second,
    };
    let clock = clock.unwrap_or(Clock { hour: 0, minute: 0, second: None });
    // 24:00 is the next day's midnight.
    let date = if clock.hour == 24 { date.checked_add(1.day()).ok()? } else { date };
    let time = civil::Time::new(clock.hour % 24, clock.minute, clock.second.unwrap_or(0), 0).ok()?;
    let zone = named.map_or_else(|| zone.clone(), |named| named.resolve(is_chinese(zone)));
    let instant = zone.to_timestamp(date.to_datetime(time)).ok()?;
    let offset_seconds = Some(zone.to_offset(instant).seconds());
    Some(Stamp { instant, offset_seconds, precision, source: TimeSource::VisibleText, raw: String::new() })
}

/// Seconds, milliseconds or microseconds since 1970, told apart by length; 12 and 14 digits are calendar dates.
fn epoch(raw: &str) -> Option<Timestamp> {
    let whole = raw.split_once('.').map_or(
        raw,
        |(whole, fraction)| {
            if fraction.bytes().all(|b| b.is_ascii_digit()) { whole } else { raw }
        },
    );
    if !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => Timestamp::from_second(value).ok(),
        13 => Timestamp::from_millisecond(value).ok(),
        16 => Timestamp::from_microsecond(value).ok(),
        _ => None,
    }
}

fn is_sensible(date: civil::Date) -> bool {
    YEARS.contains(&date.year())
}

/// Looks like somebody's date although none can be read: 0000-00-00, 02 Oct 20245, 1970-01-01, an epoch of 0.
pub fn is_datelike(raw: &str) -> bool {
    let raw = raw.trim();
    let runs = raw.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    raw.chars().count() <= DATE_CHARS_MAX && (runs >= 2 || (runs == 1 && raw.bytes().all(|b| b.is_ascii_digit())))
}

/// CST is China's time in a Chinese source and the American one elsewhere.
fn is_chinese(zone: &TimeZone) -> bool {
    const NAMES: [&str; 9] = [
        "Asia/Shanghai",
        "Asia/Chongqing",
        "Asia/Harbin",
        "Asia/Urumqi",
        "Asia/Taipei",
        "Asia/Hong_Kong",
        "Asia/Macau",
        "PRC",
        "ROC",
    ];
    zone.iana_name().is_some_and(|name| NAMES.contains(&name))
        || zone.to_fixed_offset().is_ok_and(|o| o == Offset::constant(8))
}

/// Where 26.07.03 is year, month, day.
fn is_east_asian(zone: &TimeZone) -> bool {
    is_chinese(zone)
        || zone.iana_name().is_some_and(|name| matches!(name, "Asia/Seoul" | "Asia/Tokyo" | "ROK" | "Japan"))
        || zone.to_fixed_offset().is_ok_and(|o| o == Offset::constant(9))
}

#[cfg(test)]
mod tests;
