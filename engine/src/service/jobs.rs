//! Work of the background: asked for, gathered, scheduled, and done.
//!
//! There is one kind today, the reflection: a run of the insight detectors over one client. Whatever
//! makes one worth while puts it in the queue in the same write set as the change itself, so that
//! neither is ever there without the other. Of one client one reflection waits at most; whoever wants
//! it as well joins it.
//!
//! A job is done at least once. A reflection that runs twice finds the second time what it found the
//! first, and changes nothing.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::id::{ClientId, JobId, TenantId};
use crate::domain::job::{Job, ReflectionOutcome, RetryPolicy, Task};
use crate::store::{Hasten, StoreError, Write, WriteSet};

use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::insights::{InsightRequest, Insights};

/// How many due jobs are looked at for one that nobody else has taken.
const CANDIDATES: u32 = 8;

/// The use cases of jobs.
pub struct Jobs {
    parts: Arc<Parts>,
    insights: Arc<Insights>,
    wake: Notify,
}

impl Jobs {
    pub(super) fn new(parts: Arc<Parts>, insights: Arc<Insights>) -> Self {
        Self {
            parts,
            insights,
            wake: Notify::new(),
        }
    }

    /// Asks for a reflection on a client as soon as may be. The job that waits for it already, if
    /// there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reflect(&self, scope: &Scope, client: &ClientId) -> Result<Job, ServiceError> {
        let store = &self.parts.store;
        let now = self.parts.now();
        let job = reflection(&self.parts, scope, client, now, now);
        let key = job.task.key();
        let joined = scope.db(store.waiting_job(&scope.tenant, &key)).await?;
        let write = Write::EnqueueJob {
            job: job.clone(),
            hasten: None,
        };
        scope.commit(&self.parts, write.into()).await?;
        self.wake.notify_one();
        if let Some(own) = scope.db(store.job(&scope.tenant, &job.id)).await? {
            return Ok(own);
        }
        let other = match joined {
            Some(joined) => scope.db(store.job(&scope.tenant, &joined.id)).await?,
            None => scope.db(store.waiting_job(&scope.tenant, &key)).await?,
        };
        other.ok_or(ServiceError::Contended { what: "job" })
    }

    /// One job.
    ///
    /// # Errors
    /// When the tenant has no such job, or the store fails.
    pub async fn read(&self, scope: &Scope, id: &JobId) -> Result<Job, ServiceError> {
        scope
            .db(self.parts.store.job(&scope.tenant, id))
            .await?
            .ok_or_else(|| ServiceError::not_found("job", id))
    }

    /// Does the job that has been due for longest. Whether there was one.
    ///
    /// # Errors
    /// When the store fails. A job that fails is no error: it is tried again or given up, and says
    /// why.
    pub async fn run_next(&self) -> Result<bool, ServiceError> {
        let Some(job) = self.claim().await? else {
            return Ok(false);
        };
        let scope = Scope {
            tenant: job.tenant.clone(),
            phases: Arc::default(),
        };
        let outcome = self.perform(&scope, &job.task).await;
        let now = self.parts.now();
        let policy = self.policy();
        let ended = match outcome {
            Ok(outcome) => job.done(outcome, now),
            Err(error) => {
                let passes = error.may_pass();
                tracing::warn!(job = %job.id, attempts = job.attempts, %error, "a job failed");
                job.failed(error.to_string(), passes, &policy, now)
            }
        };
        let mut set = WriteSet::from(Write::UpdateJob(ended));
        set.push(self.forget_finished(&scope.tenant, now));
        match scope.commit(&self.parts, set).await {
            // The lease was over and another has it, or the client was erased meanwhile.
            Err(StoreError::Conflict { what } | StoreError::Missing { what }) => {
                tracing::info!(what, "a finished job was not this worker's any more");
                Ok(true)
            }
            outcome => Ok(outcome.map(|()| true)?),
        }
    }

    /// Waits until a job is due, at most `longest`, or until one is asked for.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn wait_for_work(&self, longest: std::time::Duration) -> Result<(), ServiceError> {
        let woken = self.wake.notified();
        let due = self.parts.store.next_job_due().await?;
        let wait = due.map_or(longest, |due| {
            let away = due.duration_since(self.parts.now());
            std::time::Duration::try_from(away)
                .unwrap_or_default()
                .min(longest)
        });
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(wait) => {}
        }
        Ok(())
    }

    async fn claim(&self) -> Result<Option<Job>, ServiceError> {
        let now = self.parts.now();
        let store = &self.parts.store;
        for due in store.due_jobs(now, CANDIDATES).await? {
            let started = due.started(&self.policy(), now);
            match store.commit(Write::UpdateJob(started.clone()).into()).await {
                Ok(()) => return Ok(Some(started)),
                Err(StoreError::Conflict { .. } | StoreError::Missing { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    async fn perform(&self, scope: &Scope, task: &Task) -> Result<ReflectionOutcome, ServiceError> {
        match task {
            Task::Reflect { client } => {
                let request = InsightRequest::of(client.clone());
                let run = self.insights.generate(scope, &request).await?;
                Ok(ReflectionOutcome {
                    sessions: run.sessions,
                    created: run.created,
                    updated: run.updated,
                    retracted: run.retracted,
                })
            }
        }
    }

    fn forget_finished(&self, tenant: &TenantId, now: Timestamp) -> Write {
        let keep = self.parts.worker.keep_finished();
        Write::ForgetFinishedJobs {
            tenant: tenant.clone(),
            before: now.saturating_sub(keep).unwrap_or(Timestamp::MIN),
        }
    }

    fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            attempts: self.parts.worker.attempts,
            first_wait: self.parts.worker.first_retry(),
            longest_wait: self.parts.worker.longest_retry(),
            lease: self.parts.worker.lease(),
        }
    }
}

fn reflection(
    parts: &Parts,
    scope: &Scope,
    client: &ClientId,
    due_at: Timestamp,
    now: Timestamp,
) -> Job {
    let task = Task::Reflect {
        client: client.clone(),
    };
    let id = JobId::new(&parts.ids, &*parts.clock);
    Job::new(id, scope.tenant.clone(), task, due_at, now)
}

/// The write that has a client reflected on soon: what insights rest on has changed. The pause lets
/// further changes join in.
pub(super) fn soon(parts: &Parts, scope: &Scope, client: &ClientId, now: Timestamp) -> Write {
    let due_at = now
        .saturating_add(parts.worker.settle())
        .unwrap_or(Timestamp::MAX);
    Write::EnqueueJob {
        job: reflection(parts, scope, client, due_at, now),
        hasten: None,
    }
}

/// The write that counts what was said: the client is reflected on when enough importance has
/// gathered, and at the latest when the schedule says so.
pub(super) fn gathered(
    parts: &Parts,
    scope: &Scope,
    client: &ClientId,
    importance: f64,
    now: Timestamp,
) -> Write {
    let after = |by| now.saturating_add(by).unwrap_or(Timestamp::MAX);
    let mut job = reflection(parts, scope, client, after(parts.worker.schedule()), now);
    job.weight = importance;
    Write::EnqueueJob {
        job,
        hasten: Some(Hasten {
            weight: parts.worker.reflect_importance,
            due_at: after(parts.worker.settle()),
        }),
    }
}
