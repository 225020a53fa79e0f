//! How far the instrument itself is off on a machine: measured against a server whose times are
//! known, and kept in a file so that later runs can say it of themselves.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::{Environment, ToolRecord};
use crate::units::Micros;

/// The format that this version of the program writes.
pub const FORMAT: u32 = 1;

/// A share of the value and an absolute part: an error within the larger one is what was aimed at.
const ALLOWED_SHARE: f64 = 0.01;
const ALLOWED: Micros = Micros(200);

/// The same where the truth is computed and not measured: a freeze.
const ALLOWED_SHARE_COMPUTED: f64 = 0.02;

/// A calibration of one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Version of this layout.
    pub format: u32,
    /// When it was made.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
    /// Version of the program.
    pub version: String,
    /// `release` or `debug`.
    pub build: String,
    /// Processor, cores and kernel of the machine.
    pub machine: String,
    /// Each law at each percentile.
    pub rows: Vec<CalibrationRow>,
    /// By how much repeated runs of the same trial differ.
    pub noise: Vec<NoiseRow>,
    /// Trials whose generator was not well: their rows say nothing.
    pub unfit: Vec<String>,
}

/// One law at one percentile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationRow {
    /// The law.
    pub law: String,
    /// Which time was compared.
    pub time: ComparedTime,
    /// The percentile, e.g. 99.9.
    pub percentile: f64,
    /// Samples.
    pub n: u64,
    /// What the instrument says.
    pub reported: Micros,
    /// What it was.
    pub truth: Micros,
    /// Where the truth comes from.
    pub source: TruthSource,
}

/// Which time was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparedTime {
    /// Sent to last byte.
    Service,
    /// Due to last byte.
    Response,
}

/// Where a truth comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TruthSource {
    /// The server measured the same requests: there is no sampling error between the two.
    Server,
    /// Computed from the law.
    Computed,
}

/// Repeated runs of the same trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoiseRow {
    /// The law.
    pub law: String,
    /// The percentile of the response time.
    pub percentile: f64,
    /// What each run said.
    pub reported: Vec<Micros>,
}

/// A calibration that cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// There is no place for it.
    #[error("neither XDG_CACHE_HOME nor HOME is set; give a file with --out FILE")]
    NoPlace,
    /// The file cannot be written.
    #[error(
        "cannot write the calibration to {path}: {source}; choose another file with --out FILE"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error(
        "cannot read the calibration {path}: {message}; make a new one with `steps-perf calibrate`"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl CalibrationRow {
    /// Reported less true, in microseconds.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.reported.0 as f64 - self.truth.0 as f64
    }

    /// The error that is aimed at, in microseconds.
    #[must_use]
    pub fn allowed(&self) -> f64 {
        let share = match self.source {
            TruthSource::Server => ALLOWED_SHARE,
            TruthSource::Computed => ALLOWED_SHARE_COMPUTED,
        };
        (self.truth.0 as f64 * share).max(ALLOWED.0 as f64)
    }

    /// Whether the error is within it.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.error().abs() <= self.allowed()
    }
}

impl NoiseRow {
    /// Largest less smallest, in percent of the middle one; none without runs.
    #[must_use]
    pub fn spread_percent(&self) -> Option<f64> {
        let mut sorted: Vec<u64> = self.reported.iter().map(|value| value.0).collect();
        sorted.sort_unstable();
        let (first, last) = (sorted.first()?, sorted.last()?);
        let middle = sorted[sorted.len() / 2];
        (middle > 0).then(|| (last - first) as f64 / middle as f64 * 100.0)
    }
}

impl Calibration {
    /// The largest error of response times at a percentile over all laws, as it would appear in a
    /// time of this length: in microseconds. None if no law was measured there.
    #[must_use]
    pub fn error_at(&self, percentile: f64, time: Micros) -> Option<f64> {
        self.rows
            .iter()
            .filter(|row| row.time == ComparedTime::Response && row.source == TruthSource::Server)
            .filter(|row| (row.percentile - percentile).abs() < 1e-9)
            // An error is partly constant and partly a share; which part is not known, so the law
            // with the nearest time speaks.
            .min_by_key(|row| row.truth.0.abs_diff(time.0))
            .map(|row| row.error().abs())
    }

    /// What of a machine a calibration belongs to.
    #[must_use]
    pub fn machine_of(environment: &Environment) -> String {
        format!(
            "{}, {} cores, kernel {}",
            environment.cpu_model, environment.cores, environment.kernel
        )
    }

