//! `steps-perf open`: the page of a run in the browser.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Args as ClapArgs;

use super::measure::{self, CliError};
use crate::exit::Exit;
use crate::measurement::archive::RunRecord;

/// Open the page of a saved run in the browser; without one, the latest of reports
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The run's folder
    #[arg(value_name = "RUN")]
    run: Option<PathBuf>,
}

/// What opens a file on the systems that have a desktop.
const OPENERS: [&str; 2] = ["xdg-open", "open"];

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let mut out = std::io::stdout().lock();
    let reports = PathBuf::from("reports");
    let dir = match &args.run {
        Some(run) => measure::run_folder(run),
        None => match RunRecord::all(&reports).pop() {
            Some(latest) => reports.join(latest.stamp),
            None => {
                writeln!(
                    out,
                    "there is no run in reports; `steps-perf run` makes one"
                )?;
                return Ok(Exit::Invalid);
            }
        },
    };
    let record = RunRecord::load(&dir)?;
    let page = dir.join(format!("performance_report_{}.html", record.stamp));
    if !page.is_file() {
        writeln!(
            out,
            "{} is not there; `steps-perf report {}` writes it",
            page.display(),
            dir.display()
        )?;
        return Ok(Exit::Invalid);
    }
    writeln!(out, "{}", page.display())?;
    for opener in OPENERS {
        let started = Command::new(opener)
            .arg(&page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if started.is_ok_and(|status| status.success()) {
            return Ok(Exit::Success);
        }
    }
    writeln!(out, "no browser could be started; open the file by hand")?;
    Ok(Exit::Success)
}
