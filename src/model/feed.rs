//! A feed: what the catalogue says of it and what polling has taught.
use super::{FeedId, Lang, Script};
use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// RSS, RDF, Atom or JSON Feed; the bytes decide which.
    Feed,
    /// News sitemap or sitemap index.
    Sitemap,
    /// HTML listing page.
    Listing,
}

/// Whether the worker polls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedStatus {
    Live,
    /// Loaded, but a listing page whose selectors nobody has written yet.
    Pending,
    /// Known not to exist or switched off, kept so that nobody adds it again.
    Disabled,
}

/// Which entries' pages are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pages {
    #[default]
    All,
    /// Those whose title or summary leaves it possible that they are on topic.
    Gated,
}

/// One row of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedSpec {
    pub id: FeedId,
    pub url: String,
    pub title: String,
    pub lang: Lang,
    pub script: Option<Script>,
    /// ISO 3166-1 alpha-2, `EU`, or `INT` for no single country.
    pub region: String,
    /// IANA zone: what a zone-less date in this feed means.
    pub zone: String,
    pub category: String,
    pub kind: FeedKind,
    pub status: FeedStatus,
    #[serde(default)]
    pub pages: Pages,
    /// The last day on which somebody is known to have read this feed.
    pub last_evidence: Option<civil::Date>,
    /// Site-wide note shown by `feeds list`, e.g. why it is disabled.
    pub note: Option<String>,
    /// Only entries whose address contains this are taken: the news part of a whole site's map.
    pub only: Option<String>,
    /// How a listing page is read; without it such a feed is pending.
    pub listing: Option<ListingRule>,
}

/// CSS selectors that read entries off an HTML page; the catalogue refuses those that do not parse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingRule {
    /// Each match is one entry.
    pub item: String,
    /// Inside the item; without it, the text of the link.
    pub title: Option<String>,
    /// Inside the item; without it, the item itself or its first link.
    pub link: Option<String>,
    /// Inside the item: its `datetime` attribute or text.
    pub date: Option<String>,
}

/// When a feed asks not to be read (RSS `skipHours` and `skipDays`), in GMT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skips {
    /// Bit n: the hour that begins at n o'clock.
    pub hours: u32,
    /// Bit n: the nth day after Monday.
    pub days: u8,
}

const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_DAYS: u8 = (1 << 7) - 1;
/// From the start of an hour: with any hour open, one of a week's is.
const WEEK_HOURS: i64 = 7 * 24;

impl Skips {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// 0 to 23; the first versions of RSS counted to 24. Anything else says nothing.
    pub fn add_hour(&mut self, text: &str) {
        if let Ok(hour @ 0..=24) = text.trim().parse::<u32>() {
            self.hours |= 1 << (hour % 24);
        }
    }

    /// The English name of a day. Anything else says nothing.
    pub fn add_day(&mut self, text: &str) {
        const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let name = text.trim().to_ascii_lowercase();
        if let Some(day) = DAYS.iter().position(|day| *day == name) {
            self.days |= 1 << day;
        }
    }

    /// Nobody publishes a feed to have it never read: this asks for as few requests as there can be.
    pub fn closes_all(&self) -> bool {
        self.hours & ALL_HOURS == ALL_HOURS || self.days & ALL_DAYS == ALL_DAYS
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        let at = jiff::tz::TimeZone::UTC.to_datetime(at);
        let (hour, day) = (at.hour().unsigned_abs(), at.weekday().to_monday_zero_offset().unsigned_abs());
        self.closes_all() || (self.hours & (1 << hour) == 0 && self.days & (1 << day) == 0)
    }

    /// The start of the first open hour after the one `at` lies in; None when `at` is open itself.
    pub fn opens_after(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return None;
        }
        let hour = at.as_second() - at.as_second().rem_euclid(3_600);
        let mut starts = (1..=WEEK_HOURS).filter_map(|hours| Timestamp::from_second(hour + hours * 3_600).ok());
        starts.find(|start| self.is_open(*start))
    }
}

