//! `steps-perf check`: proves a suite or a scenario without sending a request.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::CliError;
use crate::exit::Exit;
use crate::plan;
use crate::plan::suite::Suite;

/// Check a suite or scenario file and all files it names, in all of its profiles
///
/// Nothing is started and no request is sent. Every mistake is told with file, line and key.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The suite or scenario file
    #[arg(value_name = "FILE", default_value = "scenarios/suite.toml")]
    file: PathBuf,

    /// Check this profile alone
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    check(args, &mut std::io::stdout().lock())
}

fn check(args: &Args, out: &mut dyn Write) -> Result<Exit, CliError> {
    let profiles = match &args.profile {
        Some(profile) => vec![profile.clone()],
        None => plan::profiles(&args.file)?,
    };
    let is_suite = plan::file::is_suite(&args.file)?;
    for profile in &profiles {
        let suite = if is_suite {
            plan::load_suite(&args.file, profile, &[])?
        } else {
            plan::load_scenario_file(&args.file, profile)?
        };
        writeln!(out, "{profile}: {}", told(&suite))?;
    }
    writeln!(out, "{} is good.", args.file.display())?;
    Ok(Exit::Success)
}

fn told(suite: &Suite) -> String {
    let targets: usize = suite
        .scenarios
        .iter()
        .map(|scenario| scenario.targets.len())
        .sum();
    let of_memory = suite
        .memory
        .as_ref()
        .map_or(0, |memory| memory.targets.len());
    let mut parts = vec![format!("{} scenarios", suite.scenarios.len())];
    if suite.memory.is_some() {
        parts.push("memory profile".to_owned());
    }
    if let Some(bench) = &suite.bench {
        parts.push(format!("{} benchmarks", bench.functions.len()));
    }
    parts.push(format!("{} targets", targets + of_memory));
    parts.push(format!("plan {}", &plan::hash(suite)[..12]));
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_suite_is_good_in_each_profile() {
        let file = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../scenarios/suite.toml"
        ));
        let mut out = Vec::new();
        let exit = check(
            &Args {
                file,
                profile: None,
            },
            &mut out,
        )
        .expect("good");
        let told = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(exit, Exit::Success);
        assert_eq!(lines.len(), 4);
        assert!(
            lines[0].starts_with("full: 6 scenarios, memory profile, 7 benchmarks, "),
            "{told}"
        );
        assert!(
            lines[2].starts_with("smoke: 6 scenarios, memory profile, "),
            "{told}"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_a_plan_error() {
        let args = Args {
            file: PathBuf::from("no/such.toml"),
            profile: None,
        };
        let error = check(&args, &mut Vec::new()).expect_err("no file");
        assert!(matches!(error, CliError::Plan(_)));
        assert!(
            error.to_string().starts_with("cannot read no/such.toml: "),
            "{error}"
        );
    }
}
