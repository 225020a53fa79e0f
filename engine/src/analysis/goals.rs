//! Goals and commitments by phrase, and what the client later said to have done.
//!
//! A goal is done when a later message has a sentence in the past, in the first person and without
//! negation that shares at least two stems with the goal, or its only one. Precision before recall:
//! what the rules do not recognise stays open.

use std::collections::VecDeque;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::phrase::Phrase;
use super::reading::{Sentence, distinct_stems, is_irregular_past, read};
use super::span::{MessageIds, Span};
use crate::domain::analysis::{Goal, GoalKind, GoalStatus, Strength};

const GOALS: usize = 12;
const ACCOUNTS: usize = 12;
const QUOTE_BYTES: usize = 180;

const INTENTIONS: [(&str, GoalKind, &str); 17] = [
    ("want_to", GoalKind::Goal, "i really? want|wanna to?"),
    (
        "would_like_to",
        GoalKind::Goal,
        "i'd|id really? like|love to",
    ),
    (
        "would_like_to",
        GoalKind::Goal,
        "i would really? like|love to",
    ),
    ("goal_is", GoalKind::Goal, "my|the goal|aim is|was to?"),
    (
        "goal_is",
        GoalKind::Goal,
        "that's|thats|that is my|the goal|aim",
    ),
    ("hope_to", GoalKind::Goal, "i hope|hoping to"),
    ("need_to", GoalKind::Goal, "i need to"),
    (
        "try_to",
        GoalKind::Commitment,
        "i'm|im going|gonna to? try to?",
    ),
    ("going_to", GoalKind::Commitment, "i'm|im going to"),
    ("going_to", GoalKind::Commitment, "i am going to"),
    ("going_to", GoalKind::Commitment, "i'm|im gonna"),
    ("will", GoalKind::Commitment, "i'll"),
    ("will", GoalKind::Commitment, "i will"),
    ("plan_to", GoalKind::Commitment, "i plan|intend|mean to"),
    ("plan_to", GoalKind::Commitment, "i'm|im planning to|on"),
    (
        "decided_to",
        GoalKind::Commitment,
        "i decided|promise|promised|agreed to",
    ),
    (
        "decided_to",
        GoalKind::Commitment,
        "i've|ive|i have? decided|promised|agreed to",
    ),
];

/// Words after an intention that make it none: manners of speaking, feelings, refusals.
const NO_INTENTION: [&str; 42] = [
    "a",
    "admit",
    "an",
    "ask",
    "believe",
    "cry",
    "describe",
    "die",
    "disappear",
    "explode",
    "feel",
    "go",
    "hardly",
    "hurt",
    "just",
    "kill",
    "know",
    "like",
    "lose",
    "me",
    "mean",
    "mention",
    "my",
    "need",
    "never",
    "no",
    "not",
    "only",
    "point",
    "probably",
    "regret",
    "say",
    "scream",
    "see",
    "tell",
    "that",
    "the",
    "think",
    "throw",
    "understand",
    "vanish",
    "you",
];

/// After "be" these make it none either: "I'll be honest".
const NO_INTENTION_TO_BE: [&str; 12] = [
    "able", "alone", "back", "clear", "dead", "fine", "frank", "gone", "honest", "late", "ok",
    "okay",
];

/// Words before an intention that leave it one: "the last thing I'm going to smell" is none.
const LEADS: [&str; 25] = [
    "actually",
    "also",
    "and",
    "because",
    "but",
    "friday",
    "honestly",
    "maybe",
    "monday",
    "now",
    "or",
    "so",
    "still",
    "sunday",
    "that",
    "then",
    "think",
    "thursday",
    "today",
    "tomorrow",
    "tonight",
    "tuesday",
    "week",
    "what",
    "wednesday",
];

/// Words that make a sentence no statement of a goal or of a deed.
const UNREAL: [&str; 11] = [
    "if",
    "unless",
    "wish",
    "wished",
    "imagine",
    "suppose",
    "would've",
    "should've",
    "could've",
    "almost",
    "nearly",
];

const NEGATIONS: [&str; 22] = [
    "not", "never", "no", "nothing", "nobody", "didn't", "didnt", "don't", "dont", "haven't",
    "havent", "hadn't", "couldn't", "couldnt", "can't", "cant", "wasn't", "won't", "wouldn't",
    "failed", "without", "neither",
];

const ACHIEVEMENTS: [&str; 12] = [
    "i managed to",
    "i've|ive managed to",
    "i did it",
    "i finally",
    "i've|ive finally",
    "i'm|im|i am? so? proud",
    "for the first time",
    "i was able to",
    "i got through",
    "i stood up",
    "i stuck to|with",
    "it worked",
];

static INTENTION_PHRASES: LazyLock<Vec<(&'static str, GoalKind, Phrase)>> = LazyLock::new(|| {
    INTENTIONS
        .iter()
        .map(|(rule, kind, text)| (*rule, *kind, Phrase::new(text)))
        .collect()
});

