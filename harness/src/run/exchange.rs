//! One request and its answer, whoever sends it: the request is made of a compiled step, the answer
//! is read to its last byte and compared with what is expected.

use std::error::Error as _;
use std::io::ErrorKind;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Request, RequestBuilder, Response, StatusCode};
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::error::RunError;
use super::server_timing;
use crate::plan::step::{BodyCheck, Check, Method, Step};
use crate::plan::template::{CompiledStep, TemplateError, compile_steps};

/// How much of a body or a message is kept as the example of a failure, in characters.
const EXAMPLE: usize = 300;

/// Where requests go.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// Scheme, host, port and path prefix, without a slash at the end.
    pub(super) base: String,
    /// Sends the suite's header fields with each request, keeps connections, never times out by
    /// itself, and follows no redirect: each answer is measured as it comes.
    pub(super) client: Client,
}

/// A step that is ready to be sent and judged.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) name: String,
    pub(super) endpoint: String,
    pub(super) repeat: u32,
    pub(super) weight: u32,
    pub(super) every: u32,
    compiled: CompiledStep,
    /// The request itself, where nothing in it is left open: made once and copied.
    fixed: Option<OnceLock<Option<Request>>>,
    status: Vec<u16>,
    checks: Vec<Expectation>,
    captures: Vec<(String, JsonPath)>,
}

/// What must hold of a body.
#[derive(Debug)]
struct Expectation {
    path: JsonPath,
    check: Check,
    /// The kind of failure if it does not hold; the same words for all users.
    kind: String,
}

/// A request of which nothing is left open.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) request: RequestBuilder,
    /// Bytes of its body.
    pub(super) bytes: u64,
    equals: Vec<Option<Value>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    /// The first byte of the body, or of the end where it has none.
    pub(super) first_byte: Instant,
    /// The last byte of the body.
    pub(super) end: Instant,
    /// Bytes of the body.
    pub(super) bytes: u64,
    /// The body, or its beginning where nothing is to be found in it.
    body: Vec<u8>,
    /// Phases that the server reported.
    pub(super) phases: Vec<(String, Duration)>,
}

/// Why a request did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// `timeout`, `connect`, `reset`, `body`, `status 503`, `expectation …`, `capture …`.
    pub(super) kind: String,
    /// What was seen.
    pub(super) detail: String,
    /// What this machine had no more of, so that the request never left it.
    pub(super) lacking: Option<Lacking>,
}

/// A means of the generator's machine, not of the system under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacking {
    Descriptors = 0,
    Ports = 1,
}

impl Lacking {
    fn of(error: &std::io::Error) -> Option<Self> {
        match error.raw_os_error()? {
            libc::EMFILE | libc::ENFILE => Some(Self::Descriptors),
            libc::EADDRNOTAVAIL => Some(Self::Ports),
            _ => None,
        }
    }
}

impl Failure {
    pub(super) fn new(kind: impl Into<String>, detail: &str) -> Self {
        Self {
            kind: kind.into(),
            detail: detail.chars().take(EXAMPLE).collect(),
            lacking: None,
        }
    }

    /// A request that took longer than it may.
    pub(super) fn timeout(limit: Duration) -> Self {
        Self::new(
            "timeout",
            &format!("no complete answer within {} ms", limit.as_millis()),
        )
    }

    /// What kind of failure an error of the client is.
    pub(super) fn of_client(error: &reqwest::Error) -> Self {
        let mut detail = error.to_string();
        let mut kind = if error.is_timeout() {
            "timeout"
        } else if error.is_connect() {
            "connect"
        } else if error.is_body() || error.is_decode() {
            "body"
        } else {
            "request"
        };
        let mut lacking = None;
        let mut source = error.source();
        while let Some(cause) = source {
            let broken = cause.downcast_ref::<std::io::Error>().is_some_and(|error| {
                lacking = lacking.or(Lacking::of(error));
                matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset
                        | ErrorKind::BrokenPipe
                        | ErrorKind::ConnectionAborted
                        | ErrorKind::UnexpectedEof
                )
            });
            let text = cause.to_string();
            // The client's own error type for this is private.
            if kind != "connect" && (broken || text.contains("connection closed before")) {
                kind = "reset";
            }
            if !detail.contains(&text) {
                detail = format!("{detail}: {text}");
            }
            source = cause.source();
        }
        Self {
            lacking,
            ..Self::new(kind, &detail)
        }
    }
}

