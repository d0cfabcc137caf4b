//! What a request asks for: the parameters of search box and API, parsed once.
use super::fault::Fault;
use crate::index::{Fold, LIMIT_MAX, Request, Sort, Tier};
use crate::model::{Lang, Topic};
use crate::query::{self, Query, QueryProblem};
use url::form_urlencoded;

/// Text longer than any query or headline; the query language has its own, lower bound.
const Q_CHARS_MAX: usize = 8_000;

/// Percent-encoded, a character of CJK takes nine bytes.
const QUERY_STRING_BYTES_MAX: usize = 10 * Q_CHARS_MAX;

/// Hits of a page unless the request says otherwise.
const LIMIT_DEFAULT: usize = 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Matching {
    /// The query language.
    #[default]
    All,
    /// Plain text, ranked; no syntax.
    Any,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ask {
    pub(super) q: String,
    pub(super) matching: Matching,
    /// Empty: every language.
    pub(super) langs: Vec<Lang>,
    /// Empty: every topic, and none.
    pub(super) topics: Vec<Topic>,
    /// None: by relevance, or newest first when nothing is searched for.
    pub(super) sort: Option<Sort>,
    pub(super) tier: Tier,
    pub(super) fold: Fold,
    pub(super) limit: usize,
    pub(super) cursor: Option<String>,
    /// Parameters nobody here knows.
    pub(super) unknown: Vec<String>,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            q: String::new(),
            matching: Matching::All,
            langs: Vec::new(),
            topics: Vec::new(),
            sort: None,
            tier: Tier::Strict,
            fold: Fold::None,
            limit: LIMIT_DEFAULT,
            cursor: None,
            unknown: Vec::new(),
        }
    }
}

impl Ask {
    /// An empty value is no value: forms send those.
    pub(super) fn parse(raw: Option<&str>) -> Result<Self, Fault> {
        let raw = raw.unwrap_or_default();
        if raw.len() > QUERY_STRING_BYTES_MAX {
            return Err(too_long());
        }
        let mut ask = Self::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            if !value.is_empty() {
                ask.take(&name, &value)?;
            }
        }
        if ask.q.chars().count() > Q_CHARS_MAX {
            return Err(too_long());
        }
        Ok(ask)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        match name {
            "q" => self.q = value.to_owned(),
            "match" => self.matching = choose("match", value, &[("all", Matching::All), ("any", Matching::Any)])?,
            "lang" => self.langs = listed(value, &self.langs, lang)?,
            "topic" => self.topics = listed(value, &self.topics, |text| one("topic", text, Topic::parse(text)))?,
            "sort" => {
                let sorts = [("relevance", Sort::Relevance), ("newest", Sort::Newest)];
                self.sort = Some(choose("sort", value, &sorts)?);
            }
            "tier" => self.tier = choose("tier", value, &[("strict", Tier::Strict), ("loose", Tier::Loose)])?,
            "fold" => self.fold = choose("fold", value, &[("story", Fold::Story), ("none", Fold::None)])?,
            "limit" => {
                // Which way the number is wrong does not matter: the message says what is right.
                let limit = value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
                self.limit = limit.ok_or_else(|| {
                    Fault::parameter("limit", format!("limit must be a number from 1 to {LIMIT_MAX}."))
                })?;
            }
            "cursor" => self.cursor = Some(value.to_owned()),
            "as_of" => return Err(Fault::parameter("as_of", "Searching as of an earlier time is not supported yet.")),
            _ => self.unknown.push(name.to_owned()),
        }
        Ok(())
    }

    pub(super) fn request(&self) -> Result<Request, Vec<QueryProblem>> {
        let query = self.query()?;
        Ok(Request {
            langs: self.langs.clone(),
            topics: self.topics.clone(),
            // Where no word ranks the articles, the newest come first.
            sort: self.sort.unwrap_or(if query.has_words() { Sort::Relevance } else { Sort::Newest }),
            query,
            tier: self.tier,
            fold: self.fold,
            limit: self.limit,
            cursor: self.cursor.clone(),
        })
    }

    pub(super) fn is_blank(&self) -> bool {
        self.q.trim().is_empty()
    }

    fn query(&self) -> Result<Query, Vec<QueryProblem>> {
        match self.matching {
            _ if self.is_blank() => Ok(Query::everything()),
            Matching::All => query::parse(&self.q),
            Matching::Any => Ok(query::parse_any(&self.q)),
        }
    }

    /// What was asked but not understood, for the answer's problem list.
    pub(super) fn notes(&self) -> Vec<QueryProblem> {
        let note = |name: &String| QueryProblem {
            code: "unknown_parameter".to_owned(),
            message: format!("there is no parameter {name:?}"),
            at: (0, 0),
        };
        self.unknown.iter().map(note).collect()
    }

    /// The same question at another page of its answer.
    pub(super) fn at(&self, cursor: Option<&str>) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        out.append_pair("q", &self.q);
        if self.matching == Matching::Any {
            out.append_pair("match", "any");
        }
        for lang in &self.langs {
            out.append_pair("lang", &lang.to_string());
        }
        for topic in &self.topics {
            out.append_pair("topic", topic.as_str());
        }
        match self.sort {
            Some(Sort::Newest) => drop(out.append_pair("sort", "newest")),
            Some(Sort::Relevance) => drop(out.append_pair("sort", "relevance")),
            None => {}
        }
        if self.tier == Tier::Loose {
            out.append_pair("tier", "loose");
        }
        if self.fold == Fold::Story {
            out.append_pair("fold", "story");
        }
        if self.limit != LIMIT_DEFAULT {
            out.append_pair("limit", &self.limit.to_string());
        }
        if let Some(cursor) = cursor {
            out.append_pair("cursor", cursor);
        }
        format!("/?{}", out.finish())
    }
}

