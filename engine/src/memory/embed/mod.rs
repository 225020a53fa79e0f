//! Texts to vectors.

use crate::domain::embedding::Embedding;

/// Something that turns texts into vectors of one space.
pub trait Embedder: Send + Sync {
    /// The model's name, so that vectors of different spaces are not mixed up.
    fn name(&self) -> &str;
    /// How many components its vectors have.
    fn dimensions(&self) -> usize;
    /// The vector of `text`; the zero vector if it knows no word of it.
    fn embed(&self, text: &str) -> Embedding;
}

mod static_table;
pub use static_table::{StaticTable, TableError};
