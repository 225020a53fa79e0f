//! From a question and a scope's turns to one row of features for each turn.
//!
//! Everything is summed in the order of sessions and turns, and terms in the order of the question,
//! so that no order of inserts changes a bit of the result.

use std::collections::{BTreeMap, BTreeSet};

use super::lexicon::{ABOUT, SAID, TermId};
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
const USUAL_BM25: f64 = 1.5;
const USUAL_COSINE: f64 = 0.12;
/// So many scores around zero are taken as seen before.
const SEEN_BEFORE: f64 = 10.0;
/// How many turns of the first pass feed back, and how many of their terms.
const FEEDBACK_TURNS: usize = 5;
const FEEDBACK_TERMS: usize = 12;

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
struct Words {
    own: Vec<f64>,
    full: Vec<f64>,
    window: Vec<f64>,
    session: Vec<f64>,
    covered: Vec<f64>,
    rarest: Vec<f64>,
    date: Vec<f64>,
    pair: Vec<f64>,
}

/// The turns in order, with what the formulas need of them.
struct View<'t> {
    turns: &'t Turns,
    bm25: Bm25,
    slots: Vec<usize>,
    /// The row of each slot.
    row: Vec<usize>,
    spans: Vec<(usize, usize)>,
    /// The number of the session of each row.
    session: Vec<usize>,
    own_length: Vec<f64>,
    own_average: f64,
}

pub(super) fn features(turns: &Turns, question: &Question, bm25: Bm25) -> Features {
    let view = View::new(turns, bm25);
    let rows = view.rows(question);
    rows.into_features(view)
}

/// Rows with the scores by which relevance is told.
struct Rows {
    rows: Vec<Row>,
    relevance: Vec<f64>,
}

