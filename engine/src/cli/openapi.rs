//! `smart-steps openapi`

use super::error::CliError;
use super::output::say;

pub(super) fn run() -> Result<(), CliError> {
    say(&serde_json::to_string_pretty(&crate::api::document())?)
}
