//! Joins the shards of one run into the record that one process would have made.
//!
//! Histograms are added, never averaged, so the result is the same bit for bit. What cannot be joined
//! honestly is refused: a shard that is missing, late, there twice, or from another run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::archive::{ArchiveError, RunEnd, RunRecord};
use super::generator::{Gaps, GeneratorHealth};
use super::histogram::{HistogramError, HistogramRecord, Recording};
use super::load::{
    Accounting, ErrorCount, ScenarioRecord, StageRecord, StepRecord, UserCounts, Window, WindowStep,
};
use super::raw::{IntervalLog, read_interval_log};
use super::resource::ResourceSeries;
use crate::units::{Bytes, Micros};

/// By how much a shard may begin before or after the agreed instant: beyond this its seconds are not
/// the seconds of the others.
pub const LATENESS_LIMIT: SignedDuration = SignedDuration::from_millis(500);

/// Why shards are no run.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// No folder was given.
    #[error("there is nothing to merge; give the folders of all shards")]
    Nothing,
    /// A whole run, or one that was merged already.
    #[error("{folder} is no shard; only runs made with --shard can be merged")]
    NotAShard {
        /// The folder.
        folder: PathBuf,
    },
    /// Of another run.
    #[error("{folder} is of another run: its {what} differs from that of {first}")]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        what: &'static str,
        /// The folder it was compared with.
        first: PathBuf,
    },
    /// There twice.
    #[error("shard {index} is there twice: {folder} and {other}")]
    Duplicate {
        /// Which.
        index: u32,
        /// The one folder.
        folder: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// Not there.
    #[error("of {count} shards {missing:?} are missing; give the folders of all, or run it again")]
    Missing {
        /// Which.
        missing: Vec<u32>,
        /// How many there must be.
        count: u32,
    },
    /// Did not begin with the others.
    #[error(
        "shard {index} began {by} from the agreed instant, over {LATENESS_LIMIT}; give a later --start-at, and see that the machines' clocks agree"
    )]
    Late {
        /// Which.
        index: u32,
        /// By how much.
        by: SignedDuration,
    },
    /// Did not come to its end.
    #[error("shard {index} did not come to its end: {reason}")]
    Unfinished {
        /// Which.
        index: u32,
        /// Why.
        reason: String,
    },
    /// Its parts do not agree.
    #[error("shard {index} does not agree with itself: {what}")]
    Corrupt {
        /// Which.
        index: u32,
        /// What does not.
        what: String,
    },
    /// A histogram cannot be read.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// A shard and the folder it was saved in.
#[derive(Debug, Clone)]
pub struct SavedShard {
    /// The folder.
    pub folder: PathBuf,
    /// Its record.
    pub record: RunRecord,
}

/// Joins shards into one record, named `stamp`, whose interval logs are written below `out`.
///
/// # Errors
/// When the shards are not exactly those of one run.
pub fn merge(
    mut shards: Vec<SavedShard>,
    stamp: &str,
    out: &Path,
) -> Result<RunRecord, MergeError> {
    check(&shards)?;
    shards.sort_by_key(|saved| saved.record.shard.map(|shard| shard.part.index));
    let first = &shards.first().ok_or(MergeError::Nothing)?.record;
    let mut run = first.clone();
    stamp.clone_into(&mut run.stamp);
    run.shard = None;
    run.merged_from = u32::try_from(shards.len()).ok();
    run.started_at = earliest(
        shards.iter().map(|saved| saved.record.started_at),
        run.started_at,
    );
    run.finished_at = shards
        .iter()
        .filter_map(|saved| saved.record.finished_at)
        .max();
    run.scenarios = vec![scenario(&shards, out)?];
    Ok(run)
}

fn earliest(times: impl Iterator<Item = Timestamp>, otherwise: Timestamp) -> Timestamp {
    times.min().unwrap_or(otherwise)
}

