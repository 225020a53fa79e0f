//! Vectors that stand for texts.

/// A unit vector, or the zero vector of a text without a known word.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Scales `values` to length one; all zeros stay zeros.
    #[must_use]
    pub fn normalised(mut values: Vec<f32>) -> Self {
        let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        if norm > 0.0 {
            for value in &mut values {
                *value /= norm;
            }
        }
        Self(values)
    }

    /// The components.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// How many components.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.0.len()
    }

    /// Whether the text had no known word.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|v| *v == 0.0)
    }

    /// Cosine similarity, between -1 and 1; 0 with a zero vector.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(a, b)| a * b)
            .sum::<f32>()
            .clamp(-1.0, 1.0)
    }
}
