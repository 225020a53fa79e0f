//! What a judgement can come to, from one target up to the whole run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exit::Exit;

/// The verdict on one target. Ordered from good to bad, so that the worst of several is the largest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The figure, with its uncertainty, is on the good side.
    Pass,
    /// The uncertainty contains the bound, or the miss is within the declared tolerance.
    Marginal,
    /// The figure is on the bad side, beyond the tolerance.
    Fail,
    /// The measurement supports no statement.
    Invalid,
}

impl Verdict {
    /// How reports show it.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Pass => "✅ PASS",
            Self::Marginal => "⚠️ MARGINAL",
            Self::Fail => "❌ FAIL",
            Self::Invalid => "⛔ INVALID",
        }
    }

    /// The bare word, for logs and machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Marginal => "MARGINAL",
            Self::Fail => "FAIL",
            Self::Invalid => "INVALID",
        }
    }
}

/// The verdict on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Overall {
    /// Every target passed.
    Passed,
    /// None failed, some are marginal.
    PassedWithRecommendations,
    /// At least one failed.
    Failed,
    /// Something that had to be judged could not be.
    Invalid,
}

impl Overall {
    /// The verdict on a run from those on its parts. No part at all is no data, and never a pass.
    #[must_use]
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        match verdicts.into_iter().max() {
            None | Some(Verdict::Invalid) => Self::Invalid,
            Some(Verdict::Fail) => Self::Failed,
            Some(Verdict::Marginal) => Self::PassedWithRecommendations,
            Some(Verdict::Pass) => Self::Passed,
        }
    }

    /// The wording of reports.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::PassedWithRecommendations => "PASSED WITH RECOMMENDATIONS",
            Self::Failed => "FAILED",
            Self::Invalid => "INVALID",
        }
    }

    /// How the command that judged ends. `strict` turns MARGINAL into an exit code of its own.
    #[must_use]
    pub fn exit(self, strict: bool) -> Exit {
        match self {
            Self::Passed => Exit::Success,
            Self::PassedWithRecommendations if strict => Exit::Marginal,
            Self::PassedWithRecommendations => Exit::Success,
            Self::Failed => Exit::Failed,
            Self::Invalid => Exit::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Fail, Invalid, Marginal, Pass};
    use super::{Exit, Overall, Verdict};

    #[test]
    fn every_combination_of_verdicts_has_its_overall() {
        let all = [Pass, Marginal, Fail, Invalid];
        for bits in 0_usize..16 {
            let chosen: Vec<Verdict> = (0..4)
                .filter(|bit| bits >> bit & 1 == 1)
                .map(|bit| all[bit])
                .collect();
            let expected = if chosen.is_empty() || chosen.contains(&Invalid) {
                Overall::Invalid
            } else if chosen.contains(&Fail) {
                Overall::Failed
            } else if chosen.contains(&Marginal) {
                Overall::PassedWithRecommendations
            } else {
                Overall::Passed
            };
            assert_eq!(Overall::of(chosen.clone()), expected, "{chosen:?}");
        }
    }

    #[test]
    fn only_strictness_distinguishes_recommendations_from_success() {
        assert_eq!(
            Overall::PassedWithRecommendations.exit(false),
            Exit::Success
        );
        assert_eq!(
            Overall::PassedWithRecommendations.exit(true),
            Exit::Marginal
        );
        for strict in [false, true] {
            assert_eq!(Overall::Passed.exit(strict), Exit::Success);
            assert_eq!(Overall::Failed.exit(strict), Exit::Failed);
            assert_eq!(Overall::Invalid.exit(strict), Exit::Invalid);
        }
    }
}