fn check(shards: &[SavedShard]) -> Result<(), MergeError> {
    let first = shards.first().ok_or(MergeError::Nothing)?;
    let mut seen: BTreeMap<u32, &PathBuf> = BTreeMap::new();
    let mut count = 0;
    for saved in shards {
        let folder = &saved.folder;
        let Some(shard) = saved.record.shard else {
            return Err(MergeError::NotAShard {
                folder: folder.clone(),
            });
        };
        if let Some(what) = difference(&first.record, &saved.record) {
            return Err(MergeError::Foreign {
                folder: folder.clone(),
                what,
                first: first.folder.clone(),
            });
        }
        let index = shard.part.index;
        if !(1..=shard.part.count).contains(&index) {
            return Err(MergeError::NotAShard {
                folder: folder.clone(),
            });
        }
        if let Some(other) = seen.insert(index, folder) {
            return Err(MergeError::Duplicate {
                index,
                folder: folder.clone(),
                other: other.clone(),
            });
        }
        count = shard.part.count;
        check_end(index, &saved.record)?;
        let began = one_scenario(index, &saved.record)?.started_at;
        let by = began.duration_since(shard.start_at);
        if by.abs() > LATENESS_LIMIT {
            return Err(MergeError::Late { index, by });
        }
    }
    let here: BTreeSet<u32> = seen.into_keys().collect();
    let missing: Vec<u32> = (1..=count).filter(|index| !here.contains(index)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MergeError::Missing { missing, count })
    }
}

/// What tells two shards of the same run from those of different ones.
fn difference(one: &RunRecord, other: &RunRecord) -> Option<&'static str> {
    let of = |record: &RunRecord| record.shard.map(|shard| (shard.part.count, shard.start_at));
    let checks = [
        (
            "plan",
            one.plan_hash == other.plan_hash && one.suite == other.suite,
        ),
        ("seed", one.seed == other.seed),
        ("number of shards or start", of(one) == of(other)),
        (
            "version of steps-perf",
            one.tool.version == other.tool.version && one.tool.commit == other.tool.commit,
        ),
        ("build of steps-perf", one.tool.build == other.tool.build),
        (
            "version of the system under test",
            version(one) == version(other),
        ),
    ];
    checks
        .into_iter()
        .find(|(_, same)| !same)
        .map(|(what, _)| what)
}

fn version(record: &RunRecord) -> Option<&serde_json::Value> {
    record.sut.as_ref().and_then(|sut| sut.version.as_ref())
}

fn check_end(index: u32, record: &RunRecord) -> Result<(), MergeError> {
    let unfinished = |reason: &str| MergeError::Unfinished {
        index,
        reason: reason.to_owned(),
    };
    let scenarios = record.scenarios.iter().map(|scenario| &scenario.end);
    for end in std::iter::once(&record.end).chain(scenarios) {
        match end {
            RunEnd::Complete => {}
            RunEnd::Unfinished => return Err(unfinished("it was cut off")),
            RunEnd::Interrupted => return Err(unfinished("it was interrupted")),
            RunEnd::Failed { reason } => return Err(unfinished(reason)),
        }
    }
    if record.sut.is_none() {
        return Err(unfinished("the system under test never got ready"));
    }
    Ok(())
}

fn one_scenario(index: u32, record: &RunRecord) -> Result<&ScenarioRecord, MergeError> {
    match record.scenarios.as_slice() {
        [one] => Ok(one),
        other => Err(MergeError::Corrupt {
            index,
            what: format!("it has {} scenarios, and a shard has one", other.len()),
        }),
    }
}

