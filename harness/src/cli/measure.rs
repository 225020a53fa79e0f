//! From a selection to a judged and reported run: the way that `run`, `bench` and `memory` share.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::selection::Selection;
use crate::exit::Exit;
use crate::measurement::archive::{ArchiveError, RunRecord};
use crate::plan::file::PlanError;
use crate::plan::suite::Suite;
use crate::report::console::Console;
use crate::report::{self, ReportError};
use crate::run::{self, RunError, RunOptions};
use crate::verdict::{self, Assessment};

/// Why a subcommand could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("profile {profile} of this suite has no {part} part; try --profile quick or --profile full")]
    NotInProfile { part: &'static str, profile: String },
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(std::io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("{0} is no run: it has no run.json; `ls reports` shows the runs")]
    NoRun(PathBuf),
}

impl CliError {
    /// The exit code that this failure is documented with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Plan(_) | Self::NotInProfile { .. } | Self::NoRun(_) => Exit::Usage,
            Self::Run(_) | Self::Archive(_) | Self::Report(_) | Self::Output(_) => Exit::Invalid,
            Self::Runtime(_) => Exit::Bug,
        }
    }
}
