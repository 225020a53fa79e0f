//! Windows of a scenario as rates. The last second of a scenario is rarely whole, and a part of a
//! second taken for a whole one would look like a drop; it goes into the bucket before it.

use crate::measurement::load::ScenarioRecord;

/// More buckets than this cannot be told apart on a chart.
const MOST: u64 = 480;

/// Some seconds of a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bucket {
    /// Seconds since the start of the measured phase.
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) completed: u64,
    pub(super) failed: u64,
}

impl Bucket {
    pub(super) fn completed_rate(&self) -> f64 {
        self.completed as f64 / (self.end - self.start)
    }

    pub(super) fn failed_rate(&self) -> f64 {
        self.failed as f64 / (self.end - self.start)
    }
}

/// How many seconds a bucket must have so that `seconds` in all can be shown.
pub(super) fn width(seconds: f64) -> u64 {
    (seconds.ceil().max(1.0) as u64).div_ceil(MOST)
}

/// The scenario's seconds in buckets of `width` seconds, without a gap.
pub(super) fn buckets(scenario: &ScenarioRecord, width: u64) -> Vec<Bucket> {
    let Some(last) = scenario
        .windows
        .iter()
        .map(|window| u64::from(window.second))
        .max()
    else {
        return Vec::new();
    };
    let width = width.max(1);
    let end = scenario.duration.as_secs().max(last as f64 + 0.001);
    let whole = (end / width as f64).floor().max(1.0) as usize;
    let mut buckets: Vec<Bucket> = (0..whole)
        .map(|index| Bucket {
            start: (index as u64 * width) as f64,
            end: ((index as u64 + 1) * width) as f64,
            completed: 0,
            failed: 0,
        })
        .collect();
    if let Some(bucket) = buckets.last_mut() {
        bucket.end = end;
    }
    for window in &scenario.windows {
        let index = usize::try_from(u64::from(window.second) / width).unwrap_or(usize::MAX);
        if let Some(bucket) = buckets.get_mut(index.min(whole - 1)) {
            bucket.completed += window.steps.iter().map(|step| step.completed).sum::<u64>();
            bucket.failed += window.steps.iter().map(|step| step.failed).sum::<u64>();
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::sample;
    use crate::units::Micros;

    #[test]
    fn a_part_of_a_second_joins_the_bucket_before_it() {
        let mut scenario = sample::record().scenarios.remove(0);
        scenario.windows.truncate(4);
        scenario.duration = Micros(3_400_000);
        let buckets = buckets(&scenario, 1);
        assert_eq!(buckets.len(), 3);
        assert_eq!((buckets[2].start, buckets[2].end), (2.0, 3.4));
        let requests = |second: usize| -> u64 {
            scenario.windows[second]
                .steps
                .iter()
                .map(|step| step.completed)
                .sum()
        };
        assert_eq!(buckets[2].completed, requests(2) + requests(3));
    }

    #[test]
    fn a_scenario_shorter_than_a_second_is_one_bucket_of_its_length() {
        let mut scenario = sample::record().scenarios.remove(0);
        scenario.windows.truncate(1);
        scenario.duration = Micros(500_000);
        let buckets = buckets(&scenario, 1);
        assert_eq!(buckets.len(), 1);
        assert_eq!(buckets[0].end, 0.5);
    }

    #[test]
    fn no_request_is_lost_in_wide_buckets() {
        let scenario = sample::record().scenarios.remove(4);
        let all =
            |buckets: Vec<Bucket>| -> u64 { buckets.iter().map(|b| b.completed + b.failed).sum() };
        assert_eq!(all(buckets(&scenario, 7)), all(buckets(&scenario, 1)));
        assert_eq!([width(0.2), width(480.0), width(481.0)], [1, 1, 2]);
    }
}
