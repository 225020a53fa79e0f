//! Messages that are edited and removed, as a caller sees it.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

struct Session {
    app: TestApp,
    id: String,
    turns: Vec<Value>,
}

const SAID: [&str; 4] = [
    "My sister Clara sold the piano without asking me.",
    "I want to call the notary about the house.",
    "I sleep badly since the piano is gone.",
    "Yesterday I called the notary about the house.",
];

async fn talked() -> Session {
    let app = TestApp::start().await;
    let id = app.session("anna").await;
    let mut turns = Vec::new();
    for words in SAID {
        turns.push(app.say(&id, words).await);
    }
    Session { app, id, turns }
}

impl Session {
    fn path(&self, turn: usize, part: &str) -> String {
        let message = self.turns[turn][part]["id"].as_str().unwrap();
        format!("/api/v1/conversations/{}/messages/{message}", self.id)
    }

    async fn change(&self, path: &str, body: Value) -> Response {
        let request = self.app.request(Method::PATCH, path).json(&body);
        request.send().await.unwrap()
    }

    async fn analysis(&self) -> Value {
        let path = format!("/api/v1/analysis/sessions/{}?depth=deep", self.id);
        self.app.read(&path).await
    }

    /// The analysis after a restart without the stored fold's help: the database knows only messages
    /// and deltas of what is there now.
    async fn messages(&self) -> Vec<Value> {
        let path = format!("/api/v1/conversations/{}/messages?limit=100", self.id);
        let page = self.app.read(&path).await;
        page["data"].as_array().unwrap().clone()
    }
}

fn quotes(analysis: &Value, word: &str) -> bool {
    analysis.to_string().contains(word)
}

#[tokio::test]
async fn an_edit_changes_the_analysis_and_what_is_remembered() {
    let session = talked().await;
    let path = session.path(0, "message");
    let before = session.app.get(&path).await;
    let etag = before.headers()["etag"].clone();
    let message: Value = before.json().await.unwrap();
    assert_eq!(message["content"], SAID[0]);
    assert!(quotes(&session.analysis().await, "Clara"));

    let changed = session
        .change(&path, json!({"content": "My brother Emil sold the boat."}))
        .await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()["etag"], etag);
    let analysis = session.analysis().await;
    assert!(
        !quotes(&analysis, "Clara") && quotes(&analysis, "Emil"),
        "{analysis:#}"
    );
    for message in session.messages().await {
        assert!(!message.to_string().contains("Clara"), "{message}");
    }

    let other = session.app.session("anna").await;
    let turn = session
        .app
        .say(&other, "I keep thinking of Emil and the boat.")
        .await;
    let context = turn["context"].to_string();
    assert!(
        context.contains("Emil") && !context.contains("Clara"),
        "{turn:#}"
    );
    assert!(!turn.to_string().contains("Clara"));
}

