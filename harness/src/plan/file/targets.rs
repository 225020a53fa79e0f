//! Targets: a quantity, a statistic and a bound that fit each other and can be decided at all.

use serde::Serialize;

use super::document::{Document, KeyPath};
use super::mirror::TargetFile;
use super::phase;
use super::quantity::{self, BOUND_HINT, written};
use super::read::{duration, noted, tolerance};
use crate::metric::{Metric, Statistic, Unit};
use crate::plan::error::offered;
use crate::plan::load::Length;
use crate::plan::scenario::Scenario;
use crate::plan::target::{Bound, Target};
use crate::units::Micros;

/// What a list of targets is about.
pub(super) struct Context<'a> {
    /// Key of the list.
    pub(super) at: KeyPath,
    /// Steps that targets may name.
    pub(super) steps: Vec<&'a str>,
    /// Endpoints that targets may name, each with one of its steps.
    pub(super) endpoints: Vec<(String, &'a str)>,
    /// When the last user has started, in whole seconds, for targets on the ramp.
    pub(super) ramp_end: Option<u32>,
    /// Tolerance of targets that state none.
    pub(super) tolerance: f64,
    /// Whether they are of the memory profile, which knows nothing but memory.
    pub(super) is_memory: bool,
}

/// Converts a list of targets.
pub(super) fn convert(
    document: &mut Document<'_>,
    context: &Context<'_>,
    files: &[TargetFile],
) -> Option<Vec<Target>> {
    let mut targets = Vec::with_capacity(files.len());
    for (place, file) in files.iter().enumerate() {
        let at = context.at.index(place);
        let is_new = !files[..place].iter().any(|other| other.label == file.label);
        if !is_new {
            document.report(
                &at.key("label"),
                format!("there are two targets labelled \"{}\"", file.label),
                Some("another label: the summary refers to targets by them"),
            );
        }
        let target = target(document, context, &at, file);
        targets.push(target.filter(|_| is_new));
    }
    targets.into_iter().collect()
}

fn target(
    document: &mut Document<'_>,
    context: &Context<'_>,
    at: &KeyPath,
    file: &TargetFile,
) -> Option<Target> {
    let metric = file.metric;
    let mut is_good = true;
    if context.is_memory && !matches!(metric, Metric::Memory | Metric::MemoryGrowth) {
        document.report(
            &at.key("metric"),
            format!("the memory profile does not measure `{}`", word(&metric)),
            Some("`memory` or `memory_growth`"),
        );
        is_good = false;
    }
    is_good &= statistic_fits(document, at, metric, file.statistic);
    is_good &= steps_fit(document, context, at, file);
    let steps = chosen_steps(document, context, at, file);
    let phase = phase::convert(document, context, at, file);
    let within = within(document, at, file);
    let bound = noted(
        document,
        &at.key("bound"),
        quantity::bound(&file.bound),
        BOUND_HINT,
    )
    .and_then(|bound| bound_fits(document, &at.key("bound"), metric, bound));
    let tolerance_percent = match &file.tolerance {
        Some(text) => tolerance(document, &at.key("tolerance"), text),
        None => Some(context.tolerance),
    };
    let implausible = match (&file.implausible, bound) {
        (Some(text), Some(bound)) => {
            implausible(document, &at.key("implausible"), bound, text).map(Some)
        }
        (Some(_), None) => None,
        (None, _) => Some(None),
    };
    let target = Target {
        label: file.label.clone(),
        metric,
        statistic: file.statistic,
        steps: steps?,
        phase: phase?,
        within: within?,
        bound: bound?,
        tolerance_percent: tolerance_percent?,
        implausible_beyond: implausible?,
    };
    is_good.then_some(target)
}

fn statistic_fits(
    document: &mut Document<'_>,
    at: &KeyPath,
    metric: Metric,
    statistic: Option<Statistic>,
) -> bool {
    let allowed: Vec<String> = metric.statistics().iter().map(word).collect();
    match statistic {
        None if allowed.is_empty() => true,
        None => {
            document.report(
                at,
                format!(
                    "`{}` has several statistics; which one is meant?",
                    word(&metric)
                ),
                Some(&format!("statistic = one of {}", quoted(&allowed))),
            );
            false
        }
        Some(_) if allowed.is_empty() => {
            document.report(
                &at.key("statistic"),
                format!(
                    "`{}` is a single figure and has no statistics",
                    word(&metric)
                ),
                Some("remove `statistic`"),
            );
            false
        }
        Some(statistic) if metric.statistics().contains(&statistic) => true,
        Some(statistic) => {
            document.report(
                &at.key("statistic"),
                format!("`{}` is not known of `{}`", word(&statistic), word(&metric)),
                Some(&format!("one of {}", quoted(&allowed))),
            );
            false
        }
    }
}

