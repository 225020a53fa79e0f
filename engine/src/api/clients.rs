//! `/clients`

use std::sync::Arc;

use axum::extract::State;

use crate::domain::id::ClientId;

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, PathId};
use super::problem::ProblemDocument;

/// Removes everything that is kept of a client: sessions, messages, analyses, memories, insights and
/// flags. There is no way back.
#[utoipa::path(
    delete, path = "/clients/{id}", tag = "clients", operation_id = "delete_client",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "Nothing of the client is left."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ClientId>,
) -> Answer {
    api.services.erasure.client(&call.scope, &id).await?;
    answer::no_content()
}
