//! `/jobs`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{ClientId, JobId};
use crate::domain::job::{Job, JobState, ReflectionOutcome, Task};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, PathId, Submission};
use super::problem::ProblemDocument;

/// What is to be done in the background.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum JobRequest {
    /// Look for insights about a client and keep what is found.
    Reflect {
        #[schema(value_type = String)]
        client_id: ClientId,
    },
}

/// Work of the background.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobBody {
    #[schema(value_type = String)]
    id: JobId,
    /// `reflect`: look for insights about a client.
    kind: &'static str,
    #[schema(value_type = String)]
    client_id: ClientId,
    state: JobState,
    /// How often it was started.
    attempts: u32,
    /// The importance of what was said while it waits.
    gathered_importance: f64,
    /// Not begun before; none when it is finished.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// When it was finished.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// What it brought.
    outcome: Option<ReflectionOutcome>,
    /// Why the latest attempt failed.
    error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        let finished = job.state.is_final();
        let kind = job.task.kind();
        let Task::Reflect { client } = job.task;
        Self {
            id: job.id,
            kind,
            client_id: client,
            state: job.state,
            attempts: job.attempts,
            gathered_importance: job.weight,
            due_at: (!finished).then_some(job.due_at),
            finished_at: finished.then_some(job.updated_at),
            outcome: job.outcome,
            error: job.error,
            created_at: job.created_at,
        }
    }
}

/// Asks for work in the background; `Location` says where it can be followed. If the same work waits
/// already, the answer is that job: asking twice is asking once.
#[utoipa::path(
    post, path = "/jobs", tag = "jobs", operation_id = "create_job", request_body = JobRequest,
    responses(
        (status = 202, body = JobBody, headers(("Location" = String))),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    call: Call,
    submission: Submission<JobRequest>,
) -> Answer {
    let JobRequest::Reflect { client_id } = submission.value;
    let job = api.services.jobs.reflect(&call.scope, &client_id).await?;
    let location = format!("/api/v1/jobs/{}", job.id);
    let body = JobBody::from(job);
    answer::located(
        answer::json(&call.scope.phases, StatusCode::ACCEPTED, &body)?,
        &location,
    )
}

/// One job. Finished ones can be read for `worker.keep_finished_days`.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs", operation_id = "read_job",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = JobBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<JobId>,
) -> Answer {
    let job = api.services.jobs.read(&call.scope, &id).await?;
    answer::ok(&call.scope.phases, &JobBody::from(job))
}
