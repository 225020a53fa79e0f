//! One user of a phase at work.
//!
//! In a closed model a request is due when the user is ready for it: when its pause really ended, or
//! when it has done with the answer before. In an open one the first request of an iteration is due
//! when the schedule says so, whether or not a user could take it then. A user whose set-up fails has nothing to work with and leaves. A request
//! that needs a value which an earlier answer did not give is withheld, not guessed.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::desk::ArrivalDesk;
use super::exchange::{Exchange, Failure};
use super::heartbeat::Pulse;
use super::pacer::Arrival;
use super::recorder::Sample;
use super::reins::Reins;
use super::script::{Chance, Script};
use super::step::Seat;
use super::variables::Variables;

/// How long a user waits after an iteration in which it could send nothing: there is no answer that
/// would slow it down.
const IDLE_PAUSE: Duration = Duration::from_millis(10);

/// Does the work of one user from its launch to its end. A panic ends this user and no other.
pub(super) async fn act(script: &Script, number: u32, seat: Seat<'_>) {
    let pulse = script.heartbeat.launch();
    if script.arrivals.is_none() && number + 1 >= script.load.users {
        // The last one is there.
        script.reins.open(Instant::now());
    }
    contain(&script.reins, number, work(script, number, seat, pulse)).await;
}

/// Lets a panic end this user and no other: the load generator would wait for it for ever.
pub(super) async fn contain(reins: &Reins, number: u32, work: impl Future<Output = ()>) {
    let Err(cause) = AssertUnwindSafe(work).catch_unwind().await else {
        return;
    };
    let said = cause
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    reins.note(format!("user {} panicked and is lost: {said}", number + 1));
}

async fn work(script: &Script, number: u32, seat: Seat<'_>, mut pulse: Pulse<'_>) {
    if let Some(desk) = &script.arrivals {
        pulse.begin();
        User::new(script, number, seat).serve(desk).await;
        pulse.finish();
        return;
    }
    let Some(start) = script.reins.opened().await else {
        return;
    };
    let offset = f64::from(number) / script.load.ramp_per_second;
    let begin = start + Duration::try_from_secs_f64(offset).unwrap_or(Duration::MAX / 4);
    if number > 0 && !wait_until(script, number, begin).await {
        return;
    }
    pulse.begin();
    User::new(script, number, seat).work().await;
    pulse.finish();
}

/// Waits for an instant, and records how late it woke; false if time is up before.
async fn wait_until(script: &Script, number: u32, instant: Instant) -> bool {
    tokio::select! {
        biased;
        () = script.reins.over() => false,
        () = tokio::time::sleep_until(instant.into()) => {
            script.recorder.late(number, instant.elapsed());
            true
        }
    }
}

struct User<'a> {
    script: &'a Script,
    number: u32,
    seat: Seat<'a>,
    variables: Variables,
    pauses: ChaCha8Rng,
}

/// What became of one request, as far as the user is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    Well,
    Badly,
    /// Not sent, for want of a value.
    Nowhere,
    /// The phase was stopped.
    Stopped,
}

impl<'a> User<'a> {
    fn new(script: &'a Script, number: u32, seat: Seat<'a>) -> Self {
        Self {
            script,
            number,
            seat,
            variables: Variables::new(
                script.first_user + number,
                script.shift,
                &script.run,
                &script.feeds,
            ),
            pauses: script.chance(number, Chance::Pauses),
        }
    }

    /// In a closed model.
    async fn work(&mut self) {
        if self.set_up().await {
            self.iterate(self.script.places().0).await;
            self.tear_down().await;
        }
    }

    /// In an open model: set-up, then one arrival after the other until there are no more.
    async fn serve(&mut self, desk: &ArrivalDesk) {
        let script = self.script;
        let set_up = desk.set_up(&script.reins);
        let is_ready = self.set_up().await;
        drop(set_up);
        if !is_ready || script.reins.opened().await.is_none() {
            return;
        }
        let mut before = None;
        while let Some(arrival) = desk.pacer.take(&script.reins).await {
            let iteration = desk.begin(arrival, before.take());
            if arrival.found_idle_user {
                script.recorder.late(self.number, arrival.due.elapsed());
            }
            if !self.attend(arrival).await {
                return;
            }
            before = Some(iteration.end());
        }
        self.tear_down().await;
    }

    /// The iteration of an arrival, of which the first request was due when the arrival was; false
    /// if the phase was stopped.
    async fn attend(&mut self, arrival: Arrival) -> bool {
        let script = self.script;
        let first_step = script.places().0;
        let number = u32::try_from(arrival.number).unwrap_or(u32::MAX);
        self.variables.begin_arrival(arrival.number);
        let mut due = Some(arrival.due);
        let mut picks = script.chance_of_arrival(arrival.number);
        for place in script.picks(number, &mut picks) {
            let step = &script.steps[place];
            for _ in 0..step.repeat {
                self.variables.begin_request(due.is_some());
                let at = due.take().unwrap_or_else(Instant::now);
                if self.request(first_step + place, step, at).await == Went::Stopped {
                    return false;
                }
            }
        }
        true
    }

