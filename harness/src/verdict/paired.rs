//! Whether one build is worse than another, from process runs taken in turn.
//!
//! One run compared with one run is noise, and requests of one run are not independent; so the run is
//! the sampling unit, a pair of neighbouring runs gives one ratio, and the ratios are judged by
//! [`signed_rank`](super::signed_rank). Looking at the data again and again until it says something
//! would make every comparison fail in the end: the looks are therefore fixed beforehand, and the
//! allowed chance of error is divided among them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::signed_rank::{fewest, shift};

/// The chance, at most, that a comparison calls a head worse than the threshold which is not, over all
/// of its looks; and likewise that it passes one which is worse.
pub const ERROR: f64 = 0.005;

/// The fewest pairs of a budget: with fewer there are too few neighbours of the same build to state the
/// noise floor, without which no head is called worse.
pub const FEWEST_PAIRS: u32 = 10;

/// How much more data there is at each look than at the one before.
const GROWTH: f64 = 1.4;

/// When a comparison looks at its data, and how sure it must be each time.
#[derive(Debug, Clone, PartialEq)]
pub struct Looks {
    /// Numbers of pairs, ascending; the last is the budget.
    pub pairs: Vec<usize>,
    /// The chance of error allowed on each side at each look.
    pub tail: f64,
}

impl Looks {
    /// For a budget of so many pairs.
    #[must_use]
    pub fn within(budget: u32) -> Self {
        let budget = budget.max(FEWEST_PAIRS) as usize;
        // The more looks, the less each may err and the later the first can say anything.
        let mut first = FEWEST_PAIRS as usize;
        loop {
            let pairs = schedule(first, budget);
            let tail = ERROR / pairs.len() as f64;
            let needed = fewest(tail).next_multiple_of(2);
            if needed <= first || first >= budget {
                return Self { pairs, tail };
            }
            first = needed.min(budget);
        }
    }
}

fn schedule(first: usize, budget: usize) -> Vec<usize> {
    let mut pairs = vec![first];
    let mut last = first;
    while last < budget {
        let next = ((last as f64 * GROWTH).ceil() as usize).next_multiple_of(2);
        // A last look that brings hardly anything new is left out.
        last = if next as f64 * 1.15 >= budget as f64 {
            budget
        } else {
            next
        };
        pairs.push(last);
    }
    pairs
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The whole interval is beyond the threshold, and the difference above the noise floor.
    Worse,
    /// The whole interval is within the threshold.
    NotWorse,
    /// The interval contains the threshold, or the difference is below the noise floor.
    Undecided,
}

/// The paired ratio head to base, as a change for the worse: 0.1 is 10 % worse, whatever the quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Pairs behind it.
    pub pairs: u32,
    /// The estimate.
    pub estimate: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence of the interval at this look.
    pub confidence: f64,
    /// The noise floor: how large a change two runs of the same build showed in this session, at 99 %
    /// confidence. None if there were too few of them.
    pub floor: Option<f64>,
    /// What follows.
    pub finding: Finding,
}

/// Looks at pairs (base, head) of figures of which smaller ones are better. None if this is too little
/// to say anything.
#[must_use]
pub fn look(pairs: &[(f64, f64)], threshold: f64, tail: f64) -> Option<Change> {
    let ratios: Vec<f64> = pairs
        .iter()
        .map(|(base, head)| (head / base).ln())
        .collect();
    let shift = shift(&ratios, tail)?;
    let limit = threshold.ln_1p();
    let floor = noise_floor(pairs);
    let is_seen = floor.is_some_and(|floor| shift.estimate > floor.ln_1p());
    let finding = if shift.high < limit {
        Finding::NotWorse
    } else if shift.low > limit && is_seen {
        Finding::Worse
    } else {
        Finding::Undecided
    };
    Some(Change {
        pairs: u32::try_from(pairs.len()).unwrap_or(u32::MAX),
        estimate: shift.estimate.exp_m1(),
        low: shift.low.exp_m1(),
        high: shift.high.exp_m1(),
        confidence: 1.0 - 2.0 * tail,
        floor,
        finding,
    })
}

/// How far neighbouring runs of the same build were apart: the end, farther from nothing, of the
/// interval of their ratios.
#[must_use]
pub fn noise_floor(pairs: &[(f64, f64)]) -> Option<f64> {
    // In the order base, head, head, base the heads of a block of two pairs are neighbours, and so are
    // the bases of one block and the next.
    let same: Vec<f64> = pairs
        .windows(2)
        .enumerate()
        .map(|(place, two)| match place % 2 {
            0 => (two[1].1 / two[0].1).ln(),
            _ => (two[1].0 / two[0].0).ln(),
        })
        .collect();
    let shift = shift(&same, ERROR)?;
    Some(shift.low.abs().max(shift.high.abs()).exp_m1())
}

