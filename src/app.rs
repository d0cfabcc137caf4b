//! The only place that names concrete backends: what the configuration asks for becomes trait objects.
use crate::catalogue::{self, Catalogue, SourceFile};
use crate::config::Config;
use crate::desk::Desk;
use crate::extract::boilerplate::Boilerplate;
use crate::extract::sites::Sites;
use crate::fetch::{CaptureLimits, Captures, FetchPolicy, HttpReader};
use crate::index::{Index, TantivyIndex};
use crate::net::Guard;
use crate::pipeline::{Callback, Kit, Links};
use crate::store::{DataLock, SqliteStore, Store};
use crate::topic::Lexicon;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a command does with the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Beside a writer; the folder must exist.
    Read,
    /// The one writer; the text names the command in the lock.
    Write(&'static str),
}

pub struct App {
    pub config: Config,
    pub catalogue: Catalogue,
    pub lexicon: Arc<Lexicon>,
    pub sites: Arc<Sites>,
    pub store: Arc<dyn Store>,
    pub index: Arc<dyn Index>,
    pub captures: Option<Arc<Captures>>,
    /// Held as long as this process writes the folder.
    lock: Option<DataLock>,
}

impl App {
    pub async fn open(config: Config, access: Access) -> anyhow::Result<Self> {
        let lock = match access {
            Access::Read if !config.data.is_dir() => {
                bail!(
                    "the data folder {} does not exist yet; `banwatch run` or `banwatch demo --data DIR` makes one",
                    config.data.display()
                )
            }
            Access::Read => None,
            Access::Write(command) => {
                std::fs::create_dir_all(&config.data)
                    .with_context(|| format!("making the data folder {}", config.data.display()))?;
                Some(DataLock::acquire(&config.data, command)?)
            }
        };
        let writes = lock.is_some();
        Ok(Self {
            catalogue: load_catalogue(&config)?,
            lexicon: load_lexicon(config.feeds.as_deref())?,
            sites: load_sites(config.feeds.as_deref())?,
            store: open_store(&config, writes).await?,
            index: open_index(&config, writes).await?,
            captures: open_captures(&config, writes)?,
            config,
            lock,
        })
    }

    /// Everything the pipeline needs; the caches are rebuilt from the store.
    pub async fn kit(&self) -> anyhow::Result<Arc<Kit>> {
        let links =
            Links::rebuild(self.store.as_ref()).await.context("rebuilding copies and stories from the store")?;
        Ok(Arc::new(Kit {
            store: Arc::clone(&self.store),
            index: Arc::clone(&self.index),
            reader: Arc::new(self.reader()?),
            lexicon: Arc::clone(&self.lexicon),
            sites: Arc::clone(&self.sites),
            boilerplate: tokio::sync::Mutex::new(Boilerplate::new(self.store.site_lines().await?)),
            links: tokio::sync::Mutex::new(links),
            attempts_max: self.config.worker.attempts_max,
            poll_interval_seconds: u32::try_from(self.config.worker.poll_interval_s)
                .context("worker.poll_interval_s")?,
            hub: self.callback().await?,
        }))
    }

    /// Where hubs reach us, if that is configured.
    async fn callback(&self) -> anyhow::Result<Option<Callback>> {
        let Some(base) = self.config.fetch.websub.callback_url().filter(|_| self.is_writer()) else { return Ok(None) };
        let fresh = Callback::fresh_secret().context("the system gives no random numbers")?;
        let secret = self.store.hub_key(&fresh).await.context("the key of fetch.websub")?;
        Ok(Some(Callback::new(&base, &secret, self.config.fetch.body_bytes_max)))
    }

    /// Where everything that is shown, sent or exported is read.
    pub fn desk(&self) -> Desk<'_> {
        Desk { store: self.store.as_ref(), index: self.index.as_ref(), policies: &self.catalogue.policies }
    }

    pub fn reader(&self) -> anyhow::Result<HttpReader> {
        http_reader(&self.config, self.captures.clone())
    }

    /// Leaves the data folder whole in its own files: a copy of it is then a backup.
    pub async fn close(&self) {
        self.store.close().await;
    }

    pub fn is_writer(&self) -> bool {
        self.lock.is_some()
    }
}

/// What loading cannot see: whether the named backends and rules can be built. Opens nothing.
pub fn check_config(config: &Config) -> anyhow::Result<()> {
    Guard::new(&config.fetch.allow).context("fetch.allow")?;
    backend_path(config.store.as_deref(), ("store", "sqlite"), Path::new(""))?;
    backend_path(config.index.as_deref(), ("index", "tantivy"), Path::new(""))?;
    Ok(())
}

/// A reader that keeps what it fetches, or not.
pub fn http_reader(config: &Config, captures: Option<Arc<Captures>>) -> anyhow::Result<HttpReader> {
    let guard = Guard::new(&config.fetch.allow).context("fetch.allow")?;
    HttpReader::new(policy(config), guard, captures).context("starting the HTTP client")
}

fn policy(config: &Config) -> FetchPolicy {
    let fetch = &config.fetch;
    let contact = fetch.contact.as_deref().unwrap_or("no contact given");
    FetchPolicy {
        user_agent: format!("banwatch/{} ({contact})", env!("CARGO_PKG_VERSION")),
        connect_timeout: std::time::Duration::from_millis(fetch.connect_timeout_ms),
        total_timeout: std::time::Duration::from_millis(fetch.total_timeout_ms),
        body_bytes_max: fetch.body_bytes_max,
        redirects_max: fetch.redirects_max,
        host_gap: std::time::Duration::from_millis(fetch.host_gap_ms),
        robots: fetch.robots,
    }
}