/// Cache validators, stored verbatim and sent back verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// SHA-256 (hex) of the decoded body: servers without validators still give "unchanged".
    pub body_hash: Option<String>,
    /// The address they came from, redirects followed: they are sent to no other.
    #[serde(default)]
    pub from: Option<String>,
}

/// What the last poll left behind; history keeps every earlier one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedState {
    pub validators: Validators,
    pub next_due: Option<Timestamp>,
    pub interval_seconds: u32,
    pub failures: u32,
    pub last_polled: Option<Timestamp>,
    pub last_ok: Option<Timestamp>,
    pub last_error: Option<String>,
    /// Entries in the last good poll: "ok but empty" needs the one before.
    pub last_entries: Option<u32>,
    pub newest_entry: Option<Timestamp>,
    /// 410 Gone: never polled again until the catalogue changes.
    pub gone: bool,
    /// Where permanent redirects (301, 308) led last, and in how many polls in a row.
    #[serde(default)]
    pub moved_to: Option<String>,
    #[serde(default)]
    pub moved_hits: u32,
    /// Asked instead of the catalogue's address, after enough such polls.
    #[serde(default)]
    pub adopted: Option<String>,
    /// 304s in a row.
    #[serde(default)]
    pub unchanged_in_row: u32,
    /// When the server last sent the document itself.
    #[serde(default)]
    pub last_full: Option<Timestamp>,
    /// The same validators came with other entries: they are not sent.
    #[serde(default)]
    pub validators_lie: bool,
    /// The usual time between entries.
    #[serde(default)]
    pub gap_seconds: Option<u64>,
    /// What the last good document asks for (`ttl`, `sy:update*`), and what came with it (`max-age`, `Expires`): a 304
    /// repeats neither the one nor, often, the other.
    #[serde(default)]
    pub ttl_seconds: Option<u64>,
    #[serde(default)]
    pub fresh_seconds: Option<u64>,
    /// Of the keys of the last good document's entries.
    #[serde(default)]
    pub entries_hash: Option<String>,
    /// When a poll last found entries it had not found before; without dates, also the first poll.
    #[serde(default)]
    pub last_new: Option<Timestamp>,
    /// Polls in a row that did.
    #[serde(default)]
    pub news_in_row: u32,
    #[serde(default, skip_serializing_if = "Skips::is_none")]
    pub skips: Skips,
    /// Over all polls: how many, how many of them unchanged, bytes read.
    #[serde(default)]
    pub polls: u64,
    #[serde(default)]
    pub polls_unchanged: u64,
    #[serde(default)]
    pub bytes: u64,
}

/// How a feed is doing, for the page and `feeds check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The last poll went wrong, or the feed is gone.
    Failing,
    /// It answers, and brings nothing.
    Quiet,
    Fine,
    /// Not polled yet.
    Waiting,
    Pending,
    Disabled,
}

/// A feed that answers well and yet brings nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quiet {
    /// It holds no entry.
    Empty,
    /// Nothing new since then, though it used to bring something every `usual_gap_seconds`.
    Since { since: Timestamp, usual_gap_seconds: u64 },
}

/// No feed is called quiet sooner: weekends and holidays are no news.
const QUIET_MIN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Usual gaps without anything new. With entries at random times the odds are 1 in 150.
const QUIET_GAPS: u64 = 5;

impl FeedState {
    pub fn standing(&self, status: FeedStatus, now: Timestamp) -> Standing {
        match status {
            FeedStatus::Disabled => Standing::Disabled,
            FeedStatus::Pending => Standing::Pending,
            FeedStatus::Live if self.gone || self.failures > 0 || self.last_error.is_some() => Standing::Failing,
            FeedStatus::Live if self.quiet(now).is_some() => Standing::Quiet,
            FeedStatus::Live if self.last_ok.is_some() => Standing::Fine,
            FeedStatus::Live => Standing::Waiting,
        }
    }

