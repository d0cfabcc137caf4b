//! Title, times, byline and the rest: each weighs what the page claims of itself against what it shows.
mod address;
mod byline;
mod head;
mod names;
mod scene;
mod shown;
mod signed;
mod site;
mod state;
mod times;
mod title;

use super::PageText;
use super::json_ld::{self, NewsArticle};
use super::lines::one_line;
use crate::model::{Problem, Stamp};
use crate::text::url as address_of;
use head::Metas;
use regex::Regex;
use scene::Scene;
use scraper::Html;
use std::cell::OnceCell;
use std::sync::LazyLock;

const NOTICE_LINES_MAX: usize = 2000;
const NOTICE_CHARS_MAX: usize = 300;

pub(super) struct Metadata {
    pub(super) title: Option<String>,
    pub(super) published: Option<Stamp>,
    pub(super) modified: Option<Stamp>,
    pub(super) byline: Option<String>,
    pub(super) canonical: Option<String>,
    pub(super) site: Option<String>,
    pub(super) image: Option<String>,
    pub(super) problems: Vec<Problem>,
    pub(super) metas: Metas,
    pub(super) article: NewsArticle,
}

/// All that the parts below read; none of them changes it.
struct Evidence<'a> {
    page: &'a PageText<'a>,
    html: &'a Html,
    metas: &'a Metas,
    article: &'a NewsArticle,
    claims: &'a [String],
    /// Read when nothing else answers: the scripts of a page are most of its bytes.
    state: OnceCell<state::Facts>,
    site: Option<String>,
}

impl Evidence<'_> {
    fn state(&self) -> &state::Facts {
        self.state.get_or_init(|| state::read(self.html, self.claims))
    }
}

pub(super) fn read(page: &PageText<'_>, html: &Html, visible: &[String]) -> Metadata {
    let metas = Metas::read(html);
    let document = head::texts(html, "head > title, title").into_iter().next();
    let claims = [metas.first(&head::TITLES), document.as_deref()].map(|claim| claim.unwrap_or_default().to_owned());
    let scripts = head::all(html, r#"script[type*="ld+json" i]"#).map(|script| script.text().collect());
    let article = json_ld::read(scripts, &claims);
    let site = site::name(&metas, &article);
    let seen = Evidence { page, html, metas: &metas, article: &article, claims: &claims, state: OnceCell::new(), site };
    let scene = Scene::read(html);
    let title = title::read(&seen, &scene);
    let near = scene.around(title.iter().cloned().chain(head::texts(html, "h1")));
    let mut times = times::read(&seen, &near, visible);
    times.problems.extend(notice(visible));
    let byline = byline::read(&seen, &near, visible);
    let canonical = address::canonical(&seen);
    let image = metas.first(&head::IMAGES).or(article.image.as_deref());
    let image = image.and_then(|raw| address_of::canonical(raw, page.url).ok()).map(String::from);
    let site = seen.site.or_else(|| title.as_deref().and_then(|title| site::after_title(title, &claims)));
    Metadata {
        title,
        published: times.published,
        modified: times.modified,
        byline,
        canonical,
        site,
        image,
        problems: times.problems,
        metas,
        article,
    }
}

/// A line by which the press says that it corrected the article.
fn notice(visible: &[String]) -> Option<Problem> {
    static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[\[【(<〈■◇※*\s]*(?:정정\s?(?:보도|합니다|기사)|바로잡습니다|바로잡기|更正(?:启事|啟事|说明|說明|[:：])|(?i:correction|corrected on|editor['’]s correction)\s?(?:[:：(]|notice))")
            .expect("the pattern is constant")
    });
    let line = visible.iter().take(NOTICE_LINES_MAX).find(|line| NOTICE.is_match(line))?;
    Some(Problem::new("correction_notice", line.chars().take(NOTICE_CHARS_MAX).collect::<String>()))
}

/// Letters and digits alone, in lower case and one width: two spellings of one title are equal.
fn bare(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
