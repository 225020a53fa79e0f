//! A practice with clients, sessions and memories, built through the engine's own use cases on a
//! database file, so that every benchmark works on data of a realistic size.

use std::sync::Arc;

use serde_json::Map;
use smart_steps_engine::config::{Config, Layers};
use smart_steps_engine::domain::analysis::Depth;
use smart_steps_engine::domain::clock::{Clock, SystemClock};
use smart_steps_engine::domain::id::{ClientId, PersonaId, SessionId, TenantId};
use smart_steps_engine::domain::memory::MemoryScope;
use smart_steps_engine::domain::persona::PersonaKey;
use smart_steps_engine::domain::session::Session;
use smart_steps_engine::domain::timing::Phases;
use smart_steps_engine::memory::embed::StaticTable;
use smart_steps_engine::memory::{ContextRequest, Memories};
use smart_steps_engine::service::{
    InsightRequest, NewMessage, NewSession, Outcome, Scope, Services, persona_file, shipped,
};
use smart_steps_engine::startup;
use smart_steps_engine::store::sqlite::SqliteStore;

type Failure = Box<dyn std::error::Error>;

/// What clients say, as in the load scenarios.
const UTTERANCES: &str = include_str!("../../../scenarios/data/utterances.jsonl");
const PERSONA: &str = "therapist";
/// How the engine sets up a reply; see `limits` in its defaults.
const CONTEXT_ITEMS: usize = 8;

/// The engine with data in it.
pub(crate) struct Practice {
    services: Arc<Services>,
    /// A second view of the same memory, for the functions below the use cases.
    memories: Memories,
    scope: Scope,
    persona: PersonaId,
    persona_key: PersonaKey,
    persona_file: String,
    documents: Vec<(&'static str, &'static str)>,
    utterances: Arc<Vec<String>>,
    tokens: usize,
    /// Has 1,000 experiences.
    remembered: ClientId,
    /// Has 20 sessions of 100 messages.
    regular: ClientId,
    /// Talks on and on.
    speaker: ClientId,
    long_session: Session,
    talk: tokio::sync::Mutex<(SessionId, u32)>,
    _folder: tempfile::TempDir,
}

/// Client messages one after the other, round and round.
pub(crate) struct Queries {
    utterances: Arc<Vec<String>>,
    next: usize,
}

impl Queries {
    pub(crate) fn next(&mut self) -> &str {
        self.next = (self.next + 1) % self.utterances.len();
        &self.utterances[self.next]
    }
}

impl Practice {
    pub(crate) async fn open() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let mut config: Config = Layers::defaults()?.build()?;
        config.database.path = folder.path().join("practice.db");
        let services = startup::services(&config).await?;
        let tenant: TenantId = "bench".parse()?;
        services
            .auth
            .put_tenant(tenant.clone(), "Benchmark")
            .await?;
        let scope = Scope {
            tenant,
            phases: Arc::new(Phases::default()),
        };
        let persona: PersonaId = PERSONA.parse()?;
        let utterances = Arc::new(utterances()?);

        let remembered: ClientId = "remembered".parse()?;
        let regular: ClientId = "regular".parse()?;
        let mut builder = Builder {
            services: &services,
            scope: &scope,
            persona: &persona,
            utterances: &utterances,
            next: 0,
        };
        for _ in 0..10 {
            builder.session(&remembered, 100).await?;
        }
        for _ in 0..20 {
            builder.session(&regular, 50).await?;
        }
        let long = builder.session(&"talker".parse()?, 100).await?;
        let speaker: ClientId = "speaker".parse()?;
        let open = builder.session(&speaker, 1).await?;

