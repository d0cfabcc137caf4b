//! Where more of an article may be: its following pages, and a lighter edition of the same page.
use crate::text::url as address;
use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use std::sync::LazyLock;
use url::Url;

/// Links of a page that are looked at.
const LINKS_MAX: usize = 4_000;
const PAGES_MAX: usize = 40;
/// A higher number counts something else than the pages of one article.
const PAGE_NUMBER_MAX: u32 = 50;
const LINK_CHARS_MAX: usize = 24;
/// How far above a link the words are looked for that say it pages something else.
const ABOVE_MAX: usize = 8;
/// Parameters that number the pages of an article.
const PAGE_KEYS: [&str; 7] = ["page", "p", "pg", "pn", "pageno", "page_no", "pagenum"];
const FOREIGN: [&str; 9] = ["comment", "reply", "gallery", "slide", "photo", "related", "search", "archive", "sidebar"];

/// The same article in another form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    pub url: Url,
    /// `amp` or `print`: the method of a text taken from there.
    pub kind: &'static str,
}

#[derive(Clone, Debug, Default)]
pub struct Leads {
    /// Where the article goes on, when this is its first page.
    pub next_page: Option<Url>,
    /// Every link that may be to another page of the same article, in page order.
    pub pages: Vec<Url>,
    pub edition: Option<Edition>,
}

pub(super) fn read(html: &Html, url: Option<&Url>) -> Leads {
    let Some(base) = url.and_then(|url| address::canonical(url.as_str(), None).ok()) else { return Leads::default() };
    let mut pages: Vec<Url> = Vec::new();
    for link in select(html, "link[rel~=next][href], a[href]") {
        if pages.len() < PAGES_MAX
            && let Some(found) = pager(link, &base)
            && !pages.contains(&found)
        {
            pages.push(found);
        }
    }
    let next_page = following(&pages, &base, 2).cloned();
    Leads { next_page, pages, edition: edition(html, &base) }
}

/// The link to page `number` of the article that begins at `first`.
pub fn following<'a>(pages: &'a [Url], first: &Url, number: u32) -> Option<&'a Url> {
    let first = address::canonical(first.as_str(), None).ok()?;
    pages.iter().find(|page| page_number(&first, page) == Some(number))
}

/// Which page of the article at `first` an address is; None: of that article none.
///
/// The address must be that of the first page with a number added, so that `/article/2` is never the sequel of `/article/1`.
fn page_number(first: &Url, page: &Url) -> Option<u32> {
    if address::host_key(first) != address::host_key(page) {
        return None;
    }
    let (own, own_number) = without_page(first);
    let (other, number) = without_page(page);
    if first.path() == page.path() {
        return (own == other).then_some(number).flatten().filter(|number| Some(*number) != own_number);
    }
    if first.query() != page.query() {
        return None;
    }
    let (stem, extension) = parts(first.path());
    let (page_stem, page_extension) = parts(page.path());
    let tail = page_stem.strip_prefix(stem)?;
    // A folder without an end of its own may have pages with one: /a/ and /a/2.html.
    let same_kind = extension == page_extension || extension.is_empty();
    let digits = ["/page/", "/page-", "/p", "_p", "/", "_"].iter().find_map(|mark| tail.strip_prefix(mark))?;
    same_kind.then(|| number_of(digits)).flatten()
}

fn number_of(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit());
    // At most two digits were left.
    digits.parse().ok().filter(|number| plain && (1..=PAGE_NUMBER_MAX).contains(number))
}

/// The query's pairs but for the page's number.
fn without_page(url: &Url) -> (Vec<(String, String)>, Option<u32>) {
    let mut number = None;
    let mut rest = Vec::new();
    for (key, value) in url.query_pairs() {
        match PAGE_KEYS.contains(&key.to_ascii_lowercase().as_str()).then(|| number_of(&value)).flatten() {
            Some(found) => number = Some(found),
            None => rest.push((key.into_owned(), value.into_owned())),
        }
    }
    (rest, number)
}

