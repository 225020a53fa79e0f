//! Standard output and standard error.

use std::error::Error;
use std::io::Write;

use super::error::CliError;

/// Writes to standard output. A reader that has gone away is no failure.
pub(super) fn say(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::Output(error))
        }
        _ => Ok(()),
    }
}

/// Writes an error and what caused it to standard error.
pub(super) fn complain(error: &CliError) {
    let mut text = format!("error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(&format!("\n  because: {words}"));
        }
        source = cause.source();
    }
    // When standard error is gone too, nobody is left to be told.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