/// Goes through the looks as a comparison does, one after the other as pairs come in: the first that
/// decides, else the last that could be taken.
#[must_use]
pub fn judge(pairs: &[(f64, f64)], threshold: f64, looks: &Looks) -> Option<Change> {
    let mut last = None;
    for count in &looks.pairs {
        let Some(seen) = pairs.get(..*count) else {
            break;
        };
        let Some(change) = look(seen, threshold, looks.tail) else {
            continue;
        };
        last = Some(change);
        if change.finding != Finding::Undecided {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn looks_are_fixed_by_the_budget_and_share_the_error() {
        for budget in [10, 12, 16, 20, 40, 60, 100, 200] {
            let looks = Looks::within(budget);
            assert_eq!(looks.pairs.last(), Some(&(budget as usize)), "{looks:?}");
            assert!(
                looks.pairs.windows(2).all(|two| two[0] < two[1]),
                "{looks:?}"
            );
            assert!(looks.tail * looks.pairs.len() as f64 <= ERROR * 1.000_001);
            assert!(looks.pairs[0] >= fewest(looks.tail), "{looks:?}");
        }
        assert_eq!(Looks::within(40).pairs, [10, 14, 20, 28, 40]);
    }

    /// Runs of a build whose figure is around 100, with noise of a standard deviation of `spread`.
    fn session(rng: &mut ChaCha8Rng, pairs: u32, factor: f64, spread: f64) -> Vec<(f64, f64)> {
        let mut one = |factor: f64| {
            let sum: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
            100.0 * factor * (sum * spread).exp()
        };
        (0..pairs).map(|_| (one(1.0), one(factor))).collect()
    }

    fn share(finding: Finding, factor: f64, spread: f64) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(17);
        let looks = Looks::within(40);
        let hits = (0..500)
            .filter(|_| {
                let pairs = session(&mut rng, 40, factor, spread);
                judge(&pairs, 0.05, &looks).is_some_and(|change| change.finding == finding)
            })
            .count();
        hits as f64 / 500.0
    }

    #[test]
    fn the_same_build_is_never_called_worse_and_a_slow_one_is_caught() {
        for spread in [0.005, 0.02, 0.04] {
            assert_eq!(share(Finding::Worse, 1.0, spread), 0.0, "{spread}");
            let caught = share(Finding::Worse, 1.1, spread);
            assert!(caught >= 0.95, "{caught} at {spread}");
        }
    }

    #[test]
    fn at_the_threshold_itself_errors_stay_below_the_promise() {
        // The promise is 0.5 % on each side; four standard deviations of 500 trials are 1.3 %.
        for spread in [0.01, 0.05] {
            assert!(share(Finding::Worse, 1.05, spread) <= 0.018);
            assert!(share(Finding::NotWorse, 1.05, spread) <= 0.018);
        }
    }

    #[test]
    fn nothing_below_the_noise_floor_is_claimed() {
        // Neighbours of the same build are far apart, in step on both sides: the ratios agree, but
        // the machine does not stand still enough to believe them.
        let pairs: Vec<(f64, f64)> = (0_u32..20)
            .map(|place| {
                let level = if place % 2 == 0 { 100.0 } else { 150.0 };
                (level, level * 1.2)
            })
            .collect();
        let change = look(&pairs, 0.05, 0.001).unwrap();
        assert!(
            change.low > 0.19 && change.floor.unwrap() > 0.3,
            "{change:?}"
        );
        assert_eq!(change.finding, Finding::Undecided);
    }

    #[test]
    fn the_smallest_budget_can_fail() {
        let pairs: Vec<(f64, f64)> = (0..FEWEST_PAIRS)
            .map(|place| (100.0 + f64::from(place % 3), 150.0))
            .collect();
        let change = judge(&pairs, 0.05, &Looks::within(FEWEST_PAIRS)).unwrap();
        assert_eq!(change.finding, Finding::Worse, "{change:?}");
    }

    #[test]
    fn broken_figures_say_nothing() {
        for broken in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            let mut pairs = vec![(100.0, 100.0); 12];
            pairs[5].1 = broken;
            assert_eq!(look(&pairs, 0.05, 0.005), None, "{broken}");
        }
        assert_eq!(judge(&[], 0.05, &Looks::within(40)), None);
        assert_eq!(judge(&[(1.0, 1.0); 9], 0.05, &Looks::within(40)), None);
    }
}
