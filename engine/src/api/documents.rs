//! `/personas/{id}/documents`

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::document::{DocumentFormat, DocumentHead, Finding, Quarantine};
use crate::domain::id::{DocumentId, PersonaId};
use crate::domain::persona::Document;
use crate::service::{IntakeReport, Source};

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, PathId, Submission};
use super::page::PageAnswer;
use super::problem::{FieldProblem, Problem, ProblemDocument};

/// A document for a persona's foundation, as JSON. The file itself may be sent instead, with its media
/// type and its name in the query.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDocumentBody {
    /// The file's name, e.g. `grief.md`; a document of the same name is replaced.
    name: String,
    /// The text, of Markdown, plain text or HTML.
    content: Option<String>,
    /// The file in base64, of PDF or any other.
    content_base64: Option<String>,
    /// `markdown`, `text`, `html` or `pdf`; when left out, the name's ending tells.
    #[schema(value_type = Option<String>)]
    format: Option<DocumentFormat>,
}

/// What the file is, when it is sent as it is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadParams {
    /// The file's name, e.g. `grief.pdf`; only when the body is the file itself.
    name: Option<String>,
}

/// The words that a document was withheld for.
#[derive(Debug, Serialize, ToSchema)]
struct FindingBody {
    /// `override`, `assistant_address`, `disclosure`, `concealment`, `role_marker` or
    /// `hidden_characters`.
    rule: String,
    detail: String,
    /// The words, with invisible characters written as `\u{…}`.
    quote: String,
    /// First byte in the document's text; null for what is hidden beside it.
    byte_start: Option<usize>,
    /// First byte after it.
    byte_end: Option<usize>,
}

/// How a person let it through.
#[derive(Debug, Serialize, ToSchema)]
struct ReleaseBody {
    reason: String,
    released_by: String,
    #[schema(value_type = String, format = DateTime)]
    released_at: Timestamp,
}

/// Why a document is or was withheld from every search.
#[derive(Debug, Serialize, ToSchema)]
struct QuarantineBody {
    findings: Vec<FindingBody>,
    release: Option<ReleaseBody>,
}

impl From<Quarantine> for QuarantineBody {
    fn from(quarantine: Quarantine) -> Self {
        let finding = |finding: Finding| FindingBody {
            rule: finding.rule,
            detail: finding.detail,
            quote: finding.quote,
            byte_start: finding.byte_start,
            byte_end: finding.byte_end,
        };
        Self {
            findings: quarantine.findings.into_iter().map(finding).collect(),
            release: quarantine.release.map(|release| ReleaseBody {
                reason: release.reason,
                released_by: release.released_by,
                released_at: release.released_at,
            }),
        }
    }
}

/// A document of a persona's foundation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DocumentBody {
    #[schema(value_type = String)]
    id: DocumentId,
    name: String,
    title: String,
    /// `markdown`, `text`, `html` or `pdf`.
    #[schema(value_type = String)]
    format: DocumentFormat,
    /// Of its text.
    bytes: usize,
    /// Whether its passages may be found; false while it is quarantined.
    searchable: bool,
    /// Why it is or was withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<QuarantineBody>,
    /// The text; only in the answer for one document.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<DocumentHead> for DocumentBody {
    fn from(head: DocumentHead) -> Self {
        Self {
            searchable: head.is_searchable(),
            id: head.id,
            name: head.name,
            title: head.title,
            format: head.format,
            bytes: head.bytes,
            quarantine: head.quarantine.map(Into::into),
            content: None,
            created_at: head.created_at,
        }
    }
}

impl From<Document> for DocumentBody {
    fn from(document: Document) -> Self {
        Self {
            searchable: document.is_searchable(),
            id: document.id,
            name: document.name,
            title: document.title,
            format: document.format,
            bytes: document.content.len(),
            quarantine: document.quarantine.map(Into::into),
            content: Some(document.content),
            created_at: document.created_at,
        }
    }
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IntakeBody {
    /// The document that has the text.
    #[serde(flatten)]
    document: DocumentBody,
    /// `added`, `replaced`, `unchanged` (it was this very file already) or `duplicate` (the persona
    /// has the text under another name; nothing was stored).
    outcome: &'static str,
    /// How many passages it was cut into; 0 when nothing was stored.
    passages: usize,
    /// Of these, how many it had before, and how many are new.
    kept: usize,
    added: usize,
    /// Passages of the replaced document that went.
    removed: usize,
    /// Passages left out because the document says the same elsewhere.
    repeated: usize,
}

impl From<IntakeReport> for IntakeBody {
    fn from(report: IntakeReport) -> Self {
        Self {
            document: report.document.into(),
            outcome: report.intake.as_str(),
            passages: report.kept + report.added,
            kept: report.kept,
            added: report.added,
            removed: report.removed,
            repeated: report.repeated,
        }
    }
}

/// How a document is let through.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReleaseBody {
    /// Why it is harmless.
    reason: String,
    /// Which person decided.
    released_by: String,
}

/// A file, in either of the two ways in which it may be sent.
pub(super) struct Upload(Source);

