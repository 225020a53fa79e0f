//! Joins the layers into what a reply may rest on: most relevant first, no near copies, within a
//! budget of tokens.

use jiff::Timestamp;

use super::rank;
use crate::domain::embedding::Embedding;
use crate::domain::memory::{MemoryScope, Recalled, RecalledItem, ScorePart};

/// What is to be recalled.
#[derive(Debug, Clone, Copy)]
pub struct ContextRequest<'a> {
    /// Whose memory.
    pub scope: &'a MemoryScope,
    /// The client's words.
    pub query: &'a str,
    /// The session's goals; they move relevant passages up, they make none relevant.
    pub goals: &'a [String],
    /// At most so many items.
    pub k: usize,
    /// At most so many tokens, as [`tokens`] counts them.
    pub token_budget: usize,
    /// The present.
    pub now: Timestamp,
}

/// What was recalled.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The items in the order in which they were chosen.
    pub items: Vec<Recalled>,
    /// Whether no passage of the persona's documents is relevant. Then `items` holds none, and the
    /// reply says so.
    pub abstained: bool,
    /// Tokens of the items together, as [`tokens`] counts them.
    pub tokens: usize,
    /// Relevant items that the budget or `k` left out.
    pub left_out: usize,
    /// The query's vector, for what is asked of it further on.
    pub query: Embedding,
}

/// A token is taken to be four characters, rounded up: the rule of thumb for English, good to about
/// a fifth, and independent of any model.
#[must_use]
pub fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

/// Chooses among `candidates`, each with its vector where it has one.
pub(super) fn join(
    mut candidates: Vec<(Recalled, Option<Vec<f32>>)>,
    request: &ContextRequest<'_>,
    diversity: f64,
    query: Embedding,
) -> Context {
    candidates.sort_by(|a, b| b.0.score.total_cmp(&a.0.score));
    let relevance: Vec<f64> = candidates
        .iter()
        .map(|(recalled, _)| recalled.score)
        .collect();
    let similarity = |a: usize, b: usize| match (&candidates[a].1, &candidates[b].1) {
        (Some(a), Some(b)) => {
            f64::from(a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>()).clamp(0.0, 1.0)
        }
        _ => 0.0,
    };
    let order = rank::diversify(&relevance, similarity, diversity, candidates.len());
    let is_passage =
        |(recalled, _): &(Recalled, _)| matches!(recalled.item, RecalledItem::Foundation { .. });
    let abstained = !candidates.iter().any(is_passage);
    let mut slots: Vec<Option<Recalled>> = candidates.into_iter().map(|(r, _)| Some(r)).collect();
    let (mut items, mut spent, mut left_out) = (Vec::new(), 0, 0);
    for at in order {
        let Some(mut recalled) = slots.get_mut(at).and_then(Option::take) else {
            continue;
        };
        let cost = tokens(recalled.item.text());
        if items.len() == request.k || spent + cost > request.token_budget {
            left_out += 1;
            continue;
        }
        spent += cost;
        recalled.reasons.push(ScorePart {
            source: "diversity".to_owned(),
            score: recalled.score,
            rank: Some(items.len() + 1),
        });
        items.push(recalled);
    }
    Context {
        items,
        abstained,
        tokens: spent,
        left_out,
        query,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::InsightId;
    use crate::domain::persona::PersonaKey;

    fn scope() -> MemoryScope {
        let tenant: crate::domain::id::TenantId = "acme".parse().unwrap();
        let persona = PersonaKey {
            owner: tenant.clone(),
            id: "guide".parse().unwrap(),
        };
        MemoryScope {
            tenant,
            client: "ann".parse().unwrap(),
            persona,
        }
    }

    fn insight(text: &str, score: f64) -> Recalled {
        let insight_id = InsightId::derived(text.as_bytes());
        Recalled {
            item: RecalledItem::Synthesis {
                insight_id,
                text: text.to_owned(),
            },
            score,
            reasons: Vec::new(),
        }
    }

    fn joined(k: usize, token_budget: usize) -> Context {
        let scope = scope();
        let now = Timestamp::UNIX_EPOCH;
        let request = ContextRequest {
            scope: &scope,
            query: "",
            goals: &[],
            k,
            token_budget,
            now,
        };
        let candidates = vec![
            (
                insight("second, quite a bit longer", 0.5),
                Some(vec![0.0, 1.0]),
            ),
            (insight("first", 0.9), Some(vec![1.0, 0.0])),
            (insight("copy", 0.8), Some(vec![1.0, 0.0])),
        ];
        join(candidates, &request, 0.5, Embedding::normalised(vec![1.0]))
    }

    fn words(context: &Context) -> Vec<&str> {
        context.items.iter().map(|r| r.item.text()).collect()
    }

    #[test]
    fn the_best_comes_first_and_a_copy_last() {
        let context = joined(9, 1000);
        assert_eq!(
            words(&context),
            ["first", "second, quite a bit longer", "copy"]
        );
        assert_eq!((context.tokens, context.left_out), (2 + 7 + 1, 0));
        assert!(context.abstained);
    }

    #[test]
    fn the_budget_and_k_leave_out_and_say_so() {
        let tight = joined(9, 3);
        assert_eq!(words(&tight), ["first", "copy"]);
        assert_eq!((tight.tokens, tight.left_out), (3, 1));
        assert_eq!(joined(1, 1000).left_out, 2);
        assert!(joined(0, 1000).items.is_empty());
    }
}
