//! What can go wrong in a store, in terms that every backend shares.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What a write took for granted is not true any more; read again and decide anew.
    #[error("{what} was changed or taken by somebody else")]
    Conflict {
        /// The thing, e.g. `session ses_…, revision 3`.
        what: String,
    },
    /// A write names something that is not there.
    #[error("{what} does not exist")]
    Missing {
        /// The thing.
        what: String,
    },
    /// The backend cannot be reached, is closed, or its disk is full; trying later may help.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored row does not say what this program expects.
    #[error("a stored {what} cannot be read: {detail}")]
    Inconsistent {
        /// The kind of row.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether the same call may succeed later without a change by the caller.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