fn scenario(shards: &[SavedShard], out: &Path) -> Result<ScenarioRecord, MergeError> {
    let mut parts = Vec::with_capacity(shards.len());
    for (index, saved) in (1..).zip(shards) {
        let part = one_scenario(index, &saved.record)?;
        agrees(index, part, parts.first().copied())?;
        parts.push(part);
    }
    let first = *parts.first().ok_or(MergeError::Nothing)?;
    let started_at = earliest(parts.iter().map(|part| part.started_at), first.started_at);
    let windows = windows(shards, &parts, started_at, out)?;
    let most_at_once = windows.iter().map(|window| window.users).max().unwrap_or(0);
    let sum = |of: fn(&UserCounts) -> u32| parts.iter().map(|part| of(&part.users)).sum::<u32>();
    let count = |of: fn(&Accounting) -> u64| parts.iter().map(|part| of(&part.accounting)).sum();
    let steps = (0..first.steps.len())
        .map(|place| {
            let same: Vec<&StepRecord> = parts.iter().map(|part| &part.steps[place]).collect();
            step(&same)
        })
        .collect::<Result<_, _>>()?;
    let lateness: Vec<_> = parts.iter().map(|part| &part.lateness).collect();
    Ok(ScenarioRecord {
        name: first.name.clone(),
        started_at,
        duration: parts
            .iter()
            .map(|part| part.duration)
            .max()
            .unwrap_or_default(),
        end: RunEnd::Complete,
        warm_up_requests: parts.iter().map(|part| part.warm_up_requests).sum(),
        users: UserCounts {
            planned: sum(|users| users.planned),
            started: sum(|users| users.started),
            finished: sum(|users| users.finished),
            lost: sum(|users| users.lost),
            // Peaks of different shards need not have been at the same time; users at the end of the
            // same second were.
            peak: parts
                .iter()
                .map(|part| part.users.peak)
                .chain([most_at_once])
                .max()
                .unwrap_or(0),
        },
        accounting: Accounting {
            scheduled: count(|counts| counts.scheduled),
            completed: count(|counts| counts.completed),
            failed: count(|counts| counts.failed),
            in_flight: count(|counts| counts.in_flight),
            unsent: count(|counts| counts.unsent),
        },
        steps,
        windows,
        stages: stages(&parts)?,
        errors: errors(&parts),
        server: parts.iter().find_map(|part| part.server.clone()),
        // Several generators have no sum; the one that worked hardest is the one in question.
        generator: busiest(&parts).unwrap_or_else(|| first.generator.clone()),
        lateness: HistogramRecord::merge(&lateness)?,
        censored: censored(&parts)?,
        // Arrivals are one schedule and have no shards.
        arrivals: None,
        health: health(&parts)?,
    })
}

fn agrees(
    index: u32,
    part: &ScenarioRecord,
    first: Option<&ScenarioRecord>,
) -> Result<(), MergeError> {
    let corrupt = |what: String| MergeError::Corrupt { index, what };
    if let Some(first) = first {
        let names = |scenario: &ScenarioRecord| -> Vec<(String, String)> {
            let name = |step: &StepRecord| (step.step.clone(), step.endpoint.clone());
            scenario.steps.iter().map(name).collect()
        };
        if part.name != first.name || names(part) != names(first) {
            return Err(corrupt("its scenario or steps are others".to_owned()));
        }
    }
    for window in &part.windows {
        if window.steps.len() != part.steps.len() {
            return Err(corrupt(format!(
                "second {} has {} steps of {}",
                window.second,
                window.steps.len(),
                part.steps.len()
            )));
        }
    }
    for step in &part.steps {
        if step.response.decode()?.len() != step.completed {
            return Err(corrupt(format!(
                "step {} counted {} requests and its histogram another number",
                step.step, step.completed
            )));
        }
    }
    Ok(())
}

