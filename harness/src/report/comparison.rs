//! A comparison as a page: what was compared, what came out, how sure that is, and every run.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{ReportError, filters};
use crate::measurement::comparison::{ComparisonRecord, SideRecord, Source, Subject};
use crate::measurement::environment::Environment;
use crate::verdict::comparison::{ComparisonJudgement, more_is_better};
use crate::verdict::outcome::Verdict;
use crate::verdict::paired::Change;

/// The page's name in the comparison's folder.
pub const FILE: &str = "compare.md";

/// The verdict's name in the comparison's folder.
pub const VERDICT_FILE: &str = "verdict.json";

/// Writes the page and the verdict into the comparison's folder; returns the page's path.
///
/// # Errors
/// If a file cannot be written.
pub fn write(
    dir: &Path,
    record: &ComparisonRecord,
    judgement: &ComparisonJudgement,
) -> Result<PathBuf, ReportError> {
    let verdict = dir.join(VERDICT_FILE);
    let mut json = serde_json::to_string_pretty(judgement).map_err(|source| ReportError::Json {
        name: verdict.display().to_string(),
        source,
    })?;
    json.push('\n');
    let page = dir.join(FILE);
    for (path, text) in [(&verdict, json), (&page, render(record, judgement))] {
        std::fs::write(path, text).map_err(|source| ReportError::Write {
            path: path.clone(),
            source,
        })?;
    }
    Ok(page)
}

/// The page.
#[must_use]
pub fn render(record: &ComparisonRecord, judgement: &ComparisonJudgement) -> String {
    let mut out = String::new();
    // Writing into a text cannot fail.
    let _ = page(&mut out, record, judgement);
    out
}

/// The outcome in one sentence, for the page and the console.
#[must_use]
pub fn sentence(record: &ComparisonRecord, judgement: &ComparisonJudgement) -> String {
    if judgement.verdict == Verdict::Invalid {
        let first = judgement.causes.first().map_or("", String::as_str);
        return format!("nothing can be said: {first}");
    }
    if let Some((base, head)) = judgement.more_errors {
        return format!(
            "the head fails more requests: {} % against {} %",
            filters::percent(head * 100.0),
            filters::percent(base * 100.0)
        );
    }
    let Some(change) = judgement.change else {
        return "nothing can be said".to_owned();
    };
    let threshold = filters::percent(record.threshold_percent);
    let interval = format!(
        "{} to {} at {:.2} % confidence after {} pairs",
        signed(change.low),
        signed(change.high),
        change.confidence * 100.0,
        change.pairs
    );
    match judgement.verdict {
        Verdict::Fail => format!(
            "the head is {} worse ({interval}), beyond the threshold of {threshold} %",
            signed(change.estimate)
        ),
        Verdict::Pass if is_improvement(&change) => format!(
            "the head is better: {} ({interval})",
            signed(change.estimate)
        ),
        Verdict::Pass => format!(
            "the head is not worse by {threshold} % or more: {} ({interval})",
            difference(&change)
        ),
        _ => format!(
            "{} pairs do not decide whether the head is worse by {threshold} %: {} ({interval}); \
             raise --max-pairs, lengthen the scenario, or use a quieter machine",
            change.pairs,
            difference(&change)
        ),
    }
}

fn is_improvement(change: &Change) -> bool {
    change.high < 0.0 && change.floor.is_some_and(|floor| -change.estimate > floor)
}

/// No number is given for a difference that is not above the noise.
fn difference(change: &Change) -> String {
    match change.floor {
        Some(floor) if change.estimate.abs() <= floor => format!(
            "no difference above the noise floor of {} %",
            filters::percent(floor * 100.0)
        ),
        _ => signed(change.estimate),
    }
}

fn signed(share: f64) -> String {
    let sign = if share < 0.0 { "-" } else { "+" };
    format!("{sign}{} %", filters::percent(share.abs() * 100.0))
}

