//! Field names and what their values may be.
use super::QueryProblem;
use crate::model::{Action, Date, Lang, Script, Status, Topic};
use crate::text::normalize::fold_text;
use jiff::civil;

/// Where a word or phrase is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextField {
    #[default]
    Any,
    Title,
    Body,
}

/// A condition on what is known of an article. Names of organisations, products and places are folded text: a canonical id or a name as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    Lang(Lang),
    Script(Script),
    /// A host, with everything under it.
    Site(String),
    Topic(Topic),
    /// Of an event mention.
    Kind(Topic),
    Action(Action),
    Actor(String),
    /// Target or product of an event mention.
    Vendor(String),
    Product(String),
    Place(String),
    Status(Status),
    Story(String),
    Feed(String),
    /// Published on this day (the article's own calendar) or later.
    After(Date),
    /// Published before this day.
    Before(Date),
}

pub(super) enum Field {
    Text(TextField),
    Filter(fn(&str) -> Option<Filter>, &'static str),
}

/// What a field takes, for the error message.
const NAME: &str = "a name";
const TOPICS: &str = "vendor_ban or distillation_allegation";

pub(super) fn named(name: &str) -> Option<Field> {
    Some(match fold_text(name).as_str() {
        "title" => Field::Text(TextField::Title),
        "body" => Field::Text(TextField::Body),
        "lang" => Field::Filter(|v| Lang::parse(v).ok().map(Filter::Lang), "a language code: ko, zh, en"),
        "script" => Field::Filter(script, "a script code: Hans, Hant, Kore, Latn"),
        "site" => Field::Filter(|v| name_of(v).map(Filter::Site), "a host name"),
        "topic" => Field::Filter(|v| Topic::parse(&lower(v)).ok().map(Filter::Topic), TOPICS),
        "kind" => Field::Filter(|v| Topic::parse(&lower(v)).ok().map(Filter::Kind), TOPICS),
        "action" => {
            Field::Filter(|v| Action::parse(&lower(v)).ok().map(Filter::Action), "an action: ban, restrict, allege ...")
        }
        "actor" => Field::Filter(|v| name_of(v).map(Filter::Actor), NAME),
        "vendor" => Field::Filter(|v| name_of(v).map(Filter::Vendor), NAME),
        "product" => Field::Filter(|v| name_of(v).map(Filter::Product), NAME),
        "place" => Field::Filter(|v| name_of(v).map(Filter::Place), NAME),
        "status" => Field::Filter(
            |v| Status::parse(&lower(v)).ok().map(Filter::Status),
            "a status: proposed, in_force, lifted ...",
        ),
        "story" => Field::Filter(|v| id(v).map(Filter::Story), "a story id"),
        "feed" => Field::Filter(|v| id(v).map(Filter::Feed), "a feed id"),
        "after" => Field::Filter(|v| day(v).map(Filter::After), "a day: YYYY-MM-DD or YYYY-MM"),
        "before" => Field::Filter(|v| day(v).map(Filter::Before), "a day: YYYY-MM-DD or YYYY-MM"),
        _ => return None,
    })
}

pub(super) fn filter(
    field: (&str, fn(&str) -> Option<Filter>, &str),
    value: &str,
    at: (usize, usize),
) -> Result<Filter, QueryProblem> {
    let (name, read, wants) = field;
    read(value).ok_or_else(|| QueryProblem::new("bad_value", format!("{name}: takes {wants}, not \"{value}\""), at))
}

impl Filter {
    /// As it would be typed.
    pub(super) fn to_text(&self) -> String {
        let (name, value) = match self {
            Filter::Lang(v) => ("lang", v.to_string()),
            Filter::Script(v) => ("script", v.as_str().to_owned()),
            Filter::Site(v) => ("site", v.clone()),
            Filter::Topic(v) => ("topic", v.as_str().to_owned()),
            Filter::Kind(v) => ("kind", v.as_str().to_owned()),
            Filter::Action(v) => ("action", v.as_str().to_owned()),
            Filter::Actor(v) => ("actor", v.clone()),
            Filter::Vendor(v) => ("vendor", v.clone()),
            Filter::Product(v) => ("product", v.clone()),
            Filter::Place(v) => ("place", v.clone()),
            Filter::Status(v) => ("status", v.as_str().to_owned()),
            Filter::Story(v) => ("story", v.clone()),
            Filter::Feed(v) => ("feed", v.clone()),
            Filter::After(v) => ("after", v.0.clone()),
            Filter::Before(v) => ("before", v.0.clone()),
        };
        if value.contains(char::is_whitespace) { format!("{name}:\"{value}\"") } else { format!("{name}:{value}") }
    }
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn script(value: &str) -> Option<Filter> {
    let mut letters = value.chars();
    let first = letters.next()?.to_ascii_uppercase();
    let code: String = std::iter::once(first).chain(letters.map(|c| c.to_ascii_lowercase())).collect();
    Script::parse(&code).ok().map(Filter::Script)
}

fn name_of(value: &str) -> Option<String> {
    let folded = fold_text(value.trim());
    folded.contains(char::is_alphanumeric).then_some(folded)
}

fn id(value: &str) -> Option<String> {
    let trimmed = value.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// A month stands for its first day.
fn day(value: &str) -> Option<Date> {
    let mut parts = value.split(['-', '.', '/']).filter(|part| !part.is_empty());
    let year: i16 = parts.next().filter(|y| y.len() == 4)?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = match parts.next() {
        Some(day) => day.parse().ok()?,
        None => 1,
    };
    if parts.next().is_some() {
        return None;
    }
    civil::Date::new(year, month, day).ok().map(|date| Date(date.to_string()))
}
