//! From a question and a scope's turns to one row of features for each turn.
//!
//! Everything is summed in the order of sessions and turns, and terms in the order of the question,
//! so that no order of inserts changes a bit of the result.

use std::collections::BTreeSet;

use super::feedback::Feedback;
use super::lexicon::TermId;
use super::question::Question;
use super::turns::{Turn, Turns};
use super::weights::{Feature, Row};

/// The parameters of BM25.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bm25 {
    pub(super) k1: f64,
    pub(super) b: f64,
}

/// What BM25 scores and cosines usually spread, for scopes too small to tell.
pub(super) const USUAL_BM25: f64 = 1.5;
const USUAL_COSINE: f64 = 0.12;
/// So many scores around zero are taken as seen before.
const SEEN_BEFORE: f64 = 10.0;

/// One row for each turn, in the order of sessions and turns.
#[derive(Debug)]
pub(super) struct Features {
    /// The turn of each row.
    pub(super) slots: Vec<usize>,
    pub(super) rows: Vec<Row>,
    /// How relevant each turn is, whatever the others are: its cosine plus half of the covered part
    /// of the question.
    pub(super) relevance: Vec<f64>,
    /// First row and first row after it of the session of each row.
    spans: Vec<(usize, usize)>,
}

impl Features {
    /// The rows right before and after `at` in the same session.
    pub(super) fn beside(&self, at: usize) -> impl Iterator<Item = usize> {
        let (start, end) = self.spans[at];
        let before = at.checked_sub(1).filter(|row| *row >= start);
        let after = Some(at + 1).filter(|row| *row < end);
        before.into_iter().chain(after)
    }
}

/// Scores by words, one of each per row.
pub(super) struct Words {
    pub(super) own: Vec<f64>,
    pub(super) window: Vec<f64>,
    session: Vec<f64>,
    covered: Vec<f64>,
    rarest: Vec<f64>,
    pair: Vec<f64>,
}

/// The turns in order, with what the formulas need of them.
pub(super) struct View<'t> {
    pub(super) turns: &'t Turns,
    pub(super) bm25: Bm25,
    pub(super) slots: Vec<usize>,
    /// The row of each slot.
    pub(super) row: Vec<usize>,
    pub(super) spans: Vec<(usize, usize)>,
    /// The number of the session of each row.
    pub(super) session: Vec<usize>,
    pub(super) own_length: Vec<f64>,
    pub(super) own_average: f64,
}

/// What can be said of each turn in the light of `question`.
pub(super) fn features(turns: &Turns, question: &Question, bm25: Bm25) -> Features {
    let view = View::new(turns, bm25);
    let (rows, relevance) = view.rows(question);
    Features {
        slots: view.slots,
        spans: view.spans,
        rows,
        relevance,
    }
}

impl<'t> View<'t> {
    fn new(turns: &'t Turns, bm25: Bm25) -> Self {
        let count = turns.len();
        let (mut slots, mut spans) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut session = Vec::with_capacity(count);
        for (number, list) in turns.sessions.values().enumerate() {
            let start = slots.len();
            slots.extend_from_slice(list);
            spans.resize(slots.len(), (start, slots.len()));
            session.resize(slots.len(), number);
        }
        let mut row = vec![0; count];
        for (at, slot) in slots.iter().enumerate() {
            row[*slot] = at;
        }
        let own_length: Vec<f64> = slots
            .iter()
            .map(|slot| turns.turns[*slot].said.len() as f64)
            .collect();
        let own_average = (own_length.iter().sum::<f64>() / count.max(1) as f64).max(1.0);
        Self {
            turns,
            bm25,
            slots,
            row,
            spans,
            session,
            own_length,
            own_average,
        }
    }

