//! What is compared, made ready to run: a revision in a worktree of its own, a checkout, a program, or
//! a running service.

use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reqwest::Url;

use crate::exit::Exit;
use crate::measurement::comparison::{SideRecord, Source};
use crate::measurement::environment::sha256_hex;
use crate::plan::suite::Suite;

/// Why two builds could not be compared.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum CompareError {
    #[error(
        "`{given}` is no address, file, folder or revision of {root}: {said}\n  try: a commit, branch or tag (git log), or the path of a program"
    )]
    Unknown {
        given: String,
        root: PathBuf,
        said: String,
    },
    #[error("`{given}`: {source}\n  try: an address such as http://127.0.0.1:8080")]
    Address {
        given: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot run `{command}`: {source}; is it installed?")]
    Start {
        command: String,
        source: std::io::Error,
    },
    #[error(
        "the worktree of {commit} cannot be made in {path}: {said}\n  try: git worktree prune, or another --worktrees DIR"
    )]
    Worktree {
        commit: String,
        path: PathBuf,
        said: String,
    },
    #[error("building {given} failed: `{command}` in {root}; its output is above")]
    Build {
        given: String,
        command: String,
        root: PathBuf,
    },
    #[error(
        "the suite has no `sut.start` command, so `{given}` cannot be started; give the addresses of running services"
    )]
    NothingToStart { given: String },
    #[error("`{given}` has no sources; --bench needs revisions or folders")]
    NoSources { given: String },
    #[error("the suite has no micro-benchmarks; add [bench] or compare a scenario")]
    NoBench,
    #[error("the suite has no micro-benchmark `{name}`; see bench.functions of the suite")]
    NoFunction { name: String },
    #[error("the suite has no scenario to compare")]
    NoScenario,
    #[error("the scenario {scenario} has no step `{step}`")]
    NoStep { step: String, scenario: String },
    #[error("this quantity has no such statistic; response_time and service_time have percentiles")]
    NoStatistic,
}

impl CompareError {
    pub(in crate::cli) fn exit(&self) -> Exit {
        match self {
            Self::Build { .. } | Self::Worktree { .. } | Self::Start { .. } | Self::Read { .. } => {
                Exit::Invalid
            }
            _ => Exit::Usage,
        }
    }
}

/// One of the two builds.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) record: SideRecord,
    /// Where its commands are run.
    pub(super) root: PathBuf,
    /// The program that takes the place of the suite's.
    pub(super) program: Option<String>,
    /// The service that runs already.
    pub(super) target: Option<Url>,
}

impl Build {
    /// Finds out what was given, and builds it where it has to be built.
    pub(super) fn prepare(
        given: &str,
        suite: &Suite,
        root: &Path,
        worktrees: &Path,
    ) -> Result<Self, CompareError> {
        let side = |source| SideRecord {
            given: given.to_owned(),
            source,
        };
        if given.contains("://") {
            let target = Url::parse(given).map_err(|source| CompareError::Address {
                given: given.to_owned(),
                source: Box::new(source),
            })?;
            return Ok(Self {
                record: side(Source::Url),
                root: root.to_owned(),
                program: None,
                target: Some(target),
            });
        }
        if suite.sut.start.is_empty() && !suite.scenarios.is_empty() {
            return Err(CompareError::NothingToStart {
                given: given.to_owned(),
            });
        }
        let path = Path::new(given);
        if path.is_file() {
            return Self::program(side, path, root);
        }
        let (source, folder) = if path.is_dir() {
            let folder = std::path::absolute(path).map_err(|source| CompareError::Read {
                path: path.to_owned(),
                source,
            })?;
            (Source::Checkout, folder)
        } else {
            let commit = commit_of(given, root)?;
            let folder = worktree(&commit, root, worktrees)?;
            (Source::Revision { commit }, folder)
        };
        build(given, &suite.sut.build, &folder)?;
        Ok(Self {
            record: side(source),
            root: folder,
            program: None,
            target: None,
        })
    }

    fn program(
        side: impl Fn(Source) -> SideRecord,
        path: &Path,
        root: &Path,
    ) -> Result<Self, CompareError> {
        let unreadable = |source| CompareError::Read {
            path: path.to_owned(),
            source,
        };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let program = std::fs::canonicalize(path).map_err(unreadable)?;
        Ok(Self {
            record: side(Source::Binary {
                sha256: sha256_hex(&bytes),
            }),
            root: root.to_owned(),
            program: Some(program.display().to_string()),
            target: None,
        })
    }

    /// The suite with this build in it.
    pub(super) fn suite(&self, suite: &Suite) -> Suite {
        let mut suite = suite.clone();
        if let (Some(program), Some(first)) = (&self.program, suite.sut.start.first_mut()) {
            // The command is a template, and a path is not.
            *first = program.replace("{{", "{{ \"{{\" }}");
        }
        suite
    }

