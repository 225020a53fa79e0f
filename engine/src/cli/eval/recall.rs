//! Recall and mean reciprocal rank of ranked turns.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// How many turns are asked for.
pub(super) const DEPTH: usize = 50;
/// At which depths recall is told.
const CUTS: [usize; 4] = [5, 10, 25, 50];

/// Means over questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Quality {
    /// How many questions.
    pub(super) questions: usize,
    /// The share of the wanted turns among the first five.
    #[serde(rename = "recall@5")]
    pub(super) at_5: f64,
    /// Among the first ten.
    #[serde(rename = "recall@10")]
    pub(super) at_10: f64,
    /// Among the first 25.
    #[serde(rename = "recall@25")]
    pub(super) at_25: f64,
    /// Among the first 50.
    #[serde(rename = "recall@50")]
    pub(super) at_50: f64,
    /// The mean reciprocal rank of the first wanted turn.
    pub(super) mrr: f64,
}

/// Sums over questions, by category.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(BTreeMap<String, Vec<[f64; 5]>>);

impl Tally {
    /// Counts a question: the turns in their order, and those wanted.
    pub(super) fn count(&mut self, category: &str, ranked: &[&str], wanted: &BTreeSet<String>) {
        let hit = |id: &str| wanted.contains(id);
        let mut line = [0.0; 5];
        for (value, cut) in line.iter_mut().zip(CUTS) {
            let found = ranked.iter().take(cut).filter(|id| hit(id)).count();
            *value = found as f64 / wanted.len().max(1) as f64;
        }
        let first = ranked.iter().take(DEPTH).position(|id| hit(id));
        line[4] = first.map_or(0.0, |at| 1.0 / (at + 1) as f64);
        self.0.entry(category.to_owned()).or_default().push(line);
    }

    /// Over all questions.
    pub(super) fn overall(&self) -> Quality {
        mean(self.0.values().flatten())
    }

    /// By category, in the order of their names.
    pub(super) fn by_category(&self) -> BTreeMap<String, Quality> {
        self.0
            .iter()
            .map(|(category, lines)| (category.clone(), mean(lines.iter())))
            .collect()
    }
}

fn mean<'l>(lines: impl Iterator<Item = &'l [f64; 5]>) -> Quality {
    let (mut sums, mut count) = ([0.0; 5], 0);
    for line in lines {
        for (sum, value) in sums.iter_mut().zip(line) {
            *sum += value;
        }
        count += 1;
    }
    let [at_5, at_10, at_25, at_50, mrr] = sums.map(|sum| sum / f64::from(count).max(1.0));
    Quality {
        questions: usize::try_from(count).unwrap_or(0),
        at_5,
        at_10,
        at_25,
        at_50,
        mrr,
    }
}

/// A table of the tally, in percent.
pub(super) fn table(tally: &Tally) -> String {
    let width = tally.0.keys().map(String::len).max().unwrap_or(0).max(8);
    let line = |name: &str, q: &Quality| {
        format!(
            "{name:<width$}  {:>9}  {:>5.1}  {:>5.1}  {:>5.1}  {:>5.1}  {:.3}",
            q.questions,
            q.at_5 * 100.0,
            q.at_10 * 100.0,
            q.at_25 * 100.0,
            q.at_50 * 100.0,
            q.mrr
        )
    };
    let mut lines = vec![format!(
        "{:<width$}  questions    R@5   R@10   R@25   R@50  MRR",
        "category"
    )];
    for (category, quality) in tally.by_category() {
        lines.push(line(&category, &quality));
    }
    lines.push(line("all", &tally.overall()));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_is_the_share_of_wanted_turns_and_means_are_over_questions() {
        let wanted = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let mut tally = Tally::default();
        tally.count("a", &["x", "1", "y", "z", "w", "2"], &wanted(&["1", "2"]));
        tally.count("b", &["1"], &wanted(&["1"]));
        tally.count("b", &["x"], &wanted(&["1"]));
        let a = tally.by_category()["a"];
        assert_eq!((a.questions, a.at_5, a.at_10, a.mrr), (1, 0.5, 1.0, 0.5));
        let all = tally.overall();
        assert_eq!(
            (all.questions, all.at_5, all.at_50, all.mrr),
            (3, 0.5, 2.0 / 3.0, 0.5)
        );
        assert!(table(&tally).ends_with("all               3   50.0   66.7   66.7   66.7  0.500"));
    }
}
