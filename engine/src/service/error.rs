//! What a use case answers when it does not succeed. No status codes here: the API chooses them.

use crate::domain::page::BadCursor;
use crate::store::StoreError;

use super::fault::Fault;

/// Why a use case did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// It does not exist, or belongs to somebody else.
    #[error("there is no {what} {id:?}")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The request's values break rules.
    #[error("{} of the request's values cannot be used", faults.len())]
    Invalid {
        /// Each of them.
        faults: Vec<Fault>,
    },
    /// The thing's present state does not allow it.
    #[error("{detail}")]
    Refused {
        /// What the state is and what would be needed.
        detail: String,
    },
    /// The thing has changed since the caller read it.
    #[error("the {what} has changed since it was read; read it again and decide anew")]
    Stale {
        /// The kind of thing.
        what: &'static str,
    },
    /// Others kept changing the same thing; trying again may help.
    #[error("the {what} is being changed by others; try again")]
    Contended {
        /// The kind of thing.
        what: &'static str,
    },
    /// The idempotency key was used for another request.
    #[error("the Idempotency-Key was used for another request; use a new key for a new request")]
    KeyReused,
    /// The cursor is not one of this listing.
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something below failed in a way that no caller can mend.
    #[error("{what} failed")]
    Internal {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ServiceError {
    /// Nothing of that kind under this id.
    #[must_use]
    pub fn not_found(what: &'static str, id: &impl ToString) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
        }
    }

    /// Whether the same call may succeed later without a change by the caller.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Contended { .. } | Self::Internal { .. } => true,
            Self::Store(error) => error.may_pass() || matches!(error, StoreError::Conflict { .. }),
            _ => false,
        }
    }

    /// Refuses if there are faults.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with the faults.
    pub fn unless_empty(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self::Invalid { faults })
        }
    }

    pub(super) fn internal(
        what: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Internal {
            what,
            source: Box::new(source),
        }
    }
}