fn too_long() -> Fault {
    Fault::parameter("q", format!("The query is too long: at most {Q_CHARS_MAX} characters can be searched for."))
}

fn choose<T: Copy>(name: &'static str, value: &str, choices: &[(&str, T)]) -> Result<T, Fault> {
    let found = choices.iter().find(|(text, _)| *text == value).map(|(_, choice)| *choice);
    found.ok_or_else(|| {
        let known = choices.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(" or ");
        Fault::parameter(name, format!("{name} must be {known}."))
    })
}

/// Articles in other languages are never stored: asking for them is a slip.
fn lang(text: &str) -> Result<Lang, Fault> {
    match Lang::parse(text) {
        Ok(lang) if lang.is_watched() => Ok(lang),
        _ => Err(Fault::parameter("lang", format!("lang {text:?} is not watched: ko, zh or en."))),
    }
}

fn one<T, E: std::fmt::Display>(name: &'static str, text: &str, parsed: Result<T, E>) -> Result<T, Fault> {
    parsed.map_err(|_| Fault::parameter(name, format!("{name} {text:?} is not known.")))
}

/// `lang=ko,zh` and `lang=ko&lang=zh` mean the same.
fn listed<T: Clone + PartialEq>(
    value: &str,
    before: &[T],
    parse: impl Fn(&str) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut all = before.to_vec();
    for text in value.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let value = parse(text)?;
        if !all.contains(&value) {
            all.push(value);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_may_repeat_or_use_commas() {
        let ask = Ask::parse(Some("q=a&lang=ko,zh&lang=en&lang=ko&topic=vendor_ban&sort=&x=1")).unwrap();
        assert_eq!(ask.langs, [Lang::Ko, Lang::Zh, Lang::En]);
        assert_eq!(ask.topics, [Topic::VendorBan]);
        assert_eq!(ask.sort, None);
        assert_eq!(ask.notes().len(), 1);
    }

    #[test]
    fn a_wrong_value_is_named() {
        for (raw, wanted) in [
            ("match=some", "match"),
            ("lang=korean", "lang"),
            ("topic=ban", "topic"),
            ("sort=oldest", "sort"),
            ("tier=1", "tier"),
            ("fold=yes", "fold"),
            ("limit=101", "limit"),
            ("limit=0", "limit"),
            ("limit=-1", "limit"),
            ("as_of=2026-07-01", "as_of"),
        ] {
            match Ask::parse(Some(raw)) {
                Err(Fault::Parameter { name, .. }) => assert_eq!(name, wanted),
                other => panic!("{raw}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_next_page_asks_the_same_question() {
        let raw = "q=%ED%81%B4%EB%A1%9C%EB%93%9C+%22a%26b%22&match=any&lang=ko&topic=vendor_ban&sort=newest&tier=loose&fold=story&limit=5";
        let ask = Ask::parse(Some(raw)).unwrap();
        let next = ask.at(Some("c=1&d"));
        let again = Ask::parse(next.strip_prefix("/?")).unwrap();
        assert_eq!(again, Ask { cursor: Some("c=1&d".to_owned()), ..ask });
    }

    #[test]
    fn nothing_asked_is_everything_newest_first() {
        let request = Ask::parse(Some("q=%E3%80%80")).unwrap().request().unwrap();
        assert_eq!((request.query, request.sort), (Query::everything(), Sort::Newest));
        let sort = |raw: &str| Ask::parse(Some(raw)).unwrap().request().unwrap().sort;
        assert_eq!((sort("q=lang:ko+-ban"), sort("q=lang:ko+ban")), (Sort::Newest, Sort::Relevance));
    }

    #[test]
    fn a_query_of_any_length_is_refused_not_cut() {
        for length in [Q_CHARS_MAX + 1, 1_000_000] {
            let raw = format!("q={}", "a".repeat(length));
            assert!(matches!(Ask::parse(Some(&raw)), Err(Fault::Parameter { name: "q", .. })));
        }
    }
}
