//! The flat form of an article: one line of a spreadsheet.
use super::Row;
use crate::desk::Ruled;
use crate::model::{Entity, EventMention, Topic};

pub(super) const COLUMNS: [&str; 24] = [
    "id",
    "url",
    "title",
    "lang",
    "script",
    "site",
    "published",
    "topics",
    "mentions",
    "actions",
    "actors",
    "targets",
    "products",
    "status",
    "announced",
    "effective",
    "scope",
    "reason",
    "cited",
    "story",
    "copy_of",
    "evidence",
    "permit",
    "withheld",
];

/// Between several values of one cell.
const BETWEEN: &str = "; ";

pub(super) fn cells(ruled: &Ruled) -> [String; COLUMNS.len()] {
    let row = Row::of(ruled);
    let mentions = row.event_mentions;
    [
        row.id.to_string(),
        row.url.to_owned(),
        row.title.unwrap_or_default().to_owned(),
        row.lang.to_string(),
        row.script.map(|script| script.as_str()).unwrap_or_default().to_owned(),
        row.site.unwrap_or_default().to_owned(),
        row.published.clone().unwrap_or_default(),
        topics(row.topics),
        topics(row.mentions),
        row.actions().iter().map(|action| action.as_str()).collect::<Vec<_>>().join(BETWEEN),
        names(mentions, |mention| &mention.actor),
        names(mentions, |mention| &mention.target),
        names(mentions, |mention| &mention.products),
        distinct(mentions.iter().map(|mention| mention.status.as_str())),
        distinct(mentions.iter().filter_map(|mention| mention.announced.as_ref().map(|date| date.0.as_str()))),
        distinct(mentions.iter().filter_map(|mention| mention.effective.as_ref().map(|date| date.0.as_str()))),
        distinct(mentions.iter().filter_map(|mention| mention.scope.as_deref())),
        distinct(mentions.iter().filter_map(|mention| mention.reason.as_deref())),
        distinct(mentions.iter().flat_map(|mention| &mention.cited).map(String::as_str)),
        row.story.to_string(),
        row.copy_of.map(|id| id.to_string()).unwrap_or_default(),
        evidence(mentions),
        row.ruling.permit.as_str().to_owned(),
        if row.ruling.withholds() { row.ruling.words() } else { String::new() },
    ]
    .map(neutral)
}

fn topics(topics: &[Topic]) -> String {
    topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(BETWEEN)
}

/// Canonical ids where known, names as written otherwise; each once.
fn names(mentions: &[EventMention], role: fn(&EventMention) -> &Vec<Entity>) -> String {
    distinct(mentions.iter().flat_map(role).map(|entity| entity.id.as_deref().unwrap_or(&entity.name)))
}

fn evidence(mentions: &[EventMention]) -> String {
    distinct(
        mentions
            .iter()
            .flat_map(|mention| &mention.evidence)
            .map(|evidence| evidence.text.as_str())
            .filter(|text| !text.is_empty()),
    )
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen.join(BETWEEN)
}

/// A spreadsheet runs a cell that starts like a formula; a leading apostrophe makes it text. The full-width signs count
/// because East Asian editions read them as the ASCII ones.
fn neutral(cell: String) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_look_like_formulas_get_an_apostrophe() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("+82 2", "'+82 2"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("＝1", "'＝1"),
            ("알리바바", "알리바바"),
            ("a=b", "a=b"),
            ("", ""),
        ];
        for (cell, wanted) in cases {
            assert_eq!(neutral(cell.to_owned()), wanted);
        }
    }

    #[test]
    fn values_are_joined_once_each() {
        assert_eq!(distinct(["a", "b", "a"].into_iter()), "a; b");
    }
}