fn page(
    out: &mut String,
    record: &ComparisonRecord,
    judgement: &ComparisonJudgement,
) -> fmt::Result {
    writeln!(out, "# Comparison: {}\n", judgement.verdict.mark())?;
    writeln!(out, "{}.\n", capital(&sentence(record, judgement)))?;
    writeln!(out, "| | |\n| --- | --- |")?;
    writeln!(out, "| Compared | {} |", subject(&record.subject))?;
    writeln!(out, "| Base | {} |", side(&record.base))?;
    writeln!(out, "| Head | {} |", side(&record.head))?;
    writeln!(
        out,
        "| Threshold | {} % worse |",
        filters::percent(record.threshold_percent)
    )?;
    if let Some(change) = judgement.change {
        writeln!(out, "| Change for the worse | {} |", difference(&change))?;
        writeln!(
            out,
            "| Interval | {} to {} ({:.2} %, signed ranks of {} pairs) |",
            signed(change.low),
            signed(change.high),
            change.confidence * 100.0,
            change.pairs
        )?;
        let floor = change.floor.map_or_else(
            || "too few runs to state it".to_owned(),
            |floor| {
                format!(
                    "{} % (neighbouring runs of the same build, 99 %)",
                    filters::percent(floor * 100.0)
                )
            },
        );
        writeln!(out, "| Noise floor of this session | {floor} |")?;
    }
    let looks: Vec<String> = judgement.looks.iter().map(u32::to_string).collect();
    writeln!(
        out,
        "| Looks | after {} pairs, fixed beforehand |",
        looks.join(", ")
    )?;
    writeln!(out, "| Machine | {} |", machine(&record.environment))?;
    writeln!(
        out,
        "| Plan, seed | `{}`, {} |\n",
        record.plan_hash.get(..12).unwrap_or(&record.plan_hash),
        record.seed
    )?;
    if !judgement.causes.is_empty() {
        writeln!(out, "## Why it is invalid\n")?;
        for cause in &judgement.causes {
            writeln!(out, "- {}", capital(&cell(cause)))?;
        }
        writeln!(out)?;
    }
    runs(out, record)?;
    writeln!(
        out,
        "The process run is the sampling unit. Base and head take turns (base, head, head, base), so \
         that a drift of the machine falls on both alike. Over all looks the chance of calling a head \
         worse that is not beyond the threshold is at most 0.5 %, and so is that of passing one that \
         is."
    )
}

fn runs(out: &mut String, record: &ComparisonRecord) -> fmt::Result {
    let unit = if more_is_better(&record.subject) {
        "/s"
    } else {
        unit(&record.subject)
    };
    let names: Vec<&String> = record
        .runs
        .first()
        .map(|run| run.others.keys().collect())
        .unwrap_or_default();
    writeln!(out, "## Runs\n")?;
    write!(out, "| Run | Build | Figure ({unit}) | n | Failed |")?;
    for name in &names {
        write!(out, " {} |", cell(name))?;
    }
    write!(out, "\n| ---: | --- | ---: | ---: | ---: |")?;
    writeln!(out, "{}", " ---: |".repeat(names.len()))?;
    for (turn, run) in record.runs.iter().enumerate() {
        let figure = run
            .value
            .map_or_else(|| filters::NOT_MEASURED.to_owned(), |v| format!("{v:.4}"));
        write!(
            out,
            "| {} | {} | {figure} | {} | {} |",
            turn + 1,
            run.side.word(),
            run.n,
            run.failed
        )?;
        for name in &names {
            let other = run.others.get(*name).map(|value| format!("{value:.4}"));
            write!(out, " {} |", other.unwrap_or_default())?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}

fn unit(subject: &Subject) -> &'static str {
    match subject {
        Subject::Bench { .. } => "ms a call",
        Subject::Scenario { metric, .. } => match metric.units().first() {
            Some(crate::metric::Unit::Percent) => "%",
            Some(crate::metric::Unit::Megabytes) => "MB",
            _ => "ms",
        },
    }
}

/// What is compared, in words.
#[must_use]
pub fn subject(subject: &Subject) -> String {
    let word = |value: serde_json::Result<serde_json::Value>| match value {
        Ok(serde_json::Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    };
    match subject {
        Subject::Scenario {
            name,
            metric,
            statistic,
            steps,
        } => {
            let metric = word(serde_json::to_value(metric));
            let statistic = statistic.map_or_else(String::new, |statistic| {
                format!(" ({})", word(serde_json::to_value(statistic)))
            });
            let steps = if steps.is_empty() {
                "all steps".to_owned()
            } else {
                steps.join(", ")
            };
            format!("{metric}{statistic} of {}, {}", cell(name), cell(&steps))
        }
        Subject::Bench {
            function,
            statistic,
        } => format!(
            "time of a call of {} ({})",
            cell(function),
            word(serde_json::to_value(statistic))
        ),
    }
}

fn side(side: &SideRecord) -> String {
    let given = cell(&side.given);
    match &side.source {
        Source::Revision { commit } => {
            format!("{given}, commit `{}`", commit.get(..12).unwrap_or(commit))
        }
        Source::Checkout => format!("{given}, a checkout as it is"),
        Source::Binary { sha256 } => {
            format!("{given}, SHA-256 `{}`", sha256.get(..12).unwrap_or(sha256))
        }
        Source::Url => format!("{given}, a running service: starts of the process are not varied"),
    }
}

fn machine(machine: &Environment) -> String {
    format!("{} with {} cores", cell(&machine.cpu_model), machine.cores)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), characters.as_str())
}
