//! The order of a run.

use super::{RunError, RunOptions, Sink};
use crate::measurement::archive::RunRecord;
use crate::plan::suite::Suite;

pub(super) async fn tell(
    suite: &Suite,
    _options: &RunOptions,
    _sink: Sink<'_>,
) -> Result<RunRecord, RunError> {
    Err(RunError::Plan {
        place: suite.subject.clone(),
        message: "running comes with the next commit".to_owned(),
    })
}
