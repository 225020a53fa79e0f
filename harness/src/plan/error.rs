//! Why a plan is refused: every problem with file, line, column and key, and what to try.

use std::fmt;
use std::path::PathBuf;

/// A plan that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}\n  try: check the path; paths in a suite are relative to the suite file", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Files were read and say something that cannot be meant.
    #[error("{}", listed(.0))]
    Invalid(Vec<Problem>),
    /// A profile that no file describes.
    #[error("{} has no profile `{profile}`\n  try: {}", file.display(), offered(profile, known))]
    UnknownProfile {
        /// The suite or scenario file.
        file: PathBuf,
        /// What was asked for.
        profile: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A scenario was asked for that the suite does not have.
    #[error("{} has no scenario `{name}`\n  try: {}", file.display(), offered(name, known))]
    UnknownScenario {
        /// The suite file.
        file: PathBuf,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, e.g. `steps[0].path`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file.display(), self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  try: {hint}"),
            None => Ok(()),
        }
    }
}

/// The entry of `known` that `word` was most likely meant to be.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean …?", or the list of what there is.
#[must_use]
pub fn offered<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    match nearest(word, known.iter().map(AsRef::as_ref)) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => "there is none yet".to_owned(),
        None => {
            let mut names: Vec<String> = Vec::with_capacity(known.len());
            for name in known.iter().map(|name| format!("`{}`", name.as_ref())) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            format!("one of {}", names.join(", "))
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}
