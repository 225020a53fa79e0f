use super::*;
use crate::measurement::sample;

#[test]
fn a_saved_run_comes_back_equal() {
    let folder = tempfile::tempdir().unwrap();
    let run = sample::run();
    let path = run.save(folder.path()).unwrap();
    assert_eq!(path, folder.path().join(FILE));
    assert_eq!(RunRecord::load(folder.path()).unwrap(), run);
    assert_eq!(RunRecord::load(&path).unwrap(), run);
}

#[test]
fn saving_again_replaces_the_file_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = sample::run();
    run.save(folder.path()).unwrap();
    run.end = RunEnd::Interrupted;
    run.save(folder.path()).unwrap();
    assert_eq!(
        RunRecord::load(folder.path()).unwrap().end,
        RunEnd::Interrupted
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_missing_run_is_told_from_an_unreadable_one() {
    let folder = tempfile::tempdir().unwrap();
    let error = RunRecord::load(folder.path()).unwrap_err();
    assert!(matches!(error, ArchiveError::Missing { .. }), "{error}");
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_never_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample::run().save(folder.path()).unwrap();
    let text = std::fs::read(&path).unwrap();
    for share in 1..20 {
        std::fs::write(&path, &text[..text.len() * share / 20]).unwrap();
        let error = RunRecord::load(&path).unwrap_err();
        assert!(
            matches!(error, ArchiveError::Truncated { .. }),
            "{share}: {error}"
        );
    }
}

#[test]
fn another_format_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = sample::run();
    run.format = 99;
    let path = run.save(folder.path()).unwrap();
    let error = RunRecord::load(&path).unwrap_err();
    assert!(
        matches!(error, ArchiveError::Format { found: 99, .. }),
        "{error}"
    );
}

#[test]
fn a_plan_that_was_changed_after_the_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample::run().save(folder.path()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = text.replace("\"subject\": \"A service\"", "\"subject\": \"Another\"");
    assert_ne!(text, changed);
    std::fs::write(&path, changed).unwrap();
    let error = RunRecord::load(&path).unwrap_err();
    assert!(matches!(error, ArchiveError::PlanChanged { .. }), "{error}");
}

/// The committed run was written by an earlier version of the program.
#[test]
fn a_committed_run_is_still_read() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports");
    let mut read = 0;
    for entry in std::fs::read_dir(reports).unwrap() {
        let path = entry.unwrap().path();
        if path.join(FILE).is_file() {
            let run = RunRecord::load(&path).unwrap_or_else(|error| panic!("{error}"));
            assert!(!run.scenarios.is_empty());
            read += 1;
        }
    }
    assert!(read > 0);
}

#[test]
fn a_wrong_value_is_named_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample::run().save(folder.path()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"lost\": 0", "\"lost\": -1")).unwrap();
    match RunRecord::load(&path).unwrap_err() {
        ArchiveError::Content { key, .. } => assert_eq!(key, "scenarios[0].users.lost"),
        other => panic!("{other}"),
    }
}

/// `UPDATE_SCHEMAS=1 cargo test` writes the file anew.
#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/run.schema.json");
    let text = format!(
        "{}\n",
        serde_json::to_string_pretty(&RunRecord::schema()).unwrap()
    );
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == text,
        "schemas/run.schema.json is not that of the types; run UPDATE_SCHEMAS=1 cargo test"
    );
}
