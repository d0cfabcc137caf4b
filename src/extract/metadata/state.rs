//! Title, date and author that a page carries only as the state of its scripts: the keys nearest to the longest text.
use super::{bare, head, one_line};
use aho_corasick::AhoCorasick;
use regex::Regex;
use scraper::Html;
use serde_json::Value;
use std::sync::LazyLock;

/// Scripts that are looked at, and what is read of all of them.
const SCRIPTS_MAX: usize = 200;
const STATE_BYTES_MAX: usize = 4 << 20;
const FACTS_MAX: usize = 4000;
/// A shorter string is no article text, and its neighbours are not the article's.
const TEXT_CHARS_MIN: usize = 160;
const VALUE_CHARS_MAX: usize = 300;
/// Steps through references of a flattened state.
const VALUES_MAX: usize = 50_000;
/// How far from its key the name in an author's object stands.
const MEMBER_BYTES: usize = 400;
/// Facts of other objects so much farther away are worth less.
const NEAR_BYTES: usize = 4000;
/// Braces between two places; more lie between only in lists of others.
const BRACES_MAX: usize = 20_000;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) title: Option<String>,
    pub(super) published: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) author: Option<String>,
}

const TITLES: [&str; 8] =
    ["headline", "headlines.basic", "articletitle", "newstitle", "title", "subject", "msg_title", "arttitle"];
const PUBLISHED: [&str; 27] = [
    "publishedat",
    "published_at",
    "datepublished",
    "display_date",
    "publishtime",
    "publish_time",
    "publishdate",
    "publish_date",
    "pubdate",
    "pub_date",
    "pubtime",
    "firstpubdate",
    "first_publish_date",
    "firstpublished",
    "published",
    "publisheddate",
    "newstime",
    "articledate",
    "regdate",
    "reg_date",
    "createtime",
    "created_at",
    "createdat",
    "ptime",
    "ct",
    "servicedate",
    "created",
];
const MODIFIED: [&str; 12] = [
    "datemodified",
    "modifiedat",
    "updatedat",
    "updated_at",
    "updatetime",
    "update_time",
    "lastmodifytime",
    "updated",
    "last_updated_date",
    "lastpubdate",
    "modified",
    "lastmodified",
];
const AUTHORS: [&str; 12] = [
    "author",
    "authors",
    "byline",
    "writer",
    "writers",
    "writername",
    "writerdisplay",
    "authorname",
    "author_name",
    "reporter",
    "credits.by",
    "creator",
];
const NAMES: [&str; 6] = ["name", "publishname", "displayname", "nickname", "byline", "fullname"];

