//! Title, times, byline and the rest, from JSON-LD, meta elements and visible text, in that order of trust.
use super::PageText;
use super::json_ld::{self, NewsArticle};
use super::lines::one_line;
use crate::model::{Stamp, TimeSource};
use crate::text::{date, url as address};
use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use std::sync::LazyLock;

const TITLE_CHARS_MAX: usize = 400;
const BYLINE_CHARS_MAX: usize = 120;
const METAS_MAX: usize = 500;
/// Reporter lines stand under the title or at the end; this much of both is read.
const BYLINE_LINES: usize = 60;

pub(super) struct Metadata {
    pub(super) title: Option<String>,
    pub(super) published: Option<Stamp>,
    pub(super) modified: Option<Stamp>,
    pub(super) byline: Option<String>,
    pub(super) canonical: Option<String>,
    pub(super) site: Option<String>,
    pub(super) image: Option<String>,
    pub(super) metas: Metas,
    pub(super) article: NewsArticle,
}

/// Every `meta` with a name and a content, in page order; names in lower case.
pub(super) struct Metas(pub(super) Vec<(String, String)>);

impl Metas {
    fn read(html: &Html) -> Self {
        let metas = all(html, "meta[content]").take(METAS_MAX).filter_map(|meta| {
            let value = meta.value();
            let name = ["property", "name", "itemprop", "http-equiv"].iter().find_map(|key| value.attr(key))?;
            let content = one_line(value.attr("content")?);
            (!content.is_empty()).then(|| (name.trim().to_ascii_lowercase(), content))
        });
        Metas(metas.collect())
    }

    /// The first of `names` that is there.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.0.iter().find(|(key, _)| key == name).map(|(_, content)| content.as_str()))
    }
}

pub(super) fn read(page: &PageText<'_>, html: &Html, visible: &[String]) -> Metadata {
    let metas = Metas::read(html);
    let article = json_ld::read(all(html, r#"script[type*="ld+json"]"#).map(|script| script.text().collect()));
    let site =
        metas.first(&["og:site_name", "application-name"]).map(str::to_owned).or_else(|| article.publisher.clone());
    let image = metas
        .first(&["og:image", "og:image:url", "twitter:image"])
        .map(str::to_owned)
        .or_else(|| article.image.clone());
    Metadata {
        title: title(html, &metas, &article, site.as_deref()),
        published: claimed_time(page, html, &metas, &article)
            .or_else(|| date::find_in_text(&visible.join("\n"), page.zone))
            .or_else(|| time_in_url(page)),
        modified: stamp(page, article.modified.as_deref(), TimeSource::JsonLd).or_else(|| {
            stamp(
                page,
                metas.first(&["article:modified_time", "og:updated_time", "datemodified", "lastmod"]),
                TimeSource::Meta,
            )
        }),
        byline: byline(html, &metas, &article, visible),
        canonical: canonical(page, html, &metas),
        image: image.and_then(|raw| address::canonical(&raw, page.url).ok().map(String::from)),
        site,
        metas,
        article,
    }
}

fn all<'a>(html: &'a Html, selector: &'static str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("selectors are constant");
    html.select(&selector).collect::<Vec<_>>().into_iter()
}

fn texts(html: &Html, selector: &'static str) -> Vec<String> {
    let texts = all(html, selector).take(20).map(|element| one_line(&element.text().collect::<String>()));
    texts.filter(|text| !text.is_empty()).collect()
}

fn title(html: &Html, metas: &Metas, article: &NewsArticle, site: Option<&str>) -> Option<String> {
    let heads = texts(html, "h1");
    let document = texts(html, "head > title, title").into_iter().next();
    let og = metas.first(&["og:title", "twitter:title"]).map(str::to_owned);
    let claimed: Vec<&String> =
        [og.as_ref(), article.headline.as_ref(), document.as_ref()].into_iter().flatten().collect();
    // The heading that the page's own claims repeat is the title without any suffix.
    let heading =
        heads.iter().find(|head| head.chars().count() >= 4 && claimed.iter().any(|claim| same_start(claim, head)));
    let chosen = heading
        .cloned()
        .or_else(|| claimed.first().map(|claim| without_site(claim, site)))
        .or_else(|| heads.first().cloned());
    chosen.map(|title| title.chars().take(TITLE_CHARS_MAX).collect())
}

fn same_start(claim: &str, head: &str) -> bool {
    let bare =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    bare(claim).starts_with(&bare(head))
}

/// Cuts ` - Site`, ` | Site`, `_Site`: when it is the site's name, or a short tail of a longer title.
fn without_site(title: &str, site: Option<&str>) -> String {
    let mut rest = title;
    for mark in [" | ", " - ", " – ", " — ", " :: ", "_", "｜", "|", "ㅣ", "--", "-"] {
        while let Some((head, tail)) = rest.rsplit_once(mark) {
            let tail = tail.trim();
            let named =
                !tail.is_empty() && site.is_some_and(|site| tail.eq_ignore_ascii_case(site) || site.starts_with(tail));
            // A bare hyphen stands inside words too; doubled, it does not.
            let short = mark != "-" && tail.chars().count() * 2 < head.chars().count() && tail.chars().count() <= 30;
            if head.trim().is_empty() || !(named || short) {
                break;
            }
            rest = head;
        }
    }
    rest.trim().to_owned()
}

fn stamp(page: &PageText<'_>, raw: Option<&str>, source: TimeSource) -> Option<Stamp> {
    date::parse(raw?, page.zone, source)
}

fn claimed_time(page: &PageText<'_>, html: &Html, metas: &Metas, article: &NewsArticle) -> Option<Stamp> {
    const NAMES: [&str; 16] = [
        "article:published_time",
        "og:article:published_time",
        "datepublished",
        "pubdate",
        "publishdate",
        "publish-date",
        "publish_date",
        "publication_date",
        "parsely-pub-date",
        "sailthru.date",
        "dc.date.issued",
        "dc.date",
        "dcterms.created",
        "og:pubdate",
        "date",
        "weibo: article:create_at",
    ];
    let time = || {
        let times = all(html, "time[datetime], [itemprop=datePublished]").take(20);
        times
            .filter_map(|time| time.attr("datetime").or(time.attr("content")))
            .find_map(|raw| date::parse(raw, page.zone, TimeSource::TimeElement))
    };
    stamp(page, article.published.as_deref(), TimeSource::JsonLd)
        .or_else(|| stamp(page, metas.first(&NAMES), TimeSource::Meta))
        .or_else(time)
}

fn time_in_url(page: &PageText<'_>) -> Option<Stamp> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^0-9])(20\d\d)[-/_]?(0[1-9]|1[0-2])[-/_]?([0-2]\d|3[01])(?:[^0-9]|$)")
            .expect("the pattern is constant")
    });
    let found = DAY.captures(page.url?.path())?;
    let (year, month, day) = (found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3)?.as_str());
    date::parse(&format!("{year}-{month}-{day}"), page.zone, TimeSource::Url)
}

static REPORTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s\[(=/·|])([가-힣]{2,4})\s?(?:선임|수석|인턴|전문|객원)?기자(?:$|[\s\])=/·|@])|(?:记者|記者|作者)\s*[:：/]?\s*(\p{Han}{2,4}(?:[\s、]\p{Han}{2,4}){0,3})(?:$|[\s/／|）)】])|^(?:By|BY|by)\s+([A-Z][\w.'’-]+(?:\s+[A-Za-z][\w.'’-]+){1,4})")
        .expect("the pattern is constant")
});

fn byline(html: &Html, metas: &Metas, article: &NewsArticle, visible: &[String]) -> Option<String> {
    let usable = |text: &&str| !text.is_empty() && !text.contains("://") && text.chars().count() <= BYLINE_CHARS_MAX;
    let claimed = article
        .author
        .as_deref()
        .filter(usable)
        .or_else(|| metas.first(&["author", "article:author", "byl", "dc.creator", "dable:author"]).filter(usable));
    let marked = || {
        let found = texts(html, "[rel=author], [itemprop=author], .byline, .author-name, .author, .reporter, .writer");
        found.into_iter().find(|text| usable(&text.as_str()))
    };
    let seen = || {
        let ends = visible.iter().take(BYLINE_LINES).chain(visible.iter().rev().take(BYLINE_LINES));
        let found =
            ends.filter(|line| line.chars().count() <= BYLINE_CHARS_MAX).find_map(|line| REPORTER.captures(line))?;
        found.iter().skip(1).flatten().next().map(|name| name.as_str().to_owned())
    };
    let chosen = claimed.map(str::to_owned).or_else(marked).or_else(seen)?;
    let plain = chosen.trim_start_matches("By ").trim_start_matches("by ").trim();
    Some(plain.to_owned())
}

fn canonical(page: &PageText<'_>, html: &Html, metas: &Metas) -> Option<String> {
    let link = all(html, "link[rel~=canonical][href]").find_map(|link| link.attr("href").map(str::to_owned));
    let raw = link.or_else(|| metas.first(&["og:url"]).map(str::to_owned))?;
    // An address that cannot be read is as good as none.
    address::canonical(&raw, page.url).ok().map(String::from)
}
