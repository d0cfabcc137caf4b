//! A scripted world behind the `Reader` seam, with the real store, index, lexicon and pipeline.
use banwatch::extract::boilerplate::Boilerplate;
use banwatch::extract::sites::Sites;
use banwatch::fetch::{FeedReply, FetchFault, PageReply, Reader, SiteRights, validators};
use banwatch::index::{Fold, OpenMode as IndexMode, Request, Sort, TantivyIndex, Tier};
use banwatch::model::{FeedId, FeedKind, FeedSpec, FeedStatus, Lang, Page, Pages, RightsSignal, Validators};
use banwatch::pipeline::{Callback, Kit, Links, Progress, Scope, Settings, Snapshot, Stop, work};
use banwatch::query;
use banwatch::store::{OpenMode as StoreMode, SqliteStore, Store};
use banwatch::topic::Lexicon;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// What an address answers.
#[derive(Clone, Debug)]
pub enum Answer {
    Bytes(String),
    Timeout,
    Status(u16),
}

pub struct World {
    site: Mutex<SiteRights>,
    headers: Mutex<BTreeMap<String, Vec<(String, String)>>>,
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<BTreeMap<String, u32>>,
    sent: Mutex<Vec<Validators>>,
}

impl Default for World {
    fn default() -> Self {
        let verdict = RightsSignal {
            kind: "robots_txt".to_owned(),
            raw: "allowed: no rule applies".to_owned(),
            place: "robots.txt".to_owned(),
        };
        Self {
            site: Mutex::new(SiteRights { signals: vec![verdict], unread: Vec::new() }),
            headers: Mutex::default(),
            answers: Mutex::default(),
            asked: Mutex::default(),
            sent: Mutex::default(),
        }
    }
}

impl World {
    /// What every site says of use from now on.
    pub fn say(&self, change: impl FnOnce(&mut SiteRights)) {
        change(&mut self.site.lock().unwrap());
    }

    /// A header that comes with this address from now on.
    pub fn with_header(&self, url: &str, name: &str, value: &str) {
        self.headers.lock().unwrap().insert(url.to_owned(), vec![(name.to_owned(), value.to_owned())]);
    }

    pub fn put(&self, url: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(url.to_owned(), answer);
    }

    pub fn asked(&self, url: &str) -> u32 {
        self.asked.lock().unwrap().get(url).copied().unwrap_or(0)
    }

    /// The validators of every revisit, in order.
    pub fn sent(&self) -> Vec<Validators> {
        self.sent.lock().unwrap().clone()
    }

    fn answer(&self, url: &Url) -> Result<Page, FetchFault> {
        *self.asked.lock().unwrap().entry(url.to_string()).or_default() += 1;
        match self.answers.lock().unwrap().get(url.as_str()).cloned() {
            Some(Answer::Bytes(body)) => {
                let mut page = page(url, &body);
                page.headers.extend(self.headers.lock().unwrap().get(url.as_str()).cloned().unwrap_or_default());
                Ok(page)
            }
            Some(Answer::Status(status)) => Err(FetchFault::Status { status, retry_after_seconds: None }),
            Some(Answer::Timeout) => Err(FetchFault::Timeout { seconds: 1 }),
            None => Err(FetchFault::Status { status: 404, retry_after_seconds: None }),
        }
    }
}

fn page(url: &Url, body: &str) -> Page {
    Page {
        url: url.to_string(),
        final_url: url.to_string(),
        status: 200,
        headers: vec![(
            "etag".to_owned(),
            format!("W/\"{} {}\"", body.len(), body.chars().filter(|c| *c == 'e').count()),
        )],
        body: body.as_bytes().to_vec(),
        fetched_at: Timestamp::UNIX_EPOCH,
        capture: None,
    }
}

#[async_trait::async_trait]
impl Reader for World {
    async fn feed(&self, url: &Url, validators: &Validators) -> Result<FeedReply, FetchFault> {
        let page = self.answer(url)?;
        let hash = Some(String::from_utf8_lossy(&page.body).into_owned());
        if validators.body_hash == hash {
            return Ok(FeedReply::NotModified {
                validators: validators.clone(),
                status: 304,
                moved: None,
                wait_seconds: None,
            });
        }
        let validators = Validators { body_hash: hash, ..Validators::default() };
        Ok(FeedReply::Document { page: Box::new(page), validators, moved: None, wait_seconds: None })
    }

    async fn page(&self, url: &Url) -> Result<Page, FetchFault> {
        self.answer(url)
    }