impl Exchange {
    /// Makes a list of steps ready; `place` names the list in messages.
    pub(super) fn prepare_all(steps: &[Step], place: &str) -> Result<Vec<Self>, RunError> {
        let compiled = compile_steps(steps).map_err(|error| RunError::Plan {
            place: place.to_owned(),
            message: error.to_string(),
        })?;
        steps
            .iter()
            .zip(compiled)
            .map(|(step, compiled)| Self::new(step, compiled, place))
            .collect()
    }

    fn new(step: &Step, compiled: CompiledStep, place: &str) -> Result<Self, RunError> {
        let path = |key: String, text: &str| {
            JsonPath::parse(text).map_err(|error| RunError::Plan {
                place: format!("{place}, step `{}`, {key}", step.name),
                message: format!("`{text}` is not a JSONPath: {error}"),
            })
        };
        Ok(Self {
            name: step.name.clone(),
            endpoint: step.endpoint.clone(),
            repeat: step.repeat,
            weight: step.weight,
            every: step.every.max(1),
            compiled,
            fixed: is_fixed(step).then(OnceLock::new),
            status: step.expect.status.clone(),
            checks: step
                .expect
                .body
                .iter()
                .map(|check| {
                    Ok(Expectation {
                        path: path("expect.body".to_owned(), &check.path)?,
                        check: check.check.clone(),
                        kind: format!("expectation {} {}", check.path, describe(&check.check)),
                    })
                })
                .collect::<Result<_, RunError>>()?,
            captures: step
                .capture
                .iter()
                .map(|(name, text)| Ok((name.clone(), path(format!("capture.{name}"), text)?)))
                .collect::<Result<_, RunError>>()?,
        })
    }

    /// The variables that its answer gives.
    pub(super) fn captured_names(&self) -> impl Iterator<Item = &str> {
        self.captures.iter().map(|(name, _)| name.as_str())
    }

    /// Fills in the request.
    pub(super) fn request(
        &self,
        to: &Destination,
        vars: &Map<String, Value>,
    ) -> Result<Prepared, TemplateError> {
        if let Some(fixed) = &self.fixed {
            let made = fixed.get_or_init(|| {
                let rendered = self.prepare(to, vars).ok()?;
                rendered.request.build().ok()
            });
            // One that cannot be built is told of below, by the error of sending it.
            if let Some(request) = made.as_ref().and_then(Request::try_clone) {
                return Ok(Prepared {
                    request: RequestBuilder::from_parts(to.client.clone(), request),
                    bytes: 0,
                    equals: Vec::new(),
                });
            }
        }
        self.prepare(to, vars)
    }

    fn prepare(
        &self,
        to: &Destination,
        vars: &Map<String, Value>,
    ) -> Result<Prepared, TemplateError> {
        let rendered = self.compiled.render(vars)?;
        let url = format!("{}{}", to.base, rendered.path);
        let mut request = to.client.request(reqwest_method(rendered.method), url);
        let mut typed = false;
        for (name, value) in rendered.headers {
            typed |= name.eq_ignore_ascii_case(CONTENT_TYPE.as_str());
            request = request.header(name, value);
        }
        let mut bytes = 0;
        if let Some(body) = rendered.body {
            let text = body.to_string();
            bytes = text.len() as u64;
            if !typed {
                request = request.header(CONTENT_TYPE, "application/json");
            }
            request = request.body(text);
        }
        Ok(Prepared {
            request,
            bytes,
            equals: rendered.equals,
        })
    }

