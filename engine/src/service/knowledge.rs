//! What a persona knows how well: how uses and reviews move it.

use jiff::Timestamp;

use crate::domain::memory::KnowledgeDomain;
use crate::domain::persona::PersonaKey;

use super::core::Scope;

/// The prior: as much for as against, and little of both (Jeffreys' prior of a proportion).
const PRIOR: f64 = 0.5;

/// A domain of which nothing is known yet.
pub(super) fn fresh(
    scope: &Scope,
    persona: &PersonaKey,
    domain: &str,
    now: Timestamp,
) -> KnowledgeDomain {
    KnowledgeDomain {
        tenant: scope.tenant.clone(),
        persona: persona.clone(),
        domain: domain.to_owned(),
        alpha: PRIOR,
        beta: PRIOR,
        answered: 0,
        abstained: 0,
        updated_at: now,
    }
}

/// Counts a request: an abstention is evidence against, a passage found is only counted. That it
/// was found does not show that it was right; a review does.
pub(super) fn count(domain: &mut KnowledgeDomain, abstained: bool, now: Timestamp) {
    if abstained {
        domain.abstained += 1;
        domain.beta += 1.0;
    } else {
        domain.answered += 1;
    }
    domain.updated_at = now;
}

/// Takes in a review of something that rested on the domain.
pub(super) fn review(domain: &mut KnowledgeDomain, accepted: bool, now: Timestamp) {
    if accepted {
        domain.alpha += 1.0;
    } else {
        domain.beta += 1.0;
    }
    domain.updated_at = now;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::id::TenantId;

    #[test]
    fn confidence_starts_at_a_half_and_moves_with_abstentions_and_reviews() {
        let scope = Scope {
            tenant: "t".parse().unwrap(),
            phases: Arc::default(),
        };
        let persona = PersonaKey {
            owner: TenantId::shipped(),
            id: "therapist".parse().unwrap(),
        };
        let now = Timestamp::UNIX_EPOCH;
        let mut domain = fresh(&scope, &persona, "sleep", now);
        count(&mut domain, false, now);
        assert!((domain.confidence() - 0.5).abs() < 1e-12);
        review(&mut domain, true, now);
        assert!((domain.confidence() - 0.75).abs() < 1e-12);
        count(&mut domain, true, now);
        review(&mut domain, false, now);
        assert!((domain.confidence() - 0.375).abs() < 1e-12);
        assert_eq!((domain.answered, domain.abstained), (1, 1));
    }
}
