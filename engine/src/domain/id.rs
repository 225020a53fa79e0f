//! Identifiers. Each kind is its own type with one constructor, which serde uses too.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::Clock;

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The prefix that names the kind is missing.
    #[error("{text:?} is not a {kind} id: it must start with {prefix:?}")]
    Prefix {
        /// What was wanted.
        kind: &'static str,
        /// How such an id starts.
        prefix: &'static str,
        /// What was given.
        text: String,
    },
    /// Empty, too long, or with a character that does not belong there.
    #[error(
        "{text:?} is not a {kind} id: 1 to {max} characters of a-z, A-Z, 0-9, '_', '-', '.', ':', '@'"
    )]
    Shape {
        /// What was wanted.
        kind: &'static str,
        /// The longest that is taken, in characters.
        max: usize,
        /// What was given, cut to 80 characters.
        text: String,
    },
}

const MAX_CHARS: usize = 128;

fn check_shape(kind: &'static str, text: &str) -> Result<(), IdError> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_-.:@".contains(c);
    if text.is_empty() || text.len() > MAX_CHARS || !text.chars().all(good) {
        let text = text.chars().take(80).collect();
        return Err(IdError::Shape {
            kind,
            max: MAX_CHARS,
            text,
        });
    }
    Ok(())
}

/// Makes identifiers: UUID version 7 from the clock and a generator that is passed in, so that ids
/// sort by time and a seeded test gets the same ids on each run.
pub struct IdSource {
    rng: Mutex<ChaCha20Rng>,
}

impl IdSource {
    /// Ids that nobody can guess, from the operating system's entropy.
    ///
    /// # Errors
    /// When the operating system gives no entropy.
    pub fn from_entropy() -> Result<Self, rand::rngs::SysError> {
        let rng = ChaCha20Rng::try_from_rng(&mut rand::rngs::SysRng)?;
        Ok(Self {
            rng: Mutex::new(rng),
        })
    }

    /// The same ids on each run; for tests and benchmarks.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            rng: Mutex::new(ChaCha20Rng::seed_from_u64(seed)),
        }
    }

    /// Random bytes for secrets.
    pub fn fill(&self, bytes: &mut [u8]) {
        let mut rng = self
            .rng
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        rng.fill_bytes(bytes);
    }

    fn uuid(&self, clock: &dyn Clock) -> Uuid {
        let mut tail = [0u8; 10];
        self.fill(&mut tail);
        let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdSource")
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        // Ids stand in many maps and are copied into each; the text is there once.
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
    };
}

macro_rules! named_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        text_id!($(#[$doc])* $name, $kind);

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check_shape($kind, text)?;
                Ok(Self(Arc::from(text)))
            }
        }
    };
}

macro_rules! made_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal) => {
        text_id!($(#[$doc])* $name, $kind);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id.
            #[must_use]
            pub fn new(ids: &IdSource, clock: &dyn Clock) -> Self {
                Self(Arc::from(format!("{}{}", $prefix, ids.uuid(clock).simple())))
            }

            /// The id that follows from `content` alone: the same content, the same id.
            #[must_use]
            pub fn derived(content: &[u8]) -> Self {
                use sha2::Digest;
                let hash = sha2::Sha256::digest(content);
                let hex: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
                Self(Arc::from(format!("{}{hex}", $prefix)))
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check_shape($kind, text)?;
                if !text.starts_with($prefix) {
                    return Err(IdError::Prefix { kind: $kind, prefix: $prefix, text: text.to_owned() });
                }
                Ok(Self(Arc::from(text)))
            }
        }
    };
}

named_id!(
    /// The owner of everything: a practice, a team, a company.
    TenantId, "tenant"
);
named_id!(
    /// A person whom a tenant serves; the tenant chooses the name.
    ClientId, "client"
);
named_id!(
    /// A persona's short name, unique within its owner.
    PersonaId, "persona"
);
made_id!(
    /// One session of a client with a persona.
    SessionId, "session", "ses_"
);
made_id!(
    /// One message of a session.
    MessageId, "message", "msg_"
);
made_id!(
    /// One document of a persona's foundation.
    DocumentId, "document", "doc_"
);
made_id!(
    /// One passage of a document.
    ChunkId, "chunk", "chk_"
);
made_id!(
    /// One remembered exchange.
    ExperienceId, "experience", "exp_"
);
made_id!(
    /// One derived statement.
    InsightId, "insight", "ins_"
);
made_id!(
    /// One risk flag.
    RiskFlagId, "risk flag", "rsk_"
);
made_id!(
    /// One filled-in instrument.
    InstrumentEntryId, "instrument entry", "ien_"
);
made_id!(
    /// One job of the background.
    JobId, "job", "job_"
);
made_id!(
    /// One API key (its public name, not the secret).
    ApiKeyId, "API key", "key_"
);
made_id!(
    /// One HTTP request, in the `X-Request-Id` header and in the log.
    RequestId, "request", "req_"
);

impl TenantId {
    /// The owner of the personas that ship with the program; readable by every tenant.
    #[must_use]
    pub fn shipped() -> Self {
        Self(Arc::from("smart-steps"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;

    #[test]
    fn made_ids_sort_by_time_and_repeat_from_a_seed() {
        let clock = ManualClock::at_second(1_000);
        let first = SessionId::new(&IdSource::seeded(1), &clock);
        assert_eq!(first, SessionId::new(&IdSource::seeded(1), &clock));
        clock.advance(jiff::SignedDuration::from_secs(1));
        assert!(SessionId::new(&IdSource::seeded(0), &clock) > first);
    }

    #[test]
    fn refuses_foreign_prefixes_and_shapes_in_json_too() {
        assert!("msg_1".parse::<SessionId>().is_err());
        assert!("a b".parse::<ClientId>().is_err());
        assert!("".parse::<ClientId>().is_err());
        assert!(serde_json::from_str::<SessionId>("\"msg_1\"").is_err());
        assert_eq!(
            "anna@example.org".parse::<ClientId>().unwrap().as_str(),
            "anna@example.org"
        );
    }
}
