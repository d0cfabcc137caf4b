//! Between Rust values and columns, and from SQLite's errors to ours.
use crate::model::Stamp;
use crate::store::{Result, StoreFault};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

/// SQLite's primary result codes (the low byte of what it reports).
const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_FULL: i32 = 13;
/// The shared-memory file of the log could not grow: how a full disk shows when it fills between two writes.
const SQLITE_IOERR_SHMSIZE: i32 = 4874;

impl From<sqlx::Error> for StoreFault {
    fn from(fault: sqlx::Error) -> Self {
        if matches!(fault, sqlx::Error::PoolTimedOut) {
            return StoreFault::Busy;
        }
        // A code that is no number is none of SQLite's.
        let code = fault.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
        match code {
            Some(SQLITE_IOERR_SHMSIZE) => StoreFault::DiskFull,
            Some(code) if code & 0xff == SQLITE_FULL => StoreFault::DiskFull,
            Some(code) if matches!(code & 0xff, SQLITE_BUSY | SQLITE_LOCKED) => StoreFault::Busy,
            _ => StoreFault::Sql(fault),
        }
    }
}

pub(super) trait Sql<T> {
    fn fault(self) -> Result<T>;
}

impl<T> Sql<T> for std::result::Result<T, sqlx::Error> {
    fn fault(self) -> Result<T> {
        self.map_err(StoreFault::from)
    }
}

pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// Microseconds since 1970; finer parts are cut off, the same for every time compared.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(super) fn instant(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|why| corrupt("time", why))
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|why| corrupt("value on its way in", why))
}

pub(super) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|why| corrupt(what, why))
}

/// The serde name of a unit variant, as JSON holds it without the quotes.
pub(super) fn name(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        Ok(other) => Err(corrupt("name on its way in", other)),
        Err(why) => Err(corrupt("name on its way in", why)),
    }
}

pub(super) fn from_name<T: DeserializeOwned>(what: &str, name: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(|why| corrupt(what, why))
}

pub(super) fn corrupt(what: &str, why: impl ToString) -> StoreFault {
    StoreFault::Corrupt { what: what.to_owned(), why: why.to_string() }
}

/// Numbers we count ourselves fit; one that does not came from a damaged file.
pub(super) fn number<T: TryFrom<i64>>(what: &str, value: i64) -> Result<T> {
    T::try_from(value).map_err(|_| corrupt(what, format!("{value} is out of range")))
}

/// SQLite's integers are signed; a larger limit or count means "all there is".
pub(super) fn signed<T: TryInto<i64>>(value: T) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// Binds the five columns of a time: `_at`, `_offset`, `_precision`, `_source`, `_raw`.
pub(super) fn bind_stamp(statement: Statement, stamp: Option<&Stamp>) -> Result<Statement> {
    let precision = stamp.map(|s| name(&s.precision)).transpose()?;
    let source = stamp.map(|s| name(&s.source)).transpose()?;
    Ok(statement
        .bind(stamp.map(|s| micros(s.instant)))
        .bind(stamp.and_then(|s| s.offset_seconds))
        .bind(precision)
        .bind(source)
        .bind(stamp.map(|s| s.raw.clone())))
}
