//! Changes as data.

use jiff::Timestamp;

use crate::domain::document::Release;
use crate::domain::id::{
    ApiKeyId, ClientId, DocumentId, InsightId, InstrumentEntryId, MessageId, RiskFlagId, SessionId,
    TenantId,
};
use crate::domain::insight::{Evidence, Insight};
use crate::domain::instrument::InstrumentEntry;
use crate::domain::job::Job;
use crate::domain::memory::{Experience, KnowledgeDomain, KnowledgeGain};
use crate::domain::message::Message;
use crate::domain::persona::{Chunk, Document, Persona, PersonaKey};
use crate::domain::risk::{RiskFlag, RiskResolution};
use crate::domain::session::Session;
use crate::domain::tenant::{ApiKey, Tenant};

/// The folded analysis of one session as it is stored: bytes that only `analysis` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldRecord {
    /// Whose it is.
    pub tenant: TenantId,
    /// About whom.
    pub client: ClientId,
    /// Which session.
    pub session: SessionId,
    /// The version of the algorithm that folded it.
    pub version: u32,
    /// How many messages are folded in.
    pub seq: u32,
    /// The session's count of edits and removals that are folded in.
    pub edits: u32,
    /// The state, at most 32 KiB.
    pub state: Vec<u8>,
}

/// What the analysis took from one message: bytes that only `analysis` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaRecord {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which session.
    pub session: SessionId,
    /// The message's place in it.
    pub seq: u32,
    /// The version of the algorithm that took it.
    pub version: u32,
    /// What was taken.
    pub delta: Vec<u8>,
}

/// An answer kept so that a repeated request gets the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The session whose words the answer repeats, if any: the answer is erased with it.
    pub session: Option<SessionId>,
    /// Digest of method, path and body of the request.
    pub request: [u8; 32],
    /// The status.
    pub status: u16,
    /// The `Location` header, if there was one.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// When it was kept.
    pub created_at: Timestamp,
}

/// A waiting job is due by `due_at` once its weight has reached `weight`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hasten {
    /// How much must have gathered.
    pub weight: f64,
    /// When it is due then.
    pub due_at: Timestamp,
}

/// What reviewers made of one detector's insights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCount {
    /// The detector.
    pub detector: String,
    /// Insights accepted.
    pub accepted: u32,
    /// Insights rejected.
    pub rejected: u32,
}

