//! A small service of notes, on a thread of its own.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

type Notes = Arc<Mutex<Vec<Value>>>;

/// The address of a running service; it goes on until the test's process ends.
pub(super) fn start() -> SocketAddr {
    let (told, ready) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router()).await.unwrap();
        });
    });
    ready.recv().unwrap()
}

fn router() -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/notes", post(write).get(list))
        .route("/notes/{id}", get(read))
        .with_state(Notes::default())
}

async fn write(
    State(notes): State<Notes>,
    Json(mut note): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let mut notes = notes.lock().unwrap();
    note["id"] = json!(notes.len());
    notes.push(note.clone());
    (StatusCode::CREATED, Json(note))
}

async fn read(
    State(notes): State<Notes>,
    Path(id): Path<usize>,
) -> Result<Json<Value>, StatusCode> {
    let found = notes.lock().unwrap().get(id).cloned();
    found.map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn list(State(notes): State<Notes>) -> Json<Value> {
    let notes = notes.lock().unwrap();
    Json(notes.iter().rev().take(5).cloned().collect())
}
