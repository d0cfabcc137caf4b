//! Small things every page needs: marked text, words for codes, times a person can read.
use crate::model::{Action, Document, Lang, Relation, Script, Status, Topic};
use crate::query::QueryProblem;
use jiff::Timestamp;

/// A run of text, marked or not. `mark` is the number of the mark it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) mark: Option<usize>,
}

/// Cuts `text` at its marks (half-open, Unicode scalar values). Marks may overlap, be out of order or out of range:
/// the first one wins, the rest is cut to the text.
pub(super) fn pieces(text: &str, marks: &[(usize, usize)]) -> Vec<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let mut owners: Vec<Option<usize>> = vec![None; chars.len()];
    for (number, (start, end)) in marks.iter().enumerate() {
        let end = (*end).min(chars.len());
        for owner in owners.get_mut(*start..end).unwrap_or_default() {
            owner.get_or_insert(number);
        }
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for (c, owner) in chars.into_iter().zip(owners) {
        match pieces.last_mut() {
            Some(piece) if piece.mark == owner => piece.text.push(c),
            _ => pieces.push(Piece { text: c.to_string(), mark: owner }),
        }
    }
    pieces
}

/// The value of a `lang` attribute. For Chinese the script decides the shapes of the letters.
pub(super) fn lang_tag(lang: Lang, script: Option<Script>) -> String {
    match (lang, script) {
        (Lang::Zh, Some(script @ (Script::Hans | Script::Hant))) => format!("zh-{}", script.as_str()),
        _ => lang.to_string(),
    }
}

pub(super) fn lang_name(lang: Lang) -> String {
    match lang {
        Lang::Ko => "Korean".to_owned(),
        Lang::Zh => "Chinese".to_owned(),
        Lang::En => "English".to_owned(),
        Lang::Und => "Unknown language".to_owned(),
        Lang::Other(_) => lang.to_string(),
    }
}

pub(super) fn topic_name(topic: &Topic) -> &'static str {
    match topic {
        Topic::VendorBan => "Vendor ban",
        Topic::DistillationAllegation => "Distillation allegation",
    }
}

/// As the predicate between who and whom.
pub(super) fn action_verb(action: Action) -> &'static str {
    match action {
        Action::Ban => "bans",
        Action::Restrict => "restricts",
        Action::Suspend => "suspends",
        Action::Remove => "removes",
        Action::Propose => "proposes to ban",
        Action::Lift => "lifts the ban on",
        Action::Allege => "accuses",
        Action::Admit => "admits",
        Action::Deny => "denies",
        Action::Investigate => "investigates",
        Action::Sanction => "sanctions",
        Action::Legislate => "legislates on",
    }
}

pub(super) fn status_name(status: Status) -> String {
    status.as_str().replace('_', " ")
}

pub(super) fn relation_name(relation: Relation) -> &'static str {
    match relation {
        Relation::Original => "original of copies",
        Relation::Copy => "copy",
        Relation::Correction => "corrected copy",
        Relation::Update => "update",
        Relation::Template => "same template",
        Relation::Rewrite => "rewrite",
        Relation::None => "none",
    }
}

/// What a kind of rights signal is called; a kind this page does not know keeps its own name.
pub(super) fn rights_name(kind: &str) -> &str {
    match kind {
        "robots_txt" => "robots.txt",
        "robots_meta" => "robots meta element",
        "x_robots_tag" => "X-Robots-Tag",
        "tdm_reservation" => "TDM reservation",
        "content_usage" => "Content-Usage",
        "content_signal" => "Content-Signal",
        "rsl_licence" => "RSL licence",
        "licence" => "licence",
        "footer" => "rights line on the page",
        "feed_rights" => "rights of the feed",
        other => other,
    }
}

pub(super) fn title_of(document: &Document) -> String {
    named(document.article.extract.title.as_deref())
}

pub(super) fn named(title: Option<&str>) -> String {
    match title.map(str::trim) {
        None | Some("") => "(no title)".to_owned(),
        Some(title) => title.to_owned(),
    }
}

