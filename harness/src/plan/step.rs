//! One request and what is expected of its answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A step of a scenario. Texts marked *template* are tera templates over the variables of the user:
/// captured values, `data` feeds by name, `user`, `iteration`, `run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Name, unique in the scenario, e.g. `send_message`.
    pub name: String,
    /// The row of the endpoint table, e.g. `/sessions/{id}`.
    pub endpoint: String,
    /// HTTP method.
    pub method: Method,
    /// *Template*: the path with its query.
    pub path: String,
    /// *Templates*: header fields.
    pub headers: BTreeMap<String, String>,
    /// *Template* in every text of it: the JSON body. A text that is nothing but one `{{ … }}`
    /// yields the value itself, not its text.
    pub body: Option<serde_json::Value>,
    /// Values taken out of the answer: variable name to JSONPath.
    pub capture: BTreeMap<String, String>,
    /// What must hold of the answer for the request to count as a success.
    pub expect: Expect,
    /// How often the step is done in a row.
    pub repeat: u32,
    /// Its share, where the scenario picks steps at random.
    pub weight: u32,
    /// Done once in so many iterations (1: in each).
    pub every: u32,
    /// The class of operation the report sums it under.
    pub class: StepClass,
}

/// Methods that a step may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
}

/// What a step does, for targets that differ for simple and complex operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepClass {
    /// An ordinary request.
    Simple,
    /// A request that is expected to take longer, e.g. an analysis.
    Complex,
}

/// What must hold of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Allowed statuses; empty means 200 to 299.
    pub status: Vec<u16>,
    /// Conditions on the JSON body.
    pub body: Vec<BodyCheck>,
}

/// A condition on a JSON body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyCheck {
    /// JSONPath.
    pub path: String,
    /// The condition on the first value found.
    pub check: Check,
}

/// The condition itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// There is a value (true) or there is none (false).
    Exists(bool),
    /// It equals this; texts are templates.
    Equals(serde_json::Value),
    /// It is a list or text with at least so many entries or characters.
    MinLength(u64),
}
