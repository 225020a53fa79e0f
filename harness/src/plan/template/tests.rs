use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::step::{BodyCheck, Check, Expect, StepClass};

fn step(path: &str, body: Option<Value>) -> Step {
    Step {
        name: "send".into(),
        endpoint: "/things".into(),
        method: Method::Post,
        path: path.into(),
        headers: BTreeMap::new(),
        body,
        capture: BTreeMap::new(),
        expect: Expect {
            status: vec![],
            body: vec![],
        },
        repeat: 1,
        weight: 1,
        every: 1,
        class: StepClass::Simple,
    }
}

fn vars(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

fn render(step: Step, variables: Value) -> Result<RenderedRequest, TemplateError> {
    compile_steps(&[step])?[0].render(&vars(variables))
}

#[test]
fn values_in_a_path_are_percent_encoded() {
    let request = render(
        step("/things/{{ id }}?q={{ q }}&n={{ n }}", None),
        json!({"id": "a/b c", "q": "ü&x=1", "n": 7}),
    )
    .expect("renders");
    assert_eq!(request.path, "/things/a%2Fb%20c?q=%C3%BC%26x%3D1&n=7");
}

#[test]
fn safe_leaves_a_path_value_as_it_is() {
    let request =
        render(step("{{ url | safe }}", None), json!({"url": "/a/b?c=d"})).expect("renders");
    assert_eq!(request.path, "/a/b?c=d");
}

#[test]
fn a_body_text_that_is_one_expression_keeps_the_type() {
    let body = json!({
        "row": "{{ row }}",
        "count": "{{row.count}}",
        "second": "{{ row.list[1] }}",
        "text": "n = {{ row.count }}",
        "sum": "{{ row.count + 1 }}",
        "fixed": [1, null, true, "plain"],
    });
    let row = json!({"count": 3, "list": ["a", {"b": 1.5}]});
    let request = render(step("/", Some(body)), json!({ "row": row })).expect("renders");
    assert_eq!(
        request.body,
        Some(json!({
            "row": row,
            "count": 3,
            "second": {"b": 1.5},
            "text": "n = 3",
            "sum": "4",
            "fixed": [1, null, true, "plain"],
        }))
    );
}

#[test]
fn a_body_text_is_not_escaped() {
    let text = "a \"quoted\" <b> & 100 %";
    let request = render(
        step("/", Some(json!({"content": "said: {{ text }}"}))),
        json!({ "text": text }),
    )
    .expect("renders");
    assert_eq!(
        request.body,
        Some(json!({ "content": format!("said: {text}") }))
    );
}

#[test]
fn headers_and_expected_values_are_filled_in() {
    let mut send = step("/", None);
    send.headers
        .insert("Authorization".into(), "Bearer {{ secret }}".into());
    send.headers
        .insert("Accept".into(), "application/json".into());
    send.expect.body = vec![
        BodyCheck {
            path: "$.id".into(),
            check: Check::Exists(true),
        },
        BodyCheck {
            path: "$.n".into(),
            check: Check::Equals(json!("{{ n }}")),
        },
    ];
    let request = render(send, json!({"secret": "s&<>", "n": 4})).expect("renders");
    assert_eq!(
        request.headers,
        [
            ("Accept".to_owned(), "application/json".to_owned()),
            ("Authorization".to_owned(), "Bearer s&<>".to_owned())
        ]
    );
    assert_eq!(request.equals, [None, Some(json!(4))]);
}

#[test]
fn a_missing_variable_is_an_error_that_names_step_and_part() {
    let error = render(
        step("/", Some(json!({"a": ["{{ nothing.here }}"]}))),
        json!({}),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "step `send`, body at `/a/0`: there is no value `nothing.here`"
    );
    let error = render(step("/{{ nothing }}", None), json!({})).unwrap_err();
    assert!(
        matches!(
            error,
            TemplateError::Render {
                part: Part::Path,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_broken_template_is_found_when_it_is_compiled() {
    let error = compile_steps(&[step("/{{ id", None)]).unwrap_err();
    assert!(
        matches!(
            error,
            TemplateError::Syntax {
                part: Part::Path,
                ..
            }
        ),
        "{error}"
    );
    let error = compile_steps(&[step("/{{ id | shout }}", None)]).unwrap_err();
    assert!(
        matches!(
            error,
            TemplateError::Syntax {
                part: Part::Path,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn variables_are_named_by_their_first_name() {
    let names =
        variables("{{ row.text }} {% if user > 1 %}{{ session_id }}{% endif %}").expect("valid");
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["row", "session_id", "user"]
    );
    assert!(variables("no template").expect("valid").is_empty());
    assert!(variables("{{ open").is_err());
}

#[test]
fn dotted_paths_are_plain_names_with_places() {
    let paths = |text: &str| dotted_paths(text);
    assert_eq!(
        paths("{{ a }} and {{b.c[0][12].d}}"),
        [vec!["a"], vec!["b", "c", "0", "12", "d"]]
    );
    for text in [
        "{{ a | upper }}",
        "{{ 1 }}",
        "{{ a.0 }}",
        "{{ a[b] }}",
        "{{ a[] }}",
        "{{ true }}",
        "{{ }}",
        "{{ a + 1 }}",
    ] {
        assert!(paths(text).is_empty(), "{text}");
    }
}

#[test]
fn a_text_outside_of_steps_is_filled_in() {
    let text =
        render_text("start", "127.0.0.1:{{ port }}", &vars(json!({"port": 80}))).expect("renders");
    assert_eq!(text, "127.0.0.1:80");
    assert!(render_text("start", "{{ prot }}", &vars(json!({"port": 80}))).is_err());
}

proptest! {
    #[test]
    fn an_encoded_value_has_only_unreserved_characters_and_decodes_to_itself(value in ".*") {
        let path = render(step("{{ value }}", None), json!({ "value": value })).expect("renders").path;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
        prop_assert!(path.chars().all(allowed));
        prop_assert_eq!(decode(&path), value.into_bytes());
    }

    #[test]
    fn a_single_expression_yields_any_value_unchanged(text in ".*", number in any::<i64>()) {
        let value = json!({"text": text, "list": [number, text]});
        let body = render(step("/", Some(json!("{{ value }}"))), json!({ "value": value })).expect("renders").body;
        prop_assert_eq!(body, Some(value));
    }
}

fn decode(path: &str) -> Vec<u8> {
    let bytes = path.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&path[at + 1..at + 3], 16).expect("two digits"));
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}
