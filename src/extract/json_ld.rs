//! What a page says of itself in JSON-LD.
use super::lines::one_line;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Scripts, and objects inside them, that are looked at.
const SCRIPTS_MAX: usize = 32;
const OBJECTS_MAX: usize = 2000;
const AUTHORS_MAX: usize = 8;
/// A claim repeats a headline when their first letters agree so far.
const SAME_CHARS: usize = 12;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NewsArticle {
    pub(super) headline: Option<String>,
    pub(super) published: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) authors: Vec<Author>,
    pub(super) body: Option<String>,
    pub(super) image: Option<String>,
    pub(super) publisher: Option<String>,
    pub(super) licence: Option<String>,
    pub(super) url: Option<String>,
    pub(super) paywalled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) organisation: bool,
}

/// The article of all scripts whose headline the page's own claims repeat, else the first; others fill what it
/// leaves open unless they have another headline.
pub(super) fn read(scripts: impl Iterator<Item = String>, claims: &[String]) -> NewsArticle {
    let values: Vec<Value> = scripts.take(SCRIPTS_MAX).filter_map(|script| parse(&script)).collect();
    let objects = objects(&values);
    let by_id: HashMap<&str, &Map<String, Value>> = objects
        .iter()
        .filter(|map| map.len() > 1)
        .filter_map(|map| map.get("@id").and_then(Value::as_str).map(|id| (id, *map)))
        .collect();
    let reader = Reader { by_id };
    let mut articles: Vec<NewsArticle> =
        objects.iter().filter(|map| is_a(map, &is_article)).map(|map| reader.article(map)).collect();
    let fits = |article: &NewsArticle| {
        article.headline.as_deref().is_some_and(|head| claims.iter().any(|claim| same(claim, head)))
    };
    articles.sort_by_key(|article| !fits(article));
    let mut chosen = NewsArticle::default();
    for article in articles {
        let other = matches!((&chosen.headline, &article.headline), (Some(one), Some(two)) if one != two);
        if !other {
            fill(&mut chosen, article);
        }
    }
    let pages =
        objects.iter().filter(|map| is_a(map, &|kind| kind == "WebPage" || kind == "ItemPage" || kind == "Blog"));
    if let Some(page) = pages.map(|map| reader.article(map)).next() {
        chosen.published = chosen.published.or(page.published);
        chosen.modified = chosen.modified.or(page.modified);
    }
    chosen.publisher = chosen.publisher.or_else(|| {
        let sites =
            objects.iter().filter(|map| is_a(map, &|kind| kind == "WebSite" || kind == "NewsMediaOrganization"));
        sites.filter_map(|map| reader.text(map.get("name"))).next()
    });
    chosen
}

fn parse(script: &str) -> Option<Value> {
    // Raw control characters inside strings are the commonest fault.
    let clean: String = script.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut clean = clean.trim();
    for (open, close) in [("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>")]
    {
        clean = clean.strip_prefix(open).unwrap_or(clean).trim();
        clean = clean.strip_suffix(close).unwrap_or(clean).trim();
    }
    serde_json::from_str(clean.trim_end_matches(';')).ok().or_else(|| salvage(clean))
}

/// The plain members of an article whose JSON is broken elsewhere.
fn salvage(script: &str) -> Option<Value> {
    static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#""(@type|headline|datePublished|dateModified)"\s*:\s*("(?:[^"\\]|\\.){1,400}")"#)
            .expect("the pattern is constant")
    });
    let mut map = Map::new();
    for member in MEMBER.captures_iter(script).take(OBJECTS_MAX) {
        let (Some(key), Some(text)) = (member.get(1), member.get(2)) else { continue };
        // A string that JSON cannot read is lost with the rest.
        let Ok(text) = serde_json::from_str::<Value>(text.as_str()) else { continue };
        let wanted = key.as_str() != "@type" || text.as_str().is_some_and(is_article);
        if wanted && !map.contains_key(key.as_str()) {
            map.insert(key.as_str().to_owned(), text);
        }
    }
    map.contains_key("@type").then_some(Value::Object(map))
}

/// Objects of all scripts, in order, through the members that lead to articles.
fn objects(values: &[Value]) -> Vec<&Map<String, Value>> {
    let mut open: Vec<&Value> = values.iter().rev().collect();
    let mut out = Vec::new();
    let mut seen = 0;
    while let Some(value) = open.pop().filter(|_| seen < OBJECTS_MAX) {
        seen += 1;
        match value {
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(map) => {
                out.push(map);
                open.extend(["mainEntityOfPage", "mainEntity", "@graph"].iter().filter_map(|key| map.get(*key)));
            }
            _ => {}
        }
    }
    out
}

