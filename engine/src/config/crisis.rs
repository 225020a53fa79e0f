//! The fixed texts that a client reads when a person must be told at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigError, Origin};

/// `[crisis]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrisisConfig {
    /// A file with texts that replace or join the compiled-in ones; empty for those alone.
    pub texts: PathBuf,
}

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
        let mut others = entries(include_str!("crisis.toml"))
            .map_err(|message| refuse(format!("crisis.toml: {message}")))?;
        let english = others
            .remove("en")
            .ok_or_else(|| refuse("crisis.toml: the section [en] is missing".to_owned()))?;
        Ok(Self { english, others })
    }

    /// The compiled-in texts with those of the configured file laid over them.
    ///
    /// # Errors
    /// When the file cannot be read or understood, or a text is empty.
    pub fn load(config: &CrisisConfig) -> Result<Self, ConfigError> {
        let mut texts = Self::shipped()?;
        if config.texts.as_os_str().is_empty() {
            return Ok(texts);
        }
        let own = own_texts(&config.texts)?;
        for (tag, text) in own {
            if tag == "en" {
                texts.english = text;
            } else {
                texts.others.insert(tag, text);
            }
        }
        Ok(texts)
    }

    /// The text for a language tag such as `en-GB`: that of the tag, else of its language, else
    /// English.
    #[must_use]
    pub fn for_language(&self, tag: &str) -> &str {
        let tag = tag.to_lowercase().replace('_', "-");
        let language = tag.split('-').next().unwrap_or_default();
        self.others
            .get(&tag)
            .or_else(|| self.others.get(language).filter(|_| language != "en"))
            .unwrap_or(&self.english)
    }
}

/// The texts of a file's content by language tag in lower case.
fn entries(content: &str) -> Result<BTreeMap<String, String>, String> {
    let entries: BTreeMap<String, Entry> =
        toml::from_str(content).map_err(|error| error.message().to_owned())?;
    entries
        .into_iter()
        .map(|(tag, entry)| {
            if entry.text.trim().is_empty() {
                return Err(format!(
                    "[{tag}] text is empty; write one or remove [{tag}]"
                ));
            }
            Ok((tag.to_lowercase().replace('_', "-"), entry.text))
        })
        .collect()
}

fn own_texts(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let content = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    entries(&content).map_err(|message| ConfigError::Syntax {
        origin: Origin::File {
            path: path.to_owned(),
            line: 1,
        },
        message,
    })
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

    #[test]
    fn a_file_replaces_and_adds_texts() {
        let folder = tempfile::tempdir().unwrap();
        let texts = folder.path().join("crisis.toml");
        let content = "[en-GB]\ntext = \"Ring now.\"\n[de]\ntext = \"Ruf an.\"\n";
        std::fs::write(&texts, content).unwrap();
        let texts = CrisisTexts::load(&CrisisConfig { texts }).unwrap();
        assert_eq!(texts.for_language("en-GB"), "Ring now.");
        assert_eq!(texts.for_language("de-AT"), "Ruf an.");
        assert!(texts.for_language("en-US").contains("emergency number"));
    }

    #[test]
    fn an_unreadable_or_empty_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let texts = folder.path().join("crisis.toml");
        let load = |texts: &Path| {
            CrisisTexts::load(&CrisisConfig {
                texts: texts.to_owned(),
            })
        };
        assert!(load(&texts).is_err());
        std::fs::write(&texts, "[de]\ntext = \" \"\n").unwrap();
        let error = load(&texts).unwrap_err().to_string();
        assert!(error.contains("[de] text is empty"), "{error}");
    }
}
