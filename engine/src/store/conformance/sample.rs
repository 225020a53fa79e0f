//! Made-up data, the same on each run, later pieces with later ids and times.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::clock::{Clock, ManualClock};
use crate::domain::document::DocumentFormat;
use crate::domain::id::{
    ApiKeyId, ChunkId, ClientId, DocumentId, ExperienceId, IdSource, InsightId, InstrumentEntryId,
    JobId, MessageId, PersonaId, RiskFlagId, SessionId, TenantId,
};
use crate::domain::insight::{DetectorTest, Evidence, Insight, InsightStatus};
use crate::domain::instrument::{Instrument, InstrumentEntry};
use crate::domain::job::{Job, Task};
use crate::domain::memory::{Experience, ExperienceKind, KnowledgeDomain, MemoryScope, Origin};
use crate::domain::message::{Citation, CitationSource, Message, ReplyNote, Role};
use crate::domain::persona::{
    Chunk, Document, Limits, Persona, PersonaKey, Profile, Rules, Style, Traits,
};
use crate::domain::risk::{RiskFinding, RiskFlag, RiskResolution};
use crate::domain::session::{Session, SessionState};
use crate::domain::tenant::{ApiKey, KeyHash, Tenant};
use crate::store::{FoldRecord, KeptAnswer, Store, Write, WriteSet};

/// Where ids and times of made-up data come from.
pub(crate) struct Sample {
    ids: IdSource,
    clock: ManualClock,
}

