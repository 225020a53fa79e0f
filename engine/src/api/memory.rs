//! What is remembered, as it goes over the wire: recalled items with their reasons, knowledge, and
//! the layers of a session.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{ClientId, PersonaId, SessionId};
use crate::domain::memory::{KnowledgeDomain, Recalled, RecalledItem, ScorePart};
use crate::domain::session::Session;
use crate::service::SessionMemory;

use super::Api;
use super::answer::{self, Answer};
use super::extract::{Call, PathId, Submission};
use super::problem::ProblemDocument;

/// Something recalled, with the reason for it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RecalledBody {
    /// `layer` says which of the four; the other fields are what is needed to quote it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    item: RecalledItem,
    /// The score by which items are ordered.
    score: f64,
    /// How the score came about, one entry per source.
    reasons: Vec<ReasonBody>,
}

/// One source's vote.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct ReasonBody {
    /// E.g. `bm25`, `vector`, `recency`, `fusion`.
    source: String,
    /// The source's own score.
    score: f64,
    /// The place in the source's list, from 1, where the source ranks.
    rank: Option<usize>,
}

impl From<Recalled> for RecalledBody {
    fn from(recalled: Recalled) -> Self {
        let reason = |ScorePart {
                          source,
                          score,
                          rank,
                      }| ReasonBody {
            source,
            score,
            rank,
        };
        Self {
            item: recalled.item,
            score: recalled.score,
            reasons: recalled.reasons.into_iter().map(reason).collect(),
        }
    }
}

/// What a persona knows how well.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KnowledgeBody {
    /// The domain, as in the persona's expertise.
    domain: String,
    /// The mean of the Beta distribution, from 0 to 1.
    confidence: f64,
    /// Evidence for, with the prior of one half.
    alpha: f64,
    /// Evidence against, with the prior of one half.
    beta: f64,
    /// How often passages were found for questions in it.
    answered: u64,
    /// How often nothing relevant was found.
    abstained: u64,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<KnowledgeDomain> for KnowledgeBody {
    fn from(domain: KnowledgeDomain) -> Self {
        Self {
            confidence: domain.confidence(),
            domain: domain.domain,
            alpha: domain.alpha,
            beta: domain.beta,
            answered: domain.answered,
            abstained: domain.abstained,
            updated_at: domain.updated_at,
        }
    }
}

/// What the memory layers hold for a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionMemoryBody {
    #[schema(value_type = String)]
    session_id: SessionId,
    #[schema(value_type = String)]
    client_id: ClientId,
    #[schema(value_type = String)]
    persona_id: PersonaId,
    foundation: FoundationBody,
    experience: ExperienceBody,
    metacognition: Vec<KnowledgeBody>,
}

/// The persona's documents.
#[derive(Debug, Serialize, ToSchema)]
struct FoundationBody {
    documents: usize,
}

/// What the persona remembers of the client.
#[derive(Debug, Serialize, ToSchema)]
struct ExperienceBody {
    /// Over all sessions.
    experiences: usize,
    /// From this one.
    from_this_session: usize,
}

impl SessionMemoryBody {
    pub(super) fn new(session: &Session, memory: SessionMemory) -> Self {
        Self {
            session_id: session.id.clone(),
            client_id: session.client.clone(),
            persona_id: session.persona.id.clone(),
            foundation: FoundationBody {
                documents: memory.documents,
            },
            experience: ExperienceBody {
                experiences: memory.experiences,
                from_this_session: memory.experiences_here,
            },
            metacognition: memory.knowledge.into_iter().map(Into::into).collect(),
        }
    }
}

/// What is asked of a memory.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemoryQueryBody {
    /// A question, or words to be reminded by.
    #[schema(example = "What did she say about her sister?")]
    query: String,
    /// At most so many turns; 10 when left out.
    #[serde(default = "ten")]
    k: usize,
}

fn ten() -> usize {
    10
}

/// What was remembered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemoryAnswer {
    /// The relevant turns, best first, each with its message, its speaker and the reasons.
    data: Vec<RecalledBody>,
    /// Whether nothing was relevant.
    abstained: bool,
}

/// What the session's persona remembers of its client, over all their sessions, that is relevant to
/// a query.
#[utoipa::path(
    post, path = "/sessions/{id}/memory/retrieve", tag = "sessions", operation_id = "retrieve_memory",
    params(("id" = String, Path)), request_body = MemoryQueryBody,
    responses(
        (status = 200, body = MemoryAnswer),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn retrieve(
    State(api): State<Arc<Api>>,
    call: Call,
    PathId(id): PathId<SessionId>,
    submission: Submission<MemoryQueryBody>,
) -> Answer {
    let MemoryQueryBody { query, k } = submission.value;
    let recall = &api.services.recall;
    let found = recall.retrieve(&call.scope, &id, &query, k).await?;
    let abstained = found.is_empty();
    let data = found.into_iter().map(Into::into).collect();
    answer::ok(&call.scope.phases, &MemoryAnswer { data, abstained })
}
