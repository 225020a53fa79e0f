//! `/auth`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{ApiKeyId, TenantId};
use crate::domain::tenant::ApiKey;

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, PathId, Submission};
use super::page::PageAnswer;
use super::problem::ProblemDocument;

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeBody {
    #[schema(value_type = String)]
    tenant_id: TenantId,
    tenant_name: String,
    /// The key that was presented, by its public name.
    #[schema(value_type = String)]
    key_id: ApiKeyId,
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyBody {
    #[schema(value_type = String)]
    id: ApiKeyId,
    label: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Since when it opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for KeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            label: key.label,
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKeyBody {
    /// What it is for.
    label: String,
}

/// A new API key with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewKeyAnswer {
    #[serde(flatten)]
    key: KeyBody,
    secret: String,
}

/// Who calls.
#[utoipa::path(
    get, path = "/auth/me", tag = "auth", operation_id = "read_me",
    responses(
        (status = 200, body = MeBody),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn me(State(api): State<Arc<Api>>, call: Call) -> Answer {
    let tenant = api.services.auth.tenant(&call.scope.tenant).await?;
    let body = MeBody {
        tenant_id: tenant.id,
        tenant_name: tenant.name,
        key_id: call.key,
    };
    answer::ok(&call.scope.phases, &body)
}

/// Makes an API key of the tenant.
#[utoipa::path(
    post, path = "/auth/keys", tag = "auth", operation_id = "create_key",
    request_body = NewKeyBody,
    responses((status = 201, body = NewKeyAnswer, headers(("Location" = String))))
)]
pub(super) async fn create_key(
    State(api): State<Arc<Api>>,
    call: Call,
    submission: Submission<NewKeyBody>,
) -> Answer {
    let label = submission.value.label;
    let (key, secret) = api.services.auth.create_key(&call.scope, &label).await?;
    let location = format!("/api/v1/auth/keys/{}", key.id);
    let body = NewKeyAnswer {
        key: key.into(),
        secret: secret.reveal().to_owned(),
    };
    answer::located(
        answer::json(&call.scope.phases, StatusCode::CREATED, &body)?,
        &location,
    )
}

/// The tenant's API keys, revoked ones too.
#[utoipa::path(
    get, path = "/auth/keys", tag = "auth", operation_id = "list_keys",
    responses((status = 200, body = PageAnswer<KeyBody>))
)]
pub(super) async fn keys(State(api): State<Arc<Api>>, call: Call) -> Answer {
    let keys = api.services.auth.keys(&call.scope).await?;
    let data = keys.into_iter().map(KeyBody::from).collect();
    answer::ok(&call.scope.phases, &PageAnswer::whole(data))
}

/// Revokes an API key; from now on it opens nothing.
#[utoipa::path(
    delete, path = "/auth/keys/{id}", tag = "auth", operation_id = "revoke_key",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is revoked."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke_key(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ApiKeyId>,
) -> Answer {
    api.services.auth.revoke_key(&call.scope, &id).await?;
    answer::no_content()
}