    /// Reads an answer to its last byte.
    pub(super) async fn read(&self, mut response: Response) -> Result<Answer, Failure> {
        let headers = Instant::now();
        let status = response.status();
        let phases = server_timing::parse(
            response
                .headers()
                .get_all("server-timing")
                .iter()
                .filter_map(|v| v.to_str().ok()),
        );
        let whole = !self.checks.is_empty() || !self.captures.is_empty();
        let (mut body, mut bytes, mut first_byte) = (Vec::new(), 0u64, None);
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    first_byte.get_or_insert_with(Instant::now);
                    bytes += chunk.len() as u64;
                    if whole || body.len() < EXAMPLE {
                        body.extend_from_slice(&chunk);
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    let mut failure = Failure::of_client(&error);
                    if failure.kind == "request" {
                        failure.kind = "body".to_owned();
                    }
                    return Err(failure);
                }
            }
        }
        let end = if bytes == 0 { headers } else { Instant::now() };
        Ok(Answer {
            status,
            first_byte: first_byte.unwrap_or(end),
            end,
            bytes,
            body,
            phases,
        })
    }

    /// Compares an answer with what is expected of it and takes the captured values out of it.
    pub(super) fn judge(
        &self,
        answer: &Answer,
        prepared_equals: &[Option<Value>],
    ) -> Result<Vec<(String, Value)>, Failure> {
        let code = answer.status.as_u16();
        let expected = if self.status.is_empty() {
            answer.status.is_success()
        } else {
            self.status.contains(&code)
        };
        if !expected {
            let body = String::from_utf8_lossy(&answer.body);
            return Err(Failure::new(
                format!("status {code}"),
                &format!("{}: {body}", answer.status),
            ));
        }
        if self.checks.is_empty() && self.captures.is_empty() {
            return Ok(Vec::new());
        }
        let body: Value = serde_json::from_slice(&answer.body).map_err(|error| {
            let text = String::from_utf8_lossy(&answer.body);
            Failure::new("body", &format!("the body is not JSON ({error}): {text}"))
        })?;
        for (place, expectation) in self.checks.iter().enumerate() {
            let found = expectation.path.query(&body).first();
            let equal = prepared_equals.get(place).and_then(Option::as_ref);
            if !holds(&expectation.check, equal, found) {
                let seen = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
                return Err(Failure::new(
                    expectation.kind.clone(),
                    &format!("found {seen}"),
                ));
            }
        }
        self.captures
            .iter()
            .map(|(name, path)| match path.query(&body).first() {
                Some(value) => Ok((name.clone(), value.clone())),
                None => Err(Failure::new(
                    format!("capture {name}"),
                    &format!("nothing at {path} in {body}"),
                )),
            })
            .collect()
    }
}

impl Prepared {
    /// The same text for the same request; none for one that cannot be sent.
    pub(super) fn identity(&self) -> Option<String> {
        let request = self.request.try_clone()?.build().ok()?;
        let body = request
            .body()
            .and_then(|body| body.as_bytes())
            .unwrap_or_default();
        Some(format!(
            "{} {} {}",
            request.method(),
            request.url(),
            String::from_utf8_lossy(body)
        ))
    }

    /// Takes the expected values out, which are needed after the request is gone.
    pub(super) fn take_equals(&mut self) -> Vec<Option<Value>> {
        std::mem::take(&mut self.equals)
    }
}

/// Whether all requests of a step are the same and without a body.
fn is_fixed(step: &Step) -> bool {
    let is_plain = |text: &String| !text.contains('{');
    let compares = |check: &BodyCheck| matches!(check.check, Check::Equals(_));
    step.body.is_none()
        && is_plain(&step.path)
        && step.headers.values().all(is_plain)
        && !step.expect.body.iter().any(compares)
}

fn holds(check: &Check, equal: Option<&Value>, found: Option<&Value>) -> bool {
    match check {
        Check::Exists(wanted) => found.is_some() == *wanted,
        Check::Equals(plain) => found == Some(equal.unwrap_or(plain)),
        Check::MinLength(least) => match found {
            Some(Value::Array(items)) => items.len() as u64 >= *least,
            Some(Value::String(text)) => text.chars().count() as u64 >= *least,
            _ => false,
        },
    }
}

fn describe(check: &Check) -> String {
    match check {
        Check::Exists(true) => "exists".to_owned(),
        Check::Exists(false) => "does not exist".to_owned(),
        Check::Equals(value) => format!("equals {value}"),
        Check::MinLength(least) => format!("has length {least} or more"),
    }
}

