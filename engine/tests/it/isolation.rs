//! What belongs to another tenant is not there.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

#[tokio::test]
async fn a_foreign_id_is_not_found_whatever_is_done_with_it() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let turn = app.say(&session, "I want to kill myself.").await;
    let flag = turn["risk_flags"][0]["id"].as_str().unwrap().to_owned();
    let stranger = app.as_tenant("two").await;
    let message = json!({"content": "hello"});
    let close = json!({"reason": "r", "resolved_by": "b"});
    let attempts = [
        (Method::GET, format!("/api/v1/sessions/{session}"), None),
        (
            Method::PATCH,
            format!("/api/v1/sessions/{session}"),
            Some(json!({"title": "mine"})),
        ),
        (Method::DELETE, format!("/api/v1/sessions/{session}"), None),
        (
            Method::GET,
            format!("/api/v1/sessions/{session}/memory"),
            None,
        ),
        (
            Method::GET,
            format!("/api/v1/conversations/{session}/messages"),
            None,
        ),
        (
            Method::POST,
            format!("/api/v1/conversations/{session}/messages"),
            Some(message),
        ),
        (
            Method::GET,
            format!("/api/v1/conversations/{session}/export"),
            None,
        ),
        (
            Method::GET,
            format!("/api/v1/analysis/sessions/{session}"),
            None,
        ),
        (
            Method::PATCH,
            format!("/api/v1/risk-flags/{flag}"),
            Some(close),
        ),
    ];
    for (method, path, body) in attempts {
        let response = stranger.send(method.clone(), &path, body.as_ref()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method} {path}");
        let text = response.text().await.unwrap();
        assert!(!text.contains("kill"), "{text}");
    }
    let stored = app.read(&format!("/api/v1/sessions/{session}")).await;
    assert_eq!(
        (&stored["title"], &stored["message_count"]),
        (&Value::Null, &json!(2))
    );
}

#[tokio::test]
async fn listings_keys_and_idempotency_keys_are_each_tenants_own() {
    let app = TestApp::start().await;
    app.session("anna").await;
    let stranger = app.as_tenant("two").await;
    for path in [
        "/api/v1/sessions",
        "/api/v1/sessions?client_id=anna",
        "/api/v1/risk-flags",
        "/api/v1/insights",
        "/api/v1/analysis/insights/client/anna",
    ] {
        let page: Value = stranger
            .send(Method::GET, path, None)
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(page["data"], json!([]), "{path}");
    }
    let mine = app.read("/api/v1/auth/keys").await;
    let theirs: Value = stranger
        .send(Method::GET, "/api/v1/auth/keys", None)
        .await
        .json()
        .await
        .unwrap();
    assert_ne!(mine["data"][0]["id"], theirs["data"][0]["id"]);
    let path = format!(
        "/api/v1/auth/keys/{}",
        mine["data"][0]["id"].as_str().unwrap()
    );
    let refused = stranger.send(Method::DELETE, &path, None).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_persona_of_a_tenant_is_its_own_and_stands_in_for_the_shipped_one() {
    let app = TestApp::start().await;
    let shipped = app.read("/api/v1/personas/therapist").await;
    let mut profile = shipped["profile"].clone();
    profile["name"] = json!("Our own");
    let made = app
        .post(
            "/api/v1/personas",
            &json!({"id": "therapist", "profile": profile}),
        )
        .await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(
        app.read("/api/v1/personas/therapist").await["profile"]["name"],
        "Our own"
    );
    let stranger = app.as_tenant("two").await;
    let theirs: Value = stranger
        .send(Method::GET, "/api/v1/personas/therapist", None)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(theirs, shipped);
}
