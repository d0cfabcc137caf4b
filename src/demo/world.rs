//! Sites, feeds and pages of an invented web, with what should become of every entry.
use crate::model::{FeedId, FeedKind, FeedSpec, FeedStatus, Lang, Script, Tally, lang::UnknownCode};
use serde::Deserialize;
use std::collections::BTreeSet;

const SITES: &str = include_str!("world/sites.toml");
const ARTICLES: [&str; 3] =
    [include_str!("world/en.toml"), include_str!("world/ko.toml"), include_str!("world/zh.toml")];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Rss,
    Rdf,
    Atom,
    Json,
}

/// Where a page or feed says its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Declared {
    Both,
    Header,
    Meta,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    pub id: String,
    /// Shown as the outlet's name.
    pub name: String,
    pub lang: String,
    pub region: String,
    pub zone: String,
    pub format: Format,
    /// WHATWG label.
    pub encoding: String,
    pub declared: Declared,
    #[serde(default)]
    pub gzip: bool,
    /// Path prefix that robots.txt forbids.
    pub disallow: Option<String>,
    /// JSON-LD in its pages; without it only the visible date.
    #[serde(default)]
    pub json_ld: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub id: String,
    pub site: String,
    pub path: String,
    pub lang: String,
    /// RFC 3339 with the outlet's own offset, or a day alone.
    pub published: Option<String>,
    pub title: String,
    #[serde(default)]
    pub paragraphs: Vec<String>,
    pub byline: Option<String>,
    /// Name of the outcome, once per feed that lists it.
    pub expected: String,
    #[serde(default)]
    pub story: String,
    /// Listed by a second site's feed too.
    pub also_in: Option<String>,
    /// Gzipped HTML served as it is, in place of the template.
    #[serde(skip)]
    pub raw: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub struct World {
    pub sites: Vec<Site>,
    pub pages: Vec<Page>,
}

#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error("world text")]
    Toml(#[from] toml::de::Error),
    #[error("page {page} names unknown site {site}")]
    UnknownSite { page: String, site: String },
    #[error("page {0} is there twice")]
    Twice(String),
    #[error(transparent)]
    Code(#[from] UnknownCode),
    #[error("{path}")]
    Read { path: String, source: std::io::Error },
    #[error("{path}")]
    Json { path: String, source: serde_json::Error },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    site: Vec<Site>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageFile {
    page: Vec<Page>,
}

impl World {
    /// The world inside the binary.
    pub fn bundled() -> Result<Self, WorldError> {
        let sites = toml::from_str::<SiteFile>(SITES)?.site;
        let mut pages = Vec::new();
        for text in ARTICLES {
            pages.extend(toml::from_str::<PageFile>(text)?.page);
        }
        Self::checked(sites, pages)
    }

    pub(super) fn checked(sites: Vec<Site>, pages: Vec<Page>) -> Result<Self, WorldError> {
        let mut ids = BTreeSet::new();
        for page in &pages {
            let known = |id: &String| sites.iter().any(|site| site.id == *id);
            for site in std::iter::once(&page.site).chain(&page.also_in) {
                if !known(site) {
                    return Err(WorldError::UnknownSite { page: page.id.clone(), site: site.clone() });
                }
            }
            if !ids.insert(&page.id) {
                return Err(WorldError::Twice(page.id.clone()));
            }
        }
        Ok(Self { sites, pages })
    }

    /// One feed per site, at the addresses the server was given.
    pub fn catalogue(&self, bases: &[String]) -> Result<Vec<FeedSpec>, WorldError> {
        self.sites.iter().zip(bases).map(|(site, base)| spec(site, base)).collect()
    }

    /// How many entries should end in which outcome after one round.
    pub fn expected(&self) -> Tally {
        let mut tally = Tally::default();
        for page in &self.pages {
            *tally.0.entry(page.expected.clone()).or_default() += 1;
            if page.also_in.is_some() {
                *tally.0.entry("seen".to_owned()).or_default() += 1;
            }
        }
        tally
    }

    pub(super) fn listed<'a>(&'a self, site: &'a Site) -> impl Iterator<Item = &'a Page> {
        self.pages.iter().filter(|page| page.site == site.id || page.also_in.as_ref() == Some(&site.id))
    }
}

fn spec(site: &Site, base: &str) -> Result<FeedSpec, WorldError> {
    let url = format!("{base}/feed");
    let script = site.lang.split_once('-').map(|(_, script)| Script::parse(script)).transpose()?;
    Ok(FeedSpec {
        id: FeedId::of(&url),
        url,
        title: site.name.clone(),
        lang: Lang::parse(&site.lang)?,
        script,
        region: site.region.clone(),
        zone: site.zone.clone(),
        category: "demo".to_owned(),
        kind: FeedKind::Feed,
        status: FeedStatus::Live,
        pages: crate::model::Pages::All,
        last_evidence: None,
        note: None,
        only: None,
        listing: None,
    })
}
