//! Both documents and the verdicts behind them, for every kind of run there is. The sample run lives
//! with the report, so the gate is tested here from end to end.

mod browser;
mod documents;
mod form;
mod gate;
mod page;
mod trend;
mod verify;

use super::chart::{Material, sample};
use super::context::Source;
use super::context::form::Form;
use super::context::full::Report;
use super::render::{FORM, REPORT, Templates};
use crate::findings;
use crate::measurement::archive::{RunEnd, RunRecord};
use crate::measurement::memory::MemoryCheckpoint;
use crate::units::{Bytes, Micros};
use crate::verdict::assess;

/// Both documents of a run, with the charts that would be drawn.
fn rendered(record: &RunRecord, history: &[RunRecord]) -> (String, String) {
    let assessment = assess(record);
    let findings = findings::find(record, &assessment, history);
    let folder = tempfile::tempdir().unwrap();
    let pictures = super::chart::draw(Material {
        record,
        trend: &findings.trend,
        dir: folder.path(),
    })
    .unwrap();
    std::fs::write(folder.path().join("run.json"), "{}").unwrap();
    let source = Source {
        record,
        assessment: &assessment,
        findings: &findings,
        pictures: &pictures,
        dir: folder.path(),
    };
    let templates = Templates::new().unwrap();
    (
        templates.render(REPORT, &Report::new(source)).unwrap(),
        templates.render(FORM, &Form::new(source)).unwrap(),
    )
}

/// Runs of every kind: name and record.
fn samples() -> Vec<(&'static str, RunRecord)> {
    let made = |name: &'static str, change: fn(&mut RunRecord)| {
        let mut record = sample::record();
        change(&mut record);
        (name, record)
    };
    vec![
        made("as measured", |_| {}),
        made("nothing measured", |record| {
            record.sut = None;
            record.finished_at = None;
            record.scenarios.clear();
            record.memory = None;
            record.bench = None;
            record.end = RunEnd::Failed {
                reason: "the server never got ready".to_owned(),
            };
        }),
        made("load only", |record| {
            record.memory = None;
            record.bench = None;
            record.suite.memory = None;
            record.suite.bench = None;
        }),
        made("nothing planned", |record| {
            record.suite.scenarios.clear();
            record.suite.summary.clear();
            record.suite.memory = None;
            record.suite.bench = None;
            record.scenarios.clear();
        }),
        made("remote", |record| {
            for scenario in &mut record.scenarios {
                scenario.server = None;
            }
        }),
        made("interrupted", |record| {
            record.end = RunEnd::Interrupted;
            record.scenarios.truncate(2);
        }),
        made("hostile names", |record| {
            "a|b <script>\n# c".clone_into(&mut record.suite.scenarios[0].targets[0].label);
            "x|y".clone_into(&mut record.scenarios[0].steps[0].endpoint);
        }),
        made("empty profile", |record| {
            let empty = MemoryCheckpoint {
                operations: 10,
                base: Bytes(0),
                peak: Bytes(0),
                released: Bytes(0),
            };
            let memory = record.memory.as_mut().unwrap();
            memory.start = Bytes(0);
            memory.checkpoints = vec![empty];
        }),
        made("no time", |record| {
            for scenario in &mut record.scenarios {
                scenario.duration = Micros(0);
            }
        }),
    ]
}
