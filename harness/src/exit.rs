//! The exit codes of the program; scripts and CI rely on them, so a code never changes its meaning.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; where something was judged it PASSED, with or without recommendations.
    Success,
    /// A bug in this program.
    Bug,
    /// Wrong arguments or a plan that cannot be run.
    Usage,
    /// Nothing failed, some target is MARGINAL, and the caller asked for strictness.
    Marginal,
    /// A target was missed.
    Failed,
    /// The run supports no statement.
    Invalid,
}

impl Exit {
    /// The number handed to the shell.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Marginal => 10,
            Self::Failed => 20,
            Self::Invalid => 30,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_are_those_of_the_manual() {
        let codes = [
            Exit::Success,
            Exit::Bug,
            Exit::Usage,
            Exit::Marginal,
            Exit::Failed,
            Exit::Invalid,
        ]
        .map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 10, 20, 30]);
    }
}
