//! A process that this program started and that does not outlive it.
//!
//! Each child has a thread of its own that starts it and waits for it: the kernel ties the child's
//! life to that thread, and the end of the child is known at once, whoever asks.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::syscall::{die_with_parent, signal_group};

/// What is to be started.
#[derive(Debug)]
pub(super) struct Start<'a> {
    /// Program and arguments.
    pub(super) command: &'a [String],
    /// Its whole environment, or what is added to this program's.
    pub(super) env: &'a BTreeMap<String, String>,
    /// Whether it inherits this program's environment, or only `PATH` and `HOME`.
    pub(super) inherit: bool,
    /// Its working folder.
    pub(super) folder: &'a Path,
    /// Where both of its outputs go.
    pub(super) log: File,
}

/// A running child. Dropping it kills it and waits for its end.
#[derive(Debug)]
pub(super) struct Child {
    pid: u32,
    end: watch::Receiver<Option<String>>,
    waiter: Option<JoinHandle<()>>,
}

/// How long dropping waits for a killed child.
const REAP: Duration = Duration::from_secs(5);

impl Child {
    /// What is said of a child that ended as it should.
    pub(super) const SUCCESS: &'static str = "ended with exit code 0";

    /// Starts it in a process group of its own.
    pub(super) fn start(start: Start<'_>) -> io::Result<Self> {
        let Some((program, arguments)) = start.command.split_first() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the command is empty",
            ));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(start.folder)
            .stdin(Stdio::null())
            .process_group(0);
        command.stderr(start.log.try_clone()?).stdout(start.log);
        if !start.inherit {
            command.env_clear();
            for name in ["PATH", "HOME"] {
                if let Some(value) = std::env::var_os(name) {
                    command.env(name, value);
                }
            }
        }
        command.envs(start.env);
        die_with_parent(&mut command);

        let (began, begun) = std::sync::mpsc::sync_channel(1);
        let (ended, end) = watch::channel(None);
        let waiter = std::thread::Builder::new()
            .name("child".to_owned())
            .spawn(move || {
                let child = command.spawn();
                let mut child = match child {
                    Ok(child) => {
                        let _ = began.send(Ok(child.id()));
                        child
                    }
                    Err(error) => {
                        let _ = began.send(Err(error));
                        return;
                    }
                };
                let said = match child.wait() {
                    Ok(status) => describe(status),
                    Err(error) => format!("was lost sight of: {error}"),
                };
                // What it started itself goes with it.
                let _ = signal_group(child.id(), libc::SIGKILL);
                let _ = ended.send(Some(said));
            })?;
        let pid = begun
            .recv()
            .map_err(|_| io::Error::other("the starting thread ended"))??;
        Ok(Self {
            pid,
            end,
            waiter: Some(waiter),
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it has.
    pub(super) fn ended(&self) -> Option<String> {
        self.end.borrow().clone()
    }

    /// Waits for its end and says how it ended.
    pub(super) async fn end(&self) -> String {
        let mut end = self.end.clone();
        match end.wait_for(Option::is_some).await {
            Ok(said) => said.clone().unwrap_or_default(),
            Err(_) => "was lost sight of".to_owned(),
        }
    }

    /// A watch on its end for another task.
    pub(super) fn watch(&self) -> watch::Receiver<Option<String>> {
        self.end.clone()
    }

    /// Asks it to end, kills it after the grace, and waits. True if it ended by itself in time.
    pub(super) async fn stop(&mut self, grace: Duration) -> bool {
        let _ = signal_group(self.pid, libc::SIGTERM);
        let in_time = tokio::time::timeout(grace, self.end()).await.is_ok();
        if !in_time {
            let _ = signal_group(self.pid, libc::SIGKILL);
            let _ = tokio::time::timeout(REAP, self.end()).await;
        }
        in_time
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.ended().is_none() {
            let _ = signal_group(self.pid, libc::SIGKILL);
        }
        if let Some(waiter) = self.waiter.take() {
            let _ = waiter.join();
        }
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, log: &Path) -> Child {
        let command = ["/bin/sh", "-c", script].map(str::to_owned);
        Child::start(Start {
            command: &command,
            env: &BTreeMap::from([("WORD".to_owned(), "hello".to_owned())]),
            inherit: false,
            folder: Path::new("/"),
            log: File::create(log).unwrap(),
        })
        .unwrap()
    }

    fn is_alive(pid: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
    }

    #[tokio::test]
    async fn the_end_of_a_child_is_told_with_its_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let child = shell("echo $WORD; echo oops >&2; exit 3", &log);
        assert_eq!(child.end().await, "ended with exit code 3");
        assert_eq!(std::fs::read_to_string(log).unwrap(), "hello\noops\n");
    }

    #[tokio::test]
    async fn a_child_that_ignores_the_request_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut child = shell(
            "trap '' TERM; echo ready; while :; do sleep 0.05; done",
            &log,
        );
        while std::fs::read_to_string(&log).unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!child.stop(Duration::from_millis(100)).await);
        assert_eq!(child.ended().as_deref(), Some("was ended by signal 9"));
    }

    #[tokio::test]
    async fn dropping_ends_the_child_and_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let child = shell("sleep 300 & echo $!; wait", &log);
        let grandchild = loop {
            if let Ok(pid) = std::fs::read_to_string(&log).unwrap().trim().parse::<u32>() {
                break pid;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let pid = child.pid();
        assert!(is_alive(pid) && is_alive(grandchild));
        drop(child);
        assert!(!is_alive(pid));
        for _ in 0..200 {
            if !is_alive(grandchild) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the grandchild {grandchild} lives on");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Child::start(Start {
            command: &["/no/such/program".to_owned()],
            env: &BTreeMap::new(),
            inherit: true,
            folder: Path::new("/"),
            log: File::create(folder.path().join("log")).unwrap(),
        })
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
