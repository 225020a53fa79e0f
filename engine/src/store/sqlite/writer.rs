//! The one connection that writes.
//!
//! SQLite takes one writer at a time and a durable commit costs a sync of the disk, so write sets
//! are not run by those who send them. They go through a queue to one task, which takes what has
//! gathered while the last commit was under way, runs it in one transaction, commits once, and then
//! answers everybody. A set that is refused is undone alone, by its savepoint. A sender that has
//! gone away changes nothing: its set was accepted and is applied.
//!
//! The task drives SQLite's transaction itself and not through the driver's guard, which loses count
//! when SQLite has ended a transaction of its own accord, as it may when the disk is full.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Row, query};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::apply::apply;
use super::error::in_store_terms;
use crate::store::{StoreError, Write, WriteSet};

/// How many sets may wait; further senders wait to send.
pub(super) const QUEUE: usize = 1_024;

/// The most jobs of one transaction: bounds how long the first of them waits for the last.
const MAX_BATCH: usize = 256;

/// How long a checkpoint waits for readers that still use the log. The writer stands meanwhile.
const CHECKPOINT_WAIT_MS: u32 = 50;

/// What the writer is asked to do.
pub(super) enum Request {
    /// Apply a write set.
    Apply {
        /// The set.
        set: WriteSet,
        /// Where the outcome goes.
        done: oneshot::Sender<Result<(), StoreError>>,
    },
    /// Move the log into the file and empty it.
    Checkpoint {
        /// Where the outcome goes: whether the log is empty now.
        done: oneshot::Sender<Result<bool, StoreError>>,
    },
}

/// What the writer has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterCounts {
    /// Write sets that were applied.
    pub sets: u64,
    /// Durable commits that it took: at most one a set, fewer where sets were joined.
    pub commits: u64,
}

/// The live form of [`WriterCounts`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    sets: AtomicU64,
    commits: AtomicU64,
}

impl Counters {
    /// The present counts.
    pub(super) fn read(&self) -> WriterCounts {
        WriterCounts {
            sets: self.sets.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
        }
    }
}

/// The task and what it owns.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) db: SqliteConnection,
    pub(super) jobs: mpsc::Receiver<Request>,
    pub(super) closing: CancellationToken,
    pub(super) counters: Arc<Counters>,
    /// How long to wait for company before a commit.
    pub(super) window: Duration,
    /// How long after an erasure the log, which still holds the erased words, is emptied at the
    /// latest.
    pub(super) scrub_after: Duration,
    pub(super) busy_timeout_ms: u32,
}

/// Why the task woke up.
enum Wake {
    Jobs,
    Scrub,
    Finished,
}

type Waiter = oneshot::Sender<Result<(), StoreError>>;

impl Writer {
    /// Works until the queue is closed and empty; hands the connection back to be closed last.
    pub(super) async fn run(mut self) -> SqliteConnection {
        let mut jobs = Vec::new();
        let mut scrub_due = None;
        loop {
            match self.wake(&mut jobs, scrub_due).await {
                Wake::Finished => return self.db,
                Wake::Scrub => {
                    let emptied = matches!(self.checkpoint().await, Ok(true));
                    scrub_due = (!emptied).then(|| Instant::now() + self.scrub_after);
                }
                Wake::Jobs => {
                    if self.work(&mut jobs).await && scrub_due.is_none() {
                        scrub_due = Some(Instant::now() + self.scrub_after);
                    }
                }
            }
        }
    }

    async fn wake(&mut self, jobs: &mut Vec<Request>, scrub_due: Option<Instant>) -> Wake {
        // Looked at first, so that a steady stream of jobs cannot put it off.
        if scrub_due.is_some_and(|due| due <= Instant::now()) {
            return Wake::Scrub;
        }
        loop {
            let scrub = async {
                match scrub_due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                // What was sent before the queue was closed is still received.
                () = self.closing.cancelled(), if !self.jobs.is_closed() => self.jobs.close(),
                taken = self.jobs.recv_many(jobs, MAX_BATCH) => {
                    if taken == 0 {
                        return Wake::Finished;
                    }
                    self.wait_for_company(jobs).await;
                    return Wake::Jobs;
                }
                () = scrub => return Wake::Scrub,
            }
        }
    }

    async fn wait_for_company(&mut self, jobs: &mut Vec<Request>) {
        if self.window.is_zero() {
            return;
        }
        sleep(self.window).await;
        while jobs.len() < MAX_BATCH {
            match self.jobs.try_recv() {
                Ok(job) => jobs.push(job),
                Err(_) => return,
            }
        }
    }

