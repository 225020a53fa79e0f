//! The charts of a report, as SVG files: drawn from the record alone, the same bytes for the same
//! record. Text stays text, and each file carries its own description.
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
mod memory;
mod plot;
mod profile;
mod sheet;
mod source;
mod style;
mod throughput;
mod timeline;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::sheet::Fault;
use self::source::Source;
use crate::measurement::archive::RunRecord;

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

/// Why the charts could not be written.
#[derive(Debug, Error)]
pub enum ChartError {
    /// The disk refused.
    #[error("cannot write {path}: {source}; is the folder writable and the disk not full?")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The drawing library refused.
    #[error("cannot draw {name}: {message}")]
    Draw {
        /// The chart.
        name: &'static str,
        /// What it said.
        message: String,
    },
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
const CHARTS: [(&str, Draw); 8] = [
    (distribution::NAME, distribution::draw),
    (throughput::NAME, throughput::draw),
    (memory::NAME, memory::draw),
    (cpu::NAME, cpu::draw),
    (errors::NAME, errors::draw),
    (endpoints::NAME, endpoints::draw),
    (profile::NAME, profile::draw),
    (bench::NAME, bench::draw),
];

/// Draws every chart that the record has data for into the folder `charts` of a run's folder.
///
/// # Errors
/// If a file cannot be written.
pub fn draw(record: &RunRecord, dir: &Path) -> Result<Vec<Chart>, ChartError> {
    let folder = dir.join(FOLDER);
    let drawings = drawings(record)?;
    std::fs::create_dir_all(&folder).map_err(|source| ChartError::Write {
        path: folder.clone(),
        source,
    })?;
    drawings
        .into_iter()
        .map(|drawing| {
            let path = folder.join(format!("{}.svg", drawing.name));
            std::fs::write(&path, &drawing.svg)
                .map_err(|source| ChartError::Write { path, source })?;
            Ok(Chart {
                file: format!("{FOLDER}/{}.svg", drawing.name),
                title: drawing.title.to_owned(),
                alt: drawing.alt,
            })
        })
        .collect()
}

fn drawings(record: &RunRecord) -> Result<Vec<Drawing>, ChartError> {
    let source = Source::new(record);
    let mut drawings = Vec::new();
    for (name, draw) in CHARTS {
        let drawing = draw(&source).map_err(|error| ChartError::Draw {
            name,
            message: error.to_string(),
        })?;
        drawings.extend(drawing);
    }
    Ok(drawings)
}
