//! A real server process is killed in the middle of its work: what it acknowledged is there, store and
//! indexes agree, and a second start beside a running one changes nothing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify};

const PROGRAM: &str = env!("CARGO_BIN_EXE_smart-steps");
/// Of the development tenant, in the form that keys have.
const KEY: &str = "ssk_durability_0123456789abcdefghijklmnopqrstuvwxyz";
const ROUNDS: usize = 3;
const ACKNOWLEDGED: usize = 40;

/// A server process, killed when it is dropped.
struct Server {
    child: Child,
    base: String,
    http: reqwest::Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(database: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--database"])
            .arg(database)
            .env("SMART_STEPS_DEV_KEY", KEY)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let base = line.split_once("listening on ").unwrap().1.to_owned();
        Self {
            child,
            base,
            http: reqwest::Client::new(),
        }
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.base));
        let response = request.bearer_auth(KEY).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "GET {path}");
        response.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, body) = post(&self.http, &self.base, path, body).await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "POST {path}: {body}");
        body
    }

    /// The process gets no chance to finish anything.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn post(
    http: &reqwest::Client,
    base: &str,
    path: &str,
    body: &Value,
) -> Result<(StatusCode, Value), reqwest::Error> {
    let request = http.post(format!("{base}{path}")).bearer_auth(KEY);
    let response = request.json(body).send().await?;
    Ok((response.status(), response.json().await?))
}

fn check(database: &Path) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("check").arg("--database").arg(database);
    command.output().unwrap()
}

#[track_caller]
fn assert_sound(database: &Path) {
    let output = check(database);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("store and indexes agree"), "{text}");
}

/// What a server said yes to.
#[derive(Default)]
struct Acknowledged {
    documents: Mutex<Vec<Value>>,
    messages: Mutex<Vec<(String, String)>>,
    count: AtomicUsize,
    enough: Notify,
}

impl Acknowledged {
    fn count_one(&self) {
        if self.count.fetch_add(1, Ordering::SeqCst) + 1 == ACKNOWLEDGED {
            self.enough.notify_one();
        }
    }
}

/// Sends documents or messages until the server is gone.
async fn work(
    http: reqwest::Client,
    base: String,
    session: Option<String>,
    named: String,
    acknowledged: Arc<Acknowledged>,
) {
    for n in 0.. {
        let words =
            format!("Number {n} of {named} speaks of rivers, bridges and the weather of March.");
        match &session {
            Some(session) => {
                let path = format!("/api/v1/conversations/{session}/messages");
                let Ok((StatusCode::CREATED, _)) =
                    post(&http, &base, &path, &json!({"content": words})).await
                else {
                    return;
                };
                let said = (session.clone(), words);
                acknowledged.messages.lock().await.push(said);
            }
            None => {
                // Every third file is a new text for a name that is there.
                let name = format!("{named}-{}.md", n - usize::from(n % 3 == 2));
                let body = json!({"name": name, "content": format!("# {named} {n}\n\n{words}\n")});
                let Ok((StatusCode::CREATED, body)) =
                    post(&http, &base, "/api/v1/personas/own/documents", &body).await
                else {
                    return;
                };
                let mut documents = acknowledged.documents.lock().await;
                documents.retain(|earlier| earlier["name"] != body["name"]);
                documents.push(body);
            }
        }
        acknowledged.count_one();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_has_lost_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("killed.db");
    let server = Server::start(&database);
    let profile = server.get("/api/v1/personas/therapist").await["profile"].clone();
    let persona = json!({"id": "own", "profile": profile});
    server.post("/api/v1/personas", &persona).await;
    server.kill();

    for round in 0..ROUNDS {
        let server = Server::start(&database);
        let acknowledged = Arc::new(Acknowledged::default());
        let mut workers = Vec::new();
        for n in 0..6 {
            let session = if n % 2 == 0 {
                let body = json!({"client_id": format!("client-{n}"), "persona_id": "own"});
                let session = server.post("/api/v1/sessions", &body).await;
                Some(session["id"].as_str().unwrap().to_owned())
            } else {
                None
            };
            workers.push(tokio::spawn(work(
                server.http.clone(),
                server.base.clone(),
                session,
                format!("round-{round}-{n}"),
                Arc::clone(&acknowledged),
            )));
        }
        acknowledged.enough.notified().await;
        server.kill();
        for worker in workers {
            worker.await.unwrap();
        }
        assert_sound(&database);

        let server = Server::start(&database);
        let listed = server.get("/api/v1/personas/own/documents").await;
        let listed = listed["data"].as_array().unwrap();
        for document in acknowledged.documents.lock().await.iter() {
            // A later file of this name may have been stored and not acknowledged.
            assert!(
                listed.iter().any(|there| there["name"] == document["name"]),
                "round {round}: {document}"
            );
        }
        for (session, words) in acknowledged.messages.lock().await.iter() {
            let path = format!("/api/v1/conversations/{session}/messages?limit=200");
            let messages = server.get(&path).await;
            let said = |message: &Value| message["content"] == words.as_str();
            assert!(
                messages["data"].as_array().unwrap().iter().any(said),
                "round {round}: {words}"
            );
        }
        server.kill();
        assert_sound(&database);
    }
}

#[test]
fn a_check_names_what_is_wrong_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("missing.db");
    let output = check(&database);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("there is no database"), "{text}");
    assert!(!database.exists());
}

#[tokio::test]
async fn a_second_start_beside_a_running_server_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("first.db"));
    let address = server.base.strip_prefix("http://").unwrap();
    let second = folder.path().join("second.db");
    let key = folder.path().join("dev.key");
    let output = Command::new(PROGRAM)
        .args(["serve", "--dev", "--listen", address, "--database"])
        .arg(&second)
        .arg("--dev-key-file")
        .arg(&key)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("uses this port"), "{text}");
    assert!(!second.exists() && !key.exists());
    server.get("/api/v1/auth/me").await;
}