fn step(parts: &[&StepRecord]) -> Result<StepRecord, MergeError> {
    let first = *parts.first().ok_or(MergeError::Nothing)?;
    let merged = |of: fn(&StepRecord) -> &HistogramRecord| {
        let records: Vec<&HistogramRecord> = parts.iter().map(|part| of(part)).collect();
        HistogramRecord::merge(&records)
    };
    let bytes = |of: fn(&StepRecord) -> Bytes| Bytes(parts.iter().map(|part| of(part).0).sum());
    let names: BTreeSet<&String> = parts.iter().flat_map(|part| part.phases.keys()).collect();
    let mut phases = BTreeMap::new();
    for name in names {
        let same: Vec<&HistogramRecord> = parts
            .iter()
            .filter_map(|part| part.phases.get(name))
            .collect();
        phases.insert(name.clone(), HistogramRecord::merge(&same)?);
    }
    Ok(StepRecord {
        step: first.step.clone(),
        endpoint: first.endpoint.clone(),
        completed: parts.iter().map(|part| part.completed).sum(),
        failed: parts.iter().map(|part| part.failed).sum(),
        response: merged(|part| &part.response)?,
        service: merged(|part| &part.service)?,
        queue: merged(|part| &part.queue)?,
        first_byte: merged(|part| &part.first_byte)?,
        failed_response: merged(|part| &part.failed_response)?,
        sent: bytes(|part| part.sent),
        received: bytes(|part| part.received),
        phases,
    })
}

/// Percentiles of a second come from the histograms of that second, which are in the interval logs.
fn windows(
    shards: &[SavedShard],
    parts: &[&ScenarioRecord],
    started_at: Timestamp,
    out: &Path,
) -> Result<Vec<Window>, MergeError> {
    let first = *parts.first().ok_or(MergeError::Nothing)?;
    let names: Vec<String> = first.steps.iter().map(|step| step.step.clone()).collect();
    let mut log = IntervalLog::create(out, &first.name, &names, started_at)?;
    let mut seconds: BTreeMap<u32, Vec<Recording>> = BTreeMap::new();
    for saved in shards {
        for (place, name) in names.iter().enumerate() {
            for interval in read_interval_log(&saved.folder, &first.name, name)? {
                let second = u32::try_from(interval.second).unwrap_or(u32::MAX);
                let steps = seconds
                    .entry(second)
                    .or_insert_with(|| vec![Recording::growing(); names.len()]);
                if let Some(recording) = steps.get_mut(place) {
                    recording.merge_histogram(&interval.times);
                }
            }
        }
    }
    let last = parts
        .iter()
        .filter_map(|part| part.windows.last())
        .map(|window| window.second)
        .max();
    let mut windows = Vec::new();
    for second in last.map_or(0..0, |last| 0..last + 1) {
        let same: Vec<&Window> = parts
            .iter()
            .filter_map(|part| part.windows.iter().find(|window| window.second == second))
            .collect();
        let mut steps = Vec::with_capacity(names.len());
        for place in 0..names.len() {
            let of: Vec<&WindowStep> = same.iter().map(|window| &window.steps[place]).collect();
            let recording = seconds.get(&second).and_then(|steps| steps.get(place));
            let held = recording.map_or(0, Recording::count);
            let merged = window_step(&of, recording);
            if held != merged.completed {
                return Err(MergeError::Corrupt {
                    index: 0,
                    what: format!(
                        "the interval logs hold {held} requests of step {} in second {second}, and \
                         the records count {}; copy the shards' folders whole",
                        names[place], merged.completed
                    ),
                });
            }
            if let Some(recording) = recording.filter(|recording| !recording.is_empty()) {
                log.write(place, second, recording.histogram())?;
            }
            steps.push(merged);
        }
        windows.push(Window {
            second,
            users: same.iter().map(|window| window.users).sum(),
            steps,
        });
    }
    log.finish()?;
    Ok(windows)
}

fn window_step(parts: &[&WindowStep], times: Option<&Recording>) -> WindowStep {
    let max = parts.iter().filter_map(|part| part.max).max();
    // Histograms of seconds know buckets only; the largest is known exactly.
    let quantile = |q| {
        let micros = times?.quantile(q)?;
        Some(Micros(max.map_or(micros, |max| micros.min(max.0))))
    };
    WindowStep {
        completed: parts.iter().map(|part| part.completed).sum(),
        failed: parts.iter().map(|part| part.failed).sum(),
        sum: Micros(parts.iter().map(|part| part.sum.0).sum()),
        p50: quantile(0.5),
        p95: quantile(0.95),
        max,
    }
}

