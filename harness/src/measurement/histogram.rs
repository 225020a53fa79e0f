//! A distribution of latencies: recorded by addition only, saved as the HDR histogram itself and not
//! as its percentiles, so that any percentile can be taken later and runs can be merged bit for bit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Micros;

/// One hour in microseconds: the longest latency that is told apart.
const HOUR_MICROS: u64 = 3_600_000_000;
/// One minute in nanoseconds: the longest benchmarked call that is told apart.
const MINUTE_NANOS: u64 = 60_000_000_000;
/// Significant digits: two values are told apart if they differ by a thousandth.
const DIGITS: u8 = 3;

/// A saved histogram: 1 µs to 1 h, three significant digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistogramRecord {
    /// HDR V2 with deflate, in base64; readable by the public HDR tools.
    pub hdr: String,
    /// Samples.
    pub count: u64,
    /// Exact sum of the samples, for an exact mean.
    pub sum: Micros,
    /// Exact smallest sample; none without samples.
    pub min: Option<Micros>,
    /// Exact largest sample; none without samples.
    pub max: Option<Micros>,
}

/// A saved histogram that cannot be read, or one that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HistogramError {
    /// Not base64.
    #[error("the histogram is not base64 ({0}); the file was changed or cut off")]
    Base64(#[from] base64::DecodeError),
    /// Not an HDR histogram.
    #[error("the histogram is not in the HDR V2 format ({0}); the file was changed or cut off")]
    Format(String),
    /// The count beside it is another one.
    #[error(
        "the histogram holds {held} samples, but its record says {stated}; the file was changed"
    )]
    Count {
        /// In the histogram.
        held: u64,
        /// In the record.
        stated: u64,
    },
    /// Another kind of histogram.
    #[error("the histograms cannot be added: {0}; they are of different kinds")]
    Addition(String),
    /// It could not be written out.
    #[error("the histogram cannot be encoded: {0}")]
    Encode(String),
}

impl HistogramRecord {
    /// The histogram, checked against the count.
    ///
    /// # Errors
    /// When the text is not a histogram or holds another number of samples.
    pub fn decode(&self) -> Result<Histogram<u64>, HistogramError> {
        let bytes = STANDARD.decode(&self.hdr)?;
        let histogram: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| HistogramError::Format(error.to_string()))?;
        if histogram.len() != self.count {
            return Err(HistogramError::Count {
                held: histogram.len(),
                stated: self.count,
            });
        }
        Ok(histogram)
    }

    /// The samples of all of them, as if they had been recorded together.
    ///
    /// # Errors
    /// When one cannot be read, or they are not of the same kind.
    pub fn merge(parts: &[&Self]) -> Result<Self, HistogramError> {
        let Some((first, rest)) = parts.split_first() else {
            return Recording::latencies().to_record();
        };
        let mut histogram = first.decode()?;
        let mut sum = first.sum.0;
        for part in rest {
            histogram
                .add(part.decode()?)
                .map_err(|error| HistogramError::Addition(error.to_string()))?;
            sum = sum.saturating_add(part.sum.0);
        }
        Ok(Self {
            hdr: encode(&histogram)?,
            count: histogram.len(),
            sum: Micros(sum),
            min: parts.iter().filter_map(|part| part.min).min(),
            max: parts.iter().filter_map(|part| part.max).max(),
        })
    }

    /// The exact mean, in the unit of the samples; none without samples.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.0 as f64 / self.count as f64)
    }

    /// The value below or at which the share `q` (0 to 1) of the samples lies; none without samples.
    /// For many quantiles decode once and ask [`Histogram::value_at_quantile`].
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn quantile(&self, q: f64) -> Result<Option<Micros>, HistogramError> {
        let (Some(min), Some(max)) = (self.min, self.max) else {
            return Ok(None);
        };
        let value = self.decode()?.value_at_quantile(q);
        // The histogram knows the width of a bucket only; the ends are known exactly.
        Ok(Some(Micros(value.clamp(min.0, max.0))))
    }
}

