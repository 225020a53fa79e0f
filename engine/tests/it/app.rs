//! A server of its own for each test.

use std::path::Path;
use std::sync::Arc;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use smart_steps_engine::config::{Config, Layers};
use smart_steps_engine::domain::id::TenantId;
use smart_steps_engine::service::{Scope, Services};
use smart_steps_engine::shutdown::Shutdown;
use smart_steps_engine::startup::{self, Server};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// A running server and a client that holds the key of tenant `one`.
pub(crate) struct TestApp {
    folder: Arc<TempDir>,
    flags: Vec<(&'static str, String)>,
    pub(crate) services: Arc<Services>,
    pub(crate) shutdown: Shutdown,
    running: JoinHandle<()>,
    base: String,
    key: String,
    http: reqwest::Client,
}

fn config(folder: &Path, flags: &[(&'static str, String)]) -> Config {
    let mut layers = Layers::defaults().unwrap();
    let database = folder.join("test.db").display().to_string();
    layers.lay_flag("test", "database.path", database).unwrap();
    layers
        .lay_flag("test", "http.listen", "127.0.0.1:0".to_owned())
        .unwrap();
    for (key, value) in flags {
        layers.lay_flag("test", key, value.clone()).unwrap();
    }
    layers.build().unwrap()
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts with some settings changed.
    pub(crate) async fn with(flags: &[(&'static str, &str)]) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        let flags = flags
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()))
            .collect();
        let mut app = Self::on(folder, flags).await;
        app.key = app.key_of("one").await;
        app
    }

    async fn on(folder: Arc<TempDir>, flags: Vec<(&'static str, String)>) -> Self {
        let config = config(folder.path(), &flags);
        let services = startup::services(&config).await.unwrap();
        let server = Server::bind(Arc::clone(&services), &config).await.unwrap();
        let base = format!("http://{}", server.address());
        let shutdown = Shutdown::new();
        let told = shutdown.clone();
        let running = tokio::spawn(async move { server.run(told).await.unwrap() });
        let http = reqwest::Client::new();
        Self {
            folder,
            flags,
            services,
            shutdown,
            running,
            base,
            key: String::new(),
            http,
        }
    }

    /// Where the database is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the server and waits until it is gone.
    pub(crate) async fn stop(self) {
        self.shutdown.signal();
        self.running.await.unwrap();
    }

    /// Stops the server and starts another on the same database.
    pub(crate) async fn restart(self) -> Self {
        let (folder, flags, key) = (
            Arc::clone(&self.folder),
            self.flags.clone(),
            self.key.clone(),
        );
        self.stop().await;
        Self {
            key,
            ..Self::on(folder, flags).await
        }
    }

    /// A key of the tenant, which is made if it does not exist.
    pub(crate) async fn key_of(&self, tenant: &str) -> String {
        let tenant: TenantId = tenant.parse().unwrap();
        self.services
            .auth
            .put_tenant(tenant.clone(), "Test")
            .await
            .unwrap();
        let scope = Scope {
            tenant,
            phases: Arc::default(),
        };
        let (_, secret) = self.services.auth.create_key(&scope, "test").await.unwrap();
        secret.reveal().to_owned()
    }

    /// The same server, reached as another tenant.
    pub(crate) async fn as_tenant(&self, tenant: &str) -> Visitor {
        let (base, http) = (self.base.clone(), self.http.clone());
        Visitor {
            base,
            key: self.key_of(tenant).await,
            http,
        }
    }

    /// A request with the key of tenant `one`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.key)
    }

    /// A request without a key.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// The JSON at an address that answers 200.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "GET {path}");
        response.json().await.unwrap()
    }

    /// Makes a session of `client` with the therapist and returns its id.
    pub(crate) async fn session(&self, client: &str) -> String {
        let body = json!({"client_id": client, "persona_id": "therapist", "goals": ["sleep through the night"]});
        let response = self.post("/api/v1/sessions", &body).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json::<Value>().await.unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Says something in a session and returns the whole answer.
    pub(crate) async fn say(&self, session: &str, words: &str) -> Value {
        let path = format!("/api/v1/conversations/{session}/messages");
        let response = self.post(&path, &json!({"content": words})).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }
}

/// Somebody else at the same server.
pub(crate) struct Visitor {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Visitor {
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.unwrap()
    }
}
