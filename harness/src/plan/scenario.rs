//! One scenario: who does what, how often, with which data, and what must come out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Load;
use super::step::Step;
use super::target::Target;

/// A validated scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// File-safe name, e.g. `single_user`.
    pub name: String,
    /// Its number in the report, from 1.
    pub number: u32,
    /// E.g. `Single User Intensive Usage`.
    pub title: String,
    /// One sentence for the report's list of scenarios.
    pub description: String,
    /// Which row of the form it fills.
    pub kind: Kind,
    /// How the report shows its results.
    pub view: View,
    /// The load.
    pub load: Load,
    /// How the steps of an iteration are chosen.
    pub order: Order,
    /// Data feeds.
    pub data: Vec<Feed>,
    /// Steps that each user does once before the first iteration.
    pub setup: Vec<Step>,
    /// Steps of an iteration.
    pub steps: Vec<Step>,
    /// Steps that each user does once after the last iteration.
    pub teardown: Vec<Step>,
    /// What must come out.
    pub targets: Vec<Target>,
}

/// The kinds of usage that the report's form distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    SingleUser,
    MultipleUsers,
    BatchOperations,
    EndpointStress,
}

/// Whether the report shows a scenario by its targets or by its endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum View {
    Targets,
    Endpoints,
}

/// How the steps of an iteration are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// All of them, as written.
    Sequence,
    /// One of them, at random by weight.
    Weighted,
}

/// Rows of a JSONL file that a scenario's templates can use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// The variable's name.
    pub name: String,
    /// The file, relative to the scenario file's folder.
    pub file: String,
    /// SHA-256 of the file's bytes in hexadecimal.
    pub sha256: String,
    /// When a user moves on to the next row.
    pub advance: Advance,
    /// If set, each row is repeated for every entry of this list field, and the entry stands in the
    /// row in place of the list.
    pub explode: Option<String>,
    /// The rows, after `explode`. Saved runs leave them out: file and digest name them.
    #[serde(skip)]
    pub rows: std::sync::Arc<Vec<serde_json::Value>>,
    /// First rows of the original rows, so that users of an exploded feed start at a whole row.
    #[serde(skip)]
    pub starts: std::sync::Arc<Vec<usize>>,
}

/// When a user moves on to the next row of a feed. Each user starts at an own row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advance {
    /// Never: one row per user.
    User,
    /// At the start of each iteration.
    Iteration,
    /// Before each request.
    Request,
}