        let store = Arc::new(SqliteStore::open(&config.database).await?);
        let table = Arc::new(StaticTable::shipped()?);
        let memories = Memories::open(store, table, &config.memory).await?;
        let shipped = shipped::read()?
            .into_iter()
            .find(|shipped| shipped.id == persona)
            .ok_or("the therapist does not ship any more")?;
        Ok(Self {
            memories,
            persona_key: PersonaKey {
                owner: TenantId::shipped(),
                id: persona.clone(),
            },
            persona_file: std::fs::read_to_string(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../engine/personas/therapist/persona.toml"
            ))?,
            documents: shipped.documents,
            tokens: config.limits.context_tokens,
            talk: tokio::sync::Mutex::new((open, 0)),
            long_session: services.sessions.read(&scope, &long).await?,
            services,
            scope,
            persona,
            utterances,
            remembered,
            regular,
            speaker,
            _folder: folder,
        })
    }

    pub(crate) async fn close(&self) {
        self.services.close().await;
    }

    pub(crate) fn queries(&self) -> Queries {
        Queries {
            utterances: Arc::clone(&self.utterances),
            next: 0,
        }
    }

    pub(crate) async fn context(&self, query: &str) {
        let scope = MemoryScope {
            tenant: self.scope.tenant.clone(),
            client: self.remembered.clone(),
            persona: self.persona_key.clone(),
        };
        let request = ContextRequest {
            scope: &scope,
            query,
            goals: &[],
            k: CONTEXT_ITEMS,
            token_budget: self.tokens,
            now: SystemClock.now(),
        };
        let context = self.memories.context(&request, &Phases::default()).await;
        assert!(context.is_ok(), "the context could not be built");
    }

    pub(crate) fn passages(&self, query: &str) {
        let phases = Phases::default();
        let found = self
            .memories
            .retrieve_relevant_context(&self.persona_key, query, 5, &phases);
        std::hint::black_box(found);
    }

    pub(crate) fn load_persona(&self) {
        let owner = TenantId::shipped();
        let parsed = persona_file::parse("persona.toml", &self.persona_file);
        let id: Result<PersonaId, _> = "loaded".parse();
        let (Ok(_), Ok(id)) = (parsed, id) else {
            panic!("the persona file is refused")
        };
        let key = PersonaKey { owner, id };
        for (name, text) in &self.documents {
            let now = SystemClock.now();
            match self
                .memories
                .prepare_document(&key, name, (*text).to_owned(), now)
            {
                Ok((document, chunks)) => self.memories.publish_document(&document, &chunks),
                Err(error) => panic!("{name} is refused: {error}"),
            }
        }
        self.memories.withdraw_persona(&key);
    }

    pub(crate) async fn create_session(&self) {
        let made = self
            .services
            .sessions
            .create(
                &self.scope,
                new_session(&self.remembered, &self.persona),
                None,
            )
            .await;
        assert!(made.is_ok(), "the session could not be made");
    }

    /// One message; after a hundred the conversation goes on in a new session.
    pub(crate) async fn say(&self, text: &str) {
        let mut talk = self.talk.lock().await;
        if talk.1 == 100 {
            let new = new_session(&self.speaker, &self.persona);
            if let Ok(Outcome::Done(session)) =
                self.services.sessions.create(&self.scope, new, None).await
            {
                *talk = (session.id, 0);
            }
        }
        talk.1 += 1;
        let said = self
            .services
            .conversations
            .say(&self.scope, &talk.0, vec![message(text)], None)
            .await;
        assert!(said.is_ok(), "the message was refused");
    }

    pub(crate) async fn analyse(&self, depth: Depth) {
        let analysis = self
            .services
            .analyses
            .render(&self.scope, &self.long_session, depth)
            .await;
        assert!(analysis.is_ok(), "the session could not be analysed");
    }

    pub(crate) async fn draw_insights(&self) {
        let request = InsightRequest {
            client: self.regular.clone(),
            session: None,
            persona: Some(self.persona.clone()),
        };
        let run = self.services.insights.generate(&self.scope, &request).await;
        assert!(
            run.is_ok_and(|run| run.sessions >= 20),
            "no insights could be drawn"
        );
    }
}

/// Fills sessions with what clients say.
struct Builder<'a> {
    services: &'a Services,
    scope: &'a Scope,
    persona: &'a PersonaId,
    utterances: &'a [String],
    next: usize,
}

impl Builder<'_> {
    async fn session(&mut self, client: &ClientId, messages: usize) -> Result<SessionId, Failure> {
        let new = new_session(client, self.persona);
        let Outcome::Done(session) = self.services.sessions.create(self.scope, new, None).await?
        else {
            return Err("a session without a key cannot be a repeat".into());
        };
        for batch in (0..messages).collect::<Vec<_>>().chunks(50) {
            let said = batch.iter().map(|_| message(self.utterance())).collect();
            self.services
                .conversations
                .say(self.scope, &session.id, said, None)
                .await?;
        }
        Ok(session.id)
    }

    fn utterance(&mut self) -> &str {
        self.next = (self.next + 7) % self.utterances.len();
        &self.utterances[self.next]
    }
}

fn new_session(client: &ClientId, persona: &PersonaId) -> NewSession {
    NewSession {
        client: client.clone(),
        persona: persona.clone(),
        title: None,
        goals: vec!["Sleep through the night again".to_owned()],
        metadata: Map::new(),
    }
}

fn message(text: &str) -> NewMessage {
    NewMessage {
        content: text.to_owned(),
        client: None,
        metadata: Map::new(),
    }
}

fn utterances() -> Result<Vec<String>, Failure> {
    UTTERANCES
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line)?;
            row["text"]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| "an utterance without text".into())
        })
        .collect()
}
