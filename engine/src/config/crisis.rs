//! The fixed texts that a client reads when a person must be told at once.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ConfigError, Origin};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    text: String,
}

/// One text per language; English is always there.
#[derive(Debug, Clone)]
pub struct CrisisTexts {
    english: String,
    others: BTreeMap<String, String>,
}

impl CrisisTexts {
    /// The texts that were compiled in.
    ///
    /// # Errors
    /// Never with the file that was compiled in, which a test reads.
    pub fn shipped() -> Result<Self, ConfigError> {
        let refuse = |message: String| ConfigError::Syntax {
            origin: Origin::Default,
            message,
        };
        let entries: BTreeMap<String, Entry> = toml::from_str(include_str!("crisis.toml"))
            .map_err(|error| refuse(format!("crisis.toml: {}", error.message())))?;
        let mut others: BTreeMap<_, _> = entries
            .into_iter()
            .map(|(language, entry)| (language, entry.text))
            .collect();
        let english = others
            .remove("en")
            .ok_or_else(|| refuse("crisis.toml: the section [en] is missing".to_owned()))?;
        Ok(Self { english, others })
    }

    /// The text for a language tag such as `en-GB`; English when there is none for it.
    #[must_use]
    pub fn for_language(&self, tag: &str) -> &str {
        let language = tag.split(['-', '_']).next().unwrap_or(tag);
        self.others.get(language).unwrap_or(&self.english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_english_text_is_there_and_names_no_number() {
        let texts = CrisisTexts::shipped().unwrap();
        let text = texts.for_language("en-GB");
        assert!(text.contains("your local emergency number"));
        assert!(!text.chars().any(|c| c.is_ascii_digit()));
        assert_eq!(texts.for_language("xx"), text);
    }
}
