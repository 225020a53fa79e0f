//! Personas and their documents over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

#[tokio::test]
async fn the_shipped_personas_are_there_and_are_not_changed() {
    let app = TestApp::start().await;
    let page = app.read("/api/v1/personas").await;
    let ids: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|persona| persona["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "behavioural_analyst",
            "cbt_specialist",
            "facilitator",
            "therapist"
        ]
    );
    let path = "/api/v1/personas/therapist";
    let change = app
        .request(Method::PATCH, path)
        .json(&json!({"name": "X"}))
        .send()
        .await
        .unwrap();
    assert_eq!(change.status(), StatusCode::CONFLICT);
    let delete = app.request(Method::DELETE, path).send().await.unwrap();
    assert_eq!(delete.status(), StatusCode::CONFLICT);
    let document = json!({"name": "a.md", "content": "# A\n\nA sentence of some length."});
    let add = app
        .post("/api/v1/personas/therapist/documents", &document)
        .await;
    assert_eq!(add.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn retrieval_quotes_documents_byte_for_byte_or_abstains() {
    let app = TestApp::start().await;
    let app = &app;
    let ask = |query: &'static str| async move {
        let body = json!({"query": query, "k": 3});
        app.post("/api/v1/personas/therapist/retrieve", &body)
            .await
            .json::<Value>()
            .await
            .unwrap()
    };
    let found = ask("How can I sleep better when I wake at night?").await;
    let best = &found["data"][0];
    assert_eq!(best["layer"], "foundation");
    assert!(!best["reasons"].as_array().unwrap().is_empty());
    let documents = app.read("/api/v1/personas/therapist/documents").await;
    let ids: Vec<_> = documents["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| &document["id"])
        .collect();
    assert!(ids.contains(&&best["document_id"]));
    let nothing = ask("quarterly diesel turbocharger procurement spreadsheet").await;
    assert_eq!(
        (&nothing["abstained"], &nothing["data"]),
        (&json!(true), &json!([]))
    );
}

#[tokio::test]
async fn a_profile_is_checked_and_each_fault_has_its_place() {
    let app = TestApp::start().await;
    let mut profile = app.read("/api/v1/personas/therapist").await["profile"].clone();
    profile["traits"]["warmth"] = json!(3);
    profile["style"]["reflections"] = json!(["no placeholder"]);
    let answer: Value = app
        .post("/api/v1/personas/validate", &profile)
        .await
        .json()
        .await
        .unwrap();
    let pointers: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        (answer["valid"].clone(), pointers),
        (json!(false), vec!["/traits/warmth", "/style/reflections/0"])
    );
    let refused = app
        .post(
            "/api/v1/personas",
            &json!({"id": "own", "profile": profile}),
        )
        .await;
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["errors"][0]["pointer"], "/profile/traits/warmth");
}

#[tokio::test]
async fn a_removed_persona_leaves_its_sessions_readable() {
    let app = TestApp::start().await;
    let profile = app.read("/api/v1/personas/facilitator").await["profile"].clone();
    app.post(
        "/api/v1/personas",
        &json!({"id": "own", "profile": profile}),
    )
    .await;
    let patched = app
        .request(Method::PATCH, "/api/v1/personas/own")
        .json(&json!({"version": "1.1.0"}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        patched.json::<Value>().await.unwrap()["profile"]["version"],
        "1.1.0"
    );
    let made = app
        .post(
            "/api/v1/sessions",
            &json!({"client_id": "a", "persona_id": "own"}),
        )
        .await;
    let session = made.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.say(&session, "We argue in every meeting.").await;
    let gone = app
        .request(Method::DELETE, "/api/v1/personas/own")
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        app.read(&format!("/api/v1/sessions/{session}")).await["persona_id"],
        "own"
    );
    let path = format!("/api/v1/conversations/{session}/messages");
    assert_eq!(
        app.post(&path, &json!({"content": "hello"})).await.status(),
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_from_then_on() {
    let app = TestApp::start().await;
    let made: Value = app
        .post("/api/v1/auth/keys", &json!({"label": "second"}))
        .await
        .json()
        .await
        .unwrap();
    let me = || {
        app.bare(Method::GET, "/api/v1/auth/me")
            .header("X-API-Key", made["secret"].as_str().unwrap())
            .send()
    };
    let answer: Value = me().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&answer["tenant_id"], &answer["key_id"]),
        (&json!("one"), &made["id"])
    );
    let path = format!("/api/v1/auth/keys/{}", made["id"].as_str().unwrap());
    let revoked = app.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert_eq!(me().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}
