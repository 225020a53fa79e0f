//! Conducts one phase: lets the users go, keeps the clock, and ends it when time is up, when the
//! user says so, or when the system under test is gone.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::attack::{self, Act, Label};
use super::script::Script;
use super::user;
use crate::measurement::raw::GeneratorRow;

/// How long an answer is waited for after the deadline.
const GRACE: Duration = Duration::from_secs(1);
/// The same after the user's wish to stop.
const SHORT_GRACE: Duration = Duration::from_millis(500);
/// How long users may take for their tear-down when time is up.
const TEARDOWN: Duration = Duration::from_secs(5);
/// How long the load generator may take to notice that its users are gone.
const GENERATOR_END: Duration = Duration::from_secs(10);
/// A second is looked at this much after its end, when its last answers are recorded.
const AFTER_SECOND: Duration = Duration::from_millis(250);

/// When a phase ends at the latest.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    /// Users iterate for so long.
    Lasts(Duration),
    /// Users have so much to do; what is left then is not sent.
    Deadline(Duration),
}

/// Why a phase ended before its work was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// The user stopped it.
    Interrupted,
    /// It could not go on.
    Failed(String),
}

/// A point in a phase that somebody may want to know of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    /// The users are let go.
    Begun(Instant),
    /// This second since the start is over, and its answers are recorded.
    Second(u32),
    /// The last user is gone.
    Ended,
}

/// How a phase went.
#[derive(Debug)]
pub(super) struct Conducted {
    /// What cut it short.
    pub(super) broken: Option<Broken>,
    /// The load generator's own statistics.
    pub(super) rows: Vec<GeneratorRow>,
}

/// What a phase has to watch beside its users.
pub(super) struct Watch<'a> {
    /// The user wants to stop.
    pub(super) interrupt: &'a CancellationToken,
    /// Says how the system under test ended, if it does.
    pub(super) death: Box<dyn Future<Output = String> + Send + Unpin + 'a>,
}

/// Runs the script's users to their end.
pub(super) async fn conduct(
    script: &Arc<Script>,
    label: Label<'_>,
    limit: Limit,
    mut watch: Watch<'_>,
    observe: &mut (dyn FnMut(Moment) + Send),
) -> Conducted {
    let spare = spare_descriptors();
    let act: Act = {
        let script = Arc::clone(script);
        Arc::new(move |number, seat| {
            let script = Arc::clone(&script);
            Box::pin(async move { user::act(&script, number, seat).await })
        })
    };
    let attack = attack::launch(script.load.users, &script.to, label, act);
    let mut attack = std::pin::pin!(attack);
    let mut launched = None;
    let mut gone = std::pin::pin!(script.heartbeat.all_gone());
    let mut fault = std::pin::pin!(script.reins.fault());
    let mut opened = std::pin::pin!(script.reins.opened());
    let mut clock = Clock {
        start: None,
        second: 0,
        limit,
        stop_at: None,
        cut_at: None,
    };
    let mut broken: Option<Broken> = None;
    let mut is_open = false;
    while launched.is_none() {
        let next = clock.next();
        tokio::select! {
            biased;
            () = &mut gone => break,
            start = &mut opened, if !is_open => {
                is_open = true;
                if let Some(start) = start {
                    script.recorder.begin(start);
                    clock.start = Some(start);
                    observe(Moment::Begun(start));
                    if let Some(desk) = &script.arrivals
                        && let Err(error) = desk.pacer.begin(start)
                    {
                        script.reins.report_fault(format!(
                            "the thread that keeps the times of arrivals cannot be started: {error}"
                        ));
                    }
                }
            }
            () = watch.interrupt.cancelled(), if broken.is_none() => {
                broken = Some(Broken::Interrupted);
                script.reins.stop();
                clock.cut_in(SHORT_GRACE);
            }
            said = &mut watch.death, if broken.is_none() => {
                broken = Some(Broken::Failed(format!("the system under test {said}")));
                script.reins.cut();
            }
            fault = &mut fault, if broken.is_none() => {
                broken = Some(Broken::Failed(fault));
                script.reins.stop();
                clock.cut_in(GRACE);
            }
            result = &mut attack => launched = Some(result),
            () = tokio::time::sleep_until(next.into()) => clock.strike(script, observe),
        }
    }
    if let Some(desk) = &script.arrivals {
        desk.note_end(Instant::now());
    }
    observe(Moment::Ended);
    // The users are gone; the generator itself looks up twice a second.
    let result = match launched {
        Some(result) => result.map_err(|error| error.to_string()),
        None => match tokio::time::timeout(GENERATOR_END, attack).await {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err("the load generator did not end after its last user".to_owned()),
        },
    };
    drop(spare);
    let rows = result.unwrap_or_else(|reason| {
        broken.get_or_insert(Broken::Failed(reason));
        Vec::new()
    });
    Conducted { broken, rows }
}

/// Descriptors that are kept from the users: connections may take all that are left, and then what
/// was measured could not be saved.
fn spare_descriptors() -> Vec<std::fs::File> {
    const SPARE: usize = 12;
    (0..SPARE)
        .map_while(|_| std::fs::File::open("/dev/null").ok())
        .collect()
}

struct Clock {
    start: Option<Instant>,
    /// The second that is looked at next.
    second: u32,
    limit: Limit,
    stop_at: Option<Instant>,
    cut_at: Option<Instant>,
}

impl Clock {
    /// The next instant at which something is to be done.
    fn next(&self) -> Instant {
        let far = Instant::now() + Duration::from_secs(3_600);
        let Some(start) = self.start else {
            return self.cut_at.unwrap_or(far);
        };
        let limit = match (self.limit, self.stop_at) {
            (Limit::Lasts(time) | Limit::Deadline(time), None) => Some(start + time),
            (_, stop_at) => stop_at,
        };
        [Some(self.second_due(start)), limit, self.cut_at]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(far)
    }

    fn second_due(&self, start: Instant) -> Instant {
        start + Duration::from_secs(u64::from(self.second) + 1) + AFTER_SECOND
    }

    fn cut_in(&mut self, grace: Duration) {
        self.cut_at.get_or_insert(Instant::now() + grace);
    }

    /// Does what is due by now.
    fn strike(&mut self, script: &Script, observe: &mut (dyn FnMut(Moment) + Send)) {
        let now = Instant::now();
        if self.cut_at.is_some_and(|at| at <= now) {
            script.reins.cut();
            // Nothing is waited for any more; the users leave.
            self.cut_at = Some(now + Duration::from_secs(3_600));
        }
        let Some(start) = self.start else { return };
        match (self.limit, self.stop_at) {
            (Limit::Deadline(time), None) if start + time <= now => {
                script.reins.stop();
                self.cut_in(GRACE);
                self.stop_at = Some(now + Duration::from_secs(3_600));
            }
            (Limit::Lasts(time), None) if start + time <= now => {
                script.reins.wind_down();
                self.stop_at = Some(now + TEARDOWN);
            }
            (Limit::Lasts(_), Some(at)) if at <= now => {
                script.reins.stop();
                self.cut_in(GRACE);
                self.stop_at = Some(now + Duration::from_secs(3_600));
            }
            _ => {}
        }
        while self.second_due(start) <= now {
            observe(Moment::Second(self.second));
            self.second += 1;
        }
    }
}

#[cfg(test)]
mod tests;
