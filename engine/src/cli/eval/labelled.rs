//! Labelled lines, read from a file.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::super::error::CliError;
use super::Source;

/// A line that may belong to one part of a set.
pub(super) trait Labelled: DeserializeOwned {
    /// The part it belongs to, if it says so.
    fn split(&self) -> Option<&str>;

    /// What is wrong with its values, if anything.
    fn fault(&self) -> Option<String> {
        None
    }
}

/// The lines of the file that belong to the wanted part.
///
/// # Errors
/// When the file cannot be read, a line cannot be understood (with its number), or none is left.
pub(super) fn read<T: Labelled>(source: &Source) -> Result<Vec<T>, CliError> {
    let path = &source.file;
    let text = std::fs::read_to_string(path).map_err(|cause| CliError::File {
        path: path.clone(),
        done: "read",
        source: cause,
    })?;
    let lines = parse(&text, path)?;
    let wanted: Vec<T> = match &source.split {
        Some(split) => lines
            .into_iter()
            .filter(|line: &T| line.split() == Some(split.as_str()))
            .collect(),
        None => lines,
    };
    if wanted.is_empty() {
        let which = match &source.split {
            Some(split) => {
                format!("no line with \"split\": \"{split}\"; leave out --split to judge all of it")
            }
            None => "no line; write one JSON object a line".to_owned(),
        };
        return Err(CliError::Nothing(format!("{} has {which}", path.display())));
    }
    Ok(wanted)
}

fn parse<T: Labelled>(text: &str, path: &Path) -> Result<Vec<T>, CliError> {
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let read = serde_json::from_str::<T>(line).map_err(|error| error.to_string());
        match read.and_then(|line| match line.fault() {
            Some(fault) => Err(fault),
            None => Ok(line),
        }) {
            Ok(line) => lines.push(line),
            Err(reason) => faults.push(format!("{}:{number}: {reason}", path.display())),
        }
    }
    if faults.is_empty() {
        return Ok(lines);
    }
    Err(CliError::Values(format!(
        "{} lines cannot be understood; mend or remove them\n{}",
        faults.len(),
        faults.join("\n")
    )))
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Line {
        n: u32,
        split: Option<String>,
    }

    impl Labelled for Line {
        fn split(&self) -> Option<&str> {
            self.split.as_deref()
        }

        fn fault(&self) -> Option<String> {
            (self.n > 9).then(|| "n must be below 10".to_owned())
        }
    }

    fn read_from(content: &str, split: Option<&str>) -> Result<Vec<Line>, CliError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("set.jsonl");
        std::fs::write(&file, content).unwrap();
        read(&Source {
            file,
            split: split.map(str::to_owned),
            format: Format::Text,
        })
    }

    #[test]
    fn bad_lines_are_named_with_their_number() {
        let content = "{\"n\": 1}\n\nnonsense\n{\"n\": 10}\n";
        let error = read_from(content, None).unwrap_err().to_string();
        assert!(error.starts_with("2 lines"), "{error}");
        assert!(error.contains("set.jsonl:3: "), "{error}");
        assert!(error.contains("set.jsonl:4: n must be below 10"), "{error}");
    }

    #[test]
    fn a_part_of_the_set_can_be_chosen() {
        let content = "{\"n\": 1, \"split\": \"tune\"}\n{\"n\": 2, \"split\": \"held_out\"}\n";
        assert_eq!(read_from(content, None).unwrap().len(), 2);
        assert_eq!(read_from(content, Some("held_out")).unwrap()[0].n, 2);
        let error = read_from(content, Some("other")).unwrap_err().to_string();
        assert!(error.contains("no line with"), "{error}");
    }
}
