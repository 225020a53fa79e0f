//! The meta-cognition layer: what a persona knows how well. Pure updates of a
//! [`KnowledgeDomain`], which the caller stores, and the question which domain a request falls in.
//!
//! Confidence is the mean of a Beta distribution that starts flat. A review weighs one observation.
//! Finding or not finding a passage says less about being right than a person's judgement does, so
//! it weighs a tenth.

use jiff::Timestamp;

use super::embed::Embedder;
use crate::domain::embedding::Embedding;
use crate::domain::id::TenantId;
use crate::domain::memory::{KnowledgeDomain, Recalled, RecalledItem};
use crate::domain::persona::PersonaKey;
use crate::domain::text;

/// What a review weighs.
const REVIEW: f64 = 1.0;
/// What a found passage, or the lack of one, weighs.
const RECALL: f64 = 0.1;
/// How close a domain must be to count: below, the request is about none of them.
const NEAR: f64 = 0.15;

/// A domain before anything was observed: every confidence is as likely as any other.
#[must_use]
pub fn unobserved(
    tenant: TenantId,
    persona: PersonaKey,
    domain: String,
    now: Timestamp,
) -> KnowledgeDomain {
    KnowledgeDomain {
        tenant,
        persona,
        domain,
        alpha: 1.0,
        beta: 1.0,
        answered: 0,
        abstained: 0,
        updated_at: now,
    }
}

/// A relevant passage was found for a request in the domain.
#[must_use]
pub fn answered(domain: KnowledgeDomain, now: Timestamp) -> KnowledgeDomain {
    let (alpha, answered) = (domain.alpha + RECALL, domain.answered + 1);
    KnowledgeDomain {
        alpha,
        answered,
        updated_at: now,
        ..domain
    }
}

/// No relevant passage was found for a request in the domain.
#[must_use]
pub fn abstained(domain: KnowledgeDomain, now: Timestamp) -> KnowledgeDomain {
    let (beta, abstained) = (domain.beta + RECALL, domain.abstained + 1);
    KnowledgeDomain {
        beta,
        abstained,
        updated_at: now,
        ..domain
    }
}

/// A person accepted or rejected what was drawn from the domain.
#[must_use]
pub fn reviewed(domain: KnowledgeDomain, accepted: bool, now: Timestamp) -> KnowledgeDomain {
    let (alpha, beta) = if accepted {
        (REVIEW, 0.0)
    } else {
        (0.0, REVIEW)
    };
    KnowledgeDomain {
        alpha: domain.alpha + alpha,
        beta: domain.beta + beta,
        updated_at: now,
        ..domain
    }
}

/// Which of `expertise` a request falls in, by its vector and by the words of the passage that was
/// recalled first; none if it is close to none of them.
#[must_use]
pub fn nearest<'e>(
    expertise: &'e [String],
    query: &Embedding,
    recalled: &[Recalled],
    embedder: &dyn Embedder,
) -> Option<&'e str> {
    let passage = recalled.iter().find_map(|recalled| match &recalled.item {
        RecalledItem::Foundation { title, section, .. } => {
            Some(text::terms(&format!("{title} {section}")))
        }
        _ => None,
    });
    let mut best: Option<(f64, &str)> = None;
    for domain in expertise {
        let cosine = f64::from(embedder.embed(domain).cosine(query));
        let terms = text::terms(domain);
        let shared = passage.as_ref().map_or(0.0, |passage| {
            let shared = terms.iter().filter(|term| passage.contains(term)).count();
            shared as f64 / terms.len().max(1) as f64
        });
        let score = cosine + shared / 2.0;
        if score >= NEAR && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, domain));
        }
    }
    best.map(|(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::embed::StaticTable;

    fn fresh() -> KnowledgeDomain {
        let owner: TenantId = "acme".parse().unwrap();
        let persona = PersonaKey {
            owner: owner.clone(),
            id: "guide".parse().unwrap(),
        };
        unobserved(owner, persona, "sleep".to_owned(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn observations_move_confidence_their_way_and_are_counted() {
        let now = Timestamp::from_second(5).unwrap();
        assert_eq!(fresh().confidence(), 0.5);
        let up = reviewed(fresh(), true, now);
        assert!((up.confidence() - 2.0 / 3.0).abs() < 1e-12);
        assert!((reviewed(fresh(), false, now).confidence() - 1.0 / 3.0).abs() < 1e-12);
        let found = answered(fresh(), now);
        assert!(found.confidence() > 0.5 && found.confidence() < up.confidence());
        assert_eq!(
            (found.answered, found.abstained, found.updated_at),
            (1, 0, now)
        );
        let missed = abstained(found, now);
        assert_eq!((missed.answered, missed.abstained), (1, 1));
        assert!((missed.confidence() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_request_falls_in_the_domain_that_it_is_about() {
        let table = StaticTable::shipped().unwrap();
        let expertise = [
            "insomnia and sleep",
            "worry and rumination",
            "exposure to fears",
        ]
        .map(str::to_owned);
        let of = |text: &str| nearest(&expertise, &table.embed(text), &[], &table);
        assert_eq!(
            of("I lie awake and cannot sleep"),
            Some("insomnia and sleep")
        );
        assert_eq!(of("I keep worrying all day"), Some("worry and rumination"));
        assert_eq!(of(""), None);
    }
}
