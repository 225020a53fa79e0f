//! Who may import whom: the table of ARCHITECTURE.md, kept true by reading the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, and what it may name after `crate::`.
const LAYERS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("metric", &[]),
    ("exit", &[]),
    ("event", &["units", "metric"]),
    ("plan", &["units", "metric"]),
    ("measurement", &["plan", "units", "metric"]),
    ("run", &["plan", "measurement", "event", "units", "metric"]),
    (
        "verdict",
        &["plan", "measurement", "units", "metric", "exit"],
    ),
    (
        "findings",
        &["plan", "measurement", "verdict", "units", "metric"],
    ),
    (
        "report",
        &[
            "plan",
            "measurement",
            "verdict",
            "findings",
            "event",
            "units",
            "metric",
        ],
    ),
    (
        "cli",
        &[
            "plan",
            "measurement",
            "run",
            "verdict",
            "findings",
            "report",
            "event",
            "units",
            "metric",
            "exit",
        ],
    ),
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The first path segment after each `crate::` of a source text, comments left out.
fn crate_imports(text: &str) -> BTreeSet<String> {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .flat_map(|line| {
            line.match_indices("crate::")
                .map(move |(at, word)| &line[at + word.len()..])
        })
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn no_module_reaches_where_it_must_not() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(
        files.len() > 30,
        "the sources were not found below {}",
        src.display()
    );
    let mut broken = Vec::new();
    for file in files {
        let place = file.strip_prefix(&src).unwrap();
        let top = place
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        let module = top.trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            broken.push(format!(
                "{}: module {module} has no row in the table",
                place.display()
            ));
            continue;
        };
        for import in crate_imports(&fs::read_to_string(&file).unwrap()) {
            if import != module && !allowed.contains(&import.as_str()) {
                broken.push(format!(
                    "{}: {module} must not import {import}",
                    place.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_harness_knows_nothing_of_the_engine() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            !text.contains("smart_steps_engine"),
            "{} names the engine",
            file.display()
        );
    }
}

#[test]
fn imports_are_found_where_they_stand() {
    let found =
        crate_imports("use crate::plan::load;\nlet x = crate::units::Micros(1); // crate::cli\n");
    assert_eq!(
        found,
        BTreeSet::from(["plan".to_owned(), "units".to_owned()])
    );
}
