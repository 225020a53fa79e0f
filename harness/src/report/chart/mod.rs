//! The charts of a report, as SVG: drawn from what was saved alone, the same bytes for the same run.
//! Text stays text, and each picture carries its own description.
//!
//! A chart shows measurements and decides nothing; one without data is not drawn at all. Percentiles
//! that a distribution has too few samples for are left out here as everywhere.

mod axis;
mod bench;
mod bucket;
mod cpu;
mod distribution;
mod endpoints;
mod errors;
mod heatmap;
mod memory;
mod plot;
mod profile;
mod sheet;
mod source;
mod style;
mod throughput;
mod timeline;
mod trend;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::sheet::Fault;
use self::source::Source;
use crate::findings::trend::Trend;
use crate::measurement::archive::RunRecord;

/// What charts are drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'r> {
    /// The run.
    pub record: &'r RunRecord,
    /// The run beside earlier ones.
    pub trend: &'r Trend,
    /// The run's folder, for the interval logs.
    pub dir: &'r Path,
}

/// The folder of the charts in a run's folder.
pub const FOLDER: &str = "charts";

/// A chart that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// Relative to the run's folder, e.g. `charts/cpu_usage.svg`.
    pub file: String,
    /// What it is called.
    pub title: String,
    /// What is to be seen on it, in one sentence.
    pub alt: String,
}

/// A chart with its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What is said of it.
    pub chart: Chart,
    /// The drawing.
    pub svg: String,
}

/// The drawing library refused.
#[derive(Debug, Error)]
#[error("cannot draw {name}: {message}")]
pub struct ChartError {
    /// The chart.
    name: &'static str,
    /// What the library said.
    message: String,
}

/// A chart in memory.
struct Drawing {
    name: &'static str,
    title: &'static str,
    alt: String,
    svg: String,
}

type Draw = fn(&Source<'_>) -> Result<Option<Drawing>, Fault>;

/// All charts, in the order of the report.
const CHARTS: [(&str, Draw); 10] = [
    (distribution::NAME, distribution::draw),
    (heatmap::NAME, heatmap::draw),
    (throughput::NAME, throughput::draw),
    (memory::NAME, memory::draw),
    (cpu::NAME, cpu::draw),
    (errors::NAME, errors::draw),
    (endpoints::NAME, endpoints::draw),
    (profile::NAME, profile::draw),
    (bench::NAME, bench::draw),
    (trend::NAME, trend::draw),
];

/// Draws every chart that there is data for.
///
/// # Errors
/// If the drawing library refuses.
pub fn draw(material: Material<'_>) -> Result<Vec<Picture>, ChartError> {
    let source = Source::new(material);
    let mut pictures = Vec::new();
    for (name, draw) in CHARTS {
        let drawing = draw(&source).map_err(|error| ChartError {
            name,
            message: error.to_string(),
        })?;
        pictures.extend(drawing.map(|drawing| Picture {
            chart: Chart {
                file: format!("{FOLDER}/{}.svg", drawing.name),
                title: drawing.title.to_owned(),
                alt: drawing.alt,
            },
            svg: drawing.svg,
        }));
    }
    Ok(pictures)
}
