//! A few stems counted in little room, and what tells one group of them from the others.

use serde::{Deserialize, Serialize};

const WORD_BYTES: usize = 24;

/// A counted stem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counted {
    /// The stem.
    pub(super) stem: String,
    /// The client's word for it, as first said.
    pub(super) word: String,
    count: u32,
    /// How many of the counts may belong to stems that were forgotten.
    error: u32,
}

/// At most `N` stems, counted by Space-Saving (Metwally, Agrawal, El Abbadi 2005), ordered by stem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StemCounts<const N: usize>(Vec<Counted>);

impl<const N: usize> StemCounts<N> {
    /// Counts a stem once.
    pub(super) fn count(&mut self, stem: &str, word: &str) {
        self.add(stem, word, 1, 0);
    }

    fn add(&mut self, stem: &str, word: &str, count: u32, error: u32) {
        if stem.len() > WORD_BYTES || word.len() > WORD_BYTES {
            return;
        }
        if let Ok(at) = self.0.binary_search_by(|kept| kept.stem.as_str().cmp(stem)) {
            if let Some(kept) = self.0.get_mut(at) {
                kept.count = kept.count.saturating_add(count);
                kept.error = kept.error.saturating_add(error);
            }
            return;
        }
        let taken_over = if self.0.len() >= N {
            self.drop_least()
        } else {
            0
        };
        let at = self.0.partition_point(|kept| kept.stem.as_str() < stem);
        self.0.insert(
            at,
            Counted {
                stem: stem.to_owned(),
                word: word.to_owned(),
                count: taken_over.saturating_add(count),
                error: taken_over.saturating_add(error),
            },
        );
    }

    /// Forgets the stem with the fewest counts, of equals the last by name; gives its counts.
    fn drop_least(&mut self) -> u32 {
        let least = self
            .0
            .iter()
            .enumerate()
            .rev()
            .min_by_key(|(_, kept)| kept.count);
        match least.map(|(at, _)| at) {
            Some(at) => self.0.remove(at).count,
            None => 0,
        }
    }

    /// Takes over the counts of another group.
    pub(super) fn merge(&mut self, other: &Self) {
        for kept in &other.0 {
            self.add(&kept.stem, &kept.word, kept.count, kept.error);
        }
    }

    /// Counts that were really seen.
    pub(super) fn seen(&self, stem: &str) -> u32 {
        let place = self.0.binary_search_by(|kept| kept.stem.as_str().cmp(stem));
        place
            .ok()
            .and_then(|at| self.0.get(at))
            .map_or(0, |kept| kept.count - kept.error)
    }

    /// The stems with their counts that were really seen.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Counted, u32)> {
        self.0.iter().map(|kept| (kept, kept.count - kept.error))
    }
}

/// For each group its stems by c-TF-IDF, the most telling first: the stem's share of the group, times
/// `ln(1 + A / f)`, where `f` counts the stem in all groups and `A` is the mean size of a group
/// (Grootendorst 2022).
pub(super) fn telling<'g, const N: usize>(
    groups: &[&'g StemCounts<N>],
) -> Vec<Vec<(&'g Counted, f64)>> {
    let size = |group: &StemCounts<N>| group.all().map(|(_, n)| f64::from(n)).sum::<f64>();
    let mean = groups.iter().map(|group| size(group)).sum::<f64>() / groups.len().max(1) as f64;
    let weigh = |group: &&'g StemCounts<N>| {
        let of_group = size(group).max(1.0);
        let mut weighted: Vec<(&Counted, f64)> = group
            .all()
            .filter(|(_, n)| *n > 0)
            .map(|(kept, n)| {
                let everywhere: u32 = groups.iter().map(|other| other.seen(&kept.stem)).sum();
                let rarity = (1.0 + mean / f64::from(everywhere.max(1))).ln();
                (kept, f64::from(n) / of_group * rarity)
            })
            .collect();
        weighted.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.stem.cmp(&b.0.stem)));
        weighted
    };
    groups.iter().map(weigh).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(words: &str) -> StemCounts<4> {
        let mut counts = StemCounts::default();
        for word in words.split(' ') {
            counts.count(word, word);
        }
        counts
    }

    #[test]
    fn counts_never_exceed_the_truth_and_frequent_stems_stay() {
        let words = "a b a c a d a e a f a g a h";
        let counts = counts(words);
        for (kept, seen) in counts.all() {
            let truth = words.split(' ').filter(|w| *w == kept.stem).count();
            assert!(seen as usize <= truth, "{kept:?}");
        }
        assert_eq!((counts.seen("a"), counts.all().count()), (7, 4));
        assert_eq!(counts.seen("nowhere"), 0);
    }

    #[test]
    fn a_merged_group_has_the_counts_of_both() {
        let mut one = counts("house sister house");
        one.merge(&counts("house garden"));
        assert_eq!(
            (one.seen("house"), one.seen("garden"), one.seen("sister")),
            (3, 1, 1)
        );
    }

    #[test]
    fn what_stands_in_one_group_only_tells_most() {
        let (one, other) = (counts("house house sister"), counts("sleep sleep sister"));
        let told = telling(&[&one, &other]);
        let first = |at: usize| told[at][0].0.stem.as_str();
        assert_eq!((first(0), first(1)), ("house", "sleep"));
        // By hand: A = 3, f(house) = 2, share 2/3.
        assert!((told[0][0].1 - 2.0 / 3.0 * (1.0f64 + 1.5).ln()).abs() < 1e-12);
    }
}
