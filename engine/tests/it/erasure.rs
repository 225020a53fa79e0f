//! After a client, a session or a document is removed, no way leads to its words any more.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

const CANARY: &str = "zanzibarquux";

/// Every answer in which a client's words could stand.
async fn ways(app: &TestApp, client: &str, sessions: &[String]) -> Vec<(String, String)> {
    let mut paths = vec![
        "/api/v1/sessions".to_owned(),
        format!("/api/v1/sessions?client_id={client}"),
        "/api/v1/insights".to_owned(),
        format!("/api/v1/analysis/insights/client/{client}"),
        "/api/v1/risk-flags?include_resolved=true".to_owned(),
        "/api/v1/personas/therapist/knowledge".to_owned(),
        "/api/v1/personas/therapist/documents".to_owned(),
    ];
    for session in sessions {
        paths.push(format!("/api/v1/sessions/{session}"));
        paths.push(format!("/api/v1/sessions/{session}/memory"));
        paths.push(format!(
            "/api/v1/conversations/{session}/messages?limit=200"
        ));
        paths.push(format!("/api/v1/analysis/sessions/{session}?depth=deep"));
        for format in ["json", "markdown", "text", "html"] {
            paths.push(format!(
                "/api/v1/conversations/{session}/export?format={format}"
            ));
        }
    }
    let mut answers = Vec::new();
    for path in paths {
        let response = app.get(&path).await;
        answers.push((path, response.text().await.unwrap()));
    }
    let query = json!({"query": format!("{CANARY} and the piano"), "k": 50});
    let found = app
        .post("/api/v1/personas/therapist/retrieve", &query)
        .await;
    answers.push(("retrieve".to_owned(), found.text().await.unwrap()));
    answers
}

fn with_canary(answers: &[(String, String)]) -> Vec<&str> {
    let holds = answers.iter().filter(|(_, text)| text.contains(CANARY));
    holds.map(|(path, _)| path.as_str()).collect()
}

/// How often the word stands in the files of the database.
fn bytes_with_canary(app: &TestApp) -> usize {
    let files = std::fs::read_dir(app.folder()).unwrap();
    files
        .map(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let word = CANARY.as_bytes();
            bytes
                .windows(word.len())
                .filter(|window| *window == word)
                .count()
        })
        .sum()
}

/// The recalled items of a turn, as text.
fn context(turn: &Value) -> String {
    turn["context"].to_string()
}

#[tokio::test]
async fn no_way_leads_to_a_removed_client() {
    let app = TestApp::start().await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let body = json!({
            "client_id": "anna", "persona_id": "therapist", "title": CANARY,
            "goals": [format!("less {CANARY}")], "metadata": {"word": CANARY},
        });
        let made: Value = app
            .post("/api/v1/sessions", &body)
            .await
            .json()
            .await
            .unwrap();
        let session = made["id"].as_str().unwrap().to_owned();
        for words in [
            format!("My sister {CANARY} sold the piano without asking me."),
            format!("I want to die because of {CANARY}."),
            format!("Every night I think of {CANARY} and of the piano."),
        ] {
            app.say(&session, &words).await;
        }
        sessions.push(session);
    }
    app.post("/api/v1/insights", &json!({"client_id": "anna"}))
        .await;
    let bystander = app.session("ben").await;
    app.say(&bystander, "I sold my piano last week and I miss it.")
        .await;

    let before = ways(&app, "anna", &sessions).await;
    assert!(
        with_canary(&before).len() >= 15,
        "{:?}",
        with_canary(&before)
    );
    let recalled = app
        .say(&sessions[2], &format!("What did I say of {CANARY}?"))
        .await;
    assert!(context(&recalled).contains(CANARY), "{recalled}");

    let path = "/api/v1/clients/anna";
    let foreign = app
        .as_tenant("two")
        .await
        .send(Method::DELETE, path, None)
        .await;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    let gone = app.request(Method::DELETE, path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let again = app.request(Method::DELETE, path).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_FOUND);

    let after = ways(&app, "anna", &sessions).await;
    assert_eq!(with_canary(&after), Vec::<&str>::new());
    assert!(!after.last().unwrap().1.contains("sold the piano"));
    for session in &sessions {
        let path = format!("/api/v1/sessions/{session}");
        assert_eq!(app.get(&path).await.status(), StatusCode::NOT_FOUND);
    }
    // A client of the same name begins with nothing, and so does everybody else.
    for client in ["anna", "ben"] {
        let session = app.session(client).await;
        let turn = app
            .say(&session, "What did I say of my sister and the piano?")
            .await;
        assert!(!context(&turn).contains(CANARY), "{turn}");
        assert!(!turn["reply"].to_string().contains(CANARY), "{turn}");
    }
    let app = app.restart().await;
    let later = ways(&app, "anna", &sessions).await;
    assert_eq!(with_canary(&later), Vec::<&str>::new());
    app.services.close().await;
    assert_eq!(bytes_with_canary(&app), 0);
}

#[tokio::test]
async fn no_way_leads_to_a_removed_session_or_document() {
    let app = TestApp::start().await;
    let profile = app.read("/api/v1/personas/therapist").await["profile"].clone();
    app.post(
        "/api/v1/personas",
        &json!({"id": "own", "profile": profile}),
    )
    .await;
    let content = format!("# Instruments\n\nThe {CANARY} is a string instrument of the coast.\n");
    let added = app
        .post(
            "/api/v1/personas/own/documents",
            &json!({"name": "a.md", "content": content}),
        )
        .await;
    let document = added.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let query = json!({"query": format!("what is a {CANARY}?"), "k": 5});
    let found = app.post("/api/v1/personas/own/retrieve", &query).await;
    assert!(found.text().await.unwrap().contains("string instrument"));
    let session = app.session("anna").await;
    app.say(&session, &format!("I play the {CANARY} at night."))
        .await;

    for path in [
        format!("/api/v1/personas/own/documents/{document}"),
        format!("/api/v1/sessions/{session}"),
    ] {
        let gone = app.request(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(gone.status(), StatusCode::NO_CONTENT, "{path}");
    }
    let found = app.post("/api/v1/personas/own/retrieve", &query).await;
    assert!(!found.text().await.unwrap().contains("string instrument"));
    let turn = app
        .say(&app.session("anna").await, "What do I play at night?")
        .await;
    assert!(!turn.to_string().contains(CANARY), "{turn}");
    app.services.close().await;
    assert_eq!(bytes_with_canary(&app), 0);
}