/// Parts of the measured phase are the same in all shards, because their plans are.
fn stages(parts: &[&ScenarioRecord]) -> Result<Vec<StageRecord>, MergeError> {
    let first = *parts.first().ok_or(MergeError::Nothing)?;
    let mut stages = Vec::with_capacity(first.stages.len());
    for stage in &first.stages {
        let mut same = Vec::with_capacity(parts.len());
        for (index, part) in (1..).zip(parts) {
            let found = part.stages.iter().find(|other| {
                other.span == stage.span && other.response.len() == stage.response.len()
            });
            same.push(found.ok_or(MergeError::Corrupt {
                index,
                what: "it lacks a part of the measured phase".to_owned(),
            })?);
        }
        let response = (0..stage.response.len())
            .map(|place| {
                let records: Vec<_> = same.iter().map(|stage| &stage.response[place]).collect();
                HistogramRecord::merge(&records)
            })
            .collect::<Result<_, _>>()?;
        stages.push(StageRecord {
            span: stage.span,
            response,
        });
    }
    Ok(stages)
}

fn errors(parts: &[&ScenarioRecord]) -> Vec<ErrorCount> {
    let mut errors: BTreeMap<(String, String), ErrorCount> = BTreeMap::new();
    for error in parts.iter().flat_map(|part| &part.errors) {
        errors
            .entry((error.step.clone(), error.kind.clone()))
            .and_modify(|known| known.count += error.count)
            .or_insert_with(|| error.clone());
    }
    let mut errors: Vec<ErrorCount> = errors.into_values().collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.count));
    errors
}

/// Requests that were open at the end, where every shard counted them.
fn censored(parts: &[&ScenarioRecord]) -> Result<Option<HistogramRecord>, MergeError> {
    let records: Option<Vec<_>> = parts.iter().map(|part| part.censored.as_ref()).collect();
    let merged = records.map(|records| HistogramRecord::merge(&records));
    Ok(merged.transpose()?)
}

/// What happened to one generator happened to the run: gaps add up, and the worst step counts.
fn health(parts: &[&ScenarioRecord]) -> Result<Option<GeneratorHealth>, MergeError> {
    let all: Option<Vec<&GeneratorHealth>> =
        parts.iter().map(|part| part.health.as_ref()).collect();
    let Some(all) = all else {
        return Ok(None);
    };
    let wakes: Vec<_> = all.iter().map(|health| &health.wakes).collect();
    let gaps = |of: fn(&GeneratorHealth) -> Gaps| {
        all.iter().fold(Gaps::default(), |sum, health| {
            let one = of(health);
            Gaps {
                count: sum.count + one.count,
                total: Micros(sum.total.0.saturating_add(one.total.0)),
                longest: sum.longest.max(one.longest),
            }
        })
    };
    Ok(Some(GeneratorHealth {
        wakes: HistogramRecord::merge(&wakes)?,
        stood_still: gaps(|health| health.stood_still),
        starved: gaps(|health| health.starved),
        clock_step: all
            .iter()
            .map(|health| health.clock_step)
            .max()
            .unwrap_or_default(),
        descriptor_limit: all
            .iter()
            .filter_map(|health| health.descriptor_limit)
            .min(),
        without_descriptor: all.iter().map(|health| health.without_descriptor).sum(),
        without_port: all.iter().map(|health| health.without_port).sum(),
    }))
}

fn busiest(parts: &[&ScenarioRecord]) -> Option<ResourceSeries> {
    let used = |series: &ResourceSeries| -> Option<f64> {
        let (first, last) = (series.samples.first()?, series.samples.last()?);
        let time = last.at.0.checked_sub(first.at.0).filter(|time| *time > 0)?;
        let cpu = last.cpu.0.saturating_sub(first.cpu.0) as f64;
        Some(cpu / time as f64 / f64::from(series.cores.max(1)))
    };
    parts
        .iter()
        .filter_map(|part| Some((used(&part.generator)?, &part.generator)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, series)| series.clone())
}
