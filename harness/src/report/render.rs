//! The templates: compiled in, each replaceable by a file of the same name. A name that a template
//! uses and its context lacks is an error, never an empty place.

use std::path::Path;

use serde::Serialize;
use tera::{Context, Tera};

use super::{ReportError, filters};

/// The dated report.
pub(super) const REPORT: &str = "performance_report.md";
/// The filled form.
pub(super) const FORM: &str = "performance_test.md";

const BUILT_IN: [(&str, &str); 2] = [
    (
        REPORT,
        include_str!("../../../templates/performance_report.md"),
    ),
    (FORM, include_str!("../../../templates/performance_test.md")),
];

/// Templates ready for use.
pub(super) struct Templates {
    tera: Tera,
}

impl Templates {
    /// The built-in ones, with those of the folder in their place.
    pub(super) fn new(folder: Option<&Path>) -> Result<Self, ReportError> {
        let mut tera = Tera::default();
        filters::register(&mut tera);
        for (name, built_in) in BUILT_IN {
            let own = folder
                .map(|folder| own(folder, name))
                .transpose()?
                .flatten();
            tera.add_raw_template(name, own.as_deref().unwrap_or(built_in))
                .map_err(|error| wrong(name, &error))?;
        }
        Ok(Self { tera })
    }

    /// Fills one.
    pub(super) fn render(
        &self,
        name: &str,
        values: &impl Serialize,
    ) -> Result<String, ReportError> {
        let context = Context::from_serialize(values).map_err(|error| wrong(name, &error))?;
        self.tera
            .render(name, &context)
            .map_err(|error| wrong(name, &error))
    }
}

fn own(folder: &Path, name: &str) -> Result<Option<String>, ReportError> {
    let path = folder.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder.is_dir() => Ok(None),
        Err(source) => Err(ReportError::ReadTemplate { path, source }),
    }
}

fn wrong(name: &str, error: &tera::Error) -> ReportError {
    ReportError::Template {
        name: name.to_owned(),
        message: error.to_string(),
    }
}
