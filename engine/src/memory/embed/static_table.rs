//! One vector per word piece, read in place from the compiled-in file.
//!
//! A text's vector is the normalised sum of its pieces' rows, minus most of what every text has in
//! common, normalised again. Without the subtraction any two texts have a cosine near 0.9 and none
//! could be called unrelated. The common part is estimated from the table itself: the mean of its
//! most frequent rows under Zipf's law, which was measured to lie within 11 degrees of the mean of
//! real client messages. The rows stay the signed bytes that
//! they are in the file, so that the table costs address space and page cache, not heap. Where it
//! comes from and what it was measured to do is told in `engine/model/README.md`.

use safetensors::{Dtype, SafeTensors};

use super::{Embedder, WordPiece};
use crate::domain::embedding::Embedding;

static TABLE: &[u8] = include_bytes!("../../../model/model.safetensors");
static TOKENIZER: &str = include_str!("../../../model/tokenizer.json");

/// The vocabulary is ordered by frequency; the rows further down weigh next to nothing in the mean.
const FREQUENT: u16 = 4000;
/// How much of the common direction a text of ordinary length has.
const COMMON: f32 = 0.85;

/// The files that were compiled in do not fit together: the build is broken, not the use of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The table is not what it should be.
    #[error(
        "the compiled-in model.safetensors cannot be used: {0}; restore engine/model and build again"
    )]
    Table(String),
    /// The tokenizer is not what it should be.
    #[error(
        "the compiled-in tokenizer.json cannot be used: {0}; restore engine/model and build again"
    )]
    Tokenizer(String),
}

/// The table of word vectors that ships with the program.
#[derive(Debug)]
pub struct StaticTable {
    words: WordPiece,
    dimensions: usize,
    /// `rows x dimensions` signed bytes.
    rows: &'static [u8],
    /// One little-endian `f32` per row.
    scales: &'static [u8],
    /// What every text has in common.
    common: Vec<f32>,
}

impl StaticTable {
    /// Reads the compiled-in table.
    ///
    /// # Errors
    /// [`TableError`] when the files that were compiled in do not fit together.
    pub fn shipped() -> Result<Self, TableError> {
        Self::parse(TABLE, TOKENIZER)
    }

    fn parse(table: &'static [u8], tokenizer: &'static str) -> Result<Self, TableError> {
        let malformed = |what: &str| TableError::Table(what.to_owned());
        let tensors =
            SafeTensors::deserialize(table).map_err(|e| TableError::Table(e.to_string()))?;
        let embeddings = tensors
            .tensor("embeddings")
            .map_err(|e| TableError::Table(e.to_string()))?;
        let weights = tensors
            .tensor("weights")
            .map_err(|e| TableError::Table(e.to_string()))?;
        let &[rows, dimensions] = embeddings.shape() else {
            return Err(malformed("embeddings must have two axes"));
        };
        if embeddings.dtype() != Dtype::I8 || dimensions == 0 {
            return Err(malformed(
                "embeddings must be of type I8 with at least one column",
            ));
        }
        if weights.dtype() != Dtype::F32 || weights.shape() != [rows] {
            return Err(malformed("weights must hold one F32 per row of embeddings"));
        }
        let words = WordPiece::parse(tokenizer).map_err(TableError::Tokenizer)?;
        if usize::try_from(words.max_id()).map_or(true, |id| id >= rows) {
            return Err(TableError::Tokenizer(format!(
                "id {} has no row among {rows}",
                words.max_id()
            )));
        }
        let common = Vec::new();
        let (rows, scales) = (embeddings.data(), weights.data());
        let mut parsed = Self {
            words,
            dimensions,
            rows,
            scales,
            common,
        };
        parsed.common = parsed.frequent_mean();
        Ok(parsed)
    }

    fn frequent_mean(&self) -> Vec<f32> {
        let mut sum = vec![0.0f32; self.dimensions];
        for rank in 0..FREQUENT {
            self.add(u32::from(rank), 1.0 / (f32::from(rank) + 1.0), &mut sum);
        }
        let mean = Embedding::normalised(sum);
        mean.as_slice().iter().map(|value| value * COMMON).collect()
    }

    /// Adds the row of `id` times `factor`; nothing if there is no such row.
    fn add(&self, id: u32, factor: f32, sum: &mut [f32]) {
        if let Some((row, scale)) = self.row(id) {
            let factor = factor * scale;
            for (total, byte) in sum.iter_mut().zip(row) {
                *total += f32::from(byte.cast_signed()) * factor;
            }
        }
    }

    fn row(&self, id: u32) -> Option<(&'static [u8], f32)> {
        let id = usize::try_from(id).ok()?;
        let row = self
            .rows
            .get(id * self.dimensions..(id + 1) * self.dimensions)?;
        let scale = self.scales.get(id * 4..)?.first_chunk::<4>()?;
        Some((row, f32::from_le_bytes(*scale)))
    }
}

impl Embedder for StaticTable {
    fn name(&self) -> &str {
        "static-256-int8"
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, text: &str) -> Embedding {
        let mut sum = vec![0.0f32; self.dimensions];
        for id in self.words.ids(text) {
            self.add(id, 1.0, &mut sum);
        }
        let whole = Embedding::normalised(sum);
        if whole.is_zero() {
            return whole;
        }
        let rest = whole
            .as_slice()
            .iter()
            .zip(&self.common)
            .map(|(value, common)| value - common);
        Embedding::normalised(rest.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn related_sentences_are_closer_than_unrelated_ones() {
        let table = StaticTable::shipped().unwrap();
        let query = table.embed("I lie awake at night and cannot fall asleep.");
        let near = table.embed("Insomnia keeps people from sleeping.");
        let far = table.embed("The committee voted on the budget of the department.");
        assert!(query.cosine(&near) > query.cosine(&far) + 0.2);
        assert!((query.as_slice().iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_text_without_a_known_word_is_zero_and_similar_to_nothing() {
        let table = StaticTable::shipped().unwrap();
        let nothing = table.embed("\u{e000}\u{e001}");
        assert!(nothing.is_zero());
        assert_eq!(nothing.cosine(&table.embed("sleep")), 0.0);
        assert_eq!(table.embed("sleep").dimensions(), table.dimensions());
    }

    #[test]
    fn the_sum_equals_the_one_computed_by_hand() {
        let table = StaticTable::shipped().unwrap();
        let mut by_hand = vec![0.0f64; 256];
        for id in table.words.ids("quiet evening") {
            let (row, scale) = table.row(id).unwrap();
            for (sum, byte) in by_hand.iter_mut().zip(row) {
                *sum += f64::from(i8::from_le_bytes([*byte])) * f64::from(scale);
            }
        }
        let length = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>().sqrt();
        let norm = length(&by_hand);
        for (value, common) in by_hand.iter_mut().zip(&table.common) {
            *value = *value / norm - f64::from(*common);
        }
        let norm = length(&by_hand);
        for (got, want) in table.embed("Quiet evening").as_slice().iter().zip(&by_hand) {
            assert!((f64::from(*got) - want / norm).abs() < 1e-6);
        }
    }

    #[test]
    fn a_truncated_table_is_refused() {
        assert!(matches!(
            StaticTable::parse(&TABLE[..TABLE.len() / 2], TOKENIZER),
            Err(TableError::Table(_))
        ));
    }
}
