//! Micro-benchmarks: runs the suite's command and reads what it leaves.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::Sink;
use super::child::{Child, Start};
use crate::event::Event;
use crate::measurement::bench::{BenchRecord, FORMAT};
use crate::plan::suite::BenchPlan;
use crate::plan::template::render_text;

/// Why there are no benchmarks.
#[derive(Debug, thiserror::Error)]
pub(super) enum BenchError {
    /// The command cannot be filled in.
    #[error("bench.command: {0}; known are `root`, `out` and `seconds`")]
    Command(String),
    /// It could not be run.
    #[error("cannot run the benchmarks with `{command}`: {source}; check `bench.command`")]
    Start {
        command: String,
        source: std::io::Error,
    },
    /// It failed.
    #[error("the benchmarks failed: `{command}` {said}; their output is in {log}")]
    Failed {
        command: String,
        said: String,
        log: PathBuf,
    },
    /// What it left cannot be used.
    #[error("the benchmarks left no usable result in {path}: {message}")]
    Result { path: PathBuf, message: String },
    /// A planned function is not among the results.
    #[error(
        "the benchmarks did not measure `{function}`; measured were: {measured}; check `bench.functions` and the command"
    )]
    Missing { function: String, measured: String },
    /// The user stopped the run.
    #[error("stopped by the user")]
    Interrupted,
}

/// Runs the benchmarks; their result, with the functions in the plan's order, and nothing else.
pub(super) async fn run(
    plan: &BenchPlan,
    root: &Path,
    folder: &Path,
    stamp: &str,
    interrupt: &CancellationToken,
    sink: Sink<'_>,
) -> Result<BenchRecord, BenchError> {
    let out = folder.join(format!("benchmark_{stamp}.json"));
    let log = folder.join("benchmark.log");
    let absolute = std::path::absolute(&out).unwrap_or_else(|_| out.clone());
    let mut vars = Map::new();
    vars.insert("root".to_owned(), Value::from(root.display().to_string()));
    vars.insert(
        "out".to_owned(),
        Value::from(absolute.display().to_string()),
    );
    vars.insert("seconds".to_owned(), Value::from(plan.seconds));
    let command: Vec<String> = plan
        .command
        .iter()
        .map(|word| render_text("bench.command", word, &vars))
        .collect::<Result<_, _>>()
        .map_err(|error| BenchError::Command(error.to_string()))?;
    sink(Event::BenchStarted {
        command: command.clone(),
        log: log.clone(),
    });
    let text = command.join(" ");
    let start = |source| BenchError::Start {
        command: text.clone(),
        source,
    };
    let child = Child::start(Start {
        command: &command,
        env: &BTreeMap::new(),
        inherit: true,
        folder: root,
        log: File::create(&log).map_err(start)?,
    })
    .map_err(start)?;
    let said = tokio::select! {
        said = child.end() => said,
        () = interrupt.cancelled() => return Err(BenchError::Interrupted),
    };
    if said != Child::SUCCESS {
        return Err(BenchError::Failed {
            command: text,
            said,
            log,
        });
    }
    let record = in_order(plan, read(&out)?)?;
    sink(Event::BenchEnded {
        functions: u32::try_from(record.functions.len()).unwrap_or(u32::MAX),
    });
    Ok(record)
}

fn read(path: &Path) -> Result<BenchRecord, BenchError> {
    let unusable = |message: String| BenchError::Result {
        path: path.to_path_buf(),
        message,
    };
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut json = serde_json::Deserializer::from_slice(&text);
    let record: BenchRecord =
        serde_path_to_error::deserialize(&mut json).map_err(|error| unusable(error.to_string()))?;
    if record.format != FORMAT {
        return Err(unusable(format!(
            "format {}, this program reads {FORMAT}",
            record.format
        )));
    }
    for function in &record.functions {
        function
            .calls
            .decode()
            .map_err(|error| unusable(format!("{}: {error}", function.name)))?;
    }
    Ok(record)
}

/// The planned functions in the plan's order; what else was measured is left out.
fn in_order(plan: &BenchPlan, mut record: BenchRecord) -> Result<BenchRecord, BenchError> {
    let mut functions = Vec::with_capacity(plan.functions.len());
    for wanted in &plan.functions {
        match record
            .functions
            .iter()
            .position(|function| function.name == wanted.name)
        {
            Some(place) => functions.push(record.functions.remove(place)),
            None => {
                let measured: Vec<&str> = record
                    .functions
                    .iter()
                    .map(|function| function.name.as_str())
                    .collect();
                return Err(BenchError::Missing {
                    function: wanted.name.clone(),
                    measured: measured.join(", "),
                });
            }
        }
    }
    Ok(BenchRecord {
        format: record.format,
        functions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::bench::FunctionRecord;
    use crate::measurement::histogram::Recording;
    use crate::plan::suite::BenchFunction;

    fn record(names: &[&str]) -> BenchRecord {
        let mut calls = Recording::calls();
        calls.record(90);
        let functions = names
            .iter()
            .map(|name| FunctionRecord {
                name: (*name).to_owned(),
                workload: "one".to_owned(),
                calls: calls.to_record().unwrap(),
            })
            .collect();
        BenchRecord {
            format: FORMAT,
            functions,
        }
    }

    fn plan(command: &str, names: &[&str]) -> BenchPlan {
        BenchPlan {
            command: ["/bin/sh", "-c", command].map(str::to_owned).to_vec(),
            seconds: 0.5,
            functions: names
                .iter()
                .map(|name| BenchFunction {
                    name: (*name).to_owned(),
                    target_ms: 1.0,
                })
                .collect(),
        }
    }

    async fn run_in(folder: &Path, plan: &BenchPlan) -> Result<BenchRecord, BenchError> {
        run(
            plan,
            folder,
            folder,
            "s",
            &CancellationToken::new(),
            &mut |_| {},
        )
        .await
    }

    #[tokio::test]
    async fn the_result_of_the_command_is_read_in_the_order_of_the_plan() {
        let folder = tempfile::tempdir().unwrap();
        let made = serde_json::to_string(&record(&["a", "b", "c"])).unwrap();
        std::fs::write(folder.path().join("made"), made).unwrap();
        let plan = plan(
            "echo {{ seconds }}; cp {{ root }}/made {{ out }}",
            &["c", "a"],
        );
        let got = run_in(folder.path(), &plan).await.unwrap();
        assert_eq!(got, record(&["c", "a"]));
        let log = std::fs::read_to_string(folder.path().join("benchmark.log")).unwrap();
        assert_eq!(log, "0.5\n");
    }

    #[tokio::test]
    async fn a_function_that_was_not_measured_is_named() {
        let error = in_order(&plan("", &["a", "x"]), record(&["a", "b"])).unwrap_err();
        assert!(
            matches!(&error, BenchError::Missing { function, measured }
            if function == "x" && measured == "b"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_command_that_fails_or_leaves_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = run_in(folder.path(), &plan("exit 3", &[]))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("ended with exit code 3"),
            "{error}"
        );
        let error = run_in(folder.path(), &plan("true", &[])).await.unwrap_err();
        assert!(matches!(error, BenchError::Result { .. }), "{error}");
    }
}
