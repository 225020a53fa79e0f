//! What was accepted is there after a restart, and found again.

use serde_json::{Value, json};

use crate::app::TestApp;

#[tokio::test]
async fn a_restart_keeps_everything_and_rebuilds_the_indexes() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    app.say(
        &session,
        "My sister Clara sold the piano without asking me.",
    )
    .await;
    let mut profile = app.read("/api/v1/personas/therapist").await["profile"].clone();
    profile["name"] = json!("Our own");
    app.post(
        "/api/v1/personas",
        &json!({"id": "own", "profile": profile}),
    )
    .await;
    let document = json!({"name": "tides.md", "content": "# Tides\n\n## Moon\n\nThe moon pulls the tide towards the harbour twice a day, and the fishermen wait for it.\n"});
    let added = app.post("/api/v1/personas/own/documents", &document).await;
    assert_eq!(added.status(), 201);
    let reads = [
        format!("/api/v1/sessions/{session}"),
        format!("/api/v1/conversations/{session}/messages"),
        format!("/api/v1/analysis/sessions/{session}?depth=deep"),
        "/api/v1/personas".to_owned(),
        "/api/v1/personas/own/documents".to_owned(),
        "/api/v1/personas/therapist/documents".to_owned(),
    ];
    let mut before = Vec::new();
    for path in &reads {
        before.push(app.read(path).await);
    }
    let query = json!({"query": "when does the moon pull the tide?", "k": 3});
    let found = |app: TestApp| {
        let query = query.clone();
        async move {
            let answer: Value = app
                .post("/api/v1/personas/own/retrieve", &query)
                .await
                .json()
                .await
                .unwrap();
            (app, answer)
        }
    };
    let (app, earlier) = found(app).await;
    assert_eq!(earlier["abstained"], false, "{earlier}");

    let app = app.restart().await;
    for (path, before) in reads.iter().zip(&before) {
        assert_eq!(app.read(path).await, *before, "{path}");
    }
    let (app, later) = found(app).await;
    assert_eq!(later, earlier);
    let second = app.session("anna").await;
    let turn = app
        .say(&second, "I keep thinking of Clara and the piano.")
        .await;
    let items = turn["context"].as_array().unwrap();
    assert!(
        items.iter().any(|item| item["layer"] == "experience"),
        "{turn}"
    );
    app.stop().await;
}