fn steps_fit(
    document: &mut Document<'_>,
    context: &Context<'_>,
    at: &KeyPath,
    file: &TargetFile,
) -> bool {
    let mut is_good = true;
    let is_whole = matches!(
        file.metric,
        Metric::ConcurrentUsers
            | Metric::Cpu
            | Metric::Memory
            | Metric::MemoryGrowth
            | Metric::MemorySlope
    );
    if is_whole && !(file.steps.is_empty() && file.endpoints.is_empty()) {
        let key = if file.steps.is_empty() {
            "endpoints"
        } else {
            "steps"
        };
        document.report(
            &at.key(key),
            format!(
                "`{}` is a figure of the whole and not of steps",
                word(&file.metric)
            ),
            Some(&format!("remove `{key}`")),
        );
        return false;
    }
    for (place, name) in file.steps.iter().enumerate() {
        if !context.steps.contains(&name.as_str()) {
            document.report(
                &at.key("steps").index(place),
                format!("there is no step `{name}`"),
                Some(&offered(name, &context.steps)),
            );
            is_good = false;
        }
    }
    is_good
}

/// The named steps, and those of the named endpoints.
fn chosen_steps(
    document: &mut Document<'_>,
    context: &Context<'_>,
    at: &KeyPath,
    file: &TargetFile,
) -> Option<Vec<String>> {
    let mut steps = file.steps.clone();
    let mut is_good = true;
    for (place, endpoint) in file.endpoints.iter().enumerate() {
        let before = steps.len();
        let of = context
            .endpoints
            .iter()
            .filter(|(name, _)| name == endpoint);
        for (_, step) in of {
            if !steps.iter().any(|known| known == step) {
                steps.push((*step).to_owned());
            }
        }
        let is_known = context.endpoints.iter().any(|(name, _)| name == endpoint);
        if !is_known {
            let known: Vec<&str> = context
                .endpoints
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            document.report(
                &at.key("endpoints").index(place),
                format!("no step has the endpoint `{endpoint}`"),
                Some(&offered(endpoint, &known)),
            );
            is_good = false;
        } else if before == steps.len() {
            document.report(
                &at.key("endpoints").index(place),
                format!("the steps of `{endpoint}` are named already"),
                Some("remove it here or in `steps`"),
            );
            is_good = false;
        }
    }
    is_good.then_some(steps)
}

fn within(document: &mut Document<'_>, at: &KeyPath, file: &TargetFile) -> Option<Option<Micros>> {
    let at = at.key("within");
    match (&file.within, file.metric) {
        (None, Metric::Goodput) => {
            document.report(
                &at,
                "goodput counts successful requests that were fast enough; how fast is that?",
                Some("within = \"200 ms\""),
            );
            None
        }
        (None, _) => Some(None),
        (Some(text), Metric::Goodput) => {
            let text = text.trim().trim_start_matches(['<', '=']);
            let time = duration(document, &at, text)?;
            if time.0 == 0 {
                document.report(
                    &at,
                    "no request takes no time",
                    Some("a time, e.g. \"200 ms\""),
                );
                return None;
            }
            Some(Some(time))
        }
        (Some(_), metric) => {
            document.report(
                &at,
                format!(
                    "`within` is a condition of `goodput`, not of `{}`",
                    word(&metric)
                ),
                Some("remove it, or metric = \"goodput\""),
            );
            None
        }
    }
}

