//! What a sentence is to a goal: the statement of one, the account of a deed, or neither.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::phrases::{
    ACHIEVEMENTS, INTENTIONS, LEADS, NEGATIONS, NO_INTENTION, NO_INTENTION_TO_BE, UNREAL,
};
use crate::analysis::phrase::Phrase;
use crate::analysis::reading::{Sentence, distinct_stems, is_irregular_past};
use crate::domain::analysis::GoalKind;

static INTENTION_PHRASES: LazyLock<Vec<(&'static str, GoalKind, Phrase)>> = LazyLock::new(|| {
    INTENTIONS
        .iter()
        .map(|(rule, kind, text)| (*rule, *kind, Phrase::new(text)))
        .collect()
});

static ACHIEVEMENT_PHRASES: LazyLock<Vec<Phrase>> =
    LazyLock::new(|| ACHIEVEMENTS.iter().map(|text| Phrase::new(text)).collect());

/// What a sentence is to a goal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::analysis) enum Intent {
    /// Nothing.
    #[default]
    None,
    /// It states something wished for or undertaken.
    Goal {
        /// Whether it is undertaken.
        commitment: bool,
        /// Which rule found it.
        rule: String,
        /// First byte of the phrase in the message.
        from: u32,
        /// First byte of what it is about.
        about: u32,
    },
    /// It tells of something done.
    Deed {
        /// Whether as of something achieved.
        achievement: bool,
    },
}

impl Intent {
    /// Whether the sentence matters more than others for it.
    pub(in crate::analysis) fn is_marked(&self) -> bool {
        matches!(self, Self::Goal { .. } | Self::Deed { achievement: true })
    }

    /// Whether it states a goal.
    pub(in crate::analysis) fn is_goal(&self) -> bool {
        matches!(self, Self::Goal { .. })
    }
}

/// What a sentence of the client is to a goal. One with a present risk never states one.
pub(in crate::analysis) fn intent(sentence: &Sentence<'_>, at_risk: bool) -> Intent {
    if at_risk || sentence.is_question() {
        return Intent::None;
    }
    let norms = sentence.norms();
    if let Some(found) = intention(sentence, &norms) {
        let refers_back = sentence.words.len() <= found.object;
        let first = if refers_back { 0 } else { found.object };
        let about = sentence.words.get(first..).unwrap_or_default();
        let byte = |at: usize| {
            sentence
                .words
                .get(at)
                .map_or(sentence.start, |word| word.start)
        };
        if distinct_stems(about).is_empty() {
            return Intent::None;
        }
        return Intent::Goal {
            commitment: found.kind == GoalKind::Commitment,
            rule: found.rule.to_owned(),
            from: number(byte(found.first)),
            about: number(byte(first)),
        };
    }
    if !tells_of_a_deed(&norms) {
        return Intent::None;
    }
    Intent::Deed {
        achievement: ACHIEVEMENT_PHRASES.iter().any(|p| p.find(&norms).is_some()),
    }
}

fn number(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

fn has(norms: &[&str], list: &[&str]) -> bool {
    norms.iter().any(|word| list.contains(word))
}

struct Intention {
    rule: &'static str,
    kind: GoalKind,
    /// Index of the first word after the phrase.
    object: usize,
    /// Index of the first word of the phrase.
    first: usize,
}

fn intention(sentence: &Sentence<'_>, norms: &[&str]) -> Option<Intention> {
    if has(norms, &UNREAL) {
        return None;
    }
    INTENTION_PHRASES.iter().find_map(|(rule, kind, phrase)| {
        let (first, object) = phrase.find(norms)?;
        let before = first.checked_sub(1).and_then(|at| norms.get(at));
        let marked = sentence
            .words
            .get(first)
            .is_some_and(|word| word.after_mark);
        let leads = marked || before.is_none_or(|word| LEADS.contains(word));
        let refers_back = phrase.vocabulary().any(|word| word == "that's");
        let real = match norms.get(object) {
            Some(&"be") => norms
                .get(object + 1)
                .is_some_and(|word| !word.ends_with("ing") && !NO_INTENTION_TO_BE.contains(word)),
            Some(next) => !NO_INTENTION.contains(next),
            None => false,
        };
        let found = Intention {
            rule,
            kind: *kind,
            object,
            first,
        };
        (leads && (real || refers_back)).then_some(found)
    })
}

/// Whether a sentence tells of something that its speaker did.
fn tells_of_a_deed(norms: &[&str]) -> bool {
    if has(norms, &NEGATIONS) || has(norms, &UNREAL) {
        return false;
    }
    norms.iter().enumerate().any(|(at, word)| {
        let subject = matches!(*word, "i" | "i've" | "ive" | "we" | "we've");
        subject && norms.iter().skip(at + 1).take(3).any(|verb| is_past(verb))
    })
}

fn is_past(word: &str) -> bool {
    is_irregular_past(word) || word.len() >= 5 && word.ends_with("ed") && !word.ends_with("eed")
}
