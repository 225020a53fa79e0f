//! A target's part of the measured phase.

use super::document::{Document, KeyPath};
use super::mirror::{PhaseFile, TargetFile};
use super::read::duration;
use super::targets::Context;
use crate::metric::Metric;
use crate::plan::target::Span;

const HINT: &str = "\"ramp\", \"steady\", or { from = \"10 s\", to = \"30 s\" } in whole seconds";

/// The span; none inside if the target is about the whole measured phase.
pub(super) fn convert(
    document: &mut Document<'_>,
    context: &Context<'_>,
    target: &KeyPath,
    file: &TargetFile,
) -> Option<Option<Span>> {
    let Some(phase) = &file.phase else {
        return Some(None);
    };
    let at = target.key("phase");
    let has_phases = matches!(
        file.metric,
        Metric::ResponseTime
            | Metric::ErrorRate
            | Metric::Throughput
            | Metric::Goodput
            | Metric::Cpu
            | Metric::Memory
            | Metric::MemoryGrowth
            | Metric::MemorySlope
    );
    if context.is_memory || !has_phases {
        document.report(
            &at,
            "this quantity is kept for the whole measured phase only",
            Some("remove `phase`; response_time, error_rate, throughput, goodput, cpu and memory have it"),
        );
        return None;
    }
    let span = match phase {
        PhaseFile::Named(name) => named(document, context, &at, name)?,
        PhaseFile::Between(range) => Span {
            from: match &range.from {
                Some(text) => seconds(document, &at.key("from"), text)?,
                None => 0,
            },
            to: match &range.to {
                Some(text) => Some(seconds(document, &at.key("to"), text)?),
                None => None,
            },
        },
    };
    if span.to.is_some_and(|to| to <= span.from) {
        document.report(&at, "this phase ends before it begins", Some(HINT));
        return None;
    }
    Some(Some(span))
}

fn named(
    document: &mut Document<'_>,
    context: &Context<'_>,
    at: &KeyPath,
    name: &str,
) -> Option<Span> {
    let ramp_end = context.ramp_end.unwrap_or(0);
    match name {
        "ramp" if ramp_end > 0 => Some(Span {
            from: 0,
            to: Some(ramp_end),
        }),
        "ramp" => {
            document.report(
                at,
                "all users start within a second, so there is no ramp",
                Some("a slower `ramp` in `load`, or remove `phase`"),
            );
            None
        }
        "steady" => Some(Span {
            from: ramp_end,
            to: None,
        }),
        other => {
            document.report(at, format!("there is no phase `{other}`"), Some(HINT));
            None
        }
    }
}

fn seconds(document: &mut Document<'_>, at: &KeyPath, text: &str) -> Option<u32> {
    let time = duration(document, at, text)?;
    if time.0 % 1_000_000 != 0 {
        document.report(at, "phases are kept in whole seconds", Some(HINT));
        return None;
    }
    u32::try_from(time.0 / 1_000_000).ok()
}
