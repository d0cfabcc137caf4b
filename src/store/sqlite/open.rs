//! Opening the file, and the rules every connection follows.
use super::columns::Sql as _;
use super::{SqliteStore, group};
use crate::store::{Result, StoreFault};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Searches and pages read at the same time; each connection is a thread and a page cache.
const READERS_MAX: u32 = 4;

/// Our own writers queue in the pool; only a checkpoint, a backup or another tool makes SQLite itself wait.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a caller waits for a connection before the store counts as busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// The log is cut back to this after a checkpoint; a large import must not leave its size behind.
const WAL_BYTES_KEPT: &str = "67108864";

/// Pages of the log before it is folded into the file (16 MB): a page written many times in between is copied once.
const WAL_PAGES: &str = "4000";

/// The writer's page cache in KiB, as SQLite counts it: entries and history are looked up by keys spread over the file.
const WRITER_CACHE: &str = "-32768";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Creates the file when it is missing and brings its schema up to date. One process at a time (`DataLock`).
    ReadWrite,
    /// Beside a writer or alone; the file must exist.
    ReadOnly,
}

impl SqliteStore {
    pub async fn open(path: &Path, mode: OpenMode) -> Result<SqliteStore> {
        let fault = |why: String| StoreFault::Open { place: path.display().to_string(), why };
        if mode == OpenMode::ReadOnly && !path.is_file() {
            return Err(fault("there is no such file".to_owned()));
        }
        let write = match mode {
            OpenMode::ReadWrite => Some(open_writer(path).await.map_err(|why| place(path, why))?),
            OpenMode::ReadOnly => None,
        };
        let read = pool(READERS_MAX)
            .connect_with(options(path).read_only(true))
            .await
            .map_err(|why| place(path, StoreFault::from(why)))?;
        let line = write.clone().map(group::start);
        let store = SqliteStore { write, line, read };
        store.check_schema(path).await?;
        Ok(store)
    }

    /// Ends every connection; the log is folded into the file by the last one that may write.
    pub(super) async fn close_all(&self) {
        self.read.close().await;
        if let Some(write) = &self.write {
            write.close().await;
        }
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        begin(self.write.as_ref().ok_or_else(|| self.read_only())?).await
    }

    pub(super) fn read_only(&self) -> StoreFault {
        let place = self.read.connect_options().get_filename().display().to_string();
        StoreFault::Open { place, why: "this process opened it for reading only".to_owned() }
    }

    pub(super) async fn reader(&self) -> Result<PoolConnection<Sqlite>> {
        self.read.acquire().await.fault()
    }

    /// A reader does not migrate, so it must find the schema it was built for.
    async fn check_schema(&self, path: &Path) -> Result<()> {
        let found: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(&mut *self.reader().await?)
            .await
            .map_err(|why| place(path, StoreFault::from(why)))?;
        let wanted = MIGRATIONS.iter().map(|step| step.version).max().unwrap_or_default();
        if found == wanted {
            return Ok(());
        }
        let why = format!("its schema has version {found}, this program needs {wanted}");
        Err(StoreFault::Open { place: path.display().to_string(), why })
    }
}

/// A write transaction. It takes the write lock at once: a later upgrade from reading could fail half-way.
pub(super) async fn begin(write: &SqlitePool) -> Result<Transaction<'static, Sqlite>> {
    match write.begin_with("BEGIN IMMEDIATE").await {
        Err(sqlx::Error::InvalidSavePointStatement | sqlx::Error::WorkerCrashed) => {
            replace_connection(write).await?;
            write.begin_with("BEGIN IMMEDIATE").await.fault()
        }
        begun => begun.fault(),
    }
}

/// A full disk makes SQLite end the transaction by itself; the driver's own ROLLBACK then fails, and for it the
/// connection stays inside a transaction for ever. A new connection knows of none.
async fn replace_connection(pool: &SqlitePool) -> Result<()> {
    pool.acquire().await.fault()?.close().await.fault()
}

async fn open_writer(path: &Path) -> Result<SqlitePool> {
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL, NORMAL keeps every commit when the process dies; only a power cut may lose the last ones, whole.
        .synchronous(SqliteSynchronous::Normal)
        .pragma("journal_size_limit", WAL_BYTES_KEPT)
        .pragma("wal_autocheckpoint", WAL_PAGES)
        .pragma("cache_size", WRITER_CACHE);
    let write = pool(1).connect_with(options).await.fault()?;
    MIGRATIONS.run(&write).await.map_err(|why| StoreFault::Open { place: String::new(), why: why.to_string() })?;
    Ok(write)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // Without it, INSERT OR REPLACE deletes history rows behind the triggers' back.
        .pragma("recursive_triggers", "ON")
}

/// Connections live as long as the store: a local file gains nothing from reconnecting.
fn pool(max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// A fault while opening names the file; a full disk or a busy file stays what it is.
fn place(path: &Path, fault: StoreFault) -> StoreFault {
    let place = path.display().to_string();
    match fault {
        StoreFault::Open { why, .. } => StoreFault::Open { place, why },
        StoreFault::Sql(why) => StoreFault::Open { place, why: why.to_string() },
        other => other,
    }
}
