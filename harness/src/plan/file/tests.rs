use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::plan::hash;
use crate::plan::template::{CompiledScenario, compile_steps};

mod broken;
mod open;
mod schema;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn suite(profile: &str) -> Suite {
    match load_suite(&repository().join("scenarios/suite.toml"), profile, &[]) {
        Ok(suite) => suite,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_committed_suite_is_good_in_all_profiles() {
    let path = repository().join("scenarios/suite.toml");
    let profiles = profiles(&path).expect("readable");
    assert_eq!(profiles, ["full", "quick", "smoke"]);
    for profile in &profiles {
        let suite = suite(profile);
        assert_eq!(suite.scenarios.len(), 6, "{profile}");
        assert_eq!(suite.summary.len(), 4, "{profile}");
        for scenario in &suite.scenarios {
            let compiled = CompiledScenario::compile(scenario).expect("templates compile");
            assert_eq!(compiled.steps.len(), scenario.steps.len());
        }
    }
}

#[test]
fn the_full_profile_has_the_sizes_of_the_requirements() {
    let suite = suite("full");
    let planned: Vec<_> = suite
        .scenarios
        .iter()
        .map(|scenario| {
            (
                scenario.name.as_str(),
                scenario.load.users,
                scenario.planned_requests(),
            )
        })
        .collect();
    assert_eq!(
        planned,
        [
            ("single_user", 1, Some(201)),
            ("multi_user", 50, Some(50 * 21)),
            ("no_analysis", 10, Some(10 * 21)),
            ("long_sessions", 5, Some(5 * (1 + 100 + 5 + 1))),
            ("endpoint_stress", 100, None),
            ("batch_operations", 5, Some(5 * 31)),
        ]
    );
    let checkpoints = suite.memory.map(|memory| memory.checkpoints);
    assert_eq!(checkpoints, Some(vec![10, 100, 1000]));
    assert_eq!(suite.bench.map(|bench| bench.functions.len()), Some(7));
}

#[test]
fn a_profile_changes_what_it_names_and_nothing_else() {
    let (full, smoke) = (suite("full"), suite("smoke"));
    assert_eq!(full.scenarios[0].steps, smoke.scenarios[0].steps);
    assert_eq!(full.scenarios[0].targets, smoke.scenarios[0].targets);
    assert_ne!(full.scenarios[0].load, smoke.scenarios[0].load);
    assert_eq!(full.scenarios[1].load.users, smoke.scenarios[1].load.users);
    assert!(smoke.bench.is_none());
}

#[test]
fn the_hash_knows_plans_apart_and_is_the_same_for_the_same_plan() {
    assert_eq!(hash(&suite("full")), hash(&suite("full")));
    assert_ne!(hash(&suite("full")), hash(&suite("smoke")));
    assert_eq!(hash(&suite("full")).len(), 64);
    let mut changed = suite("full");
    changed.scenarios[0].data[0].sha256 = "0".repeat(64);
    assert_ne!(hash(&suite("full")), hash(&changed));
}

#[test]
fn a_choice_leaves_the_rest_out() {
    let path = repository().join("scenarios/suite.toml");
    let chosen = load_suite(&path, "full", &["multi_user".into(), "memory".into()]).expect("good");
    let names: Vec<&str> = chosen
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    assert_eq!(names, ["multi_user"]);
    assert!(chosen.memory.is_some());
    assert!(chosen.bench.is_none());

    let error = load_suite(&path, "full", &["multi_usr".into()])
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("has no scenario `multi_usr`\n  try: did you mean `multi_user`?"),
        "{error}"
    );
    let error = load_suite(&path, "smok", &[]).unwrap_err().to_string();
    assert!(
        error.ends_with("has no profile `smok`\n  try: did you mean `smoke`?"),
        "{error}"
    );
}

#[test]
fn the_operations_of_the_memory_profile_can_be_filled_in() {
    let memory = suite("full").memory.expect("a memory profile");
    let vars = json!({"run": "r", "user": 1, "iteration": 9, "session_id": "ses_1"});
    let vars = vars.as_object().expect("an object");
    for operation in memory.kinds.iter().chain([&memory.operation]) {
        for steps in [&operation.setup, &operation.steps, &operation.release] {
            for step in compile_steps(steps).expect("templates compile") {
                let request = step.render(vars).expect("all variables are there");
                assert!(request.path.starts_with("/api/v1/"), "{}", request.path);
            }
        }
    }
    let send = &compile_steps(&memory.operation.steps).expect("templates compile")[0];
    let body = send.render(vars).expect("all variables are there").body;
    let content = "Work was quieter today. That is number 9 of the things I wanted to tell you.";
    assert_eq!(body, Some(json!({ "content": content })));
}

#[test]
fn exploded_rows_keep_their_fields_and_know_where_dialogues_begin() {
    let suite = suite("full");
    let feed = &suite.scenarios[0].data[0];
    assert!(feed.rows.len() > feed.starts.len());
    assert_eq!(feed.starts[0], 0);
    let (first, second) = (&feed.rows[feed.starts[0]], &feed.rows[feed.starts[1]]);
    assert!(first["turns"].is_string() && first["goals"].is_array());
    assert_ne!(first["id"], second["id"]);
    assert_eq!(feed.rows[feed.starts[1] - 1]["id"], first["id"]);
}

#[test]
fn a_scenario_by_itself_is_a_suite_of_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.toml");
    std::fs::write(&path, include_str!("tests/shop.toml")).expect("written");
    let suite = match load_scenario_file(&path, "full") {
        Ok(suite) => suite,
        Err(error) => panic!("{error}"),
    };
    assert!(!is_suite(&path).expect("readable"));
    assert_eq!(suite.subject, "shop");
    assert_eq!(suite.scenarios[0].planned_requests(), Some(10 * (20 * 2)));
    assert_eq!(
        suite.scenarios[0].steps[1].endpoint,
        "/carts/{cart_id}/items"
    );
    assert_eq!(profiles(&path).expect("readable"), ["full", "short"]);
    assert_eq!(
        load_scenario_file(&path, "short").expect("good").scenarios[0]
            .load
            .users,
        10
    );
}

#[test]
fn the_example_of_the_manual_is_good() {
    let manual =
        std::fs::read_to_string(repository().join("docs/scenario-format.md")).expect("a manual");
    let examples: Vec<&str> = manual
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(example, _)| example)
        .collect();
    let [scenario, suite] = examples[..] else {
        panic!("{} examples", examples.len())
    };
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("things.jsonl", "{\"sku\": \"a-1\", \"count\": 2}\n");
    write("shop.toml", scenario);
    write("stress.toml", &scenario.replace("browse_and_buy", "stress"));
    write("suite.toml", suite);
    for profile in ["full", "short"] {
        if let Err(error) = load_scenario_file(&folder.path().join("shop.toml"), profile) {
            panic!("{error}");
        }
    }
    for profile in ["full", "short", "smoke"] {
        if let Err(error) = load_suite(&folder.path().join("suite.toml"), profile, &[]) {
            panic!("{error}");
        }
    }
}