    /// The last sign of life: the newest entry's time, or when a poll found something new.
    pub fn last_heard(&self, now: Timestamp) -> Option<Timestamp> {
        self.newest_entry.filter(|newest| *newest <= now).max(self.last_new)
    }

    /// Only for a feed whose last poll went well; a failing one has other troubles.
    pub fn quiet(&self, now: Timestamp) -> Option<Quiet> {
        if self.gone || self.last_error.is_some() || self.last_ok.is_none() {
            return None;
        }
        if self.last_entries == Some(0) {
            return Some(Quiet::Empty);
        }
        let (since, usual_gap_seconds) = (self.last_heard(now)?, self.gap_seconds?);
        let gaps = i64::try_from(usual_gap_seconds.saturating_mul(QUIET_GAPS)).unwrap_or(i64::MAX);
        let silence = now.duration_since(since);
        (silence >= QUIET_MIN && silence.as_secs() >= gaps).then_some(Quiet::Since { since, usual_gap_seconds })
    }
}

impl Quiet {
    pub fn words(&self) -> String {
        match self {
            Quiet::Empty => "answers, but holds no entry".to_owned(),
            Quiet::Since { since, usual_gap_seconds } => {
                let every = match usual_gap_seconds {
                    0..7_200 => format!("{} minutes", usual_gap_seconds.div_ceil(60)),
                    7_200..172_800 => format!("{} hours", usual_gap_seconds / 3_600),
                    _ => format!("{} days", usual_gap_seconds / 86_400),
                };
                format!("nothing new since {}, usually something every {every}", since.strftime("%Y-%m-%d"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_quiet_after_a_week_and_five_usual_gaps() {
        let at = |days: i64| Timestamp::from_second(1_790_000_000 + days * 86_400).expect("a time");
        let state = |gap_days: Option<u64>, newest: Option<i64>| FeedState {
            last_ok: Some(at(100)),
            last_entries: Some(9),
            newest_entry: newest.map(at),
            gap_seconds: gap_days.map(|days| days * 86_400),
            ..FeedState::default()
        };
        for (gap, newest, days, want) in [
            (Some(1), Some(0), 6, false),
            (Some(1), Some(0), 7, true),
            (Some(3), Some(0), 14, false),
            (Some(3), Some(0), 15, true),
            (None, Some(0), 99, false),
            (Some(1), None, 99, false),
        ] {
            assert_eq!(state(gap, newest).quiet(at(days)).is_some(), want, "{gap:?} {newest:?} {days}");
        }
        let found = FeedState { last_new: Some(at(5)), ..state(Some(1), Some(0)) };
        assert_eq!(found.quiet(at(7)), None, "undated entries are signs of life too");
        let empty = FeedState { last_entries: Some(0), ..state(None, None) };
        assert_eq!(empty.quiet(at(0)), Some(Quiet::Empty));
        let failing = FeedState { last_error: Some("HTTP 500".to_owned()), ..state(Some(1), Some(0)) };
        assert_eq!(failing.quiet(at(99)), None);
        let words = state(Some(3), Some(0)).quiet(at(15)).expect("quiet").words();
        assert_eq!(words, "nothing new since 2026-09-21, usually something every 3 days");
    }

    #[test]
    fn a_state_written_by_an_earlier_version_is_read() {
        let old = r#"{"validators":{"etag":"\"a\"","last_modified":null,"body_hash":null},"next_due":null,
            "interval_seconds":1800,"failures":0,"last_polled":null,"last_ok":null,"last_error":null,
            "last_entries":3,"newest_entry":null,"gone":false}"#;
        let state: FeedState = serde_json::from_str(old).expect("readable");
        assert_eq!((state.validators.etag.as_deref(), state.moved_hits, state.adopted), (Some("\"a\""), 0, None));
    }
}
