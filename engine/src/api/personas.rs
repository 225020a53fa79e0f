//! `/personas`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::id::PersonaId;
use crate::domain::persona::{Limits, Persona, Profile, Rules, Style, Traits};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, Params, PathId, Submission};
use super::memory::{KnowledgeBody, RecalledBody};
use super::page::{PageAnswer, PageParams, digest};
use super::problem::{FieldProblem, Problem, ProblemDocument};

/// What makes a persona; the same fields as `persona.toml`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileBody {
    /// The person's name.
    name: String,
    /// The profession.
    role: String,
    /// Version of this description, e.g. `1.0.0`.
    version: String,
    /// One or two sentences for somebody who chooses.
    summary: String,
    /// Knowledge domains, lower case.
    expertise: Vec<String>,
    /// Language tag, e.g. `en`.
    language: String,
    /// `warmth`, `directness`, `formality`, `curiosity`, `structure`, each from 0.0 to 1.0.
    #[schema(value_type = Object)]
    traits: Traits,
    /// Tone and sentence frames.
    #[schema(value_type = Object)]
    style: Style,
    /// `always` and `never`.
    #[schema(value_type = Object)]
    rules: Rules,
    /// `scope`: what the persona is not for.
    #[schema(value_type = Object)]
    limits: Limits,
}

/// A new persona.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPersonaBody {
    /// Its name, unique within the tenant.
    #[schema(value_type = String)]
    id: PersonaId,
    /// What makes it.
    profile: ProfileBody,
}

impl From<ProfileBody> for Profile {
    fn from(body: ProfileBody) -> Self {
        Self {
            name: body.name,
            role: body.role,
            version: body.version,
            summary: body.summary,
            expertise: body.expertise,
            language: body.language,
            traits: body.traits,
            style: body.style,
            rules: body.rules,
            limits: body.limits,
        }
    }
}

/// A persona.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonaBody {
    #[schema(value_type = String)]
    id: PersonaId,
    /// Whether it ships with the program; such a persona is not changed.
    shipped: bool,
    #[schema(value_type = Object)]
    profile: Profile,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Persona> for PersonaBody {
    fn from(persona: Persona) -> Self {
        Self {
            shipped: persona.is_shipped(),
            id: persona.key.id,
            profile: persona.profile,
            created_at: persona.created_at,
            updated_at: persona.updated_at,
        }
    }
}

/// What is wrong with a profile, if anything is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ValidationBody {
    valid: bool,
    errors: Vec<FieldProblem>,
}

/// What is looked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetrieveBody {
    query: String,
    /// At most so many passages; 5 when left out.
    #[serde(default = "five")]
    k: usize,
}

fn five() -> usize {
    5
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RetrieveAnswer {
    /// The relevant passages, best first.
    data: Vec<RecalledBody>,
    /// Whether nothing was relevant.
    abstained: bool,
}

/// The tenant's personas and those that ship with the program.
#[utoipa::path(
    get, path = "/personas", tag = "personas", operation_id = "list_personas", params(PageParams),
    responses((status = 200, body = PageAnswer<PersonaBody>))
)]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    call: Call,
    Params(params): Params<PageParams>,
) -> Answer {
    let filter = digest("personas", &());
    let page = api
        .services
        .personas
        .list(&call.scope, &params.request(filter)?)
        .await?;
    answer::ok(
        &call.scope.phases,
        &PageAnswer::new(page, filter, PersonaBody::from),
    )
}

/// Makes a persona of the tenant.
#[utoipa::path(
    post, path = "/personas", tag = "personas", operation_id = "create_persona",
    request_body = NewPersonaBody,
    responses(
        (status = 201, body = PersonaBody, headers(("Location" = String))),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    call: Call,
    submission: Submission<NewPersonaBody>,
) -> Answer {
    let NewPersonaBody { id, profile } = submission.value;
    let persona = api
        .services
        .personas
        .create(&call.scope, id, profile.into())
        .await
        .map_err(|error| Problem::from(error).below("/profile"))?;
    let location = format!("/api/v1/personas/{}", persona.key.id);
    let body = PersonaBody::from(persona);
    answer::located(
        answer::json(&call.scope.phases, StatusCode::CREATED, &body)?,
        &location,
    )
}

