//! Was the generator the limit? Then its own weakness was measured, and the run says nothing of the
//! system under test.
//!
//! Each rule names one cause. Where the system itself was too slow for the load, users are busy and
//! arrivals wait too; that is a result and no fault, so want of users is held against the generator
//! only when iterations took no longer in the crowd than with the system at ease.

use super::distribution::Distribution;
use super::figure::average_cpu;
use super::validity::{Cause, CauseKind};
use crate::measurement::generator::{ArrivalRecord, GeneratorHealth};
use crate::measurement::histogram::HistogramRecord;
use crate::measurement::load::ScenarioRecord;

/// Generator CPU, in percent of all cores it may use, from which on it may be what was measured.
pub const GENERATOR_CPU_LIMIT: f64 = 50.0;

/// Lateness of users that wake from pauses at p99, in milliseconds, from which on the generator may
/// be what was measured.
pub const GENERATOR_LATENESS_LIMIT: f64 = 10.0;

/// Lateness of arrivals at p99, in milliseconds, that is always allowed.
pub const ARRIVAL_LATENESS_LIMIT: f64 = 2.0;

/// Lateness of arrivals at p99, in percent of the response time at p99, that is always allowed: it
/// is a part of that time.
pub const ARRIVAL_LATENESS_SHARE: f64 = 5.0;

/// A stop of the whole program, in milliseconds, that may not go unnoticed.
pub const STOP_LIMIT: f64 = 100.0;

/// A step of the wall clock, in milliseconds, that is no mere correction.
pub const CLOCK_STEP_LIMIT: f64 = 100.0;

/// Share of the time, in percent, in which the generator may lack a processor for long.
pub const STARVED_LIMIT: f64 = 10.0;

/// Share of arrivals, in percent, that may find no idle user.
pub const BACKLOG_LIMIT: f64 = 1.0;

/// By which factor iterations take longer in the crowd where the system is the limit.
pub const CROWDED_FACTOR: f64 = 1.5;

/// What the generator itself did wrong.
#[must_use]
pub fn causes(record: &ScenarioRecord) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(health) = &record.health {
        causes.extend(of_means(health));
        causes.extend(of_clocks(health));
    }
    let stopped = causes
        .iter()
        .any(|cause| cause.kind == CauseKind::GeneratorStopped);
    // Whatever was late in a stop was late because of it.
    if !stopped {
        causes.extend(of_lateness(record));
    }
    if let Some(arrivals) = &record.arrivals
        && causes.is_empty()
    {
        causes.extend(of_pool(record, arrivals));
    }
    causes
}

fn of_means(health: &GeneratorHealth) -> Vec<Cause> {
    let mut causes = Vec::new();
    if health.without_descriptor > 0 {
        let limit = health
            .descriptor_limit
            .map_or_else(String::new, |limit| format!(" (the limit is {limit})"));
        causes.push(Cause::new(
            CauseKind::Descriptors,
            format!(
                "{} requests were not sent because the generator had no descriptor left{limit}",
                health.without_descriptor
            ),
            "raise the limit with `ulimit -n` before the run, or lower the number of users",
        ));
    }
    if health.without_port > 0 {
        causes.push(Cause::new(
            CauseKind::Connections,
            format!(
                "{} requests were not sent because this machine had no local port left",
                health.without_port
            ),
            "keep connections open, widen net.ipv4.ip_local_port_range, or lower the number of users",
        ));
    }
    causes
}

fn of_clocks(health: &GeneratorHealth) -> Vec<Cause> {
    let mut causes = Vec::new();
    let longest = health.stood_still.longest.as_millis();
    if longest >= STOP_LIMIT {
        causes.push(Cause::new(
            CauseKind::GeneratorStopped,
            format!("the generator stood still for {longest:.0} ms without waiting for a processor"),
            "let nothing stop it (SIGSTOP, Ctrl-Z, a debugger, a machine that is suspended) and measure again",
        ));
    }
    let step = health.clock_step.as_millis();
    if step >= CLOCK_STEP_LIMIT {
        causes.push(Cause::new(
            CauseKind::Clock,
            format!("the machine's clock was set by {step:.0} ms during the run"),
            "let the clock be adjusted in small steps (chrony, ntpd) and measure again",
        ));
    }
    causes
}

fn of_lateness(record: &ScenarioRecord) -> Option<Cause> {
    let cpu = average_cpu(&record.generator);
    let busy = cpu.is_some_and(|cpu| cpu >= GENERATOR_CPU_LIMIT);
    let late = p99(&record.lateness);
    let said = late.map_or_else(
        || "no user was idle when an arrival came due".to_owned(),
        |late| format!("it was {late:.1} ms late at p99 with users idle"),
    );
    let Some(arrivals) = &record.arrivals else {
        return (busy && late.is_some_and(|late| late >= GENERATOR_LATENESS_LIMIT))
            .then(|| of_own_cpu(cpu, &said));
    };
    let starved = record.health.as_ref().map_or(0.0, |health| {
        let time = record.duration.as_secs().max(1e-6);
        health.starved.total.as_secs() / time * 100.0
    });
    let response = record
        .steps
        .iter()
        .filter_map(|step| p99(&step.response))
        .fold(0.0, f64::max);
    let allowed = ARRIVAL_LATENESS_LIMIT.max(response * ARRIVAL_LATENESS_SHARE / 100.0);
    let too_late = late.is_some_and(|late| late > allowed);
    if busy && (too_late || is_backlogged(arrivals)) {
        return Some(of_own_cpu(cpu, &said));
    }
    (too_late || starved >= STARVED_LIMIT).then(|| {
        Cause::new(
            CauseKind::GeneratorStarved,
            format!(
                "the generator lacked a processor: {said} ({allowed:.1} ms are allowed), and for \
                 {starved:.0} % of the time it waited in gaps of 20 ms and more"
            ),
            "leave a core to the generator: end other programs, move the server to other cores or another machine",
        )
    })
}