/// `/a/b.html` → `/a/b` and `html`; a slash at the end is none of the stem.
fn parts(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('.') {
        Some((stem, end)) if !end.contains('/') && !stem.ends_with('/') && end.len() <= 5 => (stem, end),
        _ => (path, ""),
    }
}

static NEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(下一页|下一頁|下页|下頁|다음\s?페이지|다음|next( page)?|\d{1,2}|第\s?\d{1,2}\s?[页頁]|page \d{1,2})\W*$")
        .expect("the pattern is constant")
});

fn pager(link: ElementRef<'_>, base: &Url) -> Option<Url> {
    let says_next = link.attr("rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "next"));
    if !says_next {
        let text: String = link.text().collect::<String>().trim().chars().take(LINK_CHARS_MAX + 1).collect();
        if text.chars().count() > LINK_CHARS_MAX || !NEXT.is_match(&text) {
            return None;
        }
    }
    let url = address::canonical(link.attr("href")?, Some(base)).ok()?;
    (is_within(base, &url) && !pages_something_else(link)).then_some(url)
}

/// Cheap: sorts out most links before their numbers are looked at.
fn is_within(base: &Url, url: &Url) -> bool {
    address::host_key(base) == address::host_key(url) && url.path().starts_with(stem(base.path())) && url != base
}

/// A path without its ending and without what may be a page's number.
fn stem(path: &str) -> &str {
    let path = parts(path).0;
    let bare = path.trim_end_matches(|c: char| c.is_ascii_digit());
    if bare.len() == path.len() || path.len() - bare.len() > 2 {
        return path;
    }
    ["/page/", "/page-", "/p", "_p", "/", "_"].iter().find_map(|mark| bare.strip_suffix(mark)).unwrap_or(path)
}

fn pages_something_else(link: ElementRef<'_>) -> bool {
    let named = |element: &ElementRef<'_>| {
        let names = [element.attr("class"), element.attr("id")];
        names.into_iter().flatten().any(|name| {
            let name = name.to_ascii_lowercase();
            FOREIGN.iter().any(|foreign| name.contains(foreign))
        })
    };
    link.ancestors()
        .take(ABOVE_MAX)
        .filter_map(ElementRef::wrap)
        .filter(|up| up.value().name() != "body")
        .any(|up| named(&up))
}

/// The page's own AMP edition, else its print edition, on the same site.
fn edition(html: &Html, base: &Url) -> Option<Edition> {
    let of = |selector: &'static str, kind: &'static str| {
        select(html, selector)
            .filter(|link| kind == "amp" || link.value().name() == "link" || is_print(link))
            .filter_map(|link| address::canonical(link.attr("href")?, Some(base)).ok())
            .find(|url| same_site(url, base) && url != base)
            .map(|url| Edition { url, kind })
    };
    of("link[rel~=amphtml][href]", "amp")
        .or_else(|| of(r#"link[rel~=alternate][media~=print][href], a[href*="print" i]"#, "print"))
}

static PRINT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(인쇄|인쇄하기|기사\s?인쇄|프린트|打印|打印本[页文]|列印|友善列印|列印本文|print|print (this )?(article|page|story)|printer.friendly( version)?)\W*$")
        .expect("the pattern is constant")
});

fn is_print(link: &ElementRef<'_>) -> bool {
    let text: String = link.text().collect::<String>().trim().chars().take(LINK_CHARS_MAX + 1).collect();
    PRINT.is_match(&text) && !pages_something_else(*link)
}

/// The same host but for what stands before the site's name for readers of one kind.
fn same_site(a: &Url, b: &Url) -> bool {
    let bare = |url: &Url| {
        let host = address::host_key(url);
        let prefix = ["www.", "m.", "amp.", "mobile."].iter().find(|prefix| host.starts_with(**prefix));
        prefix.and_then(|prefix| host.strip_prefix(prefix)).map_or(host.clone(), str::to_owned)
    };
    bare(a) == bare(b)
}

fn select<'a>(html: &'a Html, selector: &'static str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("selectors are constant");
    html.select(&selector).take(LINKS_MAX).collect::<Vec<_>>().into_iter()
}

