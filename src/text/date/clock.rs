//! The time of day and its zone.
use super::token::{Reader, Token};
use jiff::tz::{Offset, TimeZone};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// 0..=24; 24 only with minute 0.
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: Option<i8>,
}

impl Clock {
    pub(super) fn checked(hour: i8, minute: i8, second: Option<i8>) -> Option<Self> {
        let midnight_after = hour == 24 && minute == 0 && second.unwrap_or(0) == 0;
        let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second.unwrap_or(0));
        // A leap second becomes the second before it.
        (fits || midnight_after).then_some(Self { hour, minute, second: second.map(|s| s.min(59)) })
    }
}

/// A zone as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Minutes(i32),
    /// China's or America's, by the source.
    Cst,
    /// ET and the like, which follow the American summer time.
    American(&'static str),
}

impl Zone {
    pub(super) fn resolve(self, in_china: bool) -> TimeZone {
        let minutes = match self {
            Zone::Minutes(minutes) => minutes,
            Zone::Cst if in_china => 8 * 60,
            Zone::Cst => -6 * 60,
            Zone::American(rule) => return TimeZone::posix(rule).unwrap_or(TimeZone::UTC),
        };
        TimeZone::fixed(Offset::from_seconds(minutes * 60).unwrap_or(Offset::UTC))
    }
}

/// Between day and time: commas, weekdays, bars, brackets. More than this many pieces and the time is another's.
const JOINTS_MAX: usize = 10;

/// The time after a day, if one stands there. Moves the reader only over what it took.
pub(super) fn read_after_day(reader: &mut Reader<'_>) -> (Option<Clock>, Option<Zone>) {
    let mut trial = *reader;
    let mut compact = false;
    for _ in 0..JOINTS_MAX {
        let before = trial;
        let clock = if compact { read_compact(&mut trial) } else { None };
        if let Some(clock) = clock.or_else(|| read_clock(&mut trial)) {
            let zone = read_zone(&mut trial);
            *reader = trial;
            return (Some(clock), zone);
        }
        trial = before;
        compact = match trial.next() {
            Some(Token::Word(word)) if word == "t" => true,
            Some(Token::Word(word)) if is_joint_word(word) => false,
            Some(Token::Space | Token::Mark(_)) => false,
            _ => break,
        };
    }
    // A zone right after the day: 2026-07-03+09:00.
    let mut trial = *reader;
    let zone =
        matches!(trial.peek(), Some(Token::Mark('+')) | Some(Token::Word(_))).then(|| read_zone(&mut trial)).flatten();
    if zone.is_some() {
        *reader = trial;
    }
    (None, zone)
}

fn is_joint_word(word: &str) -> bool {
    matches!(word, "at" | "on" | "time")
        || ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
            .iter()
            .any(|day| word.len() >= 3 && day.starts_with(word))
}

/// 14:20, 2:20:05 PM, PM 2:20, 오후 2시 20분, 下午2点20分, 14時.
pub(super) fn read_clock(reader: &mut Reader<'_>) -> Option<Clock> {
    let mut trial = *reader;
    let part = day_part(&mut trial).or_else(|| english_part(&mut trial));
    trial.space();
    let hour = two_digits(&mut trial)?;
    let (minute, second) = match trial.mark(&[':', '时', '時', '시', '点', '點'])? {
        ':' => after_colon(&mut trial)?,
        _ => after_hour_sign(&mut trial),
    };
    let part = part.or_else(|| english_part(&mut trial)).or_else(|| day_part(&mut trial));
    let hour = match part {
        Some(Part::Before) if hour == 12 => 0,
        // "오후 14:20" is written too.
        Some(Part::After) if hour < 12 => hour + 12,
        Some(Part::Noon) if hour < 4 => hour + 12,
        _ => hour,
    };
    let clock = Clock::checked(hour, minute, second)?;
    *reader = trial;
    Some(clock)
}

fn after_colon(reader: &mut Reader<'_>) -> Option<(i8, Option<i8>)> {
    let minute = reader.number(1..=2).and_then(|m| i8::try_from(m).ok())?;
    let mut trial = *reader;
    if trial.mark(&[':']).is_none() {
        return Some((minute, None));
    }
    let Some(second) = two_digits(&mut trial) else { return Some((minute, None)) };
    *reader = trial;
    if trial.mark(&['.', ',']).is_some() && trial.number(1..=12).is_some() {
        *reader = trial;
    }
    Some((minute, Some(second)))
}

fn after_hour_sign(reader: &mut Reader<'_>) -> (i8, Option<i8>) {
    let unit = |reader: &mut Reader<'_>, signs: &[char]| {
        let mut trial = *reader;
        trial.space();
        let value = two_digits(&mut trial)?;
        trial.mark(signs)?;
        *reader = trial;
        Some(value)
    };
    match unit(reader, &['分', '분']) {
        Some(minute) => (minute, unit(reader, &['秒', '초'])),
        None if reader.mark(&['半', '반']).is_some() => (30, None),
        None => (0, None),
    }
}

