//! `/.well-known/tdmrep.json` (W3C TDMRep): what a site reserves for text and data mining, by path.
use super::http;
use super::robots::matches;
use crate::model::RightsSignal;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as TurnMutex;
use tokio::time::Instant;
use url::Url;

/// Asked for once a day for each origin, whatever came of it: a statement of policy does not change by the hour.
const FRESH: Duration = Duration::from_secs(24 * 3600);
const ORIGINS_MAX: usize = 20_000;
/// A file of rules for a whole site has a few lines; what is larger is not one.
const FILE_BYTES_MAX: usize = 64 << 10;
const RULES_MAX: usize = 200;
/// Characters kept of the rule that holds.
const RAW_CHARS_MAX: usize = 500;

/// None of the rules are known while the file cannot be read.
type Slot = Arc<TurnMutex<Option<(Instant, Option<Arc<Vec<Rule>>>)>>>;

/// What came of asking for the file.
#[derive(Debug)]
pub(super) enum ReservationFile {
    Read(Vec<u8>),
    Absent,
    /// No answer, or one that does not say whether there is a file.
    Unread,
}

/// The place whose file could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) place: String,
}

/// The files read so far. Nothing is kept over a restart: the first article of a site asks again.
#[derive(Default)]
pub(super) struct Reservations {
    origins: Mutex<HashMap<String, Slot>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    location: String,
    raw: String,
}

impl Reservations {
    /// The statement that holds for this page, if its site makes one; `read` fetches the file when it is due.
    pub(super) async fn of<F: Future<Output = ReservationFile>>(
        &self,
        url: &Url,
        read: impl FnOnce(Url) -> F,
    ) -> Result<Option<RightsSignal>, Unread> {
        let place = format!("/.well-known/tdmrep.json of {}", http::host(url));
        let mut file = url.clone();
        file.set_path("/.well-known/tdmrep.json");
        file.set_query(None);
        file.set_fragment(None);
        let slot = self.slot(url);
        // Whoever holds the origin's lock asks; the others wait for the answer.
        let mut slot = slot.lock().await;
        let rules = match slot.as_ref().filter(|(until, _)| *until > Instant::now()) {
            Some((_, rules)) => rules.clone(),
            None => {
                let rules = match read(file).await {
                    ReservationFile::Read(bytes) => Some(Arc::new(parse(&bytes))),
                    ReservationFile::Absent => Some(Arc::default()),
                    ReservationFile::Unread => None,
                };
                *slot = Some((Instant::now() + FRESH, rules.clone()));
                rules
            }
        };
        let Some(rules) = rules else { return Err(Unread { place }) };
        let rule = rules.iter().find(|rule| matches(&rule.location, url.path()));
        Ok(rule.map(|rule| RightsSignal { kind: "tdm_reservation".to_owned(), raw: rule.raw.clone(), place }))
    }

    fn slot(&self, url: &Url) -> Slot {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if origins.len() >= ORIGINS_MAX {
            // Forgetting costs each a request, remembering more would have no bound.
            origins.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(origins.entry(url.origin().ascii_serialization()).or_default())
    }
}

/// The rules in their order; the first that matches holds. What is no such file has none.
fn parse(bytes: &[u8]) -> Vec<Rule> {
    if bytes.len() > FILE_BYTES_MAX {
        return Vec::new();
    }
    let Ok(Value::Array(rows)) = serde_json::from_slice(bytes) else { return Vec::new() };
    let rule = |row: Value| {
        let location = row.get("location")?.as_str()?.to_owned();
        row.get("tdm-reservation")?;
        Some(Rule { location, raw: row.to_string().chars().take(RAW_CHARS_MAX).collect() })
    };
    rows.into_iter().take(RULES_MAX).filter_map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const FILE: &[u8] = br#"[{"location": "/free/*", "tdm-reservation": 0},
                             {"location": "/*", "tdm-reservation": 1, "tdm-policy": "https://n.example/p.json"}]"#;

    #[tokio::test(start_paused = true)]
    async fn the_file_is_read_once_a_day_and_its_first_match_holds() {
        let (reservations, asked) = (Reservations::default(), Cell::new(0));
        let of = async |page: &str| {
            let read = async |file: Url| {
                assert_eq!(file.as_str(), "https://n.example/.well-known/tdmrep.json");
                asked.set(asked.get() + 1);
                ReservationFile::Read(FILE.to_vec())
            };
            let signal = reservations.of(&Url::parse(page).unwrap(), read).await;
            signal.unwrap().map(|signal| signal.raw)
        };
        assert_eq!(of("https://n.example/free/1?a=b").await.unwrap(), r#"{"location":"/free/*","tdm-reservation":0}"#);
        assert!(of("https://n.example/news/1").await.unwrap().contains(r#""tdm-reservation":1"#));
        assert_eq!(asked.get(), 1);
        tokio::time::advance(FRESH + Duration::from_secs(1)).await;
        of("https://n.example/news/1").await.unwrap();
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test]
    async fn no_file_is_remembered_and_says_nothing() {
        let (reservations, asked) = (Reservations::default(), Cell::new(0));
        let url = Url::parse("https://n.example/a").unwrap();
        for _ in 0..2 {
            let none = reservations
                .of(&url, async |_| {
                    asked.set(asked.get() + 1);
                    ReservationFile::Absent
                })
                .await;
            assert_eq!(none, Ok(None));
        }
        assert_eq!(asked.get(), 1);
        let other = Url::parse("https://silent.example/a").unwrap();
        let unread = reservations.of(&other, async |_| ReservationFile::Unread).await.unwrap_err();
        assert_eq!(unread.place, "/.well-known/tdmrep.json of silent.example", "silence is no answer");
        for junk in [&b"<html>"[..], b"{}", b"[1, {\"location\": 3}, {\"location\": \"/\"}]"] {
            assert_eq!(parse(junk), []);
        }
    }
}
