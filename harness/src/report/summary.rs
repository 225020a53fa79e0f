//! `summary.md`: what a person who opens a CI job wants to know first. Targets that passed are
//! counted; the others are listed whole.

use std::fmt::{self, Write as _};

use super::filters::{self, NOT_MEASURED};
use super::{judgement, number};
use crate::measurement::archive::RunRecord;
use crate::measurement::load::ScenarioRecord;
use crate::measurement::resource::ResourceSeries;
use crate::metric::Statistic;
use crate::verdict::Assessment;
use crate::verdict::distribution::Distribution;
use crate::verdict::family;
use crate::verdict::judgement::Judgement;
use crate::verdict::outcome::Verdict;
use crate::verdict::stats::sample_floor;
use crate::verdict::validity::Cause;

/// The page.
#[must_use]
pub fn render(record: &RunRecord, assessment: &Assessment) -> String {
    let mut out = String::new();
    // Writing into a text cannot fail.
    let _ = page(&mut out, record, assessment);
    out
}

fn page(out: &mut String, record: &RunRecord, assessment: &Assessment) -> fmt::Result {
    writeln!(out, "# Performance: {}\n", assessment.overall.text())?;
    let commit = record.tool.commit.as_deref().map_or_else(
        || "no commit known".to_owned(),
        |commit| format!("commit `{}`", cell(commit)),
    );
    let machine = &record.environment;
    writeln!(
        out,
        "{}, run {}, {commit}, profile {}, {} with {} cores.\n",
        cell(&record.suite.subject),
        record.stamp,
        cell(&record.suite.profile),
        cell(&machine.cpu_model),
        machine.cores,
    )?;
    validity(out, record, assessment)?;
    targets(out, record, assessment)?;
    scenarios(out, record)?;
    files(out, record)
}

fn validity(out: &mut String, record: &RunRecord, assessment: &Assessment) -> fmt::Result {
    let run = assessment
        .causes
        .iter()
        .map(|cause| ("The run".to_owned(), cause));
    let groups = assessment.groups().flat_map(|group| {
        group
            .causes
            .iter()
            .map(|cause| (judgement::group(record, &group.name), cause))
    });
    let causes: Vec<(String, &Cause)> = run.chain(groups).collect();
    let missing: Vec<(&str, &str)> = judgement::missing(assessment).collect();
    if causes.is_empty() && missing.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Why it is invalid\n")?;
    for (name, cause) in causes {
        writeln!(
            out,
            "- **{}**: {}. {}.",
            cell(&name),
            cell(&cause.what),
            sentence(&cause.advice)
        )?;
    }
    for (row, part) in missing {
        let (row, part) = (cell(row), cell(part));
        let advice = sentence(judgement::MISSING_ADVICE);
        writeln!(
            out,
            "- **Summary row {row}**: no target for {part}. {advice}."
        )?;
    }
    writeln!(out)
}

fn targets(out: &mut String, record: &RunRecord, assessment: &Assessment) -> fmt::Result {
    writeln!(out, "## Targets\n")?;
    let of = |verdict| {
        assessment
            .judgements()
            .filter(|j| j.verdict == verdict)
            .count()
    };
    writeln!(
        out,
        "{} passed, {} marginal, {} failed, {} invalid.\n",
        of(Verdict::Pass),
        of(Verdict::Marginal),
        of(Verdict::Fail),
        of(Verdict::Invalid),
    )?;
    let judged = family::size(assessment.judgements());
    if judged > 0 {
        writeln!(
            out,
            "{judged} are judged by intervals; the chance that one of them is met and called FAIL is \
             at most {} % over all (Holm).\n",
            filters::percent(family::ERROR * 100.0)
        )?;
    }
    let mut open: Vec<&Judgement> = assessment
        .judgements()
        .filter(|judgement| judgement.verdict > Verdict::Pass)
        .collect();
    // The worst first, otherwise in the order of the plan.
    open.sort_by_key(|judgement| std::cmp::Reverse(judgement.verdict));
    if open.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "| Scenario | Target | Value | 99 % interval | Bound | n | Verdict | Why |"
    )?;
    writeln!(out, "| --- | --- | ---: | ---: | ---: | ---: | --- | --- |")?;
    for judgement in open {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            cell(&judgement::group(record, &judgement.scenario)),
            cell(&judgement.label),
            filters::value(judgement),
            filters::interval(judgement),
            cell(&judgement::bound(judgement)),
            number::count(judgement.n),
            judgement.verdict.mark(),
            cell(&judgement.reason.text()),
        )?;
    }
    writeln!(out)
}