#[tokio::test]
async fn a_removal_is_as_if_it_had_never_been_said() {
    let session = talked().await;
    let path = session.path(1, "message");
    let done = |analysis: &Value| analysis["goals"][0]["status"] == "done";
    assert!(done(&session.analysis().await));
    let removed = session
        .app
        .request(Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    let analysis = session.analysis().await;
    assert_eq!(analysis["goals"], json!([]));
    assert_eq!(analysis["messages"], 6);
    let left = session.messages().await;
    let places: Vec<u64> = left.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
    assert_eq!(
        places,
        [0, 1, 4, 5, 6, 7],
        "the reply went too, places stay"
    );
    assert_eq!(session.app.get(&path).await.status(), StatusCode::NOT_FOUND);
    let again = session
        .app
        .request(Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_FOUND);

    let next = session.app.say(&session.id, "And now?").await;
    assert_eq!(next["message"]["seq"], 8);
    let Session { app, id, turns } = session;
    let app = app.restart().await;
    let session = Session { app, id, turns };
    let stored = session.analysis().await;
    assert_eq!(stored["messages"], 8);
}

#[tokio::test]
async fn a_change_asks_for_the_version_that_was_read() {
    let session = talked().await;
    let path = session.path(2, "message");
    let etag = session.app.get(&path).await.headers()["etag"].clone();
    let patch = |content: &'static str| {
        let request = session.app.request(Method::PATCH, &path);
        request
            .header("If-Match", &etag)
            .json(&json!({"content": content}))
            .send()
    };
    assert_eq!(
        patch("I sleep well.").await.unwrap().status(),
        StatusCode::OK
    );
    let late = patch("I sleep badly again.").await.unwrap();
    assert_eq!(late.status(), StatusCode::PRECONDITION_FAILED);
    let delete = session
        .app
        .request(Method::DELETE, &path)
        .header("If-Match", &etag);
    assert_eq!(
        delete.send().await.unwrap().status(),
        StatusCode::PRECONDITION_FAILED
    );
    let unchanged = session
        .app
        .request(Method::GET, &path)
        .header("If-None-Match", "*");
    assert_eq!(
        unchanged.send().await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let session = talked().await;
    let reply = session.path(0, "reply");
    let words = session
        .change(&reply, json!({"content": "Other words."}))
        .await;
    assert_eq!(words.status(), StatusCode::CONFLICT);
    let data = session
        .change(&reply, json!({"metadata": {"checked": true}}))
        .await;
    assert_eq!(data.status(), StatusCode::OK);
    assert_eq!(
        data.json::<Value>().await.unwrap()["metadata"]["checked"],
        true
    );
    let message = session.path(0, "message");
    let empty = session.change(&message, json!({"content": "  "})).await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let other = session.app.as_tenant("two").await;
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let body = (method == Method::PATCH).then(|| json!({"content": "mine"}));
        let foreign = other.send(method, &message, body.as_ref()).await;
        assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    }
    let second = session.app.session("anna").await;
    let elsewhere = message.replace(&session.id, &second);
    assert_eq!(
        session.app.get(&elsewhere).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn flags_stay_and_new_ones_are_raised_for_new_words() {
    let session = talked().await;
    let path = session.path(2, "message");
    session
        .change(&path, json!({"content": "I want to kill myself."}))
        .await;
    let flags = session.app.read("/api/v1/risk-flags").await;
    assert_eq!(flags["data"].as_array().unwrap().len(), 1, "{flags}");
    assert_eq!(session.analysis().await["risk"]["requires_human"], true);
    session
        .change(&path, json!({"content": "I slept like a log."}))
        .await;
    assert_eq!(session.analysis().await["risk"]["total"], 0);
    let flags = session.app.read("/api/v1/risk-flags").await;
    assert_eq!(
        flags["data"].as_array().unwrap().len(),
        1,
        "the record stays"
    );
}

#[tokio::test]
async fn an_analysis_changes_its_tag_with_an_edit_and_tells_of_earlier_goals() {
    let session = talked().await;
    let path = format!("/api/v1/analysis/sessions/{}", session.id);
    let tag = |response: &Response| response.headers()["etag"].clone();
    let before = tag(&session.app.get(&path).await);
    let other_words = json!({"content": "I want to sell the car."});
    session
        .change(&session.path(1, "message"), other_words)
        .await;
    assert_ne!(tag(&session.app.get(&path).await), before);

    let later = session.app.session("anna").await;
    session
        .app
        .say(&later, "On Monday I sold the car at last.")
        .await;
    let deep = format!("/api/v1/analysis/sessions/{later}?depth=deep");
    let analysis = session.app.read(&deep).await;
    let told = &analysis["earlier_goals"][0];
    assert_eq!(told["session_id"], session.id.as_str(), "{analysis:#}");
    assert_eq!(told["statement"]["quote"], "I want to sell the car.");
    let before = tag(&session.app.get(&deep).await);
    session
        .app
        .request(Method::DELETE, &session.path(1, "message"))
        .send()
        .await
        .unwrap();
    let after = session.app.get(&deep).await;
    assert_ne!(tag(&after), before);
    assert_eq!(
        after.json::<Value>().await.unwrap()["earlier_goals"],
        json!([])
    );
}
