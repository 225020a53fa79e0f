//! Why a run could not be done at all, or had to stop.

use std::path::PathBuf;

use crate::measurement::archive::ArchiveError;

/// What went wrong. Errors of the plan and of the folder leave no record; those of the system under
/// test are kept in the record as the reason of its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run's folder could not be made.
    #[error("cannot make the run's folder {path}: {source}; choose another with --out")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is one of the same second.
    #[error(
        "the run's folder {path} exists already; start the run again, the name is the time of the start in seconds"
    )]
    FolderExists {
        /// The folder.
        path: PathBuf,
    },
    /// The measurements could not be saved.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A part of the plan cannot be used as it is.
    #[error("{place}: {message}")]
    Plan {
        /// The key in the suite or the scenario's step.
        place: String,
        /// What is wrong, and what to try.
        message: String,
    },
    /// The thread that samples processes could not be started.
    #[error("cannot sample processes: {source}; is /proc mounted?")]
    Sampler {
        /// What the system said.
        source: std::io::Error,
    },
    /// The suite has no command and the caller no target.
    #[error(
        "the suite has no `sut.start` command, so there is nothing to start; give the address of a running system with --target URL"
    )]
    NothingToStart,
    /// The secret that the headers need is nowhere.
    #[error("{place} uses `{{{{ secret }}}}`, and there is none: {looked}")]
    NoSecret {
        /// The key in the suite.
        place: String,
        /// Where it was looked for, and what to set.
        looked: String,
    },
}
