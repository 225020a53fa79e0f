//! `/analysis/progress`, `/analysis/patterns`: a client over the sessions, and the instruments that
//! are entered for it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{ClientId, IdError, InstrumentEntryId};
use crate::domain::instrument::{Instrument, InstrumentEntry};
use crate::domain::progress::{ClientPatterns, ClientProgress};
use crate::service::NewInstrumentEntry;

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, PathId, Submission};
use super::page::PageAnswer;
use super::problem::{Problem, ProblemDocument};

/// A filled-in instrument. Item texts are never sent: only the answers as numbers, in order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryRequest {
    instrument: Instrument,
    /// All answers: nine (phq9) or seven (gad7) whole numbers from 0 to 3, four numbers from 0 to 10
    /// (ors, srs). Without them send `total`.
    items: Option<Vec<f64>>,
    /// The sum of the answers, where they are not known.
    total: Option<f64>,
    /// When it was filled in; now when left out. The same instrument of the same instant is the same
    /// entry.
    #[schema(value_type = Option<String>, format = DateTime)]
    taken_at: Option<Timestamp>,
}

/// A filled-in instrument with its score.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryBody {
    #[schema(value_type = String)]
    id: InstrumentEntryId,
    #[schema(value_type = String)]
    client_id: ClientId,
    instrument: Instrument,
    items: Option<Vec<f64>>,
    total: f64,
    /// The highest possible total.
    max_total: f64,
    /// The band that the total falls in, by the published cut points; no diagnosis.
    band: &'static str,
    /// `phq9_item_9` when a person must look at the answer to item 9, whatever the total is.
    attention: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    taken_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<InstrumentEntry> for EntryBody {
    fn from(entry: InstrumentEntry) -> Self {
        Self {
            attention: entry.attention(),
            band: entry.instrument.band(entry.total),
            max_total: entry.instrument.max_total(),
            id: entry.id,
            client_id: entry.client,
            instrument: entry.instrument,
            items: entry.items,
            total: entry.total,
            taken_at: entry.taken_at,
            created_at: entry.created_at,
        }
    }
}

/// What a client's sessions and instruments show over time. A trend needs four observations; with
/// fewer the answer says how many there are.
#[utoipa::path(
    get, path = "/analysis/progress/client/{id}", tag = "analysis", operation_id = "read_progress",
    params(("id" = String, Path)),
    responses((status = 200, body = ClientProgress))
)]
pub(super) async fn progress(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ClientId>,
) -> Answer {
    let progress = api.services.progress.read(&call.scope, &id).await?;
    answer::ok(&call.scope.phases, &progress)
}

/// What recurs over a client's sessions: topics with their counts, and what the tests support at
/// the present data.
#[utoipa::path(
    get, path = "/analysis/patterns/client/{id}", tag = "analysis", operation_id = "read_patterns",
    params(("id" = String, Path)),
    responses((status = 200, body = ClientPatterns))
)]
pub(super) async fn patterns(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ClientId>,
) -> Answer {
    let patterns = api.services.progress.patterns(&call.scope, &id).await?;
    answer::ok(&call.scope.phases, &patterns)
}

/// Enters a filled-in instrument.
#[utoipa::path(
    post, path = "/analysis/progress/client/{id}/instruments", tag = "analysis",
    operation_id = "enter_instrument", params(("id" = String, Path)), request_body = EntryRequest,
    responses(
        (status = 201, body = EntryBody, headers(("Location" = String))),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn enter(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ClientId>,
    submission: Submission<EntryRequest>,
) -> Answer {
    let request = submission.value;
    let new = NewInstrumentEntry {
        client: id.clone(),
        instrument: request.instrument,
        items: request.items,
        total: request.total,
        taken_at: request.taken_at,
    };
    let entry = api.services.progress.enter(&call.scope, new).await?;
    let location = format!(
        "/api/v1/analysis/progress/client/{id}/instruments/{}",
        entry.id
    );
    let body = EntryBody::from(entry);
    answer::located(
        answer::json(&call.scope.phases, StatusCode::CREATED, &body)?,
        &location,
    )
}

/// The latest filled-in instruments of a client, oldest first.
#[utoipa::path(
    get, path = "/analysis/progress/client/{id}/instruments", tag = "analysis",
    operation_id = "list_instruments", params(("id" = String, Path)),
    responses((status = 200, body = PageAnswer<EntryBody>))
)]
pub(super) async fn entries(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<ClientId>,
) -> Answer {
    let entries = api.services.progress.entries(&call.scope, &id).await?;
    let data = entries.into_iter().map(EntryBody::from).collect();
    answer::ok(&call.scope.phases, &PageAnswer::whole(data))
}

/// Removes a filled-in instrument.
#[utoipa::path(
    delete, path = "/analysis/progress/client/{id}/instruments/{entry_id}", tag = "analysis",
    operation_id = "delete_instrument", params(("id" = String, Path), ("entry_id" = String, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    call: Call,
    Path((client, entry)): Path<(String, String)>,
) -> Answer {
    let absent = |error: IdError| Problem::not_found(error.to_string());
    let client: ClientId = client.parse().map_err(absent)?;
    let entry: InstrumentEntryId = entry.parse().map_err(absent)?;
    let progress = &api.services.progress;
    progress.delete(&call.scope, &client, &entry).await?;
    answer::no_content()
}
