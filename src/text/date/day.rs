//! The calendar part of a date in its many orders.
use super::clock::{self, Clock, Zone};
use super::token::{Reader, Token};

#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    pub(super) year: i16,
    pub(super) month: i8,
    /// None when only the month is known.
    pub(super) day: Option<i8>,
    /// For forms with the time between day and year (asctime).
    pub(super) clock: Option<(Clock, Option<Zone>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// In a field that holds a date: every form.
    Any,
    /// In running text: whole dates with a four-digit year only.
    Certain,
}

pub(super) fn read(reader: &mut Reader<'_>, forms: Forms, short_year_first: bool) -> Option<Day> {
    let found = match reader.peek()? {
        Token::Word(_) => attempt(reader, month_name_first),
        Token::Mark('民') => attempt(reader, minguo),
        Token::Number { digits: 4, .. } => attempt(reader, year_first),
        Token::Number { digits: 1..=2, .. } => attempt(reader, day_first)
            .or_else(|| (forms == Forms::Any).then(|| attempt(reader, day_first_short)).flatten())
            .or_else(|| (short_year_first).then(|| attempt(reader, short_year)).flatten())
            .or_else(|| (forms == Forms::Any).then(|| attempt(reader, year_last)).flatten()),
        Token::Number { digits: 8 | 12 | 14, .. } if forms == Forms::Any => attempt(reader, compact),
        _ => None,
    }?;
    (found.day.is_some() || forms == Forms::Any).then_some(found)
}

/// Moves the reader only when the form fits.
fn attempt(reader: &mut Reader<'_>, form: fn(&mut Reader<'_>) -> Option<Day>) -> Option<Day> {
    let mut trial = *reader;
    let found = form(&mut trial)?;
    *reader = trial;
    Some(found)
}

/// 2026-07-03, 2026/7/3, 2026. 7. 3., 2026年7月3日, 2026년 7월 3일, 2026-07.
fn year_first(reader: &mut Reader<'_>) -> Option<Day> {
    let year = number(reader, 4..=4)?;
    after_year(reader, year)
}

/// 26.07.03, where the zone says that the year comes first.
fn short_year(reader: &mut Reader<'_>) -> Option<Day> {
    let year = full_year(number(reader, 2..=2)?, 2)?;
    after_year(reader, year).filter(|found| found.day.is_some())
}

/// 民國115年7月3日: Taiwan counts from 1912.
fn minguo(reader: &mut Reader<'_>) -> Option<Day> {
    let named = reader.marks("民國") || reader.marks("民国");
    reader.space();
    let year = number(reader, 2..=3).filter(|_| named)?;
    after_year(reader, year + 1911)
}

fn after_year(reader: &mut Reader<'_>, year: i16) -> Option<Day> {
    reader.space();
    let first = reader.mark(&['-', '/', '.', '年', '년'])?;
    reader.space();
    let month = small(reader)?;
    let rest = *reader;
    reader.space();
    let second = match first {
        '年' | '년' => reader.mark(&['月', '월']),
        same => reader.mark(&[same]),
    };
    reader.space();
    let day = second.and_then(|_| small(reader));
    match (day, second) {
        (Some(_), _) => {
            let after = *reader;
            reader.space();
            if reader.mark(&['日', '일', '号', '號']).is_none() {
                *reader = after;
            }
        }
        (None, Some('月' | '월')) => {}
        // A dot or dash that no day follows is not part of the date.
        (None, _) => *reader = rest,
    }
    Some(Day { year, month, day, clock: None })
}

/// 02 Oct 2024, 2nd October, 2024, and as some blogs localise RFC 2822: 02 10월 2024, 02 十月 2024.
fn day_first(reader: &mut Reader<'_>) -> Option<Day> {
    let (day, month) = day_and_month(reader)?;
    Some(Day { year: number(reader, 4..=4)?, month, day: Some(day), clock: None })
}

/// 2-Oct-24.
fn day_first_short(reader: &mut Reader<'_>) -> Option<Day> {
    let (day, month) = day_and_month(reader)?;
    let year = full_year(number(reader, 2..=2)?, 2)?;
    Some(Day { year, month, day: Some(day), clock: None })
}

fn day_and_month(reader: &mut Reader<'_>) -> Option<(i8, i8)> {
    let day = small(reader)?;
    ordinal(reader);
    reader.skip(&['-', '.', ',', '/']);
    let month = match reader.peek()? {
        Token::Word(word) => {
            reader.next();
            month_name(word)?
        }
        _ => eastern_month(reader)?,
    };
    reader.skip(&['-', '.', ',', '/']);
    Some((day, month))
}

