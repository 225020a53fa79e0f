//! Reads `persona.toml`. The file's own form is private here; what comes out is a checked
//! [`Profile`], or every fault with file, key and line.

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use crate::domain::id::{IdError, PersonaId};
use crate::domain::persona::{Limits, Profile, Rules, Style, Traits};

use super::fault::{Fault, Part};
use super::persona_rules;

/// The format that this program reads.
const FORMAT: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    id: String,
    name: String,
    role: String,
    version: String,
    summary: String,
    expertise: Vec<String>,
    language: String,
    traits: Traits,
    style: Style,
    rules: Rules,
    limits: Limits,
}

/// Why a persona file is refused: one line per fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct PersonaFileError(
    /// `file:line: key: what is wrong`.
    pub Vec<String>,
);

/// Reads the text of a persona file; `name` is what messages call it.
///
/// # Errors
/// Every fault at once, unless the text is not TOML of the right shape: then the first.
pub fn parse(name: &str, text: &str) -> Result<(PersonaId, Profile), PersonaFileError> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        PersonaFileError(vec![format!(
            "{name}:{line}: {}",
            error.message().replace('\n', " ")
        )])
    })?;
    let mut faults = Vec::new();
    if file.format != FORMAT {
        faults.push(Fault::at(
            "format",
            format!("is {}; this program reads format {FORMAT}", file.format),
        ));
    }
    let id: Result<PersonaId, IdError> = file.id.parse();
    if let Err(error) = &id {
        faults.push(Fault::at("id", error.to_string()));
    }
    let profile = Profile {
        name: file.name,
        role: file.role,
        version: file.version,
        summary: file.summary,
        expertise: file.expertise,
        language: file.language,
        traits: file.traits,
        style: file.style,
        rules: file.rules,
        limits: file.limits,
    };
    faults.extend(persona_rules::faults(&profile));
    match id {
        Ok(id) if faults.is_empty() => Ok((id, profile)),
        _ => Err(PersonaFileError(located(name, text, &faults))),
    }
}

fn located(name: &str, text: &str, faults: &[Fault]) -> Vec<String> {
    let Ok(root) = DeTable::parse(text) else {
        return faults
            .iter()
            .map(|fault| format!("{name}: {fault}"))
            .collect();
    };
    let line = |fault: &Fault| line_of(text, offset(root.get_ref(), &fault.path).unwrap_or(0));
    faults
        .iter()
        .map(|fault| format!("{name}:{}: {fault}", line(fault)))
        .collect()
}

/// The first byte of the value at the end of `path`, or of the last one on the way that exists.
fn offset(root: &DeTable<'_>, path: &[Part]) -> Option<usize> {
    let Some((Part::Key(first), rest)) = path.split_first() else {
        return None;
    };
    let mut value = root.get(*first)?;
    for part in rest {
        let next = match (part, value.get_ref()) {
            (Part::Key(name), DeValue::Table(table)) => table.get(*name),
            (Part::Index(index), DeValue::Array(list)) => list.get(*index),
            _ => None,
        };
        match next {
            Some(inner) => value = inner,
            None => break,
        }
    }
    Some(value.span().start)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../personas/therapist/persona.toml");

    fn refusal(text: &str) -> String {
        parse("p.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn reads_a_shipped_file() {
        let (id, profile) = parse("persona.toml", GOOD).unwrap();
        assert_eq!(
            (id.as_str(), profile.language.as_str()),
            ("therapist", "en")
        );
    }

    #[test]
    fn names_file_line_and_key_of_every_fault() {
        let text = GOOD
            .replace("warmth = 0.85", "warmth = 8.5")
            .replace("version = \"1.0.0\"", "version = \"one\"")
            .replace(
                "\"What I am holding on to from what you wrote is “{quote}”.\"",
                "\"What is {this}?\"",
            );
        insta::assert_snapshot!(refusal(&text), @r#"
        p.toml:5: `version`: must be three numbers, e.g. "1.0.0"
        p.toml:19: `traits.warmth`: must be a number from 0.0 to 1.0
        p.toml:43: `style.reflections[5]`: must hold the placeholder {quote}
        p.toml:43: `style.reflections[5]`: holds {this}, which nothing fills in here
        "#);
    }

    #[test]
    fn refuses_unknown_and_missing_keys_with_their_line() {
        insta::assert_snapshot!(refusal(&GOOD.replace("warmth =", "warmht =")), @"p.toml:19: unknown field `warmht`, expected one of `warmth`, `directness`, `formality`, `curiosity`, `structure`");
        insta::assert_snapshot!(refusal(&GOOD.replace("format = 1", "format = 2")), @"p.toml:1: `format`: is 2; this program reads format 1");
        assert!(
            refusal(&GOOD.replace("language = \"en\"", "")).contains("missing field `language`")
        );
    }
}