async fn open_store(config: &Config, writes: bool) -> anyhow::Result<Arc<dyn Store>> {
    let default = config.data.join("banwatch.db");
    let path = backend_path(config.store.as_deref(), ("store", "sqlite"), &default)?;
    let mode = if writes { crate::store::OpenMode::ReadWrite } else { crate::store::OpenMode::ReadOnly };
    Ok(Arc::new(SqliteStore::open(&path, mode).await?))
}

async fn open_index(config: &Config, writes: bool) -> anyhow::Result<Arc<dyn Index>> {
    let default = config.data.join("tantivy");
    let path = backend_path(config.index.as_deref(), ("index", "tantivy"), &default)?;
    let mode = if writes { crate::index::OpenMode::ReadWrite } else { crate::index::OpenMode::ReadOnly };
    Ok(Arc::new(TantivyIndex::open(&path, mode)?))
}

/// `scheme:PATH` → the path; the one switch by URL. Other schemes are named, not guessed at.
fn backend_path(url: Option<&str>, (key, scheme): (&str, &str), default: &Path) -> anyhow::Result<PathBuf> {
    match url.map(|url| (url, url.split_once(':'))) {
        None => Ok(default.to_owned()),
        Some((_, Some((found, path)))) if found == scheme && !path.is_empty() => Ok(PathBuf::from(path)),
        Some((url, _)) => bail!("configuration: {key} = {url:?} is not understood; it must be {scheme}:PATH"),
    }
}

fn open_captures(config: &Config, writes: bool) -> anyhow::Result<Option<Arc<Captures>>> {
    if !config.captures.keep {
        return Ok(None);
    }
    let limits = CaptureLimits {
        bytes_max: config.captures.mb_max << 20,
        age_max_days: config.captures.age_days_max,
        segment_bytes_max: config.captures.segment_mb_max << 20,
    };
    let captures =
        if writes { Captures::open(&config.data, limits) } else { Captures::open_read_only(&config.data, limits) };
    Ok(Some(Arc::new(captures.context("opening the capture store")?)))
}

/// The catalogue, less what the operator has switched off.
pub fn load_catalogue(config: &Config) -> anyhow::Result<Catalogue> {
    let mut catalogue = read_catalogue(config.feeds.as_deref())?;
    for name in &config.disabled {
        let feed = catalogue.feeds.iter_mut().find(|feed| feed.url == *name || feed.id.as_str() == name);
        let Some(feed) = feed else {
            bail!("configuration: disabled names {name:?}, which is no feed of the catalogue (`banwatch feeds list`)")
        };
        feed.status = crate::model::FeedStatus::Disabled;
        feed.note = Some("switched off in the configuration".to_owned());
    }
    Ok(catalogue)
}

fn read_catalogue(folder: Option<&Path>) -> anyhow::Result<Catalogue> {
    let Some(folder) = folder else { return Ok(catalogue::embedded().clone()) };
    let texts = toml_files(folder)?;
    let files: Vec<SourceFile<'_>> = texts.iter().map(|(name, text)| SourceFile { name, text }).collect();
    Ok(catalogue::load(&files)?)
}

pub fn load_lexicon(folder: Option<&Path>) -> anyhow::Result<Arc<Lexicon>> {
    let topics = folder.map(|folder| folder.join("topics")).filter(|topics| topics.is_dir());
    let Some(topics) = topics else { return Ok(Arc::new(Lexicon::embedded().clone())) };
    let texts = toml_files(&topics)?;
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Ok(Arc::new(Lexicon::load(&files)?))
}

pub fn load_sites(folder: Option<&Path>) -> anyhow::Result<Arc<Sites>> {
    let sites = folder.map(|folder| folder.join("sites")).filter(|sites| sites.is_dir());
    let Some(sites) = sites else { return Ok(Arc::new(Sites::embedded().clone())) };
    let texts = toml_files(&sites)?;
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Ok(Arc::new(Sites::load(&files)?))
}

/// What the data folder's store has learnt of sites; nothing where there is no store yet.
pub async fn known_lines(config: &Config) -> anyhow::Result<Boilerplate> {
    let path = backend_path(config.store.as_deref(), ("store", "sqlite"), &config.data.join("banwatch.db"))?;
    if !path.is_file() {
        return Ok(Boilerplate::default());
    }
    let store = open_store(config, false).await?;
    let known = Boilerplate::new(store.site_lines().await?);
    store.close().await;
    Ok(known)
}

/// `(path, text)` of the folder's TOML files, by name.
fn toml_files(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("reading the folder {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("reading the folder {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        bail!("{} holds no .toml file", folder.display());
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok((path.display().to_string(), text))
    };
    paths.into_iter().map(read).collect()
}

/// Moves an unreadable index out of the way, to be looked at or deleted by the operator.
pub fn set_index_aside(config: &Config) -> anyhow::Result<PathBuf> {
    let path = backend_path(config.index.as_deref(), ("index", "tantivy"), &config.data.join("tantivy"))?;
    let aside = (0..1_000)
        .map(|n| path.with_extension(format!("broken-{n}")))
        .find(|aside| !aside.exists())
        .context("a thousand broken indexes are already set aside")?;
    std::fs::rename(&path, &aside).with_context(|| format!("moving {} aside", path.display()))?;
    Ok(aside)
}