    async fn revisit(&self, url: &Url, known: &Validators) -> Result<PageReply, FetchFault> {
        self.sent.lock().unwrap().push(known.clone());
        let page = self.answer(url)?;
        let validators = validators(&page);
        let has_headers = self.headers.lock().unwrap().contains_key(url.as_str());
        Ok(if validators.etag == known.etag && has_headers {
            PageReply::Same { page: Box::new(page), validators }
        } else if validators.etag == known.etag {
            PageReply::Unchanged { validators, status: 304 }
        } else {
            PageReply::Page { page: Box::new(page), validators }
        })
    }

    async fn site_rights(&self, _: &Url) -> SiteRights {
        self.site.lock().unwrap().clone()
    }

    async fn tell_hub(&self, hub: &Url, _: &str) -> Result<(), FetchFault> {
        self.answer(hub).map(drop)
    }
}

pub fn feed(url: &str, lang: Lang) -> FeedSpec {
    FeedSpec {
        id: FeedId::of(url),
        url: url.to_owned(),
        title: url.to_owned(),
        lang,
        script: None,
        region: "KR".to_owned(),
        zone: "Asia/Seoul".to_owned(),
        category: "tech".to_owned(),
        kind: FeedKind::Feed,
        status: FeedStatus::Live,
        pages: Pages::All,
        last_evidence: None,
        note: None,
        only: None,
        listing: None,
    }
}

pub fn rss(items: &[(&str, &str)]) -> Answer {
    let items: String = items
        .iter()
        .map(|(url, title)| format!("<item><title>{title}</title><link>{url}</link><guid>{url}</guid></item>"))
        .collect();
    Answer::Bytes(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>f</title>{items}</channel></rss>"#
    ))
}

pub fn html(title: &str, paragraphs: &[&str]) -> Answer {
    let body: String = paragraphs.iter().map(|p| format!("<p>{p}</p>")).collect();
    Answer::Bytes(format!(
        "<html><head><meta charset=utf-8><title>{title}</title><meta property=\"og:title\" content=\"{title}\"></head>\
         <body><nav><a href=/>home</a></nav><article><h1>{title}</h1>{body}</article></body></html>"
    ))
}

pub async fn kit(folder: &Path, world: &Arc<World>) -> Arc<Kit> {
    kit_reading(folder, Arc::clone(world) as Arc<dyn Reader>).await
}

pub async fn kit_reading(folder: &Path, reader: Arc<dyn Reader>) -> Arc<Kit> {
    kit_with_hub(folder, reader, None).await
}

pub async fn kit_with_hub(folder: &Path, reader: Arc<dyn Reader>, hub: Option<Callback>) -> Arc<Kit> {
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&folder.join("banwatch.db"), StoreMode::ReadWrite).await.unwrap());
    let index = Arc::new(TantivyIndex::open(&folder.join("tantivy"), IndexMode::ReadWrite).unwrap());
    let boilerplate = Boilerplate::new(store.site_lines().await.unwrap());
    let links = Links::rebuild(store.as_ref()).await.unwrap();
    Arc::new(Kit {
        store,
        index,
        reader,
        lexicon: Arc::new(Lexicon::embedded().clone()),
        sites: Arc::new(Sites::embedded().clone()),
        boilerplate: tokio::sync::Mutex::new(boilerplate),
        links: tokio::sync::Mutex::new(links),
        attempts_max: 3,
        poll_interval_seconds: 1_800,
        hub,
    })
}

pub async fn run(kit: &Arc<Kit>, scope: Scope) -> Snapshot {
    let (_sender, stop) = Stop::new();
    run_until(kit, scope, stop).await
}

pub async fn run_until(kit: &Arc<Kit>, scope: Scope, stop: Stop) -> Snapshot {
    let progress = Arc::new(Progress::default());
    work(Arc::clone(kit), settings(scope), Arc::clone(&progress), stop).await.unwrap();
    progress.snapshot()
}

pub fn settings(scope: Scope) -> Settings {
    Settings {
        worker: "test".to_owned(),
        scope,
        polls_max: 4,
        pages_max: 4,
        index_batch: Duration::ZERO,
        revisit: true,
        no_room: Box::new(|| None),
    }
}

pub fn request(text: &str) -> Request {
    Request {
        query: query::parse(text).unwrap(),
        langs: Vec::new(),
        topics: Vec::new(),
        sort: Sort::Relevance,
        tier: Tier::Strict,
        fold: Fold::None,
        limit: 20,
        cursor: None,
    }
}