/// A distribution that is being recorded.
#[derive(Debug, Clone)]
pub struct Recording {
    histogram: Histogram<u64>,
    /// Longer samples count as this in the histogram.
    high: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Recording {
    /// Latencies in microseconds, 1 µs to 1 h. Longer ones count as 1 h in the percentiles and
    /// exactly in sum and maximum.
    #[must_use]
    pub fn latencies() -> Self {
        Self::with_high(HOUR_MICROS)
    }

    /// Single calls in nanoseconds, 1 ns to 1 min.
    #[must_use]
    pub fn calls() -> Self {
        Self::with_high(MINUTE_NANOS)
    }

    /// Latencies in microseconds in a histogram that takes memory as it needs it; for the many that
    /// live only for a second.
    #[must_use]
    pub fn growing() -> Self {
        let mut recording = Self::with_bounds(2, HOUR_MICROS);
        recording.histogram.auto(true);
        recording
    }

    fn with_high(high: u64) -> Self {
        Self::with_bounds(high, high)
    }

    /// With room for values up to `room` at first.
    fn with_bounds(room: u64, high: u64) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "bounds and digits are constants of this file, covered by its tests"
        )]
        let histogram = Histogram::new_with_bounds(1, room, DIGITS).expect("valid bounds");
        Self {
            histogram,
            high,
            sum: 0,
            min: u64::MAX,
            max: 0,
        }
    }

    /// Adds one sample.
    pub fn record(&mut self, value: u64) {
        self.count_in(value.min(self.high), 1);
        self.sum = self.sum.saturating_add(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds all samples of another one of the same kind.
    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        if self.histogram.add(&other.histogram).is_err() {
            // Only a narrower histogram can refuse, and then bucket by bucket does the same.
            for bucket in other.histogram.iter_recorded() {
                let value = bucket.value_iterated_to().min(self.high);
                self.count_in(value, bucket.count_at_value());
            }
        }
        self.sum = self.sum.saturating_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Adds all samples of a histogram; what it does not know, smallest, largest and sum, is taken from
    /// its buckets.
    pub fn merge_histogram(&mut self, histogram: &Histogram<u64>) {
        for bucket in histogram.iter_recorded() {
            let value = bucket.value_iterated_to().min(self.high);
            let count = bucket.count_at_value();
            self.count_in(value, count);
            self.sum = self.sum.saturating_add(value.saturating_mul(count));
            self.min = self.min.min(histogram.lowest_equivalent(value));
            self.max = self.max.max(value);
        }
    }

    fn count_in(&mut self, value: u64, count: u64) {
        // Clamping alone would never let a growing histogram grow.
        if self.histogram.record_n(value, count).is_err() {
            self.histogram.saturating_record_n(value, count);
        }
    }

    /// Samples so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether there is none yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// Their exact sum.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The exact largest; none without samples.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        (!self.is_empty()).then_some(self.max)
    }

    /// The value at a quantile (0 to 1), kept within the exact ends; none without samples.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        (!self.is_empty()).then(|| {
            self.histogram
                .value_at_quantile(q)
                .clamp(self.min, self.max)
        })
    }

    /// The histogram itself.
    #[must_use]
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// As it is saved.
    ///
    /// # Errors
    /// When the encoder refuses, which only a lack of memory makes it do.
    pub fn to_record(&self) -> Result<HistogramRecord, HistogramError> {
        let some = !self.is_empty();
        Ok(HistogramRecord {
            hdr: encode(&self.histogram)?,
            count: self.count(),
            sum: Micros(self.sum),
            min: some.then_some(Micros(self.min)),
            max: some.then_some(Micros(self.max)),
        })
    }
}

