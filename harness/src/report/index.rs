//! `README.md` of a folder of runs: every dated run with its verdict, the latest first.

use std::path::{Path, PathBuf};

use super::{ReportError, filters};
use crate::measurement::archive::RunRecord;
use crate::report::phrase;
use crate::verdict::{self, Assessment};

/// The file's name.
pub const FILE: &str = "README.md";

/// The first line. A file that begins otherwise is somebody's own and stays as it is.
const HEAD: &str = "# Dated performance runs\n";

/// Writes the index of a folder of runs and returns its path; none if the folder has a `README.md` of
/// somebody's own, which stays.
///
/// # Errors
/// If the file cannot be written.
pub fn write(folder: &Path) -> Result<Option<PathBuf>, ReportError> {
    let path = folder.join(FILE);
    let own = |text: &str| text.starts_with(HEAD);
    if std::fs::read_to_string(&path).is_ok_and(|text| !own(&text)) {
        return Ok(None);
    }
    let text = render(&RunRecord::all(folder));
    super::replace(&path, &text).map_err(|source| ReportError::Write {
        path: path.clone(),
        source,
    })?;
    Ok(Some(path))
}

/// The index of these runs.
#[must_use]
pub fn render(runs: &[RunRecord]) -> String {
    let mut text = format!(
        "{HEAD}\n\
         Written by `steps-perf`; each row follows from the `run.json` of its folder, and \
         `steps-perf verify <run>` proves the report in it. Runs are comparable where machine and \
         plan agree.\n\n\
         | Run | Subject | Profile | Overall | Targets | Requests | Machine | Plan | Commit |\n\
         |-----|---------|---------|---------|---------|----------|---------|------|--------|\n"
    );
    for run in runs.iter().rev() {
        text.push_str(&row(run, &verdict::assess(run)));
    }
    if runs.is_empty() {
        text.push_str("\nThere is no run in this folder yet; `steps-perf run` makes one.\n");
    }
    text
}

fn row(run: &RunRecord, assessment: &Assessment) -> String {
    let stamp = &run.stamp;
    let requests: u64 = run
        .scenarios
        .iter()
        .map(|scenario| scenario.accounting.completed + scenario.accounting.failed)
        .sum();
    let short = |text: &str| text.chars().take(8).collect::<String>();
    let cells = [
        format!("[{stamp}]({stamp}/performance_report_{stamp}.md)"),
        run.suite.subject.clone(),
        run.suite.profile.clone(),
        assessment.overall.text().to_owned(),
        phrase::counts(phrase::tally(assessment.judgements())),
        requests.to_string(),
        format!(
            "{}, {} cores ({})",
            run.environment.cpu_model,
            run.environment.cores,
            short(&run.environment.fingerprint)
        ),
        short(&run.plan_hash),
        run.tool
            .commit
            .as_deref()
            .map_or_else(|| "unknown".to_owned(), short),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| filters::cell(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::sample;

    #[test]
    fn the_latest_run_comes_first() {
        let mut later = sample::record();
        "20250601_000000".clone_into(&mut later.stamp);
        let text = render(&[sample::record(), later]);
        let rows: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("| ["))
            .collect();
        assert_eq!(rows.len(), 2);
        assert!(rows[0].starts_with("| [20250601_000000](20250601_000000/performance_report_"));
        assert!(rows[1].starts_with("| [20250511_094532]("));
    }

    #[test]
    fn a_file_of_somebodys_own_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "# Mine\n").unwrap();
        assert_eq!(write(folder.path()).unwrap(), None);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# Mine\n");
        std::fs::remove_file(&path).unwrap();
        for _ in 0..2 {
            assert_eq!(write(folder.path()).unwrap(), Some(path.clone()));
        }
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .contains("There is no run")
        );
    }
}