/// The two titles are of one article: equal but for a page's number.
pub fn same_title(a: Option<&str>, b: Option<&str>) -> bool {
    static PAGE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)[\s\-–—_|:：,]*([(（\[【]\s*(第?\s*\d{1,2}\s*[页頁]?|\d{1,2}\s*/\s*\d{1,2}|page \d{1,2}|\d{1,2}\s*페이지)\s*[)）\]】]|第\s*\d{1,2}\s*[页頁]|page \d{1,2}( of \d{1,2})?|\d{1,2}\s*페이지)\s*$")
            .expect("the pattern is constant")
    });
    let bare = |title: &str| {
        let title = PAGE.replace(title, "").into_owned();
        title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    match (a.map(bare), b.map(bare)) {
        (Some(a), Some(b)) => !a.is_empty() && a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn next(base: &str, html: &str) -> Option<String> {
        read(&Html::parse_document(html), Some(&url(base))).next_page.map(String::from)
    }

    #[test]
    fn addresses_with_a_number_added_are_pages_of_the_article() {
        let is = |first: &str, page: &str, number: Option<u32>| {
            let site = "https://n.example";
            assert_eq!(
                page_number(&url(&format!("{site}{first}")), &url(&format!("{site}{page}"))),
                number,
                "{first} {page}"
            );
        };
        is("/a/1234.html", "/a/1234_2.html", Some(2));
        is("/a/story", "/a/story/2", Some(2));
        is("/a/story/", "/a/story/page/3/", Some(3));
        is("/a?id=7", "/a?id=7&page=2", Some(2));
        is("/a?id=7&page=1", "/a?id=7&page=2", Some(2));
        is("/a?id=7", "/a?id=8&page=2", None);
        is("/article/1", "/article/2", None);
        is("/a/story", "/a/story-next/2", None);
        is("/a/story", "/a/story/2026", None);
        is("/a/1234.html", "/a/1234_2.json", None);
    }

    #[test]
    fn the_next_page_is_found_by_what_the_link_says() {
        let base = "https://n.example/a/1234.html";
        for html in [
            r#"<link rel="next" href="/a/1234_2.html"><p>x"#,
            r#"<div class=pages><a href="1234_2.html">下一页</a></div>"#,
            r#"<div class=pages><b>1</b> <a href="1234_2.html">2</a> <a href="1234_3.html">3</a></div>"#,
            r#"<a href="1234_2.html">다음 페이지 ›</a>"#,
        ] {
            assert_eq!(next(base, html).as_deref(), Some("https://n.example/a/1234_2.html"), "{html}");
        }
        for html in [
            r#"<link rel="next" href="/a/1235.html">"#,
            r#"<a href="1234_2.html">The other story</a>"#,
            r#"<div id=comments><a href="1234_2.html">2</a></div>"#,
            r#"<div class=photo-gallery><span><a href="1234_2.html">Next</a></span></div>"#,
            r#"<a href="https://other.example/a/1234_2.html">2</a>"#,
        ] {
            assert_eq!(next(base, html), None, "{html}");
        }
    }

    #[test]
    fn editions_are_on_the_same_site() {
        let of = |html: &str| {
            let found = read(&Html::parse_document(html), Some(&url("https://www.n.example/a/1"))).edition;
            found.map(|edition| (edition.kind, edition.url.to_string()))
        };
        assert_eq!(
            of(r#"<link rel=amphtml href="https://amp.n.example/a/1">"#),
            Some(("amp", "https://amp.n.example/a/1".into()))
        );
        assert_eq!(of(r#"<a href="/print/1">인쇄</a>"#), Some(("print", "https://www.n.example/print/1".into())));
        assert_eq!(
            of(r#"<link rel=amphtml href="https://cdn.example/a/1"><a href="/printers">The best printers</a>"#),
            None
        );
    }

    #[test]
    fn titles_differ_by_a_page_number_only() {
        for other in ["禁令细节（2）", "禁令细节 第2页", "禁令细节 - Page 2", "禁令细节"] {
            assert!(same_title(Some("禁令细节"), Some(other)), "{other}");
        }
        assert!(!same_title(Some("Model 3"), Some("Model 4")) && !same_title(None, None));
    }
}