impl Rows {
    fn into_features(self, view: View<'_>) -> Features {
        Features {
            slots: view.slots,
            spans: view.spans,
            rows: self.rows,
            relevance: self.relevance,
        }
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

    fn turn(&self, row: usize) -> &'t Turn {
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

    fn idf(frequency: usize, all: usize) -> f64 {
        let (all, frequency) = (all as f64, frequency as f64);
        (1.0 + (all - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    fn saturated(&self, frequency: f64, length: f64) -> f64 {
        let Bm25 { k1, b } = self.bm25;
        frequency * (k1 + 1.0) / (frequency + k1 * (1.0 - b + b * length))
    }

    fn words(&self, question: &Question) -> Words {
        let count = self.slots.len();
        let sessions = self.turns.sessions.len();
        let zero = || vec![0.0; count];
        let (mut own, mut full, mut window) = (zero(), zero(), zero());
        let (mut covered, mut rarest, mut date) = (zero(), zero(), zero());
        let mut by_session = vec![0.0; sessions];
        let (mut said, mut about) = (zero(), zero());
        let mut in_session = vec![0.0; sessions];
        let mut session_length = vec![0.0; sessions];
        for (length, session) in self.own_length.iter().zip(&self.session) {
            session_length[*session] += length;
        }
        let session_average =
            (session_length.iter().sum::<f64>() / sessions.max(1) as f64).max(1.0);
        let full_length = |row: usize| self.own_length[row] + self.turn(row).about as f64;
        let full_average =
            ((0..count).map(full_length).sum::<f64>() / count.max(1) as f64).max(1.0);
        let window_length = |row: usize| {
            self.own_length[row] + self.before(row).map_or(0.0, |at| self.own_length[at])
        };
        let window_average =
            ((0..count).map(window_length).sum::<f64>() / count.max(1) as f64).max(1.0);
        let (mut asked, mut rarest_asked) = (0.0, 0.0f64);

        for term in &question.terms {
            let is_topic = question.topic.contains(term);
            let id = self.turns.lexicon.id(term);
            let postings = id.map_or(&[][..], |id| self.turns.lexicon.postings(id));
            let mut touched = Vec::with_capacity(postings.len());
            for posting in postings {
                let row = self.row[posting.slot];
                said[row] = f64::from(posting.counts[SAID]);
                about[row] = f64::from(posting.counts[ABOUT]);
                touched.push(row);
            }
            let full_idf = Self::idf(touched.len(), count);
            let own_idf = Self::idf(touched.iter().filter(|row| said[**row] > 0.0).count(), count);
            if is_topic {
                asked += own_idf;
                rarest_asked = rarest_asked.max(own_idf);
            }
            for &row in &touched {
                let length = full_length(row) / full_average;
                full[row] += full_idf * self.saturated(said[row] + about[row], length);
                if !is_topic {
                    continue;
                }
                if about[row] > 0.0 {
                    date[row] += full_idf;
                }
                if said[row] > 0.0 {
                    let length = self.own_length[row] / self.own_average;
                    own[row] += own_idf * self.saturated(said[row], length);
                    covered[row] += own_idf;
                    rarest[row] = rarest[row].max(own_idf);
                    in_session[self.session[row]] += said[row];
                }
            }
            if is_topic {
                let mut wide = Vec::with_capacity(touched.len() * 2);
                for &row in touched.iter().filter(|row| said[**row] > 0.0) {
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
            }
            for row in touched {
                said[row] = 0.0;
                about[row] = 0.0;
            }
        }
        let part = |values: &mut Vec<f64>, of: f64| {
            if of > 0.0 {
                values.iter_mut().for_each(|value| *value /= of);
            }
        };
        part(&mut covered, asked);
        part(&mut date, asked);
        part(&mut rarest, rarest_asked);
        Words {
            session: self.session.iter().map(|s| by_session[*s]).collect(),
            pair: self.pairs(question),
            own,
            full,
            window,
            covered,
            rarest,
            date,
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

    /// BM25 over what turns say, each term with a weight of its own.
    fn weighted(&self, terms: &[(TermId, f64)]) -> Vec<f64> {
        let mut scores = vec![0.0; self.slots.len()];
        for (term, weight) in terms {
            for posting in self.turns.lexicon.postings(*term) {
                let row = self.row[posting.slot];
                let length = self.own_length[row] / self.own_average;
                scores[row] += weight * self.saturated(f64::from(posting.counts[SAID]), length);
            }
        }
        scores
    }

    /// The most telling of `candidates`, each with how much it counts; those asked for already are
    /// left out.
    fn telling(&self, candidates: BTreeMap<TermId, f64>, question: &Question) -> Vec<(TermId, f64)> {
        let lexicon = &self.turns.lexicon;
        let mut terms: Vec<(f64, &str, TermId)> = candidates
            .into_iter()
            .map(|(id, share)| (share, lexicon.term(id), id))
            .filter(|(_, term, _)| !question.terms.iter().any(|asked| asked == term))
            .map(|(share, term, id)| {
                let idf = Self::idf(lexicon.postings(id).len(), self.slots.len());
                (share * idf, term, id)
            })
            .collect();
        terms.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        terms.truncate(FEEDBACK_TERMS);
        terms.into_iter().map(|(score, _, id)| (id, score)).collect()
    }

    fn rows(&self, question: &Question) -> Rows {
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
        for scores in [
            &mut words.own,
            &mut words.full,
            &mut words.window,
            &mut words.session,
        ] {
            standardise(scores, USUAL_BM25);
        }
        standardise(&mut whole, USUAL_COSINE);
        standardise(&mut rest, USUAL_COSINE);
        let feedback = self.feedback(question, &words, &whole, &rest);
        let sessions = self.sessions(&words.own, &rest);
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
            let by_other = turn.speaker.is_some() && !by_named && !question.named.is_empty();
            let near = |values: &[f64], off| self.near(values, at, off);
            let length = (1.0 + turn.shape.words as f64).ln();
            let (start, end) = self.spans[at];
            let mut row: Row = [0.0; super::weights::COUNT];
            let mut set = |feature: Feature, value: f64| row[feature as usize] = value;
            set(F::Own, words.own[at]);
            set(F::Full, words.full[at]);
            set(F::Window, words.window[at]);
            set(F::Covered, words.covered[at]);
            set(F::Rarest, words.rarest[at]);
            set(F::Pair, words.pair[at]);
            set(F::Whole, whole[at]);
            set(F::Rest, rest[at]);
            set(F::Before, near(&words.own, -1));
            set(F::After, near(&words.own, 1));
            set(F::Further, near(&words.own, -2) + near(&words.own, 2));
            set(F::BeforeRest, near(&rest, -1));
            set(F::AfterRest, near(&rest, 1));
            set(F::Session, words.session[at]);
            set(F::SessionBest, sessions[self.session[at]].0);
            set(F::SessionRest, sessions[self.session[at]].1);
            set(F::ByNamed, yes(by_named));
            set(F::ByOther, yes(by_other));
            set(F::Addresses, yes(called.iter().any(|term| turn.said.contains(term))));
            set(F::Asks, yes(turn.shape.asks));
            set(F::AsksOwn, yes(turn.shape.asks) * words.own[at]);
            set(F::Answers, yes(before_asks));
            set(F::AnswersOwn, yes(before_asks) * near(&words.own, -1));
            set(F::AnswersRest, yes(before_asks) * near(&rest, -1));
            set(F::WhenTime, yes(question.asks_time && turn.shape.tells_time));
            set(F::TimeTime, yes(question.tells_time && turn.shape.tells_time));
            set(F::Date, words.date[at]);
            set(F::Length, length);
            set(F::LengthSquare, length * length);
            set(F::Begins, yes(at < start + 2));
            set(F::Ends, yes(at + 2 >= end));
            set(F::Shows, yes(turn.shape.shows));
            set(F::Expanded, feedback.expanded[at]);
            set(F::Centre, feedback.centre[at]);
            set(F::Hop, feedback.hop[at]);
            row
        };
        Rows {
            rows: (0..count).map(row).collect(),
            relevance,
        }
    }

    /// The best own score and the mean cosine of each session.
    fn sessions(&self, own: &[f64], rest: &[f64]) -> Vec<(f64, f64)> {
        let mut sessions = vec![(f64::MIN, 0.0); self.turns.sessions.len()];
        for (at, session) in self.session.iter().enumerate() {
            let (start, end) = self.spans[at];
            let held = &mut sessions[*session];
            held.0 = held.0.max(own[at]);
            held.1 += rest[at] / (end - start) as f64;
        }
        sessions
    }

    /// Pseudo relevance feedback: what the best turns by a plain sum of scores say beside what was
    /// asked (Rocchio 1971), and whom and what they name.
    fn feedback(&self, question: &Question, words: &Words, whole: &[f64], rest: &[f64]) -> Feedback {
        let first = |at: usize| words.own[at] + words.window[at] / 2.0 + (whole[at] + rest[at]) / 2.0;
        let mut best: Vec<(f64, usize)> = (0..self.slots.len()).map(|at| (first(at), at)).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if best.len() > FEEDBACK_TURNS {
            best.select_nth_unstable_by(FEEDBACK_TURNS, order);
            best.truncate(FEEDBACK_TURNS);
        }
        best.sort_unstable_by(order);
        let called: BTreeSet<TermId> = self
            .turns
            .speakers
            .iter()
            .flat_map(|speaker| &speaker.terms)
            .filter_map(|term| self.turns.lexicon.id(term))
            .collect();
        let (mut said, mut named) = (BTreeMap::new(), BTreeMap::new());
        let mut centre = vec![0.0f32; question.whole.dimensions()];
        for (place, (_, at)) in best.iter().enumerate() {
            let share = 1.0 / (1.0 + place as f64);
            let turn = self.turn(*at);
            let distinct: BTreeSet<TermId> = turn.said.iter().copied().collect();
            for term in distinct.difference(&called) {
                *said.entry(*term).or_insert(0.0) += share;
            }
            for term in turn.names.iter().filter(|term| !called.contains(term)) {
                *named.entry(*term).or_insert(0.0) += share;
            }
            let vector = self.turns.vector(self.slots[*at]);
            for (sum, value) in centre.iter_mut().zip(vector) {
                *sum += value * share as f32;
            }
        }
        let mut expanded = self.weighted(&self.telling(said, question));
        let mut hop = self.weighted(&self.telling(named, question));
        let mut centre = self.cosines(&centre);
        standardise(&mut expanded, USUAL_BM25);
        standardise(&mut hop, USUAL_BM25);
        standardise(&mut centre, USUAL_COSINE);
        Feedback {
            expanded,
            centre,
            hop,
        }
    }
}

struct Feedback {
    expanded: Vec<f64>,
    centre: Vec<f64>,
    hop: Vec<f64>,
}

/// Turns scores into standard deviations from their mean.
fn standardise(scores: &mut [f64], usual: f64) {
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
