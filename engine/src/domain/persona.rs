//! Personas: who speaks, how, within which limits, and from which documents.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::{DocumentFormat, Quarantine};
use super::id::{ChunkId, DocumentId, PersonaId, TenantId};

/// A persona and its owner together: the key under which its data is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonaKey {
    /// Who owns the persona; [`TenantId::shipped`] for those that come with the program.
    pub owner: TenantId,
    /// Its name within the owner.
    pub id: PersonaId,
}

/// A validated persona.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Persona {
    /// Owner and name.
    #[serde(flatten)]
    pub key: PersonaKey,
    /// What is said of it and how it behaves.
    #[serde(flatten)]
    pub profile: Profile,
    /// When it was first stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Persona {
    /// Whether it came with the program.
    #[must_use]
    pub fn is_shipped(&self) -> bool {
        self.key.owner == TenantId::shipped()
    }
}

/// What makes a persona, as its file or the API gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The person's name.
    pub name: String,
    /// The profession, e.g. `Therapist`.
    pub role: String,
    /// Version of this description, e.g. `1.0.0`.
    pub version: String,
    /// One or two sentences for somebody who chooses.
    pub summary: String,
    /// Knowledge domains, lower case.
    pub expertise: Vec<String>,
    /// Language tag, e.g. `en`.
    pub language: String,
    /// Temperament.
    pub traits: Traits,
    /// How it speaks.
    pub style: Style,
    /// What it always and never does.
    pub rules: Rules,
    /// What it is not for.
    pub limits: Limits,
}

/// Temperament, each from 0.0 to 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Traits {
    pub warmth: f64,
    pub directness: f64,
    pub formality: f64,
    pub curiosity: f64,
    pub structure: f64,
}

/// Sentence frames of the offline reply. Each list has at least one entry; the placeholder that a
/// frame must hold stands in braces in the field's description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// The manner in a few words.
    pub tone: String,
    /// Openers that claim no fact about the client.
    pub acknowledgements: Vec<String>,
    /// `{quote}`: the client's own words.
    pub reflections: Vec<String>,
    /// `{section}` and `{passage}`: words of a document.
    pub knowledge: Vec<String>,
    /// `{memory}`: the client's words from an earlier exchange.
    pub experience: Vec<String>,
    /// `{goal}`: a goal of the session.
    pub goals: Vec<String>,
    /// Open questions.
    pub questions: Vec<String>,
    /// What is said when no document is relevant.
    pub no_knowledge: Vec<String>,
}

/// What the persona holds itself to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Rules {
    pub always: Vec<String>,
    pub never: Vec<String>,
}

/// Where the persona's competence ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// What it is not for and where it refers people.
    pub scope: String,
}

/// A document of a persona's foundation; immutable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Follows from owner, persona, file name and content.
    pub id: DocumentId,
    /// Whose foundation it belongs to.
    pub persona: PersonaKey,
    /// The file's name, e.g. `01_building_rapport.md`.
    pub name: String,
    /// The first heading.
    pub title: String,
    /// What the file was.
    pub format: DocumentFormat,
    /// The text: Markdown and plain text as given, HTML and PDF as they were read.
    pub content: String,
    /// SHA-256 of the file and of how it was cut: the same digest, the same passages. None for a
    /// document that was stored before digests were kept.
    pub digest: Option<[u8; 32]>,
    /// Why it is withheld from every search, if it is or was.
    pub quarantine: Option<Quarantine>,
    /// When it was stored.
    pub created_at: Timestamp,
}

impl Document {
    /// Whether its passages may be found.
    #[must_use]
    pub fn is_searchable(&self) -> bool {
        self.quarantine.as_ref().is_none_or(Quarantine::is_released)
    }
}

/// A passage of a document: whole sentences of one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Follows from document and place.
    pub id: ChunkId,
    /// Where it stands.
    pub document: DocumentId,
    /// The document's title.
    pub title: String,
    /// The heading it stands under.
    pub section: String,
    /// First byte in the document's content.
    pub byte_start: usize,
    /// First byte after it.
    pub byte_end: usize,
    /// The bytes between the two, verbatim.
    pub text: String,
}
