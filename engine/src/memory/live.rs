//! The memories that are asked, and those that take their place once while the program runs: when
//! another embedder is configured, its vectors take long to compute. Until they are there, everything
//! is served from the first; the change is one step for all layers at once, so that no search ever
//! compares vectors of two spaces.

use std::ops::Deref;
use std::sync::OnceLock;

use super::Memories;

/// Memories that can be replaced once.
#[derive(Debug)]
pub struct LiveMemories {
    first: Memories,
    later: OnceLock<Memories>,
}

impl From<Memories> for LiveMemories {
    fn from(first: Memories) -> Self {
        Self {
            first,
            later: OnceLock::new(),
        }
    }
}

impl Deref for LiveMemories {
    type Target = Memories;

    fn deref(&self) -> &Memories {
        self.later.get().unwrap_or(&self.first)
    }
}

impl LiveMemories {
    /// Puts `later` in the place of the first. The caller sees to it that it knows all that is stored
    /// and that no document is changed meanwhile.
    ///
    /// # Errors
    /// Gives `later` back when the first were replaced before.
    pub fn replace(&self, later: Memories) -> Result<(), Box<Memories>> {
        self.later.set(later).map_err(Box::new)
    }

    /// Gives back the memory that the first ones hold, when nobody can be asking them any more.
    pub fn drop_first(&self) {
        if self.later.get().is_some() {
            self.first.clear();
        }
    }
}
