//! Time as the source gave it: instant, offset, precision, where it was read, and the raw text.
use jiff::{Timestamp, civil, tz::Offset};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    Month,
    Day,
    Minute,
    Second,
}

/// Where a time was read; the order is the order of trust, best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// Nothing better: the time the page was fetched.
    Fetch,
    Url,
    VisibleText,
    Feed,
    TimeElement,
    Meta,
    JsonLd,
    Import,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub instant: Timestamp,
    /// Seconds east of UTC as the source wrote it or as its zone had it; None when neither is known (UTC assumed).
    pub offset_seconds: Option<i32>,
    pub precision: Precision,
    pub source: TimeSource,
    pub raw: String,
}

impl Stamp {
    /// The calendar day in the source's own offset.
    pub fn local_date(&self) -> civil::Date {
        self.offset().to_datetime(self.instant).date()
    }

    fn offset(&self) -> Offset {
        self.offset_seconds.and_then(|seconds| Offset::from_seconds(seconds).ok()).unwrap_or(Offset::UTC)
    }

    /// RFC 3339 with the source's own offset, or a date alone when only the day (month) is known.
    pub fn to_text(&self) -> String {
        let local = self.offset().to_datetime(self.instant);
        match self.precision {
            Precision::Month => format!("{:04}-{:02}", local.year(), local.month()),
            Precision::Day => local.date().to_string(),
            Precision::Minute | Precision::Second => {
                let seconds = self.offset().seconds();
                let zone = match self.offset_seconds {
                    None | Some(0) => "Z".to_owned(),
                    Some(_) => {
                        let sign = if seconds < 0 { '-' } else { '+' };
                        let minutes = seconds.abs() / 60;
                        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
                    }
                };
                format!("{}{zone}", local.strftime("%Y-%m-%dT%H:%M:%S"))
            }
        }
    }
}
