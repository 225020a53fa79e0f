//! What the users of one phase do: set-up, iterations with pauses, tear-down. Everything that is
//! random in it comes from the run's seed and the user's number, so the same plan and seed give the
//! same requests in the same order per user.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::desk::ArrivalDesk;
use super::error::RunError;
use super::exchange::{Destination, Exchange};
use super::heartbeat::Heartbeat;
use super::pacer::Pacer;
use super::recorder::Recorder;
use super::reins::Reins;
use super::schedule::Schedule;
use crate::plan::load::{Length, Load};
use crate::plan::scenario::{Feed, Order, Scenario};

/// One phase of a scenario with all that its users share.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) setup: Vec<Exchange>,
    pub(super) steps: Vec<Exchange>,
    pub(super) teardown: Vec<Exchange>,
    pub(super) load: Load,
    /// Iterations of each user; none where time decides.
    pub(super) iterations: Option<u32>,
    pub(super) feeds: Vec<Feed>,
    /// Number, from 0, of the first user of this process among those of all processes.
    pub(super) first_user: u32,
    /// What `{{ run }}` is.
    pub(super) run: String,
    /// By how much the users' rows in the feeds are shifted.
    pub(super) shift: u32,
    pub(super) to: Destination,
    pub(super) recorder: Recorder,
    pub(super) heartbeat: Heartbeat,
    pub(super) reins: Reins,
    /// Of an open model.
    pub(super) arrivals: Option<ArrivalDesk>,
    /// The request, counted from 0, before which the user that is to send it panics.
    #[cfg(test)]
    pub(super) panic_in: Option<u64>,
    order: Order,
    seed: u64,
}

/// Which phase of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhaseKind {
    /// Brings the system to its working state; nothing of it is kept but the count.
    WarmUp,
    /// The one that is measured.
    Measured,
}

/// What a user's random numbers are for; each purpose has a stream of its own, so that picks can be
/// counted beforehand without knowing the pauses.
#[derive(Debug, Clone, Copy)]
pub(super) enum Chance {
    Picks,
    Pauses,
}