fn is_article(kind: &str) -> bool {
    kind.ends_with("Article") || kind.ends_with("BlogPosting") || kind == "Report"
}

fn is_a(map: &Map<String, Value>, fits: &dyn Fn(&str) -> bool) -> bool {
    match map.get("@type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(fits),
        Some(Value::String(kind)) => fits(kind),
        _ => false,
    }
}

fn same(claim: &str, head: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).take(SAME_CHARS).collect::<String>();
    let (claim, head) = (bare(claim), bare(head));
    !head.is_empty() && claim == head
}

fn fill(article: &mut NewsArticle, from: NewsArticle) {
    let open = &mut *article;
    open.headline = open.headline.take().or(from.headline);
    open.published = open.published.take().or(from.published);
    open.modified = open.modified.take().or(from.modified);
    if open.authors.is_empty() {
        open.authors = from.authors;
    }
    open.body = open.body.take().or(from.body);
    open.image = open.image.take().or(from.image);
    open.publisher = open.publisher.take().or(from.publisher);
    open.licence = open.licence.take().or(from.licence);
    open.url = open.url.take().or(from.url);
    open.paywalled |= from.paywalled;
}

struct Reader<'a> {
    by_id: HashMap<&'a str, &'a Map<String, Value>>,
}

impl Reader<'_> {
    fn article(&self, map: &Map<String, Value>) -> NewsArticle {
        let text = |key: &str| self.text(map.get(key));
        let free = map.get("isAccessibleForFree");
        NewsArticle {
            headline: text("headline").or_else(|| text("name")),
            published: text("datePublished").or_else(|| text("dateCreated")),
            modified: text("dateModified"),
            authors: ["author", "creator"]
                .iter()
                .map(|key| self.authors(map.get(*key)))
                .find(|all| !all.is_empty())
                .unwrap_or_default(),
            body: map
                .get("articleBody")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .filter(|body| !body.trim().is_empty()),
            image: text("image"),
            publisher: text("publisher"),
            licence: text("license"),
            url: text("url").or_else(|| text("mainEntityOfPage")).filter(|url| url.contains("://")),
            paywalled: free.is_some_and(|free| {
                free == &Value::Bool(false) || free.as_str().is_some_and(|free| free.eq_ignore_ascii_case("false"))
            }),
        }
    }

    /// A string, the name or address of an object (or of the object its `@id` names), or the first of a list.
    fn text(&self, value: Option<&Value>) -> Option<String> {
        let text = match value? {
            Value::String(text) => spoken(text),
            Value::Object(map) => {
                let map = self.resolve(map);
                let said = ["name", "url", "contentUrl", "@id"].iter().find_map(|key| map.get(*key)?.as_str());
                spoken(said?)
            }
            Value::Array(items) => {
                let plain = items.iter().take(AUTHORS_MAX).filter(|item| !item.is_array());
                return plain.filter_map(|item| self.text(Some(item))).next();
            }
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn authors(&self, value: Option<&Value>) -> Vec<Author> {
        let items = match value {
            Some(Value::Array(items)) => items.iter().take(AUTHORS_MAX).collect(),
            Some(value) => vec![value],
            None => Vec::new(),
        };
        let names = items.into_iter().flat_map(|item| {
            let map = item.as_object().map(|map| self.resolve(map));
            let organisation = map.is_some_and(|map| is_a(map, &|kind| kind.ends_with("Organization")));
            // An author's name may itself be a list of names.
            let names: Vec<String> = match map.and_then(|map| map.get("name")) {
                Some(Value::Array(names)) => {
                    names.iter().take(AUTHORS_MAX).filter_map(Value::as_str).map(spoken).collect()
                }
                Some(name) => name.as_str().map(spoken).into_iter().collect(),
                None => item.as_str().map(spoken).into_iter().collect(),
            };
            names.into_iter().map(move |name| Author { name, organisation })
        });
        names.filter(|author| !author.name.is_empty()).take(AUTHORS_MAX).collect()
    }

    fn resolve<'b>(&'b self, map: &'b Map<String, Value>) -> &'b Map<String, Value> {
        let named = map.contains_key("name");
        let id = map.get("@id").and_then(Value::as_str).filter(|_| !named);
        id.and_then(|id| self.by_id.get(id).copied()).unwrap_or(map)
    }
}

/// One line, with the entities that do not belong into JSON read.
fn spoken(text: &str) -> String {
    one_line(&html_escape::decode_html_entities(text))
}
