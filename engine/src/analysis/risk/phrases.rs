//! First stage: which phrase families stand in a sentence.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::assertion::Assertion;
use super::pattern::{Classes, Lexicon, Pattern, sections};

/// Phrases that mean the same kind of risk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// E.g. `active_ideation`.
    pub(super) category: &'static str,
    severity: u8,
    rule: &'static str,
    /// How the phrase is meant when nothing around it says otherwise.
    pub(super) default: Assertion,
}

/// A phrase found at the words `first..end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) family: &'static Family,
    pub(super) first: usize,
    pub(super) end: usize,
}

/// Everything that the lists say, compiled once.
struct Rules {
    lexicon: Lexicon,
    families: Vec<Family>,
    /// The patterns with the place of their family.
    patterns: Vec<(usize, Pattern)>,
    /// Which patterns can begin with a word.
    starting: HashMap<u16, Vec<usize>>,
    /// Phrases and cues of the second stage, by their heading.
    cues: HashMap<&'static str, Vec<Pattern>>,
    unread: Vec<&'static str>,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let (classes, mut unread) = Classes::read(include_str!("../../../data/risk/classes_en.txt"));
    let mut lexicon = Lexicon::default();
    let mut rules = Rules {
        lexicon: Lexicon::default(),
        families: Vec::new(),
        patterns: Vec::new(),
        starting: HashMap::new(),
        cues: HashMap::new(),
        unread: Vec::new(),
    };
    let list = include_str!("../../../data/risk/phrases_en.txt");
    let (phrases, not_phrases) = sections(list, &classes, &mut lexicon);
    for (head, patterns) in phrases {
        let Some(family) = family(head) else {
            unread.push(head);
            continue;
        };
        for pattern in patterns {
            let place = rules.patterns.len();
            for word in pattern.beginnings() {
                rules.starting.entry(word).or_default().push(place);
            }
            rules.patterns.push((rules.families.len(), pattern));
        }
        rules.families.push(family);
    }
    for list in [
        include_str!("../../../data/risk/idioms_en.txt"),
        include_str!("../../../data/risk/cues_en.txt"),
    ] {
        let (cues, not_cues) = sections(list, &classes, &mut lexicon);
        for (head, patterns) in cues {
            rules.cues.entry(head).or_default().extend(patterns);
        }
        unread.extend(not_cues);
    }
    unread.extend(not_phrases);
    rules.lexicon = lexicon;
    rules.unread = unread;
    rules
});

/// Means of suicide; they raise the severity of thoughts of it.
const MEANS: [&str; 24] = [
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
    "shotgun",
    "paracetamol",
    "helium",
    "exhaust",
    "cliff",
    "belt",
];

/// Times near enough to act.
const SOON: [&str; 4] = ["tonight", "tomorrow", "today", "weekend"];

fn family(head: &'static str) -> Option<Family> {
    let mut fields = head.split_whitespace();
    Some(Family {
        category: fields.next()?,
        severity: fields
            .next()?
            .parse()
            .ok()
            .filter(|s| (1..=6).contains(s))?,
        rule: fields.next()?,
        default: Assertion::parse(fields.next()?)?,
    })
}

/// The words that the lists know.
pub(super) fn lexicon() -> &'static Lexicon {
    &RULES.lexicon
}

/// The patterns under a heading of the second stage's lists.
pub(super) fn cues(head: &str) -> &'static [Pattern] {
    RULES.cues.get(head).map(Vec::as_slice).unwrap_or_default()
}

/// Every family with the longest of its phrases at each place; `words` are numbers of the lexicon.
pub(super) fn hits(words: &[u16]) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for (first, word) in words.iter().enumerate() {
        let Some(places) = RULES.starting.get(word) else {
            continue;
        };
        let from = hits.len();
        for (family, pattern) in places.iter().filter_map(|place| RULES.patterns.get(*place)) {
            let Some(family) = RULES.families.get(*family) else {
                continue;
            };
            let Some(end) = pattern.match_at(words, first).filter(|end| *end > first) else {
                continue;
            };
            let here = hits.get_mut(from..).unwrap_or_default();
            match here.iter_mut().find(|hit| hit.family == family) {
                Some(hit) => hit.end = hit.end.max(end),
                None => hits.push(Hit { family, first, end }),
            }
        }
    }
    hits
}

/// Severity and rule of a hit, raised when means or a near time stand beside thoughts of suicide.
pub(super) fn escalate(hit: &Hit, words: &[&str]) -> (u8, String) {
    let mut severity = hit.family.severity;
    let mut rule = hit.family.rule.to_owned();
    if matches!(
        hit.family.category,
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
    fn every_line_of_the_lists_is_read() {
        assert!(RULES.unread.is_empty(), "{:?}", RULES.unread);
        assert!(RULES.families.len() >= 18 && RULES.patterns.len() > 500);
        for (place, family) in RULES.families.iter().enumerate() {
            assert!(
                RULES.patterns.iter().any(|(of, _)| *of == place),
                "{family:?}"
            );
        }
    }

    #[test]
    fn every_cue_that_is_asked_for_is_there() {
        for head in ["idiom", "quotation", "past", "recent", "denial", "negation"] {
            assert!(!cues(head).is_empty(), "{head}");
        }
    }

    #[test]
    fn means_and_time_raise_the_severity() {
        let words = ["i", "will", "kill", "myself", "tonight", "with", "pills"];
        let numbers: Vec<u16> = words.iter().map(|word| lexicon().get(word)).collect();
        let hit = *hits(&numbers)
            .iter()
            .find(|h| h.family.category == "active_ideation" && h.first == 2)
            .unwrap();
        assert_eq!(
            escalate(&hit, &words),
            (6, "thoughts_of_suicide+means+soon".to_owned())
        );
    }
}