impl Script {
    /// Of a scenario. `stamp` names the run, `seed` decides all that is random.
    pub(super) fn new(
        scenario: &Scenario,
        kind: PhaseKind,
        to: Destination,
        stamp: &str,
        seed: u64,
    ) -> Result<Self, RunError> {
        let place = |part: &str| format!("scenario `{}`, {part}", scenario.name);
        let setup = Exchange::prepare_all(&scenario.setup, &place("setup"))?;
        let steps = Exchange::prepare_all(&scenario.steps, &place("steps"))?;
        let teardown = Exchange::prepare_all(&scenario.teardown, &place("teardown"))?;
        let count = setup.len() + steps.len() + teardown.len();
        let users = scenario.load.users;
        let (iterations, run, shift) = match kind {
            PhaseKind::WarmUp => (
                Some(scenario.load.warm_up_iterations),
                format!("{stamp}-{}-warm-up", scenario.name),
                users,
            ),
            PhaseKind::Measured => {
                let iterations = match scenario.load.length {
                    Length::Iterations { count, .. } => Some(count),
                    Length::Duration(_) => None,
                };
                (iterations, format!("{stamp}-{}", scenario.name), 0)
            }
        };
        let seed = seed ^ digest(&run_independent_name(&scenario.name, kind));
        let arrivals = match (kind, &scenario.load.arrivals) {
            (PhaseKind::Measured, Some(plan)) => {
                let schedule = Schedule::new(plan, seed);
                Some(ArrivalDesk::new(Pacer::new(schedule, users), users))
            }
            // A warm-up has its iterations to do, in whatever time.
            _ => None,
        };
        let shards = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            setup,
            steps,
            teardown,
            load: scenario.load.clone(),
            iterations,
            feeds: scenario.data.clone(),
            first_user: 0,
            shift,
            to,
            recorder: Recorder::new(count, shards),
            heartbeat: Heartbeat::new(users),
            reins: Reins::new(),
            arrivals,
            #[cfg(test)]
            panic_in: None,
            order: scenario.order,
            seed,
            run,
        })
    }

    /// All steps with their endpoints, in the order of the plan; a step's place is its number in
    /// the recorder.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        self.all()
            .map(|step| (step.name.clone(), step.endpoint.clone()))
            .collect()
    }

    /// Place of the first step of the iterations, and of the first of the tear-down.
    pub(super) fn places(&self) -> (usize, usize) {
        (self.setup.len(), self.setup.len() + self.steps.len())
    }

    /// Whether every variable that the answers of set-up and iterations give is among `has`.
    pub(super) fn nothing_missing(&self, has: impl Fn(&str) -> bool) -> bool {
        self.setup
            .iter()
            .chain(&self.steps)
            .flat_map(Exchange::captured_names)
            .all(has)
    }

    /// Random numbers of a user.
    pub(super) fn chance(&self, user: u32, what: Chance) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(
            (u64::from(self.first_user) + u64::from(user)) * 2
                + u64::from(matches!(what, Chance::Pauses)),
        );
        rng
    }

    /// Random numbers of an arrival: the same whoever takes it.
    pub(super) fn chance_of_arrival(&self, number: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(!self.seed);
        rng.set_stream(number);
        rng
    }

    /// The steps of an iteration, by their place in [`steps`](Self::steps). Iterations count from 0.
    pub(super) fn picks(&self, iteration: u32, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let due =
            |step: &Exchange| (u64::from(iteration) + 1).is_multiple_of(u64::from(step.every));
        let places = || (0..self.steps.len()).filter(|place| due(&self.steps[*place]));
        match self.order {
            Order::Sequence => places().collect(),
            Order::Weighted => {
                let total: u64 = places()
                    .map(|place| u64::from(self.steps[place].weight))
                    .sum();
                if total == 0 {
                    return Vec::new();
                }
                let mut drawn = rng.random_range(0..total);
                let picked = places().find(|place| {
                    let weight = u64::from(self.steps[*place].weight);
                    let hit = drawn < weight;
                    drawn = drawn.saturating_sub(weight);
                    hit
                });
                picked.into_iter().collect()
            }
        }
    }

    /// How many requests the phase has if nothing cuts it short; none where time decides.
    pub(super) fn planned(&self) -> Option<u64> {
        let once: u64 = self
            .setup
            .iter()
            .chain(&self.teardown)
            .map(|step| u64::from(step.repeat))
            .sum();
        let users = self.load.users;
        if let Some(desk) = &self.arrivals {
            let of_arrival = |number: u64| -> u64 {
                let iteration = u32::try_from(number).unwrap_or(u32::MAX);
                self.picks(iteration, &mut self.chance_of_arrival(number))
                    .into_iter()
                    .map(|place| u64::from(self.steps[place].repeat))
                    .sum()
            };
            let arrivals = desk.pacer.schedule().len();
            return Some(once * u64::from(users) + (0..arrivals).map(of_arrival).sum::<u64>());
        }
        let iterations = self.iterations?;
        let of_user = |user: u32| -> u64 {
            let mut rng = self.chance(user, Chance::Picks);
            (0..iterations)
                .flat_map(|iteration| self.picks(iteration, &mut rng))
                .map(|place| u64::from(self.steps[place].repeat))
                .sum()
        };
        let iterated = match self.order {
            Order::Sequence => of_user(0) * u64::from(users),
            Order::Weighted => (0..users).map(of_user).sum(),
        };
        Some(once * u64::from(users) + iterated)
    }

    fn all(&self) -> impl Iterator<Item = &Exchange> {
        self.setup.iter().chain(&self.steps).chain(&self.teardown)
    }
}

/// The part of a phase's name that is the same in every run.
fn run_independent_name(scenario: &str, kind: PhaseKind) -> String {
    format!("{scenario}/{kind:?}")
}

