use super::{OpenMode, SqliteStore};
use crate::model::{Outcome, RetryReason, SiteLine, Validators};
use crate::store::conformance::{Samples, at, check_all, claim_of};
use crate::store::{Claim, FaultClass, Settlement, Store, StoreFault, Watch};
use proptest::prelude::*;
use sqlx::Connection as _;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tempfile::TempDir;

async fn fresh(dir: &TempDir) -> SqliteStore {
    SqliteStore::open(&dir.path().join("banwatch.db"), OpenMode::ReadWrite).await.expect("a new store")
}

/// A store that went through everything once: poll, settlement with an article, a user's judgement.
async fn lived_in(dir: &TempDir) -> SqliteStore {
    let store = fresh(dir).await;
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    store.record_poll(&Samples::poll(&spec.id, 1), &[Samples::entry("a.example", "x")]).await.expect("poll");
    let article = Some(Box::new(Samples::article("x", "글")));
    let watch = Watch { url: "https://a.example/x".to_owned(), validators: Validators::default(), due: at(3_600) };
    let settled =
        Settlement { article, watch: Some(watch), ..Samples::settled(Some((&spec.id, "x")), Outcome::Stored, 2) };
    store.settle(&settled).await.expect("settle");
    let line = SiteLine { host: "a.example".to_owned(), line: "제보".to_owned(), seen: 5, of: 9 };
    store.learn_site_lines(&[line], at(2)).await.expect("learn");
    let mut tx = store.begin().await.expect("begin");
    sqlx::query(
        "INSERT INTO judgement (owner, recorded_at, subject_kind, subject, question, answer)
         VALUES ('local', 0, 'article', 'x', 'relevant', 'true')",
    )
    .execute(&mut *tx)
    .await
    .expect("judgement");
    sqlx::query(
        "INSERT INTO hub_subscription_history (token, feed, recorded_at, hub, topic, callback, state, goal, asked,
                                               attempts, proven)
         SELECT 't', feed, 0, 'h', 't', 'c', 'waiting', 'subscribe', 0, 0, 0 FROM feed LIMIT 1",
    )
    .execute(&mut *tx)
    .await
    .expect("subscription");
    tx.commit().await.expect("commit");
    store
}

#[tokio::test]
async fn keeps_the_contract() {
    let dirs = RefCell::new(Vec::new());
    check_all(async || {
        let dir = tempfile::tempdir().expect("temp dir");
        let store = fresh(&dir).await;
        dirs.borrow_mut().push(dir);
        Arc::new(store) as Arc<dyn Store>
    })
    .await;
}

#[tokio::test]
async fn history_cannot_be_updated_deleted_or_replaced() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = lived_in(&dir).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema
         WHERE type = 'table' AND (name LIKE '%\\_history' ESCAPE '\\' OR name IN ('feed', 'article', 'judgement'))",
    )
    .fetch_all(&mut *store.reader().await.expect("reader"))
    .await
    .expect("tables");
    assert_eq!(tables.len(), 18, "{tables:?}");
    for table in tables {
        let statements = [
            format!("UPDATE {table} SET recorded_at = recorded_at + 1"),
            format!("DELETE FROM {table}"),
            format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"),
        ];
        for sql in statements {
            let mut tx = store.begin().await.expect("begin");
            let fault = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).execute(&mut *tx).await;
            let fault = fault.expect_err(&sql).to_string();
            assert!(fault.contains("is append-only"), "{sql}: {fault}");
        }
    }
}

/// What the queue says of an entry is what history says of it.
#[tokio::test]
async fn the_queue_follows_history() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = lived_in(&dir).await;
    let differing: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM entry e LEFT JOIN outcome_current o USING (feed, key)
         WHERE e.outcome IS NOT o.outcome OR e.content IS NOT NULL",
    )
    .fetch_one(&mut *store.reader().await.expect("reader"))
    .await
    .expect("count");
    assert_eq!(differing, 0);
    let said: Vec<(String, String)> = sqlx::query_as("SELECT event, status FROM event_status_current")
        .fetch_all(&mut *store.reader().await.expect("reader"))
        .await
        .expect("statuses");
    assert_eq!(said, [("event-x".to_owned(), "announced".to_owned())]);
}