    /// Whether it speaks of this machine and of this build of the program.
    #[must_use]
    pub fn is_of(&self, environment: &Environment, tool: &ToolRecord) -> bool {
        self.machine == Self::machine_of(environment)
            && self.version == tool.version
            && self.build == tool.build
    }

    /// Whether every error is within so many times what is aimed at, and every trial was fit.
    #[must_use]
    pub fn is_within(&self, factor: f64) -> bool {
        let within = |row: &CalibrationRow| row.error().abs() <= row.allowed() * factor;
        self.unfit.is_empty() && self.rows.iter().all(within)
    }

    /// The file of this user: in the cache folder, because it can be made again.
    ///
    /// # Errors
    /// When there is no home.
    pub fn usual_path() -> Result<PathBuf, CalibrationError> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = match (set("XDG_CACHE_HOME"), set("HOME")) {
            (Some(cache), _) => PathBuf::from(cache),
            (None, Some(home)) => PathBuf::from(home).join(".cache"),
            (None, None) => return Err(CalibrationError::NoPlace),
        };
        Ok(cache.join("steps-perf").join("calibration.json"))
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), CalibrationError> {
        let failed = |source: std::io::Error| CalibrationError::Write {
            path: path.to_owned(),
            source,
        };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        text.push('\n');
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(path, text).map_err(failed)
    }

    /// Reads one; none if there is no such file.
    ///
    /// # Errors
    /// When the file is there and is no calibration of this format.
    pub fn load(path: &Path) -> Result<Option<Self>, CalibrationError> {
        let failed = |message: String| CalibrationError::Read {
            path: path.to_owned(),
            message,
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let read: Self = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if read.format == FORMAT {
            Ok(Some(read))
        } else {
            Err(failed(format!(
                "it has format {}, this program reads {FORMAT}",
                read.format
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(percentile: f64, truth: u64, reported: u64) -> CalibrationRow {
        CalibrationRow {
            law: "constant".to_owned(),
            time: ComparedTime::Response,
            percentile,
            n: 7_000,
            reported: Micros(reported),
            truth: Micros(truth),
            source: TruthSource::Server,
        }
    }

    fn calibration(rows: Vec<CalibrationRow>) -> Calibration {
        Calibration {
            format: FORMAT,
            made_at: "2025-05-11T09:45:32Z".parse().unwrap(),
            version: "0.1.0".to_owned(),
            build: "release".to_owned(),
            machine: "a machine".to_owned(),
            rows,
            noise: Vec::new(),
            unfit: Vec::new(),
        }
    }

    #[test]
    fn an_error_may_be_one_percent_or_a_fifth_of_a_millisecond() {
        assert!(row(99.0, 2_000, 2_200).is_within());
        assert!(!row(99.0, 2_000, 2_201).is_within());
        assert!(row(99.0, 50_000, 49_500).is_within());
        assert!(!row(99.0, 50_000, 50_501).is_within());
        let mut computed = row(99.0, 3_000_000, 3_060_000);
        assert!(!computed.is_within());
        computed.source = TruthSource::Computed;
        assert!(computed.is_within());
    }

    #[test]
    fn the_error_of_the_nearest_time_is_told() {
        let made = calibration(vec![
            row(95.0, 2_000, 2_150),
            row(95.0, 50_000, 50_090),
            row(99.0, 50_000, 50_400),
        ]);
        assert_eq!(made.error_at(95.0, Micros(3_000)), Some(150.0));
        assert_eq!(made.error_at(95.0, Micros(40_000)), Some(90.0));
        assert_eq!(made.error_at(99.9, Micros(40_000)), None);
    }

    #[test]
    fn a_saved_calibration_comes_back_and_another_format_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache/calibration.json");
        assert_eq!(Calibration::load(&path).unwrap(), None);
        let mut made = calibration(vec![row(50.0, 2_000, 2_100)]);
        made.save(&path).unwrap();
        assert_eq!(Calibration::load(&path).unwrap(), Some(made.clone()));
        made.format += 1;
        made.save(&path).unwrap();
        assert!(matches!(
            Calibration::load(&path),
            Err(CalibrationError::Read { .. })
        ));
    }

    #[test]
    fn noise_is_the_spread_of_repeated_runs() {
        let noise = NoiseRow {
            law: "constant".to_owned(),
            percentile: 95.0,
            reported: [2_000, 2_040, 1_990].map(Micros).to_vec(),
        };
        assert_eq!(noise.spread_percent(), Some(2.5));
    }
}
