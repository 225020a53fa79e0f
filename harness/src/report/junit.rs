//! `junit.xml`: one test case per target, in the flavour that Jenkins, GitLab and nextest's readers
//! take. FAIL is a failure and INVALID an error; MARGINAL passes here, with a note in its output,
//! because JUnit knows nothing between the two.
//!
//! The document is red exactly when the run is FAILED or INVALID: whatever makes a run invalid
//! without belonging to a target has a case of its own.

use std::fmt::{self, Write as _};

use super::judgement;
use crate::measurement::archive::RunRecord;
use crate::units::Micros;
use crate::verdict::judgement::Judgement;
use crate::verdict::outcome::Verdict;
use crate::verdict::validity::Cause;
use crate::verdict::{Assessment, Group, SummaryJudgement};

/// One test case.
struct Case {
    name: String,
    verdict: Verdict,
    /// What was compared, or why nothing was.
    text: String,
    advice: Option<String>,
}

/// The test cases of one scenario or other group.
struct Suite {
    name: String,
    time: Option<Micros>,
    cases: Vec<Case>,
}

impl Suite {
    fn count(&self, verdict: Verdict) -> usize {
        self.cases
            .iter()
            .filter(|case| case.verdict == verdict)
            .count()
    }
}

/// The document.
#[must_use]
pub fn render(record: &RunRecord, assessment: &Assessment) -> String {
    let suites = suites(record, assessment);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a text cannot fail.
    let _ = document(&mut out, record, &suites);
    out
}

fn suites(record: &RunRecord, assessment: &Assessment) -> Vec<Suite> {
    let mut suites = Vec::new();
    if !assessment.causes.is_empty() {
        let cases = assessment.causes.iter().map(invalid).collect();
        suites.push(Suite {
            name: "run".to_owned(),
            time: None,
            cases,
        });
    }
    suites.extend(assessment.groups().map(|group| suite(record, group)));
    if !assessment.summary.is_empty() {
        let cases = assessment.summary.iter().map(row).collect();
        suites.push(Suite {
            name: "summary".to_owned(),
            time: None,
            cases,
        });
    }
    suites
}

fn suite(record: &RunRecord, group: &Group) -> Suite {
    let measured = record
        .scenarios
        .iter()
        .find(|scenario| scenario.name == group.name);
    let causes = group.causes.iter().map(invalid);
    let cases = causes.chain(group.judgements.iter().map(case)).collect();
    Suite {
        name: group.name.clone(),
        time: measured.map(|scenario| scenario.duration),
        cases,
    }
}

fn case(judgement: &Judgement) -> Case {
    Case {
        name: judgement.label.clone(),
        verdict: judgement.verdict,
        text: judgement::outcome(judgement),
        advice: None,
    }
}

fn invalid(cause: &Cause) -> Case {
    Case {
        name: format!("validity: {}", cause.what),
        verdict: Verdict::Invalid,
        text: cause.what.clone(),
        advice: Some(cause.advice.clone()),
    }
}

fn row(row: &SummaryJudgement) -> Case {
    let parts: Vec<String> = row
        .parts
        .iter()
        .map(|(label, judgement)| match judgement {
            Some(judgement) => format!("{label}: {}", judgement::outcome(judgement)),
            None => format!("{label}: the plan has no such target"),
        })
        .collect();
    Case {
        name: format!("{} ({})", row.label, row.requirement),
        verdict: row.verdict,
        text: parts.join("; "),
        advice: None,
    }
}