async fn write(store: &SqliteStore, sql: &'static str) {
    let mut tx = store.begin().await.expect("begin");
    sqlx::raw_sql(sql).execute(&mut *tx).await.expect(sql);
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn a_new_place_overrules_the_one_decided_first() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = lived_in(&dir).await;
    write(
        &store,
        "UPDATE change_counter SET change_seq = 2;
         INSERT INTO article_change_history SELECT 2, article, 9, 'reclustered', revision, deleted FROM article_current;
         INSERT INTO story_membership_history
             SELECT 2, article, 9, 'other', 'late', '[\"moved\"]', 'update', NULL, 'x', '[]' FROM article;
         INSERT INTO event_membership_history SELECT 2, 0, article, 9, 'late' FROM article;",
    )
    .await;
    let document = store.changes(1, 9).await.expect("changes").remove(0);
    assert_eq!((document.change_seq, document.revision), (2, 1));
    let (placement, copy) = (document.article.placement, document.article.copy);
    assert_eq!((placement.story.as_str(), placement.event.as_str()), ("other", "late"));
    assert_eq!((placement.events.len(), placement.why), (1, vec!["moved".to_owned()]));
    assert_eq!(copy.related_to.expect("update").as_str(), "x");
    assert!(store.story(&"story-x".into()).await.expect("story").is_none());
}

#[tokio::test]
async fn what_was_withdrawn_stays_withdrawn() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = lived_in(&dir).await;
    write(
        &store,
        "UPDATE change_counter SET change_seq = 2;
         INSERT INTO article_change_history SELECT 2, article, 9, 'withdrawn', revision, 1 FROM article_current;",
    )
    .await;
    let edited = Samples::imported(Samples::article("x", "고친 글"), 9);
    assert_eq!(store.settle(&edited).await.expect("settle"), Some(3), "the edit is kept");
    let document = store.changes(0, 9).await.expect("changes").remove(0);
    assert_eq!((document.change_seq, document.revision, document.deleted), (3, 2, true), "and the index drops it");
    assert!(store.indexed_state(None, 9).await.expect("state").is_empty());
    assert!(store.clustered(0, 9).await.expect("clustered").is_empty());
    assert!(store.story(&"story-x".into()).await.expect("story").is_none());
    assert_eq!(store.counts().await.expect("counts").articles, 0);
}

#[tokio::test]
async fn a_reader_works_beside_the_writer() {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = dir.path().join("banwatch.db");
    let writer = fresh(&dir).await;
    let reader = SqliteStore::open(&path, OpenMode::ReadOnly).await.expect("beside the writer");
    let mut tx = writer.begin().await.expect("begin");
    sqlx::query("UPDATE change_counter SET change_seq = 7").execute(&mut *tx).await.expect("write");
    assert_eq!(reader.change_seq().await.expect("not blocked"), 0, "what is not committed is not seen");
    tx.commit().await.expect("commit");
    assert_eq!(reader.change_seq().await.expect("read"), 7);
    let fault = reader.release_leases().await.expect_err("a reader does not write");
    assert!(matches!(&fault, StoreFault::Open { place, .. } if *place == path.display().to_string()), "{fault}");
    writer.close().await;
    assert_eq!(reader.change_seq().await.expect("after the writer"), 7);
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let dir = tempfile::tempdir().expect("temp dir");
    let missing = dir.path().join("missing.db");
    let garbage = dir.path().join("garbage.db");
    std::fs::write(&garbage, [7; 4096]).expect("write");
    let empty = dir.path().join("empty.db");
    std::fs::write(&empty, []).expect("write");
    let below = missing.join("below.db");
    let cases: [(&Path, OpenMode); 5] = [
        (&missing, OpenMode::ReadOnly),
        (&garbage, OpenMode::ReadOnly),
        (&garbage, OpenMode::ReadWrite),
        (&empty, OpenMode::ReadOnly),
        (&below, OpenMode::ReadWrite),
    ];
    for (path, mode) in cases {
        let fault = SqliteStore::open(path, mode).await.expect_err("not a store");
        assert!(matches!(&fault, StoreFault::Open { place, .. } if *place == path.display().to_string()), "{fault:?}");
    }
    assert!(!missing.exists(), "reading creates nothing");
}