    pub(super) fn turn(&self, row: usize) -> &'t Turn {
        &self.turns.turns[self.slots[row]]
    }

    fn before(&self, row: usize) -> Option<usize> {
        row.checked_sub(1).filter(|at| *at >= self.spans[row].0)
    }

    /// The value of a neighbour; nothing where there is none.
    fn near(&self, values: &[f64], row: usize, off: isize) -> f64 {
        let (start, end) = self.spans[row];
        match row.checked_add_signed(off) {
            Some(at) if (start..end).contains(&at) => values[at],
            _ => 0.0,
        }
    }

    pub(super) fn idf(frequency: usize, all: usize) -> f64 {
        let (all, frequency) = (all as f64, frequency as f64);
        (1.0 + (all - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    pub(super) fn saturated(&self, frequency: f64, length: f64) -> f64 {
        let Bm25 { k1, b } = self.bm25;
        frequency * (k1 + 1.0) / (frequency + k1 * (1.0 - b + b * length))
    }

    fn words(&self, question: &Question) -> Words {
        let count = self.slots.len();
        let sessions = self.turns.sessions.len();
        let zero = || vec![0.0; count];
        let (mut own, mut window, mut said) = (zero(), zero(), zero());
        let (mut covered, mut rarest) = (zero(), zero());
        let mut by_session = vec![0.0; sessions];
        let mut in_session = vec![0.0; sessions];
        let mut session_length = vec![0.0; sessions];
        for (length, session) in self.own_length.iter().zip(&self.session) {
            session_length[*session] += length;
        }
        let session_average =
            (session_length.iter().sum::<f64>() / sessions.max(1) as f64).max(1.0);
        let window_length = |row: usize| {
            self.own_length[row] + self.before(row).map_or(0.0, |at| self.own_length[at])
        };
        let window_average =
            ((0..count).map(window_length).sum::<f64>() / count.max(1) as f64).max(1.0);
        let (mut asked, mut rarest_asked) = (0.0, 0.0f64);

        for term in &question.topic {
            let id = self.turns.lexicon.id(term);
            let postings = id.map_or(&[][..], |id| self.turns.lexicon.postings(id));
            let idf = Self::idf(postings.len(), count);
            asked += idf;
            rarest_asked = rarest_asked.max(idf);
            for posting in postings {
                let row = self.row[posting.slot];
                said[row] = f64::from(posting.count);
                let length = self.own_length[row] / self.own_average;
                own[row] += idf * self.saturated(said[row], length);
                covered[row] += idf;
                rarest[row] = rarest[row].max(idf);
                in_session[self.session[row]] += said[row];
            }
            let mut wide = Vec::with_capacity(postings.len() * 2);
            for posting in postings {
                let row = self.row[posting.slot];
                wide.push(row);
                if row + 1 < self.spans[row].1 && said[row + 1] == 0.0 {
                    wide.push(row + 1);
                }
            }
            let idf = Self::idf(wide.len(), count);
            for row in wide {
                let frequency = said[row] + self.before(row).map_or(0.0, |at| said[at]);
                let length = window_length(row) / window_average;
                window[row] += idf * self.saturated(frequency, length);
            }
            let idf = Self::idf(in_session.iter().filter(|n| **n > 0.0).count(), sessions);
            for (session, frequency) in in_session.iter_mut().enumerate() {
                if *frequency > 0.0 {
                    let length = session_length[session] / session_average;
                    by_session[session] += idf * self.saturated(*frequency, length);
                    *frequency = 0.0;
                }
            }
            for posting in postings {
                said[self.row[posting.slot]] = 0.0;
            }
        }
        let part = |values: &mut Vec<f64>, of: f64| {
            if of > 0.0 {
                values.iter_mut().for_each(|value| *value /= of);
            }
        };
        part(&mut covered, asked);
        part(&mut rarest, rarest_asked);
        Words {
            session: self.session.iter().map(|s| by_session[*s]).collect(),
            pair: self.pairs(question),
            own,
            window,
            covered,
            rarest,
        }
    }

    /// How many neighbours among the question's terms are neighbours in each turn as well.
    fn pairs(&self, question: &Question) -> Vec<f64> {
        let ids: Vec<Option<TermId>> = question
            .topic
            .iter()
            .map(|term| self.turns.lexicon.id(term))
            .collect();
        let asked: BTreeSet<(TermId, TermId)> = ids
            .windows(2)
            .filter_map(|pair| Some((pair[0]?, pair[1]?)))
            .collect();
        let mut pairs = vec![0.0; self.slots.len()];
        for (first, second) in asked {
            for posting in self.turns.lexicon.postings(first) {
                let said = &self.turns.turns[posting.slot].said;
                let close = |at: usize| said[at + 1..].iter().take(2).any(|term| *term == second);
                if (0..said.len()).any(|at| said[at] == first && close(at)) {
                    pairs[self.row[posting.slot]] += 1.0;
                }
            }
        }
        pairs
    }

    fn cosines(&self, vector: &[f32]) -> Vec<f64> {
        let of = |slot: &usize| f64::from(dot(vector, self.turns.vector(*slot)));
        self.slots.iter().map(of).collect()
    }

    /// The rows, and how relevant each is.
    fn rows(&self, question: &Question) -> (Vec<Row>, Vec<f64>) {
        let count = self.slots.len();
        let mut words = self.words(question);
        let mut whole = self.cosines(question.whole.as_slice());
        let mut rest = if question.named.is_empty() {
            whole.clone()
        } else {
            self.cosines(question.rest.as_slice())
        };
        let relevance = (0..count)
            .map(|at| whole[at].max(rest[at]) + words.covered[at] / 2.0)
            .collect();
        for scores in [&mut words.own, &mut words.window, &mut words.session] {
            standardise(scores, USUAL_BM25);
        }
        standardise(&mut whole, USUAL_COSINE);
        standardise(&mut rest, USUAL_COSINE);
        let feedback = Feedback::of(self, question, &words, &whole, &rest);
        let named: Vec<bool> = self
            .turns
            .speakers
            .iter()
            .map(|speaker| question.named.contains(&speaker.name))
            .collect();
        let called: Vec<TermId> = self
            .turns
            .speakers
            .iter()
            .zip(&named)
            .filter(|(_, named)| **named)
            .flat_map(|(speaker, _)| &speaker.terms)
            .filter_map(|term| self.turns.lexicon.id(term))
            .collect();

        let row = |at: usize| {
            use Feature as F;
            let turn = self.turn(at);
            let yes = |holds: bool| f64::from(u8::from(holds));
            let before_asks = self.before(at).is_some_and(|b| self.turn(b).shape.asks);
            let by_named = turn.speaker.is_some_and(|speaker| named[speaker]);
            let near = |values: &[f64], off| self.near(values, at, off);
            let mut row: Row = [0.0; super::weights::COUNT];
            let mut set = |feature: Feature, value: f64| row[feature as usize] = value;
            set(F::Covered, words.covered[at]);
            set(F::Rarest, words.rarest[at]);
            set(F::Pair, words.pair[at]);
            set(F::Window, words.window[at]);
            set(F::Whole, whole[at]);
            set(F::After, near(&words.own, 1));
            set(F::Further, near(&words.own, -2) + near(&words.own, 2));
            set(F::AfterCosine, near(&rest, 1));
            set(F::Session, words.session[at]);
            set(F::ByNamed, yes(by_named));
            set(
                F::Addresses,
                yes(called.iter().any(|term| turn.said.contains(term))),
            );
            set(F::Asks, yes(turn.shape.asks));
            set(F::Answers, yes(before_asks));
            set(F::AnswersWords, yes(before_asks) * near(&words.own, -1));
            set(F::AnswersCosine, yes(before_asks) * near(&rest, -1));
            set(
                F::WhenTime,
                yes(question.asks_time && turn.shape.tells_time),
            );
            set(
                F::TimeTime,
                yes(question.tells_time && turn.shape.tells_time),
            );
            set(F::Day, question.days.fit(turn.experience.created_at));
            set(F::Length, (1.0 + turn.shape.words as f64).ln());
            set(F::Begins, yes(at < self.spans[at].0 + 2));
            set(F::Expanded, feedback.expanded[at]);
            set(F::Hop, feedback.hop[at]);
            row
        };
        ((0..count).map(row).collect(), relevance)
    }
}

/// Turns scores into standard deviations from their mean.
pub(super) fn standardise(scores: &mut [f64], usual: f64) {
    let count = scores.len() as f64 + SEEN_BEFORE;
    let mean = scores.iter().sum::<f64>() / count;
    let squares: f64 = scores.iter().map(|score| score * score).sum();
    let square = (squares + SEEN_BEFORE * usual * usual) / count;
    let deviation = (square - mean * mean).max(1e-12).sqrt();
    for score in scores {
        *score = (*score - mean) / deviation;
    }
}

/// The dot product in eight independent sums, which the compiler turns into vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail = a.len() - a.len() % 8;
    let rest: f32 = a.iter().zip(b).skip(tail).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}
