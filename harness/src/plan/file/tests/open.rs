//! Open loads: what they are read as, and what is refused.

use super::*;
use crate::plan::arrivals::Spacing;
use crate::plan::load::Length;
use crate::plan::suite::Suite;
use crate::units::Micros;

const GOOD: &str = include_str!("../../../../tests/it/fixtures/open.toml");

fn read(text: &str, profile: &str) -> Result<Suite, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("open.toml");
    std::fs::write(&path, text).expect("written");
    load_scenario_file(&path, profile).map_err(|error| {
        error
            .to_string()
            .replace(&format!("{}/", folder.path().display()), "")
    })
}

#[test]
fn stages_and_spacing_are_read_and_the_length_is_theirs() {
    let suite = read(GOOD, "full").expect("good");
    let load = &suite.scenarios[0].load;
    let arrivals = load.arrivals.as_ref().expect("open");
    assert_eq!(arrivals.spacing, Spacing::Poisson);
    assert_eq!(arrivals.stages.len(), 2);
    assert_eq!(
        (arrivals.stages[0].from, arrivals.stages[0].to),
        (0.0, 40.0)
    );
    assert_eq!(load.length, Length::Duration(Micros(40_000_000)));
    assert_eq!(arrivals.drain, Micros(5_000_000));
    assert_eq!(suite.scenarios[0].most_requests(&[]), Some(1_400));
    let short = read(GOOD, "short").expect("good");
    assert_eq!(short.scenarios[0].most_requests(&[]), Some(800));
}

#[test]
fn what_belongs_to_a_closed_load_or_cannot_be_is_refused() {
    let told = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "the good file has no {from:?}");
        read(&GOOD.replacen(from, to, 1), "full").expect_err("a mistake")
    };
    let think = told("drain = \"5 s\"", "think = \"1 s\"");
    assert!(
        think.contains("`think` belongs to users with pauses"),
        "{think}"
    );
    let half = told("from = \"0 /s\", ", "");
    assert!(
        half.contains("either a `rate`, or `from` and `to`"),
        "{half}"
    );
    let twice = told("drain = \"5 s\"", "duration = \"9 s\"");
    assert!(
        twice.contains("the stages say how long they last"),
        "{twice}"
    );
    let few = told("lasts = \"30 s\"", "lasts = \"1 s\"");
    assert!(few.contains("at most 240 requests"), "{few}");
    let none = GOOD
        .lines()
        .filter(|line| !line.contains("rrivals =") && !line.trim_start().starts_with(['{', ']']))
        .collect::<Vec<_>>()
        .join("\n");
    let closed = read(&none, "full").expect_err("a mistake");
    assert!(
        closed.contains("`spacing` belongs to `arrivals`"),
        "{closed}"
    );
}
