//! The site's name, and cutting it off titles.
use super::bare;
use super::head::Metas;
use crate::extract::json_ld::NewsArticle;

const NAMES: [&str; 5] =
    ["og:site_name", "application-name", "apple-mobile-web-app-title", "al:ios:app_name", "twitter:app:name:iphone"];
/// A tail longer than this is a part of the title.
const TAIL_CHARS_MAX: usize = 30;

/// What stands between a title and the site's name; a bare hyphen stands inside words too and is tried with care.
pub(super) const MARKS: [&str; 17] =
    [" | ", " - ", " – ", " — ", " :: ", " < ", " > ", " » ", " « ", " · ", "_", "｜", "|", "ㅣ", "::", "--", "-"];

pub(super) fn name(metas: &Metas, article: &NewsArticle) -> Option<String> {
    metas.first(&NAMES).map(str::to_owned).or_else(|| article.publisher.clone())
}

/// The part of a claim that follows the title.
pub(super) fn after_title(title: &str, claims: &[String]) -> Option<String> {
    let tail = claims.iter().find_map(|claim| claim.strip_prefix(title))?;
    let tail = tail.trim().trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, ')' | '('));
    let name = MARKS.iter().find_map(|mark| tail.rsplit_once(mark)).map_or(tail, |(_, last)| last).trim();
    let fits = !name.is_empty() && name.chars().count() <= TAIL_CHARS_MAX;
    fits.then(|| name.to_owned())
}

/// Says nothing of an article: the site's own name, a greeting, an error.
pub(super) fn is_generic(title: &str, site: Option<&str>) -> bool {
    const WORDS: [&str; 12] =
        ["home", "homepage", "news", "index", "untitled", "기사본문", "뉴스", "홈", "首页", "首頁", "新闻", "新聞"];
    let plain = bare(title);
    let named = site.map(bare).is_some_and(|site| {
        !site.is_empty() && (plain == site || (plain.len() < site.len() && site.starts_with(&plain)))
    });
    plain.chars().count() < 3
        || named
        || WORDS.contains(&plain.as_str())
        || ["에오신것을환영합니다", "欢迎您", "歡迎光臨"].iter().any(|end| plain.ends_with(end))
        || ["welcometo", "403forbidden", "404notfound", "justamoment", "欢迎来到", "歡迎來到"]
            .iter()
            .any(|start| plain.starts_with(start))
}

/// Cuts the site's name and short tails of a longer title; the name also where it stands in front.
pub(super) fn without(title: &str, site: Option<&str>) -> String {
    let mut rest = title.trim().trim_end_matches([':', '|', '-', '<', '>', ' ']);
    for mark in MARKS {
        while let Some((head, tail)) = rest.rsplit_once(mark) {
            let tail = tail.trim();
            let short = mark != "-"
                && tail.chars().count() * 2 < head.chars().count()
                && tail.chars().count() <= TAIL_CHARS_MAX;
            if head.trim().is_empty() || !(names_site(tail, site) || short) {
                break;
            }
            rest = head.trim_end();
        }
    }
    for mark in MARKS.iter().chain([&": "]) {
        if let Some((head, tail)) = rest.split_once(mark)
            && names_site(head.trim(), site)
            && tail.chars().count() >= 4
        {
            rest = tail.trim_start();
        }
    }
    rest.trim().to_owned()
}

pub(super) fn names_site(part: &str, site: Option<&str>) -> bool {
    let (part, site) = (bare(part), site.map(bare).unwrap_or_default());
    let enough = part.chars().count() >= 2 && site.chars().count() >= 2;
    enough
        && (part == site
            || site.starts_with(&part)
            || (part.starts_with(&site) && part.chars().count() <= site.chars().count() + 8))
}
