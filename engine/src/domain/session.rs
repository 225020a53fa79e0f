//! Sessions: a client, a persona, goals, a state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{ClientId, SessionId, TenantId};
use super::persona::PersonaKey;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Made, nothing said yet.
    Created,
    /// Under way.
    Active,
    /// Set aside; takes no messages until it is active again.
    Paused,
    /// Ended; takes no messages any more.
    Completed,
}

impl SessionState {
    /// The name used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Completed => "completed",
        }
    }

    /// Whether a session may go from here to `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use SessionState::{Active, Completed, Created, Paused};
        matches!(
            (self, next),
            (Created | Paused, Active | Completed) | (Active, Paused | Completed)
        ) || self == next
    }

    /// Whether messages are taken.
    #[must_use]
    pub fn takes_messages(self) -> bool {
        matches!(self, Self::Created | Self::Active)
    }
}

/// One session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// With whom.
    pub client: ClientId,
    /// Who answers.
    pub persona: PersonaKey,
    /// What it is called.
    pub title: Option<String>,
    /// What the client wants of it, in the client's words.
    pub goals: Vec<String>,
    /// The caller's own data, kept as given.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Where it stands.
    pub state: SessionState,
    /// How many messages it has, both roles counted.
    pub message_count: u32,
    /// The place of the next message. A place is never used twice, not even when its message was
    /// removed.
    pub next_seq: u32,
    /// Counts edits and removals of messages: with `next_seq` it says which messages there are.
    pub edits: u32,
    /// Counts changes, for `ETag` and `If-Match`.
    pub revision: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which sessions a listing shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionFilter {
    /// Only this client's.
    pub client: Option<ClientId>,
    /// Only with this persona.
    pub persona: Option<PersonaKey>,
    /// Only in this state.
    pub state: Option<SessionState>,
}

#[cfg(test)]
mod tests {
    use super::SessionState::{Active, Completed, Created, Paused};

    #[test]
    fn a_completed_session_stays_completed() {
        for next in [Created, Active, Paused] {
            assert!(!Completed.may_become(next));
        }
        assert!(
            Created.may_become(Active) && Active.may_become(Paused) && Paused.may_become(Active)
        );
        assert!(!Active.may_become(Created));
        assert!(!Paused.takes_messages() && !Completed.takes_messages());
    }
}
