//! The family of targets of one run. Each interval is right 99 times in 100; among forty targets that
//! are all just met, one would be called FAIL in every fifth run by chance alone. A FAIL that rests on
//! an interval therefore has to hold against all such targets of the run (Holm, Scandinavian Journal of
//! Statistics 6, 1979): over the whole run the chance of a FAIL on a target that is met is at most
//! [`ERROR`].
//!
//! PASS keeps its 99 % for each target: what must not be claimed by chance is the good news, and more
//! targets do not make it easier to get.

use super::baseline::Baseline;
use super::figure::{self, Figure};
use super::judgement::{Judgement, Reason};
use super::outcome::Verdict;
use super::stats::CONFIDENCE;
use super::{BENCH, Group};
use crate::measurement::archive::RunRecord;
use crate::metric::Statistic;
use crate::verdict::distribution::Distribution;

/// The chance, at most, that any target of a run that is met is called FAIL by an interval: one side
/// of the intervals.
pub const ERROR: f64 = (1.0 - CONFIDENCE) / 2.0;

/// How many targets of a run are judged by intervals.
pub fn size<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> u32 {
    let judged = judgements
        .filter(|judgement| judgement.interval.is_some() && judgement.verdict != Verdict::Invalid);
    u32::try_from(judged.count()).unwrap_or(u32::MAX)
}

/// Takes back those FAILs that one of so many targets can come to by chance: they become MARGINAL.
pub(super) fn correct(
    groups: &mut [&mut Group],
    record: &RunRecord,
    baseline: Option<&Baseline<'_>>,
) {
    let targets = size(groups.iter().flat_map(|group| &group.judgements));
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        for (place, judgement) in group.judgements.iter().enumerate() {
            if judgement.verdict == Verdict::Fail && judgement.interval.is_some() {
                open.push((at, place));
            }
        }
    }
    // Holm goes from the surest miss to the least sure; the level grows with each that holds.
    let mut held = 0_u32;
    loop {
        let tail = ERROR / f64::from((targets - held).max(1));
        let before = open.len();
        open.retain(|(at, place)| {
            !holds(
                &groups[*at].judgements[*place],
                record,
                baseline,
                1.0 - 2.0 * tail,
            )
        });
        held += u32::try_from(before - open.len()).unwrap_or(0);
        if open.len() == before || open.is_empty() {
            break;
        }
    }
    for (at, place) in open {
        let group = &mut groups[at];
        let judgement = &mut group.judgements[place];
        judgement.verdict = Verdict::Marginal;
        judgement.reason = Reason::FamilyWise { targets };
        if group.causes.is_empty() {
            group.verdict = group.judgements.iter().map(|j| j.verdict).max();
        }
    }
}

/// Whether the whole interval is on the bad side at this confidence too.
fn holds(
    judgement: &Judgement,
    record: &RunRecord,
    baseline: Option<&Baseline<'_>>,
    confidence: f64,
) -> bool {
    let Some(figure) = again(judgement, record, baseline, confidence) else {
        return false;
    };
    let bound = judgement.bound;
    figure.interval.is_some_and(|interval| {
        [interval.low, interval.high]
            .iter()
            .all(|end| !bound.relation.holds(*end, bound.value))
    })
}

/// The same figure with an interval of another confidence.
fn again(
    judgement: &Judgement,
    record: &RunRecord,
    baseline: Option<&Baseline<'_>>,
    confidence: f64,
) -> Option<Figure> {
    if judgement.scenario == BENCH {
        let bench = record.bench.as_ref()?;
        let function = bench.functions.iter().find(|f| f.name == judgement.label)?;
        let calls = Distribution::merge([&function.calls]).ok()?;
        return figure::of_distribution_at(&calls, Some(Statistic::P95), 1e6, confidence).ok();
    }
    let plan = record
        .suite
        .scenarios
        .iter()
        .find(|plan| plan.name == judgement.scenario)?;
    let target = plan.targets.iter().find(|t| t.label == judgement.label)?;
    let measured = record.scenarios.iter().find(|s| s.name == plan.name)?;
    let figure = figure::of_scenario_at(target, measured, record.seed, confidence);
    if !target.is_relative() {
        return figure.ok();
    }
    baseline?
        .relative(target, &plan.name, figure, confidence)
        .ok()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use crate::verdict::figure;
    use crate::verdict::stats::CONFIDENCE;

    /// Holm at work on bare shares: of so many targets that are exactly met, some run's worst is
    /// called FAIL no more often than promised; without the correction it is far more often.
    #[test]
    fn over_forty_targets_the_chance_of_a_false_fail_stays_below_the_promise() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let (runs, targets, n) = (1_500, 40, 4_000_u64);
        let miss = |hits: u64, tail: f64| {
            crate::verdict::stats::wilson_at(hits, n, tail).is_some_and(|(low, _)| low > 0.02)
        };
        let (mut corrected, mut plain) = (0, 0);
        for _ in 0..runs {
            // The number of failures of a target whose true rate is the bound of 2 %: a normal
            // approximation of its binomial law, with the same mean and deviation.
            let drawn: Vec<u64> = (0..targets)
                .map(|_| {
                    let sum: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
                    (80.0 + sum * (80.0 * 0.98_f64).sqrt()).round().max(0.0) as u64
                })
                .collect();
            let tail = super::ERROR / f64::from(targets);
            corrected += u32::from(drawn.iter().any(|hits| miss(*hits, tail)));
            plain += u32::from(
                drawn
                    .iter()
                    .any(|hits| miss(*hits, (1.0 - CONFIDENCE) / 2.0)),
            );
        }
        // 0.5 % of 1,500 and four standard deviations.
        assert!(corrected <= 8 + 11, "{corrected}");
        assert!(plain > 5 * corrected.max(10), "{plain} against {corrected}");
    }

    #[test]
    fn a_surer_interval_contains_the_usual_one() {
        use crate::measurement::histogram::Recording;
        use crate::metric::Statistic;
        use crate::verdict::distribution::Distribution;
        let mut recording = Recording::latencies();
        for micros in 1..=2_000 {
            recording.record(micros * 7);
        }
        let record = recording.to_record().unwrap();
        let times = Distribution::merge([&record]).unwrap();
        for statistic in [Statistic::Median, Statistic::P95, Statistic::Average] {
            let at = |confidence| {
                figure::of_distribution_at(&times, Some(statistic), 1_000.0, confidence)
                    .unwrap()
                    .interval
                    .unwrap()
            };
            let (usual, surer) = (at(CONFIDENCE), at(0.9999));
            assert!(
                surer.low < usual.low && surer.high > usual.high,
                "{statistic:?}"
            );
        }
    }
}
