//! Sentences, each chosen by the data and carrying its numbers. No sentence praises; one that finds
//! nothing to say says so.

use super::filters::{bound, duration, megabytes, number, percent, signed_percent, value};
use crate::findings::anomaly::{self, Anomaly, AnomalyKind};
use crate::findings::bottleneck::PhaseShare;
use crate::findings::recommendation::{Action, LengthChange, Recommendation, Undecided};
use crate::measurement::archive::RunRecord;
use crate::verdict::Assessment;
use crate::verdict::judgement::Judgement;
use crate::verdict::outcome::{Overall, Verdict};

/// How many judgements have each verdict: pass, marginal, fail, invalid.
pub(super) fn tally<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> [usize; 4] {
    let mut counts = [0; 4];
    for judgement in judgements {
        counts[judgement.verdict as usize] += 1;
    }
    counts
}

/// `7 pass, 1 is marginal`: only what there is.
pub(super) fn counts([pass, marginal, fail, invalid]: [usize; 4]) -> String {
    let words = [
        (pass, "passes", "pass"),
        (marginal, "is marginal", "are marginal"),
        (fail, "fails", "fail"),
        (invalid, "could not be judged", "could not be judged"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    if parts.is_empty() {
        "none was judged".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Where a judgement belongs: `scenario 2`, `the memory profile`, `the benchmarks`.
pub(super) fn place(record: &RunRecord, name: &str) -> String {
    match name {
        crate::verdict::MEMORY => "the memory profile".to_owned(),
        crate::verdict::BENCH => "the benchmarks".to_owned(),
        _ => record
            .suite
            .scenarios
            .iter()
            .find(|scenario| scenario.name == name)
            .map_or_else(
                || format!("scenario {name}"),
                |scenario| format!("scenario {}", scenario.number),
            ),
    }
}

/// `Response Time (95th) of scenario 2: 578 ms against < 500 ms (⚠️ MARGINAL, n = 1000)`.
pub(super) fn judgement(record: &RunRecord, judgement: &Judgement) -> String {
    format!(
        "{} of {}: {} against {} ({}, n = {})",
        judgement.label,
        place(record, &judgement.scenario),
        value(judgement),
        bound(&judgement.bound, judgement.quantity),
        judgement.verdict.mark(),
        judgement.n,
    )
}

/// How close a figure is to its bound: 1 is on it, more is beyond.
fn closeness(judgement: &Judgement) -> Option<f64> {
    let value = judgement.value?;
    let bound = judgement.bound;
    let ratio = if bound.relation.smaller_is_better() {
        value / bound.value
    } else {
        bound.value / value
    };
    ratio.is_finite().then_some(ratio)
}

/// What a family of targets came to: the counts, every one that does not pass, and else the one that
/// is closest to its bound.
pub(super) fn family(record: &RunRecord, judgements: &[&Judgement]) -> String {
    if judgements.is_empty() {
        return "no target of this run judges it".to_owned();
    }
    let text = counts(tally(judgements.iter().copied()));
    let missed: Vec<String> = judgements
        .iter()
        .filter(|j| j.verdict != Verdict::Pass)
        .map(|j| judgement(record, j))
        .collect();
    let noun = if judgements.len() == 1 {
        "target"
    } else {
        "targets"
    };
    let text = format!("of {} {noun} {text}", judgements.len());
    if !missed.is_empty() {
        return format!("{text}. Not passed: {}", missed.join("; "));
    }
    let closest = judgements
        .iter()
        .filter_map(|j| Some((closeness(j)?, j)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match closest {
        Some((_, j)) => format!("{text}. Closest to its bound is {}", judgement(record, j)),
        None => text,
    }
}

/// What the verdict on the run means.
pub(super) fn overall(assessment: &Assessment) -> &'static str {
    match assessment.overall {
        Overall::Passed => {
            "Every target passes: each estimate lies on the good side of its bound with its whole \
             99 % interval, each plain observation lies on the good side itself."
        }
        Overall::PassedWithRecommendations => {
            "No target fails. Those marked MARGINAL are either undecided, because the 99 % interval \
             contains the bound, or miss it within the declared tolerance."
        }
        Overall::Failed => {
            "At least one target fails: the requirements are not met under the load of this plan on \
             this machine."
        }
        Overall::Invalid => {
            "No statement about the requirements can be made from this run. The causes are named \
             below with what to do about each; figures are shown as they were observed."
        }
    }
}

/// What an anomaly was and what it may come from.
pub(super) fn anomaly(record: &RunRecord, anomaly: &Anomaly) -> String {
    let wherever = anomaly
        .scenario
        .as_deref()
        .map_or_else(|| "the whole run".to_owned(), |name| place(record, name));
    let time = match anomaly.seconds {
        Some((first, last)) if first == last => format!(", second {first}"),
        Some((first, last)) => format!(", seconds {first} to {last}"),
        None => String::new(),
    };
    let (title, what, cause) = anomaly_parts(&anomaly.what);
    format!("**{title}** ({wherever}{time}): {what}. Possible causes, not verified: {cause}.")
}

fn anomaly_parts(kind: &AnomalyKind) -> (&'static str, String, &'static str) {
    match kind {
        AnomalyKind::Stall { usual } => (
            "Stall",
            format!(
                "no request ended while users were active, against {} a second on average",
                number(*usual)
            ),
            "a lock, a checkpoint of the database, a pause of the whole machine",
        ),
        AnomalyKind::Slow {
            median_ms,
            usual_ms,
            step,
        } => (
            "Slow spell",
            format!(
                "the median of `{step}` in a second rose to {} ms against {} ms over the scenario \
                 (threshold: {} times)",
                number(*median_ms),
                number(*usual_ms),
                anomaly::SLOW_FACTOR
            ),
            "background work of the server, another process on the machine, the ramp of users",
        ),
        AnomalyKind::Errors {
            failed,
            ended,
            kind,
        } => (
            "Burst of errors",
            format!(
                "{failed} of {ended} requests failed{}",
                kind.as_ref().map_or_else(String::new, |kind| format!(
                    "; the scenario's most frequent failure is `{kind}`"
                ))
            ),
            "a limit that was reached (connections, queue, rate), a restart of a dependency",
        ),
        AnomalyKind::RisingMemory {
            growth,
            per_minute_mb,
        } => (
            "Rising memory",
            format!(
                "resident memory grew by {}% over the second half, {} MB a minute along a straight \
                 line (thresholds: {}% and a fit of {})",
                percent(*growth),
                number(*per_minute_mb),
                anomaly::SLOPE_GROWTH,
                anomaly::SLOPE_FIT
            ),
            "data that is kept on purpose (caches, an index that grows with the data) or a leak",
        ),
        AnomalyKind::LateGenerator { p99_ms, cpu } => (
            "Late generator",
            format!(
                "the generator woke {} ms late at p99 (threshold: {} ms){}; response times contain it",
                number(*p99_ms),
                anomaly::LATENESS_MS,
                cpu.map_or_else(String::new, |cpu| format!(
                    " while using {}% of all cores",
                    percent(cpu)
                ))
            ),
            "generator and server compete for the same cores",
        ),
        AnomalyKind::Steal { share } => (
            "Stolen CPU time",
            format!(
                "the hypervisor took {}% of all CPU time (threshold: {}%)",
                percent(*share),
                anomaly::STEAL_SHARE
            ),
            "other machines on the same host",
        ),
        AnomalyKind::BusyMachine { load, cores } => (
            "Busy machine",
            format!(
                "the load average before the run was {} on {cores} cores (threshold: {} per core)",
                number(*load),
                anomaly::LOAD_PER_CORE
            ),
            "other work on the machine, which also takes CPU from what is measured",
        ),
        AnomalyKind::DebugBuild => (
            "Debug build",
            "the harness was built without optimisation, so its own share is larger than need be"
                .to_owned(),
            "it was started without `--release`",
        ),
    }
}

/// A phase that limits its step.
pub(super) fn bottleneck(record: &RunRecord, phase: &PhaseShare) -> String {
    let p95 = phase.p95_ms.map_or_else(
        || "p95 not stated, too few samples".to_owned(),
        |p95| format!("p95 {} ms", number(p95)),
    );
    format!(
        "**`{}`** in `{}` ({}): {}% of the step's service time, mean {} ms, {p95}, n = {}; {}% of \
         all service time of the scenario",
        phase.phase,
        phase.step,
        place(record, &phase.scenario),
        percent(phase.of_step),
        number(phase.mean_ms),
        phase.n,
        percent(phase.of_scenario),
    )
}

/// A recommendation in four parts.
pub(super) struct Advice {
    /// A few words.
    pub(super) title: String,
    /// What to do, and the evidence.
    pub(super) text: String,
    /// The effect to expect, as far as it can be bounded.
    pub(super) effect: String,
    /// How much work, as far as it is known.
    pub(super) complexity: &'static str,
}

const OPEN_EFFECT: &str = "not bounded by these measurements";
const OPEN_WORK: &str = "not assessed; needs a look at the code";

/// Words a recommendation.
pub(super) fn advice(record: &RunRecord, recommendation: &Recommendation) -> Advice {
    let evidence = |target: &Judgement| judgement(record, target);
    match &recommendation.action {
        Action::Repair {
            place: scenario,
            what,
            advice,
        } => Advice {
            title: "Make the run valid".to_owned(),
            text: format!(
                "{}{what}. What to do: {advice}.",
                scenario
                    .as_deref()
                    .map_or_else(String::new, |name| format!("In {}: ", place(record, name)))
            ),
            effect: "the targets can be judged".to_owned(),
            complexity: "Low (the plan or the set-up, no code of the system under test)",
        },
        Action::Speed {
            target,
            phase,
            at_most_percent,
        } => Advice {
            title: format!("Speed up `{}` in `{}`", phase.phase, phase.step),
            text: format!(
                "Evidence: {}. {}.",
                evidence(target),
                bottleneck(record, phase)
            ),
            effect: format!(
                "at most {}% less mean service time of `{}`, if the phase took no time at all \
                 (Amdahl's bound on the measured share)",
                percent(*at_most_percent),
                phase.step
            ),
            complexity: OPEN_WORK,
        },
        Action::Locate { target } => Advice {
            title: format!("Find where the time of {} goes", target.label),
            text: format!(
                "Evidence: {}. No phase reported by the server holds enough of this time to name a \
                 place; let the server send `Server-Timing` for it, or profile it.",
                evidence(target)
            ),
            effect: OPEN_EFFECT.to_owned(),
            complexity: OPEN_WORK,
        },
        Action::MendErrors {
            target,
            error,
            failed,
        } => Advice {
            title: format!("Remove the cause of `{}` in `{}`", error.kind, error.step),
            text: format!(
                "Evidence: {}; {} of {failed} failures are of this kind, the first said: {}.",
                evidence(target),
                error.count,
                error.example
            ),
            effect: format!("up to {} failures of {failed} fewer", error.count),
            complexity: OPEN_WORK,
        },
        Action::MoreSamples { targets } => Advice {
            title: match targets.as_slice() {
                [one] => format!("Measure {} longer", one.target.label),
                several => format!("Measure longer for {} targets", several.len()),
            },
            text: format!(
                "Evidence: {}.",
                list(targets.iter().map(|u| undecided(record, u)))
            ),
            effect: "decided verdicts; the system itself does not change".to_owned(),
            complexity: "Low (a number in the scenario)",
        },
        Action::Bring { target } => Advice {
            title: format!("Bring {} to its bound", target.label),
            text: format!("Evidence: {}; {}.", evidence(target), target.reason.text()),
            effect: OPEN_EFFECT.to_owned(),
            complexity: OPEN_WORK,
        },
    }
}

pub(super) fn undecided(record: &RunRecord, undecided: &Undecided) -> String {
    let target = &undecided.target;
    let mut text = format!("{}: {}", judgement(record, target), target.reason.text());
    if let Some(needed) = undecided.needed {
        text += &format!("; if what was seen holds, about {needed} samples decide");
    }
    if let Some(change) = undecided.change {
        text += &format!(" ({})", length_change(change));
    }
    text
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

/// `iterations per user from 10 to 42`.
pub(super) fn length_change(change: LengthChange) -> String {
    match change {
        LengthChange::Iterations { from, to } => format!("iterations per user from {from} to {to}"),
        LengthChange::Seconds { from, to } => format!("duration from {from} s to {to} s"),
    }
}

/// How memory went over the profile.
pub(super) fn memory(record: &RunRecord) -> String {
    let Some(memory) = &record.memory else {
        return "The memory profile was not taken in this run; `steps-perf run` with a profile that \
                has one takes it."
            .to_owned();
    };
    let Some(last) = memory.checkpoints.last() else {
        return "The memory profile holds no checkpoint.".to_owned();
    };
    let held = last.released.as_megabytes() - memory.start.as_megabytes();
    let share = held / memory.start.as_megabytes() * 100.0;
    format!(
        "After {} operations and the settle time {} MB were resident against {} MB at the start \
         ({}). What stays may be data kept on purpose or a leak; this profile does not tell them \
         apart.",
        last.operations,
        megabytes(last.released),
        megabytes(memory.start),
        if share.is_finite() {
            signed_percent(share)
        } else {
            "no basis".to_owned()
        },
    )
}

/// Total time of all scenarios.
pub(super) fn total_duration(record: &RunRecord) -> String {
    let sum = record
        .scenarios
        .iter()
        .map(|scenario| scenario.duration.0)
        .sum();
    duration(crate::units::Micros(sum))
}
