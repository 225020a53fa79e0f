//! Requests that are repeated.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

async fn post(app: &TestApp, path: &str, key: &str, body: &Value) -> Response {
    app.request(Method::POST, path)
        .header("Idempotency-Key", key)
        .json(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_same_key_and_body_give_the_same_answer_and_one_change() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let path = format!("/api/v1/conversations/{session}/messages");
    let body = json!({"content": "I could not sleep."});
    let first = post(&app, &path, "k1", &body).await;
    assert_eq!(first.status(), StatusCode::CREATED);
    assert!(!first.headers().contains_key("idempotency-replayed"));
    let first = first.text().await.unwrap();
    let again = post(&app, &path, "k1", &body).await;
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.text().await.unwrap(), first);
    let other = post(&app, &path, "k1", &json!({"content": "Something else."})).await;
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        app.read(&format!("/api/v1/sessions/{session}")).await["message_count"],
        2
    );
}

#[tokio::test]
async fn repetitions_at_the_same_moment_make_one_session() {
    let app = TestApp::start().await;
    let body = json!({"client_id": "anna", "persona_id": "therapist"});
    let tries = (0..6).map(|_| post(&app, "/api/v1/sessions", "k1", &body));
    let mut ids = Vec::new();
    for response in futures_util::future::join_all(tries).await {
        assert_eq!(response.status(), StatusCode::CREATED);
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        let session: Value = response.json().await.unwrap();
        assert_eq!(
            location,
            format!("/api/v1/sessions/{}", session["id"].as_str().unwrap())
        );
        ids.push(session["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(
        app.read("/api/v1/sessions").await["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
