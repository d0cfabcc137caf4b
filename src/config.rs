//! Configuration: defaults, then `banwatch.toml`, then `BANWATCH__SECTION__KEY`, then flags. Unknown keys are errors.
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The data folder: store, index, captures and lock.
    pub data: PathBuf,
    /// `sqlite:PATH`; absent: `banwatch.db` in the data folder.
    pub store: Option<String>,
    /// `tantivy:PATH`; absent: `tantivy` in the data folder.
    pub index: Option<String>,
    /// A folder with `ko.toml`, `zh.toml`, `en.toml` and `topics/` instead of the ones in the binary.
    pub feeds: Option<PathBuf>,
    /// Feeds of the catalogue that are not to be polled here, by id or address.
    pub disabled: Vec<String>,
    pub fetch: Fetch,
    pub worker: Worker,
    pub captures: Captures,
    pub disk: Disk,
    pub web: Web,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// How a publisher reaches the operator; sent in User-Agent. An e-mail address or a URL.
    pub contact: Option<String>,
    pub connect_timeout_ms: u64,
    /// One request from first byte sent to last byte read; each redirect is a request of its own.
    pub total_timeout_ms: u64,
    /// Of the decoded body.
    pub body_bytes_max: usize,
    pub redirects_max: usize,
    /// From the end of one request to the start of the next on one host.
    pub host_gap_ms: u64,
    pub robots: bool,
    /// Look again at stored articles after 1 h, 6 h, 1 d and 7 d.
    pub revisit: bool,
    /// Hosts (`intranet.example`, `127.0.0.2:8080`) or networks (`10.1.0.0/16`) that may be reached although private.
    pub allow: Vec<String>,
    pub websub: Websub,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Websub {
    /// The public address at which hubs reach `listen`; absent: no hub is subscribed to and nothing is listened for.
    pub callback: Option<String>,
    /// What the public address leads to. Nothing but the callback is served there.
    pub listen: SocketAddr,
}

impl Websub {
    /// None also for a callback that `load` refuses.
    pub fn callback_url(&self) -> Option<Url> {
        let url = self.callback.as_deref().and_then(|text| Url::parse(text).ok())?;
        let is_plain = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
        (is_plain && url.host().is_some() && url.username().is_empty() && url.password().is_none()).then_some(url)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Feeds polled at the same time.
    pub polls_max: usize,
    /// Pages fetched and read at the same time.
    pub pages_max: usize,
    pub poll_interval_s: u64,
    /// Attempts at one entry before it is given up.
    pub attempts_max: u32,
    /// How long stored articles wait for company before an index commit.
    pub index_batch_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captures {
    pub keep: bool,
    pub mb_max: u64,
    pub age_days_max: u32,
    pub segment_mb_max: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Ingest stops with an alarm while less is free on the data folder's disk.
    pub free_mb_min: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    pub address: SocketAddr,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("index/live"),
            store: None,
            index: None,
            feeds: None,
            disabled: Vec::new(),
            fetch: Fetch {
                contact: None,
                connect_timeout_ms: 10_000,
                total_timeout_ms: 30_000,
                // News pages are under 4 MB; the largest feeds seen in public suites are under 8.
                body_bytes_max: 10 << 20,
                redirects_max: 5,
                host_gap_ms: 2_000,
                robots: true,
                revisit: true,
                allow: Vec::new(),
                websub: Websub { callback: None, listen: SocketAddr::from(([127, 0, 0, 1], 8081)) },
            },
            worker: Worker {
                polls_max: 16,
                pages_max: 16,
                poll_interval_s: 1_800,
                attempts_max: 5,
                index_batch_ms: 500,
            },
            captures: Captures { keep: true, mb_max: 4_096, age_days_max: 90, segment_mb_max: 64 },
            disk: Disk { free_mb_min: 256 },
            web: Web { address: SocketAddr::from(([127, 0, 0, 1], 8080)) },
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    #[error("the configuration file {0} does not exist")]
    Missing(PathBuf),
    #[error("configuration: {0}")]
    Wrong(Box<figment::Error>),
    #[error("configuration: {key} must be {rule}")]
    Range { key: &'static str, rule: &'static str },
}

/// What the command line may override.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feeds: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<WebOverride>,
}

#[derive(Clone, Debug, Serialize)]
pub struct WebOverride {
    pub address: SocketAddr,
}

/// Where `banwatch.toml` is looked for when `--config` is not given: here, then `$XDG_CONFIG_HOME/banwatch/`.
pub fn default_file() -> Option<PathBuf> {
    let here = PathBuf::from("banwatch.toml");
    if here.is_file() {
        return Some(here);
    }
    let home = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")))?;
    let file = home.join("banwatch/banwatch.toml");
    file.is_file().then_some(file)
}

pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Config, ConfigFault> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(ConfigFault::Missing(file.to_owned()));
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    let config: Config = figment
        .merge(Env::prefixed("BANWATCH__").split("__"))
        .merge(Serialized::defaults(overrides))
        .extract()
        .map_err(|why| ConfigFault::Wrong(Box::new(why)))?;
    check(&config)?;
    Ok(config)
}

