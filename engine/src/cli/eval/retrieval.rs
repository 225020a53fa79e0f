//! `smart-steps eval retrieval`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::output::say;
use crate::cli::settings::SettingsArgs;
use crate::domain::id::PersonaId;

use super::Format;
use super::conversation::{self, Conversation};
use super::recall::{self, DEPTH, Quality, Tally};
use super::remote::Remote;
use super::subject::Subject;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Labelled conversations, one JSON object a line; docs/retrieval.md describes the fields
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Ask the server at this address instead of an engine in this process
    #[arg(long, value_name = "URL", requires = "key")]
    url: Option<String>,
    /// The server's API key
    #[arg(
        long,
        value_name = "KEY",
        env = "SMART_STEPS_KEY",
        hide_env_values = true
    )]
    key: Option<String>,
    /// The persona that remembers
    #[arg(long, value_name = "ID", default_value = "therapist")]
    persona: PersonaId,
    /// Without `--database`, everything goes into a temporary database
    #[command(flatten)]
    settings: SettingsArgs,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    conversations: usize,
    turns: usize,
    overall: Quality,
    by_category: BTreeMap<String, Quality>,
    query_milliseconds: Times,
}

/// Times per query, nearest rank.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Times {
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let conversations = conversation::read(&args.file)?;
    let (mut tally, mut times) = (Tally::default(), Vec::new());
    let mut count = |conversation: &Conversation, at: usize, ranked: Vec<String>, took| {
        let question = &conversation.questions[at];
        let ranked: Vec<&str> = ranked.iter().map(String::as_str).collect();
        tally.count(&question.category, &ranked, &question.evidence);
        times.push(took);
    };
    match (&args.url, &args.key) {
        (Some(url), Some(key)) => {
            let remote = Remote::new(url, key.clone())?;
            for conversation in &conversations {
                let remembered = remote.remember(conversation, &args.persona).await?;
                for (at, question) in conversation.questions.iter().enumerate() {
                    let start = Instant::now();
                    let ranked = remote.ask(&remembered, &question.text, DEPTH).await?;
                    count(conversation, at, ranked, start.elapsed());
                }
                remote.forget(&remembered).await?;
            }
        }
        _ => {
            let subject = Subject::open(&args.settings).await?;
            for conversation in &conversations {
                let remembered = subject.remember(conversation, &args.persona).await?;
                for (at, question) in conversation.questions.iter().enumerate() {
                    let start = Instant::now();
                    let ranked = subject.ask(&remembered, &question.text, DEPTH).await?;
                    count(conversation, at, ranked, start.elapsed());
                }
            }
            subject.close().await;
        }
    }
    let turns =
        |conversation: &Conversation| conversation.sessions.iter().map(Vec::len).sum::<usize>();
    let report = Report {
        conversations: conversations.len(),
        turns: conversations.iter().map(turns).sum(),
        overall: tally.overall(),
        by_category: tally.by_category(),
        query_milliseconds: Times::of(times),
    };
    match args.format {
        Format::Json => say(&serde_json::to_string_pretty(&report)?),
        Format::Text => say(&text(&report, &tally)),
    }
}

fn text(report: &Report, tally: &Tally) -> String {
    let Times { p50, p95, p99, max } = report.query_milliseconds;
    format!(
        "{} conversations, {} turns\n{}\ntime per query: p50 {p50:.2} ms, p95 {p95:.2} ms, p99 {p99:.2} ms, longest {max:.2} ms",
        report.conversations,
        report.turns,
        recall::table(tally)
    )
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let rank = |percent: usize| {
            let at = (times.len() * percent).div_ceil(100).max(1) - 1;
            let time = times.get(at).copied().unwrap_or_default();
            (time.as_secs_f64() * 1e6).round() / 1e3
        };
        Self {
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
            max: rank(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = Times::of((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!(
            (times.p50, times.p95, times.p99, times.max),
            (100.0, 190.0, 198.0, 200.0)
        );
        assert_eq!(Times::of(Vec::new()).max, 0.0);
    }
}
