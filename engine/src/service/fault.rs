//! What is wrong with a value that a caller gave, and where in it.

use std::fmt;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A field.
    Key(&'static str),
    /// An entry of a list, from 0.
    Index(usize),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The way to it from the root.
    pub path: Vec<Part>,
    /// What is wrong and what is wanted.
    pub detail: String,
}

impl Fault {
    /// Something wrong with the field `key` of the root.
    #[must_use]
    pub fn at(key: &'static str, detail: impl Into<String>) -> Self {
        Self {
            path: vec![Part::Key(key)],
            detail: detail.into(),
        }
    }

    /// The same, seen from the list in field `key` of which this value is entry `index`.
    #[must_use]
    pub fn within(mut self, key: &'static str, index: usize) -> Self {
        self.path.splice(0..0, [Part::Key(key), Part::Index(index)]);
        self
    }

    /// The place as a JSON pointer (RFC 6901).
    #[must_use]
    pub fn pointer(&self) -> String {
        self.path
            .iter()
            .map(|part| match part {
                Part::Key(key) => format!("/{key}"),
                Part::Index(index) => format!("/{index}"),
            })
            .collect()
    }

    /// The place as a TOML key, e.g. `style.reflections[2]`.
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = String::new();
        for part in &self.path {
            match part {
                Part::Key(name) if key.is_empty() => key.push_str(name),
                Part::Key(name) => key.push_str(&format!(".{name}")),
                Part::Index(index) => key.push_str(&format!("[{index}]")),
            }
        }
        key
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key(), self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_pointer_and_as_key() {
        let fault = Fault {
            path: vec![Part::Key("style"), Part::Key("reflections"), Part::Index(2)],
            detail: "is empty".to_owned(),
        };
        assert_eq!(fault.pointer(), "/style/reflections/2");
        assert_eq!(fault.to_string(), "`style.reflections[2]`: is empty");
        assert_eq!(
            Fault::at("content", "x").within("messages", 1).pointer(),
            "/messages/1/content"
        );
    }
}
