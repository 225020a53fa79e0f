//! Claims of a client's sentences, and which of two gainsays or replaces the other.
//!
//! A claim is read by rules: who, what, said or denied, how firmly, of when. Its words are those of
//! the sentence and their bytes are kept. Two claims are compared by their content after antonyms are
//! read as denials; nothing is inferred. "Nothing found" means that no rule fired, not that two
//! sentences agree, and nothing here says which of two is true.

mod compare;
mod lexicon;
mod sentence;

pub use compare::{Relation, relation};

use std::collections::BTreeSet;

/// Whether a claim says or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// It is so.
    Said,
    /// It is not so.
    Denied,
}

impl Polarity {
    fn flipped(self) -> Self {
        match self {
            Self::Said => Self::Denied,
            Self::Denied => Self::Said,
        }
    }
}

/// How firmly a claim is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modality {
    /// As a fact.
    Asserted,
    /// As a wish: "I want to …".
    Desired,
    /// Doubtful, conditional, partial ("not always") or another's words: never compared.
    Open,
}

/// Of when a claim speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTime {
    /// Words of time: days, months, years, "last week".
    pub named: BTreeSet<String>,
    /// Said to be over: "used to", "no longer".
    pub former: bool,
    /// Said to be a change: "now", "again", "moved", "stopped".
    pub change: bool,
    /// Told in the past.
    pub past: bool,
}

/// One claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Of whom, in lower case; `i` for the client.
    pub subject: String,
    /// What is said of the subject: stems of content words, antonyms under one name.
    pub content: BTreeSet<String>,
    /// Numbers in it.
    pub numbers: BTreeSet<String>,
    /// Attributes that have one value at a time, with the value claimed.
    pub attributes: Vec<(&'static str, &'static str)>,
    /// Said or denied.
    pub polarity: Polarity,
    /// How firmly.
    pub modality: Modality,
    /// Of when.
    pub time: EventTime,
    /// First byte of the sentence in the text.
    pub byte_start: usize,
    /// First byte after it.
    pub byte_end: usize,
}

/// The claims of a text, one a sentence; questions make none.
#[must_use]
pub fn claims(text: &str) -> Vec<Claim> {
    super::reading::read(text)
        .iter()
        .filter_map(sentence::claim)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(text: &str) -> Claim {
        claims(text).remove(0)
    }

    #[test]
    fn a_claim_keeps_its_bytes() {
        let text = "Hello there. I don’t live in Leeds any more.";
        let found = claims(text).pop().unwrap();
        assert_eq!(
            &text[found.byte_start..found.byte_end],
            "I don’t live in Leeds any more."
        );
        assert_eq!(found.subject, "i");
        assert_eq!(found.polarity, Polarity::Denied);
        assert!(found.time.change);
    }

    #[test]
    fn questions_and_doubts_are_no_assertions() {
        assert!(claims("Do I love him?").is_empty());
        assert_eq!(claim("Maybe I hate my job.").modality, Modality::Open);
        assert_eq!(claim("I want to learn Greek.").modality, Modality::Desired);
        assert_eq!(claim("I am not always late.").modality, Modality::Open);
    }

    #[test]
    fn antonyms_are_denials_of_each_other() {
        let (love, hate) = (claim("I love my job."), claim("I hate my job."));
        assert_eq!(love.content, hate.content);
        assert_ne!(love.polarity, hate.polarity);
    }
}
