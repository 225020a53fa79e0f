//! Keeps the response times of the parts of the measured phase that targets are about.

use super::recorder::StepWindow;
use crate::measurement::histogram::{HistogramError, Recording};
use crate::measurement::load::StageRecord;
use crate::plan::target::{Span, Target};

/// The parts of one scenario.
#[derive(Debug, Default)]
pub(super) struct Stages(Vec<(Span, Vec<Recording>)>);

impl Stages {
    /// Those that the targets name, each once.
    pub(super) fn of(targets: &[Target], steps: usize) -> Self {
        let mut spans: Vec<Span> = targets.iter().filter_map(|target| target.phase).collect();
        spans.sort_unstable();
        spans.dedup();
        let kept = spans
            .into_iter()
            .map(|span| (span, vec![Recording::latencies(); steps]));
        Self(kept.collect())
    }

    /// Takes in a second that is over.
    pub(super) fn add(&mut self, second: u32, steps: &[StepWindow]) {
        for (span, recordings) in &mut self.0 {
            if !span.contains(second) {
                continue;
            }
            for (into, from) in recordings.iter_mut().zip(steps) {
                if let Some(response) = &from.response {
                    into.merge(response);
                }
            }
        }
    }

    /// As they are saved.
    pub(super) fn to_records(&self) -> Result<Vec<StageRecord>, HistogramError> {
        self.0
            .iter()
            .map(|(span, recordings)| {
                Ok(StageRecord {
                    span: *span,
                    response: recordings
                        .iter()
                        .map(Recording::to_record)
                        .collect::<Result<_, _>>()?,
                })
            })
            .collect()
    }
}
