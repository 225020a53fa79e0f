//! Second stage: how the words are meant, after the manner of `NegEx` and `ConText`.

use std::sync::LazyLock;

use super::super::phrase::Phrase;
use super::super::reading::{Sentence, entries};
use super::phrases::Hit;
use super::tokens::Token;

/// How words are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    Present,
    Negated,
    Historical,
    Hypothetical,
    OtherPerson,
    Idiom,
    Quotation,
}

impl Assertion {
    /// The name in a finding.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Negated => "negated",
            Self::Historical => "historical",
            Self::Hypothetical => "hypothetical",
            Self::OtherPerson => "other_person",
            Self::Idiom => "idiom",
            Self::Quotation => "quotation",
        }
    }

    /// The assertion of that name, of those that a phrase family may have by default.
    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Present, Self::Historical, Self::OtherPerson]
            .into_iter()
            .find(|a| a.as_str() == name)
    }

    /// The severity of a finding so meant; at least 1.
    pub(super) fn lower(self, severity: u8) -> u8 {
        let lowered = match self {
            Self::Present => severity,
            Self::Hypothetical | Self::OtherPerson => severity.saturating_sub(1),
            Self::Historical => severity.saturating_sub(2),
            Self::Quotation => severity.saturating_sub(3),
            Self::Negated | Self::Idiom => 1,
        };
        lowered.max(1)
    }
}

const NEGATORS: [&str; 27] = [
    "not", "dont", "didnt", "doesnt", "never", "no", "wont", "wouldnt", "isnt", "arent", "wasnt",
    "werent", "aint", "cant", "cannot", "couldnt", "havent", "hasnt", "hadnt", "shouldnt",
    "without", "nor", "neither", "hardly", "denied", "deny", "none",
];

/// After a negator these turn it into no negation of what follows.
const UNNEGATING: [&str; 12] = [
    "stop", "help", "only", "sure", "wait", "know", "take", "stand", "care", "bear", "cope",
    "resist",
];

/// Before a new "I" these carry a negation on: "I don't think I want to".
const CARRYING: [&str; 10] = [
    "think", "feel", "like", "that", "mean", "say", "believe", "said", "suppose", "means",
];

const CLAUSE_STARTS: [&str; 8] = [
    "and", "but", "so", "because", "cause", "then", "though", "or",
];

const FIRST_PERSON: [&str; 9] = ["i", "im", "ive", "id", "ill", "me", "we", "were", "myself"];

const OTHERS: [&str; 57] = [
    "he",
    "she",
    "they",
    "hes",
    "shes",
    "theyre",
    "someone",
    "somebody",
    "people",
    "who",
    "brother",
    "sister",
    "mother",
    "mum",
    "mom",
    "father",
    "dad",
    "son",
    "daughter",
    "friend",
    "friends",
    "husband",
    "wife",
    "partner",
    "boyfriend",
    "girlfriend",
    "colleague",
    "coworker",
    "neighbour",
    "neighbor",
    "uncle",
    "aunt",
    "cousin",
    "client",
    "patient",
    "patients",
    "boss",
    "teacher",
    "student",
    "students",
    "man",
    "woman",
    "guy",
    "girl",
    "boy",
    "kid",
    "child",
    "grandfather",
    "grandmother",
    "grandpa",
    "grandma",
    "nephew",
    "niece",
    "ex",
    "flatmate",
    "roommate",
    "classmate",
];

const FICTION: [&str; 16] = [
    "film",
    "movie",
    "book",
    "novel",
    "song",
    "lyrics",
    "episode",
    "character",
    "series",
    "podcast",
    "documentary",
    "article",
    "poem",
    "play",
    "show",
    "game",
];

/// Categories in which somebody else acts by nature.
const ACTED_BY_OTHERS: [&str; 3] = ["abuse", "minors", "psychosis"];

const PAST_CUES: [&str; 17] = [
    "used to",
    "years|year|decades|months ago",
    "a while ago",
    "back then",
    "in the past",
    "when i was",
    "when we were",
    "as a child|kid|teenager|teen|student|boy|girl",
    "in my teens|twenties|thirties|childhood|youth",
    "growing up",
    "at the time",
    "last year",
    "once",
    "previously",
    "at|in school|university|college",
    "before i|we met|moved|started|came",
    "since? my? past",
];

const RECENT_CUES: [&str; 18] = [
    "still",
    "again",
    "now",
    "tonight",
    "today",
    "yesterday",
    "lately",
    "recently",
    "currently",
    "these days",
    "this week|morning|month|evening|afternoon",
    "last night|week|weekend|month",
    "every day|night|time",
    "keep|keeps",
    "just",
    "right now",
    "days ago",
    "an? hour|hours ago",
];

static IDIOMS: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    entries(include_str!("../../../data/risk/idioms_en.txt"))
        .map(Phrase::new)
        .collect()
});
static PAST: LazyLock<Vec<Phrase>> =
    LazyLock::new(|| PAST_CUES.iter().map(|cue| Phrase::new(cue)).collect());
static RECENT: LazyLock<Vec<Phrase>> =
    LazyLock::new(|| RECENT_CUES.iter().map(|cue| Phrase::new(cue)).collect());

