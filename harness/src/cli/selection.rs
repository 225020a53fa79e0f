//! Arguments shared by the subcommands that measure: which suite, which profile, which system.

use std::path::PathBuf;

use clap::Args;
use reqwest::Url;

/// What to measure and where to keep it.
#[derive(Debug, Clone, Args)]
pub(super) struct Selection {
    /// The suite file
    #[arg(long, value_name = "FILE", default_value = "scenarios/suite.toml")]
    pub(super) suite: PathBuf,

    /// How much load, e.g. smoke, quick or full (see `steps-perf list`) [default: quick]
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// Measure the service that runs at this address instead of starting one
    #[arg(long, value_name = "URL")]
    pub(super) target: Option<Url>,

    /// Send this header field with every request, in place of the suite's of the same name
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(super) headers: Vec<(String, String)>,

    /// The folder in which the run's own folder is made, named after the time of the start
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) out: PathBuf,

    /// Seed of all randomness in the plan: data order, pauses, choice of steps
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,

    /// End with exit code 10 when a target is MARGINAL
    #[arg(long)]
    pub(super) strict: bool,

    /// The earlier run that targets "of baseline" are held against
    #[arg(long, value_name = "RUN")]
    pub(super) baseline: Option<PathBuf>,

    /// Go on with the next scenario when one could not be finished
    #[arg(long)]
    pub(super) keep_going: bool,
}

/// `name: value`.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| format!("{text:?} has no colon; write it as \"name: value\""))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn a_header_is_a_name_a_colon_and_a_value() {
        let parsed = header("authorization:  Bearer a:b ");
        assert_eq!(
            parsed,
            Ok(("authorization".to_owned(), "Bearer a:b".to_owned()))
        );
        assert!(header("authorization").is_err());
    }
}
