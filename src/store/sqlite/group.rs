//! What arrives together is committed together: while one group is being written the next gathers, and one commit serves
//! all who wait for it. Nobody is told before it; a job and all it decided are in the same one.
use super::SqliteStore;
use super::columns::Sql as _;
use super::{open, polls, settle};
use crate::model::Entry;
use crate::store::{Enqueued, PollRecord, Result, Settlement, StoreFault};
use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

/// Jobs of one commit: other writers wait for its end, a few tens of milliseconds at most.
const GROUP_MAX: usize = 64;
/// Jobs that wait; whoever finds the line full waits for room in it.
const LINE_MAX: usize = 1_024;

#[derive(Debug)]
enum Job {
    Settle(Box<Settlement>),
    Poll(Box<PollRecord>, Vec<Entry>),
}

/// What a job leaves behind for the one who waits for it.
#[derive(Debug)]
enum Left {
    Change(Option<u64>),
    Counts(Enqueued),
}

#[derive(Debug)]
pub(super) struct Waiting {
    job: Job,
    reply: oneshot::Sender<Result<Left>>,
}

/// The line's end is the last store that may write: the task ends with it.
pub(super) fn start(write: SqlitePool) -> mpsc::Sender<Waiting> {
    let (sender, mut line) = mpsc::channel(LINE_MAX);
    tokio::spawn(async move {
        let mut group = Vec::with_capacity(GROUP_MAX);
        while line.recv_many(&mut group, GROUP_MAX).await > 0 {
            commit(&write, std::mem::take(&mut group)).await;
        }
    });
    sender
}

pub(super) async fn settle(store: &SqliteStore, settlement: &Settlement) -> Result<Option<u64>> {
    match done(store, Job::Settle(Box::new(settlement.clone()))).await? {
        Left::Change(change) => Ok(change),
        Left::Counts(_) => unreachable!("a settlement leaves a change"),
    }
}

pub(super) async fn record_poll(store: &SqliteStore, poll: &PollRecord, entries: &[Entry]) -> Result<Enqueued> {
    match done(store, Job::Poll(Box::new(poll.clone()), entries.to_vec())).await? {
        Left::Counts(counts) => Ok(counts),
        Left::Change(_) => unreachable!("a poll leaves counts"),
    }
}

/// Whoever stops waiting does not stop the job: like a crash just after the commit.
async fn done(store: &SqliteStore, job: Job) -> Result<Left> {
    let line = store.line.as_ref().ok_or_else(|| store.read_only())?;
    let (reply, left) = oneshot::channel();
    let gone = || StoreFault::Sql(sqlx::Error::WorkerCrashed);
    line.send(Waiting { job, reply }).await.map_err(|_| gone())?;
    left.await.map_err(|_| gone())?
}

/// A fault undoes the group; each job then gets a transaction, and where it is its own a fault, to itself.
async fn commit(write: &SqlitePool, group: Vec<Waiting>) {
    if group.len() > 1
        && let Ok(left) = together(write, &group).await
    {
        for (waiting, left) in group.into_iter().zip(left) {
            answer(waiting.reply, Ok(left));
        }
        return;
    }
    for Waiting { job, reply } in group {
        answer(reply, alone(write, &job).await);
    }
}

async fn together(write: &SqlitePool, group: &[Waiting]) -> Result<Vec<Left>> {
    let mut tx = open::begin(write).await?;
    let mut left = Vec::with_capacity(group.len());
    for waiting in group {
        left.push(waiting.job.run(&mut tx).await?);
    }
    tx.commit().await.fault()?;
    Ok(left)
}

async fn alone(write: &SqlitePool, job: &Job) -> Result<Left> {
    let mut tx = open::begin(write).await?;
    let left = job.run(&mut tx).await?;
    tx.commit().await.fault()?;
    Ok(left)
}

/// Nobody waits any more: the job is done all the same, and the store says so.
fn answer(reply: oneshot::Sender<Result<Left>>, left: Result<Left>) {
    if let Err(Err(fault)) = reply.send(left) {
        tracing::error!(%fault, "a write failed after its caller had given up");
    }
}

impl Job {
    async fn run(&self, tx: &mut SqliteConnection) -> Result<Left> {
        match self {
            Job::Settle(settlement) => settle::settle(tx, settlement).await.map(Left::Change),
            Job::Poll(poll, entries) => polls::record(tx, poll, entries).await.map(Left::Counts),
        }
    }
}
