//! Numbers with a unit, in every notation: 25,000 · 2만5천 · 2.5万 · 28 million · 2,800萬.
use crate::model::Figure;
use regex::Regex;
use std::sync::LazyLock;

/// Written units and the one word they are reported under.
const UNITS: &[(&str, &[&str])] = &[
    ("accounts", &["accounts", "account", "계정", "账户", "账号", "帐号", "帐户"]),
    (
        "exchanges",
        &[
            "exchanges",
            "queries",
            "prompts",
            "interactions",
            "conversations",
            "requests",
            "대화",
            "질의",
            "요청",
            "交互",
            "对话",
            "查询",
            "次",
        ],
    ),
    ("tokens", &["tokens", "토큰", "token"]),
    ("users", &["users", "people", "subscribers", "이용자", "사용자", "명", "用户", "人"]),
    ("employees", &["employees", "workers", "staff", "직원", "员工"]),
    ("installs", &["installs", "downloads", "설치", "다운로드", "次安装", "次下载"]),
    ("USD", &["dollars", "달러", "美元"]),
    ("EUR", &["euros", "유로", "欧元"]),
    ("KRW", &["won", "원", "韩元"]),
];

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[$€£₩]? ?\d").expect("the pattern is a constant checked by tests"));

fn scale(word: &str) -> f64 {
    match word {
        "thousand" | "천" | "千" => 1e3,
        "백" | "百" => 1e2,
        "만" | "万" => 1e4,
        "million" | "m" => 1e6,
        "억" | "亿" => 1e8,
        "billion" => 1e9,
        "trillion" | "조" => 1e12,
        _ => 1.0,
    }
}

/// Scalars after a number in which its unit must begin.
const UNIT_REACH_CHARS: usize = 22;
/// Scalars before a number in which a CJK unit may stand ("계정 약 2만5천 개").
const UNIT_BACK_CHARS: usize = 12;

/// In the order of the text; numbers without a known unit are left out.
pub(super) fn figures(folded: &str) -> Vec<Figure> {
    let mut found: Vec<Figure> = Vec::new();
    let mut from = 0;
    while let Some(rest) = folded.get(from..) {
        let Some((value, start, end, money)) = next_number(rest) else { break };
        let after: String = rest.get(end..).unwrap_or_default().chars().take(UNIT_REACH_CHARS).collect();
        let ahead = rest.get(..start).unwrap_or_default();
        let before: String = tail(ahead, UNIT_BACK_CHARS);
        let unit = money.or_else(|| unit_after(&after)).or_else(|| unit_before(&before));
        let is_date = after.trim_start().starts_with(|c: char| "월일년月日年号시时%".contains(c));
        if let Some(unit) = unit
            && !is_date
            && value >= 10.0
            && !found.iter().any(|f| f.value == value)
        {
            found.push(Figure { value, unit: unit.to_owned() });
        }
        from += end.max(1);
    }
    found
}

fn tail(text: &str, chars: usize) -> String {
    let skip = text.chars().count().saturating_sub(chars);
    text.chars().skip(skip).collect()
}

/// Reads digit groups and their scales one after another, so 2만5천 and 2千8百万 add up.
fn next_number(text: &str) -> Option<(f64, usize, usize, Option<&'static str>)> {
    let place = NUMBER.find(text)?;
    let money = match place.as_str().chars().next() {
        Some('$') => Some("USD"),
        Some('€') => Some("EUR"),
        Some('£') => Some("GBP"),
        Some('₩') => Some("KRW"),
        _ => None,
    };
    let (value, used) = sum_groups(text.get(place.start()..).unwrap_or_default());
    Some((value, place.start(), place.start() + used.max(1), money))
}

static DIGITS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[$€£₩]? ?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)")
        .expect("the pattern is a constant checked by tests")
});
static SCALE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^ ?(?:((?:thousand|million|billion|trillion|m)\b)|([천백千百])?([조억亿만万])?)")
        .expect("the pattern is a constant checked by tests")
});
/// Digit groups of one number: 1조 2천억 3천만 4천.
const GROUPS_MAX: usize = 8;

/// Reads digit groups and their scales one after another: 2만5천, 2천800만 and 2 万 5,000 add up. Returns the bytes used.
fn sum_groups(text: &str) -> (f64, usize) {
    let (mut total, mut section, mut used) = (0.0, 0.0, 0);
    for _ in 0..GROUPS_MAX {
        let rest = text.get(used..).unwrap_or_default();
        let Some(digits) = DIGITS.captures(rest) else { break };
        // The pattern only lets digits and one point through.
        let value: f64 = digits.get(1).map_or("", |m| m.as_str()).replace(',', "").parse().unwrap_or(0.0);
        let after = digits.get(0).map_or(0, |m| m.end());
        used += after;
        let Some(words) = SCALE.captures(rest.get(after..).unwrap_or_default()) else { break };
        let word = |i: usize| words.get(i).map(|m| scale(m.as_str()));
        if let Some(english) = word(1) {
            return (value * english, used + words.get(0).map_or(0, |m| m.end()));
        }
        section += value * word(2).unwrap_or(1.0);
        if word(2).is_none() && word(3).is_none() {
            break;
        }
        used += words.get(0).map_or(0, |m| m.end());
        if let Some(big) = word(3) {
            total += section * big;
            section = 0.0;
        }
    }
    (total + section, used)
}

fn unit_after(after: &str) -> Option<&'static str> {
    let mut best: Option<(usize, &'static str)> = None;
    for (unit, words) in UNITS {
        for word in *words {
            if let Some(at) = after.find(word)
                && !after
                    .get(..at)
                    .unwrap_or_default()
                    .contains(|c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '，' | '。'))
                && best.is_none_or(|(b, _)| at < b)
            {
                best = Some((at, unit));
            }
        }
    }
    best.map(|(_, unit)| unit)
}

fn unit_before(before: &str) -> Option<&'static str> {
    UNITS
        .iter()
        .find(|(_, words)| words.iter().any(|w| !w.is_ascii() && w.chars().count() > 1 && before.contains(w)))
        .map(|(u, _)| *u)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_notation_is_a_full_number() {
        let cases: &[(&str, &[(f64, &str)])] = &[
            ("roughly 25,000 fake accounts", &[(25_000.0, "accounts")]),
            ("28 million exchanges", &[(28e6, "exchanges")]),
            ("가짜 계정 약 2만5천 개", &[(25_000.0, "accounts")]),
            ("2천800만 건이 넘는 대화", &[(28e6, "exchanges")]),
            ("约2.5万个虚假账户", &[(25_000.0, "accounts")]),
            ("超过2800万次交互", &[(28e6, "exchanges")]),
            ("约 2 万 5,000 个账号", &[(25_000.0, "accounts")]),
            ("fined $1.2 billion", &[(1.2e9, "USD")]),
            ("1.5亿用户", &[(1.5e8, "users")]),
            ("in 2026 it said", &[]),
        ];
        for (text, want) in cases {
            let got: Vec<(f64, String)> = figures(text).into_iter().map(|f| (f.value.round(), f.unit)).collect();
            let want: Vec<(f64, String)> = want.iter().map(|(v, u)| (v.round(), (*u).to_owned())).collect();
            assert_eq!(got, want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9,.만천억万亿 a-z$€次]{0,60}") {
            figures(&text);
        }
    }
}
