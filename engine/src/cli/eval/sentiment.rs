//! `smart-steps eval sentiment`

use serde::{Deserialize, Serialize};

use super::labelled::{Labelled, read};
use super::proportion::Proportion;
use super::{Source, conclude};
use crate::analysis::sentiment_compound;
use crate::cli::error::CliError;

/// Below this two scores are held to be the same: the reference prints four digits.
const SAME: f64 = 1e-4;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    source: Source,
    /// Fail when some score deviates by more than this
    #[arg(long, value_name = "NUMBER")]
    max_deviation: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    text: String,
    compound: f64,
    split: Option<String>,
}

impl Labelled for Line {
    fn split(&self) -> Option<&str> {
        self.split.as_deref()
    }

    fn fault(&self) -> Option<String> {
        let fits = (-1.0..=1.0).contains(&self.compound);
        (!fits).then(|| format!("\"compound\" is {}; it must be from -1 to 1", self.compound))
    }
}

#[derive(Debug, Serialize)]
struct Report {
    sentences: usize,
    /// Sentences with the same score to 1e-4.
    same: Proportion,
    mean_deviation: f64,
    largest_deviation: f64,
    /// The sentence with the largest deviation, if it is not the same.
    worst: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let lines: Vec<Line> = read(&args.source)?;
    let report = judge(&lines);
    let unmet: Vec<String> = args
        .max_deviation
        .filter(|bound| report.largest_deviation > *bound)
        .map(|bound| {
            format!(
                "the largest deviation is {:.6}, above the bound {bound}",
                report.largest_deviation
            )
        })
        .into_iter()
        .collect();
    let text = || {
        let mut text = format!(
            "{} sentences\n\nsame to 1e-4       {}\nmean deviation     {:.6}\nlargest deviation  {:.6}\n",
            report.sentences, report.same, report.mean_deviation, report.largest_deviation
        );
        if let Some(worst) = &report.worst {
            text.push_str(&format!("at                 {worst}\n"));
        }
        text
    };
    conclude(&args.source, &report, text, &unmet)
}

fn judge(lines: &[Line]) -> Report {
    let deviations: Vec<f64> = lines
        .iter()
        .map(|line| (sentiment_compound(&line.text) - line.compound).abs())
        .collect();
    let same = deviations.iter().filter(|d| **d <= SAME).count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let worst = deviations
        .iter()
        .zip(lines)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    let largest = worst.map_or(0.0, |(deviation, _)| *deviation);
    Report {
        sentences: lines.len(),
        same: Proportion::new(count(same), count(lines.len())),
        mean_deviation: deviations.iter().sum::<f64>() / deviations.len().max(1) as f64,
        largest_deviation: largest,
        worst: worst
            .filter(|_| largest > SAME)
            .map(|(_, line)| line.text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_deviation_is_named() {
        let line = |text: &str, compound| Line {
            text: text.to_owned(),
            compound,
            split: None,
        };
        let score = sentiment_compound("I love it.");
        let report = judge(&[line("I love it.", score), line("A table.", 0.5)]);
        assert_eq!(report.same, Proportion::new(1, 2));
        assert!((report.largest_deviation - 0.5).abs() < 1e-12);
        assert_eq!(report.worst.as_deref(), Some("A table."));
    }
}
