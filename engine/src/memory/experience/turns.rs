//! The turns of one scope with all that can be known of them before a question is asked.

use std::collections::BTreeMap;

use unicode_segmentation::UnicodeSegmentation;

use super::lexicon::{Lexicon, TermId};
use crate::domain::id::{ExperienceId, SessionId};
use crate::domain::memory::Experience;
use crate::domain::text;
use crate::memory::embed::Embedder;

/// What is computed of an experience before any lock is taken.
#[derive(Debug, Clone)]
pub(in crate::memory) struct Prepared {
    pub(super) experience: Experience,
    /// The terms of words and caption, in order.
    said: Vec<String>,
    /// Terms that stand in capitals inside a sentence: names, as a rule.
    names: Vec<String>,
    vector: Vec<f32>,
    shape: Shape,
}

/// What can be seen of a turn without a question.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    /// Words, of the text alone.
    pub(super) words: usize,
    /// Whether a sentence of it ends with a question mark.
    pub(super) asks: bool,
    /// Whether it speaks of a time.
    pub(super) tells_time: bool,
}

/// Words that place something in time. Of weekdays and months the stems that [`text::terms`] makes.
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "ago", "april", "august", "birthday", "centuri", "christma", "daili", "date", "day", "decad",
    "decemb", "earli", "earlier", "easter", "even", "februari", "fortnight", "friday", "holiday",
    "hour", "januari", "juli", "june", "last", "late", "later", "march", "midnight", "minut",
    "monday", "month", "morn", "next", "night", "noon", "novemb", "octob", "recent", "saturday",
    "season", "second", "septemb", "soon", "spring", "summer", "sunday", "thursday", "today",
    "tomorrow", "tonight", "tuesday", "wednesday", "week", "weekend", "winter", "year", "yesterday",
];

impl Prepared {
    pub(in crate::memory) fn new(experience: Experience, embedder: &dyn Embedder) -> Self {
        let origin = &experience.origin;
        let whole = match &origin.caption {
            Some(caption) => format!("{} {caption}", experience.text),
            None => experience.text.clone(),
        };
        let said = text::terms(&whole);
        let shape = Shape {
            words: text::word_count(&experience.text),
            asks: experience.text.contains(['?', '？']),
            tells_time: text::terms(&experience.text).iter().any(|t| is_time(t)),
        };
        Self {
            names: names(&experience.text),
            vector: embedder.embed(&whole).as_slice().to_vec(),
            said,
            shape,
            experience,
        }
    }
}

/// Whether a term places something in time; a number between 1 and 2999 may be a day or a year.
pub(super) fn is_time(term: &str) -> bool {
    TIMES.binary_search(&term).is_ok()
        || (term.len() <= 4 && term.parse::<u16>().is_ok_and(|n| (1..3000).contains(&n)))
}

