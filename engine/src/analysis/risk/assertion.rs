//! Second stage: how the words are meant, after the manner of `NegEx` and `ConText`.

use super::super::reading::Sentence;
use super::pattern::Pattern;
use super::phrases::{self, Hit};
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
const UNNEGATING: [&str; 24] = [
    "stop", "help", "only", "sure", "wait", "know", "take", "stand", "care", "bear", "cope",
    "resist", "promise", "told", "tell", "asked", "stopped", "quit", "imagine", "explain", "hide",
    "shake", "deny", "doubt",
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

/// A sentence as the rules of both stages see it.
pub(super) struct View<'s> {
    pub(super) sentence: &'s Sentence<'s>,
    pub(super) tokens: &'s [Token],
    /// Normal forms.
    pub(super) words: &'s [&'s str],
    /// Their numbers in the lexicon.
    pub(super) numbers: &'s [u16],
}

impl View<'_> {
    fn has(&self, cues: &str) -> bool {
        phrases::cues(cues)
            .iter()
            .any(|cue| cue.is_in(self.numbers))
    }
}

/// How the words of `hit` are meant.
pub(super) fn of(view: &View<'_>, hit: &Hit, start: usize) -> Assertion {
    let (tokens, words) = (view.tokens, view.words);
    let clause = clause_start(tokens, words, hit.first);
    if is_idiom(view, hit) {
        return Assertion::Idiom;
    }
    let subject = subject(words, clause, hit);
    if overlaps(phrases::cues("quotation"), view.numbers, hit)
        || is_quoted(view.sentence, words, hit, start)
    {
        return Assertion::Quotation;
    }
    if is_negated(view, clause, hit) {
        return Assertion::Negated;
    }
    let by_others = ACTED_BY_OTHERS.contains(&hit.family.category);
    if !by_others && (subject == Subject::Other || hit.family.default == Assertion::OtherPerson) {
        return Assertion::OtherPerson;
    }
    let past = view.has("past") || words.iter().any(|word| is_past_year(word));
    if !view.has("recent") && (past || hit.family.default == Assertion::Historical) {
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

fn overlaps(patterns: &[Pattern], numbers: &[u16], hit: &Hit) -> bool {
    patterns.iter().any(|pattern| {
        (0..hit.end).any(|at| {
            pattern
                .match_at(numbers, at)
                .is_some_and(|end| end > hit.first)
        })
    })
}

/// What names the client's own life or self is an idiom only where the idiom holds all of it: "my feet
/// are killing me", but not "I will kill myself".
fn is_idiom(view: &View<'_>, hit: &Hit) -> bool {
    let own = view.words.get(hit.first..hit.end).unwrap_or_default();
    let least_end = if own.contains(&"myself") || own.contains(&"life") {
        hit.end
    } else {
        hit.first + 1
    };
    phrases::cues("idiom").iter().any(|pattern| {
        (0..hit.end).any(|at| {
            pattern
                .match_at(view.numbers, at)
                .is_some_and(|end| end >= least_end)
        })
    })
}

fn is_negated(view: &View<'_>, clause: usize, hit: &Hit) -> bool {
    let from = clause.max(hit.first.saturating_sub(8));
    let negators = (from..hit.first)
        .filter(|at| negates(view.words, *at, hit))
        .count();
    // Two negations make a statement.
    if negators > 0 {
        return negators % 2 == 1;
    }
    let before = phrases::cues("negation").iter().any(|cue| {
        (from..hit.first).any(|at| {
            cue.match_at(view.numbers, at)
                .is_some_and(|end| end <= hit.first)
        })
    });
    let after = hit.end..(hit.end + 4).min(view.numbers.len());
    before
        || phrases::cues("denial").iter().any(|cue| {
            after
                .clone()
                .any(|at| cue.match_at(view.numbers, at).is_some())
        })
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
