//! Where a run took place: machine, program, system under test.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Bytes;

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// E.g. `AMD EPYC 7B13`.
    pub cpu_model: String,
    /// Logical cores this program may use.
    pub cores: u32,
    /// Physical memory.
    pub memory: Bytes,
    /// E.g. `Debian GNU/Linux 12`.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// File system type and size of the folder that holds the system's data, if known.
    pub storage: Option<String>,
    /// Load average over one minute before the run.
    pub load_before: f64,
    /// `rustc --version` of this program's build.
    pub rustc: String,
    /// SHA-256 over the fields that make two machines comparable.
    pub fingerprint: String,
}

/// This program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolRecord {
    /// Its version.
    pub version: String,
    /// The commit it was built from, with `+` if the tree was changed; none outside a checkout.
    pub commit: Option<String>,
    /// `release` or `debug`.
    pub build: String,
    /// Versions of the libraries that measure: goose, hdrhistogram, sysinfo, criterion.
    pub libraries: std::collections::BTreeMap<String, String>,
}

/// The system under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SutRecord {
    /// Where it was reached.
    pub url: String,
    /// Whether this run started it.
    pub started_here: bool,
    /// Its process, if it runs on this machine and is known.
    pub pid: Option<u32>,
    /// What it said of its version, whole.
    pub version: Option<serde_json::Value>,
    /// The command that started it.
    pub command: Vec<String>,
    /// From start to ready.
    pub ready_after: Option<crate::units::Micros>,
}
