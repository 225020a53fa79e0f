//! The server in a process of its own, and the plan by which it is measured.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::Url;

use super::law::Trial;
use super::server;
use crate::measurement::archive::RunRecord;
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::StepRecord;
use crate::plan::arrivals::{Arrivals, Spacing};
use crate::plan::load::{Length, Load, Think};
use crate::plan::scenario::{Kind, Order, Scenario, View};
use crate::plan::step::{Expect, Method, Step, StepClass};
use crate::plan::suite::{Suite, Sut};
use crate::run::syscall::die_with_parent;
use crate::units::Micros;

/// The hidden subcommand with which the program is this server.
const SUBCOMMAND: &str = "known-server";

/// Why the server is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KnownServerError {
    /// It did not start.
    #[error("cannot start the known-latency server: {0}; is the program still where it was?")]
    Start(std::io::Error),
    /// It does not answer.
    #[error("the known-latency server did not answer about {about}: {source}")]
    Silent {
        /// What it was asked.
        about: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct KnownServer {
    child: Child,
    port: u16,
    number: u32,
}

impl KnownServer {
    /// Starts it with this program's own executable.
    ///
    /// # Errors
    /// When it cannot be started or does not tell its port.
    pub fn start(program: &Path) -> Result<Self, KnownServerError> {
        let mut command = Command::new(program);
        command
            .arg(SUBCOMMAND)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        die_with_parent(&mut command);
        let mut child = command.spawn().map_err(KnownServerError::Start)?;
        let mut line = String::new();
        let read = match child.stdout.take() {
            Some(stdout) => BufReader::new(stdout).read_line(&mut line),
            None => Ok(0),
        };
        let port = read.and_then(|_| line.trim().parse().map_err(std::io::Error::other));
        match port {
            Ok(port) => Ok(Self {
                child,
                port,
                number: 0,
            }),
            Err(error) => {
                let _gone = child.kill();
                let _reaped = child.wait();
                Err(KnownServerError::Start(error))
            }
        }
    }

    /// Where it is reached.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "an address of digits is a URL; covered by the calibration's tests"
    )]
    pub fn url(&self) -> Url {
        format!("http://127.0.0.1:{}", self.port)
            .parse()
            .expect("a URL")
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Forgets what it did.
    pub(super) fn forget(&self) -> Result<(), KnownServerError> {
        server::ask(self.port, "forget")
            .map(drop)
            .map_err(silent("its memory"))
    }

    /// What it really did by a law.
    pub(super) fn truth(&self, name: &str) -> Result<HistogramRecord, KnownServerError> {
        server::truth(self.port, name).map_err(silent(name))
    }

    /// Runs of a trial get folders of their own.
    pub(super) fn next_number(&mut self) -> String {
        self.number += 1;
        self.number.to_string()
    }
}

impl Drop for KnownServer {
    fn drop(&mut self) {
        // It has nothing to save.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn silent(about: &str) -> impl FnOnce(std::io::Error) -> KnownServerError {
    let about = about.to_owned();
    move |source| KnownServerError::Silent { about, source }
}

/// The one step of a trial.
pub(super) fn only_step(record: &RunRecord) -> Option<&StepRecord> {
    record.scenarios.first()?.steps.first()
}

pub(super) fn scenario(trial: &Trial) -> Scenario {
    let lasts = Micros::from_duration(trial.lasts);
    Scenario {
        name: trial.name.to_owned(),
        number: 1,
        title: trial.name.to_owned(),
        description: format!("{} requests a second", trial.rate),
        kind: Kind::EndpointStress,
        view: View::Endpoints,
        load: Load {
            users: trial.users,
            ramp_per_second: f64::from(trial.users),
            length: Length::Duration(lasts),
            think: Think {
                min: Micros(0),
                max: Micros(0),
            },
            warm_up_iterations: 2,
            request_timeout: Micros(30_000_000),
            arrivals: Some(Arrivals::constant(trial.rate, Spacing::Even, lasts)),
        },
        order: Order::Sequence,
        data: Vec::new(),
        setup: Vec::new(),
        steps: vec![Step {
            name: trial.name.to_owned(),
            endpoint: format!("/law/{}", trial.name),
            method: Method::Get,
            path: format!("/law/{}", trial.name),
            headers: BTreeMap::new(),
            body: None,
            capture: BTreeMap::new(),
            expect: Expect {
                status: Vec::new(),
                body: Vec::new(),
            },
            repeat: 1,
            weight: 1,
            every: 1,
            class: StepClass::Simple,
        }],
        teardown: Vec::new(),
        targets: Vec::new(),
    }
}

pub(super) fn suite(scenario: Scenario) -> Suite {
    Suite {
        subject: "A server with known latencies".to_owned(),
        profile: "calibration".to_owned(),
        sut: Sut {
            name: "known-latency server".to_owned(),
            build: Vec::new(),
            start: Vec::new(),
            env: BTreeMap::new(),
            ready_path: "/ready".to_owned(),
            ready_timeout: Micros(5_000_000),
            version_path: None,
            probe_path: None,
            headers: BTreeMap::new(),
            secret_env: None,
            secret_file: None,
            database: None,
        },
        scenarios: vec![scenario],
        memory: None,
        bench: None,
        summary: Vec::new(),
    }
}