#[tokio::test]
async fn a_schema_of_another_version_is_refused() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = fresh(&dir).await;
    let mut tx = store.begin().await.expect("begin");
    let newest: i64 = sqlx::query_scalar(
        "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations) RETURNING version",
    )
    .fetch_one(&mut *tx)
    .await
    .expect("delete");
    tx.commit().await.expect("commit");
    let fault = SqliteStore::open(&dir.path().join("banwatch.db"), OpenMode::ReadOnly).await.expect_err("too old");
    assert!(fault.to_string().contains(&format!("this program needs {newest}")), "{fault}");
}

#[tokio::test]
async fn a_full_disk_and_a_busy_file_are_told_apart() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = fresh(&dir).await;
    let mut tx = store.begin().await.expect("begin");
    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *tx).await.expect("as small as it is");
    tx.commit().await.expect("commit");
    let big = Samples::imported(Samples::article("x", &"글".repeat(1_000_000)), 1);
    let fault = store.settle(&big).await.expect_err("no room");
    assert!(matches!(fault, StoreFault::DiskFull), "{fault}");
    assert_eq!(fault.class(), FaultClass::Retry);
    // The bound was this connection's own; the store must have replaced it to go on.
    store.settle(&big).await.expect("room again").expect("a change");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(dir.path().join("banwatch.db"))
        .busy_timeout(std::time::Duration::ZERO);
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.expect("second handle");
    let _held = store.begin().await.expect("begin");
    let fault = other.begin_with("BEGIN IMMEDIATE").await.map(drop).expect_err("held");
    assert!(matches!(StoreFault::from(fault), StoreFault::Busy));
}

/// What comes in together shares commits; one that fails takes nobody with it, and nobody is answered before the commit.
#[tokio::test]
async fn writes_that_come_together_fail_alone() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = fresh(&dir).await;
    let reader =
        SqliteStore::open(&dir.path().join("banwatch.db"), OpenMode::ReadOnly).await.expect("beside the writer");
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let entries: Vec<_> = (0..100).map(|n| Samples::entry("a.example", &n.to_string())).collect();
    store.record_poll(&Samples::poll(&spec.id, 0), &entries).await.expect("poll");
    let settle = async |n: usize| {
        // Every tenth was never recorded by a poll.
        let key = if n.is_multiple_of(10) { format!("unknown-{n}") } else { n.to_string() };
        let settled = store.settle(&Samples::settled(Some((&spec.id, &key)), Outcome::OffTopic, 1)).await;
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM outcome_history WHERE key = ?")
            .bind(key)
            .fetch_one(&mut *reader.reader().await.expect("reader"))
            .await
            .expect("count");
        (n, settled.is_ok(), seen)
    };
    for (n, ok, seen) in futures::future::join_all((0..100).map(settle)).await {
        assert_eq!((ok, seen), if n.is_multiple_of(10) { (false, 0) } else { (true, 1) }, "{n}");
    }
    let together = (0..64).map(|n| Samples::poll(&spec.id, 100 + n)).collect::<Vec<_>>();
    let polled = futures::future::join_all(together.iter().map(|poll| store.record_poll(poll, &[]))).await;
    assert!(polled.iter().all(Result::is_ok));
    assert_eq!(store.counts().await.expect("counts").polls, 65);
}

/// One step of a worker's life on one of three entries.
#[derive(Clone, Debug)]
enum Step {
    Settle { entry: usize, outcome: Outcome, body: u8 },
    Poll { entry: usize, title: u8 },
    Claim,
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        Just(Outcome::OffTopic),
        Just(Outcome::Stored),
        Just(Outcome::Retry(RetryReason::Connect)),
        Just(Outcome::Seen),
    ];
    prop_oneof![
        (0..3_usize, outcome, 0..3_u8).prop_map(|(entry, outcome, body)| Step::Settle { entry, outcome, body }),
        (0..3_usize, 0..3_u8).prop_map(|(entry, title)| Step::Poll { entry, title }),
        Just(Step::Claim),
    ]
}

