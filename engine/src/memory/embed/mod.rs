//! Texts to vectors, without a network and without a download.
//!
//! [`StaticTable`] is compiled into the program. With the feature `sentence-transformer` a larger
//! model can be read from a local folder in its place. An embedder refuses to fail: a text that it knows no word of gets the zero
//! vector, which is similar to nothing.

#[cfg(feature = "sentence-transformer")]
mod sentence_transformer;
mod static_table;
mod word_piece;

#[cfg(feature = "sentence-transformer")]
pub use sentence_transformer::{SentenceTransformer, TransformerError};
pub use static_table::{StaticTable, TableError};
pub use word_piece::WordPiece;

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
