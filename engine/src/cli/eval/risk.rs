//! `smart-steps eval risk`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::labelled::{Labelled, read};
use super::proportion::{Proportion, parse_bound};
use super::{Source, conclude};
use crate::analysis::risk_findings;
use crate::cli::error::CliError;
use crate::domain::risk::RiskFinding;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    source: Source,
    /// Fail when less than this share of the sentences with a category raises a finding
    #[arg(long, value_name = "SHARE", value_parser = parse_bound)]
    min_sensitivity: Option<f64>,
    /// Fail when less than this share of the sentences that raise a finding has a category
    #[arg(long, value_name = "SHARE", value_parser = parse_bound)]
    min_ppv: Option<f64>,
    /// Count findings of this severity and above only, as a reader who wants fewer would
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=6))]
    min_severity: u8,
    /// Print the sentences that were missed or raised in error; not with --format json
    #[arg(long)]
    errors: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    text: String,
    category: Option<String>,
    severity: Option<u8>,
    split: Option<String>,
}

impl Labelled for Line {
    fn split(&self) -> Option<&str> {
        self.split.as_deref()
    }

    fn fault(&self) -> Option<String> {
        let severity = self.severity.filter(|s| !(1..=6).contains(s));
        severity.map(|s| format!("\"severity\" is {s}; it must be from 1 (low) to 6 (acute)"))
    }
}

/// Counts of one category.
#[derive(Debug, Default)]
struct Tally {
    labelled: u32,
    raised: u32,
    same_category: u32,
    severity_told: u32,
    severity_near: u32,
    raised_as: u32,
    raised_as_rightly: u32,
}

/// The outcome of one category, or of all.
#[derive(Debug, Serialize)]
struct Outcome {
    /// Sentences with the category that raise any finding.
    sensitivity: Proportion,
    /// Sentences that raise this category (or, overall, any) and have some category.
    ppv: Proportion,
    /// Sentences with the category that raise that very category.
    same_category: Proportion,
    /// Sentences with a severity whose highest finding is at most one step from it.
    severity_within_one: Proportion,
}

impl From<&Tally> for Outcome {
    fn from(tally: &Tally) -> Self {
        Self {
            sensitivity: Proportion::new(tally.raised, tally.labelled),
            ppv: Proportion::new(tally.raised_as_rightly, tally.raised_as),
            same_category: Proportion::new(tally.same_category, tally.labelled),
            severity_within_one: Proportion::new(tally.severity_near, tally.severity_told),
        }
    }
}

#[derive(Debug, Serialize)]
struct Report {
    sentences: usize,
    overall: Outcome,
    /// Sentences without a category that raise nothing.
    specificity: Proportion,
    by_category: BTreeMap<String, Outcome>,
    /// Mean time of one sentence.
    microseconds_per_sentence: f64,
}

pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let lines: Vec<Line> = read(&args.source)?;
    // The first use compiles the lists, which is no part of a sentence's cost.
    let _ = risk_findings("once");
    let begun = Instant::now();
    let found: Vec<Vec<RiskFinding>> = lines.iter().map(|line| risk_findings(&line.text)).collect();
    let elapsed = begun.elapsed();
    let raised: Vec<Vec<&RiskFinding>> = found
        .iter()
        .map(|findings| {
            let counts = |f: &&RiskFinding| f.is_raised() && f.severity >= args.min_severity;
            findings.iter().filter(counts).collect()
        })
        .collect();
    let mut report = judge(&lines, &raised);
    report.microseconds_per_sentence = elapsed.as_secs_f64() * 1e6 / lines.len() as f64;
    let unmet: Vec<String> = [
        report
            .overall
            .sensitivity
            .below("sensitivity", args.min_sensitivity),
        report.overall.ppv.below("PPV", args.min_ppv),
    ]
    .into_iter()
    .flatten()
    .collect();
    let text = || {
        let mut text = described(&report);
        if args.errors {
            text.push_str(&errors(&lines, &raised, &found));
        }
        text
    };
    conclude(&args.source, &report, text, &unmet)
}

