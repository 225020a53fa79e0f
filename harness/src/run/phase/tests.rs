//! Short phases in which everything goes wrong at random: no request may get lost on the way.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::plan::arrivals::{Arrivals, Spacing};
use crate::plan::load::{Length, Think};
use crate::plan::scenario::{Order, Scenario};
use crate::run::script::tests::{scenario, script, step};
use crate::units::Micros;

/// How many phases there are, and how many go on at the same time: the load generator needs half a
/// second to notice that its users are gone, so one after the other would take minutes.
const PHASES: u64 = 500;
const AT_ONCE: u64 = 20;

/// A server that answers, waits, breaks off, resets, or is gone, each by chance.
struct Trouble {
    address: std::net::SocketAddr,
    /// Requests that it has read.
    read: Arc<AtomicU64>,
    gone: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Trouble {
    fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let trouble = Self {
            address: listener.local_addr().unwrap(),
            read: Arc::default(),
            gone: Arc::default(),
            open: Arc::default(),
        };
        let (read, gone, open) = (
            Arc::clone(&trouble.read),
            Arc::clone(&trouble.gone),
            Arc::clone(&trouble.open),
        );
        std::thread::spawn(move || {
            for (number, stream) in (0..).zip(listener.incoming()) {
                if gone.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { return };
                open.lock().unwrap().push(stream.try_clone().unwrap());
                let read = Arc::clone(&read);
                std::thread::spawn(move || {
                    let rng = ChaCha8Rng::seed_from_u64(seed ^ (number << 32));
                    // Whatever the client does, the connection ends.
                    let _ended = converse(stream, rng, &read);
                });
            }
        });
        trouble
    }

    /// Is gone: open connections break, new ones are refused.
    fn kill(&self) {
        self.gone.store(true, Ordering::Relaxed);
        for stream in self.open.lock().unwrap().drain(..) {
            let _closed = stream.shutdown(std::net::Shutdown::Both);
        }
        // Wakes the listener, which then closes.
        drop(TcpStream::connect(self.address));
    }
}

fn converse(mut stream: TcpStream, mut rng: ChaCha8Rng, read: &AtomicU64) -> std::io::Result<()> {
    let mut bytes = [0; 2_048];
    loop {
        let mut held = 0;
        while !bytes[..held].windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut bytes[held..])? {
                0 => return Ok(()),
                some => held += some,
            }
        }
        read.fetch_add(1, Ordering::Relaxed);
        match rng.random_range(0..100) {
            0..70 => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\": 1}")?;
            }
            70..76 => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")?,
            76..84 => stream.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")?,
            84..90 => {
                std::thread::sleep(Duration::from_millis(rng.random_range(1..30)));
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\": 1}")?;
            }
            // Half an answer, no answer, and a reset: there is unread input when it closes.
            90..93 => return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"),
            93..96 => return Ok(()),
            _ => {
                std::thread::sleep(Duration::from_secs(3));
                return Ok(());
            }
        }
    }
}

fn plan(rng: &mut ChaCha8Rng) -> Scenario {
    let mut create = step("create", "/create");
    create.capture.insert("id".to_owned(), "$.id".to_owned());
    let read = step("read", "/read/{{ id }}");
    let mut often = step("often", "/often");
    often.repeat = rng.random_range(1..4);
    often.every = rng.random_range(1..3);
    let mut plan = scenario(
        rng.random_range(1..9),
        rng.random_range(1..12),
        vec![create, read, often],
    );
    if rng.random_bool(0.3) {
        plan.setup = vec![step("login", "/login")];
    }
    if rng.random_bool(0.3) {
        plan.teardown = vec![step("logout", "/logout")];
    }
    if rng.random_bool(0.2) {
        plan.order = Order::Weighted;
        plan.steps.truncate(1);
        plan.steps.push(step("other", "/other"));
    }
    plan.load.request_timeout = Micros(rng.random_range(5_000..60_000));
    match rng.random_range(0..3) {
        0 => {
            let lasts = Micros(rng.random_range(10_000..50_000));
            let spacing = if rng.random_bool(0.5) {
                Spacing::Even
            } else {
                Spacing::Poisson
            };
            let mut arrivals = Arrivals::constant(rng.random_range(100.0..3_000.0), spacing, lasts);
            arrivals.drain = Micros(rng.random_range(1_000..40_000));
            plan.load.length = Length::Duration(lasts);
            plan.load.arrivals = Some(arrivals);
        }
        1 => {
            plan.load.length = Length::Duration(Micros(rng.random_range(10_000..50_000)));
            plan.load.think = Think {
                min: Micros(0),
                max: Micros(3_000),
            };
        }
        _ => {
            plan.load.length = Length::Iterations {
                count: rng.random_range(1..12),
                deadline: Micros(rng.random_range(10_000..60_000)),
            };
        }
    }
    plan
}

