//! Problem documents, whole.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;

#[tokio::test]
async fn whatever_goes_wrong_is_told_in_the_same_form() {
    let app = TestApp::with(&[
        ("http.body_limit_bytes", "2048"),
        ("limits.message_chars", "500"),
    ])
    .await;
    let session = app.session("anna").await;
    let messages = format!("/api/v1/conversations/{session}/messages");
    let post = |body: &'static str| {
        app.request(Method::POST, "/api/v1/sessions")
            .header("content-type", "application/json")
            .body(body)
    };
    let requests = [
        (
            "no_such_address",
            app.request(Method::GET, "/api/v1/nothing"),
        ),
        (
            "no_such_method",
            app.request(Method::PUT, "/api/v1/sessions"),
        ),
        ("no_key", app.bare(Method::GET, "/api/v1/sessions")),
        (
            "unknown_key",
            app.bare(Method::GET, "/api/v1/sessions")
                .bearer_auth("ssk_0"),
        ),
        (
            "foreign_kind_of_id",
            app.request(Method::GET, "/api/v1/sessions/msg_1"),
        ),
        (
            "no_such_session",
            app.request(Method::GET, "/api/v1/sessions/ses_1"),
        ),
        ("not_json", post("{")),
        (
            "wrong_type",
            post(r#"{"client_id": "a", "persona_id": "therapist", "goals": ["g", 7]}"#),
        ),
        (
            "unknown_field",
            post(r#"{"client_id": "a", "persona_id": "therapist", "gaols": []}"#),
        ),
        (
            "bad_values",
            post(
                r#"{"client_id": "a", "persona_id": "therapist", "title": " ", "goals": ["g", ""]}"#,
            ),
        ),
        (
            "no_such_persona",
            post(r#"{"client_id": "a", "persona_id": "nobody"}"#),
        ),
        (
            "media_type",
            app.request(Method::POST, "/api/v1/sessions")
                .body("client_id=a"),
        ),
        (
            "too_large",
            app.request(Method::POST, &messages)
                .json(&json!({"content": "x".repeat(4096)})),
        ),
        (
            "too_long",
            app.request(Method::POST, &messages)
                .json(&json!({"content": "x".repeat(501)})),
        ),
        (
            "foreign_client",
            app.request(Method::POST, &messages)
                .json(&json!({"content": "x", "client_id": "bert"})),
        ),
        (
            "bad_cursor",
            app.request(Method::GET, "/api/v1/sessions?cursor=abc"),
        ),
        (
            "bad_limit",
            app.request(Method::GET, "/api/v1/sessions?limit=0"),
        ),
        (
            "bad_state",
            app.request(Method::PATCH, &format!("/api/v1/sessions/{session}"))
                .json(&json!({"state": "created"})),
        ),
    ];
    for (name, request) in requests {
        let response = request
            .header("X-Request-Id", "req-of-the-test")
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json",
            "{name}"
        );
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["status"], status, "{name}");
        assert_eq!(body["instance"], "req-of-the-test", "{name}");
        insta::assert_snapshot!(name, serde_json::to_string_pretty(&body).unwrap());
    }
}

#[tokio::test]
async fn a_session_that_is_paused_or_completed_says_what_to_do() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let path = format!("/api/v1/sessions/{session}");
    let become_ = |state: &'static str| {
        app.request(Method::PATCH, &path)
            .json(&json!({"state": state}))
            .send()
    };
    assert_eq!(become_("active").await.unwrap().status(), 200);
    assert_eq!(become_("paused").await.unwrap().status(), 200);
    let messages = format!("/api/v1/conversations/{session}/messages");
    let problem: Value = app
        .post(&messages, &json!({"content": "hello"}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        problem["detail"],
        "the session is paused and takes no messages; set its state to \"active\" first"
    );
    assert_eq!(become_("active").await.unwrap().status(), 200);
    assert_eq!(become_("completed").await.unwrap().status(), 200);
    let problem: Value = become_("active").await.unwrap().json().await.unwrap();
    assert_eq!(
        problem["detail"],
        "the session is completed and cannot become active"
    );
}
