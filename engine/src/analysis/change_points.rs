//! Where the client's sentences begin to sound different: the Page-Hinkley test (Page 1954), on both
//! sides, with each alarm placed where its rise began.
//!
//! A change point says that the mean before and the mean after differ, and nothing of the reason.

use serde::{Deserialize, Serialize};

use super::delta::Said;
use super::span::{MessageIds, Span};
use crate::domain::analysis::{ChangePoint, Direction};

/// Differences of the mean below twice this are let pass.
const TOLERANCE: f64 = 0.1;
/// The sum of deviations at which the test speaks. With the tolerance above, measured over shuffled
/// dialogues: see `docs/analysis.md`.
const THRESHOLD: f64 = 4.0;
/// Sentences needed on either side.
const SIDE: u32 = 4;
const STRETCHES: usize = 8;
const QUOTE_BYTES: usize = 120;

/// A running mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Mean {
    n: u32,
    sum: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.n += 1;
        self.sum += value;
    }

    fn value(self) -> f64 {
        self.sum / f64::from(self.n.max(1))
    }

    fn less(self, other: Self) -> Self {
        Self {
            n: self.n - other.n,
            sum: self.sum - other.sum,
        }
    }
}

/// One side of the test: sums of deviations in one direction since they were lowest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Side {
    height: f64,
    /// The sentence after the lowest point, where a change would have begun.
    since: Option<Span>,
    /// The values from there on.
    tail: Mean,
}

impl Side {
    /// Adds a deviation; whether the threshold is passed.
    fn step(&mut self, deviation: f64, score: f64, said: &Said<'_>) -> bool {
        self.height += deviation - TOLERANCE;
        if self.height <= 0.0 {
            *self = Self::default();
            return false;
        }
        if self.since.is_none() {
            self.since = Some(said.span(QUOTE_BYTES));
        }
        self.tail.add(score);
        self.height > THRESHOLD && self.tail.n >= SIDE
    }
}

/// Sentences between two change points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stretch {
    first: Span,
    rises: bool,
    mean: Mean,
}

/// The running test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ChangeTest {
    up: Side,
    down: Side,
    /// Since the latest change point.
    current: Mean,
    /// Before the first change point kept.
    opening: Mean,
    /// The latest change points, each with what follows it up to the next.
    stretches: Vec<Stretch>,
}

impl ChangeTest {
    /// Takes in one sentence of the client.
    pub(super) fn step(&mut self, said: &Said<'_>) {
        let score = said.delta.affect;
        self.current.add(score);
        let deviation = score - self.current.value();
        let rose = self.up.step(deviation, score, said);
        let fell = self.down.step(-deviation, score, said);
        let side = match (rose, fell) {
            (true, _) => &mut self.up,
            (_, true) => &mut self.down,
            _ => return,
        };
        let (tail, first) = (side.tail, side.since.take());
        let before = self.current.less(tail);
        (self.up, self.down) = (Side::default(), Side::default());
        if before.n < SIDE {
            // Too few to call them the mean before: the session is taken to begin here.
            self.current = tail;
            return;
        }
        if let Some(first) = first {
            self.close(before);
            self.stretches.push(Stretch {
                first,
                rises: rose,
                mean: tail,
            });
            self.current = tail;
        }
        if self.stretches.len() > STRETCHES {
            self.opening = self.stretches.remove(0).mean;
        }
    }

    /// Notes the mean of the stretch that ended.
    fn close(&mut self, mean: Mean) {
        match self.stretches.last_mut() {
            Some(stretch) => stretch.mean = mean,
            None => self.opening = mean,
        }
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        let sides = self.up.since.iter().chain(&self.down.since);
        self.stretches
            .iter()
            .map(|stretch| &stretch.first)
            .chain(sides)
    }

    /// The change points kept, in order.
    pub(super) fn render(&self, ids: &MessageIds) -> Vec<ChangePoint> {
        let mut before = self.opening;
        let mut shown = Vec::with_capacity(self.stretches.len());
        for (at, stretch) in self.stretches.iter().enumerate() {
            let latest = at + 1 == self.stretches.len();
            let after = if latest { self.current } else { stretch.mean };
            if let Some(quote) = ids.quote(&stretch.first) {
                shown.push(ChangePoint {
                    direction: if stretch.rises {
                        Direction::Lighter
                    } else {
                        Direction::MoreBurdened
                    },
                    from: quote,
                    n_before: before.n,
                    mean_before: before.value(),
                    n_after: after.n,
                    mean_after: after.value(),
                });
            }
            before = after;
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::delta::tests::say;
    use crate::domain::message::Role;

    fn found(texts: &[&str]) -> Vec<ChangePoint> {
        let (mut test, mut ids) = (ChangeTest::default(), MessageIds::default());
        say(Role::Client, texts, |said| {
            ids.insert(said.seq, &format!("msg_{}", said.seq).parse().unwrap());
            test.step(said);
        });
        test.render(&ids)
    }

    const LOW: &str = "I hate this terrible, horrible day.";
    const HIGH: &str = "I love this wonderful, happy day.";

    #[test]
    fn a_change_is_found_where_it_began() {
        let texts = [vec![LOW; 10], vec![HIGH; 10]].concat();
        let points = found(&texts);
        assert_eq!(points.len(), 1, "{points:?}");
        assert_eq!(points[0].from.message_id.as_str(), "msg_10");
        assert_eq!(points[0].direction, Direction::Lighter);
        assert_eq!((points[0].n_before, points[0].n_after), (10, 10));
        assert!(points[0].mean_before < -0.5 && points[0].mean_after > 0.5);
        let back = found(&[texts, vec![LOW; 10]].concat());
        assert_eq!(back.len(), 2);
        assert_eq!(back[1].direction, Direction::MoreBurdened);
        assert_eq!((back[1].n_before, back[1].n_after), (10, 10));
    }

    #[test]
    fn a_steady_or_alternating_session_has_none() {
        assert_eq!(found(&[LOW; 60]), []);
        assert_eq!(found(&[LOW, HIGH].repeat(60)), []);
        // Too few sentences on one side.
        assert_eq!(found(&[vec![LOW; 3], vec![HIGH; 20]].concat()), []);
    }

    #[test]
    fn the_latest_are_kept() {
        let mut texts = Vec::new();
        for turn in 0..30 {
            texts.extend([if turn % 2 == 0 { LOW } else { HIGH }; 9]);
        }
        let points = found(&texts);
        assert_eq!(points.len(), STRETCHES);
        for point in &points {
            assert_eq!((point.n_before, point.n_after), (9, 9));
        }
    }
}
