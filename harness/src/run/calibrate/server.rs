//! A server that keeps a law of latency and measures what it really did.
//!
//! It has one thread for each connection and no runtime: a thread that sleeps in the kernel wakes
//! within some tens of microseconds, where the timers of a runtime go by milliseconds. The truth is
//! taken from the moment the request has been read to the moment before the answer is written, so
//! that what the way and the client add is on the client's account.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::law::{Law, Trial};
use crate::measurement::histogram::{HistogramRecord, Recording};
use crate::run::syscall::wake_precisely;

/// Enough for a thread that reads a line and sleeps; a thousand of them should cost little.
const STACK: usize = 128 * 1024;

/// What the server remembers.
#[derive(Debug)]
struct State {
    rng: ChaCha8Rng,
    truth: HashMap<&'static str, Recording>,
    /// When the first request came since it was told to forget.
    first: Option<Instant>,
}

/// Serves on a free port of the loopback until the process ends; `ready` is told the port.
///
/// # Errors
/// When there is no free port, or no thread can be started.
pub fn serve(port: u16, ready: impl FnOnce(u16) -> std::io::Result<()>) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    ready(listener.local_addr()?.port())?;
    let state = Arc::new(Mutex::new(State {
        rng: ChaCha8Rng::seed_from_u64(11),
        truth: HashMap::new(),
        first: None,
    }));
    for stream in listener.incoming() {
        // A connection that was given up before it was accepted concerns nobody.
        let Ok(stream) = stream else { continue };
        let state = Arc::clone(&state);
        std::thread::Builder::new()
            .name("connection".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                // A client that goes away ends its connection, which is no fault.
                let _gone = converse(stream, &state);
            })?;
    }
    Ok(())
}

fn converse(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let _refused = wake_precisely();
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while let Some(path) = read_request(&mut reader, &mut line)? {
        let arrived = Instant::now();
        match path.split_once('/').unwrap_or((path.as_str(), "")) {
            // Nothing to wait for and nothing to remember.
            ("law", "at_once") => reply(&mut writer, "200 OK", "done")?,
            ("law", name) => match Trial::named(name) {
                Some(trial) => answer_by(trial, arrived, state, &mut writer)?,
                None => reply(&mut writer, "404 Not Found", "no such law")?,
            },
            ("truth", name) => {
                let truth = lock(state).truth.get(name).map(Recording::to_record);
                match truth {
                    Some(Ok(truth)) => {
                        reply(&mut writer, "200 OK", &serde_json::to_string(&truth)?)?;
                    }
                    _ => reply(&mut writer, "404 Not Found", "nothing yet")?,
                }
            }
            ("forget", _) => {
                let mut state = lock(state);
                state.truth.clear();
                state.first = None;
                drop(state);
                reply(&mut writer, "200 OK", "forgotten")?;
            }
            _ => reply(&mut writer, "200 OK", "ready")?,
        }
    }
    Ok(())
}

/// The path of the next request without its first slash; none at the end of the connection.
fn read_request(
    reader: &mut BufReader<TcpStream>,
    line: &mut String,
) -> std::io::Result<Option<String>> {
    line.clear();
    if reader.read_line(line)? == 0 {
        return Ok(None);
    }
    let path = line.split_whitespace().nth(1).unwrap_or("/");
    let path = path.trim_start_matches('/').to_owned();
    loop {
        line.clear();
        if reader.read_line(line)? == 0 {
            return Ok(None);
        }
        if line.trim_end().is_empty() {
            return Ok(Some(path));
        }
    }
}

fn answer_by(
    trial: Trial,
    arrived: Instant,
    state: &Mutex<State>,
    writer: &mut TcpStream,
) -> std::io::Result<()> {
    let (time, first) = {
        let mut state = lock(state);
        let first = *state.first.get_or_insert(arrived);
        (trial.law.draw(&mut state.rng), first)
    };
    let mut until = arrived + time;
    if let Law::Freeze { after, lasts } = trial.law {
        let (begin, end) = (first + after, first + after + lasts);
        if (begin..end).contains(&arrived) {
            until = end;
        }
    }
    let left = until.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        std::thread::sleep(left);
    }
    let took = u64::try_from(arrived.elapsed().as_micros()).unwrap_or(u64::MAX);
    reply(writer, "200 OK", "done")?;
    lock(state)
        .truth
        .entry(trial.name)
        .or_insert_with(Recording::latencies)
        .record(took);
    Ok(())
}

/// In one write: an answer in two packets waits for an acknowledgement.
fn reply(writer: &mut impl Write, status: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    writer.write_all(answer.as_bytes())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A short request of the calibration itself.
pub(super) fn ask(port: u16, path: &str) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: calibration\r\n\r\n")?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.trim().parse().map_err(std::io::Error::other)?;
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    String::from_utf8(body).map_err(std::io::Error::other)
}

/// What the server really did by a law.
pub(super) fn truth(port: u16, name: &str) -> std::io::Result<HistogramRecord> {
    Ok(serde_json::from_str(&ask(port, &format!("truth/{name}"))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_its_laws_and_tells_what_it_did() {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            serve(0, |port| sender.send(port).map_err(std::io::Error::other))
        });
        let port = receiver.recv().unwrap();
        assert_eq!(ask(port, "ready").unwrap(), "ready");
        for _ in 0..5 {
            assert_eq!(ask(port, "law/constant_2ms").unwrap(), "done");
        }
        assert_eq!(ask(port, "law/none").unwrap(), "no such law");
        let mut waited = Instant::now();
        while truth(port, "constant_2ms").is_ok_and(|truth| truth.count < 5) {
            assert!(waited.elapsed() < Duration::from_secs(5));
            waited += Duration::ZERO;
            std::thread::yield_now();
        }
        let told = truth(port, "constant_2ms").unwrap();
        assert_eq!(told.count, 5);
        assert!(told.min.unwrap().0 >= 2_000);
        ask(port, "forget").unwrap();
        assert!(truth(port, "constant_2ms").is_err());
    }
}
