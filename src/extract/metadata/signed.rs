//! Names as a reader sees them: signed under the title, given in the text.
use super::names;
use super::scene::{Line, Near, is_prose};
use regex::Regex;
use std::sync::LazyLock;

/// A longer text is no byline.
pub(super) const BYLINE_CHARS_MAX: usize = 160;
/// Lines after the title that may hold a reporter's name.
const LINES_MAX: usize = 400;
/// Lines right under the title.
pub(super) const SIGNED_LINES: usize = 8;

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W{0,3}(?:(?:this )?(?:article |post |story )?(?:was )?(?:written|posted|authored|words|story|article) by|by|author)\b\s*[:|]*\s*((?:\d)?\p{L}[\p{L}'’.()-]*(?:\s+(?:and|&|of|\p{L}[\p{L}'’.()-]*)|,\s+\p{Lu}[\p{L}.]*){0,7})").expect("the pattern is constant")
});
static KOREAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s\[(=/·|,:：])([가-힣]{2,4}(?:\s?[·,]\s?[가-힣]{2,4}){0,3})\s?(?:시민|선임|수석|인턴|전문|객원|편집|논설|스포츠|경제|의학|환경)?\s?(?:기자|특파원|논설위원|통신원|칼럼니스트)(?:$|[\s\])=/·|@,])").expect("the pattern is constant")
});
static CHINESE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:(?:记者|記者)\s*[:：/／|｜]?\s*|(?:^|[\s(（【〔\[/／|｜:：，,。；])(?:作者|撰文者?|文字?|采写|採訪|编译|編譯|通讯员)\s*[:：/／|｜]\s*)(\p{Han}{2,4}(?:[\s、，,]\s?\p{Han}{2,4}){0,3}|[\p{L}·]{2,14})(?:$|[\s/／|｜）)】〕\]，,。；(（])").expect("the pattern is constant")
});

/// A line of names near the title.
pub(super) fn signed(near: &Near<'_>) -> Vec<String> {
    if !near.found {
        return Vec::new();
    }
    let lines = near.below.iter().chain(&near.above).filter(|line| !is_prose(&line.text) || line.pieces.len() > 2);
    texts_of(lines.copied()).iter().find_map(|text| name_in(text)).into_iter().collect()
}

/// Readings of all lines; a label that fills its line is joined with the next.
pub(super) fn texts_of<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        let mut texts = readings(line);
        if let Some(label) = out.last().filter(|last| is_label(last)).cloned()
            && let Some(first) = texts.first_mut()
        {
            *first = format!("{}: {first}", label.trim_end_matches([':', '：']));
        }
        out.extend(texts);
    }
    out
}

/// The pieces of a line, a label joined with what follows it, then the line.
fn readings(line: &Line) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for piece in line.pieces.iter().take(24) {
        match out.last_mut().filter(|last| is_label(last)) {
            Some(label) => {
                *label = format!("{}: {piece}", label.trim_end_matches([':', '：', '/', '|', '｜', ' ']));
            }
            None => out.push(piece.clone()),
        }
    }
    if line.pieces.len() > 1 && line.text.chars().count() <= BYLINE_CHARS_MAX {
        out.push(line.text.clone());
    }
    out
}

pub(super) fn name_in(text: &str) -> Option<String> {
    if text.chars().count() > BYLINE_CHARS_MAX {
        return None;
    }
    let latin = || {
        NAMED
            .captures(text)
            .and_then(|found| found.get(1))
            .map(|name| name.as_str().to_owned())
            .filter(|name| looks_like_person(name))
    };
    let korean = || {
        KOREAN
            .captures(text)
            .and_then(|found| found.get(1))
            .map(|name| name.as_str().to_owned())
            .filter(|name| is_korean_name(name))
    };
    let chinese = || CHINESE.captures(text).and_then(|found| found.get(1)).map(|name| name.as_str().to_owned());
    korean().or_else(chinese).or_else(latin)
}

fn is_korean_name(name: &str) -> bool {
    const NONE: [&str; 30] = [
        "시민",
        "취재",
        "사진",
        "인턴",
        "객원",
        "전문",
        "선임",
        "수석",
        "온라인",
        "디지털",
        "본지",
        "관련",
        "오늘의",
        "다른",
        "담당",
        "편집",
        "경제",
        "사회",
        "정치",
        "문화",
        "국제",
        "스포츠",
        "산업",
        "이",
        "그",
        "우리",
        "현장",
        "여성",
        "전체",
        "뉴스",
    ];
    !name.split(['·', ',', ' ']).any(|part| NONE.contains(&part))
}

