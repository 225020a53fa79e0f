//! Transcripts, and what a memory brings back.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

fn transcript() -> Value {
    let turn = |role: &str, speaker: &str, content: &str, caption: Option<&str>| {
        json!({
            "role": role, "content": content, "said_at": "2024-03-05T10:00:00Z",
            "metadata": {"speaker": speaker, "caption": caption},
        })
    };
    json!({"turns": [
        turn("client", "Mira", "I finally planted the walnut tree behind the shed.", None),
        turn("persona", "Odd", "How did your neighbour take it?", None),
        turn("client", "Mira", "He brought me a spade as a present.", Some("a red spade on a bench")),
        turn("persona", "Odd", "I would like to learn the accordion next winter.", None),
    ]})
}

#[tokio::test]
async fn a_transcript_is_stored_as_it_was_said_and_found_again_with_its_speakers() {
    let app = TestApp::start().await;
    let session = app.session("mira").await;
    let path = format!("/api/v1/conversations/{session}/transcript");
    let response = app.post(&path, &transcript()).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let taken: Value = response.json().await.unwrap();
    let messages = taken["data"].as_array().unwrap();
    let roles: Vec<_> = messages
        .iter()
        .map(|m| m["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["client", "persona", "client", "persona"]);
    assert_eq!(messages[0]["created_at"], "2024-03-05T10:00:00Z");
    let listed = app
        .read(&format!("/api/v1/conversations/{session}/messages"))
        .await;
    assert_eq!(listed["data"], taken["data"]);

    let first = async |app: &TestApp, query: &str| {
        let path = format!("/api/v1/sessions/{session}/memory/retrieve");
        let response = app.post(&path, &json!({"query": query, "k": 3})).await;
        assert_eq!(response.status(), StatusCode::OK);
        let found: Value = response.json().await.unwrap();
        found["data"][0].clone()
    };
    for app in [app] {
        let found = first(&app, "Which tree did Mira plant?").await;
        assert_eq!(found["message_id"], messages[0]["id"]);
        assert_eq!(
            (&found["speaker"], &found["role"]),
            (&json!("Mira"), &json!("client"))
        );
        let reasons = found["reasons"].as_array().unwrap();
        for source in ["words", "vector", "speaker", "recency", "importance"] {
            assert!(reasons.iter().any(|r| r["source"] == source), "{source}");
        }
        let odd = first(&app, "What does Odd want to learn?").await;
        assert_eq!(odd["message_id"], messages[3]["id"]);
        let shown = first(&app, "the red bench").await;
        assert_eq!(shown["message_id"], messages[2]["id"]);

        let app = app.restart().await;
        assert_eq!(first(&app, "Which tree did Mira plant?").await, found);
        app.stop().await;
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_named_and_a_deleted_session_is_not_remembered() {
    let app = TestApp::start().await;
    let session = app.session("mira").await;
    let path = format!("/api/v1/conversations/{session}/transcript");
    let bad = json!({"turns": [{"content": "Hello.", "said_at": "2999-01-01T00:00:00Z"}, {"content": " "}]});
    let response = app.post(&path, &bad).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem = response.text().await.unwrap();
    assert!(
        problem.contains("/turns/0/said_at") && problem.contains("/turns/1/content"),
        "{problem}"
    );
    let retrieve = format!("/api/v1/sessions/{session}/memory/retrieve");
    let response = app.post(&retrieve, &json!({"query": "x", "k": 101})).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);

    app.post(&path, &transcript()).await;
    let other = app.session("mira").await;
    let gone = app
        .request(Method::DELETE, &format!("/api/v1/sessions/{session}"))
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let retrieve = format!("/api/v1/sessions/{other}/memory/retrieve");
    let found: Value = app
        .post(&retrieve, &json!({"query": "walnut tree"}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(found, json!({"data": [], "abstained": true}));
}
