//! The committed OpenAPI document is the one that the program makes, and every address in it
//! answers.

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

#[test]
fn the_committed_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi.json");
    let mut made = serde_json::to_string_pretty(&smart_steps_engine::api::document()).unwrap();
    made.push('\n');
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == made,
        "schemas/openapi.json is out of date: run the tests with UPDATE_SCHEMAS=1"
    );
}

#[tokio::test]
async fn every_documented_address_answers_and_every_other_is_a_problem() {
    let app = TestApp::start().await;
    let document = app.read("/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let address = path
                .replace("{id}", "ses_0")
                .replace("{session_id}", "ses_0");
            let response = app
                .request(method.clone(), &address)
                .json(&json!({}))
                .send()
                .await
                .unwrap();
            let status = response.status();
            let problem: Value = response.json().await.unwrap_or_default();
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(!status.is_server_error(), "{method} {path}: {problem}");
            let nowhere = "there is nothing at this address; /docs lists what there is";
            assert_ne!(problem["detail"], nowhere, "{method} {path}");
            count += 1;
        }
    }
    assert!(count > 30, "{count} operations");
    let docs = app.get("/docs/").await;
    assert_eq!(docs.status(), StatusCode::OK);
    assert!(docs.text().await.unwrap().contains("swagger"));
}
