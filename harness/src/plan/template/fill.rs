//! From compiled templates and the variables of a user to texts and JSON.

use serde_json::{Map, Value};
use tera::Context;

use super::compile::{Node, Text, reason};
use super::expression::lookup;
use super::{CompiledStep, Part, TemplateError};

pub(super) struct Filler<'a> {
    pub(super) step: &'a CompiledStep,
    pub(super) vars: &'a Map<String, Value>,
    /// Made when the first real template needs it: requests without one pay nothing.
    pub(super) context: Option<Context>,
}

impl Filler<'_> {
    pub(super) fn text(&mut self, text: &Text, part: &Part) -> Result<String, TemplateError> {
        let name = match text {
            Text::Literal(text) => return Ok(text.clone()),
            Text::Template(name) => name,
        };
        let failed = |error: &tera::Error| TemplateError::Render {
            step: self.step.name.to_string(),
            part: part.clone(),
            reason: reason(error),
        };
        let context = match self.context.take() {
            Some(context) => context,
            None => Context::from_serialize(self.vars).map_err(|error| failed(&error))?,
        };
        let rendered = self
            .step
            .tera
            .render(name, &context)
            .map_err(|error| failed(&error));
        self.context = Some(context);
        rendered
    }

    pub(super) fn node(
        &mut self,
        node: &Node,
        part: &dyn Fn(&str) -> Part,
    ) -> Result<Value, TemplateError> {
        Ok(match node {
            Node::Literal(value) => value.clone(),
            Node::Value { segments, pointer } => match lookup(self.vars, segments) {
                Some(value) => value.clone(),
                None => {
                    return Err(TemplateError::Undefined {
                        step: self.step.name.to_string(),
                        part: part(pointer),
                        expression: segments.join("."),
                    });
                }
            },
            Node::Text { text, pointer } => Value::String(self.text(text, &part(pointer))?),
            Node::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.node(item, part))
                    .collect::<Result<_, _>>()?,
            ),
            Node::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, item)| Ok((key.clone(), self.node(item, part)?)))
                    .collect::<Result<_, TemplateError>>()?,
            ),
        })
    }
}
