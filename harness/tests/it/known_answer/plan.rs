//! Plans for the tests, written by hand, and how they are run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use smart_steps_harness::event::Event;
use smart_steps_harness::measurement::archive::RunRecord;
use smart_steps_harness::measurement::load::ScenarioRecord;
use smart_steps_harness::plan::load::{Length, Load, Think};
use smart_steps_harness::plan::scenario::{Kind, Order, Scenario, View};
use smart_steps_harness::plan::step::{Expect, Method, Step, StepClass};
use smart_steps_harness::plan::suite::{Suite, Sut};
use smart_steps_harness::run::{RunError, RunOptions, run};
use smart_steps_harness::units::Micros;

use super::server::{PORT, Server, child_command};

pub(super) const SECOND: Micros = Micros(1_000_000);

pub(super) fn step(name: &str, method: Method, path: &str) -> Step {
    Step {
        name: name.to_owned(),
        endpoint: path.to_owned(),
        method,
        path: path.to_owned(),
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
    }
}

pub(super) fn capturing(mut step: Step, name: &str, path: &str) -> Step {
    step.capture.insert(name.to_owned(), path.to_owned());
    step
}

/// Users without pauses, all at once, each with so many iterations.
pub(super) fn scenario(users: u32, iterations: u32, steps: Vec<Step>) -> Scenario {
    Scenario {
        name: "known".to_owned(),
        number: 1,
        title: "Known answers".to_owned(),
        description: String::new(),
        kind: Kind::MultipleUsers,
        view: View::Targets,
        load: Load {
            users,
            ramp_per_second: 1_000.0,
            length: Length::Iterations {
                count: iterations,
                deadline: Micros(60_000_000),
            },
            think: Think {
                min: Micros(0),
                max: Micros(0),
            },
            warm_up_iterations: 0,
            request_timeout: Micros(20_000_000),
            arrivals: None,
        },
        order: Order::Sequence,
        data: Vec::new(),
        setup: Vec::new(),
        steps,
        teardown: Vec::new(),
        targets: Vec::new(),
    }
}

/// A suite whose system is the server in a process of its own.
pub(super) fn suite(scenarios: Vec<Scenario>) -> Suite {
    let (program, arguments) = child_command();
    Suite {
        subject: "The known-answer server".to_owned(),
        profile: "test".to_owned(),
        sut: Sut {
            name: "known-answer server".to_owned(),
            build: Vec::new(),
            start: std::iter::once(program).chain(arguments).collect(),
            env: BTreeMap::from([(PORT.to_owned(), "{{ port }}".to_owned())]),
            ready_path: "/ready".to_owned(),
            ready_timeout: Micros(20_000_000),
            version_path: Some("/version".to_owned()),
            probe_path: None,
            headers: BTreeMap::new(),
            secret_env: None,
            secret_file: None,
            database: None,
        },
        scenarios,
        memory: None,
        bench: None,
        summary: Vec::new(),
    }
}

/// Where a run is saved, and the turn of its test: figures are true only if nothing else runs.
pub(super) struct Bench {
    pub(super) folder: tempfile::TempDir,
    pub(super) options: RunOptions,
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

impl Bench {
    pub(super) async fn new() -> Self {
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        let folder = tempfile::tempdir().unwrap();
        let options = RunOptions::new(folder.path().join("runs"), folder.path());
        Self {
            folder,
            options,
            _turn: turn,
        }
    }

    pub(super) fn on(mut self, server: &Server) -> Self {
        self.options.target = Some(server.url());
        self
    }

    pub(super) fn folder_of(&self, run: &RunRecord) -> PathBuf {
        self.options.out_dir.join(&run.stamp)
    }

    /// Runs the suite; what was measured, which is also what was saved.
    pub(super) async fn run(
        &self,
        suite: &Suite,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<RunRecord, RunError> {
        let record = run(suite, &self.options, sink).await?;
        assert_eq!(
            RunRecord::load(&self.folder_of(&record)).unwrap(),
            without_rows(&record)
        );
        Ok(record)
    }

    /// Runs one scenario and checks what holds of every one.
    pub(super) async fn measure(&self, scenario: Scenario) -> ScenarioRecord {
        let mut run = self.run(&suite(vec![scenario]), &mut |_| {}).await.unwrap();
        let record = run.scenarios.remove(0);
        check_sums(&record);
        record
    }
}

/// Rows of data feeds are not saved with a run.
fn without_rows(run: &RunRecord) -> RunRecord {
    let mut run = run.clone();
    for feed in run
        .suite
        .scenarios
        .iter_mut()
        .flat_map(|scenario| &mut scenario.data)
    {
        feed.rows = Default::default();
        feed.starts = Default::default();
    }
    run
}

/// Every request is somewhere, once.
pub(super) fn check_sums(record: &ScenarioRecord) {
    let a = record.accounting;
    assert_eq!(
        a.scheduled,
        a.completed + a.failed + a.in_flight + a.unsent,
        "{a:?}"
    );
    let of_steps = |f: fn(&_) -> u64| record.steps.iter().map(f).sum::<u64>();
    assert_eq!(a.completed, of_steps(|step| step.completed));
    assert_eq!(a.failed, of_steps(|step| step.failed));
    assert_eq!(
        a.failed,
        record.errors.iter().map(|error| error.count).sum::<u64>()
    );
    for (place, step) in record.steps.iter().enumerate() {
        let of_windows = |f: fn(&smart_steps_harness::measurement::load::WindowStep) -> u64| {
            record
                .windows
                .iter()
                .map(|window| f(&window.steps[place]))
                .sum::<u64>()
        };
        assert_eq!(
            step.completed,
            of_windows(|window| window.completed),
            "{}",
            step.step
        );
        assert_eq!(
            step.failed,
            of_windows(|window| window.failed),
            "{}",
            step.step
        );
        assert_eq!(
            step.response.sum.0,
            of_windows(|window| window.sum.0),
            "{}",
            step.step
        );
        assert_eq!(step.response.count, step.completed);
        assert_eq!(step.service.count, step.completed);
        assert_eq!(step.failed_response.count, step.failed);
    }
    let seconds: Vec<u32> = record.windows.iter().map(|window| window.second).collect();
    let expected: Vec<u32> = (0..u32::try_from(record.windows.len()).unwrap()).collect();
    assert_eq!(seconds, expected);
    let users = record.users;
    assert!(users.finished + users.lost <= users.started && users.started <= users.planned);
    let generator = &record.generator.samples;
    assert!(generator.windows(2).all(|pair| pair[0].cpu <= pair[1].cpu));
}
