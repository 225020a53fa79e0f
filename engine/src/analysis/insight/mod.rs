//! Insights: detectors over a client's folded sessions. Each is a test with a threshold, not a
//! template that looks for a value; an empty list is a valid answer.
//!
//! A statement is made of its detector's fixed frame and the client's own words, and rests on
//! quotations. Over all tests of a run the false-discovery rate is controlled (Benjamini-Hochberg),
//! the tests without a finding counted in. Nothing is drawn from what the persona said, and nothing
//! here says why something is so.

mod association;
mod change_point;
mod discrepancy;
pub(in crate::analysis) mod goal_progress;
pub(in crate::analysis) mod history;
mod knowledge;
mod recurrence;
mod trend;

use std::collections::{BTreeMap, BTreeSet};

pub use history::{ClientHistory, Passage, PassageLink, SessionHistory};

use self::history::View;
use super::statistics::benjamini_hochberg;
use crate::domain::insight::{DetectorTest, Evidence};

/// The detectors, in the order in which they run.
pub const DETECTORS: [&str; 8] = [
    "recurrence",
    "association",
    "trend",
    "change_point",
    "discrepancy",
    "goal_progress",
    "knowledge_link",
    "coverage_gap",
];

/// Thresholds of the detectors.
#[derive(Debug, Clone, PartialEq)]
pub struct InsightConfig {
    /// The false-discovery rate over all tests of a run.
    pub false_discovery_rate: f64,
    /// Passages below this relevance do not link.
    pub passage_score: f64,
    /// At most so many drafts, the most confident first.
    pub limit: usize,
    /// What reviewers made of earlier insights, by detector; moves the confidence.
    pub reviews: BTreeMap<String, ReviewCounts>,
}

impl Default for InsightConfig {
    fn default() -> Self {
        Self {
            false_discovery_rate: 0.10,
            passage_score: 0.0,
            limit: 50,
            reviews: BTreeMap::new(),
        }
    }
}

/// How many insights of a detector were accepted and rejected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReviewCounts {
    /// Accepted.
    pub accepted: u32,
    /// Rejected.
    pub rejected: u32,
}

/// An insight that has no id, owner and time yet.
#[derive(Debug, Clone, PartialEq)]
pub struct InsightDraft {
    /// Which detector, one of [`DETECTORS`].
    pub detector: String,
    /// What distinguishes it from others of the detector: with the detector, the upsert key.
    pub slot: String,
    /// The statement.
    pub statement: String,
    /// The test behind it.
    pub test: DetectorTest,
    /// From 0 to 1.
    pub confidence: f64,
    /// What it rests on; never empty.
    pub evidence: Vec<Evidence>,
}

/// What a detector found, before the run as a whole is judged.
struct Finding {
    detector: &'static str,
    slot: String,
    statement: String,
    test: &'static str,
    n: u32,
    effect: f64,
    /// How many observations count as independent; those of one session count by their root.
    weight: f64,
    evidence: Vec<Evidence>,
}

/// The outcome of one test: its p value, and a finding where the detector's own threshold is met.
/// Most tests of a run come to nothing, so a finding is put into words only when it is wanted.
struct Tested<'v> {
    p: f64,
    finding: Option<Box<dyn FnOnce() -> Finding + 'v>>,
}

impl<'v> Tested<'v> {
    fn with(p: f64, finding: impl FnOnce() -> Finding + 'v) -> Self {
        let finding: Box<dyn FnOnce() -> Finding + 'v> = Box::new(finding);
        Self {
            p,
            finding: Some(finding),
        }
    }

    fn without_finding(p: f64) -> Self {
        Self { p, finding: None }
    }
}

/// What a run of all detectors gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// What the history supports, the most confident first.
    pub drafts: Vec<InsightDraft>,
    /// How many tests with a p value were made, those without a finding counted in.
    pub tests: usize,
    /// Whether there was more than the limit let through.
    pub truncated: bool,
}

/// The topics that are worth a look-up in the persona's documents, the most frequent first.
#[must_use]
pub fn topics_to_look_up(history: &ClientHistory, limit: usize) -> Vec<String> {
    let view = View::of(history);
    let mut labels: Vec<String> = Vec::new();
    for topic in view.leading() {
        // Different terms may have been said in the same words first.
        if labels.len() < limit && !labels.iter().any(|label| label == topic.label) {
            labels.push(topic.label.to_owned());
        }
    }
    labels
}

/// What the history supports, the most confident first. Pure: the same history gives the same
/// drafts.
#[must_use]
pub fn detect(history: &ClientHistory, config: &InsightConfig) -> Detection {
    let view = View::of(history);
    let mut tested = recurrence::test(&view);
    tested.extend(association::test(&view));
    tested.extend(trend::test(&view));
    tested.extend(change_point::test(&view));
    tested.extend(discrepancy::test(&view));
    let tests = tested.len();
    let q_values = benjamini_hochberg(&tested.iter().map(|test| test.p).collect::<Vec<_>>());
    let mut drafts: Vec<InsightDraft> = Vec::new();
    for (test, q) in tested.into_iter().zip(q_values) {
        if let Some(finding) = test.finding.filter(|_| q <= config.false_discovery_rate) {
            drafts.push(draft(finding(), Some((test.p, q)), config));
        }
    }
    let untested = goal_progress::find(&view)
        .into_iter()
        .chain(knowledge::find(&view, config.passage_score));
    drafts.extend(untested.map(|finding| draft(finding, None, config)));
    drafts.retain(|draft| !draft.evidence.is_empty());
    drafts.sort_by(|a, b| {
        let q = |d: &InsightDraft| d.test.q.unwrap_or(1.0);
        b.confidence
            .total_cmp(&a.confidence)
            .then_with(|| q(a).total_cmp(&q(b)))
            .then_with(|| (&a.detector, &a.slot).cmp(&(&b.detector, &b.slot)))
    });
    let mut slots = BTreeSet::new();
    drafts.retain(|draft| slots.insert((draft.detector.clone(), draft.slot.clone())));
    let truncated = drafts.len() > config.limit;
    drafts.truncate(config.limit);
    Detection {
        drafts,
        tests,
        truncated,
    }
}

fn draft(finding: Finding, test: Option<(f64, f64)>, config: &InsightConfig) -> InsightDraft {
    let reviews = config
        .reviews
        .get(finding.detector)
        .copied()
        .unwrap_or_default();
    InsightDraft {
        confidence: confidence(reviews, finding.weight),
        detector: finding.detector.to_owned(),
        slot: finding.slot,
        statement: finding.statement,
        test: DetectorTest {
            name: finding.test.to_owned(),
            n: finding.n,
            effect: finding.effect,
            p: test.map(|(p, _)| p),
            q: test.map(|(_, q)| q),
        },
        evidence: finding.evidence,
    }
}

/// The detector's record with reviewers (Beta mean, prior 2 and 2), held down while little was seen.
fn confidence(reviews: ReviewCounts, weight: f64) -> f64 {
    let (accepted, rejected) = (f64::from(reviews.accepted), f64::from(reviews.rejected));
    let record = (accepted + 2.0) / (accepted + rejected + 4.0);
    record * (1.0 - (-weight / 3.0).exp())
}

#[cfg(test)]
mod tests;