fn judge(lines: &[Line], raised: &[Vec<&RiskFinding>]) -> Report {
    let mut all = Tally::default();
    let mut by_category: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut harmless, mut quiet) = (0, 0);
    for (line, findings) in lines.iter().zip(raised) {
        let any = !findings.is_empty();
        all.raised_as += u32::from(any);
        let mut named: Vec<&str> = findings.iter().map(|f| f.category.as_str()).collect();
        named.dedup();
        for name in named {
            let tally = by_category.entry(name.to_owned()).or_default();
            tally.raised_as += 1;
            tally.raised_as_rightly += u32::from(line.category.is_some());
        }
        let Some(category) = &line.category else {
            harmless += 1;
            quiet += u32::from(!any);
            continue;
        };
        all.raised_as_rightly += u32::from(any);
        let same = findings.iter().any(|f| f.category == *category);
        let highest = findings.iter().map(|f| f.severity).max();
        for tally in [&mut all, by_category.entry(category.clone()).or_default()] {
            tally.labelled += 1;
            tally.raised += u32::from(any);
            tally.same_category += u32::from(same);
            if let Some(severity) = line.severity {
                tally.severity_told += 1;
                let near = highest.is_some_and(|highest| highest.abs_diff(severity) <= 1);
                tally.severity_near += u32::from(near);
            }
        }
    }
    Report {
        sentences: lines.len(),
        overall: Outcome::from(&all),
        specificity: Proportion::new(quiet, harmless),
        by_category: by_category
            .iter()
            .map(|(name, tally)| (name.clone(), Outcome::from(tally)))
            .collect(),
        microseconds_per_sentence: 0.0,
    }
}

fn described(report: &Report) -> String {
    let mut text = format!(
        "{} sentences, {:.1} µs each; shares with 95 % Wilson intervals\n\n",
        report.sentences, report.microseconds_per_sentence
    );
    let _ = writeln!(text, "sensitivity          {}", report.overall.sensitivity);
    let _ = writeln!(text, "PPV                  {}", report.overall.ppv);
    let _ = writeln!(text, "specificity          {}", report.specificity);
    let _ = writeln!(
        text,
        "same category        {}",
        report.overall.same_category
    );
    let _ = writeln!(
        text,
        "severity within one  {}",
        report.overall.severity_within_one
    );
    for (name, outcome) in &report.by_category {
        let _ = write!(
            text,
            "\n{name}\n  sensitivity    {}\n  PPV            {}\n  same category  {}\n",
            outcome.sensitivity, outcome.ppv, outcome.same_category
        );
    }
    text
}

fn errors(lines: &[Line], raised: &[Vec<&RiskFinding>], found: &[Vec<RiskFinding>]) -> String {
    let mut text = String::new();
    for ((line, raised), found) in lines.iter().zip(raised).zip(found) {
        let what = match (&line.category, raised.is_empty()) {
            (Some(category), true) => format!("missed ({category})"),
            (None, false) => "raised in error".to_owned(),
            _ => continue,
        };
        let records: Vec<String> = found
            .iter()
            .map(|f| {
                format!(
                    "{} {} {} {:?}",
                    f.category, f.severity, f.assertion, f.quote
                )
            })
            .collect();
        let _ = write!(text, "\n{what}: {}\n  {}\n", line.text, records.join("; "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_counted_overall_and_by_category() {
        let line = |text: &str, category: Option<&str>| Line {
            text: text.to_owned(),
            category: category.map(str::to_owned),
            severity: None,
            split: None,
        };
        let lines = [
            line("I want to kill myself.", Some("active_ideation")),
            line("We had a lovely picnic.", Some("abuse")),
            line("I want to kill myself.", None),
            line("We had a lovely picnic.", None),
        ];
        let found: Vec<Vec<RiskFinding>> = lines.iter().map(|l| risk_findings(&l.text)).collect();
        let raised: Vec<Vec<&RiskFinding>> = found.iter().map(|f| f.iter().collect()).collect();
        let report = judge(&lines, &raised);
        let half = Proportion::new(1, 2);
        assert_eq!(report.overall.sensitivity, half);
        assert_eq!(report.overall.ppv, half);
        assert_eq!(report.specificity, half);
        assert_eq!(
            report.by_category["active_ideation"].same_category,
            Proportion::new(1, 1)
        );
        assert_eq!(
            report.by_category["abuse"].sensitivity,
            Proportion::new(0, 1)
        );
    }
}
