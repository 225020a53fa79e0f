//! The words of the lines: how a scenario stands, and what happened.

use crate::event::{Ending, Event, Tick};
use crate::report::{filters, number};
use crate::units::Micros;

/// `0:12 of 1:00, 50 users, 240/s, p95 18.2 ms, no errors, 2,410 of 3,000 done`: what matters most
/// first, because the end may be cut off.
pub(super) fn standing(tick: &Tick) -> String {
    let whole = Micros(tick.elapsed.0.saturating_add(tick.left.0));
    let p95 = tick.p95.map_or_else(
        || "no p95".to_owned(),
        |p95| format!("p95 {}", latency(p95)),
    );
    let done = number::count(tick.completed + tick.failed);
    let done = tick.planned.map_or_else(
        || format!("{done} done"),
        |planned| format!("{done} of {} done", number::count(planned)),
    );
    format!(
        "{} of {}, {}, {}/s, {p95}, {}, {done}",
        number::clock(tick.elapsed),
        number::clock(whole),
        plural(u64::from(tick.users), "user"),
        filters::number(tick.rate),
        errors(tick.failed),
    )
}

fn errors(count: u64) -> String {
    if count == 0 {
        "no errors".to_owned()
    } else {
        plural(count, "error")
    }
}

pub(super) fn plural(count: u64, thing: &str) -> String {
    format!(
        "{} {thing}{}",
        number::count(count),
        if count == 1 { "" } else { "s" }
    )
}

fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Complete => String::new(),
        Ending::Interrupted => ", interrupted".to_owned(),
        Ending::Failed { reason } => format!(", FAILED: {reason}"),
    }
}

/// In milliseconds.
fn latency(time: Micros) -> String {
    format!("{} ms", filters::number(time.as_millis()))
}

/// The line of an event that stays on the screen.
pub(super) fn lasting(event: &Event) -> String {
    match event {
        Event::RunStarted {
            stamp,
            directory,
            scenarios,
        } => {
            let scenarios = plural(u64::from(*scenarios), "scenario");
            format!("run {stamp}: {scenarios}, saved in {}", directory.display())
        }
        Event::Connected {
            url,
            pid,
            ready_after,
            version,
        } => {
            let version = version
                .as_deref()
                .map_or_else(String::new, |v| format!(", {v}"));
            let after = ready_after.map_or_else(String::new, |after| {
                format!(", ready after {}", latency(after))
            });
            let seen = if pid.is_some() {
                ""
            } else {
                ", its CPU and memory cannot be seen from here"
            };
            format!("connected to {url}{version}{after}{seen}")
        }
        Event::ScenarioEnded {
            duration,
            completed,
            failed,
            ending: how,
            ..
        } => {
            let requests = plural(completed + failed, "request");
            let duration = number::clock(*duration);
            format!(
                "      {requests} in {duration}, {}{}",
                errors(*failed),
                ending(how)
            )
        }
        Event::MemoryRead { label, resident } => {
            format!("      {label}: {} MB", filters::megabytes(*resident))
        }
        Event::BenchEnded { functions } => {
            format!(
                "benchmarks: {} measured",
                plural(u64::from(*functions), "function")
            )
        }
        Event::Skipped { part, reason } => format!("left out: {part} ({reason})"),
        Event::Warning { text } => format!("warning: {text}"),
        Event::RunEnded {
            directory,
            ending: how,
        } => {
            format!("run saved in {}{}", directory.display(), ending(how))
        }
        Event::Building { .. }
        | Event::Connecting { .. }
        | Event::ScenarioStarted { .. }
        | Event::Measuring { .. }
        | Event::Tick(_)
        | Event::MemoryStarted
        | Event::BenchStarted { .. }
        | Event::Saved { .. } => String::new(),
    }
}