fn reqwest_method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Head => reqwest::Method::HEAD,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::plan::step::{Expect, StepClass};

    fn exchange(status: &[u16], checks: &[(&str, Check)], captures: &[(&str, &str)]) -> Exchange {
        let step = Step {
            name: "send".to_owned(),
            endpoint: "/things".to_owned(),
            method: Method::Post,
            path: "/things".to_owned(),
            headers: BTreeMap::new(),
            body: None,
            capture: captures
                .iter()
                .map(|(n, p)| ((*n).to_owned(), (*p).to_owned()))
                .collect(),
            expect: Expect {
                status: status.to_vec(),
                body: checks
                    .iter()
                    .map(|(path, check)| BodyCheck {
                        path: (*path).to_owned(),
                        check: check.clone(),
                    })
                    .collect(),
            },
            repeat: 1,
            weight: 1,
            every: 1,
            class: StepClass::Simple,
        };
        Exchange::prepare_all(&[step], "test").unwrap().remove(0)
    }

    fn answer(status: u16, body: &str) -> Answer {
        let now = Instant::now();
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            first_byte: now,
            end: now,
            bytes: body.len() as u64,
            body: body.as_bytes().to_vec(),
            phases: Vec::new(),
        }
    }

    fn kind(exchange: &Exchange, answer: &Answer) -> String {
        exchange.judge(answer, &[]).unwrap_err().kind
    }

    #[test]
    fn any_success_is_expected_unless_statuses_are_named() {
        assert_eq!(
            exchange(&[], &[], &[])
                .judge(&answer(204, ""), &[])
                .unwrap(),
            []
        );
        assert_eq!(
            kind(&exchange(&[], &[], &[]), &answer(302, "")),
            "status 302"
        );
        assert!(
            exchange(&[404], &[], &[])
                .judge(&answer(404, "gone"), &[])
                .is_ok()
        );
        let failure = exchange(&[404], &[], &[])
            .judge(&answer(200, "{}"), &[])
            .unwrap_err();
        assert_eq!(failure, Failure::new("status 200", "200 OK: {}"));
    }

    #[test]
    fn conditions_on_the_body_are_named_when_they_do_not_hold() {
        let body = answer(200, r#"{"id":"x","items":[1,2],"n":7}"#);
        let check = |path: &str, check: Check| exchange(&[], &[(path, check)], &[]);
        assert!(check("$.id", Check::Exists(true)).judge(&body, &[]).is_ok());
        assert!(
            check("$.none", Check::Exists(false))
                .judge(&body, &[])
                .is_ok()
        );
        assert!(
            check("$.items", Check::MinLength(2))
                .judge(&body, &[])
                .is_ok()
        );
        assert!(
            check("$.n", Check::Equals(json!(7)))
                .judge(&body, &[])
                .is_ok()
        );
        let named = |path: &str, c: Check| kind(&check(path, c), &body);
        assert_eq!(
            named("$.none", Check::Exists(true)),
            "expectation $.none exists"
        );
        assert_eq!(
            named("$.items", Check::MinLength(3)),
            "expectation $.items has length 3 or more"
        );
        assert_eq!(
            named("$.n", Check::Equals(json!(8))),
            "expectation $.n equals 8"
        );
    }

    #[test]
    fn an_expected_value_from_a_template_goes_before_its_text() {
        let exchange = exchange(&[], &[("$.id", Check::Equals(json!("{{ id }}")))], &[]);
        let body = answer(200, r#"{"id":"x"}"#);
        assert!(exchange.judge(&body, &[Some(json!("x"))]).is_ok());
        assert!(exchange.judge(&body, &[Some(json!("y"))]).is_err());
    }

    #[test]
    fn captured_values_keep_their_type_and_a_missing_one_is_a_failure() {
        let exchange = exchange(&[], &[], &[("all", "$.ids"), ("one", "$.ids[1]")]);
        let got = exchange
            .judge(&answer(200, r#"{"ids":[3,4]}"#), &[])
            .unwrap();
        assert_eq!(
            got,
            [
                ("all".to_owned(), json!([3, 4])),
                ("one".to_owned(), json!(4))
            ]
        );
        assert_eq!(
            kind(&exchange, &answer(200, r#"{"ids":[3]}"#)),
            "capture one"
        );
        assert_eq!(kind(&exchange, &answer(200, "<html>")), "body");
    }
}
