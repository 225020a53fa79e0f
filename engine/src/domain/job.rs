//! Work that is done in the background: small values that survive a restart.
//!
//! A job says what is to be done, never with what: it is read anew when it runs, so running it twice
//! does no harm.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{ClientId, JobId, TenantId};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Look for insights about a client and keep what is found.
    Reflect {
        /// About whom.
        client: ClientId,
    },
}

impl Task {
    /// The name of the kind, as in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Reflect { .. } => "reflect",
        }
    }

    /// About whom.
    #[must_use]
    pub fn client(&self) -> &ClientId {
        match self {
            Self::Reflect { client } => client,
        }
    }

    /// Jobs of the same key do the same work: one that waits serves all who want it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.kind(), self.client())
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits until it is due.
    Queued,
    /// Somebody does it.
    Running,
    /// Done.
    Done,
    /// Given up; the error says why.
    Failed,
}

impl JobState {
    /// The name used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing further happens to the job.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// What a reflection brought, in counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ReflectionOutcome {
    /// Sessions that were looked at.
    pub sessions: usize,
    /// Insights drawn for the first time.
    pub created: usize,
    /// Insights that were known already and have other evidence or figures now.
    pub updated: usize,
    /// Drafts that the present data does not support any more.
    pub retracted: usize,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// On whose behalf.
    pub tenant: TenantId,
    /// What is to be done.
    pub task: Task,
    /// Where it stands.
    pub state: JobState,
    /// How often it was started.
    pub attempts: u32,
    /// What has gathered while it waits: the importance of what was said.
    pub weight: f64,
    /// Not before; while it runs, the end of the lease after which it counts as abandoned.
    pub due_at: Timestamp,
    /// What it brought.
    pub outcome: Option<ReflectionOutcome>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// Counts changes, so that of two workers one gets it.
    pub revision: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// How often and how patiently a job is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts, the first counted in.
    pub attempts: u32,
    /// The wait after the first failure; it doubles with each further one.
    pub first_wait: SignedDuration,
    /// The longest wait.
    pub longest_wait: SignedDuration,
    /// How long an attempt may take before the job counts as abandoned.
    pub lease: SignedDuration,
}

impl RetryPolicy {
    /// How long to wait after `attempts` failures.
    #[must_use]
    pub fn wait_after(&self, attempts: u32) -> SignedDuration {
        let doubled = 1i32
            .checked_shl(attempts.saturating_sub(1))
            .filter(|factor| *factor > 0)
            .unwrap_or(i32::MAX);
        self.first_wait
            .checked_mul(doubled)
            .unwrap_or(self.longest_wait)
            .min(self.longest_wait)
    }
}

impl Job {
    /// A job that waits until `due_at`.
    #[must_use]
    pub fn new(id: JobId, tenant: TenantId, task: Task, due_at: Timestamp, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            task,
            state: JobState::Queued,
            attempts: 0,
            weight: 0.0,
            due_at,
            outcome: None,
            error: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The same job, started.
    #[must_use]
    pub fn started(self, policy: &RetryPolicy, now: Timestamp) -> Self {
        Self {
            state: JobState::Running,
            attempts: self.attempts + 1,
            due_at: now.saturating_add(policy.lease).unwrap_or(Timestamp::MAX),
            revision: self.revision + 1,
            updated_at: now,
            ..self
        }
    }

    /// The same job, done.
    #[must_use]
    pub fn done(self, outcome: ReflectionOutcome, now: Timestamp) -> Self {
        Self {
            state: JobState::Done,
            outcome: Some(outcome),
            error: None,
            revision: self.revision + 1,
            updated_at: now,
            ..self
        }
    }

    /// The same job after a failed attempt: tried again later where that can help and attempts are
    /// left, otherwise given up.
    #[must_use]
    pub fn failed(
        self,
        error: String,
        may_pass: bool,
        policy: &RetryPolicy,
        now: Timestamp,
    ) -> Self {
        let again = may_pass && self.attempts < policy.attempts;
        let wait = policy.wait_after(self.attempts);
        Self {
            state: if again {
                JobState::Queued
            } else {
                JobState::Failed
            },
            due_at: now.saturating_add(wait).unwrap_or(Timestamp::MAX),
            error: Some(error),
            revision: self.revision + 1,
            updated_at: now,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 3,
        first_wait: SignedDuration::from_secs(2),
        longest_wait: SignedDuration::from_secs(60),
        lease: SignedDuration::from_secs(30),
    };

    fn job() -> Job {
        let task = Task::Reflect {
            client: "anna".parse().unwrap(),
        };
        let at = Timestamp::from_second(1_000).unwrap();
        Job::new(
            JobId::derived(b"job"),
            "acme".parse().unwrap(),
            task,
            at,
            at,
        )
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<i64> = [1, 2, 3, 6, 40, 400]
            .map(|attempts| POLICY.wait_after(attempts).as_secs())
            .to_vec();
        assert_eq!(waits, [2, 4, 8, 60, 60, 60]);
    }

    #[test]
    fn a_job_is_tried_again_until_its_attempts_are_used_up() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut job = job();
        for attempt in 1..=3 {
            job = job.started(&POLICY, at(2_000));
            assert_eq!((job.attempts, job.due_at), (attempt, at(2_030)));
            job = job.failed("the disk is full".to_owned(), true, &POLICY, at(3_000));
        }
        assert_eq!(job.state, JobState::Failed);
        assert_eq!(job.error.as_deref(), Some("the disk is full"));
    }

    #[test]
    fn what_cannot_pass_is_given_up_at_once_and_success_clears_the_error() {
        let now = Timestamp::from_second(2_000).unwrap();
        let failed = job()
            .started(&POLICY, now)
            .failed("no".to_owned(), false, &POLICY, now);
        assert_eq!(failed.state, JobState::Failed);
        let again = job()
            .started(&POLICY, now)
            .failed("no".to_owned(), true, &POLICY, now);
        assert_eq!(again.state, JobState::Queued);
        let done = again
            .started(&POLICY, now)
            .done(ReflectionOutcome::default(), now);
        assert_eq!((done.state, done.error), (JobState::Done, None));
    }
}
