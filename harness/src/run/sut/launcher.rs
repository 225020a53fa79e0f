//! Gets a system to measure: starts the suite's own, or attaches to a target.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::connected::Sut;
use super::{SutError, secret, tail};
use crate::event::Event;
use crate::measurement::environment::SutRecord;
use crate::plan::suite;
use crate::plan::template::render_text;
use crate::run::Sink;
use crate::run::child::{Child, Start};
use crate::run::error::RunError;
use crate::run::exchange::Destination;
use crate::run::listener::process_behind;
use crate::run::options::RunOptions;
use crate::units::Micros;

/// How often a start is tried anew when somebody else took the port in between.
const PORT_TRIES: u32 = 3;
/// How often it is asked whether it is ready.
const READY_POLL: Duration = Duration::from_millis(10);
/// How long one such question may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts systems under test, one after the other, or attaches to the target.
#[derive(Debug)]
pub(in crate::run) struct Launcher<'a> {
    plan: &'a suite::Sut,
    options: &'a RunOptions,
    folder: &'a Path,
    secret: Option<String>,
    interrupt: CancellationToken,
}

impl<'a> Launcher<'a> {
    /// Checks that there is something to start or to attach to.
    pub(in crate::run) fn new(
        plan: &'a suite::Sut,
        options: &'a RunOptions,
        folder: &'a Path,
        interrupt: CancellationToken,
    ) -> Result<Self, RunError> {
        if options.target.is_none() && plan.start.is_empty() {
            return Err(RunError::NothingToStart);
        }
        let secret = secret::find(plan, options)?;
        let launcher = Self {
            plan,
            options,
            folder,
            secret,
            interrupt,
        };
        // Templates that cannot be filled in are found now and not after the build.
        let vars = launcher.variables(1, folder);
        launcher.headers(&vars)?;
        if options.target.is_none() {
            launcher.command(&vars)?;
            launcher.environment(&vars)?;
        }
        Ok(launcher)
    }

    /// Runs the suite's build command, if the system is started here.
    pub(in crate::run) async fn build(&self, sink: Sink<'_>) -> Result<(), SutError> {
        if self.options.target.is_some() || self.plan.build.is_empty() {
            return Ok(());
        }
        let log = self.folder.join("build.log");
        let command = self.plan.build.clone();
        sink(Event::Building {
            command: command.clone(),
            log: log.clone(),
        });
        let text = command.join(" ");
        let file = create_log(&log)?;
        let child = Child::start(Start {
            command: &command,
            env: &BTreeMap::new(),
            inherit: true,
            folder: &self.options.root,
            log: file,
        })
        .map_err(|source| SutError::Start {
            command: text.clone(),
            source,
        })?;
        let said = tokio::select! {
            said = child.end() => said,
            () = self.interrupt.cancelled() => return Err(SutError::Interrupted),
        };
        if said == Child::SUCCESS {
            return Ok(());
        }
        Err(SutError::Build {
            command: text,
            said,
            tail: tail(&log),
            log,
        })
    }

    /// Starts a fresh process, or attaches to the target, and makes sure that it can be measured.
    pub(in crate::run) async fn connect(&self, sink: Sink<'_>) -> Result<Sut, SutError> {
        let sut = match &self.options.target {
            Some(url) => self.attach(url, sink).await?,
            None => self.start(sink).await?,
        };
        sink(Event::Connected {
            url: sut.record.url.clone(),
            pid: sut.record.pid,
            ready_after: sut.record.ready_after,
            version: sut.record.version.as_ref().map(short_version),
        });
        Ok(sut)
    }

    async fn attach(&self, url: &reqwest::Url, sink: Sink<'_>) -> Result<Sut, SutError> {
        let base = url.as_str().trim_end_matches('/').to_owned();
        sink(Event::Connecting {
            name: self.plan.name.clone(),
            url: base.clone(),
            start: false,
        });
        let vars = self.variables(url.port_or_known_default().unwrap_or(80), self.folder);
        let to = self.destination(base.clone(), &vars)?;
        let mut sut = Sut {
            ready_url: format!("{base}{}", self.plan.ready_path),
            to,
            child: None,
            data: None,
            record: SutRecord {
                url: base,
                started_here: false,
                pid: process_behind(url),
                version: None,
                command: Vec::new(),
                ready_after: None,
            },
        };
        self.wait_ready(&sut, None).await?;
        self.introduce(&mut sut).await?;
        Ok(sut)
    }

