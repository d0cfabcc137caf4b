//! What a page says of itself in JSON-LD.
use super::lines::one_line;
use serde_json::Value;

/// Scripts, and objects inside them, that are looked at.
const SCRIPTS_MAX: usize = 32;
const OBJECTS_MAX: usize = 2000;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NewsArticle {
    pub(super) headline: Option<String>,
    pub(super) published: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) author: Option<String>,
    pub(super) body: Option<String>,
    pub(super) image: Option<String>,
    pub(super) publisher: Option<String>,
    pub(super) licence: Option<String>,
    pub(super) paywalled: bool,
}

/// The first article of all scripts; later ones fill what it leaves open.
pub(super) fn read(scripts: impl Iterator<Item = String>) -> NewsArticle {
    let mut article = NewsArticle::default();
    for script in scripts.take(SCRIPTS_MAX) {
        // Raw control characters inside strings are the commonest fault.
        let clean: String = script.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // A script that is no JSON says nothing.
        let Ok(value) = serde_json::from_str::<Value>(clean.trim().trim_end_matches(';')) else { continue };
        let mut open = vec![&value];
        let mut seen = 0;
        while let Some(value) = open.pop().filter(|_| seen < OBJECTS_MAX) {
            seen += 1;
            match value {
                Value::Array(items) => open.extend(items.iter().rev()),
                Value::Object(map) => {
                    if is_article(value) {
                        fill(&mut article, value);
                    }
                    open.extend(["@graph", "mainEntity", "mainEntityOfPage"].iter().filter_map(|key| map.get(*key)));
                }
                _ => {}
            }
        }
    }
    article
}

fn is_article(value: &Value) -> bool {
    let fits = |kind: &Value| {
        kind.as_str().is_some_and(|kind| kind.ends_with("Article") || kind.ends_with("BlogPosting") || kind == "Report")
    };
    match value.get("@type") {
        Some(Value::Array(kinds)) => kinds.iter().any(fits),
        Some(kind) => fits(kind),
        None => false,
    }
}

fn fill(article: &mut NewsArticle, value: &Value) {
    let text = |key: &str| value.get(key).and_then(name);
    article.headline = article.headline.take().or_else(|| text("headline").or_else(|| text("name")));
    article.published = article.published.take().or_else(|| text("datePublished"));
    article.modified = article.modified.take().or_else(|| text("dateModified"));
    article.author = article.author.take().or_else(|| text("author"));
    article.image = article.image.take().or_else(|| text("image"));
    article.publisher = article.publisher.take().or_else(|| text("publisher"));
    article.licence = article.licence.take().or_else(|| text("license"));
    if article.body.is_none() {
        article.body =
            value.get("articleBody").and_then(Value::as_str).map(str::to_owned).filter(|body| !body.trim().is_empty());
    }
    let free = value.get("isAccessibleForFree");
    article.paywalled |= free.is_some_and(|free| {
        free == &Value::Bool(false) || free.as_str().is_some_and(|free| free.eq_ignore_ascii_case("false"))
    });
}

/// A string, the name or address of an object, or those of a list.
fn name(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => one_line(text),
        Value::Object(map) => {
            return ["name", "url"]
                .iter()
                .find_map(|key| map.get(*key)?.as_str().map(one_line))
                .filter(|text| !text.is_empty());
        }
        Value::Array(items) => {
            let names: Vec<String> =
                items.iter().take(8).filter_map(|item| if item.is_array() { None } else { name(item) }).collect();
            if names.first().is_some_and(|first| first.contains("://")) {
                names.into_iter().next()?
            } else {
                names.join(", ")
            }
        }
        _ => return None,
    };
    let is_said = !text.is_empty();
    is_said.then(|| text.replace("&amp;", "&").replace("&quot;", "\"").replace("&#39;", "'"))
}
