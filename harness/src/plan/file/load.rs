//! The load of a scenario under one profile.

use super::arrivals;
use super::document::{Document, KeyPath};
use super::mirror::{LoadFile, LoadProfile, ThinkFile};
use super::quantity;
use super::read::{duration, noted};
use crate::plan::load::{Length, Load, Think};
use crate::units::Micros;

const DEADLINE: Micros = Micros(600_000_000);
const REQUEST_TIMEOUT: Micros = Micros(30_000_000);

/// The load, with the profile's values in place of the plain ones.
pub(super) fn convert(
    document: &mut Document<'_>,
    file: &LoadFile,
    profile: Option<(&str, &LoadProfile)>,
) -> Option<Load> {
    let plain_at = KeyPath::root().key("load");
    let profile_at = match profile {
        Some((name, _)) => KeyPath::root().key("profile").key(name),
        None => plain_at.clone(),
    };
    let changed = profile.map(|(_, changes)| changes);
    let place = |is_changed: bool, key: &str| {
        if is_changed {
            profile_at.key(key)
        } else {
            plain_at.key(key)
        }
    };

    let open = arrivals::convert(document, file, changed, &plain_at, &profile_at);
    let is_open = file.arrivals.is_some() || changed.is_some_and(|own| own.arrivals.is_some());
    let users = changed
        .and_then(|changes| changes.users)
        .unwrap_or(file.users);
    let own_ramp = changed.and_then(|changes| changes.ramp.as_deref());
    let ramp = match own_ramp.or(file.ramp.as_deref()) {
        Some(text) => ramp(document, &place(own_ramp.is_some(), "ramp"), text),
        None => Some(f64::from(users)),
    };
    let own_think = changed.and_then(|changes| changes.think.as_ref());
    let think = match own_think.or(file.think.as_ref()) {
        Some(think) => self::think(document, &place(own_think.is_some(), "think"), think),
        None => Some(Think {
            min: Micros(0),
            max: Micros(0),
        }),
    };
    let length = if is_open {
        open.as_ref()
            .map(|arrivals| Length::Duration(arrivals.lasts()))
    } else {
        length(document, file, changed, &plain_at, &profile_at)
    };
    let request_timeout = match &file.request_timeout {
        Some(text) => positive(document, &plain_at.key("request_timeout"), text),
        None => Some(REQUEST_TIMEOUT),
    };
    let load = Load {
        users,
        ramp_per_second: ramp?,
        length: length?,
        think: think?,
        warm_up_iterations: changed
            .and_then(|changes| changes.warm_up)
            .or(file.warm_up)
            .unwrap_or(0),
        request_timeout: request_timeout?,
        arrivals: open,
    };
    if is_open {
        // The pool is there before the schedule begins.
        return Some(load);
    }
    let ramp_seconds = f64::from(users.saturating_sub(1)) / load.ramp_per_second;
    let end = match load.length {
        Length::Iterations { deadline, .. } => deadline,
        Length::Duration(duration) => duration,
    };
    if ramp_seconds >= end.as_secs() {
        document.report(
            &place(own_ramp.is_some(), "ramp"),
            format!(
                "{users} users need {ramp_seconds:.1} s to start, and the scenario ends after {:.1} s",
                end.as_secs()
            ),
            Some("a faster ramp, a longer duration or deadline, or fewer users"),
        );
        return None;
    }
    Some(load)
}

fn ramp(document: &mut Document<'_>, at: &KeyPath, text: &str) -> Option<f64> {
    let rate = noted(document, at, quantity::rate(text), quantity::RATE_HINT)?;
    if rate > 0.0 {
        return Some(rate);
    }
    document.report(at, "no user would ever start", Some(quantity::RATE_HINT));
    None
}

fn think(document: &mut Document<'_>, at: &KeyPath, file: &ThinkFile) -> Option<Think> {
    match file {
        ThinkFile::Constant(text) => {
            let pause = duration(document, at, text)?;
            Some(Think {
                min: pause,
                max: pause,
            })
        }
        ThinkFile::Uniform(range) => {
            let min = duration(document, &at.key("min"), &range.min);
            let max = duration(document, &at.key("max"), &range.max);
            let think = Think {
                min: min?,
                max: max?,
            };
            if think.min <= think.max {
                return Some(think);
            }
            document.report(
                at,
                format!(
                    "the shortest pause, {}, is longer than the longest, {}",
                    range.min, range.max
                ),
                Some("exchange min and max"),
            );
            None
        }
    }
}

pub(super) fn positive(document: &mut Document<'_>, at: &KeyPath, text: &str) -> Option<Micros> {
    let span = duration(document, at, text)?;
    if span > Micros(0) {
        return Some(span);
    }
    document.report(
        at,
        "this must be longer than nothing",
        Some(quantity::DURATION_HINT),
    );
    None
}

/// A profile that names a length replaces the plain one, of whichever sort.
fn length(
    document: &mut Document<'_>,
    file: &LoadFile,
    changed: Option<&LoadProfile>,
    plain_at: &KeyPath,
    profile_at: &KeyPath,
) -> Option<Length> {
    let own = changed.filter(|own| own.iterations.is_some() || own.duration.is_some());
    let (iterations, span, at) = match own {
        Some(own) => (own.iterations, own.duration.as_deref(), profile_at),
        None => (file.iterations, file.duration.as_deref(), plain_at),
    };
    let own_deadline = changed.and_then(|changes| changes.deadline.as_deref());
    match (iterations, span) {
        (Some(count), None) => {
            let deadline = match (own_deadline, file.deadline.as_deref()) {
                (Some(text), _) => positive(document, &profile_at.key("deadline"), text)?,
                (None, Some(text)) => positive(document, &plain_at.key("deadline"), text)?,
                (None, None) => DEADLINE,
            };
            Some(Length::Iterations { count, deadline })
        }
        (None, Some(text)) => {
            if own_deadline.is_some() || (own.is_none() && file.deadline.is_some()) {
                let at = if own_deadline.is_some() {
                    profile_at
                } else {
                    plain_at
                };
                document.report(
                    &at.key("deadline"),
                    "a deadline belongs to `iterations`; this scenario ends after its `duration`",
                    Some("remove `deadline`"),
                );
                return None;
            }
            positive(document, &at.key("duration"), text).map(Length::Duration)
        }
        (Some(_), Some(_)) => {
            document.report(
                &at.key("duration"),
                "`iterations` and `duration` are both given",
                Some("keep the one that is to end the scenario"),
            );
            None
        }
        (None, None) => {
            document.report(
                at,
                "nothing says when the scenario ends",
                Some("iterations = 100, or duration = \"2 min\""),
            );
            None
        }
    }
}
