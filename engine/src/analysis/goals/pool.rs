//! Bounded pools of goals and of what the client told to have done.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Intent;
use crate::analysis::delta::Said;
use crate::analysis::reading::{Sentence, read};
use crate::analysis::span::{MessageIds, Span};
use crate::domain::analysis::{Goal, GoalKind, GoalStatus, Strength};

const GOALS: usize = 12;
const ACCOUNTS: usize = 12;
const QUOTE_BYTES: usize = 180;
const STEMS: usize = 8;

/// A goal as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::analysis) struct KeptGoal {
    /// The sentence.
    pub(in crate::analysis) span: Span,
    commitment: bool,
    rule: String,
    /// What it is about.
    pub(in crate::analysis) stems: Vec<String>,
    /// The later sentence that says that it was done.
    pub(in crate::analysis) done: Option<Span>,
}

/// A sentence that tells of something done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Account {
    span: Span,
    achievement: bool,
}

/// A sentence that tells of something done, with what it is about.
#[derive(Debug)]
pub(in crate::analysis) struct Deed<'s> {
    /// The sentence.
    pub(in crate::analysis) span: &'s Span,
    stems: Vec<String>,
}

impl Deed<'_> {
    /// Whether it says that `goal`, of an earlier session, was done.
    pub(in crate::analysis) fn completes(&self, goal: &KeptGoal) -> bool {
        enough(&goal.stems, &self.stems)
    }
}

/// Bounded pools of goals and of accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::analysis) struct GoalPool {
    goals: VecDeque<KeptGoal>,
    accounts: VecDeque<Account>,
    seen: u32,
}

/// Whether a sentence says enough of a goal: at least two of its stems, or its only one.
fn enough(goal: &[String], said: &[impl AsRef<str>]) -> bool {
    let shared = goal
        .iter()
        .filter(|stem| said.iter().any(|other| other.as_ref() == stem.as_str()))
        .count();
    shared >= 2 || shared == 1 && goal.len() == 1
}

impl KeptGoal {
    /// Whether it was undertaken and not only wished for.
    pub(in crate::analysis) fn kind(&self) -> GoalKind {
        if self.commitment {
            GoalKind::Commitment
        } else {
            GoalKind::Goal
        }
    }
}

impl GoalPool {
    /// Takes in one sentence of the client.
    pub(in crate::analysis) fn step(&mut self, said: &Said<'_>) {
        match &said.delta.intent {
            Intent::None => {}
            Intent::Goal {
                commitment,
                rule,
                from,
                about,
            } => {
                let stems = said.distinct_stems(*about).into_iter().take(STEMS);
                let stems: Vec<String> = stems.map(str::to_owned).collect();
                let long = (said.delta.end - said.delta.start) as usize > QUOTE_BYTES;
                let from = if long { *from } else { said.delta.start };
                self.keep_goal(KeptGoal {
                    span: said.span_from(from, QUOTE_BYTES),
                    commitment: *commitment,
                    rule: rule.clone(),
                    stems,
                    done: None,
                });
            }
            Intent::Deed { achievement } => self.take_deed(said, *achievement),
        }
    }

    fn take_deed(&mut self, said: &Said<'_>, achievement: bool) {
        let stems = said.distinct_stems(0);
        let span = said.span(QUOTE_BYTES);
        for goal in self
            .goals
            .iter_mut()
            .filter(|goal| goal.done.is_none() && goal.span.seq < said.seq)
        {
            if enough(&goal.stems, &stems) {
                goal.done = Some(span.clone());
            }
        }
        if achievement || !stems.is_empty() {
            self.keep_account(Account { span, achievement });
        }
    }

    fn keep_goal(&mut self, new: KeptGoal) {
        if new.stems.is_empty() {
            return;
        }
        self.seen += 1;
        // The same goal in other words: the first statement stays.
        let known = |goal: &KeptGoal| goal.done.is_none() && goal.stems == new.stems;
        if self.goals.iter().any(known) {
            return;
        }
        if self.goals.len() >= GOALS {
            let oldest = self.goals.iter().position(|goal| goal.done.is_some());
            self.goals.remove(oldest.unwrap_or(0));
        }
        self.goals.push_back(new);
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
    pub(in crate::analysis) fn goals(&self) -> impl DoubleEndedIterator<Item = &KeptGoal> {
        self.goals.iter()
    }

    /// What the client told of having done, each with the stems of its content words.
    pub(in crate::analysis) fn deeds(&self) -> Vec<Deed<'_>> {
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
    pub(in crate::analysis) fn spans(&self) -> impl Iterator<Item = &Span> {
        let goals = self
            .goals
            .iter()
            .flat_map(|g| std::iter::once(&g.span).chain(&g.done));
        goals.chain(self.accounts.iter().map(|account| &account.span))
    }

    /// Drops the accounts, to make room.
    pub(in crate::analysis) fn forget_accounts(&mut self) {
        self.accounts.clear();
    }

    /// The goals for a reader.
    pub(in crate::analysis) fn render(&self, ids: &MessageIds) -> Vec<Goal> {
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
    pub(in crate::analysis) fn strengths(&self, ids: &MessageIds) -> Vec<Strength> {
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
    use crate::analysis::delta::tests::say;
    use crate::domain::message::Role;

    fn fold(texts: &[&str]) -> (GoalPool, Vec<Goal>) {
        let mut pool = GoalPool::default();
        let mut ids = MessageIds::default();
        say(Role::Client, texts, |said| {
            ids.insert(said.seq, &format!("msg_{}", said.seq).parse().unwrap());
            pool.step(said);
        });
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