static ACHIEVEMENT_PHRASES: LazyLock<Vec<Phrase>> =
    LazyLock::new(|| ACHIEVEMENTS.iter().map(|text| Phrase::new(text)).collect());

/// A goal as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptGoal {
    /// The sentence.
    pub(super) span: Span,
    commitment: bool,
    rule: String,
    /// What it is about.
    pub(super) stems: Vec<String>,
    /// The later sentence that says that it was done.
    pub(super) done: Option<Span>,
}

impl KeptGoal {
    /// Wish or undertaking.
    pub(super) fn kind(&self) -> GoalKind {
        if self.commitment {
            GoalKind::Commitment
        } else {
            GoalKind::Goal
        }
    }
}

/// A sentence that tells of something done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Account {
    span: Span,
    achievement: bool,
}

/// A sentence that tells of something done, with what it is about.
#[derive(Debug)]
pub(super) struct Deed<'s> {
    /// The sentence.
    pub(super) span: &'s Span,
    stems: Vec<String>,
}

impl Deed<'_> {
    /// Whether it says that `goal`, of an earlier session, was done.
    pub(super) fn completes(&self, goal: &KeptGoal) -> bool {
        enough(&goal.stems, &self.stems)
    }
}

/// Bounded pools of goals and of accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct GoalPool {
    goals: VecDeque<KeptGoal>,
    accounts: VecDeque<Account>,
    seen: u32,
}

/// What a sentence is to this component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct GoalSighting {
    /// It states a goal or a commitment.
    pub(super) goal: bool,
    /// It tells of something achieved.
    pub(super) achievement: bool,
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

/// How many of the goal's stems the sentence must share.
fn enough(goal: &[String], said: &[String]) -> bool {
    let shared = goal.iter().filter(|stem| said.contains(stem)).count();
    shared >= 2 || shared == 1 && goal.len() == 1
}

impl GoalPool {
    /// Takes in one sentence of the client. A sentence with a present risk is never a goal.
    pub(super) fn step(
        &mut self,
        seq: u32,
        sentence: &Sentence<'_>,
        at_risk: bool,
    ) -> GoalSighting {
        if at_risk || sentence.is_question() {
            return GoalSighting::default();
        }
        let norms = sentence.norms();
        let found = intention(sentence, &norms);
        let deed = found.is_none() && tells_of_a_deed(&norms);
        let achievement = deed && ACHIEVEMENT_PHRASES.iter().any(|p| p.find(&norms).is_some());
        if deed {
            let stems = sentence.content_stems();
            let span = Span::of(seq, sentence, QUOTE_BYTES);
            for goal in self
                .goals
                .iter_mut()
                .filter(|g| g.done.is_none() && g.span.seq < seq)
            {
                if enough(&goal.stems, &stems) {
                    goal.done = Some(span.clone());
                }
            }
            if achievement || !stems.is_empty() {
                self.keep_account(Account { span, achievement });
            }
        }
        let goal = found.is_some_and(|intention| self.keep_goal(seq, sentence, &intention));
        GoalSighting { goal, achievement }
    }

    fn keep_goal(&mut self, seq: u32, sentence: &Sentence<'_>, found: &Intention) -> bool {
        let refers_back = sentence.words.len() <= found.object;
        let about = if refers_back {
            &sentence.words
        } else {
            sentence.words.get(found.object..).unwrap_or_default()
        };
        let stems: Vec<String> = distinct_stems(about).into_iter().take(8).collect();
        let from = match sentence.words.get(found.first) {
            Some(word) if sentence.text.len() > QUOTE_BYTES => word.start,
            _ => sentence.start,
        };
        let Some(text) = sentence.text.get(from - sentence.start..) else {
            return false;
        };
        if stems.is_empty() {
            return false;
        }
        self.seen += 1;
        // The same goal in other words: the first statement stays.
        if self
            .goals
            .iter()
            .any(|goal| goal.done.is_none() && goal.stems == stems)
        {
            return true;
        }
        if self.goals.len() >= GOALS {
            let oldest = self
                .goals
                .iter()
                .position(|goal| goal.done.is_some())
                .unwrap_or(0);
            self.goals.remove(oldest);
        }
        self.goals.push_back(KeptGoal {
            span: Span::clipped(seq, from, text, QUOTE_BYTES),
            commitment: found.kind == GoalKind::Commitment,
            rule: found.rule.to_owned(),
            stems,
            done: None,
        });
        true
    }

    fn keep_account(&mut self, account: Account) {
        if self.accounts.len() >= ACCOUNTS {
            let plain = self
                .accounts
                .iter()
                .position(|kept| !kept.achievement)
                .unwrap_or(0);
            self.accounts.remove(plain);
        }
        self.accounts.push_back(account);
    }

    /// The goals kept.
    pub(super) fn goals(&self) -> impl DoubleEndedIterator<Item = &KeptGoal> {
        self.goals.iter()
    }