    async fn start(&self, sink: Sink<'_>) -> Result<Sut, SutError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let port = free_port().map_err(prepare("a port"))?;
            match self.start_on(port, sink).await {
                // Somebody else was faster with the port: that is no fault of the system.
                Err(SutError::Ended { .. }) if tries < PORT_TRIES && is_taken(port) => {}
                other => return other,
            }
        }
    }

    async fn start_on(&self, port: u16, sink: Sink<'_>) -> Result<Sut, SutError> {
        let base = format!("http://127.0.0.1:{port}");
        sink(Event::Connecting {
            name: self.plan.name.clone(),
            url: base.clone(),
            start: true,
        });
        let data = tempfile::Builder::new()
            .prefix(".data-")
            .tempdir_in(self.folder)
            .map_err(prepare("a data folder"))?;
        let vars = self.variables(port, data.path());
        let unusable = |error: RunError| SutError::Prepare {
            what: "the start command".to_owned(),
            source: std::io::Error::other(error.to_string()),
        };
        let command = self.command(&vars).map_err(unusable)?;
        let env = self.environment(&vars).map_err(unusable)?;
        let log = self.folder.join("sut.log");
        let started = Instant::now();
        let child = Child::start(Start {
            command: &command,
            env: &env,
            inherit: false,
            folder: &self.options.root,
            log: create_log(&log)?,
        })
        .map_err(|source| SutError::Start {
            command: command.join(" "),
            source,
        })?;
        let mut sut = Sut {
            ready_url: format!("{base}{}", self.plan.ready_path),
            to: self.destination(base.clone(), &vars)?,
            record: SutRecord {
                url: base,
                started_here: true,
                pid: Some(child.pid()),
                version: None,
                command: self.plan.start.clone(),
                ready_after: None,
            },
            child: Some(child),
            data: Some(data),
        };
        self.wait_ready(&sut, Some(&log)).await?;
        sut.record.ready_after = Some(Micros::from_duration(started.elapsed()));
        self.introduce(&mut sut).await?;
        Ok(sut)
    }

    async fn wait_ready(&self, sut: &Sut, log: Option<&PathBuf>) -> Result<(), SutError> {
        let timeout = self.plan.ready_timeout.to_duration();
        let deadline = Instant::now() + timeout;
        let mut last;
        loop {
            let asked = tokio::select! {
                asked = ask(sut, &sut.ready_url, ASK_TIMEOUT.min(timeout)) => asked,
                said = sut.death() => {
                    let log = log.cloned().unwrap_or_default();
                    return Err(SutError::Ended { said, tail: tail(&log), log });
                }
                () = self.interrupt.cancelled() => return Err(SutError::Interrupted),
            };
            match asked {
                Ok(_) => return Ok(()),
                Err(said) => last = said,
            }
            if Instant::now() >= deadline {
                return Err(SutError::NotReady {
                    url: sut.ready_url.clone(),
                    seconds: timeout.as_secs_f64(),
                    last,
                    tail: log.map(|log| tail(log)).unwrap_or_default(),
                });
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }

    /// Makes sure that it takes our requests, and asks for its version.
    async fn introduce(&self, sut: &mut Sut) -> Result<(), SutError> {
        if let Some(path) = &self.plan.probe_path {
            let url = format!("{}{path}", sut.to.base);
            if let Err(answer) = ask(sut, &url, ASK_TIMEOUT).await {
                return Err(SutError::Probe { url, answer });
            }
        }
        if let Some(path) = &self.plan.version_path {
            let url = format!("{}{path}", sut.to.base);
            let told = ask(sut, &url, ASK_TIMEOUT).await.and_then(|body| {
                serde_json::from_slice(&body).map_err(|error| format!("not JSON: {error}"))
            });
            match told {
                Ok(version) => sut.record.version = Some(version),
                Err(answer) => return Err(SutError::Version { url, answer }),
            }
        }
        Ok(())
    }

    /// What the suite's templates know.
    fn variables(&self, port: u16, data: &Path) -> Map<String, Value> {
        let mut vars = Map::new();
        vars.insert("port".to_owned(), Value::from(port));
        vars.insert("dir".to_owned(), Value::from(data.display().to_string()));
        vars.insert(
            "root".to_owned(),
            Value::from(self.options.root.display().to_string()),
        );
        if let Some(secret) = &self.secret {
            vars.insert("secret".to_owned(), Value::from(secret.clone()));
        }
        vars
    }

    fn command(&self, vars: &Map<String, Value>) -> Result<Vec<String>, RunError> {
        self.plan
            .start
            .iter()
            .map(|word| fill_in("sut.start", word, vars))
            .collect()
    }

    fn environment(&self, vars: &Map<String, Value>) -> Result<BTreeMap<String, String>, RunError> {
        self.plan
            .env
            .iter()
            .map(|(name, text)| {
                Ok((
                    name.clone(),
                    fill_in(&format!("sut.env.{name}"), text, vars)?,
                ))
            })
            .collect()
    }

    /// The header fields of all requests: the suite's, and the caller's in their place.
    fn headers(&self, vars: &Map<String, Value>) -> Result<HeaderMap, RunError> {
        let mut fields = HeaderMap::new();
        let mut put = |place: String, name: &str, value: &str| {
            let unusable = |message: String| RunError::Plan {
                place: place.clone(),
                message,
            };
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|error| unusable(format!("`{name}` is no header name: {error}")))?;
            let mut value = HeaderValue::from_str(value)
                .map_err(|error| unusable(format!("its value cannot be sent: {error}")))?;
            value.set_sensitive(true);
            fields.insert(name, value);
            Ok::<(), RunError>(())
        };
        for (name, text) in &self.plan.headers {
            let place = format!("sut.headers.{name}");
            let value = fill_in(&place, text, vars)?;
            put(place, name, &value)?;
        }
        for (name, value) in &self.options.headers {
            put(format!("--header {name}"), name, value)?;
        }
        Ok(fields)
    }

    fn destination(
        &self,
        base: String,
        vars: &Map<String, Value>,
    ) -> Result<Destination, SutError> {
        let unusable = |message: String| SutError::Prepare {
            what: "the HTTP client".to_owned(),
            source: std::io::Error::other(message),
        };
        let headers = self
            .headers(vars)
            .map_err(|error| unusable(error.to_string()))?;
        let client = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("steps-perf/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .tcp_nodelay(true)
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Destination { base, client })
    }
}

