//! The synthesis layer: insights about a client, recalled for what they say to the present words.
//! Drawing insights is the analysis' work; here they are only found again. Rejected and retracted
//! ones are not.

use super::embed::Embedder;
use super::search::Query;
use crate::domain::embedding::Embedding;
use crate::domain::insight::{Insight, InsightStatus};
use crate::domain::memory::{Recalled, RecalledItem, ScorePart};
use crate::domain::persona::PersonaKey;
use crate::domain::text;

/// The relevant insights of `persona`, best first: the mean of cosine and the covered part of the
/// query's terms, times the insight's confidence, each with its vector.
pub(super) fn recall(
    insights: &[Insight],
    persona: &PersonaKey,
    query: &Query,
    embedder: &dyn Embedder,
    remembered_from: f64,
) -> Vec<(Recalled, Embedding)> {
    let open = |insight: &&Insight| {
        insight.persona == *persona
            && matches!(
                insight.status,
                InsightStatus::Draft | InsightStatus::Accepted
            )
    };
    let mut recalled: Vec<(Recalled, Embedding)> = insights
        .iter()
        .filter(open)
        .filter_map(|insight| {
            let vector = embedder.embed(&insight.statement);
            let cosine = f64::from(vector.cosine(&query.embedding));
            let covered = coverage(&text::terms(&insight.slot), &query.terms);
            if cosine + covered / 2.0 < remembered_from {
                return None;
            }
            let part = |source: &str, score: f64| ScorePart {
                source: source.to_owned(),
                score,
                rank: None,
            };
            let reasons = vec![
                part("vector", cosine),
                part("slot", covered),
                part("confidence", insight.confidence),
            ];
            let item = RecalledItem::Synthesis {
                insight_id: insight.id.clone(),
                text: insight.statement.clone(),
            };
            let score = (cosine.max(0.0) + covered) / 2.0 * insight.confidence;
            Some((
                Recalled {
                    item,
                    score,
                    reasons,
                },
                vector,
            ))
        })
        .collect();
    recalled.sort_by(|a, b| b.0.score.total_cmp(&a.0.score));
    recalled
}

/// The part of `wanted` that stands in `given`.
fn coverage(wanted: &[String], given: &[String]) -> f64 {
    if wanted.is_empty() {
        return 0.0;
    }
    wanted.iter().filter(|term| given.contains(term)).count() as f64 / wanted.len() as f64
}