/// One change. Inserts of an id that exists are a conflict unless the variant says "put"; updates,
/// removals and inserts below something that is not there find it [missing](super::StoreError::Missing).
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "sets are short and live for one commit; a box would cost each caller more"
)]
pub enum Write {
    /// Makes the tenant unless it exists.
    PutTenant(Tenant),
    /// A new API key.
    InsertApiKey(ApiKey),
    /// Revokes an API key; one that is revoked already keeps its first time.
    RevokeApiKey {
        /// Whose.
        tenant: TenantId,
        /// Which.
        id: ApiKeyId,
        /// Since when it opens nothing.
        at: Timestamp,
    },
    /// Inserts or replaces a persona (not its documents).
    PutPersona(Persona),
    /// Removes a persona with its documents and chunks.
    DeletePersona(PersonaKey),
    /// A document with its chunks; replaces the document of the same persona and name, if any.
    PutDocument {
        /// The document.
        document: Document,
        /// Its chunks in order.
        chunks: Vec<Chunk>,
    },
    /// Lets a quarantined document through; a conflict unless it is quarantined and not released.
    ReleaseDocument {
        /// Of this persona.
        persona: PersonaKey,
        /// The document.
        id: DocumentId,
        /// By whom and why.
        release: Release,
    },
    /// Removes one document with its chunks.
    DeleteDocument {
        /// Of this persona.
        persona: PersonaKey,
        /// The document.
        id: DocumentId,
    },
    /// A new session.
    InsertSession(Session),
    /// Replaces a session; a conflict unless the stored revision is `session.revision - 1` and client
    /// and persona are the stored ones.
    UpdateSession(Session),
    /// Removes a session with its messages, fold, experiences, flags, and the insights that rest on
    /// none of the client's other words. Other insights that quote the session lose that evidence and
    /// are retracted: their statement may repeat erased words, so it is replaced.
    DeleteSession {
        /// Whose.
        tenant: TenantId,
        /// Which.
        id: SessionId,
    },
    /// Removes everything of a client: the sessions with all that rests on them, and every insight
    /// about the client.
    DeleteClient {
        /// Whose client.
        tenant: TenantId,
        /// Which.
        client: ClientId,
    },
    /// Removes a tenant with everything that it owns. Refused as a conflict for the owner of the
    /// shipped personas.
    DeleteTenant(TenantId),
    /// A new message; a conflict if its sequence number in the session is taken.
    InsertMessage(Message),
    /// Replaces the words, the reply's note and the metadata of a message; place, role and time stay.
    /// With other words, what rested on the former goes: the delta, the experience, kept answers that
    /// repeat the message, and evidence that quotes it; an insight that loses evidence is retracted,
    /// one that is left without goes. Risk flags stay: they are the record of what was said.
    UpdateMessage(Message),
    /// Removes a message with all that rests on it, as [`UpdateMessage`](Self::UpdateMessage) says;
    /// its place stays empty.
    DeleteMessage {
        /// Whose.
        tenant: TenantId,
        /// In which session.
        session: SessionId,
        /// Which.
        id: MessageId,
    },
    /// Inserts or replaces what the analysis took from a message.
    PutDelta(DeltaRecord),
    /// Inserts or replaces the folded analysis of a session.
    PutFold(FoldRecord),
    /// A new experience.
    InsertExperience(Experience),
    /// Writes nothing; a conflict unless each quotation of a message stands there as it says. Put
    /// before what rests on it.
    RequireQuoted {
        /// Whose messages.
        tenant: TenantId,
        /// The quotations; those of documents are not looked at.
        evidence: Vec<Evidence>,
    },
    /// Inserts or replaces an insight; every session that its evidence quotes must exist and be the
    /// same client's.
    PutInsight(Insight),
    /// Removes an insight.
    DeleteInsight {
        /// Whose.
        tenant: TenantId,
        /// Which.
        id: InsightId,
    },
    /// A new filled-in instrument.
    InsertInstrumentEntry(InstrumentEntry),
    /// Removes a filled-in instrument.
    DeleteInstrumentEntry {
        /// Whose.
        tenant: TenantId,
        /// Of which client.
        client: ClientId,
        /// Which.
        id: InstrumentEntryId,
    },
    /// Puts a job in the queue. If one for the same work waits already, that one takes the weight
    /// and the earlier time instead.
    EnqueueJob {
        /// The job.
        job: Job,
        /// When it is due earlier because enough has gathered.
        hasten: Option<Hasten>,
    },
    /// Replaces a job that is started or was; a conflict unless the stored revision is
    /// `job.revision - 1`.
    UpdateJob(Job),
    /// Forgets finished jobs that have not changed since.
    ForgetFinishedJobs {
        /// Whose.
        tenant: TenantId,
        /// Since when.
        before: Timestamp,
    },
    /// Inserts or replaces what a persona knows of a domain.
    PutKnowledge(KnowledgeDomain),
    /// Adds to what a persona knows of a domain, from the prior if nothing is known of it yet. Two
    /// such writes are both counted, whatever their order.
    AddKnowledge(KnowledgeGain),
    /// A new risk flag.
    InsertRiskFlag(RiskFlag),
    /// Closes a risk flag; a conflict if it is closed already.
    ResolveRiskFlag {
        /// Whose.
        tenant: TenantId,
        /// Which.
        id: RiskFlagId,
        /// By whom and why.
        resolution: RiskResolution,
    },
    /// Keeps an answer under an idempotency key; a conflict if the key is used.
    KeepAnswer {
        /// Whose key.
        tenant: TenantId,
        /// The key.
        key: String,
        /// The answer.
        answer: KeptAnswer,
    },
}

/// Changes that belong together, in the order in which they are applied.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteSet(Vec<Write>);

impl WriteSet {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a change.
    pub fn push(&mut self, write: Write) {
        self.0.push(write);
    }

    /// The changes in order.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.0
    }
}

impl FromIterator<Write> for WriteSet {
    fn from_iter<I: IntoIterator<Item = Write>>(writes: I) -> Self {
        Self(writes.into_iter().collect())
    }
}

impl From<Write> for WriteSet {
    fn from(write: Write) -> Self {
        Self(vec![write])
    }
}
