//! Instruments, progress, patterns and reports over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

const INSTRUMENTS: &str = "/api/v1/analysis/progress/client/anna/instruments";

#[tokio::test]
async fn an_instrument_is_entered_scored_listed_and_removed() {
    let app = TestApp::start().await;
    let entry = json!({"instrument": "phq9", "items": [2, 2, 2, 2, 2, 1, 1, 1, 1], "taken_at": "2026-01-05T09:00:00Z"});
    let response = app.post(INSTRUMENTS, &entry).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let made: Value = response.json().await.unwrap();
    assert_eq!(
        (&made["total"], &made["band"], &made["attention"]),
        (&json!(14.0), &json!("moderate"), &json!("phq9_item_9"))
    );
    // The same entry again is the same entry; other answers at the same instant are refused.
    let again: Value = app.post(INSTRUMENTS, &entry).await.json().await.unwrap();
    assert_eq!(again["id"], made["id"]);
    let other = json!({"instrument": "phq9", "total": 3, "taken_at": "2026-01-05T09:00:00Z"});
    assert_eq!(
        app.post(INSTRUMENTS, &other).await.status(),
        StatusCode::CONFLICT
    );
    let wrong = json!({"instrument": "gad7", "items": [1, 2]});
    let refused = app.post(INSTRUMENTS, &wrong).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["errors"][0]["pointer"], "/items");
    let later = json!({"instrument": "ors", "total": 20, "taken_at": "2999-01-01T00:00:00Z"});
    assert_eq!(
        app.post(INSTRUMENTS, &later).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let progress = app.read("/api/v1/analysis/progress/client/anna").await;
    assert_eq!(progress["instruments"][0]["entries"][0]["total"], 14.0);
    assert_eq!(progress["attention"][0]["reason"], "phq9_item_9");
    assert_eq!(progress["sentiment"]["status"], "insufficient");
    let foreign = app.as_tenant("two").await;
    let seen = foreign.send(Method::GET, INSTRUMENTS, None).await;
    let seen: Value = seen.json().await.unwrap();
    assert_eq!(seen["data"], json!([]));

    let removed = app.request(Method::DELETE, &location).send().await.unwrap();
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    let removed = app.request(Method::DELETE, &location).send().await.unwrap();
    assert_eq!(removed.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.read(INSTRUMENTS).await["data"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn a_report_comes_in_three_forms() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    app.say(&session, "I want to call my sister <Clara>.").await;
    let path = "/api/v1/analysis/reports/client/anna";
    let report = app.read(path).await;
    assert_eq!(report["basis"]["sessions"], 1);
    let goal = &report["progress"]["goals"][0]["statement"];
    assert_eq!(goal["quote"], "I want to call my sister <Clara>.");
    for (format, media_type, words) in [
        ("markdown", "text/markdown; charset=utf-8", "\\<Clara\\>"),
        ("html", "text/html; charset=utf-8", "&lt;Clara&gt;"),
    ] {
        let response = app.get(&format!("{path}?format={format}")).await;
        assert_eq!(response.headers()["content-type"], media_type);
        assert!(response.text().await.unwrap().contains(words), "{format}");
    }
    let patterns = app.read("/api/v1/analysis/patterns/client/anna").await;
    assert_eq!(patterns["sessions"], 1);
    assert_eq!(patterns["topics"], json!([]));
    app.stop().await;
}
