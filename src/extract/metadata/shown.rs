//! Dates as a reader sees them: near the title, with the words before them.
use super::Evidence;
use super::scene::{Line, Near, is_prose};
use super::times::stamp;
use crate::model::{Stamp, TimeSource};
use crate::text::date;
use regex::Regex;
use std::sync::LazyLock;

/// Longer pieces hold a date among words.
const DATE_PIECE_CHARS_MAX: usize = 60;
/// Lines of the article that are searched for words about its first publication.
const LINES_MAX: usize = 400;

/// What a visible date is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Published,
    Modified,
    None,
    /// A date of something else: an event, a reader, a copyright.
    Other,
}

pub(super) struct Shown {
    pub(super) stamp: Stamp,
    pub(super) label: Label,
}

/// "Originally published on …", wherever the article says it.
pub(super) fn first_published(seen: &Evidence<'_>, near: &Near<'_>) -> Option<Stamp> {
    static SAID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(?:originally|first) (?:published|posted|appeared) (?:on|in)?\s*(.{6,40})")
            .expect("the pattern is constant")
    });
    let lines = near
        .after
        .iter()
        .take(LINES_MAX)
        .filter(|line| line.text.contains("riginally ") || line.text.contains("irst "));
    let mut said = lines.filter_map(|line| SAID.captures(&line.text)?.get(1).map(|text| text.as_str().to_owned()));
    said.find_map(|text| date::find_all(&text, seen.page.zone).into_iter().next()).map(|dated| dated.stamp)
}

/// Dates near the title, nearest first: below it, then above.
pub(super) fn shown(seen: &Evidence<'_>, near: &Near<'_>) -> Vec<Shown> {
    let mut out = Vec::new();
    for lines in [&near.below, &near.above] {
        let mut before = String::new();
        for line in lines.iter().filter(|line| !is_prose(&line.text) || line.pieces.len() > 2) {
            read_line(seen, line, &before, &mut out);
            before.clone_from(&line.text);
        }
    }
    out
}

fn read_line(seen: &Evidence<'_>, line: &Line, above: &str, out: &mut Vec<Shown>) {
    let known = out.len();
    let mut before =
        if above.chars().count() <= 24 && !above.contains(|c: char| c.is_ascii_digit()) { above } else { "" };
    for piece in &line.pieces {
        let found = date::find_all(piece, seen.page.zone);
        let short = piece.chars().count() <= DATE_PIECE_CHARS_MAX;
        if found.is_empty() && short {
            out.extend(numeric(seen, piece).map(|stamp| Shown { label: label(&[before, piece]), stamp }));
        }
        for (at, dated) in found.into_iter().enumerate() {
            // A date deep in a sentence is told of, not signed.
            if short || dated.before.chars().count() <= 20 {
                let words = if at == 0 { [before, dated.before.as_str()] } else { ["", dated.before.as_str()] };
                out.push(Shown { label: label(&words), stamp: dated.stamp });
            }
        }
        before = piece;
    }
    if out.len() == known && line.pieces.len() > 1 && line.text.chars().count() <= 2 * DATE_PIECE_CHARS_MAX {
        // The numbers may stand in elements of their own.
        let found = date::find_all(&line.text, seen.page.zone);
        out.extend(found.into_iter().map(|dated| Shown { label: label(&[&dated.before]), stamp: dated.stamp }));
    }
}

/// 2/24/2026, which in running text could be anything.
fn numeric(seen: &Evidence<'_>, piece: &str) -> Option<Stamp> {
    static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|\s)(\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d|\d{1,2}-[a-z]{3}-20\d\d|1[01]\d[/.-]\d{1,2}[/.-]\d{1,2})(?:\s|$)").expect("the pattern is constant")
    });
    let raw = WHOLE.captures(piece)?.get(1)?.as_str();
    stamp(seen, Some(raw), TimeSource::VisibleText)
}

fn label(before: &[&str]) -> Label {
    const MODIFIED: [&str; 13] = [
        "수정",
        "갱신",
        "업데이트",
        "更新",
        "修改",
        "编辑于",
        "編輯於",
        "修订",
        "修訂",
        "updated",
        "modified",
        "last update",
        "reviewed",
    ];
    const PUBLISHED: [&str; 31] = [
        "입력",
        "등록",
        "승인",
        "게재",
        "작성",
        "발행",
        "송고",
        "전송",
        "发布",
        "發布",
        "发佈",
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
        "上架",
        "上稿",
        "建立",
        "刊出",
        "published",
        "posted",
        "publish",
        "date:",
        "first published",
        "created",
    ];
    const OTHER: [&str; 14] = [
        "copyright",
        "©",
        "등록일자",
        "생년",
        "born",
        "since",
        "expires",
        "effective",
        "有效期",
        "截止",
        "마감",
        "기간",
        "등록번호",
        "성립",
    ];
    let last = |words: &[&str], text: &str| words.iter().filter_map(|word| text.rfind(word)).max();
    for text in before.iter().rev().map(|text| text.to_lowercase()) {
        if last(&OTHER, &text).is_some() {
            return Label::Other;
        }
        match (last(&MODIFIED, &text), last(&PUBLISHED, &text)) {
            (Some(edit), Some(first)) if edit < first => return Label::Published,
            (Some(_), _) => return Label::Modified,
            (None, Some(_)) => return Label::Published,
            (None, None) => {}
        }
    }
    Label::None
}
