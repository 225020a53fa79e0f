//! How long the client's messages are and how that develops.

use serde::{Deserialize, Serialize};

use super::statistics::Line;
use crate::domain::analysis::{Engagement, Estimate};

/// Messages needed for a slope that says anything.
const NEEDED: u32 = 6;

/// Running sums over the client's messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct EngagementSums {
    words: Line,
}

impl EngagementSums {
    /// Takes in the number of words of one message of the client.
    pub(super) fn step(&mut self, words: u32) {
        self.words.push(f64::from(words));
    }

    /// The client's messages.
    pub(super) fn messages(&self) -> u32 {
        self.words.n()
    }

    /// Mean and slope.
    pub(super) fn render(&self) -> Estimate<Engagement> {
        let n = self.words.n();
        match self.words.fit() {
            Some(fit) if n >= NEEDED => Estimate::Measured(Engagement {
                n,
                mean_words: self.words.mean(),
                slope: fit.slope,
            }),
            _ => Estimate::Insufficient { n, needed: NEEDED },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_messages_have_a_rising_slope() {
        let mut sums = EngagementSums::default();
        for words in [4, 9, 11, 15, 22] {
            sums.step(words);
        }
        assert_eq!(sums.render(), Estimate::Insufficient { n: 5, needed: 6 });
        sums.step(24);
        let engagement = *sums.render().measured().unwrap();
        assert!(engagement.slope.interval.low > 0.0);
        assert!((engagement.mean_words - 85.0 / 6.0).abs() < 1e-12);
    }
}