/// `"key": "value"`, `key: 1700000000`, `var key = "value"`, and `"key": [{ "name": "value"`.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"["']?([A-Za-z_][A-Za-z_0-9]{1,30})["']?\s*[:=]\s*(?:([\[{][\[{\s]*)|("(?:[^"\\]|\\.)+")|'((?:[^'\\]|\\.){1,300})'|(\d{10}(?:\d{3})?)\b)"#)
        .expect("the pattern is constant")
});
/// A script that names neither title, time nor author holds no article.
static STATE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let marks = [
        "title", "headline", "subject", "publish", "pubtime", "pubdate", "ptime", "time\"", "create", "ct =", "ct=",
        "author", "byline",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(marks).expect("the marks are constant")
});
static LONG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""(?:[^"\\]|\\.){160,}""#).expect("the pattern is constant"));

pub(super) fn read(html: &Html, claims: &[String]) -> Facts {
    let mut scripts = Vec::new();
    let (mut flight, mut read) = (String::new(), 0);
    for script in head::all(html, "script:not([src])").take(SCRIPTS_MAX) {
        let kind = script.attr("type").unwrap_or_default();
        let code: String = script.text().collect();
        read += code.len();
        if kind.contains("ld+json") || read > STATE_BYTES_MAX {
            continue;
        }
        match pushed(&code) {
            None if !STATE.is_match(&code) => {}
            Some(piece) => flight.push_str(&piece),
            None => scripts.push(code),
        }
    }
    scripts.push(flight);
    let mut facts = Facts::default();
    let mut weight = 0;
    for code in &scripts {
        for text in readings(code) {
            let (found, heavy) = facts_of(&text, claims);
            // Scripts without a long text may still name the time beside the page's own title.
            let take = |mine: &mut Option<String>, theirs: Option<String>| {
                if heavy > weight || mine.is_none() {
                    *mine = theirs.or(mine.take());
                }
            };
            take(&mut facts.title, found.title);
            take(&mut facts.published, found.published);
            take(&mut facts.modified, found.modified);
            take(&mut facts.author, found.author.filter(|_| heavy > 0));
            weight = weight.max(heavy);
        }
    }
    facts
}

/// What `self.__next_f.push([1,"…"])` adds to the stream.
fn pushed(code: &str) -> Option<String> {
    let json = code.trim().strip_prefix("self.__next_f.push(")?;
    let json = json.trim_end_matches(|c: char| c == ';' || c == ')' || c.is_whitespace());
    // Pieces that are no JSON are not text either.
    let value = serde_json::from_str::<Value>(json).ok()?;
    value.get(1).and_then(Value::as_str).map(str::to_owned)
}

/// The script as it is, its flattened references resolved, or JSON inside a string taken out.
fn readings(code: &str) -> Vec<String> {
    let flat = code.trim_start().starts_with('[').then(|| serde_json::from_str::<Value>(code.trim()).ok()).flatten();
    if let Some(Value::Array(table)) = flat {
        return vec![unflattened(&table)];
    }
    if code.matches("\\\"").take(200).count() >= 20 {
        return vec![code.to_owned(), code.replace("\\\\", "\\").replace("\\\"", "\"")];
    }
    vec![code.to_owned()]
}

/// Nuxt writes each value once and refers to it by its place in the list.
fn unflattened(table: &[Value]) -> String {
    let mut out = String::new();
    let mut seen = 0;
    for map in table.iter().filter_map(Value::as_object) {
        for (key, value) in map {
            seen += 1;
            let place = value.as_u64().and_then(|at| usize::try_from(at).ok());
            let Some(Value::String(text)) = place.and_then(|at| table.get(at)).filter(|_| seen < VALUES_MAX) else {
                continue;
            };
            out.push_str(&format!("{}:{},", Value::from(key.as_str()), Value::from(text.as_str())));
        }
    }
    out
}

/// One key with its value; `at` and `end` are where it stands, or the member it is the name in.
struct Fact {
    kind: usize,
    rank: usize,
    at: usize,
    end: usize,
    value: String,
}

/// The facts of the object that holds the page's own title, or the longest text; and how long that is.
fn facts_of(code: &str, claims: &[String]) -> (Facts, usize) {
    let mut facts = pairs(code);
    facts.extend(elements(code));
    let claims: Vec<String> =
        claims.iter().map(|claim| bare(claim)).filter(|claim| claim.chars().count() >= 4).collect();
    let is_own = |fact: &&Fact| {
        let title = bare(&fact.value);
        fact.kind == 0 && title.chars().count() >= 4 && claims.iter().any(|claim| claim.contains(&title))
    };
    let longest = LONG.find_iter(code).filter(|found| is_text(found.as_str())).max_by_key(|found| found.len());
    let own = facts.iter().filter(is_own).min_by_key(|fact| longest.map_or(0, |text| text.start().abs_diff(fact.at)));
    let anchor = own.map(|fact| (fact.at, fact.end)).or(longest.map(|text| (text.start(), text.end())));
    let Some((from, to)) = anchor else {
        let time = facts.into_iter().filter(|fact| fact.kind == 1).min_by_key(|fact| fact.rank).map(|fact| fact.value);
        let title = elements(code).into_iter().find(|fact| fact.kind == 0).map(|fact| fact.value);
        return (Facts { title, published: time, ..Facts::default() }, 0);
    };
    let heavy = longest.map_or(1, |text| text.len()) + if own.is_some() { STATE_BYTES_MAX } else { 0 };
    let braces = braces(code);
    /// Outside the anchor's object, how far, how good the key is, how far exactly: less is better.
    type Closeness = (bool, usize, usize, usize);
    let mut best: [Option<(Closeness, String)>; 4] = Default::default();
    for fact in facts {
        let distance = from.saturating_sub(fact.end).max(fact.at.saturating_sub(to));
        let (left, right) = if fact.end <= from { (fact.end, from) } else { (to, fact.at) };
        let outside = !together(&braces, left, right);
        let key = (outside, if outside { distance / NEAR_BYTES } else { 0 }, fact.rank, distance);
        if let Some(best) = best.get_mut(fact.kind).filter(|best| best.as_ref().is_none_or(|(known, _)| key < *known)) {
            *best = Some((key, fact.value));
        }
    }
    let [title, published, modified, author] = best.map(|found| found.map(|(_, value)| value));
    (Facts { title, published, modified, author }, heavy)
}

/// Every pair whose key names a fact.
fn pairs(code: &str) -> Vec<Fact> {
    let mut out: Vec<Fact> = Vec::new();
    let (mut path, mut path_at, mut path_end) = (String::new(), 0, 0);
    for pair in PAIR.captures_iter(code) {
        let (Some(whole), Some(key)) = (pair.get(0), pair.get(1)) else { continue };
        let key = key.as_str().to_ascii_lowercase();
        if pair.get(2).is_some() {
            let in_credits = path == "credits" && whole.start() < path_end + 4;
            path = if in_credits { format!("credits.{key}") } else { key };
            (path_at, path_end) = (whole.start(), whole.end());
            continue;
        }
        let quoted = pair.get(3).map(|text| unquoted(text.as_str()));
        let value = quoted.or_else(|| pair.get(4).or(pair.get(5)).map(|text| text.as_str().to_owned()));
        let Some(value) = value.map(|value| one_line(&value)) else { continue };
        if value.is_empty() || value.chars().count() > VALUE_CHARS_MAX || out.len() >= FACTS_MAX {
            continue;
        }
        let inside = whole.start() < path_end + MEMBER_BYTES;
        let is_name = inside && NAMES.contains(&key.as_str()) && AUTHORS.contains(&path.as_str());
        let is_basic = inside && key == "basic" && path == "headlines";
        let at = if is_name || is_basic { path_at } else { whole.start() };
        let name = if is_name {
            path.as_str()
        } else if is_basic {
            "headlines.basic"
        } else {
            key.as_str()
        };
        let again = is_name && out.last().is_some_and(|last| last.kind == 3 && last.at == at);
        if let Some(last) = out.last_mut().filter(|_| again) {
            if !last.value.contains(&value) {
                last.value = format!("{}, {value}", last.value);
            }
        } else if let Some((kind, rank)) = kind_of(name).filter(|(kind, _)| fits(*kind, &value)) {
            out.push(Fact { kind, rank, at, end: whole.end(), value });
        }
    }
    out
}

/// Elements written as lists, `["$","meta","1",{"property":…,"content":…}]` and `["$","title","0",{"children":…}]`.
fn elements(code: &str) -> Vec<Fact> {
    static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#""(?:property|name)":"(article:published_time|article:modified_time|author|article:author|og:title)","content":("(?:[^"\\]|\\.){1,300}")|"(title)","[^"]{0,20}",\{"children":("(?:[^"\\]|\\.){1,300}")"#)
            .expect("the pattern is constant")
    });
    let found = ELEMENT.captures_iter(code).take(FACTS_MAX).filter_map(|found| {
        let (whole, name) = (found.get(0)?, found.get(1).or(found.get(3))?);
        let kind = match name.as_str() {
            "article:published_time" => 1,
            "article:modified_time" => 2,
            "author" | "article:author" => 3,
            _ => 0,
        };
        let value = one_line(&unquoted(found.get(2).or(found.get(4))?.as_str()));
        fits(kind, &value).then(|| Fact { kind, rank: 0, at: whole.start(), end: whole.end(), value })
    });
    found.collect()
}

