//! The identity of a plan: runs are comparable only when their plans are the same.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::suite::Suite;

/// SHA-256, in hexadecimal, over the suite as JSON with sorted keys and without white space. Data
/// files count by their digest.
#[must_use]
pub fn hash(suite: &Suite) -> String {
    // A plan consists of texts, numbers and lists: there is nothing in it that JSON cannot hold. A
    // value that cannot be written would hash as `null`, which equals no plan.
    let value = serde_json::to_value(suite).unwrap_or(Value::Null);
    hash_of_json(&value)
}

/// The same of a plan as it was saved, whatever version of the program saved it.
#[must_use]
pub fn hash_of_json(suite: &Value) -> String {
    let mut text = String::new();
    write_canonical(suite, &mut text);
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

/// Two digits per byte.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (place, (key, item)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_canonical(item, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_json_has_sorted_keys_and_no_white_space() {
        let mut text = String::new();
        write_canonical(
            &json!({"b": [1, "x y", null], "a": {"d": 1.5, "c": true}}),
            &mut text,
        );
        assert_eq!(text, r#"{"a":{"c":true,"d":1.5},"b":[1,"x y",null]}"#);
    }
}