/// How the words of `hit` are meant.
pub(super) fn of(
    sentence: &Sentence<'_>,
    tokens: &[Token],
    words: &[&str],
    hit: &Hit,
    start: usize,
) -> Assertion {
    let clause = clause_start(tokens, words, hit.first);
    if is_idiom(words, hit) {
        return Assertion::Idiom;
    }
    let subject = subject(words, clause, hit);
    if is_quoted(sentence, words, hit, start) {
        return Assertion::Quotation;
    }
    if is_negated(words, clause, hit) {
        return Assertion::Negated;
    }
    let by_others = ACTED_BY_OTHERS.contains(&hit.family.category.as_str());
    if !by_others && (subject == Subject::Other || hit.family.default == Assertion::OtherPerson) {
        return Assertion::OtherPerson;
    }
    let recent = RECENT.iter().any(|cue| cue.find(words).is_some());
    let past = PAST.iter().any(|cue| cue.find(words).is_some())
        || words.iter().any(|word| is_past_year(word));
    if !recent && (past || hit.family.default == Assertion::Historical) {
        return Assertion::Historical;
    }
    if is_hypothetical(words, clause, hit.first) {
        Assertion::Hypothetical
    } else {
        Assertion::Present
    }
}

/// Four digits that name a year of the past century or this one.
fn is_past_year(word: &str) -> bool {
    word.len() == 4
        && word
            .parse::<u16>()
            .is_ok_and(|year| (1920..2025).contains(&year))
}

fn clause_start(tokens: &[Token], words: &[&str], first: usize) -> usize {
    (1..=first)
        .rev()
        .find_map(|at| {
            let marked = tokens.get(at).is_some_and(|token| token.after_mark);
            let joined = words
                .get(at)
                .is_some_and(|word| CLAUSE_STARTS.contains(word));
            if marked {
                Some(at)
            } else if joined && at < first {
                Some(at + 1)
            } else {
                None
            }
        })
        .unwrap_or(0)
}

fn is_idiom(words: &[&str], hit: &Hit) -> bool {
    IDIOMS.iter().any(|idiom| {
        (0..hit.end).any(|at| idiom.match_at(words, at).is_some_and(|end| end > hit.first))
    })
}

fn is_negated(words: &[&str], clause: usize, hit: &Hit) -> bool {
    let from = clause.max(hit.first.saturating_sub(8));
    let negators = (from..hit.first)
        .filter(|at| negates(words, *at, hit))
        .count();
    // Two negations make a statement.
    negators % 2 == 1
}

fn negates(words: &[&str], at: usize, hit: &Hit) -> bool {
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    if !NEGATORS.contains(&word(at)) || UNNEGATING.contains(&word(at + 1)) {
        return false;
    }
    // "never wanted it so much" says how much, not that it is not so.
    if word(at) == "never"
        && (hit.end..hit.end + 3).any(|p| matches!(word(p), "so" | "more" | "this"))
    {
        return false;
    }
    let new_subject = (at + 1..hit.first).find(|p| matches!(word(*p), "i" | "im" | "id" | "ive"));
    new_subject.is_none_or(|p| CARRYING.contains(&word(p - 1)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Client,
    Other,
    Unnamed,
}

/// Who the nearest person before the phrase in its clause is.
fn subject(words: &[&str], clause: usize, hit: &Hit) -> Subject {
    let own = words.get(hit.first..hit.end).unwrap_or_default();
    if own
        .iter()
        .any(|word| matches!(*word, "i" | "my" | "myself" | "self" | "me"))
    {
        return Subject::Client;
    }
    let nearest = (clause..hit.first)
        .rev()
        .find_map(|at| match words.get(at) {
            Some(word) if FIRST_PERSON.contains(word) => Some(Subject::Client),
            Some(word) if OTHERS.contains(word) => Some(Subject::Other),
            _ => None,
        });
    nearest.unwrap_or_else(|| {
        let before = words.get(..hit.first).unwrap_or_default();
        let client = words.iter().any(|word| FIRST_PERSON.contains(word));
        let other = before.iter().any(|word| OTHERS.contains(word));
        if other && !client {
            Subject::Other
        } else {
            Subject::Unnamed
        }
    })
}

/// Words between quotation marks that somebody else said, or of a work of fiction.
fn is_quoted(sentence: &Sentence<'_>, words: &[&str], hit: &Hit, start: usize) -> bool {
    let before = sentence
        .text
        .get(..start - sentence.start)
        .unwrap_or_default();
    let marks = before
        .chars()
        .filter(|c| matches!(c, '"' | '“' | '”' | '«' | '»'))
        .count();
    let earlier = words.get(..hit.first).unwrap_or_default();
    let other = earlier.iter().any(|word| OTHERS.contains(word));
    let fiction = words.iter().any(|word| FICTION.contains(word));
    let own = earlier
        .iter()
        .any(|word| matches!(*word, "i" | "im" | "ive" | "id"));
    let inside = marks % 2 == 1;
    inside && (other || fiction) || fiction && !own
}

fn is_hypothetical(words: &[&str], clause: usize, first: usize) -> bool {
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    let cue = (clause..first).rev().find(|at| {
        let plain = matches!(word(*at), "if" | "unless" | "suppose" | "imagine");
        let likeness = at
            .checked_sub(1)
            .is_some_and(|p| matches!(word(p), "as" | "like"));
        plain && !likeness
            || word(*at) == "case" && at.checked_sub(1).is_some_and(|p| word(p) == "in")
    });
    // "If she leaves I will": the condition is imagined, the intention is not.
    cue.is_some_and(|at| {
        !(at..first).any(|p| {
            matches!(
                word(p),
                "ill" | "will" | "gonna" | "going" | "want" | "wanna"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowering_never_drops() {
        for severity in 1..=6 {
            for assertion in [
                Assertion::Present,
                Assertion::Negated,
                Assertion::Historical,
                Assertion::Hypothetical,
                Assertion::OtherPerson,
                Assertion::Idiom,
                Assertion::Quotation,
            ] {
                assert!((1..=severity).contains(&assertion.lower(severity)));
            }
        }
    }
}