/// One phase; what is wrong with its account.
async fn phase(seed: u64) -> Vec<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let server = Trouble::start(seed);
    let plan = plan(&mut rng);
    let mut script = script(&plan, &format!("http://{}", server.address));
    if rng.random_bool(0.3) {
        script.panic_in = Some(rng.random_range(0..40));
    }
    let script = Arc::new(script);
    let interrupt = CancellationToken::new();
    let kill = rng.random_bool(0.25);
    let stop = rng.random_bool(0.25);
    let after = Duration::from_millis(rng.random_range(1..60));
    let limit = match (&plan.load.arrivals, plan.load.length) {
        (Some(arrivals), _) => {
            Limit::Deadline(arrivals.lasts().to_duration() + arrivals.drain.to_duration())
        }
        (None, Length::Duration(time)) => Limit::Lasts(time.to_duration()),
        (None, Length::Iterations { deadline, .. }) => Limit::Deadline(deadline.to_duration()),
    };
    let (begun, ()) = tokio::join!(
        async {
            let watch = Watch {
                interrupt: &interrupt,
                death: Box::new(std::future::pending()),
            };
            let label = Label {
                scenario: "trouble",
                phase: "measured",
            };
            conduct(&script, label, limit, watch, &mut |_| {}).await
        },
        async {
            if kill || stop {
                let _opened =
                    tokio::time::timeout(Duration::from_secs(5), script.reins.opened()).await;
                tokio::time::sleep(after).await;
            }
            if kill {
                server.kill();
            }
            if stop {
                interrupt.cancel();
            }
        }
    );
    // Nothing of this one is to be in the way of the others.
    server.kill();
    let mut wrong = account(&script, server.read.load(Ordering::Relaxed));
    if let Some(Broken::Failed(reason)) = begun.broken {
        wrong.push(reason);
    }
    wrong
}

/// The sums that must hold, each from counters of their own.
fn account(script: &Script, read_by_server: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    let counts = script.recorder.counts();
    let sent = counts.completed + counts.failed + counts.in_flight;
    if counts.due != sent + counts.withheld {
        wrong.push(format!("came due is not what became of it: {counts:?}"));
    }
    if let Some(planned) = script.planned() {
        let account = crate::run::scenario::accounting(Some(planned), counts);
        let sum = account.completed + account.failed + account.in_flight + account.unsent;
        if sum != account.scheduled || sent > planned {
            wrong.push(format!("{account:?} of {planned} planned, {counts:?}"));
        }
    }
    if read_by_server > sent {
        wrong.push(format!("the server read {read_by_server} of {counts:?}"));
    }
    let totals = script.recorder.totals(&script.names()).unwrap();
    let of_steps: u64 = totals
        .steps
        .iter()
        .map(|step| step.response.count + step.failed_response.count)
        .sum();
    let of_errors: u64 = totals.errors.iter().map(|error| error.count).sum();
    let last = u32::try_from(script.recorder.last_end().as_secs()).unwrap();
    let of_windows: u64 = script
        .recorder
        .close(last)
        .iter()
        .flat_map(|(_, steps)| steps)
        .map(|step| step.completed + step.failed)
        .sum();
    if [of_steps, of_windows] != [counts.completed + counts.failed; 2] || of_errors != counts.failed
    {
        wrong.push(format!(
            "{of_steps} in the steps, {of_windows} in the seconds, {of_errors} errors, {counts:?}"
        ));
    }
    if script.recorder.cut_off().count() != counts.in_flight {
        wrong.push("a request in flight has no age".to_owned());
    }
    if let Some(desk) = &script.arrivals {
        let record = desk.record().unwrap();
        let taken = record.begun + desk.unsent().count();
        if record.begun > record.scheduled || taken > record.scheduled {
            wrong.push(format!("{taken} arrivals of {}", record.scheduled));
        }
    }
    let users = script.heartbeat.counts();
    if users.finished + users.lost != users.started {
        wrong.push(format!("a user is neither here nor gone: {users:?}"));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_gets_lost_in_five_hundred_phases_of_trouble() {
    let mut wrong = Vec::new();
    for first in (0..PHASES).step_by(AT_ONCE as usize) {
        let found = join_all((first..first + AT_ONCE).map(phase)).await;
        for (seed, found) in (first..).zip(found) {
            wrong.extend(found.into_iter().map(|what| format!("seed {seed}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