fn bound_fits(
    document: &mut Document<'_>,
    at: &KeyPath,
    metric: Metric,
    bound: Bound,
) -> Option<Bound> {
    let units: Vec<&str> = metric.units().iter().map(|unit| written(*unit)).collect();
    let is_relative = bound.unit == Unit::PercentOfBaseline;
    if !is_relative && !metric.units().contains(&bound.unit) {
        document.report(
            at,
            format!(
                "`{}` is not measured in {}",
                word(&metric),
                written(bound.unit)
            ),
            Some(&format!("a bound in {}", units.join(" or "))),
        );
        return None;
    }
    let more_is_better = metric.more_is_better();
    if bound.relation.smaller_is_better() == more_is_better {
        let (right, better) = if more_is_better {
            (">", "more")
        } else {
            ("<", "less")
        };
        document.report(
            at,
            format!(
                "of `{}`, {better} is better; this bound asks for the opposite",
                word(&metric)
            ),
            Some(&format!(
                "\"{right} {} {}\"",
                bound.value,
                written(bound.unit)
            )),
        );
        return None;
    }
    let is_share = matches!(metric, Metric::ErrorRate | Metric::Cpu | Metric::Goodput)
        && bound.unit == Unit::Percent;
    if is_share && bound.value > 100.0 {
        document.report(
            at,
            format!("{} % is more than all", bound.value),
            Some("at most 100 %"),
        );
        return None;
    }
    let can_be_zero = metric == Metric::ErrorRate;
    if bound.value <= 0.0 && !can_be_zero {
        document.report(
            at,
            format!(
                "a bound of {} {} decides nothing",
                bound.value,
                written(bound.unit)
            ),
            Some("a number above 0"),
        );
        return None;
    }
    Some(bound)
}

fn implausible(document: &mut Document<'_>, at: &KeyPath, bound: Bound, text: &str) -> Option<f64> {
    let (value, unit) = noted(
        document,
        at,
        quantity::figure(text),
        "a number with the unit of the bound, e.g. \"0.05 ms\"",
    )?;
    if unit != bound.unit {
        document.report(
            at,
            format!(
                "this is in {}, and the bound in {}",
                written(unit),
                written(bound.unit)
            ),
            Some("the same unit in both"),
        );
        return None;
    }
    if bound.relation.holds(value, bound.value) {
        return Some(value);
    }
    document.report(
        at,
        format!(
            "every figure that meets the bound {} {} would be implausible",
            bound.relation.sign(),
            bound.value
        ),
        Some("a figure on the good side of the bound that cannot be true"),
    );
    None
}

/// Refuses targets that the planned load cannot decide.
pub(super) fn check_reach(document: &mut Document<'_>, scenario: &Scenario, profile: &str) {
    for (place, target) in scenario.targets.iter().enumerate() {
        let at = KeyPath::root().key("targets").index(place);
        let users = f64::from(scenario.load.users);
        if target.metric == Metric::ConcurrentUsers
            && !target.bound.relation.holds(users, target.bound.value)
        {
            document.report(
                &at.key("bound"),
                format!(
                    "in the profile `{profile}` there are {users} users, and this asks for {} {}",
                    target.bound.relation.sign(),
                    target.bound.value
                ),
                Some("more users, or another bound"),
            );
        }
        let Some(floor) = target.statistic.and_then(Statistic::sample_floor) else {
            continue;
        };
        let Some(most) = scenario.most_requests(&target.steps) else {
            continue;
        };
        if most < floor {
            document.report(
                &at.key("statistic"),
                format!(
                    "in the profile `{profile}` at most {most} requests count towards this {}, and \
                     it takes {floor} to state it with 99 % confidence",
                    word(&target.statistic)
                ),
                Some(&enough(scenario, most, floor)),
            );
        }
    }
}

fn enough(scenario: &Scenario, most: u64, floor: u64) -> String {
    match scenario.load.length {
        _ if scenario.load.arrivals.is_some() => {
            "a longer duration, a higher rate of arrivals, or a lower percentile".to_owned()
        }
        Length::Iterations { count, .. } if most > 0 => {
            let needed = (u64::from(count) * floor).div_ceil(most);
            format!("iterations = {needed} or more, more users, or a lower percentile")
        }
        _ => "a longer duration, more users, a shorter pause, or a lower percentile".to_owned(),
    }
}

/// The unit of a bench function's target is a time.
pub(super) fn milliseconds(document: &mut Document<'_>, at: &KeyPath, text: &str) -> Option<f64> {
    let hint = "a time, e.g. \"500 ms\"";
    let (value, unit) = noted(document, at, quantity::figure(text), hint)?;
    if unit == Unit::Milliseconds && value > 0.0 {
        return Some(value);
    }
    document.report(
        at,
        format!("\"{text}\" is not a time that a function could take"),
        Some(hint),
    );
    None
}

/// A value as it is written in files.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn quoted(words: &[String]) -> String {
    words
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect::<Vec<_>>()
        .join(", ")
}