fn kind_of(key: &str) -> Option<(usize, usize)> {
    let kinds: [&[&str]; 4] = [&TITLES, &PUBLISHED, &MODIFIED, &AUTHORS];
    if key.ends_with("title")
        && !["sub", "seo", "share", "meta", "short", "page", "site", "origin"].iter().any(|kind| key.starts_with(kind))
    {
        return Some((0, 0));
    }
    kinds.iter().enumerate().find_map(|(kind, names)| {
        let rank = names.iter().position(|name| *name == key)?;
        // Of times the first is the surest; titles and authors are told by their place.
        Some((kind, if kind == 1 || kind == 2 { rank } else { 0 }))
    })
}

/// Where objects and lists open and close, outside of strings.
fn braces(code: &str) -> Vec<(usize, i32)> {
    let (mut out, mut quoted, mut escaped) = (Vec::new(), false, false);
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => out.push((at, 1)),
            b'}' | b']' if !quoted => out.push((at, -1)),
            _ => {}
        }
    }
    out
}

/// Nothing between the two places leaves the object of either for a neighbour: one holds the other.
fn together(braces: &[(usize, i32)], left: usize, right: usize) -> bool {
    let from = braces.partition_point(|(at, _)| *at < left);
    let to = braces.partition_point(|(at, _)| *at < right);
    let Some(between) = braces.get(from..to).filter(|between| between.len() <= BRACES_MAX) else { return false };
    let (mut depth, mut lowest) = (0, 0);
    for (_, step) in between {
        depth += step;
        lowest = lowest.min(depth);
    }
    // From a neighbour one goes out and in again; to an outer object only out, to an inner one only in.
    lowest == 0 || lowest == depth
}

fn fits(kind: usize, value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let count = value.chars().count();
    match kind {
        0 => count >= 6 && digits * 2 < count && !["://", "||", "=>"].iter().any(|code| value.contains(code)),
        3 => {
            count <= 60
                && digits < 4
                && !value.contains(['/', '{', '<', '$', '('])
                && value.chars().any(char::is_alphabetic)
        }
        _ => digits >= 6 && count <= 40,
    }
}

fn is_text(quoted: &str) -> bool {
    let (mut letters, mut marks) = (0usize, 0usize);
    for c in quoted.chars() {
        letters += usize::from(c.is_alphabetic());
        marks += usize::from(matches!(c, '{' | '}' | ';' | '$'));
    }
    letters >= TEXT_CHARS_MIN && marks * 40 < letters
}

/// A quoted string of JSON or JavaScript; one that JSON cannot read stands as written.
fn unquoted(text: &str) -> String {
    serde_json::from_str::<String>(text).unwrap_or_else(|_| text.trim_matches('"').replace("\\/", "/"))
}
