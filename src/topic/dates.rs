//! Dates in three languages, resolved against the day the article was published.
use crate::model::Date;
use jiff::{ToSpan, civil};
use regex::Regex;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateRole {
    /// "from July 10", 10일부터, 7月10日起.
    From,
    /// "until", 까지, 至.
    Until,
    Plain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateMention {
    /// Byte of the folded sentence.
    pub at: usize,
    pub day: civil::Date,
    pub role: DateRole,
}

impl DateMention {
    pub(super) fn date(&self) -> Date {
        Date(self.day.to_string())
    }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant checked by tests")
}

static EN: LazyLock<Regex> = LazyLock::new(|| {
    let month = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?";
    regex(&format!(r"\b(?:{month} (\d{{1,2}})(?:st|nd|rd|th)?|(\d{{1,2}})(?:st|nd|rd|th)? {month})\b(?:,? (\d{{4}}))?"))
});
static EN_DAY: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(today|yesterday|tomorrow|(?:(next|last) )?(monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b")
});
static KO: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:(\d{4})년 ?)?(?:(\d{1,2})월 ?(\d{1,2})일|(지난달|다음 ?달|내달|이달|오는|지난|현지시간)? ?(\d{1,2})일)(간|째|동안|여)?",
    )
});
static KO_DAY: LazyLock<Regex> = LazyLock::new(|| regex(r"이날|오늘|어제|전날|내일"));
static ZH: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:(\d{4}) ?年 ?)?(?:(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]|(上月|上个月|下月|下个月|本月|当月)?(\d{1,2}) ?[日号])",
    )
});
static ZH_DAY: LazyLock<Regex> =
    LazyLock::new(|| regex(r"今日|今天|当日|当天|即日|昨日|昨天|明日|明天|(?:本周|周|星期|礼拜)([一二三四五六日天])"));
static BEFORE_FROM: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?:\b(?:from|effective|starting|beginning|as of|since|between|takes? effect on|took effect on|into force on|by)|自|从|由|将于|于) ?(?:next |on )?$",
    )
});
static BEFORE_UNTIL: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:\b(?:until|through|till|to|and)|至|到) ?$"));
static AFTER_FROM: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:\([^)]*\))? ?(?:0시부로|\d*시? ?부터|부터|부로|자로|起|开始|生效|시행|零时|至|到|~|(?:to|through) (?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
    )
});
static AFTER_UNTIL: LazyLock<Regex> = LazyLock::new(|| regex(r"^ ?(?:까지|为止|前)"));

/// In the order of the text. Nothing without the published day.
pub(super) fn dates(folded: &str, published: Option<civil::Date>) -> Vec<DateMention> {
    let Some(today) = published else { return Vec::new() };
    let mut found = Vec::new();
    english(folded, today, &mut found);
    for (pattern, days) in [(&KO, &KO_DAY), (&ZH, &ZH_DAY)] {
        for c in pattern.captures_iter(folded) {
            if c.get(6).is_none() {
                push(folded, (c.get(0), numbered(&c, today)), &mut found);
            }
        }
        for c in days.captures_iter(folded) {
            push(folded, (c.get(0), named_day(&c, today)), &mut found);
        }
    }
    found.sort_by_key(|d| d.at);
    found
}

fn english(folded: &str, today: civil::Date, found: &mut Vec<DateMention>) {
    for c in EN.captures_iter(folded) {
        let text = |i| c.get(i).map(|m| m.as_str());
        let month = text(1).or(text(4)).and_then(month_number);
        let day = text(2).or(text(3)).and_then(number);
        let year = text(5).and_then(number);
        let resolved = month.zip(day).and_then(|(month, day)| with_year(year, (month, day), today));
        push(folded, (c.get(0), resolved), found);
    }
    for c in EN_DAY.captures_iter(folded) {
        let resolved = match c.get(3).map(|m| m.as_str()) {
            Some(name) => weekday(name, c.get(2).is_some_and(|m| m.as_str() == "next"), today),
            None => named_day(&c, today),
        };
        push(folded, (c.get(0), resolved), found);
    }
}

