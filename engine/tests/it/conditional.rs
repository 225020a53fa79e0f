//! Entity tags.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn an_unchanged_session_is_not_sent_again_and_a_changed_one_is_not_overwritten() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let path = format!("/api/v1/sessions/{session}");
    let etag = app.get(&path).await.headers()["etag"].clone();
    let again = app
        .request(Method::GET, &path)
        .header("If-None-Match", &etag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], etag);
    assert!(again.text().await.unwrap().is_empty());

    let change = |etag: &reqwest::header::HeaderValue| {
        app.request(Method::PATCH, &path)
            .header("If-Match", etag)
            .json(&json!({"title": "Sleep"}))
            .send()
    };
    let changed = change(&etag).await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    let newer = changed.headers()["etag"].clone();
    assert_ne!(newer, etag);
    assert_eq!(
        change(&etag).await.unwrap().status(),
        StatusCode::PRECONDITION_FAILED
    );
    let delete = |etag| {
        app.request(Method::DELETE, &path)
            .header("If-Match", etag)
            .send()
    };
    assert_eq!(
        delete(etag).await.unwrap().status(),
        StatusCode::PRECONDITION_FAILED
    );
    assert_eq!(
        delete(newer).await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn an_analysis_changes_its_tag_with_each_message_and_each_depth() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    app.say(&session, "I slept badly.").await;
    let path = format!("/api/v1/analysis/sessions/{session}");
    let etag = app.get(&path).await.headers()["etag"].clone();
    let deep = app.get(&format!("{path}?depth=deep")).await.headers()["etag"].clone();
    assert_ne!(etag, deep);
    let ask = || {
        app.request(Method::GET, &path)
            .header("If-None-Match", &etag)
            .send()
    };
    assert_eq!(ask().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    app.say(&session, "And the night after that, too.").await;
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
}
