//! The arrivals of an open model.

use super::document::{Document, KeyPath};
use super::load::positive;
use super::mirror::{ArrivalsFile, LoadFile, LoadProfile, StageFile};
use super::quantity;
use super::read::noted;
use crate::plan::arrivals::{Arrivals, Spacing, Stage};

/// Each arrival has its due instant in memory before the run begins.
const MOST_ARRIVALS: f64 = 20_000_000.0;

/// Beyond this no generator on one machine keeps its times.
const HIGHEST_RATE: f64 = 100_000.0;

/// The schedule; none if the load is a closed one, or if something is wrong with it.
pub(super) fn convert(
    document: &mut Document<'_>,
    file: &LoadFile,
    changed: Option<&LoadProfile>,
    plain_at: &KeyPath,
    profile_at: &KeyPath,
) -> Option<Arrivals> {
    let own = changed.and_then(|own| own.arrivals.as_ref());
    let (arrivals, at) = match (own, &file.arrivals) {
        (Some(own), _) => (own, profile_at.key("arrivals")),
        (None, Some(plain)) => (plain, plain_at.key("arrivals")),
        (None, None) => {
            for (key, is_given) in [
                ("spacing", file.spacing.is_some()),
                ("drain", file.drain.is_some()),
            ] {
                if is_given {
                    document.report(
                        &plain_at.key(key),
                        format!("`{key}` belongs to `arrivals`, and there are none"),
                        Some("arrivals = \"200 /s\", or remove it"),
                    );
                }
            }
            return None;
        }
    };
    let before = document.problem_count();
    refuse_closed(document, file, changed, plain_at, profile_at);
    let own_span = changed.and_then(|own| own.duration.as_deref());
    let (span, span_at) = match own_span {
        Some(own) => (Some(own), profile_at.key("duration")),
        None => (file.duration.as_deref(), plain_at.key("duration")),
    };
    let stages = match arrivals {
        ArrivalsFile::Constant(text) => {
            let rate = rate(document, &at, text);
            let lasts = match span {
                Some(text) => positive(document, &span_at, text),
                None => {
                    document.report(
                        &at,
                        "nothing says for how long",
                        Some("duration = \"60 s\", or a list of stages"),
                    );
                    None
                }
            };
            rate.zip(lasts).map(|(rate, lasts)| {
                vec![Stage {
                    from: rate,
                    to: rate,
                    lasts,
                }]
            })
        }
        ArrivalsFile::Stages(files) => {
            // A profile may shorten by a rate of its own what the plain values say in stages.
            if span.is_some() && (own_span.is_some() || own.is_none()) {
                document.report(
                    &span_at,
                    "the stages say how long they last",
                    Some("remove `duration`"),
                );
            }
            let stages = files
                .iter()
                .enumerate()
                .map(|(place, file)| stage(document, &at.index(place), file));
            let stages: Vec<Option<Stage>> = stages.collect();
            stages.into_iter().collect()
        }
    };
    let drain = match &file.drain {
        Some(text) => positive(document, &plain_at.key("drain"), text),
        None => Some(Arrivals::DRAIN),
    };
    let arrivals = Arrivals {
        spacing: file.spacing.unwrap_or(Spacing::Even),
        stages: stages?,
        drain: drain?,
    };
    let expected = arrivals.expected();
    if !(1.0..=MOST_ARRIVALS).contains(&expected) || arrivals.peak() > HIGHEST_RATE {
        document.report(
            &at,
            format!(
                "this makes {expected:.0} arrivals, at most {:.0} a second",
                arrivals.peak()
            ),
            Some(&format!(
                "from 1 to {MOST_ARRIVALS} arrivals, at most {HIGHEST_RATE} a second"
            )),
        );
    }
    (document.problem_count() == before).then_some(arrivals)
}

/// Keys that only users with pauses of their own have.
fn refuse_closed(
    document: &mut Document<'_>,
    file: &LoadFile,
    changed: Option<&LoadProfile>,
    plain_at: &KeyPath,
    profile_at: &KeyPath,
) {
    let plain = [
        ("iterations", file.iterations.is_some()),
        ("deadline", file.deadline.is_some()),
        ("think", file.think.is_some()),
        ("ramp", file.ramp.is_some()),
    ];
    let own = changed.map(|own| {
        [
            ("iterations", own.iterations.is_some()),
            ("deadline", own.deadline.is_some()),
            ("think", own.think.is_some()),
            ("ramp", own.ramp.is_some()),
        ]
    });
    let given = |at: &KeyPath, keys: &[(&str, bool)]| -> Vec<(KeyPath, String)> {
        keys.iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(key, _)| (at.key(key), (*key).to_owned()))
            .collect()
    };
    let mut found = given(plain_at, &plain);
    found.extend(own.map(|own| given(profile_at, &own)).unwrap_or_default());
    for (at, key) in found {
        document.report(
            &at,
            format!("`{key}` belongs to users with pauses, and here `arrivals` say when an iteration begins"),
            Some(&format!("remove `{key}`, or remove `arrivals`")),
        );
    }
}

fn stage(document: &mut Document<'_>, at: &KeyPath, file: &StageFile) -> Option<Stage> {
    let lasts = positive(document, &at.key("lasts"), &file.lasts);
    let ends = match (&file.rate, &file.from, &file.to) {
        (Some(text), None, None) => rate(document, &at.key("rate"), text).map(|rate| (rate, rate)),
        (None, Some(from), Some(to)) => {
            let from = rate(document, &at.key("from"), from);
            from.zip(rate(document, &at.key("to"), to))
        }
        _ => {
            document.report(
                at,
                "a stage has either a `rate`, or `from` and `to`",
                Some("{ rate = \"50 /s\", lasts = \"10 s\" }, or { from = \"0 /s\", to = \"50 /s\", lasts = \"10 s\" }"),
            );
            None
        }
    };
    let ((from, to), lasts) = ends.zip(lasts)?;
    Some(Stage { from, to, lasts })
}

fn rate(document: &mut Document<'_>, at: &KeyPath, text: &str) -> Option<f64> {
    noted(document, at, quantity::rate(text), quantity::RATE_HINT)
}