/// The terms of words with a capital that do not begin a sentence.
fn names(words: &str) -> Vec<String> {
    let mut names = Vec::new();
    for sentence in text::sentences(words) {
        let inner = words[sentence].unicode_words().skip(1);
        let capital = |word: &&str| {
            word.chars().next().is_some_and(char::is_uppercase) && word.chars().nth(1).is_some()
        };
        names.extend(inner.filter(capital).flat_map(text::terms));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// One turn.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) experience: Experience,
    pub(super) shape: Shape,
    /// Who speaks, as a place in [`Turns::speakers`].
    pub(super) speaker: Option<usize>,
    /// The terms it says, in order.
    pub(super) said: Vec<TermId>,
    /// Names it mentions.
    pub(super) names: Vec<TermId>,
}

/// Somebody who speaks.
#[derive(Debug)]
pub(super) struct Speaker {
    /// The name in lower case.
    pub(super) name: String,
    /// Its terms.
    pub(super) terms: Vec<String>,
}

/// The turns of one scope.
#[derive(Debug)]
pub(super) struct Turns {
    dimensions: usize,
    pub(super) turns: Vec<Turn>,
    places: BTreeMap<ExperienceId, usize>,
    /// Each session's turns in the order in which they were said. Sessions are walked in the order
    /// of their ids, so that no order of inserts changes a sum.
    pub(super) sessions: BTreeMap<SessionId, Vec<usize>>,
    pub(super) lexicon: Lexicon,
    pub(super) speakers: Vec<Speaker>,
    /// The vectors of the turns one after another.
    vectors: Vec<f32>,
}

impl Turns {
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            turns: Vec::new(),
            places: BTreeMap::new(),
            sessions: BTreeMap::new(),
            lexicon: Lexicon::default(),
            speakers: Vec::new(),
            vectors: Vec::new(),
        }
    }

    /// Adds a turn; one that is there already changes nothing.
    pub(super) fn add(&mut self, prepared: Prepared) {
        let Prepared {
            experience,
            said,
            names,
            vector,
            shape,
        } = prepared;
        if self.places.contains_key(&experience.id) {
            return;
        }
        let slot = self.turns.len();
        let said = self.lexicon.add(slot, &said);
        let names = names.iter().filter_map(|name| self.lexicon.id(name));
        let turn = Turn {
            shape,
            speaker: experience.origin.speaker.as_deref().map(|name| {
                let name = name.to_lowercase();
                let known = self.speakers.iter().position(|s| s.name == name);
                known.unwrap_or_else(|| {
                    let terms = text::terms(&name);
                    self.speakers.push(Speaker { name, terms });
                    self.speakers.len() - 1
                })
            }),
            said,
            names: names.collect(),
            experience,
        };
        self.vectors.extend(padded(vector, self.dimensions));
        self.places.insert(turn.experience.id.clone(), slot);
        let session = turn.experience.session.clone();
        self.turns.push(turn);
        let order = |turns: &[Turn], slot: usize| {
            let said = &turns[slot].experience;
            (said.origin.seq, said.created_at, said.id.clone())
        };
        let list = self.sessions.entry(session).or_default();
        let own = order(&self.turns, slot);
        let at = list.partition_point(|other| order(&self.turns, *other) < own);
        list.insert(at, slot);
    }

    /// Removes every turn that `which` names, its words included.
    pub(super) fn forget(&mut self, which: impl Fn(&Experience) -> bool) {
        if !self.turns.iter().any(|turn| which(&turn.experience)) {
            return;
        }
        let old = std::mem::replace(self, Self::new(self.dimensions));
        for (slot, turn) in old.turns.iter().enumerate() {
            if which(&turn.experience) {
                continue;
            }
            let term = |id: &TermId| old.lexicon.term(*id).to_owned();
            self.add(Prepared {
                said: turn.said.iter().map(term).collect(),
                names: turn.names.iter().map(term).collect(),
                vector: old.vector(slot).to_vec(),
                shape: turn.shape,
                experience: turn.experience.clone(),
            });
        }
    }

    pub(super) fn len(&self) -> usize {
        self.turns.len()
    }

    /// The vector of a turn.
    pub(super) fn vector(&self, slot: usize) -> &[f32] {
        let from = slot * self.dimensions;
        self.vectors
            .get(from..from + self.dimensions)
            .unwrap_or_default()
    }

    /// Where an experience stands.
    pub(super) fn slot(&self, id: &ExperienceId) -> Option<usize> {
        self.places.get(id).copied()
    }
}

/// Exactly `dimensions` values: vectors of another space count as nothing.
fn padded(values: Vec<f32>, dimensions: usize) -> Vec<f32> {
    if values.len() == dimensions {
        values
    } else {
        vec![0.0; dimensions]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::MessageId;
    use crate::domain::memory::{ExperienceKind, MemoryScope, Origin};
    use crate::domain::persona::PersonaKey;
    use crate::memory::embed::StaticTable;

    #[test]
    fn a_forgotten_session_leaves_no_word_and_no_speaker() {
        let table = StaticTable::shipped().unwrap();
        let mut turns = Turns::new(table.dimensions());
        for (session, speaker, text) in [("a", "Ann", "A canary sings."), ("b", "Bo", "It rains.")]
        {
            let experience = Experience {
                id: ExperienceId::derived(text.as_bytes()),
                scope: MemoryScope {
                    tenant: "acme".parse().unwrap(),
                    client: "ann".parse().unwrap(),
                    persona: PersonaKey {
                        owner: "acme".parse().unwrap(),
                        id: "guide".parse().unwrap(),
                    },
                },
                session: SessionId::derived(session.as_bytes()),
                message: MessageId::derived(text.as_bytes()),
                text: text.to_owned(),
                origin: Origin {
                    speaker: Some(speaker.to_owned()),
                    ..Origin::unknown()
                },
                topics: Vec::new(),
                affect: 0.0,
                importance: 0.5,
                kind: ExperienceKind::Exchange,
                created_at: jiff::Timestamp::UNIX_EPOCH,
            };
            turns.add(Prepared::new(experience, &table));
        }
        let kept = turns.vector(1).to_vec();
        turns.forget(|turn| turn.session == SessionId::derived(b"a"));
        assert_eq!((turns.len(), turns.vector(0)), (1, kept.as_slice()));
        assert!(turns.lexicon.id("canari").is_none() && turns.lexicon.id("rain").is_some());
        let speakers: Vec<&str> = turns.speakers.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(speakers, ["bo"]);
    }

    #[test]
    fn times_are_sorted_stems() {
        assert!(TIMES.is_sorted());
        let said = text::terms("Last Tuesday, in January, two weeks ago, at Christmas in 2023");
        let times: Vec<_> = said.iter().filter(|term| is_time(term)).collect();
        assert_eq!(
            times,
            [
                "last", "tuesday", "januari", "week", "ago", "christma", "2023"
            ]
        );
    }

    #[test]
    fn names_are_capitals_inside_sentences() {
        assert_eq!(
            names("We met Ann in Lisbon. She sings. I liked it."),
            ["ann", "lisbon"]
        );
    }
}
