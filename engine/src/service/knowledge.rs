//! What a persona knows how well: how uses and reviews move it.

use jiff::Timestamp;

use crate::domain::memory::KnowledgeGain;
use crate::domain::persona::PersonaKey;

use super::core::Scope;

/// Nothing yet.
fn none(scope: &Scope, persona: &PersonaKey, domain: &str, now: Timestamp) -> KnowledgeGain {
    KnowledgeGain {
        tenant: scope.tenant.clone(),
        persona: persona.clone(),
        domain: domain.to_owned(),
        alpha: 0.0,
        beta: 0.0,
        answered: 0,
        abstained: 0,
        at: now,
    }
}

/// A request: an abstention is evidence against, a passage found is only counted. That it was found
/// does not show that it was right; a review does.
pub(super) fn use_of(
    scope: &Scope,
    persona: &PersonaKey,
    domain: &str,
    abstained: bool,
    now: Timestamp,
) -> KnowledgeGain {
    let mut gain = none(scope, persona, domain, now);
    if abstained {
        gain.abstained = 1;
        gain.beta = 1.0;
    } else {
        gain.answered = 1;
    }
    gain
}

/// A review of something that rested on the domain.
pub(super) fn review_of(
    scope: &Scope,
    persona: &PersonaKey,
    domain: &str,
    accepted: bool,
    now: Timestamp,
) -> KnowledgeGain {
    let mut gain = none(scope, persona, domain, now);
    if accepted {
        gain.alpha = 1.0;
    } else {
        gain.beta = 1.0;
    }
    gain
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::id::TenantId;

    #[test]
    fn abstentions_and_reviews_are_evidence_and_uses_are_counted() {
        let scope = Scope {
            tenant: "t".parse().unwrap(),
            phases: Arc::default(),
        };
        let persona = PersonaKey {
            owner: TenantId::shipped(),
            id: "therapist".parse().unwrap(),
        };
        let now = Timestamp::UNIX_EPOCH;
        let sums = |gain: KnowledgeGain| (gain.alpha, gain.beta, gain.answered, gain.abstained);
        let uses = |abstained| sums(use_of(&scope, &persona, "sleep", abstained, now));
        assert_eq!(
            (uses(false), uses(true)),
            ((0.0, 0.0, 1, 0), (0.0, 1.0, 0, 1))
        );
        let reviews = |accepted| sums(review_of(&scope, &persona, "sleep", accepted, now));
        assert_eq!(
            (reviews(true), reviews(false)),
            ((1.0, 0.0, 0, 0), (0.0, 1.0, 0, 0))
        );
    }
}
