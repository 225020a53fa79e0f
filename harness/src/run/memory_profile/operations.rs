//! Operations of one kind, sent straight to the server: nothing here is timed.

use std::collections::HashSet;

use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use super::{Failures, REQUEST_TIMEOUT};
use crate::plan::suite::OperationPlan;
use crate::run::error::RunError;
use crate::run::exchange::{Destination, Exchange, Failure};

/// What is done, and what it has made so far.
pub(super) struct Operations<'a> {
    to: &'a Destination,
    setup: Vec<Exchange>,
    steps: Vec<Exchange>,
    release: Vec<Exchange>,
    concurrency: usize,
    /// What set-up and all operations share.
    shared: Map<String, Value>,
    /// What each operation captured and was not given back yet.
    made: Vec<Map<String, Value>>,
    done: u32,
    /// Requests that gave something back already: two operations may have captured the same.
    given_back: HashSet<String>,
}

impl<'a> Operations<'a> {
    pub(super) fn prepare(
        plan: &OperationPlan,
        to: &'a Destination,
        run: &str,
    ) -> Result<Self, RunError> {
        let place = |part: &str| format!("memory, `{}`, {part}", plan.name);
        let mut shared = Map::new();
        shared.insert("run".to_owned(), Value::from(run));
        shared.insert("user".to_owned(), Value::from(1));
        shared.insert("iteration".to_owned(), Value::from(1));
        Ok(Self {
            to,
            setup: Exchange::prepare_all(&plan.setup, &place("setup"))?,
            steps: Exchange::prepare_all(&plan.steps, &place("steps"))?,
            release: Exchange::prepare_all(&plan.release, &place("release"))?,
            concurrency: plan.concurrency.max(1) as usize,
            shared,
            made: Vec::new(),
            done: 0,
            given_back: HashSet::new(),
        })
    }

    /// Does what comes before the first operation.
    pub(super) async fn set_up(&mut self, failures: &mut Failures) {
        let (captured, failed) = in_order(self.to, &self.setup, self.shared.clone()).await;
        self.shared.extend(captured);
        if let Some((step, failure)) = failed {
            failures.add(&step, &failure);
        }
    }

    /// Does operations until there were so many.
    pub(super) async fn run_until(&mut self, count: u32, failures: &mut Failures) {
        let (to, steps, shared) = (self.to, &self.steps, &self.shared);
        let mut running = futures_util::stream::iter(self.done..count)
            .map(|number| {
                let mut vars = shared.clone();
                vars.insert("iteration".to_owned(), Value::from(u64::from(number) + 1));
                in_order(to, steps, vars)
            })
            .buffer_unordered(self.concurrency);
        while let Some((captured, failed)) = running.next().await {
            if !captured.is_empty() {
                self.made.push(captured);
            }
            if let Some((step, failure)) = failed {
                failures.add(&step, &failure);
            }
        }
        drop(running);
        self.done = count;
    }

    /// Gives back what the operations made and, if `all`, what the set-up made.
    pub(super) async fn release(&mut self, all: bool, failures: &mut Failures) {
        let mut made = std::mem::take(&mut self.made);
        if all {
            made.push(Map::new());
        }
        for captured in made {
            let mut vars = self.shared.clone();
            vars.extend(captured);
            for step in &self.release {
                // One that needs nothing of an operation belongs to the set-up.
                let is_of_setup = step.request(self.to, &self.shared).is_ok();
                if is_of_setup && !all {
                    continue;
                }
                let Ok(prepared) = step.request(self.to, &vars) else {
                    continue;
                };
                let Some(key) = prepared.identity() else {
                    continue;
                };
                if self.given_back.insert(key)
                    && let Err(failure) = send(self.to, step, &vars).await
                {
                    failures.add(&step.name, &failure);
                }
            }
        }
    }
}

/// Sends steps one after the other up to the first that fails; what they captured.
async fn in_order(
    to: &Destination,
    steps: &[Exchange],
    mut vars: Map<String, Value>,
) -> (Map<String, Value>, Option<(String, Failure)>) {
    let mut captured = Map::new();
    for step in steps {
        for _ in 0..step.repeat {
            match send(to, step, &vars).await {
                Ok(values) => {
                    captured.extend(values.clone());
                    vars.extend(values);
                }
                Err(failure) => return (captured, Some((step.name.clone(), failure))),
            }
        }
    }
    (captured, None)
}

async fn send(
    to: &Destination,
    step: &Exchange,
    vars: &Map<String, Value>,
) -> Result<Vec<(String, Value)>, Failure> {
    let mut prepared = step
        .request(to, vars)
        .map_err(|error| Failure::new("template", &error.to_string()))?;
    let equals = prepared.take_equals();
    let exchange = async {
        let response = prepared
            .request
            .send()
            .await
            .map_err(|error| Failure::of_client(&error))?;
        step.read(response).await
    };
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, exchange)
        .await
        .unwrap_or_else(|_| Err(Failure::timeout(REQUEST_TIMEOUT)))?;
    step.judge(&answer, &equals)
}