/// One persona.
#[utoipa::path(
    get, path = "/personas/{id}", tag = "personas", operation_id = "read_persona",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = PersonaBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<PersonaId>,
) -> Answer {
    let persona = api.services.personas.read(&call.scope, &id).await?;
    answer::ok(&call.scope.phases, &PersonaBody::from(persona))
}

/// Changes a persona of the tenant: a merge patch (RFC 7396) of its profile.
#[utoipa::path(
    patch, path = "/personas/{id}", tag = "personas", operation_id = "change_persona",
    params(("id" = String, Path)), request_body = Object,
    responses(
        (status = 200, body = PersonaBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<PersonaId>,
    submission: Submission<Value>,
) -> Answer {
    let personas = &api.services.personas;
    let present = personas.read(&call.scope, &id).await?;
    let mut merged = serde_json::to_value(&present.profile)
        .map_err(|error| Problem::internal(format!("a stored profile: {error}")))?;
    merge(&mut merged, submission.value);
    let body: ProfileBody = serde_path_to_error::deserialize(merged).map_err(|error| {
        let pointer = format!("/{}", error.path().to_string().replace('.', "/"));
        Problem::invalid(vec![FieldProblem {
            pointer,
            detail: error.inner().to_string(),
        }])
    })?;
    let persona = personas.replace(&call.scope, &id, body.into()).await?;
    answer::ok(&call.scope.phases, &PersonaBody::from(persona))
}

/// A merge patch as RFC 7396 defines it.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Removes a persona of the tenant with its documents.
#[utoipa::path(
    delete, path = "/personas/{id}", tag = "personas", operation_id = "delete_persona",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<PersonaId>,
) -> Answer {
    api.services.personas.delete(&call.scope, &id).await?;
    answer::no_content()
}

/// Says what is wrong with a profile, and stores nothing.
#[utoipa::path(
    post, path = "/personas/validate", tag = "personas", operation_id = "validate_persona",
    request_body = ProfileBody,
    responses(
        (status = 200, body = ValidationBody),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn validate(
    State(api): State<Arc<Api>>,
    call: Call,
    submission: Submission<ProfileBody>,
) -> Answer {
    let faults = api.services.personas.validate(&submission.value.into());
    let errors: Vec<FieldProblem> = faults.into_iter().map(Into::into).collect();
    answer::ok(
        &call.scope.phases,
        &ValidationBody {
            valid: errors.is_empty(),
            errors,
        },
    )
}

/// The passages of a persona's documents that are relevant to a query, with the reasons.
#[utoipa::path(
    post, path = "/personas/{id}/retrieve", tag = "personas", operation_id = "retrieve",
    params(("id" = String, Path)), request_body = RetrieveBody,
    responses(
        (status = 200, body = RetrieveAnswer),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn retrieve(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<PersonaId>,
    submission: Submission<RetrieveBody>,
) -> Answer {
    let RetrieveBody { query, k } = submission.value;
    let found = api
        .services
        .personas
        .retrieve(&call.scope, &id, &query, k)
        .await?;
    let abstained = found.is_empty();
    let data = found.into_iter().map(Into::into).collect();
    answer::ok(&call.scope.phases, &RetrieveAnswer { data, abstained })
}

/// What a persona knows how well, as the tenant's use of it has shown.
#[utoipa::path(
    get, path = "/personas/{id}/knowledge", tag = "personas", operation_id = "read_knowledge",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = PageAnswer<KnowledgeBody>),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn knowledge(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<PersonaId>,
) -> Answer {
    let domains = api.services.personas.knowledge(&call.scope, &id).await?;
    let data = domains.into_iter().map(KnowledgeBody::from).collect();
    answer::ok(&call.scope.phases, &PageAnswer::whole(data))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn merges_as_the_rfc_says() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "d": [1, 2]});
        super::merge(&mut target, json!({"a": {"b": null, "e": 3}, "d": [4]}));
        assert_eq!(target, json!({"a": {"c": 2, "e": 3}, "d": [4]}));
    }
}