impl FromRequest<Arc<Api>> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        let media_type = request.headers().get(CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok());
        let Some(format) = media_type.and_then(DocumentFormat::of_media_type) else {
            // What is neither JSON nor one of the formats is refused there.
            let submission = Submission::<NewDocumentBody>::from_request(request, api).await?;
            return source(submission.value).map(Self);
        };
        let Query(UploadParams { name }) = Query::try_from_uri(request.uri())
            .map_err(|error| Problem::malformed(error.body_text()))?;
        let name = name.ok_or_else(|| {
            Problem::malformed("say the file's name in the query: `?name=grief.pdf`")
        })?;
        let bytes = Bytes::from_request(request, api)
            .await
            .map_err(|error| Problem::of_status(error.status()))?;
        Ok(Self(Source {
            name,
            format: Some(format),
            bytes: bytes.into(),
        }))
    }
}

fn source(body: NewDocumentBody) -> Result<Source, Problem> {
    let invalid = |pointer: &str, detail: &str| {
        Problem::invalid(vec![FieldProblem {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        }])
    };
    let bytes = match (body.content, body.content_base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => STANDARD
            .decode(text.trim())
            .map_err(|error| invalid("/content_base64", &format!("is not base64: {error}")))?,
        _ => {
            let detail =
                "give the text in `content`, or the file in `content_base64`, and only one of them";
            return Err(invalid("/content", detail));
        }
    };
    // A text without an ending to its name was Markdown before other formats were taken.
    let named = DocumentFormat::of_name(&body.name);
    let plain = !body.name.contains('.') && !bytes.starts_with(b"%PDF-");
    let format = body
        .format
        .or(named)
        .or(plain.then_some(DocumentFormat::Markdown));
    Ok(Source {
        name: body.name,
        format,
        bytes,
    })
}

/// Takes a document into the foundation of a persona of the tenant: as JSON, or the file itself as
/// `text/markdown`, `text/plain`, `text/html` or `application/pdf` with its name in the query. A
/// document that speaks to a machine is stored and quarantined: nothing finds it until it is released.
#[utoipa::path(
    post, path = "/personas/{id}/documents", tag = "personas", operation_id = "add_document",
    params(("id" = String, Path), UploadParams),
    request_body(content(
        (NewDocumentBody = "application/json"),
        (String = "text/markdown"),
        (String = "text/plain"),
        (String = "text/html"),
        (Vec<u8> = "application/pdf"),
    )),
    responses(
        (status = 201, body = IntakeBody, headers(("Location" = String))),
        (status = 200, body = IntakeBody, description = "The persona has this text already."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn add(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<PersonaId>,
    Upload(source): Upload,
) -> Answer {
    let report = api.services.documents.add(&call.scope, &id, source).await?;
    let location = format!("/api/v1/personas/{id}/documents/{}", report.document.id);
    let stored = report.is_stored();
    let body = IntakeBody::from(report);
    if stored {
        let answer = answer::json(&call.scope.phases, StatusCode::CREATED, &body)?;
        return answer::located(answer, &location);
    }
    answer::ok(&call.scope.phases, &body)
}

/// The documents of a persona's foundation, quarantined ones with their findings.
#[utoipa::path(
    get, path = "/personas/{id}/documents", tag = "personas", operation_id = "list_documents",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = PageAnswer<DocumentBody>),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<PersonaId>,
) -> Answer {
    let documents = api.services.documents.list(&call.scope, &id).await?;
    let data = documents.into_iter().map(DocumentBody::from).collect();
    answer::ok(&call.scope.phases, &PageAnswer::whole(data))
}

/// The two ids of a document's address.
fn ids((persona, document): (String, String)) -> Result<(PersonaId, DocumentId), Problem> {
    let persona = persona.parse();
    let document = document.parse();
    match (persona, document) {
        (Ok(persona), Ok(document)) => Ok((persona, document)),
        (Err(error), _) | (_, Err(error)) => Err(Problem::not_found(error.to_string())),
    }
}

/// One document with its text.
#[utoipa::path(
    get, path = "/personas/{id}/documents/{document_id}", tag = "personas",
    operation_id = "read_document",
    params(("id" = String, Path), ("document_id" = String, Path)),
    responses(
        (status = 200, body = DocumentBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    call: Call,
    Path(path): Path<(String, String)>,
) -> Answer {
    let (persona, id) = ids(path)?;
    let documents = &api.services.documents;
    let document = documents.read(&call.scope, &persona, &id).await?;
    answer::ok(&call.scope.phases, &DocumentBody::from(document))
}

/// Removes a document of a persona of the tenant, from the store and from every index.
#[utoipa::path(
    delete, path = "/personas/{id}/documents/{document_id}", tag = "personas",
    operation_id = "delete_document",
    params(("id" = String, Path), ("document_id" = String, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    call: Call,
    Path(path): Path<(String, String)>,
) -> Answer {
    let (persona, id) = ids(path)?;
    let documents = &api.services.documents;
    documents.delete(&call.scope, &persona, &id).await?;
    answer::no_content()
}

/// Lets a quarantined document through. Only a person does this, and says why.
#[utoipa::path(
    post, path = "/personas/{id}/documents/{document_id}/release", tag = "personas",
    operation_id = "release_document",
    params(("id" = String, Path), ("document_id" = String, Path)), request_body = NewReleaseBody,
    responses(
        (status = 200, body = DocumentBody),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn release(
    State(api): State<Arc<Api>>,
    call: Call,
    Path(path): Path<(String, String)>,
    submission: Submission<NewReleaseBody>,
) -> Answer {
    let (persona, id) = ids(path)?;
    let NewReleaseBody {
        reason,
        released_by,
    } = submission.value;
    let documents = &api.services.documents;
    let document = documents
        .release(&call.scope, &persona, &id, &reason, &released_by)
        .await?;
    answer::ok(&call.scope.phases, &DocumentBody::from(document))
}