/// `2026-07-03T09:00:00+09:00` → `2026-07-03 09:00 +09:00`; a date alone stays as it is.
pub(super) fn clock(published: &str) -> String {
    let Some((day, rest)) = published.split_once('T') else { return published.to_owned() };
    let time: String = rest.chars().take(5).collect();
    let zone: String = rest.chars().skip(8).collect();
    let zone = if zone == "Z" { "UTC" } else { zone.as_str() };
    format!("{day} {time} {zone}")
}

pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `3 h ago`, `in 12 min`; past two days, the date says more.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.as_second() - now.as_second();
    let length = match seconds.abs() {
        0..60 => return "now".to_owned(),
        minutes @ 60..3_600 => format!("{} min", minutes / 60),
        hours @ 3_600..172_800 => format!("{} h", hours / 3_600),
        _ => return at.strftime("%Y-%m-%d").to_string(),
    };
    if seconds < 0 { format!("{length} ago") } else { format!("in {length}") }
}

/// `28000000` → `28,000,000`.
pub(super) fn number(value: f64) -> String {
    let plain = value.to_string();
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain.as_str(), None),
    };
    let digits = whole.chars().count();
    let mut out = String::new();
    for (place, c) in whole.chars().enumerate() {
        if place > 0 && (digits - place).is_multiple_of(3) && out != "-" {
            out.push(',');
        }
        out.push(c);
    }
    fraction.map_or(out.clone(), |fraction| format!("{out}.{fraction}"))
}

pub(super) fn counted(count: u64, noun: &str) -> String {
    let count_text = number(count as f64);
    if count == 1 { format!("{count_text} {noun}") } else { format!("{count_text} {noun}s") }
}

pub(super) fn first_message(problems: &[QueryProblem]) -> String {
    problems.first().map_or_else(|| "The query cannot be read.".to_owned(), |problem| problem.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, marks: &[(usize, usize)]) -> String {
        let draw = |piece: Piece| match piece.mark {
            Some(number) => format!("[{number}:{}]", piece.text),
            None => piece.text,
        };
        pieces(text, marks).into_iter().map(draw).collect()
    }

    #[test]
    fn marks_count_characters_and_never_panic() {
        for (text, marks, wanted) in [
            ("클로드 금지", vec![(4, 6)], "클로드 [0:금지]"),
            ("a😀b", vec![(1, 2)], "a[0:😀]b"),
            ("abcd", vec![(2, 4), (0, 1)], "[1:a]b[0:cd]"),
            ("abcd", vec![(0, 3), (2, 4)], "[0:abc][1:d]"),
            ("abcd", vec![(3, 99), (99, 120), (2, 1), (usize::MAX, usize::MAX)], "abc[0:d]"),
            ("", vec![(0, 1)], ""),
        ] {
            assert_eq!(drawn(text, &marks), wanted);
        }
    }

    #[test]
    fn numbers_and_times_read_well() {
        for (value, wanted) in
            [(25000.0, "25,000"), (28e6, "28,000,000"), (999.0, "999"), (-1234.5, "-1,234.5"), (0.0, "0")]
        {
            assert_eq!(number(value), wanted);
        }
        assert_eq!(clock("2026-07-03T09:00:00+09:00"), "2026-07-03 09:00 +09:00");
        assert_eq!(clock("2026-07-03T09:00:00Z"), "2026-07-03 09:00 UTC");
        assert_eq!(clock("2026-07-03"), "2026-07-03");
        let now: Timestamp = "2026-07-03T12:00:00Z".parse().unwrap();
        for (at, wanted) in [
            ("2026-07-03T12:00:30Z", "now"),
            ("2026-07-03T11:48:00Z", "12 min ago"),
            ("2026-07-03T15:00:00Z", "in 3 h"),
            ("2026-06-01T00:00:00Z", "2026-06-01"),
        ] {
            assert_eq!(relative(at.parse().unwrap(), now), wanted);
        }
    }
}
