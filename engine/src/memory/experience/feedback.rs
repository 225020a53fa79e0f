//! What the best turns of a first pass bring in that the question does not say.

use std::collections::{BTreeMap, BTreeSet};

use super::features::{USUAL_BM25, View, Words, standardise};
use super::lexicon::TermId;
use super::question::Question;

/// How many turns of the first pass feed back, and how many of their terms.
const FEEDBACK_TURNS: usize = 5;
const FEEDBACK_TERMS: usize = 12;

/// Scores of all rows by what the best rows say.
pub(super) struct Feedback {
    /// By their telling terms.
    pub(super) expanded: Vec<f64>,
    /// By the names that they mention.
    pub(super) hop: Vec<f64>,
}

impl Feedback {
    /// Pseudo relevance feedback: what the best turns by a plain sum of scores say beside what was
    /// asked (Rocchio 1971), and whom and what they name.
    pub(super) fn of(
        view: &View<'_>,
        question: &Question,
        words: &Words,
        whole: &[f64],
        rest: &[f64],
    ) -> Self {
        let first =
            |at: usize| words.own[at] + words.window[at] / 2.0 + (whole[at] + rest[at]) / 2.0;
        let mut best: Vec<(f64, usize)> = (0..view.slots.len()).map(|at| (first(at), at)).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if best.len() > FEEDBACK_TURNS {
            best.select_nth_unstable_by(FEEDBACK_TURNS, order);
            best.truncate(FEEDBACK_TURNS);
        }
        best.sort_unstable_by(order);
        let called: BTreeSet<TermId> = view
            .turns
            .speakers
            .iter()
            .flat_map(|speaker| &speaker.terms)
            .filter_map(|term| view.turns.lexicon.id(term))
            .collect();
        let (mut said, mut named) = (BTreeMap::new(), BTreeMap::new());
        for (place, (_, at)) in best.iter().enumerate() {
            let share = 1.0 / (1.0 + place as f64);
            let turn = view.turn(*at);
            let distinct: BTreeSet<TermId> = turn.said.iter().copied().collect();
            for term in distinct.difference(&called) {
                *said.entry(*term).or_insert(0.0) += share;
            }
            for term in turn.names.iter().filter(|term| !called.contains(term)) {
                *named.entry(*term).or_insert(0.0) += share;
            }
        }
        let mut expanded = view.weighted(&view.telling(said, question));
        let mut hop = view.weighted(&view.telling(named, question));
        standardise(&mut expanded, USUAL_BM25);
        standardise(&mut hop, USUAL_BM25);
        Self { expanded, hop }
    }
}

impl View<'_> {
    /// BM25 over what turns say, each term with a weight of its own.
    fn weighted(&self, terms: &[(TermId, f64)]) -> Vec<f64> {
        let mut scores = vec![0.0; self.slots.len()];
        for (term, weight) in terms {
            for posting in self.turns.lexicon.postings(*term) {
                let row = self.row[posting.slot];
                let length = self.own_length[row] / self.own_average;
                scores[row] += weight * self.saturated(f64::from(posting.count), length);
            }
        }
        scores
    }

    /// The most telling of `candidates`, each with how much it counts; those asked for already are
    /// left out.
    fn telling(
        &self,
        candidates: BTreeMap<TermId, f64>,
        question: &Question,
    ) -> Vec<(TermId, f64)> {
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
        terms
            .into_iter()
            .map(|(score, _, id)| (id, score))
            .collect()
    }
}