fn scenarios(out: &mut String, record: &RunRecord) -> fmt::Result {
    if record.scenarios.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Scenarios\n")?;
    writeln!(
        out,
        "| Scenario | Requests | Rate | Median | p95 | Errors | CPU (avg) | Memory (peak) |"
    )?;
    writeln!(
        out,
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )?;
    for scenario in &record.scenarios {
        scenario_row(out, record, scenario)?;
    }
    writeln!(out)
}

fn scenario_row(out: &mut String, record: &RunRecord, scenario: &ScenarioRecord) -> fmt::Result {
    let (completed, failed) = (scenario.accounting.completed, scenario.accounting.failed);
    let ended = completed + failed;
    let seconds = scenario.duration.as_secs();
    let rate =
        (seconds > 0.0).then(|| format!("{}/s", filters::number(completed as f64 / seconds)));
    let errors = (ended > 0).then(|| {
        format!(
            "{} ({}%)",
            number::count(failed),
            filters::percent(100.0 * failed as f64 / ended as f64)
        )
    });
    let server = scenario.server.as_ref();
    let times = Distribution::merge(scenario.steps.iter().map(|step| &step.response)).ok();
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {} |",
        cell(&judgement::group(record, &scenario.name)),
        number::count(ended),
        known(rate),
        percentile(times.as_ref(), Statistic::Median),
        percentile(times.as_ref(), Statistic::P95),
        known(errors),
        known(server.and_then(cpu)),
        known(server.and_then(peak)),
    )
}

fn percentile(times: Option<&Distribution>, statistic: Statistic) -> String {
    let Some(times) = times.filter(|times| times.count() > 0) else {
        return NOT_MEASURED.to_owned();
    };
    let needed = sample_floor(Some(statistic));
    if times.count() < needed {
        return format!("needs {needed} samples");
    }
    let micros = statistic
        .quantile()
        .and_then(|quantile| times.quantile(quantile));
    known(micros.map(|micros| format!("{} ms", filters::number(micros / 1_000.0))))
}

/// CPU time of the whole phase as a share of all cores.
fn cpu(series: &ResourceSeries) -> Option<String> {
    let (first, last) = (series.samples.first()?, series.samples.last()?);
    let used = last.cpu.0.saturating_sub(first.cpu.0) as f64;
    let possible = last.at.0.saturating_sub(first.at.0) as f64 * f64::from(series.cores);
    (possible > 0.0).then(|| format!("{}%", filters::percent(100.0 * used / possible)))
}

fn peak(series: &ResourceSeries) -> Option<String> {
    let most = series.samples.iter().map(|sample| sample.rss).max()?;
    Some(format!("{} MB", filters::megabytes(most)))
}

fn known(figure: Option<String>) -> String {
    figure.unwrap_or_else(|| NOT_MEASURED.to_owned())
}

fn files(out: &mut String, record: &RunRecord) -> fmt::Result {
    let stamp = &record.stamp;
    let names = [
        format!("performance_report_{stamp}.md"),
        format!("performance_test_{stamp}.md"),
        "run.json".to_owned(),
        "junit.xml".to_owned(),
        "SHA256SUMS".to_owned(),
    ];
    writeln!(out, "## Files\n")?;
    for name in names {
        writeln!(out, "- [{name}]({name})")?;
    }
    Ok(())
}

/// Text that stays in its table cell and is not taken for markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '<' => out.push_str("&lt;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// Advice as a sentence: the first letter large.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    cell(&format!(
        "{}{}",
        first.unwrap_or_default(),
        characters.as_str()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::sample;
    use crate::report::sample_assessment::{assessment, of_verdicts};

    #[test]
    fn the_page_as_ci_shows_it() {
        insta::assert_snapshot!(render(&sample::record(), &assessment()));
    }

    #[test]
    fn a_run_in_which_all_passed_lists_no_target() {
        let page = render(&sample::record(), &of_verdicts(&[Verdict::Pass; 3]));
        assert!(page.starts_with("# Performance: PASSED\n"));
        assert!(page.contains("3 passed, 0 marginal, 0 failed, 0 invalid.\n"));
        assert!(!page.contains("| Scenario | Target |") && !page.contains("invalid\n\n- "));
    }

    #[test]
    fn what_was_not_measured_says_so() {
        let mut record = sample::record();
        record.scenarios.truncate(1);
        let scenario = &mut record.scenarios[0];
        scenario.server = None;
        scenario.steps.truncate(1);
        scenario.steps[0].response = sample::histogram(&[9_000; 12], 1_000_000);
        let page = render(&record, &of_verdicts(&[Verdict::Pass]));
        assert!(page.contains("| 9.00 ms | needs 130 samples |"), "{page}");
        assert!(page.contains("| not measured | not measured |\n"), "{page}");
    }

    #[test]
    fn cells_stay_cells() {
        assert_eq!(cell("a|b\nc <d> `e`"), "a\\|b c &lt;d> \\`e\\`");
    }
}