fn check(config: &Config) -> Result<(), ConfigFault> {
    let rules = [
        ("worker.polls_max", (1..=1_000).contains(&config.worker.polls_max), "1 to 1000"),
        ("worker.pages_max", (1..=1_000).contains(&config.worker.pages_max), "1 to 1000"),
        (
            "worker.poll_interval_s",
            (300..=86_400).contains(&config.worker.poll_interval_s),
            "300 to 86400 (5 minutes to a day)",
        ),
        ("worker.attempts_max", (1..=50).contains(&config.worker.attempts_max), "1 to 50"),
        ("fetch.total_timeout_ms", (100..=600_000).contains(&config.fetch.total_timeout_ms), "100 to 600000"),
        ("fetch.body_bytes_max", (1..=64 << 20).contains(&config.fetch.body_bytes_max), "1 to 67108864"),
        ("fetch.redirects_max", config.fetch.redirects_max <= 20, "0 to 20"),
        (
            "fetch.contact",
            config
                .fetch
                .contact
                .as_ref()
                .is_none_or(|text| !text.trim().is_empty() && !text.contains(char::is_control)),
            "one line that is not empty",
        ),
        (
            "fetch.websub.callback",
            config.fetch.websub.callback.is_none() || config.fetch.websub.callback_url().is_some(),
            "an http(s) address without query, fragment or password",
        ),
        ("captures.segment_mb_max", (1..=1_024).contains(&config.captures.segment_mb_max), "1 to 1024"),
    ];
    match rules.into_iter().find(|(_, holds, _)| !holds) {
        Some((key, _, rule)) => Err(ConfigFault::Range { key, rule }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("banwatch.toml");
        std::fs::write(&file, text).expect("written");
        load(Some(&file), &Overrides::default()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn files_override_defaults_and_unknown_keys_are_errors() {
        let config = load_text("[fetch]\ncontact = \"desk@paper.example\"\n").expect("right");
        assert_eq!(config.fetch.contact.as_deref(), Some("desk@paper.example"));
        assert_eq!(config.fetch.redirects_max, Config::default().fetch.redirects_max);
        let fault = load_text("[fetch]\ncontct = \"x\"\n").expect_err("a misspelt key");
        assert!(fault.contains("contct") && fault.contains("banwatch.toml"), "{fault}");
        let websub = |callback: &str| load_text(&format!("[fetch.websub]\ncallback = \"{callback}\"\n"));
        assert!(websub("https://desk.example/hub").expect("right").fetch.websub.callback_url().is_some());
        for wrong in ["desk.example", "ftp://desk.example/", "https://desk.example/?a=b", "https://a:b@desk.example/"] {
            let fault = websub(wrong).expect_err("no callback");
            assert!(fault.contains("fetch.websub.callback"), "{fault}");
        }
        let fault = load_text("[worker]\npoll_interval_s = 1\n").expect_err("too rude");
        assert!(fault.contains("worker.poll_interval_s"), "{fault}");
    }

    #[test]
    fn flags_win() {
        let overrides = Overrides { data: Some(PathBuf::from("/tmp/elsewhere")), ..Overrides::default() };
        assert_eq!(load(None, &overrides).expect("right").data, PathBuf::from("/tmp/elsewhere"));
    }
}