    /// What the client told of having done, each with the stems of its content words.
    pub(super) fn deeds(&self) -> Vec<Deed<'_>> {
        let stems = |span: &Span| {
            let sentences = read(&span.text);
            sentences.iter().flat_map(Sentence::content_stems).collect()
        };
        self.accounts
            .iter()
            .map(|account| Deed {
                span: &account.span,
                stems: stems(&account.span),
            })
            .collect()
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        let goals = self
            .goals
            .iter()
            .flat_map(|g| std::iter::once(&g.span).chain(&g.done));
        goals.chain(self.accounts.iter().map(|account| &account.span))
    }

    /// Drops the accounts, to make room.
    pub(super) fn forget_accounts(&mut self) {
        self.accounts.clear();
    }

    /// The goals for a reader.
    pub(super) fn render(&self, ids: &MessageIds) -> Vec<Goal> {
        let show = |goal: &KeptGoal| {
            Some(Goal {
                statement: ids.quote(&goal.span)?,
                kind: goal.kind(),
                rule: goal.rule.clone(),
                status: if goal.done.is_some() {
                    GoalStatus::Done
                } else {
                    GoalStatus::Open
                },
                follow_through: goal.done.as_ref().and_then(|span| ids.quote(span)),
            })
        };
        self.goals.iter().filter_map(show).collect()
    }

    /// What was done or managed.
    pub(super) fn strengths(&self, ids: &MessageIds) -> Vec<Strength> {
        let done = self.goals.iter().filter_map(|goal| goal.done.as_ref());
        let achieved = self
            .accounts
            .iter()
            .filter(|a| a.achievement)
            .map(|a| &a.span);
        let named = done
            .map(|span| ("follow_through", span))
            .chain(achieved.map(|s| ("achievement", s)));
        let mut strengths: Vec<Strength> = Vec::new();
        for (basis, span) in named {
            if let Some(quote) = ids.quote(span)
                && !strengths.iter().any(|kept| kept.quote == quote)
            {
                strengths.push(Strength {
                    basis: basis.to_owned(),
                    quote,
                });
            }
        }
        strengths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(texts: &[&str]) -> (GoalPool, Vec<Goal>) {
        let mut pool = GoalPool::default();
        let mut ids = MessageIds::default();
        for (seq, text) in (0u32..).zip(texts) {
            ids.insert(seq, &format!("msg_{seq}").parse().unwrap());
            for sentence in read(text) {
                pool.step(seq, &sentence, false);
            }
        }
        let goals = pool.render(&ids);
        (pool, goals)
    }

    #[test]
    fn a_goal_is_done_when_a_later_sentence_says_so() {
        let (_, goals) = fold(&[
            "I want to talk to my sister about the house.",
            "I'll call the landlord on Monday.",
            "Yesterday I talked to my sister.",
        ]);
        assert_eq!(goals.len(), 2);
        assert_eq!(
            (goals[0].kind, goals[0].status),
            (GoalKind::Goal, GoalStatus::Open)
        );
        let (_, goals) = fold(&[
            "I want to talk to my sister about the house.",
            "Yesterday I sat down with my sister and we spoke about the house.",
        ]);
        assert_eq!(goals[0].status, GoalStatus::Done);
        assert!(
            goals[0]
                .follow_through
                .as_ref()
                .unwrap()
                .quote
                .starts_with("Yesterday")
        );
    }

    #[test]
    fn a_negated_or_imagined_deed_does_not_close_a_goal() {
        for later in [
            "I didn't call the landlord about the heating.",
            "I wish I had called the landlord about the heating.",
            "If I called the landlord about the heating he'd laugh.",
            "Should I have called the landlord about the heating?",
        ] {
            let (_, goals) = fold(&["I'll call the landlord about the heating.", later]);
            assert_eq!(goals[0].status, GoalStatus::Open, "{later}");
        }
    }

    #[test]
    fn manners_of_speaking_are_no_goals() {
        for text in [
            "I want to scream.",
            "I'll be honest with you.",
            "I'm going to the dentist.",
            "I don't want to move house.",
            "If I will ever paint again, who knows.",
            "I'll never paint again.",
            "That was the last thing I'm going to smell.",
            "I'll be honest.",
            "It'll run out and I'll be standing there.",
        ] {
            assert!(fold(&[text]).1.is_empty(), "{text}");
        }
    }

    #[test]
    fn achievements_are_strengths() {
        let (pool, _) = fold(&["I finally finished the tax return.", "We ate soup."]);
        let mut ids = MessageIds::default();
        ids.insert(0, &"msg_0".parse().unwrap());
        let strengths = pool.strengths(&ids);
        assert_eq!(strengths.len(), 1);
        assert_eq!(strengths[0].basis, "achievement");
    }

    #[test]
    fn the_pools_are_bounded() {
        let texts: Vec<String> = (0..200)
            .map(|n| {
                if n % 2 == 0 {
                    format!("I want to paint wall{n}.")
                } else {
                    format!("I painted door{n}.")
                }
            })
            .collect();
        let (pool, goals) = fold(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(goals.len(), GOALS);
        assert_eq!(pool.accounts.len(), ACCOUNTS);
    }
}