/// FNV-1a: spreads names over seeds, the same on every machine.
fn digest(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::load::Think;
    use crate::plan::scenario::{Kind, View};
    use crate::plan::step::{Expect, Method, Step, StepClass};
    use crate::units::Micros;

    pub(in crate::run) fn step(name: &str, path: &str) -> Step {
        Step {
            name: name.to_owned(),
            endpoint: path.to_owned(),
            method: Method::Get,
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: None,
            capture: BTreeMap::new(),
            expect: Expect {
                status: Vec::new(),
                body: Vec::new(),
            },
            repeat: 1,
            weight: 1,
            every: 1,
            class: StepClass::Simple,
        }
    }

    pub(in crate::run) fn scenario(users: u32, iterations: u32, steps: Vec<Step>) -> Scenario {
        Scenario {
            name: "load".to_owned(),
            number: 1,
            title: "Load".to_owned(),
            description: String::new(),
            kind: Kind::MultipleUsers,
            view: View::Targets,
            load: Load {
                users,
                ramp_per_second: 1_000.0,
                length: Length::Iterations {
                    count: iterations,
                    deadline: Micros(20_000_000),
                },
                think: Think {
                    min: Micros(0),
                    max: Micros(0),
                },
                warm_up_iterations: 0,
                request_timeout: Micros(5_000_000),
                arrivals: None,
            },
            order: Order::Sequence,
            data: Vec::new(),
            setup: Vec::new(),
            steps,
            teardown: Vec::new(),
            targets: Vec::new(),
        }
    }

    pub(in crate::run) fn script(scenario: &Scenario, base: &str) -> Script {
        let to = Destination {
            base: base.to_owned(),
            client: reqwest::Client::new(),
        };
        Script::new(scenario, PhaseKind::Measured, to, "20250511_094532", 7).unwrap()
    }

    #[test]
    fn a_sequence_plans_what_the_plan_itself_says() {
        let mut rare = step("rare", "/rare");
        rare.every = 3;
        let mut twice = step("twice", "/twice");
        twice.repeat = 2;
        let mut plan = scenario(4, 10, vec![twice, rare]);
        plan.setup = vec![step("login", "/login")];
        plan.teardown = vec![step("logout", "/logout")];
        let script = script(&plan, "http://127.0.0.1:1");
        assert_eq!(script.planned(), Some(4 * (2 + 20 + 3)));
        assert_eq!(script.planned(), plan.planned_requests());
        let mut rng = script.chance(0, Chance::Picks);
        assert_eq!(script.picks(0, &mut rng), [0]);
        assert_eq!(script.picks(2, &mut rng), [0, 1]);
    }

    #[test]
    fn picks_by_weight_are_the_same_in_each_run_and_near_their_shares() {
        let mut common = step("common", "/a");
        common.weight = 3;
        let mut rare = step("rare", "/b");
        rare.repeat = 5;
        let mut plan = scenario(3, 4_000, vec![common, rare]);
        plan.order = Order::Weighted;
        let (one, two) = (script(&plan, "http://x"), script(&plan, "http://x"));
        let draw = |script: &Script, user| -> Vec<usize> {
            let mut rng = script.chance(user, Chance::Picks);
            (0..4_000)
                .flat_map(|iteration| script.picks(iteration, &mut rng))
                .collect()
        };
        assert_eq!(draw(&one, 1), draw(&two, 1));
        assert_ne!(draw(&one, 1), draw(&one, 2));
        let rare = draw(&one, 0).iter().filter(|place| **place == 1).count();
        assert!((900..1_100).contains(&rare), "{rare} of 4000");
        let total: u64 = (0..3)
            .flat_map(|user| draw(&one, user))
            .map(|place| if place == 1 { 5 } else { 1 })
            .sum();
        assert_eq!(one.planned(), Some(total));
    }
}