    pub(super) fn must_have_sources(&self) -> Result<(), CompareError> {
        match self.record.source {
            Source::Revision { .. } | Source::Checkout => Ok(()),
            Source::Binary { .. } | Source::Url => Err(CompareError::NoSources {
                given: self.record.given.clone(),
            }),
        }
    }
}

fn commit_of(given: &str, root: &Path) -> Result<String, CompareError> {
    let name = format!("{given}^{{commit}}");
    git(root, &["rev-parse", "--verify", "--end-of-options", &name])?.map_err(|said| {
        CompareError::Unknown {
            given: given.to_owned(),
            root: root.to_owned(),
            said,
        }
    })
}

/// The folder of the revision, in which the suite's folder has the same place as in `root`. A worktree
/// of an earlier comparison is used again, so that nothing is built twice.
fn worktree(commit: &str, root: &Path, worktrees: &Path) -> Result<PathBuf, CompareError> {
    let failed = |path: &Path, said: String| CompareError::Worktree {
        commit: commit.to_owned(),
        path: path.to_owned(),
        said,
    };
    let prefix =
        git(root, &["rev-parse", "--show-prefix"])?.map_err(|said| failed(worktrees, said))?;
    let worktrees =
        std::path::absolute(worktrees).map_err(|error| failed(worktrees, error.to_string()))?;
    let path = worktrees.join(commit.get(..16).unwrap_or(commit));
    if path.join(".git").exists() {
        let found = git(&path, &["rev-parse", "HEAD"])?.map_err(|said| failed(&path, said))?;
        let changed = git(&path, &["status", "--porcelain", "--untracked-files=no"])?
            .map_err(|said| failed(&path, said))?;
        if found == commit && changed.is_empty() {
            return Ok(path.join(prefix));
        }
        let said = "it is there already and not as it was left".to_owned();
        return Err(failed(&path, said));
    }
    std::fs::create_dir_all(&worktrees).map_err(|error| failed(&path, error.to_string()))?;
    let place = path.display().to_string();
    git(root, &["worktree", "add", "--detach", &place, commit])?
        .map_err(|said| failed(&path, said))?;
    Ok(path.join(prefix))
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Result<String, String>, CompareError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| CompareError::Start {
            command: "git".to_owned(),
            source,
        })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    })
}

/// Standard output is for results: the build's goes to standard error.
fn build(given: &str, command: &[String], root: &Path) -> Result<(), CompareError> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(());
    };
    let text = command.join(" ");
    let start = |source| CompareError::Start {
        command: text.clone(),
        source,
    };
    let to_stderr = std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map_err(start)?;
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root)
        // A shared folder would have the second build take the place of the first.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_TARGET_DIR")
        .stdin(Stdio::null())
        .stdout(Stdio::from(to_stderr))
        .status()
        .map_err(start)?;
    if status.success() {
        return Ok(());
    }
    Err(CompareError::Build {
        given: given.to_owned(),
        command: text,
        root: root.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| git(folder.path(), arguments).unwrap().unwrap();
        run(&["init", "--quiet"]);
        std::fs::write(folder.path().join("file"), "one").unwrap();
        run(&["add", "."]);
        let who = ["-c", "user.name=n", "-c", "user.email=e@example.org"];
        run(&[&who[..], &["commit", "--quiet", "-m", "one"]].concat());
        folder
    }

    #[test]
    fn a_revision_gets_a_worktree_that_is_used_again() {
        let folder = repository();
        let worktrees = tempfile::tempdir().unwrap();
        let commit = commit_of("HEAD", folder.path()).unwrap();
        let first = worktree(&commit, folder.path(), worktrees.path()).unwrap();
        assert_eq!(std::fs::read_to_string(first.join("file")).unwrap(), "one");
        std::fs::write(first.join("built"), "kept").unwrap();
        let again = worktree(&commit, folder.path(), worktrees.path()).unwrap();
        assert_eq!(first, again);
        assert!(again.join("built").exists());
        std::fs::write(first.join("file"), "changed").unwrap();
        let error = worktree(&commit, folder.path(), worktrees.path()).unwrap_err();
        assert!(matches!(error, CompareError::Worktree { .. }), "{error}");
        assert_eq!(error.exit(), Exit::Invalid);
    }

    #[test]
    fn what_is_no_revision_is_named_with_what_to_try() {
        let folder = repository();
        let error = commit_of("no-such-branch", folder.path()).unwrap_err();
        assert!(
            error.to_string().contains("`no-such-branch`") && error.to_string().contains("try: "),
            "{error}"
        );
        assert_eq!(error.exit(), Exit::Usage);
        // What looks like an option is none.
        assert!(commit_of("--all", folder.path()).is_err());
    }

    #[test]
    fn a_build_that_fails_is_no_comparison() {
        let folder = tempfile::tempdir().unwrap();
        let error = build("head", &["false".to_owned()], folder.path()).unwrap_err();
        assert!(matches!(error, CompareError::Build { .. }), "{error}");
        assert!(build("head", &["true".to_owned()], folder.path()).is_ok());
        assert!(build("head", &[], folder.path()).is_ok());
    }
}
