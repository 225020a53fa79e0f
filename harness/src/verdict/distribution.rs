//! Saved histograms as distributions that can be asked for ranks. Merged by addition only: an
//! average of percentiles cannot be had here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use thiserror::Error;

use crate::measurement::histogram::HistogramRecord;
use crate::metric::Statistic;

/// Why saved histograms cannot be used.
#[derive(Debug, Error)]
pub enum DistributionError {
    /// Not base64.
    #[error("a saved histogram is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Not an HDR histogram.
    #[error("a saved histogram is not in the HDR format: {0:?}")]
    Format(hdrhistogram::serialization::DeserializeError),
    /// Out of memory for the range.
    #[error("saved histograms cannot be added: {0:?}")]
    Range(hdrhistogram::CreationError),
    /// Ranges that do not fit.
    #[error("saved histograms cannot be added: {0:?}")]
    Addition(hdrhistogram::AdditionError),
    /// The count beside the histogram says something else.
    #[error("a saved histogram holds {held} samples where its record says {said}")]
    Count {
        /// In the histogram.
        held: u64,
        /// In the record.
        said: u64,
    },
}

/// Samples of one quantity, in whole ticks (microseconds; nanoseconds for benchmarked calls).
#[derive(Debug, Clone)]
pub struct Distribution {
    histogram: Histogram<u64>,
    sum: u64,
    min: u64,
    max: u64,
}

impl Distribution {
    /// Adds up saved histograms.
    ///
    /// # Errors
    /// If one cannot be read or holds another number of samples than its record says.
    pub fn merge<'a>(
        records: impl IntoIterator<Item = &'a HistogramRecord>,
    ) -> Result<Self, DistributionError> {
        let mut merged = Self {
            histogram: Histogram::new(3).map_err(DistributionError::Range)?,
            sum: 0,
            min: u64::MAX,
            max: 0,
        };
        for record in records {
            merged.add(record)?;
        }
        Ok(merged)
    }

    fn add(&mut self, record: &HistogramRecord) -> Result<(), DistributionError> {
        let count_error = |held| DistributionError::Count {
            held,
            said: record.count,
        };
        if record.hdr.is_empty() {
            return if record.count == 0 {
                Ok(())
            } else {
                Err(count_error(0))
            };
        }
        let bytes = STANDARD.decode(&record.hdr)?;
        let histogram: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(DistributionError::Format)?;
        if histogram.len() != record.count {
            return Err(count_error(histogram.len()));
        }
        self.histogram
            .add(&histogram)
            .map_err(DistributionError::Addition)?;
        self.sum = self.sum.saturating_add(record.sum.0);
        if let (Some(min), Some(max)) = (record.min, record.max) {
            self.min = self.min.min(min.0);
            self.max = self.max.max(max.0);
        }
        Ok(())
    }

    /// Samples.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Exact mean; none without samples.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum as f64 / self.count() as f64)
    }

    /// Exact smallest sample.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (self.count() > 0).then_some(self.min as f64)
    }

    /// Exact largest sample.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (self.count() > 0).then_some(self.max as f64)
    }

    /// The sum of all samples.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Standard deviation of the samples, from the buckets.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        (self.count() > 1).then(|| self.histogram.stdev())
    }

    /// The quantile by nearest rank; none without samples.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        (self.count() > 0).then(|| {
            self.histogram
                .value_at_quantile(quantile)
                .clamp(self.min, self.max) as f64
        })
    }

    /// A percentile, if there are enough samples to state it.
    #[must_use]
    pub fn percentile(&self, statistic: Statistic) -> Option<f64> {
        let floor = statistic.sample_floor()?;
        if self.count() < floor {
            None
        } else {
            self.quantile(statistic.quantile()?)
        }
    }

    /// Samples of at most this many ticks, as finely as the buckets tell.
    #[must_use]
    pub fn count_within(&self, ticks: u64) -> u64 {
        if ticks >= self.max {
            return self.count();
        }
        self.histogram
            .iter_recorded()
            .take_while(|bucket| bucket.value_iterated_to() <= ticks)
            .map(|bucket| bucket.count_at_value())
            .sum()
    }

    /// The bucket that holds the sample of this rank (1 is the smallest), as its two ends: the
    /// instrument sees no finer.
    #[must_use]
    pub fn at_rank(&self, rank: u64) -> Option<(f64, f64)> {
        let mut seen = 0;
        for step in self.histogram.iter_recorded() {
            seen += step.count_since_last_iteration();
            if seen >= rank && rank > 0 {
                let value = step.value_iterated_to();
                let low = self.histogram.lowest_equivalent(value).max(self.min);
                let high = self.histogram.highest_equivalent(value).min(self.max);
                return Some((low as f64, high as f64));
            }
        }
        None
    }
}