    /// Does the jobs and answers them. Whether something was erased.
    async fn work(&mut self, jobs: &mut Vec<Request>) -> bool {
        let (mut sets, mut waiters, mut checkpoints) = (Vec::new(), Vec::new(), Vec::new());
        for job in jobs.drain(..) {
            match job {
                Request::Apply { set, done } => {
                    sets.push(set);
                    waiters.push(done);
                }
                Request::Checkpoint { done } => checkpoints.push(done),
            }
        }
        let erased = !sets.is_empty() && self.apply_together(&sets, waiters).await;
        for done in checkpoints {
            let outcome = self.checkpoint().await;
            // Nobody listens any more: then nobody wants to know.
            drop(done.send(outcome));
        }
        erased
    }

    async fn apply_together(&mut self, sets: &[WriteSet], waiters: Vec<Waiter>) -> bool {
        match transact(&mut self.db, sets).await {
            Ok(outcomes) => {
                let applied = || {
                    sets.iter()
                        .zip(&outcomes)
                        .filter(|(_, o)| o.is_ok())
                        .map(|(s, _)| s)
                };
                let count = applied().count();
                if count > 0 {
                    let count = u64::try_from(count).unwrap_or(u64::MAX);
                    self.counters.sets.fetch_add(count, Ordering::Relaxed);
                    self.counters.commits.fetch_add(1, Ordering::Relaxed);
                }
                let erased = applied().flat_map(WriteSet::writes).any(erases);
                for (waiter, outcome) in waiters.into_iter().zip(outcomes) {
                    drop(waiter.send(outcome));
                }
                erased
            }
            Err(error) => {
                // It fails where SQLite has rolled back already, which is as well.
                let _ended = query("ROLLBACK").execute(&mut self.db).await;
                let error = Arc::new(error);
                tracing::error!(
                    path = %self.path.display(), sets = sets.len(), %error,
                    "a group of write sets was not stored"
                );
                for waiter in waiters {
                    drop(waiter.send(Err(in_store_terms(&self.path, &error))));
                }
                false
            }
        }
    }

    /// Moves the log into the file and cuts it to nothing. Whether no reader stood in the way.
    async fn checkpoint(&mut self) -> Result<bool, StoreError> {
        let outcome = checkpoint(&mut self.db, self.busy_timeout_ms).await;
        outcome.map_err(|error| in_store_terms(&self.path, &Arc::new(error)))
    }
}

async fn checkpoint(db: &mut SqliteConnection, busy_timeout_ms: u32) -> Result<bool, sqlx::Error> {
    set_busy_timeout(db, CHECKPOINT_WAIT_MS.min(busy_timeout_ms)).await?;
    let row = query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *db)
        .await;
    set_busy_timeout(db, busy_timeout_ms).await?;
    let busy: i64 = row?.try_get(0)?;
    Ok(busy == 0)
}

async fn set_busy_timeout(db: &mut SqliteConnection, millis: u32) -> Result<(), sqlx::Error> {
    let pragma = sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {millis}"));
    query(pragma).execute(db).await.map(drop)
}

/// Runs every set in one transaction. An error concerns all of them: the caller must roll back.
async fn transact(
    db: &mut SqliteConnection,
    sets: &[WriteSet],
) -> Result<Vec<Result<(), StoreError>>, sqlx::Error> {
    // Takes the write lock at once: a lock taken later could not be waited for.
    query("BEGIN IMMEDIATE").execute(&mut *db).await?;
    let mut outcomes = Vec::with_capacity(sets.len());
    for set in sets {
        query("SAVEPOINT write_set").execute(&mut *db).await?;
        let outcome = match apply(db, set).await {
            Ok(()) => Ok(()),
            Err(failure) => {
                let refusal = failure.blame()?;
                query("ROLLBACK TO write_set").execute(&mut *db).await?;
                Err(refusal)
            }
        };
        query("RELEASE write_set").execute(&mut *db).await?;
        outcomes.push(outcome);
    }
    query("COMMIT").execute(&mut *db).await?;
    Ok(outcomes)
}

/// Whether the write takes away words that may have to be erased.
fn erases(write: &Write) -> bool {
    matches!(
        write,
        Write::DeleteSession { .. }
            | Write::DeleteMessage { .. }
            | Write::UpdateMessage(_)
            | Write::DeleteInsight { .. }
            | Write::DeleteInstrumentEntry { .. }
            | Write::DeleteDocument { .. }
            | Write::DeletePersona(_)
            | Write::DeleteClient { .. }
            | Write::DeleteTenant(_)
            | Write::PutDocument { .. }
    )
}