/// 2200 or 220000, right after a T.
fn read_compact(reader: &mut Reader<'_>) -> Option<Clock> {
    let mut trial = *reader;
    let (value, has_seconds) = match trial.peek()? {
        Token::Number { value, digits: 6 } => (*value, true),
        Token::Number { value, digits: 4 } => (*value * 100, false),
        _ => return None,
    };
    trial.next();
    let part = |n: u64| i8::try_from(n % 100).ok();
    let clock =
        Clock::checked(part(value / 10_000)?, part(value / 100)?, if has_seconds { part(value) } else { None })?;
    *reader = trial;
    Some(clock)
}

fn two_digits(reader: &mut Reader<'_>) -> Option<i8> {
    reader.number(1..=2).and_then(|value| i8::try_from(value).ok())
}

#[derive(Clone, Copy)]
enum Part {
    Before,
    Noon,
    After,
}

fn day_part(reader: &mut Reader<'_>) -> Option<Part> {
    const PARTS: [(&str, Part); 13] = [
        ("오전", Part::Before),
        ("새벽", Part::Before),
        ("오후", Part::After),
        ("저녁", Part::After),
        ("밤", Part::After),
        ("上午", Part::Before),
        ("凌晨", Part::Before),
        ("早上", Part::Before),
        ("中午", Part::Noon),
        ("下午", Part::After),
        ("傍晚", Part::After),
        ("晚上", Part::After),
        ("午後", Part::After),
    ];
    PARTS.iter().find(|(text, _)| reader.marks(text)).map(|(_, part)| *part)
}

/// am, PM, a.m.
fn english_part(reader: &mut Reader<'_>) -> Option<Part> {
    let mut trial = *reader;
    trial.space();
    let part = match trial.word()? {
        "am" => Part::Before,
        "pm" => Part::After,
        letter @ ("a" | "p") => {
            trial.mark(&['.'])?;
            (trial.word()? == "m").then_some(if letter == "a" { Part::Before } else { Part::After })?
        }
        _ => return None,
    };
    trial.mark(&['.']);
    *reader = trial;
    Some(part)
}

/// Z, KST, GMT+8, +0900, (+08:00). No civil offset is further out than 14 hours.
pub(super) fn read_zone(reader: &mut Reader<'_>) -> Option<Zone> {
    let mut trial = *reader;
    trial.space();
    trial.mark(&['(', '[']);
    let named = match trial.peek()? {
        Token::Word(word) => {
            let zone = by_name(word)?;
            trial.next();
            Some(zone)
        }
        _ => None,
    };
    // GMT+8 is eight hours; "KST +0900" says the same twice, and the number is the surer.
    let before = trial;
    let zone = read_offset(&mut trial).map(Zone::Minutes).or_else(|| {
        trial = before;
        named
    })?;
    trial.mark(&[')', ']']);
    *reader = trial;
    Some(zone)
}

fn read_offset(reader: &mut Reader<'_>) -> Option<i32> {
    reader.space();
    let sign = if reader.mark(&['+', '-'])? == '-' { -1 } else { 1 };
    let digits = match reader.peek()? {
        Token::Number { digits, .. } => *digits,
        _ => return None,
    };
    let value = i32::try_from(reader.number(1..=4)?).ok()?;
    let (hours, minutes) = match digits {
        1 | 2 => {
            let mut trial = *reader;
            let minutes = trial.mark(&[':']).and_then(|_| trial.number(2..=2));
            if minutes.is_some() {
                *reader = trial;
            }
            (value, i32::try_from(minutes.unwrap_or(0)).ok()?)
        }
        _ => (value / 100, value % 100),
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn by_name(word: &str) -> Option<Zone> {
    let hours = |h: i32| Some(Zone::Minutes(h * 60));
    match word {
        "z" | "utc" | "gmt" | "ut" | "wet" => hours(0),
        "kst" | "jst" => hours(9),
        "hkt" | "sgt" | "bjt" | "pht" | "myt" | "awst" => hours(8),
        "ict" | "wib" => hours(7),
        "ist" => Some(Zone::Minutes(330)),
        "msk" | "eest" => hours(3),
        "cest" | "eet" | "sast" => hours(2),
        "cet" | "bst" | "west" => hours(1),
        "cst" => Some(Zone::Cst),
        "est" | "cdt" => hours(-5),
        "edt" => hours(-4),
        "mst" | "pdt" => hours(-7),
        "mdt" => hours(-6),
        "pst" | "akdt" => hours(-8),
        "akst" => hours(-9),
        "hst" => hours(-10),
        "aest" => hours(10),
        "aedt" => hours(11),
        "nzst" => hours(12),
        "nzdt" => hours(13),
        "et" => Some(Zone::American("EST5EDT,M3.2.0,M11.1.0")),
        "ct" => Some(Zone::American("CST6CDT,M3.2.0,M11.1.0")),
        "mt" => Some(Zone::American("MST7MDT,M3.2.0,M11.1.0")),
        "pt" => Some(Zone::American("PST8PDT,M3.2.0,M11.1.0")),
        _ => None,
    }
}