/// A tenant's id.
pub(crate) fn tenant_id(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// A client's id.
pub(crate) fn client_id(name: &str) -> ClientId {
    name.parse().unwrap()
}

/// The key of a persona.
pub(crate) fn persona_key(owner: &str, id: &str) -> PersonaKey {
    PersonaKey {
        owner: tenant_id(owner),
        id: id.parse::<PersonaId>().unwrap(),
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl Sample {
    /// The same data for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            ids: IdSource::seeded(seed),
            clock: ManualClock::at_second(1_700_000_000),
        }
    }

    /// A later instant, with microseconds that a store must keep.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.advance(SignedDuration::from_micros(1_000_001));
        self.clock.now()
    }

    pub(crate) fn tenant(&self, id: &str) -> Tenant {
        Tenant {
            id: tenant_id(id),
            name: format!("Practice {id}"),
            created_at: self.now(),
        }
    }

    /// Stores a tenant for what is to come.
    pub(crate) async fn with_tenant(&self, store: &dyn Store, id: &str) -> TenantId {
        let tenant = self.tenant(id);
        store
            .commit(Write::PutTenant(tenant.clone()).into())
            .await
            .unwrap();
        tenant.id
    }

    /// Stores a session for what is to come.
    pub(crate) async fn with_session(
        &self,
        store: &dyn Store,
        tenant: &str,
        client: &str,
    ) -> Session {
        let session = self.session(tenant, client);
        let set = [
            Write::PutTenant(self.tenant(tenant)),
            Write::InsertSession(session.clone()),
        ];
        store.commit(WriteSet::from_iter(set)).await.unwrap();
        session
    }

    pub(crate) fn api_key(&self, tenant: &str, hash: u8) -> ApiKey {
        let created_at = self.now();
        ApiKey {
            id: ApiKeyId::new(&self.ids, &self.clock),
            tenant: tenant_id(tenant),
            label: "reception".to_owned(),
            hash: KeyHash([hash; 32]),
            created_at,
            revoked_at: None,
        }
    }

    pub(crate) fn persona(&self, owner: &str, id: &str) -> Persona {
        let created_at = self.now();
        let profile = Profile {
            name: "Dr. Ada \"the calm\" Öz".to_owned(),
            role: "Therapist".to_owned(),
            version: "1.0.0".to_owned(),
            summary: "Listens.".to_owned(),
            expertise: texts(&["grief", "sleep"]),
            language: "en".to_owned(),
            traits: Traits {
                warmth: 0.9,
                directness: 0.3,
                formality: 0.1,
                curiosity: 0.7,
                structure: 0.55,
            },
            style: Style {
                tone: "warm".to_owned(),
                acknowledgements: texts(&["I hear you."]),
                reflections: texts(&["You said {quote}."]),
                knowledge: texts(&["{section}: {passage}"]),
                experience: texts(&["Earlier: {memory}"]),
                goals: texts(&["Your goal: {goal}"]),
                questions: texts(&["What then?"]),
                no_knowledge: texts(&["I do not know."]),
            },
            rules: Rules {
                always: texts(&["Listen."]),
                never: texts(&["Diagnose."]),
            },
            limits: Limits {
                scope: "No emergencies.".to_owned(),
            },
        };
        Persona {
            key: persona_key(owner, id),
            profile,
            created_at,
            updated_at: created_at,
        }
    }

    /// A document of two chunks.
    pub(crate) fn document(
        &self,
        persona: &PersonaKey,
        name: &str,
        content: &str,
    ) -> (Document, Vec<Chunk>) {
        let key = format!("{}/{}/{name}/{content}", persona.owner, persona.id);
        let document = Document {
            id: DocumentId::derived(key.as_bytes()),
            persona: persona.clone(),
            name: name.to_owned(),
            title: format!("About {name}"),
            format: DocumentFormat::Markdown,
            content: content.to_owned(),
            digest: Some([7; 32]),
            quarantine: None,
            created_at: self.now(),
        };
        let half = content.len() / 2;
        let chunk = |byte_start: usize, byte_end: usize| Chunk {
            id: ChunkId::derived(format!("{key}/{byte_start}").as_bytes()),
            document: document.id.clone(),
            title: document.title.clone(),
            section: "Beginnings".to_owned(),
            byte_start,
            byte_end,
            text: content[byte_start..byte_end].to_owned(),
        };
        let chunks = vec![chunk(0, half), chunk(half, content.len())];
        (document, chunks)
    }

    pub(crate) fn session(&self, tenant: &str, client: &str) -> Session {
        let created_at = self.now();
        let metadata = json!({"room": 3, "tags": ["first", "zweite Sitzung"]});
        Session {
            id: SessionId::new(&self.ids, &self.clock),
            tenant: tenant_id(tenant),
            client: client_id(client),
            persona: persona_key("smart-steps", "therapist"),
            title: Some("Sleep & worry".to_owned()),
            goals: texts(&["sleep through the night"]),
            metadata: metadata.as_object().unwrap().clone(),
            state: SessionState::Active,
            message_count: 0,
            next_seq: 0,
            edits: 0,
            revision: 1,
            created_at,
            updated_at: created_at,
        }
    }

    pub(crate) fn message(&self, session: &Session, seq: u32, content: &str) -> Message {
        let created_at = self.now();
        Message {
            id: MessageId::new(&self.ids, &self.clock),
            tenant: session.tenant.clone(),
            session: session.id.clone(),
            seq,
            role: Role::Client,
            content: content.to_owned(),
            reply: None,
            metadata: serde_json::Map::new(),
            created_at,
        }
    }

    /// The persona's reply, which quotes the message.
    pub(crate) fn reply(&self, message: &Message) -> Message {
        let quote = message.content.clone();
        let source = CitationSource::Message {
            session_id: message.session.clone(),
            message_id: message.id.clone(),
            experience_id: None,
            byte_start: 0,
            byte_end: quote.len(),
        };
        let citation = Citation {
            reply_start: 0,
            reply_end: quote.len(),
            source,
            quote,
        };
        let created_at = self.now();
        Message {
            id: MessageId::new(&self.ids, &self.clock),
            tenant: message.tenant.clone(),
            session: message.session.clone(),
            seq: message.seq + 1,
            role: Role::Persona,
            content: format!("{}: tell me more.", message.content),
            reply: Some(ReplyNote {
                method: "extractive".to_owned(),
                degraded: None,
                answers: message.id.clone(),
                citations: vec![citation],
            }),
            metadata: serde_json::Map::new(),
            created_at,
        }
    }

    pub(crate) fn fold(&self, session: &Session, state: &[u8]) -> FoldRecord {
        FoldRecord {
            tenant: session.tenant.clone(),
            client: session.client.clone(),
            session: session.id.clone(),
            version: 1,
            seq: 2,
            edits: 0,
            state: state.to_vec(),
        }
    }

    pub(crate) fn experience(&self, session: &Session, text: &str) -> Experience {
        let created_at = self.now();
        Experience {
            id: ExperienceId::new(&self.ids, &self.clock),
            scope: scope(session),
            session: session.id.clone(),
            message: MessageId::new(&self.ids, &self.clock),
            text: text.to_owned(),
            origin: Origin::unknown(),
            topics: texts(&["sleep", "work"]),
            affect: -0.25,
            importance: 0.1 + 0.2,
            kind: ExperienceKind::Commitment,
            created_at,
        }
    }

    /// An insight that quotes each of the sessions once, and a document.
    pub(crate) fn insight(&self, slot: &str, sessions: &[&Session], quote: &str) -> Insight {
        let created_at = self.now();
        let first = sessions[0];
        let mut evidence = vec![];
        for session in sessions {
            evidence.push(Evidence::Message {
                session_id: session.id.clone(),
                message_id: MessageId::new(&self.ids, &self.clock),
                byte_start: 3,
                byte_end: 3 + quote.len(),
                quote: quote.to_owned(),
            });
        }
        Insight {
            id: InsightId::derived(format!("{}/{}/{slot}", first.tenant, first.client).as_bytes()),
            tenant: first.tenant.clone(),
            client: first.client.clone(),
            persona: first.persona.clone(),
            detector: "recurrence".to_owned(),
            slot: slot.to_owned(),
            statement: format!("Comes back to {slot}."),
            test: DetectorTest {
                name: "fisher_exact".to_owned(),
                n: 12,
                effect: 2.5,
                p: Some(0.01),
                q: None,
            },
            confidence: 0.75,
            evidence,
            status: InsightStatus::Draft,
            created_at,
            updated_at: created_at,
        }
    }

    /// A job that is due so many seconds from now.
    pub(crate) fn job(&self, tenant: &str, client: &str, seconds: i64) -> Job {
        let now = self.now();
        let task = Task::Reflect {
            client: client_id(client),
        };
        let due_at = now + SignedDuration::from_secs(seconds);
        let id = JobId::new(&self.ids, &self.clock);
        Job::new(id, tenant_id(tenant), task, due_at, now)
    }

    /// An entry taken now.
    pub(crate) fn instrument_entry(
        &self,
        tenant: &str,
        client: &str,
        instrument: Instrument,
    ) -> InstrumentEntry {
        let created_at = self.now();
        InstrumentEntry {
            id: InstrumentEntryId::new(&self.ids, &self.clock),
            tenant: tenant_id(tenant),
            client: client_id(client),
            instrument,
            items: Some(vec![1.0, 2.5, 0.0]),
            total: 3.5,
            taken_at: created_at,
            created_at,
        }
    }

    pub(crate) fn document_evidence(&self) -> Evidence {
        Evidence::Document {
            document_id: DocumentId::derived(b"a document"),
            chunk_id: ChunkId::derived(b"a chunk"),
            byte_start: 0,
            byte_end: 5,
            quote: "Sleep".to_owned(),
        }
    }

    pub(crate) fn knowledge(&self, tenant: &str, domain: &str) -> KnowledgeDomain {
        KnowledgeDomain {
            tenant: tenant_id(tenant),
            persona: persona_key("smart-steps", "therapist"),
            domain: domain.to_owned(),
            alpha: 2.5,
            beta: 1.0,
            answered: 7,
            abstained: 1,
            updated_at: self.now(),
        }
    }

    pub(crate) fn risk_flag(&self, session: &Session, quote: &str) -> RiskFlag {
        let created_at = self.now();
        RiskFlag {
            id: RiskFlagId::new(&self.ids, &self.clock),
            tenant: session.tenant.clone(),
            client: session.client.clone(),
            session: session.id.clone(),
            message: MessageId::new(&self.ids, &self.clock),
            finding: RiskFinding {
                category: "passive_wish".to_owned(),
                severity: 3,
                assertion: "present".to_owned(),
                rule: "wish_away".to_owned(),
                byte_start: 1,
                byte_end: 1 + quote.len(),
                quote: quote.to_owned(),
            },
            resolution: None,
            created_at,
        }
    }

    pub(crate) fn resolution(&self) -> RiskResolution {
        RiskResolution {
            reason: "spoke with the client".to_owned(),
            resolved_by: "dr.meier".to_owned(),
            resolved_at: self.now(),
        }
    }

    pub(crate) fn answer(&self, session: Option<&Session>, body: &[u8]) -> KeptAnswer {
        KeptAnswer {
            session: session.map(|session| session.id.clone()),
            request: [9; 32],
            status: 201,
            location: Some("/api/v1/sessions/x".to_owned()),
            body: body.to_vec(),
            created_at: self.now(),
        }
    }
}

/// The memory that a session adds to.
pub(crate) fn scope(session: &Session) -> MemoryScope {
    MemoryScope {
        tenant: session.tenant.clone(),
        client: session.client.clone(),
        persona: session.persona.clone(),
    }
}
