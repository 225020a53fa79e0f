//! Work of the background, asked for over HTTP, done by the server's worker, and there after a
//! restart.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::TestApp;

/// The job once it is finished. The server's own worker does it; asking again is all that can be done
/// from outside.
async fn finished(app: &TestApp, path: &str) -> Value {
    loop {
        let job = app.read(path).await;
        if job["state"] == "done" || job["state"] == "failed" {
            return job;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_reflection_is_asked_for_and_followed() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    for day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] {
        app.say(
            &session,
            &format!("My boss was horrible on {day}. The boss shouted."),
        )
        .await;
    }
    let request = json!({"kind": "reflect", "client_id": "anna"});
    let response = app.post("/api/v1/jobs", &request).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let asked: Value = response.json().await.unwrap();
    assert_eq!(
        location,
        format!("/api/v1/jobs/{}", asked["id"].as_str().unwrap())
    );
    let job = finished(&app, &location).await;
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(job["outcome"]["sessions"], 1);
    assert!(job["due_at"].is_null() && job["finished_at"].is_string());
    let insights = app.read("/api/v1/analysis/insights/client/anna").await;
    let drawn = insights["data"].as_array().unwrap().len();
    assert_eq!(job["outcome"]["created"], drawn);

    let other = app.as_tenant("two").await;
    let foreign = other.send(reqwest::Method::GET, &location, None).await;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    let unknown = json!({"kind": "dance", "client_id": "anna"});
    let refused = app.post("/api/v1/jobs", &unknown).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    app.stop().await;
}

#[tokio::test]
async fn what_waits_is_still_there_after_a_restart_and_is_joined() {
    let app = TestApp::with(&[("worker.enabled", "false")]).await;
    let session = app.session("anna").await;
    app.say(&session, "I lie awake and worry.").await;
    let request = json!({"kind": "reflect", "client_id": "anna"});
    let first: Value = app
        .post("/api/v1/jobs", &request)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(first["state"], "queued");
    assert!(first["gathered_importance"].as_f64().unwrap() > 0.0);
    let app = app.restart().await;
    let again: Value = app
        .post("/api/v1/jobs", &request)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(again["id"], first["id"]);
    assert!(app.services.jobs.run_next().await.unwrap());
    let path = format!("/api/v1/jobs/{}", first["id"].as_str().unwrap());
    assert_eq!(app.read(&path).await["state"], "done");
    assert!(!app.services.jobs.run_next().await.unwrap());
    app.stop().await;
}
