//! Which of two claims gainsays or replaces the other.

use serde::{Deserialize, Serialize};

use super::{Claim, Modality, Polarity, claims};

/// What the rules find between two claims, the first said before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Both cannot be so at once.
    Contradiction,
    /// The second tells of a change: the first was so and is no more.
    Supersession,
    /// No rule fired. This does not say that they agree.
    NothingFound,
}

/// What the rules find between two texts, sentence by sentence; a contradiction goes before a change.
#[must_use]
pub fn relation(earlier: &str, later: &str) -> Relation {
    let later = claims(later);
    let found: Vec<Relation> = claims(earlier)
        .iter()
        .flat_map(|a| later.iter().map(move |b| between(a, b)))
        .collect();
    [Relation::Contradiction, Relation::Supersession]
        .into_iter()
        .find(|relation| found.contains(relation))
        .unwrap_or(Relation::NothingFound)
}

fn between(a: &Claim, b: &Claim) -> Relation {
    if a.modality == Modality::Open || b.modality == Modality::Open || a.modality != b.modality {
        return Relation::NothingFound;
    }
    let changed = b.time.change || a.time.former || b.time.former;
    let gainsaid = attributes_differ(a, b)
        || a.subject == b.subject
            && (polarity_differs(a, b, changed)
                || numbers_differ(a, b)
                || places_differ(a, b, changed));
    match (gainsaid, changed) {
        (true, true) => Relation::Supersession,
        (true, false) => Relation::Contradiction,
        (false, _) => Relation::NothingFound,
    }
}

fn attributes_differ(a: &Claim, b: &Claim) -> bool {
    let same_value = a
        .attributes
        .iter()
        .any(|entry| b.attributes.contains(entry));
    !same_value
        && a.attributes
            .iter()
            .any(|(name, _)| b.attributes.iter().any(|(other, _)| name == other))
        && a.time.named.is_disjoint(&b.time.named)
            == (a.time.named.is_empty() || b.time.named.is_empty() || b.time.change)
}

/// One denies what the other says. What is denied in general is denied in each case, not the other
/// way round: "I don't drink" gainsays "I drink wine", "I don't drink wine" does not gainsay "I drink
/// tea".
fn polarity_differs(a: &Claim, b: &Claim, changed: bool) -> bool {
    if a.polarity == b.polarity {
        return false;
    }
    let (said, denied) = match a.polarity {
        Polarity::Said => (a, b),
        Polarity::Denied => (b, a),
    };
    if denied.content.is_empty() || said.content.is_empty() {
        return false;
    }
    let within = denied.content.is_subset(&said.content);
    let around = changed && said.content.is_subset(&denied.content);
    let same_time = changed || denied.time.named.is_empty() || denied.time.named == said.time.named;
    (within || around) && same_time
}

/// The same is said with another number.
fn numbers_differ(a: &Claim, b: &Claim) -> bool {
    a.polarity == b.polarity
        && !a.numbers.is_empty()
        && !b.numbers.is_empty()
        && a.numbers != b.numbers
        && a.content == b.content
        && without_numbers(a) == without_numbers(b)
}

fn without_numbers(claim: &Claim) -> Vec<&String> {
    claim
        .time
        .named
        .iter()
        .filter(|word| !claim.numbers.contains(*word))
        .collect()
}

/// Somebody lives, or works, at one place and then another.
fn places_differ(a: &Claim, b: &Claim, changed: bool) -> bool {
    let lives = |claim: &Claim| claim.content.contains("live");
    changed
        && lives(a)
        && a.polarity == Polarity::Said
        && b.polarity == Polarity::Said
        && (lives(b) || b.content.len() == 1 && b.time.change)
        && a.content.difference(&b.content).any(|word| word != "live")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions() {
        for (a, b) in [
            ("I sleep well.", "I never sleep."),
            ("I don't smoke.", "I smoke a pack a day."),
            ("I love my job.", "I hate my job."),
            ("I have two children.", "I have three children."),
            ("I feel safe at home.", "I don’t feel safe at home."),
        ] {
            assert_eq!(relation(a, b), Relation::Contradiction, "{a} {b}");
        }
    }

    #[test]
    fn supersessions() {
        for (a, b) in [
            ("I live in Leeds.", "I moved to York last month."),
            ("I smoke.", "I quit smoking in March."),
            ("I used to hate running.", "I love running now."),
            ("I'm single.", "I got married in June."),
        ] {
            assert_eq!(relation(a, b), Relation::Supersession, "{a} {b}");
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is_gainsaid() {
        for (a, b) in [
            ("I like coffee.", "I don't like tea."),
            ("I might quit my job.", "I haven't quit my job."),
            ("I'm not always late.", "I'm late sometimes."),
            ("I'm not rich.", "I'm not poor."),
            ("My brother doesn't trust me.", "I trust my brother."),
            ("I sleep well.", "My sister bought a car."),
        ] {
            assert_eq!(relation(a, b), Relation::NothingFound, "{a} {b}");
        }
    }
}
