//! What all charts ask of a record: the scenarios with their titles, distributions, the footer.

use std::path::Path;

use super::sheet::{Drawn, Head, Sheet, card};
use super::style::Size;
use super::{Drawing, Material, sheet};

use crate::findings::trend::Trend;
use crate::measurement::archive::RunRecord;
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::ScenarioRecord;
use crate::metric::Statistic;
use crate::plan::scenario::Scenario;
use crate::report::number;
use crate::verdict::distribution::Distribution;
use crate::verdict::stats::sample_floor;

/// A measured scenario with what the plan says of it, if it is planned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured<'r> {
    pub(super) record: &'r ScenarioRecord,
    pub(super) plan: Option<&'r Scenario>,
    position: usize,
}

impl<'r> Measured<'r> {
    pub(super) fn title(&self) -> &'r str {
        self.plan.map_or(&*self.record.name, |plan| &*plan.title)
    }

    /// Its number in the report.
    pub(super) fn number(&self) -> u32 {
        let position = u32::try_from(self.position + 1).unwrap_or(u32::MAX);
        self.plan.map_or(position, |plan| plan.number)
    }

    /// `2 Multi-User Concurrent Access`.
    pub(super) fn heading(&self) -> String {
        format!("{} {}", self.number(), self.title())
    }
}

/// The record of a run, as charts see it.
pub(super) struct Source<'r> {
    pub(super) record: &'r RunRecord,
    pub(super) trend: &'r Trend,
    /// The run's folder.
    pub(super) dir: &'r Path,
    pub(super) scenarios: Vec<Measured<'r>>,
}

impl<'r> Source<'r> {
    pub(super) fn new(material: Material<'r>) -> Self {
        let Material { record, trend, dir } = material;
        let measured = |(position, scenario): (usize, &'r ScenarioRecord)| Measured {
            record: scenario,
            plan: record
                .suite
                .scenarios
                .iter()
                .find(|plan| plan.name == scenario.name),
            position,
        };
        let scenarios = record.scenarios.iter().enumerate().map(measured).collect();
        Self {
            record,
            trend,
            dir,
            scenarios,
        }
    }

    /// Where the data is from; `n` says how many samples of what are shown.
    pub(super) fn footer(&self, n: &str) -> String {
        let record = self.record;
        let commit = record.tool.commit.as_deref().map_or_else(
            || "no commit".to_owned(),
            |commit| format!("commit {}", commit.chars().take(12).collect::<String>()),
        );
        let cpu = Size::Small.cut(&record.environment.cpu_model, 220.0);
        let cores = record.environment.cores;
        format!(
            "{} · {commit} · {cpu}, {cores} {} · {n} · profile {}",
            record.stamp,
            if cores == 1 { "core" } else { "cores" },
            record.suite.profile,
        )
    }

    /// Draws a card and keeps what belongs to it.
    pub(super) fn finish(
        head: Head,
        height: f64,
        draw: impl FnOnce(&Sheet<'_>) -> Drawn,
    ) -> Result<Option<Drawing>, sheet::Fault> {
        let svg = card(&head, height, draw)?;
        Ok(Some(Drawing {
            name: head.name,
            title: head.title,
            alt: head.alt,
            svg,
        }))
    }
}

/// Saved histograms added up; none if they hold nothing or cannot be read, which the verdict
/// reports as corrupt.
pub(super) fn merged<'a>(
    records: impl IntoIterator<Item = &'a HistogramRecord>,
) -> Option<Distribution> {
    Distribution::merge(records)
        .ok()
        .filter(|distribution| distribution.count() > 0)
}

/// A percentile, where there are enough samples for it.
pub(super) fn supported(distribution: &Distribution, statistic: Statistic) -> Option<f64> {
    let enough = distribution.count() >= sample_floor(Some(statistic));
    statistic
        .quantile()
        .filter(|_| enough)
        .and_then(|quantile| distribution.quantile(quantile))
}

/// Clauses as one sentence.
pub(super) fn sentence(opening: &str, clauses: &[String]) -> String {
    if clauses.is_empty() {
        format!("{opening}.")
    } else {
        format!("{opening}: {}.", clauses.join("; "))
    }
}

/// `1,234 requests`.
pub(super) fn counted(count: u64, thing: &str) -> String {
    format!(
        "{} {thing}{}",
        number::count(count),
        if count == 1 { "" } else { "s" }
    )
}