fn fill_in(place: &str, text: &str, vars: &Map<String, Value>) -> Result<String, RunError> {
    render_text(place, text, vars).map_err(|error| RunError::Plan {
        place: place.to_owned(),
        message: format!("{error}; known are `port`, `dir`, `root` and `secret`"),
    })
}

/// A GET with the suite's header fields: the body of a 2xx, or what came instead.
pub(super) async fn ask(sut: &Sut, url: &str, timeout: Duration) -> Result<Vec<u8>, String> {
    let answer = sut.to.client.get(url).timeout(timeout).send().await;
    let answer = answer.map_err(|error| crate::run::exchange::Failure::of_client(&error).detail)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(|error| error.to_string())?;
    if status.is_success() {
        Ok(body.to_vec())
    } else {
        Err(format!("status {status}"))
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

fn create_log(path: &Path) -> Result<File, SutError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(prepare("a log file"))
}

fn prepare(what: &str) -> impl Fn(std::io::Error) -> SutError + '_ {
    move |source| SutError::Prepare {
        what: what.to_owned(),
        source,
    }
}

/// `version` of the answer if it has one, else the whole.
fn short_version(version: &Value) -> String {
    match version.get("version") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => version.to_string(),
    }
}

/// The folder is removed with the system that used it.
pub(super) type DataFolder = TempDir;
