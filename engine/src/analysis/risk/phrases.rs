//! First stage: which phrase families stand in a sentence.

use std::sync::LazyLock;

use super::super::phrase::Phrase;
use super::super::reading::entries;
use super::assertion::Assertion;

/// Phrases that mean the same kind of risk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// E.g. `active_ideation`.
    pub(super) category: String,
    severity: u8,
    rule: String,
    /// How the phrase is meant when nothing around it says otherwise.
    pub(super) default: Assertion,
    phrases: Vec<Phrase>,
}

/// A phrase found at the words `first..end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) family: &'static Family,
    pub(super) first: usize,
    pub(super) end: usize,
}

static FAMILIES: LazyLock<Vec<Family>> =
    LazyLock::new(|| families(include_str!("../../../data/risk/phrases_en.txt")).0);

/// Means of suicide; they raise the severity of thoughts of it.
const MEANS: [&str; 18] = [
    "pills",
    "tablets",
    "rope",
    "gun",
    "knife",
    "blade",
    "razor",
    "bridge",
    "train",
    "roof",
    "noose",
    "medication",
    "insulin",
    "poison",
    "rifle",
    "pistol",
    "bleach",
    "tracks",
];

/// Times near enough to act.
const SOON: [&str; 4] = ["tonight", "tomorrow", "today", "weekend"];

/// The families of a list, and the lines that could not be read.
fn families(list: &'static str) -> (Vec<Family>, Vec<&'static str>) {
    let mut families: Vec<Family> = Vec::new();
    let mut unread = Vec::new();
    for line in entries(list) {
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            match family(head) {
                Some(family) => families.push(family),
                None => unread.push(line),
            }
        } else if let Some(family) = families.last_mut() {
            family.phrases.push(Phrase::new(line));
        } else {
            unread.push(line);
        }
    }
    (families, unread)
}

fn family(head: &str) -> Option<Family> {
    let mut fields = head.split_whitespace();
    Some(Family {
        category: fields.next()?.to_owned(),
        severity: fields
            .next()?
            .parse()
            .ok()
            .filter(|s| (1..=6).contains(s))?,
        rule: fields.next()?.to_owned(),
        default: Assertion::parse(fields.next()?)?,
        phrases: Vec::new(),
    })
}

/// Every family with the first and longest of its phrases at each place.
pub(super) fn hits(words: &[&str]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for family in FAMILIES.iter() {
        for first in 0..words.len() {
            let end = family
                .phrases
                .iter()
                .filter_map(|p| p.match_at(words, first))
                .max();
            if let Some(end) = end.filter(|end| *end > first) {
                hits.push(Hit { family, first, end });
            }
        }
    }
    hits
}

/// Severity and rule of a hit, raised when means or a near time stand beside thoughts of suicide.
pub(super) fn escalate(hit: &Hit, words: &[&str]) -> (u8, String) {
    let mut severity = hit.family.severity;
    let mut rule = hit.family.rule.clone();
    if matches!(
        hit.family.category.as_str(),
        "passive_wish" | "active_ideation" | "suicide_plan"
    ) {
        for (list, name) in [(MEANS.as_slice(), "+means"), (SOON.as_slice(), "+soon")] {
            if words.iter().any(|word| list.contains(word)) {
                severity = (severity + 1).min(6);
                rule.push_str(name);
            }
        }
    }
    (severity, rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_read() {
        let (families, unread) = families(include_str!("../../../data/risk/phrases_en.txt"));
        assert!(unread.is_empty(), "{unread:?}");
        assert!(families.len() >= 15);
        assert!(families.iter().all(|family| !family.phrases.is_empty()));
    }

    #[test]
    fn phrases_have_no_apostrophes_and_no_capitals() {
        for family in FAMILIES.iter() {
            for word in family.phrases.iter().flat_map(Phrase::vocabulary) {
                assert!(word.chars().all(|c| c.is_ascii_lowercase()), "{word}");
            }
        }
    }

    #[test]
    fn means_and_time_raise_the_severity() {
        let words = ["i", "will", "kill", "myself", "tonight", "with", "pills"];
        let hit = *hits(&words)
            .iter()
            .find(|h| h.family.category == "active_ideation")
            .unwrap();
        assert_eq!(
            escalate(&hit, &words),
            (6, "thoughts_of_suicide+means+soon".to_owned())
        );
    }
}
