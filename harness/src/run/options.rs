//! What the caller decides about a run, beside the plan.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use tokio_util::sync::CancellationToken;

use crate::measurement::archive::ShardRecord;
use crate::measurement::clock::{Clock, SystemClock};

/// How to do a run.
#[derive(Clone)]
pub struct RunOptions {
    /// The folder under which the run's own folder, named after its stamp, is made.
    pub out_dir: PathBuf,
    /// What `{{ root }}` is in the suite's commands, and the folder they are started in: the one
    /// that holds `Cargo.toml`, or that of the suite file.
    pub root: PathBuf,
    /// A system that is running already; none: the suite's own is started.
    pub target: Option<Url>,
    /// What `{{ secret }}` is in the suite's headers. None: made up for a system that is started
    /// here; for a target, taken from the variable or the file that the suite names.
    pub secret: Option<String>,
    /// Header fields sent with each request, in place of the suite's fields of the same name.
    pub headers: BTreeMap<String, String>,
    /// Seed of all randomness in the plan.
    pub seed: u64,
    /// The share of the users that this process has, and when the measured phase of all shares
    /// begins; none: all users, at once.
    pub shard: Option<ShardRecord>,
    /// Whether the next scenario is begun after one that could not be finished.
    pub keep_going: bool,
    /// The arguments of the command, kept in the record.
    pub command: Vec<String>,
    /// Stops the run when cancelled; signals do the same.
    pub cancel: CancellationToken,
    /// The file of the instrument's calibration; none: nothing is said of its error.
    pub calibration: Option<PathBuf>,
    /// Where dates come from.
    pub clock: Arc<dyn Clock>,
}

impl RunOptions {
    /// Options for a run of the suite's own system, saved below `out_dir`.
    #[must_use]
    pub fn new(out_dir: impl Into<PathBuf>, root: impl Into<PathBuf>) -> Self {
        Self {
            out_dir: out_dir.into(),
            root: root.into(),
            target: None,
            secret: None,
            headers: BTreeMap::new(),
            seed: 1,
            shard: None,
            keep_going: false,
            command: Vec::new(),
            cancel: CancellationToken::new(),
            calibration: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret and the header fields may hold credentials and are left out.
        f.debug_struct("RunOptions")
            .field("out_dir", &self.out_dir)
            .field("root", &self.root)
            .field("target", &self.target.as_ref().map(Url::as_str))
            .field("seed", &self.seed)
            .field("keep_going", &self.keep_going)
            .finish_non_exhaustive()
    }
}
