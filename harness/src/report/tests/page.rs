//! The page of every kind of run, as a machine reads it.

use std::collections::BTreeSet;

use super::{sample, samples};
use crate::findings;
use crate::measurement::archive::RunRecord;
use crate::report::{Judged, render_report};
use crate::verdict::assess;

fn page(record: &RunRecord) -> String {
    let folder = tempfile::tempdir().unwrap();
    let assessment = assess(record);
    let findings = findings::find(record, &assessment, &[]);
    let judged = Judged {
        record,
        assessment: &assessment,
        findings: &findings,
    };
    let files = render_report(folder.path(), judged).unwrap();
    let (_, text) = files
        .into_iter()
        .find(|(name, _)| name.ends_with(".html"))
        .unwrap();
    text
}

#[test]
fn nothing_is_fetched_from_anywhere() {
    for (name, record) in samples() {
        let text = page(&record);
        for outside in [
            "<img",
            "src=\"",
            "href=\"http",
            "url(",
            "@import",
            "<iframe",
        ] {
            assert!(!text.contains(outside), "{name}: {outside}");
        }
        assert!(text.contains("default-src 'none'"), "{name}");
    }
}

#[test]
fn ids_are_unique_and_links_lead_to_them() {
    for (name, record) in samples() {
        let text = page(&record);
        let ids: Vec<&str> = parts(&text, " id=\"");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        for link in parts(&text, "href=\"#") {
            assert!(unique.contains(link), "{name}: {link}");
        }
    }
}

/// What stands between a prefix and the next quotation mark.
fn parts<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    text.split(prefix)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn names_of_services_cannot_end_the_data() {
    let mut record = sample::record();
    "</script><b>".clone_into(&mut record.suite.scenarios[0].title);
    let text = page(&record);
    assert_eq!(text.matches("</script>").count(), 2, "data and program");
    assert!(text.contains("\\u003c/script>\\u003cb>"));
    assert!(!text.contains("<b>"));
}

#[test]
fn a_run_without_measurements_has_no_explorer() {
    let (_, record) = samples()
        .into_iter()
        .find(|(name, _)| *name == "nothing measured")
        .unwrap();
    assert!(!page(&record).contains("explorer-data"));
    assert!(page(&sample::record()).contains("explorer-data"));
}

#[test]
fn every_figure_has_a_description() {
    let text = page(&sample::record());
    let figures = text.matches("<figure").count();
    assert!(figures >= 6, "{figures}");
    assert_eq!(text.matches("role=\"img\"").count(), figures);
    assert_eq!(text.matches("<figcaption>").count(), figures);
}
