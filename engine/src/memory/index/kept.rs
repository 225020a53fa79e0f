//! Indexes as plain data that can be written to a file, and the way back, which believes nothing.
//!
//! What can be computed quickly from the rest is left out: the signs of a staged index, the terms of each
//! item of a lexical one. A graph is left out too; only its vectors are kept, and it is linked again.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A lexical index.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptWords<K> {
    /// The items; others name one by its place here.
    pub(super) keys: Vec<K>,
    /// For each item, the words of each field.
    pub(super) lengths: Vec<u32>,
    /// The terms.
    pub(super) names: Vec<String>,
    /// For each term, in how many items it stands.
    pub(super) sizes: Vec<u32>,
    /// Term after term, the items in which it stands.
    pub(super) slots: Vec<u32>,
    /// For each of these, how often it stands in each field.
    pub(super) counts: Bytes,
}

/// A vector index.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptVectors<K> {
    pub(super) dimensions: u32,
    pub(super) keys: Vec<K>,
    pub(super) values: KeptValues,
}

/// Vectors one after another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum KeptValues {
    /// As they were given.
    Whole(Vec<f32>),
    /// Rotated, in two planes of bytes with a scale for each vector.
    Codes {
        high: Bytes,
        low: Bytes,
        scales: Vec<f32>,
    },
}

/// Bytes that are written and read in one go.
#[derive(Debug, Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Bytes {
    pub(super) fn of_signed(values: &[i8]) -> Self {
        Self(values.iter().map(|v| v.cast_unsigned()).collect())
    }

    pub(super) fn signed(&self) -> Vec<i8> {
        self.0.iter().map(|v| v.cast_signed()).collect()
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Self(bytes.to_vec()))
    }
}