    /// False if the user has nothing to work with.
    async fn set_up(&mut self) -> bool {
        let script = self.script;
        for (place, step) in script.setup.iter().enumerate() {
            for _ in 0..step.repeat {
                match self.request(place, step, Instant::now()).await {
                    Went::Well => {}
                    Went::Stopped => return false,
                    Went::Badly | Went::Nowhere => {
                        script.reins.note(format!(
                            "user {} ended before its first iteration: its set-up step `{}` failed",
                            self.number + 1,
                            step.name
                        ));
                        return false;
                    }
                }
            }
        }
        true
    }

    async fn tear_down(&mut self) {
        let script = self.script;
        let first_teardown = script.places().1;
        for (place, step) in script.teardown.iter().enumerate() {
            for _ in 0..step.repeat {
                let went = self
                    .request(first_teardown + place, step, Instant::now())
                    .await;
                if went == Went::Stopped {
                    return;
                }
            }
        }
    }

    async fn iterate(&mut self, first_step: usize) {
        let script = self.script;
        let mut picks = script.chance(self.number, Chance::Picks);
        let mut is_first_request = true;
        let mut iteration = 0;
        while script.iterations.is_none_or(|count| iteration < count) {
            self.variables.begin_iteration(iteration);
            let mut idle = true;
            for place in script.picks(iteration, &mut picks) {
                let step = &script.steps[place];
                for _ in 0..step.repeat {
                    if script.reins.is_over() {
                        return;
                    }
                    self.variables.begin_request(is_first_request);
                    is_first_request = false;
                    match self.request(first_step + place, step, Instant::now()).await {
                        Went::Well | Went::Badly => idle = false,
                        Went::Nowhere => {}
                        Went::Stopped => return,
                    }
                }
            }
            iteration = iteration.saturating_add(1);
            let is_last = script.iterations.is_some_and(|count| iteration >= count);
            if !is_last && !self.pause(idle).await {
                return;
            }
        }
    }

    /// False if time is up.
    async fn pause(&mut self, idle: bool) -> bool {
        let think = self.script.load.think;
        let micros = if think.min < think.max {
            self.pauses.random_range(think.min.0..=think.max.0)
        } else {
            think.min.0
        };
        let mut pause = Duration::from_micros(micros);
        if idle {
            pause = pause.max(IDLE_PAUSE);
        }
        if pause.is_zero() {
            return !self.script.reins.is_over();
        }
        wait_until(self.script, self.number, Instant::now() + pause).await
    }

    async fn request(&mut self, place: usize, step: &Exchange, due_at: Instant) -> Went {
        let script = self.script;
        if script.reins.is_stopped() {
            return Went::Stopped;
        }
        let due = script.recorder.come_due(due_at);
        let mut prepared = match step.request(&script.to, self.variables.values()) {
            Ok(prepared) => prepared,
            Err(error) => {
                if script.nothing_missing(|name| self.variables.has(name)) {
                    // Every answer gave what it should: the template itself is wrong.
                    script.reins.report_fault(error.to_string());
                }
                return Went::Nowhere;
            }
        };
        let (equals, sent_bytes) = (prepared.take_equals(), prepared.bytes);
        let limit = script.load.request_timeout.to_duration();
        let flight = due.send();
        #[cfg(test)]
        if let Some(number) = script.panic_in {
            assert!(script.recorder.counts().due != number, "as the test asked");
        }
        let sent = Instant::now();
        let answer = tokio::select! {
            biased;
            answer = tokio::time::timeout(limit, self.seat.send(step, prepared)) => {
                answer.unwrap_or_else(|_| Err(Failure::timeout(limit)))
            }
            () = script.reins.cut_off() => return Went::Stopped,
        };
        let mut sample = Sample {
            due: due_at,
            sent,
            first_byte: None,
            end: Instant::now(),
            sent_bytes,
            received_bytes: 0,
            phases: &[],
            failure: None,
        };
        let judged = match &answer {
            Ok(answer) => {
                sample.first_byte = Some(answer.first_byte);
                sample.end = answer.end;
                sample.received_bytes = answer.bytes;
                sample.phases = &answer.phases;
                step.judge(answer, &equals)
            }
            Err(failure) => Err(failure.clone()),
        };
        sample.failure = judged.as_ref().err();
        flight.end(self.number, place, &sample);
        match judged {
            Ok(captured) => {
                self.variables.capture(captured);
                Went::Well
            }
            Err(_) => {
                self.variables.forget(step.captured_names());
                Went::Badly
            }
        }
    }
}