fn push(folded: &str, (place, day): (Option<regex::Match<'_>>, Option<civil::Date>), found: &mut Vec<DateMention>) {
    let Some((place, day)) = place.zip(day) else { return };
    let before = folded.get(..place.start()).unwrap_or_default();
    let after = folded.get(place.end()..).unwrap_or_default();
    let role = if AFTER_UNTIL.is_match(after) || BEFORE_UNTIL.is_match(before) {
        DateRole::Until
    } else if AFTER_FROM.is_match(after) || BEFORE_FROM.is_match(before) {
        DateRole::From
    } else {
        DateRole::Plain
    };
    if !found.iter().any(|d| d.at == place.start()) {
        found.push(DateMention { at: place.start(), day, role });
    }
}

fn number(text: &str) -> Option<i16> {
    // More digits than a year has: not a date.
    text.parse::<i16>().ok()
}

fn month_number(text: &str) -> Option<i16> {
    MONTHS.iter().position(|m| text.starts_with(m)).map(|i| i as i16 + 1)
}

/// Groups 1 year, 2 month, 3 day, 4 relation, 5 day of the related month.
fn numbered(c: &regex::Captures<'_>, today: civil::Date) -> Option<civil::Date> {
    let group = |i: usize| c.get(i).and_then(|m| number(m.as_str()));
    if let (Some(month), Some(day)) = (group(2), group(3)) {
        return with_year(group(1), (month, day), today);
    }
    let day = group(5)?;
    let relation = c.get(4).map_or("", |m| m.as_str()).replace(' ', "");
    let base = match relation.as_str() {
        "지난달" | "上月" | "上个月" => today.checked_sub(1.month()).ok()?,
        "다음달" | "내달" | "下月" | "下个月" => today.checked_add(1.month()).ok()?,
        "오는" if day < i16::from(today.day()) => today.checked_add(1.month()).ok()?,
        "이달" | "本月" | "当月" | "오는" => today,
        // A day alone lies behind: the 30th, read on the 2nd, is last month's.
        _ if day > i16::from(today.day()) + 1 => today.checked_sub(1.month()).ok()?,
        _ => today,
    };
    civil::Date::new(base.year(), base.month(), i8::try_from(day).ok()?).ok()
}

/// Without a year: the nearest such day, at most half a year away.
fn with_year(year: Option<i16>, (month, day): (i16, i16), today: civil::Date) -> Option<civil::Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    if let Some(year) = year {
        return civil::Date::new(year, month, day).ok();
    }
    let years = [today.year(), today.year() - 1, today.year() + 1];
    let distance = |d: &civil::Date| today.until(*d).map_or(i32::MAX, |span| span.get_days().abs());
    years.into_iter().filter_map(|year| civil::Date::new(year, month, day).ok()).min_by_key(distance)
}

fn weekday(name: &str, next: bool, today: civil::Date) -> Option<civil::Date> {
    let wanted = WEEKDAYS.iter().position(|w| name.starts_with(w))? as i8;
    let have = today.weekday().to_monday_zero_offset();
    let back = i64::from((have - wanted).rem_euclid(7));
    let day = today.checked_sub(back.days()).ok()?;
    if next { day.checked_add(7.days()).ok() } else { Some(day) }
}

fn named_day(c: &regex::Captures<'_>, today: civil::Date) -> Option<civil::Date> {
    const ZH_WEEK: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    let shift: i64 = match c.get(0)?.as_str() {
        "yesterday" | "어제" | "전날" | "昨日" | "昨天" => -1,
        "tomorrow" | "내일" | "明日" | "明天" => 1,
        "today" | "이날" | "오늘" | "今日" | "今天" | "当日" | "当天" | "即日" => 0,
        _ => {
            let name = c.get(1)?.as_str().replace('天', "日");
            let wanted = ZH_WEEK.iter().position(|w| *w == name)? as i8;
            -i64::from((today.weekday().to_monday_zero_offset() - wanted).rem_euclid(7))
        }
    };
    today.checked_add(shift.days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_resolves() {
        let today = civil::date(2026, 7, 3);
        let cases = [
            ("takes effect on july 10", "2026-07-10", DateRole::From),
            ("오는 10일부터", "2026-07-10", DateRole::From),
            ("本月10日起", "2026-07-10", DateRole::From),
            ("自7月10日起", "2026-07-10", DateRole::From),
            ("a letter dated june 10", "2026-06-10", DateRole::Plain),
            ("지난달 10일", "2026-06-10", DateRole::Plain),
            ("3일 보도했다", "2026-07-03", DateRole::Plain),
            ("30일 밝혔다", "2026-06-30", DateRole::Plain),
            ("said on friday", "2026-07-03", DateRole::Plain),
            ("until 31 dec 2026", "2026-12-31", DateRole::Until),
            ("2025년 2월 15일", "2025-02-15", DateRole::Plain),
            ("6월 5일까지", "2026-06-05", DateRole::Until),
            ("周一表示", "2026-06-29", DateRole::Plain),
        ];
        for (text, day, role) in cases {
            let found = dates(text, Some(today));
            assert_eq!(found.first().map(|d| (d.day.to_string(), d.role)), Some((day.to_owned(), role)), "{text}");
        }
        assert!(dates("90일간", Some(today)).is_empty());
        assert!(dates("july 10", None).is_empty());
    }
}
