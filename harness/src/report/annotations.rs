//! Workflow commands of GitHub Actions: what failed stands on the page of the job and of the change.
//!
//! GitHub shows ten errors and ten warnings of a step; the worst come first, and one line says how many
//! are left for the summary.

use super::judgement;
use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;
use crate::verdict::outcome::Verdict;

/// How many of a kind are shown.
const MOST: usize = 10;

/// One command a line; empty if all passed.
#[must_use]
pub fn render(record: &RunRecord, assessment: &Assessment) -> String {
    let mut errors: Vec<String> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    for cause in &assessment.causes {
        errors.push(command(
            "error",
            "INVALID: the run",
            &format!("{}; {}", cause.what, cause.advice),
        ));
    }
    for group in assessment.groups() {
        let name = judgement::group(record, &group.name);
        for cause in &group.causes {
            errors.push(command(
                "error",
                &format!("INVALID: {name}"),
                &format!("{}; {}", cause.what, cause.advice),
            ));
        }
    }
    for verdict in [Verdict::Fail, Verdict::Invalid, Verdict::Marginal] {
        for judged in assessment.judgements().filter(|j| j.verdict == verdict) {
            let name = judgement::group(record, &judged.scenario);
            let title = format!("{}: {name}, {}", verdict.word(), judged.label);
            let text = judgement::outcome(judged);
            if verdict == Verdict::Marginal {
                warnings.push(command("warning", &title, &text));
            } else {
                errors.push(command("error", &title, &text));
            }
        }
    }
    for (row, part) in judgement::missing(assessment) {
        let text = format!("no target for {part}; {}", judgement::MISSING_ADVICE);
        errors.push(command("error", &format!("INVALID: summary, {row}"), &text));
    }
    let lines = shown("error", errors)
        .into_iter()
        .chain(shown("warning", warnings));
    lines.map(|line| line + "\n").collect()
}

fn shown(kind: &str, mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST {
        let left = lines.len() - (MOST - 1);
        lines.truncate(MOST - 1);
        lines.push(command(
            kind,
            "and more",
            &format!("{left} more are in summary.md"),
        ));
    }
    lines
}

fn command(kind: &str, title: &str, text: &str) -> String {
    let plain = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let title = plain(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{kind} title={title}::{}", plain(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::sample;
    use crate::report::sample_assessment::{cause, of_verdicts};

    fn lines(assessment: &Assessment) -> Vec<String> {
        let text = render(&sample::record(), assessment);
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn each_miss_is_a_line_and_a_pass_is_none() {
        use Verdict::{Fail, Invalid, Marginal, Pass};
        assert!(lines(&of_verdicts(&[Pass; 3])).is_empty());
        let lines = lines(&of_verdicts(&[Marginal, Pass, Invalid, Fail]));
        let kinds: Vec<&str> = lines
            .iter()
            .map(|line| line.split(&['%', ':'][..]).nth(2).unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                "error title=FAIL",
                "error title=INVALID",
                "warning title=MARGINAL"
            ]
        );
    }

    #[test]
    fn an_invalid_run_says_why() {
        let mut assessment = of_verdicts(&[]);
        assessment.causes.push(cause());
        assert!(lines(&assessment)[0].contains(&cause().what.replace('%', "%25")));
    }

    #[test]
    fn there_are_never_more_than_are_shown() {
        let lines = lines(&of_verdicts(&[Verdict::Fail; 25]));
        assert_eq!(lines.len(), MOST);
        assert!(
            lines[9].ends_with("16 more are in summary.md"),
            "{}",
            lines[9]
        );
    }

    #[test]
    fn no_text_can_begin_a_command_of_its_own() {
        assert_eq!(
            command("error", "a: b, c", "50 %\n::set-output name=x::y"),
            "::error title=a%3A b%2C c::50 %25%0A::set-output name=x::y"
        );
    }
}