/// Names that the text itself gives: a line that is only a name and a role, then any beside a role.
pub(super) fn mentioned(near: &Near<'_>, visible: &[String]) -> Vec<String> {
    static CLOSING: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:뉴스|[A-Z]{3})\s([가-힣]{2,4})입니다\.?$").expect("the pattern is constant"));
    static ALONE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\W{0,2}(?:[가-힣]{1,8}\s?[=/]\s?)?(?:\S{2,8}\s)?[가-힣]{2,4}\s?(?:\S{2}\s?)?(?:기자|특파원)(?:\s*[(\[]?[\w.+-]+@[\w.-]+[)\]]?)?\W{0,2}$").expect("the pattern is constant")
    });
    static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[（(【〔\[][^。]{0,12}(?:记者|記者)[^。]{1,24}[)）】〕\]]$").expect("the pattern is constant")
    });
    static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:was|is) written by (?:Dr\.? )?(\p{Lu}[\p{L}'’.-]+(?:\s+\p{Lu}[\p{L}'’.-]*){1,3}(?:, (?:MD|PhD|Ph\.D\.|RD|DVM|RN))?)").expect("the pattern is constant")
    });
    let after = near.after.iter().take(LINES_MAX).map(|line| line.text.as_str());
    let lines: Vec<&str> =
        if near.found { after.collect() } else { visible.iter().take(LINES_MAX).map(String::as_str).collect() };
    let alone = |line: &&&str| ALONE.is_match(line) || BRACKETED.is_match(line);
    let first = lines.iter().filter(alone).find_map(|line| name_in(line)).or_else(|| {
        let labelled = near.after.iter().take(LINES_MAX).copied();
        texts_of(labelled).iter().filter(|text| is_signed(text)).find_map(|text| name_in(text))
    });
    let written = || lines.iter().find_map(|line| WRITTEN.captures(line)?.get(1).map(|name| name.as_str().to_owned()));
    let lines: Vec<&str> = lines.iter().copied().filter(|line| !is_caption(line)).collect();
    let any = || lines.iter().find_map(|line| name_in(line).or_else(|| dateline(line)));
    let closing = || {
        lines
            .iter()
            .find_map(|line| CLOSING.captures(line).and_then(|found| found.get(1)).map(|name| name.as_str().to_owned()))
    };
    first.or_else(written).or_else(closing).or_else(any).into_iter().collect()
}

/// The reporter named at the head of a paragraph: (서울=통신) 홍길동 기자 = …, 【某报 记者 某某】…
fn dateline(line: &str) -> Option<String> {
    let start: String = line.chars().take(40).collect();
    let end: String = {
        let all: Vec<char> = line.chars().collect();
        all.iter().skip(all.len().saturating_sub(24)).collect()
    };
    name_in(&start).or_else(|| name_in(&end)).filter(|_| is_prose(line))
}

fn is_caption(line: &str) -> bool {
    !is_prose(line)
        && (line.starts_with('▲') || ["摄", "攝", "图源", "圖", "사진", "제공"].iter().any(|word| line.contains(word)))
}

/// "Ann Author | Writer | July 2, 2025": a name alone between the title and the date.
pub(super) fn beside_date(near: &Near<'_>) -> Vec<String> {
    if !near.found {
        return Vec::new();
    }
    let lines: Vec<&Line> = near.below.iter().take(SIGNED_LINES).copied().collect();
    let dated = |at: usize| lines.get(at).is_some_and(|line| is_dated(&line.text));
    let beside = (0..lines.len()).filter(|at| dated(*at) || dated(*at + 1) || (*at > 0 && dated(*at - 1)));
    let parts = beside.filter_map(|at| lines.get(at)).flat_map(|line| {
        let pieces = line.pieces.iter().flat_map(|piece| piece.split(['|', '·', '•', '—', '(']));
        pieces.map(|part| part.trim().to_owned()).take(8).collect::<Vec<_>>()
    });
    parts.into_iter().filter(|part| is_bare_name(part)).take(1).collect()
}

fn is_dated(text: &str) -> bool {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = text.to_lowercase();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    !is_prose(text) && (digits >= 6 || (digits >= 5 && months.iter().any(|month| lower.contains(month))))
}

fn is_bare_name(part: &str) -> bool {
    const NONE: [&str; 24] = [
        "read",
        "min",
        "mins",
        "minutes",
        "news",
        "blog",
        "share",
        "home",
        "guide",
        "guides",
        "reviews",
        "tips",
        "health",
        "by",
        "in",
        "the",
        "and",
        "business",
        "category",
        "article",
        "writer",
        "editor",
        "published",
        "updated",
    ];
    const WIDE: [&str; 22] = [
        "关注",
        "關注",
        "原创",
        "分享",
        "收藏",
        "评论",
        "評論",
        "字号",
        "字號",
        "登录",
        "登入",
        "首页",
        "首頁",
        "听全文",
        "구독",
        "공유",
        "인쇄",
        "댓글",
        "조회",
        "저장",
        "글자",
        "本报讯",
    ];
    if part.chars().any(|c| c > '\u{2E80}') {
        let letters = part.chars().all(char::is_alphabetic);
        return letters
            && (2..=8).contains(&part.chars().count())
            && !WIDE.iter().any(|word| part.contains(word))
            && !names::is_body(part);
    }
    let words: Vec<&str> = part.split_whitespace().collect();
    let is_word = |word: &&str| {
        word.starts_with(char::is_uppercase) && word.chars().skip(1).any(char::is_lowercase)
            || word.len() == 2 && word.ends_with('.')
    };
    (2..=4).contains(&words.len())
        && words.iter().all(is_word)
        && !words.iter().any(|word| NONE.contains(&word.to_lowercase().as_str()))
        && part.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\'' | '’'))
}

pub(super) fn is_signed(text: &str) -> bool {
    let lower = text.trim_start().to_lowercase();
    ["by ", "by:", "by:", "written by", "article by", "author:"].iter().any(|label| lower.starts_with(label))
}

pub(super) fn is_label(text: &str) -> bool {
    static BARE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^\W*(?:(?:article|post|story|words)?\s*(?:written|posted|published)?\s*by|authors?|기자|글|文|作者|撰文者?|记者|記者|文字)\s*[:：/／|｜]?$").expect("the pattern is constant")
    });
    BARE.is_match(text)
}

/// Capitals in Latin script, a short run in others.
pub(super) fn looks_like_person(name: &str) -> bool {
    let wide = name.chars().filter(|c| *c > '\u{2E80}').count();
    if wide > 0 {
        return name.chars().count() <= 12;
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let capital =
        words.iter().filter(|word| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())).count();
    words.len() <= 5 && capital * 2 > words.len()
}