async fn live(store: &SqliteStore, steps: &[Step], settles: usize) {
    let spec = Samples::feed("one");
    let names = ["x", "y", "z"];
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let entries = names.map(|name| Samples::entry("a.example", name));
    store.record_poll(&Samples::poll(&spec.id, 0), &entries).await.expect("poll");
    for (second, step) in (1..).zip(steps) {
        match step {
            Step::Settle { entry, outcome, body } => {
                let stored = *outcome == Outcome::Stored;
                let article = stored.then(|| Box::new(Samples::article(names[*entry], &body.to_string())));
                let settled = Samples::settled(Some((&spec.id, names[*entry])), outcome.clone(), second);
                for _ in 0..settles {
                    store.settle(&Settlement { article: article.clone(), ..settled.clone() }).await.expect("settle");
                }
            }
            Step::Poll { entry, title } => {
                let mut entry = entries[*entry].clone();
                entry.title = Some(title.to_string());
                store.record_poll(&Samples::poll(&spec.id, second), &[entry]).await.expect("poll");
            }
            Step::Claim => {
                store.claim_entries(&claim_of(second, 2), &[], 2).await.expect("claim");
            }
        }
        let counts = store.counts().await.expect("counts");
        assert_eq!(counts.entries, counts.pending + counts.outcomes.total(), "every entry is in exactly one state");
    }
}

async fn rows(store: &SqliteStore) -> (i64, i64) {
    sqlx::query_as("SELECT (SELECT count(*) FROM outcome_history), (SELECT count(*) FROM article_change_history)")
        .fetch_one(&mut *store.reader().await.expect("reader"))
        .await
        .expect("rows")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn settling_twice_is_settling_once(steps in prop::collection::vec(step(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let (one, two) = (tempfile::tempdir().expect("temp dir"), tempfile::tempdir().expect("temp dir"));
            let (once, twice) = (fresh(&one).await, fresh(&two).await);
            live(&once, &steps, 1).await;
            live(&twice, &steps, 2).await;
            assert_eq!(once.counts().await.expect("counts"), twice.counts().await.expect("counts"));
            assert_eq!(rows(&once).await, rows(&twice).await);
            assert_eq!(once.changes(0, 99).await.expect("changes"), twice.changes(0, 99).await.expect("changes"));
            once.close().await;
            twice.close().await;
        });
    }
}

/// Prints how fast 10,000 entries pass; no threshold, for machines differ.
#[tokio::test]
async fn ten_thousand_entries_pass() {
    const ENTRIES: usize = 10_000;
    let dir = tempfile::tempdir().expect("temp dir");
    let store = fresh(&dir).await;
    let spec = Samples::feed("one");
    store.sync_catalogue(std::slice::from_ref(&spec), at(0)).await.expect("sync");
    let entries: Vec<_> =
        (0..ENTRIES).map(|i| Samples::entry(&format!("h{}.example", i % 50), &format!("e{i}"))).collect();
    let start = Instant::now();
    store.record_poll(&Samples::poll(&spec.id, 0), &entries).await.expect("poll");
    println!("recorded {ENTRIES} entries in {:?}", start.elapsed());
    let start = Instant::now();
    let (mut claiming, mut settled) = (std::time::Duration::ZERO, 0);
    while settled < ENTRIES {
        let begun = Instant::now();
        let claim = Claim { worker: "one", now: at(1), lease_until: at(2), limit: 64 };
        let batch = store.claim_entries(&claim, &[], 2).await.expect("claim");
        claiming += begun.elapsed();
        assert!(!batch.is_empty());
        for pending in batch {
            let key = pending.entry.key.as_str();
            let stored = (settled % 10 == 0).then(|| Box::new(Samples::article(key, "글")));
            let outcome = if stored.is_some() { Outcome::Stored } else { Outcome::OffTopic };
            let one = Samples::settled(Some((&spec.id, key)), outcome, 1);
            store.settle(&Settlement { article: stored, ..one }).await.expect("settle");
            settled += 1;
        }
    }
    println!("claimed in {claiming:?}, claimed and settled in {:?}", start.elapsed());
    assert_eq!(store.counts().await.expect("counts").outcomes.total(), ENTRIES as u64);
}
