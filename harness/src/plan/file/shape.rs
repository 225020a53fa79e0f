//! Compares a file with the schema of its format: unknown and missing keys, wrong kinds of value.
//!
//! serde stops at the first such error and knows no neighbouring names; the schema is made from the
//! same structs, so this pass finds all of them and can say what was probably meant.

use serde_json::Value;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, KeyPath, kind_of};
use crate::plan::error::{nearest, offered};

/// Notes every difference between the file and the schema.
pub(super) fn check(document: &mut Document<'_>, schema: &Value) {
    let mut found = Vec::new();
    let walker = Walker { root: schema };
    let root = document.root.get_ref();
    walker.table(
        schema,
        root,
        document.root.span().start,
        &KeyPath::root(),
        &mut found,
    );
    for Finding {
        byte,
        at,
        message,
        hint,
    } in found
    {
        document.report_at(byte, &at, message, hint);
    }
}

struct Finding {
    byte: usize,
    at: KeyPath,
    message: String,
    hint: Option<String>,
}

struct Walker<'s> {
    root: &'s Value,
}

impl<'s> Walker<'s> {
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let target = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|name| self.root.pointer(name.trim_start_matches('#')));
        target.map_or(schema, |target| self.resolve(target))
    }

    /// The schemas of which one must fit; `null` is left out, since TOML has none.
    fn alternatives(&self, schema: &'s Value) -> Vec<&'s Value> {
        let schema = self.resolve(schema);
        let list = schema
            .get("anyOf")
            .or_else(|| schema.get("oneOf"))
            .and_then(Value::as_array);
        match list {
            Some(list) => list
                .iter()
                .flat_map(|one| self.alternatives(one))
                .filter(|one| one.get("type").and_then(Value::as_str) != Some("null"))
                .collect(),
            None => vec![schema],
        }
    }

    fn value(
        &self,
        schema: &'s Value,
        value: &Spanned<DeValue<'_>>,
        at: &KeyPath,
        found: &mut Vec<Finding>,
    ) {
        let alternatives = self.alternatives(schema);
        let byte = value.span().start;
        let fitting: Vec<&Value> = alternatives
            .iter()
            .copied()
            .filter(|one| fits(one, value.get_ref()))
            .collect();
        let Some(first) = fitting.first() else {
            let wanted: Vec<&str> = alternatives
                .iter()
                .flat_map(|one| wanted_kinds(one))
                .collect();
            found.push(Finding {
                byte,
                at: at.clone(),
                message: format!(
                    "this must be {}, and is {}",
                    listed(wanted),
                    kind_of(value.get_ref())
                ),
                hint: None,
            });
            return;
        };
        match value.get_ref() {
            DeValue::String(text) => {
                let words: Vec<&str> = fitting.iter().flat_map(|one| words(one)).collect();
                if !words.is_empty() && !words.contains(&text.as_ref()) {
                    found.push(Finding {
                        byte,
                        at: at.clone(),
                        message: format!("`{text}` is not known here"),
                        hint: Some(offered(text, &words)),
                    });
                }
            }
            DeValue::Integer(number) => {
                let number = i128::from_str_radix(number.as_str(), number.radix());
                if number.is_ok_and(|number| !in_range(first, number)) {
                    found.push(Finding {
                        byte,
                        at: at.clone(),
                        message: "this number is out of range".to_owned(),
                        hint: Some(range_of(first)),
                    });
                }
            }
            DeValue::Array(items) => {
                if let Some(schema) = first.get("items") {
                    for (place, item) in items.iter().enumerate() {
                        self.value(schema, item, &at.index(place), found);
                    }
                }
            }
            DeValue::Table(table) => self.table(first, table, byte, at, found),
            DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    fn table(
        &self,
        schema: &'s Value,
        table: &DeTable<'_>,
        byte: usize,
        at: &KeyPath,
        found: &mut Vec<Finding>,
    ) {
        let schema = self.resolve(schema);
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let mut taken = Vec::new();
        for (key, value) in table.iter() {
            let name = key.get_ref().as_ref();
            let path = at.key(name);
            match (properties.and_then(|known| known.get(name)), others) {
                (Some(schema), _) => self.value(schema, value, &path, found),
                (None, Some(Value::Bool(false))) => {
                    let known: Vec<&str> = properties
                        .into_iter()
                        .flat_map(|known| known.keys().map(String::as_str))
                        .collect();
                    taken.extend(nearest(name, known.iter().copied()));
                    found.push(Finding {
                        byte: key.span().start,
                        at: path,
                        message: "there is no such key".to_owned(),
                        hint: Some(offered(name, &known)),
                    });
                }
                (None, Some(schema @ Value::Object(_))) => self.value(schema, value, &path, found),
                (None, _) => {}
            }
        }
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for name in required.filter_map(Value::as_str) {
            // A misspelt key is one problem, not two.
            if table.get(name).is_none() && !taken.contains(&name) {
                found.push(Finding {
                    byte,
                    at: at.clone(),
                    message: format!("the key `{name}` is missing"),
                    hint: properties
                        .and_then(|known| known.get(name)?.get("description")?.as_str())
                        .map(|text| format!("{name} = … ({})", text.replace('\n', " "))),
                });
            }
        }
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn fits(schema: &Value, value: &DeValue<'_>) -> bool {
    let types = types(schema);
    types.is_empty()
        || match value {
            DeValue::String(_) => types.contains(&"string"),
            DeValue::Integer(_) => types.contains(&"integer") || types.contains(&"number"),
            DeValue::Float(_) => types.contains(&"number"),
            DeValue::Boolean(_) => types.contains(&"boolean"),
            DeValue::Array(_) => types.contains(&"array"),
            DeValue::Table(_) => types.contains(&"object"),
            DeValue::Datetime(_) => false,
        }
}

fn wanted_kinds(schema: &Value) -> Vec<&'static str> {
    let name = |kind: &str| match kind {
        "string" => Some("a text"),
        "integer" => Some("a whole number"),
        "number" => Some("a number"),
        "boolean" => Some("true or false"),
        "array" => Some("a list"),
        "object" => Some("a table"),
        _ => None,
    };
    types(schema).into_iter().filter_map(name).collect()
}

fn words(schema: &Value) -> Vec<&str> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(Value::String(word)), _) => vec![word],
        (_, Some(Value::Array(list))) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn limits(schema: &Value) -> (i128, i128) {
    let least = schema
        .get("minimum")
        .and_then(Value::as_i64)
        .map_or(i128::MIN, i128::from);
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint16") => i128::from(u16::MAX),
        Some("uint32") => i128::from(u32::MAX),
        _ => i128::from(i64::MAX),
    };
    let written = schema
        .get("maximum")
        .and_then(Value::as_i64)
        .map_or(most, i128::from);
    (least, most.min(written))
}

fn in_range(schema: &Value, number: i128) -> bool {
    let (least, most) = limits(schema);
    (least..=most).contains(&number)
}

fn range_of(schema: &Value) -> String {
    let (least, most) = limits(schema);
    format!("a number from {least} to {most}")
}

fn listed(mut kinds: Vec<&str>) -> String {
    kinds.dedup();
    kinds.join(" or ")
}