/// 10월, 10月, 十月.
fn eastern_month(reader: &mut Reader<'_>) -> Option<i8> {
    // The longer come first: 十 begins 十二.
    const HAN: [(&str, i8); 12] = [
        ("十二", 12),
        ("十一", 11),
        ("十", 10),
        ("九", 9),
        ("八", 8),
        ("七", 7),
        ("六", 6),
        ("五", 5),
        ("四", 4),
        ("三", 3),
        ("二", 2),
        ("一", 1),
    ];
    let month = match small(reader) {
        Some(month) => month,
        None => HAN.iter().find(|(text, _)| reader.marks(text)).map(|(_, month)| *month)?,
    };
    reader.space();
    reader.mark(&['月', '월']).map(|_| month)
}

/// October 2, 2024; Oct 2 13:00:00 KST 2024; October 2024.
fn month_name_first(reader: &mut Reader<'_>) -> Option<Day> {
    let month = month_name(reader.word()?)?;
    reader.skip(&['.', '-', '/']);
    if let Some(year) = number(reader, 4..=4) {
        return Some(Day { year, month, day: None, clock: None });
    }
    let day = small(reader)?;
    ordinal(reader);
    reader.skip(&[',', '-', '/']);
    if let Some(year) = number(reader, 4..=4) {
        return Some(Day { year, month, day: Some(day), clock: None });
    }
    let clock = clock::read_clock(reader)?;
    let zone = clock::read_zone(reader);
    reader.skip(&[',']);
    let year = number(reader, 4..=4)?;
    Some(Day { year, month, day: Some(day), clock: Some((clock, zone)) })
}

/// 10/02/2024 is American unless it cannot be; 02.10.2024 and 02-10-2024 are European.
fn year_last(reader: &mut Reader<'_>) -> Option<Day> {
    let first = small(reader)?;
    let separator = reader.mark(&['/', '.', '-'])?;
    let second = small(reader)?;
    reader.mark(&[separator])?;
    let year = year(reader)?;
    let american = separator == '/' && first <= 12;
    let (month, day) = if american || second > 12 { (first, second) } else { (second, first) };
    Some(Day { year, month, day: Some(day), clock: None })
}

/// 20261002, 202610021300, 20261002130000.
fn compact(reader: &mut Reader<'_>) -> Option<Day> {
    let Some(Token::Number { value, digits }) = reader.next() else { return None };
    let (date, time) = match digits {
        8 => (*value, None),
        12 => (value / 10_000, Some((value % 10_000, None))),
        _ => (value / 1_000_000, Some((value % 1_000_000 / 100, Some(value % 100)))),
    };
    let part = |n: u64| i8::try_from(n % 100).ok();
    let clock = match time {
        None => None,
        Some((hour_minute, second)) => Some((
            Clock::checked(part(hour_minute / 100)?, part(hour_minute)?, second.and_then(part))?,
            clock::read_zone(reader),
        )),
    };
    Some(Day { year: i16::try_from(date / 10_000).ok()?, month: part(date / 100)?, day: Some(part(date)?), clock })
}

fn number(reader: &mut Reader<'_>, digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    reader.number(digits).and_then(|value| i16::try_from(value).ok())
}

/// A day or a month.
fn small(reader: &mut Reader<'_>) -> Option<i8> {
    reader.number(1..=2).and_then(|value| i8::try_from(value).ok())
}

fn year(reader: &mut Reader<'_>) -> Option<i16> {
    if let Some(year) = number(reader, 4..=4) {
        return Some(year);
    }
    number(reader, 2..=2).and_then(|year| full_year(year, 2))
}

/// RFC 2822's rule for two digits, drawn at the first year of the web.
fn full_year(year: i16, digits: usize) -> Option<i16> {
    match (digits, year) {
        (2, 0..=89) => Some(2000 + year),
        (2, 90..=99) => Some(1900 + year),
        _ => None,
    }
}

fn ordinal(reader: &mut Reader<'_>) {
    let mut trial = *reader;
    if matches!(trial.word(), Some("st" | "nd" | "rd" | "th")) {
        *reader = trial;
    }
}

fn month_name(word: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = NAMES
        .iter()
        .position(|name| word.len() >= 3 && name.starts_with(word) || (word == "sept" && *name == "september"))?;
    i8::try_from(at + 1).ok()
}
