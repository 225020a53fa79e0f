//! Who may import whom. Data flows one way: api -> service -> memory, analysis -> store, provider ->
//! domain. This reads the `use crate::` lines and keeps the table true.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module and what it may import; the longest entry that fits a file counts.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("allocator", &[]),
    ("domain", &["domain"]),
    ("config", &["config", "domain"]),
    (
        "store",
        &[
            "store",
            "domain",
            "config::DatabaseConfig",
            "config::database",
        ],
    ),
    ("provider", &["provider", "domain"]),
    (
        "memory::index",
        &[
            "memory::index",
            "domain::embedding",
            "domain::id",
            "config::memory",
        ],
    ),
    (
        "memory::embed",
        &["memory::embed", "domain::embedding", "domain::id"],
    ),
    (
        "memory",
        &["memory", "domain", "store", "provider", "config::memory"],
    ),
    ("analysis", &["analysis", "domain"]),
    (
        "service",
        &[
            "service",
            "domain",
            "store",
            "provider",
            "memory",
            "analysis",
            "config::AuthConfig",
            "config::LimitsConfig",
            "config::WorkerConfig",
            "config::crisis",
        ],
    ),
    ("api", &["api", "domain", "service", "config::HttpConfig"]),
    (
        "worker",
        &["worker", "domain", "service", "config::WorkerConfig"],
    ),
    ("shutdown", &[]),
    ("telemetry", &["config::LogConfig", "config::LogFormat"]),
];

/// These put everything together, and nobody imports them.
const FREE: &[&str] = &["startup", "cli", "main", "lib"];

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// The module of a file, e.g. `memory::index::exact`.
fn module(root: &Path, file: &Path) -> String {
    let path = file.strip_prefix(root).unwrap().with_extension("");
    let parts: Vec<_> = path
        .iter()
        .map(|part| part.to_str().unwrap())
        .filter(|part| *part != "mod")
        .collect();
    parts.join("::")
}

/// Every path that starts with `crate::`, with braces taken apart one level deep.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // Tests inside a file may build what they need.
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    for rest in code.split("crate::").skip(1) {
        let path: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || "_:".contains(*c))
            .collect();
        let after = &rest[path.len()..];
        match after.strip_prefix('{') {
            Some(list) if path.is_empty() || path.ends_with("::") => {
                let names = list.split('}').next().unwrap_or_default().split(',');
                found.extend(
                    names
                        .map(|name| format!("{path}{}", name.trim()))
                        .filter(|name| !name.ends_with(':')),
                );
            }
            _ => {
                found.insert(path.trim_end_matches(':').to_owned());
            }
        }
    }
    found
}

fn is_within(path: &str, module: &str) -> bool {
    path == module
        || path
            .strip_prefix(module)
            .is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn every_import_is_one_that_the_table_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    assert!(all.len() > 40, "only {} files were found", all.len());
    let mut wrong = Vec::new();
    for file in all {
        let module = module(&root, &file);
        if FREE.iter().any(|free| is_within(&module, free))
            || module.contains("tests")
            || module.contains("conformance")
        {
            continue;
        }
        let row = MAY_IMPORT
            .iter()
            .filter(|(name, _)| is_within(&module, name))
            .max_by_key(|(name, _)| name.len());
        let Some((_, allowed)) = row else {
            wrong.push(format!("{module} stands in no row of the table"));
            continue;
        };
        for path in imports(&std::fs::read_to_string(&file).unwrap()) {
            if !allowed.iter().any(|allowed| is_within(&path, allowed)) {
                wrong.push(format!("{module} imports {path}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not allowed by the table:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn imports_are_found_in_all_their_forms() {
    let text = "use crate::store::Store;\nuse crate::domain::id::{A, B};\nlet x = crate::memory::Memories::new();\n#[cfg(test)]\nmod tests { use crate::cli::X; }";
    let found: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(
        found,
        [
            "domain::id::A",
            "domain::id::B",
            "memory::Memories::new",
            "store::Store"
        ]
    );
}
