//! The committed schemas are those of the mirror structs.

use serde_json::Value;

use super::*;

fn compare(name: &str, schema: &Value) {
    let path = repository().join("schemas").join(name);
    let fresh = serde_json::to_string_pretty(schema).expect("a schema") + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &fresh).expect("written");
    }
    let committed: Option<Value> = std::fs::read_to_string(&path)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok());
    assert!(
        committed.as_ref() == Some(schema),
        "schemas/{name} is not that of the code; write it anew with\n  \
         UPDATE_SCHEMAS=1 cargo test -p smart-steps-harness --lib plan::file"
    );
}

#[test]
fn the_scenario_schema_is_committed() {
    compare("scenario.schema.json", &scenario_schema());
}

#[test]
fn the_suite_schema_is_committed() {
    compare("suite.schema.json", &suite_schema());
}
