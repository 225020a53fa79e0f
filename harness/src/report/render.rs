//! The templates, compiled in. A name that a template uses and its context lacks is an error, never
//! an empty place.

use serde::Serialize;
use tera::{Context, Tera};

use super::{ReportError, filters};

/// The dated report.
pub(super) const REPORT: &str = "performance_report.md";
/// The filled form.
pub(super) const FORM: &str = "performance_test.md";

/// The dated report as a page of its own.
pub(super) const PAGE: &str = "performance_report.html";

const BUILT_IN: [(&str, &str); 3] = [
    (
        REPORT,
        include_str!("../../../templates/performance_report.md"),
    ),
    (FORM, include_str!("../../../templates/performance_test.md")),
    (
        PAGE,
        include_str!("../../../templates/performance_report.html"),
    ),
];

/// Templates ready for use.
pub(super) struct Templates {
    tera: Tera,
}

impl Templates {
    /// All of them, parsed.
    pub(super) fn new() -> Result<Self, ReportError> {
        let mut tera = Tera::default();
        filters::register(&mut tera);
        for (name, text) in BUILT_IN {
            tera.add_raw_template(name, text)
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

fn wrong(name: &str, error: &tera::Error) -> ReportError {
    ReportError::Template {
        name: name.to_owned(),
        message: error.to_string(),
    }
}
