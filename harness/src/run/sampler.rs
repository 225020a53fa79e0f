//! Looks at the system under test and at this program itself four times a second, on a thread of
//! its own, so that a busy scheduler does not decide when it looks.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::process::ProcessTree;
use crate::measurement::resource::{ResourceSample, ResourceSeries};
use crate::units::Micros;

const INTERVAL: Duration = Duration::from_millis(250);
/// The proportional share of memory is read with each so-many-th sample: it costs the most.
const SHARE_EVERY: u32 = 4;

/// A sampler at work.
#[derive(Debug)]
pub(super) struct Sampler {
    stop: Sender<()>,
    thread: JoinHandle<(Option<ResourceSeries>, ResourceSeries)>,
}

/// What was sampled.
#[derive(Debug)]
pub(super) struct Sampled {
    /// Of the system under test, if it can be seen.
    pub(super) server: Option<ResourceSeries>,
    /// Of this program.
    pub(super) generator: ResourceSeries,
}

impl Sampler {
    /// Takes the first sample at once; times count from `start`.
    pub(super) fn start(server: Option<u32>, start: Instant) -> std::io::Result<Self> {
        let own = ProcessTree::alone(std::process::id()).map_err(std::io::Error::other)?;
        let server = match server {
            Some(pid) => Some(ProcessTree::with_descendants(pid).map_err(std::io::Error::other)?),
            None => None,
        };
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("sampler".to_owned())
            .spawn(move || {
                let mut server = server.map(Followed::new);
                let mut own = Followed::new(own);
                let mut round = 0u32;
                loop {
                    let pss = round.is_multiple_of(SHARE_EVERY);
                    if let Some(server) = &mut server {
                        server.look(start, pss);
                    }
                    own.look(start, pss);
                    round = round.wrapping_add(1);
                    let due = INTERVAL.saturating_mul(round);
                    match stopped.recv_timeout(due.saturating_sub(start.elapsed())) {
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
                if let Some(server) = &mut server {
                    server.look(start, true);
                }
                own.look(start, true);
                (server.map(Followed::series), own.series())
            })?;
        Ok(Self { stop, thread })
    }

    /// Takes the last sample and ends, which takes a few milliseconds.
    pub(super) fn finish(self) -> Sampled {
        let _ = self.stop.send(());
        match self.thread.join() {
            Ok((server, generator)) => Sampled { server, generator },
            // The thread has nothing that can panic; an empty series is not valid for any figure.
            Err(_) => Sampled {
                server: None,
                generator: ResourceSeries::empty(std::process::id()),
            },
        }
    }
}

struct Followed {
    tree: ProcessTree,
    samples: Vec<ResourceSample>,
}

impl Followed {
    fn new(tree: ProcessTree) -> Self {
        Self {
            tree,
            samples: Vec::new(),
        }
    }

    fn look(&mut self, start: Instant, pss: bool) {
        self.samples.extend(
            self.tree
                .sample(Micros::from_duration(start.elapsed()), pss),
        );
    }

    fn series(self) -> ResourceSeries {
        ResourceSeries {
            samples: self.samples,
            ..ResourceSeries::empty(self.tree.root())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_and_the_last_sample_frame_the_phase() {
        let start = Instant::now();
        let sampler = Sampler::start(Some(std::process::id()), start).unwrap();
        tokio::time::sleep(Duration::from_millis(600)).await;
        let length = start.elapsed();
        let sampled = sampler.finish();
        let server = sampled.server.unwrap();
        assert!(server.samples.len() >= 4, "{}", server.samples.len());
        let first = server.samples.first().unwrap();
        let last = server.samples.last().unwrap();
        assert!(first.at.to_duration() < length);
        assert!(
            last.at.to_duration() >= length,
            "the last sample is from the end"
        );
        assert!(last.host_busy >= first.host_busy && last.cpu >= first.cpu);
        assert!(last.pss.is_some() && sampled.generator.samples.len() >= 4);
    }
}
