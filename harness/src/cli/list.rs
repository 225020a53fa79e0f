//! `steps-perf list`: what a suite has to offer.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::measure::CliError;
use crate::exit::Exit;
use crate::plan;
use crate::plan::load::{Length, Load};
use crate::plan::suite::Suite;

/// List the scenarios of a suite with their load, and its profiles
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The suite file
    #[arg(long, value_name = "FILE", default_value = "scenarios/suite.toml")]
    suite: PathBuf,

    /// The profile whose load is shown
    #[arg(long, value_name = "NAME", default_value = "full")]
    profile: String,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let suite = plan::load_suite(&args.suite, &args.profile, &[])?;
    let profiles = plan::profiles(&args.suite)?;
    write_list(&suite, &profiles, &mut std::io::stdout().lock())?;
    Ok(Exit::Success)
}

fn write_list(suite: &Suite, profiles: &[String], out: &mut dyn Write) -> std::io::Result<()> {
    let widest = suite
        .scenarios
        .iter()
        .map(|scenario| scenario.name.len())
        .max()
        .unwrap_or(0);
    for scenario in &suite.scenarios {
        writeln!(
            out,
            "{:>2}  {:widest$}  {}; {} targets",
            scenario.number,
            scenario.name,
            load(&scenario.load),
            scenario.targets.len(),
        )?;
        writeln!(out, "    {:widest$}  {}", "", scenario.description)?;
    }
    if let Some(memory) = &suite.memory {
        writeln!(
            out,
            "    {:widest$}  read after {:?} operations",
            "memory", memory.checkpoints
        )?;
    }
    if let Some(bench) = &suite.bench {
        let (count, seconds) = (bench.functions.len(), bench.seconds);
        writeln!(
            out,
            "    {:widest$}  {count} functions, {seconds} s each",
            "bench"
        )?;
    }
    writeln!(
        out,
        "\nprofile {} of {}",
        suite.profile,
        profiles.join(", ")
    )
}

fn load(load: &Load) -> String {
    let users = if load.users == 1 {
        "1 user".to_owned()
    } else {
        format!("{} users", load.users)
    };
    if let Some(arrivals) = &load.arrivals {
        return format!(
            "a pool of {users}, {:.0} arrivals in {} s",
            arrivals.expected(),
            arrivals.lasts().as_secs()
        );
    }
    match load.length {
        Length::Iterations { count, .. } => format!("{users}, {count} iterations each"),
        Length::Duration(duration) => format!("{users}, {} s", duration.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_suite_is_listed() {
        let path = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../scenarios/suite.toml"
        ));
        let suite = plan::load_suite(&path, "full", &[]).expect("good");
        let mut out = Vec::new();
        write_list(&suite, &["full".into(), "smoke".into()], &mut out).expect("written");
        let told = String::from_utf8(out).expect("text");
        for line in [
            " 1  single_user       1 user, 100 iterations each; 6 targets\n",
            " 5  endpoint_stress   100 users, 120 s; 13 targets\n",
            "    memory            read after [10, 100, 1000] operations\n",
            "    bench             7 functions, 10 s each\n",
            "profile full of full, smoke\n",
        ] {
            assert!(told.contains(line), "{line:?} is not in\n{told}");
        }
    }
}