fn encode(histogram: &Histogram<u64>) -> Result<String, HistogramError> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut bytes)
        .map_err(|error| HistogramError::Encode(error.to_string()))?;
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded(values: &[u64]) -> Recording {
        let mut recording = Recording::latencies();
        for value in values {
            recording.record(*value);
        }
        recording
    }

    #[test]
    fn an_empty_recording_has_no_figures() {
        let record = Recording::latencies().to_record().unwrap();
        assert_eq!((record.count, record.min, record.max), (0, None, None));
        assert_eq!(record.mean(), None);
        assert_eq!(record.quantile(0.95).unwrap(), None);
        assert!(record.decode().unwrap().is_empty());
    }

    #[test]
    fn a_saved_histogram_comes_back_whole() {
        let recording = recorded(&[1, 250, 999, 1_000_003, HOUR_MICROS]);
        let record = recording.to_record().unwrap();
        assert_eq!(record.decode().unwrap(), *recording.histogram());
        assert_eq!(record.sum, Micros(1 + 250 + 999 + 1_000_003 + HOUR_MICROS));
        assert_eq!(
            (record.min, record.max),
            (Some(Micros(1)), Some(Micros(HOUR_MICROS)))
        );
    }

    #[test]
    fn a_sample_beyond_the_range_is_kept_exactly_in_sum_and_maximum() {
        let record = recorded(&[5, 2 * HOUR_MICROS]).to_record().unwrap();
        assert_eq!(record.count, 2);
        assert_eq!(record.max, Some(Micros(2 * HOUR_MICROS)));
        assert_eq!(record.mean(), Some((5.0 + 2.0 * HOUR_MICROS as f64) / 2.0));
    }

    #[test]
    fn calls_are_told_apart_by_the_nanosecond() {
        let mut calls = Recording::calls();
        for nanos in [83, 84, 85, 1_999] {
            calls.record(nanos);
        }
        let record = calls.to_record().unwrap();
        assert_eq!(record.quantile(0.5).unwrap(), Some(Micros(84)));
        assert_eq!(record.quantile(1.0).unwrap(), Some(Micros(1_999)));
    }

    #[test]
    fn changed_records_are_refused() {
        let mut record = recorded(&[10, 20]).to_record().unwrap();
        record.count = 3;
        assert!(matches!(
            record.decode(),
            Err(HistogramError::Count { held: 2, stated: 3 })
        ));
        record.hdr.truncate(20);
        assert!(matches!(record.decode(), Err(HistogramError::Format(_))));
        record.hdr = "not base64!".to_owned();
        assert!(matches!(record.decode(), Err(HistogramError::Base64(_))));
    }

    proptest! {
        #[test]
        fn parts_merge_to_the_whole(
            values in prop::collection::vec(0u64..HOUR_MICROS, 1..200),
            cut in 0usize..200,
        ) {
            let cut = cut.min(values.len());
            let mut small = Recording::growing();
            for value in &values[cut..] {
                small.record(*value);
            }
            let mut merged = recorded(&values[..cut]);
            merged.merge(&small);
            prop_assert_eq!(merged.to_record().unwrap(), recorded(&values).to_record().unwrap());
        }

        #[test]
        fn saved_parts_merge_to_the_whole_bit_for_bit(
            values in prop::collection::vec(0u64..2 * HOUR_MICROS, 1..200),
            cuts in prop::collection::vec(0usize..200, 0..5),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(values.len())).collect();
            cuts.extend([0, values.len()]);
            cuts.sort_unstable();
            let parts: Vec<HistogramRecord> = cuts
                .windows(2)
                .map(|ends| recorded(&values[ends[0]..ends[1]]).to_record().unwrap())
                .collect();
            let parts: Vec<&HistogramRecord> = parts.iter().collect();
            let merged = HistogramRecord::merge(&parts).unwrap();
            prop_assert_eq!(merged, recorded(&values).to_record().unwrap());
        }

        #[test]
        fn quantiles_are_off_by_a_thousandth_at_most(
            mut values in prop::collection::vec(1u64..HOUR_MICROS, 1..300),
            q in 0.0f64..=1.0,
        ) {
            let record = recorded(&values).to_record().unwrap();
            values.sort_unstable();
            let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1] as f64;
            let got = record.quantile(q).unwrap().unwrap().0 as f64;
            prop_assert!((got - exact).abs() <= exact / 1_000.0 + 1.0, "{} for {}", got, exact);
        }
    }
}
