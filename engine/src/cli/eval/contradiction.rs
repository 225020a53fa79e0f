//! `smart-steps eval contradiction`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::labelled::{Labelled, read};
use super::proportion::{Proportion, parse_bound};
use super::{Source, conclude};
use crate::analysis::claims::{Relation, relation};
use crate::cli::error::CliError;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    source: Source,
    /// Fail when less than this share of the pairs found is labelled so
    #[arg(long, value_name = "SHARE", value_parser = parse_bound)]
    min_precision: Option<f64>,
    /// Fail when less than this share of the labelled pairs is found
    #[arg(long, value_name = "SHARE", value_parser = parse_bound)]
    min_recall: Option<f64>,
    /// Print the pairs that were missed or found in error; not with --format json
    #[arg(long)]
    errors: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Label {
    Contradiction,
    Supersession,
    Consistent,
    Unrelated,
}

impl Label {
    /// Whether a rule should fire.
    fn is_conflict(self) -> bool {
        matches!(self, Self::Contradiction | Self::Supersession)
    }

    /// Whether the relation found is the labelled one.
    fn is(self, found: Relation) -> bool {
        match self {
            Self::Contradiction => found == Relation::Contradiction,
            Self::Supersession => found == Relation::Supersession,
            Self::Consistent | Self::Unrelated => found == Relation::NothingFound,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    a: String,
    b: String,
    label: Label,
    split: Option<String>,
}

impl Labelled for Line {
    fn split(&self) -> Option<&str> {
        self.split.as_deref()
    }
}

#[derive(Debug, Serialize)]
struct Outcome {
    precision: Proportion,
    recall: Proportion,
}

#[derive(Debug, Serialize)]
struct Report {
    pairs: usize,
    /// Found either way, and labelled either way.
    conflict: Outcome,
    contradiction: Outcome,
    supersession: Outcome,
    /// Share of each label where the rules find just that; nothing, for consistent and unrelated.
    right_by_label: BTreeMap<Label, Proportion>,
}

pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let lines: Vec<Line> = read(&args.source)?;
    let found: Vec<Relation> = lines
        .iter()
        .map(|line| relation(&line.a, &line.b))
        .collect();
    let report = judge(&lines, &found);
    let unmet: Vec<String> = [
        ("contradiction", &report.contradiction),
        ("contradiction and supersession together", &report.conflict),
    ]
    .into_iter()
    .flat_map(|(what, outcome)| {
        [
            outcome
                .precision
                .below(&format!("precision of {what}"), args.min_precision),
            outcome
                .recall
                .below(&format!("recall of {what}"), args.min_recall),
        ]
    })
    .flatten()
    .collect();
    let text = || {
        let mut text = described(&report);
        if args.errors {
            text.push_str(&errors(&lines, &found));
        }
        text
    };
    conclude(&args.source, &report, text, &unmet)
}

fn count(lines: &[Line], found: &[Relation], wanted: impl Fn(&Line, Relation) -> bool) -> u32 {
    let fitting = lines
        .iter()
        .zip(found)
        .filter(|(line, found)| wanted(line, **found));
    u32::try_from(fitting.count()).unwrap_or(u32::MAX)
}

fn judge(lines: &[Line], found: &[Relation]) -> Report {
    let outcome = |label: Label, relation: Relation| {
        let both = count(lines, found, |l, f| l.label == label && f == relation);
        Outcome {
            precision: Proportion::new(both, count(lines, found, |_, f| f == relation)),
            recall: Proportion::new(both, count(lines, found, |l, _| l.label == label)),
        }
    };
    let fired = |f: Relation| f != Relation::NothingFound;
    let both = count(lines, found, |l, f| l.label.is_conflict() && fired(f));
    let labels = [
        Label::Contradiction,
        Label::Supersession,
        Label::Consistent,
        Label::Unrelated,
    ];
    let right = |label: Label| {
        let right = count(lines, found, |l, f| l.label == label && label.is(f));
        Proportion::new(right, count(lines, found, |l, _| l.label == label))
    };
    Report {
        pairs: lines.len(),
        conflict: Outcome {
            precision: Proportion::new(both, count(lines, found, |_, f| fired(f))),
            recall: Proportion::new(both, count(lines, found, |l, _| l.label.is_conflict())),
        },
        contradiction: outcome(Label::Contradiction, Relation::Contradiction),
        supersession: outcome(Label::Supersession, Relation::Supersession),
        right_by_label: labels.map(|label| (label, right(label))).into(),
    }
}

fn described(report: &Report) -> String {
    let mut text = format!(
        "{} pairs; shares with 95 % Wilson intervals\n",
        report.pairs
    );
    for (what, outcome) in [
        ("contradiction", &report.contradiction),
        ("supersession", &report.supersession),
        ("either of the two", &report.conflict),
    ] {
        let _ = write!(
            text,
            "\n{what}\n  precision  {}\n  recall     {}\n",
            outcome.precision, outcome.recall
        );
    }
    text.push_str("\nread rightly\n");
    for (label, share) in &report.right_by_label {
        let name = format!("{label:?}").to_lowercase();
        let _ = writeln!(text, "  {name:<14} {share}");
    }
    text
}

fn errors(lines: &[Line], found: &[Relation]) -> String {
    let mut text = String::new();
    for (line, found) in lines.iter().zip(found) {
        if !line.label.is(*found) {
            let _ = write!(
                text,
                "\n{:?}, found {found:?}:\n  {}\n  {}\n",
                line.label, line.a, line.b
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_recall_are_counted() {
        let line = |label| Line {
            a: String::new(),
            b: String::new(),
            label,
            split: None,
        };
        let lines = [
            line(Label::Contradiction),
            line(Label::Contradiction),
            line(Label::Supersession),
            line(Label::Unrelated),
        ];
        let found = [
            Relation::Contradiction,
            Relation::NothingFound,
            Relation::Contradiction,
            Relation::NothingFound,
        ];
        let report = judge(&lines, &found);
        assert_eq!(report.contradiction.precision, Proportion::new(1, 2));
        assert_eq!(report.contradiction.recall, Proportion::new(1, 2));
        assert_eq!(report.conflict.precision, Proportion::new(2, 2));
        assert_eq!(report.conflict.recall, Proportion::new(2, 3));
        assert_eq!(
            report.right_by_label[&Label::Unrelated],
            Proportion::new(1, 1)
        );
    }
}
