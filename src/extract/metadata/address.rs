//! The address a page says is its own.
use super::{Evidence, head};
use crate::text::url as address;
use url::Url;

const LINKS_MAX: usize = 8;

/// `rel=canonical`, else `og:url`, else the address in JSON-LD; the first that speaks of an article.
pub(super) fn canonical(seen: &Evidence<'_>) -> Option<String> {
    let links = head::all(seen.html, "link[rel~=canonical i][href]").take(LINKS_MAX);
    let links = links.filter_map(|link| link.attr("href").map(str::to_owned));
    let said = ["og:url", "twitter:url", "parsely-link"].into_iter().filter_map(|name| seen.metas.first(&[name]));
    let all = links.chain(said.map(str::to_owned)).chain(seen.article.url.clone());
    // An address that cannot be read is as good as none.
    let read = all.filter_map(|raw| address::canonical(&raw, seen.page.url).ok());
    read.into_iter().find(|url| speaks_of(url, seen.page.url)).map(String::from)
}

/// A front page is no article's address, unless the page itself is one.
fn speaks_of(url: &Url, page: Option<&Url>) -> bool {
    let is_front = is_front(url);
    !is_front || page.is_none_or(|page| address::key(page) == address::key(url))
}

fn is_front(url: &Url) -> bool {
    let path = url.path().trim_matches('/').to_ascii_lowercase();
    let name = path.rsplit_once('.').map_or(path.as_str(), |(name, _)| name);
    url.query().is_none_or(str::is_empty) && matches!(name, "" | "index" | "default" | "main" | "home")
}