fn document(out: &mut String, record: &RunRecord, suites: &[Suite]) -> fmt::Result {
    let count = |verdict| {
        suites
            .iter()
            .map(|suite| suite.count(verdict))
            .sum::<usize>()
    };
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let time: u64 = suites
        .iter()
        .filter_map(|suite| suite.time)
        .map(|time| time.0)
        .sum();
    writeln!(
        out,
        "<testsuites name=\"{} {}\" tests=\"{tests}\" failures=\"{}\" errors=\"{}\" \
         timestamp=\"{}\" time=\"{}\">",
        escape(&record.suite.sut.name),
        escape(&record.stamp),
        count(Verdict::Fail),
        count(Verdict::Invalid),
        record.started_at,
        seconds(Micros(time)),
    )?;
    for suite in suites {
        write_suite(out, record, suite)?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(out: &mut String, record: &RunRecord, suite: &Suite) -> fmt::Result {
    let started = record
        .scenarios
        .iter()
        .find(|scenario| scenario.name == suite.name);
    let started = started.map_or(record.started_at, |scenario| scenario.started_at);
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" disabled=\"0\" failures=\"{}\" errors=\"{}\" \
         timestamp=\"{started}\" time=\"{}\">",
        escape(&suite.name),
        suite.cases.len(),
        suite.count(Verdict::Fail),
        suite.count(Verdict::Invalid),
        seconds(suite.time.unwrap_or_default()),
    )?;
    for case in &suite.cases {
        write_case(out, &suite.name, case)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_case(out: &mut String, suite: &str, case: &Case) -> fmt::Result {
    let (name, text) = (escape(&case.name), escape(&case.text));
    let more = case
        .advice
        .as_deref()
        .map(escape)
        .unwrap_or_else(|| text.clone());
    writeln!(
        out,
        "    <testcase name=\"{name}\" classname=\"{}\" time=\"0.000\">",
        escape(suite)
    )?;
    match case.verdict {
        Verdict::Pass => writeln!(out, "      <system-out>PASS: {text}</system-out>")?,
        Verdict::Marginal => writeln!(
            out,
            "      <system-out>MARGINAL, which counts as passed here: {text}</system-out>"
        )?,
        Verdict::Fail => {
            writeln!(
                out,
                "      <failure message=\"{text}\" type=\"FAIL\">{more}</failure>"
            )?;
        }
        Verdict::Invalid => {
            writeln!(
                out,
                "      <error message=\"{text}\" type=\"INVALID\">{more}</error>"
            )?;
        }
    }
    writeln!(out, "    </testcase>")
}

fn seconds(time: Micros) -> String {
    format!("{:.3}", time.as_secs())
}

/// For text and for attributes; characters that XML 1.0 forbids become the replacement character.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::chart::sample;
    use crate::report::sample_assessment::{assessment, cause, of_verdicts};
    use crate::verdict::outcome::Overall;

    fn number(node: roxmltree::Node<'_, '_>, name: &str) -> usize {
        node.attribute(name).unwrap().parse().unwrap()
    }

    #[test]
    fn the_document_as_ci_reads_it() {
        insta::assert_snapshot!(render(&sample::record(), &assessment()));
    }

    #[test]
    fn there_is_one_case_per_target_and_the_counts_are_theirs() {
        let assessment = assessment();
        let xml = render(&sample::record(), &assessment);
        let document = roxmltree::Document::parse(&xml).unwrap();
        for group in assessment.groups() {
            let suite = document
                .descendants()
                .find(|node| {
                    node.has_tag_name("testsuite") && node.attribute("name") == Some(&group.name)
                })
                .unwrap();
            let names: Vec<_> = suite
                .children()
                .filter_map(|case| case.attribute("name"))
                .collect();
            let labels: Vec<_> = group.judgements.iter().map(|j| j.label.as_str()).collect();
            assert_eq!(names[group.causes.len()..], labels);
            assert_eq!(
                number(suite, "tests"),
                group.judgements.len() + group.causes.len()
            );
        }
        let root = document.root_element();
        let tags = |tag: &str| {
            document
                .descendants()
                .filter(|node| node.has_tag_name(tag))
                .count()
        };
        assert_eq!(number(root, "tests"), tags("testcase"));
        assert_eq!(number(root, "failures"), tags("failure"));
        assert_eq!(number(root, "errors"), tags("error"));
    }

    #[test]
    fn a_marginal_target_passes_with_a_note() {
        let xml = render(&sample::record(), &of_verdicts(&[Verdict::Marginal]));
        let document = roxmltree::Document::parse(&xml).unwrap();
        let case = document
            .descendants()
            .find(|node| node.has_tag_name("testcase"))
            .unwrap();
        let note = case
            .children()
            .find(|node| node.has_tag_name("system-out"))
            .unwrap();
        assert!(
            note.text()
                .unwrap()
                .starts_with("MARGINAL, which counts as passed here: ")
        );
        assert_eq!(number(document.root_element(), "failures"), 0);
    }

    #[test]
    fn an_invalid_run_is_an_error_even_without_a_target() {
        let mut assessment = of_verdicts(&[]);
        assessment.causes.push(cause());
        let xml = render(&sample::record(), &assessment);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let error = document
            .descendants()
            .find(|node| node.has_tag_name("error"))
            .unwrap();
        assert_eq!(error.attribute("message"), Some(&*cause().what));
        assert_eq!(error.text(), Some(&*cause().advice));
    }

    #[test]
    fn the_document_is_red_exactly_when_the_run_is() {
        use Verdict::{Fail, Invalid, Marginal, Pass};
        for verdicts in [
            &[Pass][..],
            &[Pass, Marginal],
            &[Pass, Fail],
            &[Fail, Invalid],
            &[Invalid],
        ] {
            let assessment = of_verdicts(verdicts);
            let xml = render(&sample::record(), &assessment);
            let document = roxmltree::Document::parse(&xml).unwrap();
            let root = document.root_element();
            let overall = match (number(root, "failures"), number(root, "errors")) {
                (0, 0) if assessment.overall == Overall::Passed => Overall::Passed,
                (0, 0) => Overall::PassedWithRecommendations,
                (_, 0) => Overall::Failed,
                _ => Overall::Invalid,
            };
            assert_eq!(overall, assessment.overall, "{verdicts:?}");
        }
    }

    proptest! {
        #[test]
        fn any_label_comes_back_or_is_marked(label in any::<String>()) {
            let mut assessment = of_verdicts(&[Verdict::Fail]);
            assessment.scenarios[0].judgements[0].label = label.clone();
            let xml = render(&sample::record(), &assessment);
            let document = roxmltree::Document::parse(&xml).unwrap();
            let case = document.descendants().find(|node| node.has_tag_name("testcase")).unwrap();
            let expected: String = label
                .chars()
                .map(|c| match c {
                    '\n' | '\r' | '\t' => c,
                    c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
                    c => c,
                })
                .collect();
            prop_assert_eq!(case.attribute("name").unwrap(), expected);
        }
    }
}
