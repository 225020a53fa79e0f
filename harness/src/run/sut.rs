//! The system under test: built, started on a free port with an empty folder, waited for, asked who
//! it is, watched, and stopped; or, with a target, only found.

mod connected;
mod launcher;
mod secret;

pub(super) use connected::Sut;
pub(super) use launcher::Launcher;

use std::path::{Path, PathBuf};

/// Why there is no system to measure. The text is kept in the record as the reason.
#[derive(Debug, thiserror::Error)]
pub(super) enum SutError {
    /// The build command failed.
    #[error(
        "building the system under test failed: `{command}` {said}; its output is in {log}{tail}"
    )]
    Build {
        command: String,
        said: String,
        log: PathBuf,
        tail: String,
    },
    /// The start command could not be run.
    #[error(
        "cannot start the system under test with `{command}`: {source}; check `sut.start`, and build it first"
    )]
    Start {
        command: String,
        source: std::io::Error,
    },
    /// It ended before it was ready.
    #[error("the system under test {said} before it was ready; its output is in {log}{tail}")]
    Ended {
        said: String,
        log: PathBuf,
        tail: String,
    },
    /// It did not get ready in time.
    #[error(
        "{url} did not answer 2xx within {seconds} s ({last}); check `sut.ready_path` and `sut.ready_timeout`{tail}"
    )]
    NotReady {
        url: String,
        seconds: f64,
        last: String,
        tail: String,
    },
    /// It refuses requests with the suite's header fields.
    #[error(
        "{url} answered {answer} to a request with the suite's header fields, not 2xx; check the secret and `sut.headers`"
    )]
    Probe { url: String, answer: String },
    /// It does not say its version.
    #[error("{url} did not answer with its version as JSON ({answer}); check `sut.version_path`")]
    Version { url: String, answer: String },
    /// No port, folder or file.
    #[error("cannot prepare {what} for the system under test: {source}")]
    Prepare {
        what: String,
        source: std::io::Error,
    },
    /// The user stopped the run.
    #[error("stopped by the user")]
    Interrupted,
}

/// The last lines of a log, for a message.
fn tail(log: &Path) -> String {
    const LINES: usize = 8;
    const CHARS: usize = 200;
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let shown: Vec<String> = last
        .iter()
        .map(|line| line.chars().take(CHARS).collect::<String>())
        .collect();
    format!(":\n  {}", shown.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_log_is_its_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        assert_eq!(tail(&log), "");
        let text: String = (0..20).map(|n| format!("line {n}\n\n")).collect();
        std::fs::write(&log, text).unwrap();
        let tail = tail(&log);
        assert!(
            tail.starts_with(":\n  line 12\n") && tail.ends_with("line 19"),
            "{tail}"
        );
    }
}