fn of_own_cpu(cpu: Option<f64>, said: &str) -> Cause {
    Cause::new(
        CauseKind::Generator,
        format!(
            "the generator was the limit: it used {:.0} % of all cores, and {said}",
            cpu.unwrap_or_default()
        ),
        "lower the load, lengthen the pauses, or run the generator on another machine",
    )
}

fn of_pool(record: &ScenarioRecord, arrivals: &ArrivalRecord) -> Option<Cause> {
    if !is_backlogged(arrivals) {
        return None;
    }
    let crowded = arrivals.crowded.mean()?;
    let calm = arrivals.calm.mean().unwrap_or(crowded);
    (crowded < calm * CROWDED_FACTOR).then(|| {
        Cause::new(
            CauseKind::PoolExhausted,
            format!(
                "{} of {} arrivals found none of the {} users idle, though the system was not slower \
                 then ({:.1} ms against {:.1} ms an iteration)",
                arrivals.backlogged,
                arrivals.begun,
                record.users.planned,
                crowded / 1_000.0,
                calm / 1_000.0
            ),
            "raise `users`: it takes the highest rate times the longest time of an iteration",
        )
    })
}

fn is_backlogged(arrivals: &ArrivalRecord) -> bool {
    arrivals.backlogged as f64 > arrivals.begun as f64 * BACKLOG_LIMIT / 100.0
}

/// In milliseconds; none without samples.
fn p99(record: &HistogramRecord) -> Option<f64> {
    let micros = Distribution::merge([record]).ok()?.quantile(0.99)?;
    Some(micros / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::generator::{Gaps, MeanTime};
    use crate::measurement::histogram::Recording;
    use crate::measurement::sample;
    use crate::units::Micros;

    fn times(micros: u64, count: u64) -> HistogramRecord {
        let mut recording = Recording::latencies();
        (0..count).for_each(|_| recording.record(micros));
        recording.to_record().unwrap()
    }

    fn mean(millis: u64) -> MeanTime {
        MeanTime {
            count: 10,
            sum: Micros(millis * 10_000),
        }
    }

    /// An open scenario that is well in all respects.
    fn healthy() -> ScenarioRecord {
        let mut record = sample::run().scenarios.remove(0);
        record.lateness = times(60, 1_000);
        record.arrivals = Some(ArrivalRecord {
            scheduled: 1_000,
            begun: 1_000,
            backlogged: 0,
            backlog: times(0, 0),
            pacing: times(50, 1_000),
            span: Micros(9_990_000),
            taken_span: Some(Micros(9_990_000)),
            calm: mean(20),
            crowded: MeanTime::default(),
        });
        record.health = Some(GeneratorHealth {
            wakes: times(70, 2_000),
            stood_still: Gaps::default(),
            starved: Gaps::default(),
            clock_step: Micros(40),
            descriptor_limit: Some(1_024),
            without_descriptor: 0,
            without_port: 0,
        });
        record
    }

    fn kinds(change: impl FnOnce(&mut ScenarioRecord)) -> Vec<CauseKind> {
        let mut record = healthy();
        change(&mut record);
        causes(&record)
            .into_iter()
            .map(|cause| cause.kind)
            .collect()
    }

    fn health(record: &mut ScenarioRecord) -> &mut GeneratorHealth {
        record.health.as_mut().unwrap()
    }

    #[test]
    fn a_healthy_generator_has_no_cause() {
        assert_eq!(kinds(|_| ()), []);
    }

    #[test]
    fn each_fault_has_its_own_cause() {
        assert_eq!(
            kinds(|record| health(record).without_descriptor = 3),
            [CauseKind::Descriptors]
        );
        assert_eq!(
            kinds(|record| health(record).without_port = 3),
            [CauseKind::Connections]
        );
        assert_eq!(
            kinds(|record| health(record).clock_step = Micros(3_000_000)),
            [CauseKind::Clock]
        );
        // In a stop everything is late, and the stop is the cause of it.
        assert_eq!(
            kinds(|record| {
                health(record).stood_still.add(Micros(400_000));
                record.lateness = times(400_000, 100);
            }),
            [CauseKind::GeneratorStopped]
        );
        assert_eq!(
            kinds(|record| record.lateness = times(400_000, 100)),
            [CauseKind::GeneratorStarved]
        );
    }

    #[test]
    fn a_pool_is_too_small_only_if_the_system_was_at_ease() {
        let crowded = |millis| {
            kinds(|record| {
                let arrivals = record.arrivals.as_mut().unwrap();
                arrivals.backlogged = 500;
                arrivals.crowded = mean(millis);
            })
        };
        assert_eq!(crowded(21), [CauseKind::PoolExhausted]);
        // The system took five times as long in the crowd: it was the limit.
        assert_eq!(crowded(100), []);
    }
}
