//! Stretches of the session that keep to one subject: `TextTiling` (Hearst 1997) in one pass.
//!
//! The words of the last few sentences are compared with those of the few before. Where likeness has
//! a valley that is deep beside the valleys so far, the subject is taken to have changed. A valley is
//! known only some sentences after it, so the end of a session is always part of the last segment.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::delta::Said;
use super::sentiment::NEUTRAL;
use super::span::{MessageIds, Span};
use super::stem_counts::{StemCounts, telling};
use crate::domain::analysis::{Estimate, Segment, Segmentation};

/// Sentences on each side of a gap.
const BLOCK: usize = 4;
/// Likeness is the mean over so many gaps, which takes small wrinkles out.
const SMOOTHED: usize = 3;
/// Sentences that a segment has at least.
const SHORTEST: u32 = 6;
/// Sentences with words needed before anything is said of segments.
const NEEDED: u32 = 20;
/// Valleys less deep than this are none, however even the rest is.
const SHALLOW: f64 = 0.15;
const SEGMENTS: usize = 16;
const STEMS: usize = 8;
const WORDS: usize = 3;
const QUOTE_BYTES: usize = 100;
/// Sentences that may still fall on either side of a valley.
const PENDING: usize = 2 * BLOCK + SMOOTHED;
const STEMS_OF_A_SENTENCE: usize = 12;
/// Longer words are not compared.
const WORD_BYTES: usize = 24;

/// A sentence that is not counted into a segment yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    span: Span,
    negative: bool,
    /// Stem and word.
    words: Vec<(String, String)>,
}

/// Sentences counted together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Tally {
    first: Option<Span>,
    sentences: u32,
    negative: u32,
    stems: StemCounts<STEMS>,
}

impl Tally {
    fn add(&mut self, line: &Line) {
        self.first.get_or_insert_with(|| line.span.clone());
        self.sentences += 1;
        self.negative += u32::from(line.negative);
        for (stem, word) in &line.words {
            self.stems.count(stem, word);
        }
    }

    fn merge(&mut self, other: &Self) {
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
        self.sentences += other.sentences;
        self.negative += other.negative;
        self.stems.merge(&other.stems);
    }
}

/// The lowest likeness since it was last high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Valley {
    /// The sentence after the gap, counted from the start.
    at: u32,
    low: f64,
    /// The highest since.
    right: f64,
}

/// A segment that has ended, and how deep the valley before it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Closed {
    tally: Tally,
    depth: f64,
}

/// The running segmentation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SegmentLog {
    /// Sentences with words so far.
    sentences: u32,
    pending: VecDeque<Line>,
    likeness: VecDeque<f64>,
    peak: f64,
    valley: Option<Valley>,
    depths: (u32, f64, f64),
    /// Depth of the valley before the segment under way.
    depth: f64,
    /// The segment under way up to the valley, and from there on.
    open: Tally,
    after: Tally,
    closed: Vec<Closed>,
}

impl SegmentLog {
    /// Takes in one sentence of the client.
    pub(super) fn step(&mut self, said: &Said<'_>) {
        let topical = said.topical().take(STEMS_OF_A_SENTENCE);
        let words: Vec<(String, String)> = topical
            .filter(|(stem, word)| stem.len().max(word.len()) <= WORD_BYTES)
            .map(|(stem, word)| (stem.to_owned(), word.to_owned()))
            .collect();
        if words.is_empty() {
            return;
        }
        self.pending.push_back(Line {
            span: said.span(QUOTE_BYTES),
            negative: said.delta.affect <= -NEUTRAL,
            words,
        });
        self.sentences += 1;
        if self.pending.len() > PENDING {
            self.settle();
        }
        if let Some((at, likeness)) = self.gap() {
            self.watch(at, likeness);
        }
    }

    /// Counts the oldest pending sentence into the side of the valley on which it stands.
    fn settle(&mut self) {
        let Some(line) = self.pending.pop_front() else {
            return;
        };
        let at = self.sentences - number(self.pending.len()) - 1;
        match self.valley {
            Some(valley) if at >= valley.at => self.after.add(&line),
            _ => self.open.add(&line),
        }
    }

    /// The smoothed likeness at the latest gap that has a block on both sides.
    fn gap(&mut self) -> Option<(u32, f64)> {
        let lines = self.pending.len();
        let from = lines.checked_sub(2 * BLOCK)?;
        let block = |from: usize| self.pending.iter().skip(from).take(BLOCK);
        let raw = cosine(block(from), block(from + BLOCK));
        self.likeness.push_back(raw);
        if self.likeness.len() > SMOOTHED {
            self.likeness.pop_front();
        }
        if self.likeness.len() < SMOOTHED {
            return None;
        }
        let mean = self.likeness.iter().sum::<f64>() / SMOOTHED as f64;
        // The mean belongs to the gap in the middle of those it was taken over.
        let lag = number(BLOCK + SMOOTHED / 2);
        Some((self.sentences - lag, mean))
    }

    fn watch(&mut self, at: u32, likeness: f64) {
        let Some(valley) = &mut self.valley else {
            if likeness >= self.peak {
                self.peak = likeness;
            } else {
                self.descend(at, likeness);
            }
            return;
        };
        if likeness < valley.low {
            if valley.right > valley.low {
                self.judge();
            }
            self.descend(at, likeness);
        } else if likeness > valley.right {
            valley.right = likeness;
        } else if valley.right > valley.low {
            self.judge();
            if likeness < self.peak {
                self.descend(at, likeness);
            }
        }
    }

    /// A new lowest point: what was counted since the former stays before it.
    fn descend(&mut self, at: u32, likeness: f64) {
        let after = std::mem::take(&mut self.after);
        self.open.merge(&after);
        self.valley = Some(Valley {
            at,
            low: likeness,
            right: likeness,
        });
    }

    /// The valley has two sides now: whether it is deep beside those before it (mean and half a
    /// standard deviation, Hearst's threshold).
    fn judge(&mut self) {
        let Some(valley) = self.valley.take() else {
            return;
        };
        let depth = (self.peak - valley.low) + (valley.right - valley.low);
        let (n, sum, squares) = self.depths;
        self.depths = (n + 1, sum + depth, squares + depth * depth);
        let (n, sum, squares) = self.depths;
        let mean = sum / f64::from(n);
        let deviation = (squares / f64::from(n) - mean * mean).max(0.0).sqrt();
        self.peak = valley.right;
        let before = self.open.sentences + self.pending_before(valley.at);
        if depth < SHALLOW || depth < mean + deviation / 2.0 || before < SHORTEST {
            return;
        }
        self.cut(valley.at, depth);
    }

    /// Pending sentences before `at`.
    fn pending_before(&self, at: u32) -> u32 {
        let first = self.sentences - number(self.pending.len());
        at.saturating_sub(first)
    }

    /// Ends the segment under way before the sentence at `at`.
    fn cut(&mut self, at: u32, depth: f64) {
        for _ in 0..self.pending_before(at) {
            if let Some(line) = self.pending.front().cloned() {
                self.open.add(&line);
                self.pending.pop_front();
            }
        }
        let tally = std::mem::take(&mut self.open);
        self.open = std::mem::take(&mut self.after);
        self.closed.push(Closed {
            tally,
            depth: std::mem::replace(&mut self.depth, depth),
        });
        self.likeness.clear();
        if self.closed.len() >= SEGMENTS {
            self.join_most_alike();
        }
    }

    /// Joins the two neighbours between which the valley was least deep.
    pub(super) fn join_most_alike(&mut self) {
        let inner = self.closed.iter().enumerate().skip(1);
        let shallowest = inner.min_by(|a, b| a.1.depth.total_cmp(&b.1.depth));
        let Some((at, _)) = shallowest else {
            return;
        };
        let joined = self.closed.remove(at);
        if let Some(before) = self.closed.get_mut(at - 1) {
            before.tally.merge(&joined.tally);
        }
    }

    /// Drops what is known of the segments, to make room; they begin anew.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// How many segments have ended.
    pub(super) fn len(&self) -> usize {
        self.closed.len()
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        let tallies = self.closed.iter().map(|closed| &closed.tally);
        let tallies = tallies.chain([&self.open, &self.after]);
        let pending = self.pending.iter().map(|line| &line.span);
        tallies
            .filter_map(|tally| tally.first.as_ref())
            .chain(pending)
    }

    /// The segments in order, from [`NEEDED`] sentences on.
    pub(super) fn render(&self, ids: &MessageIds) -> Estimate<Segmentation> {
        if self.sentences < NEEDED {
            return Estimate::Insufficient {
                n: self.sentences,
                needed: NEEDED,
            };
        }
        let mut last = self.open.clone();
        last.merge(&self.after);
        for line in &self.pending {
            last.add(line);
        }
        let tallies: Vec<&Tally> = self
            .closed
            .iter()
            .map(|closed| &closed.tally)
            .chain([&last])
            .collect();
        let stems: Vec<&StemCounts<STEMS>> = tallies.iter().map(|tally| &tally.stems).collect();
        let told = telling(&stems);
        let show = |(tally, words): (&&Tally, &Vec<(&super::stem_counts::Counted, f64)>)| {
            Some(Segment {
                from: ids.quote(tally.first.as_ref()?)?,
                words: words
                    .iter()
                    .take(WORDS)
                    .map(|(kept, _)| kept.word.clone())
                    .collect(),
                sentences: tally.sentences,
                negative_sentences: tally.negative,
            })
        };
        Estimate::Measured(Segmentation {
            n: self.sentences,
            list: tallies.iter().zip(&told).filter_map(show).collect(),
        })
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Cosine of the word counts of two blocks.
fn cosine<'l>(left: impl Iterator<Item = &'l Line>, right: impl Iterator<Item = &'l Line>) -> f64 {
    let counted = |lines: &mut dyn Iterator<Item = &'l Line>| {
        let mut stems: Vec<&str> = lines
            .flat_map(|line| &line.words)
            .map(|(stem, _)| stem.as_str())
            .collect();
        stems.sort_unstable();
        let mut counts: Vec<(&str, f64)> = Vec::with_capacity(stems.len());
        for stem in stems {
            match counts.last_mut() {
                Some((last, n)) if *last == stem => *n += 1.0,
                _ => counts.push((stem, 1.0)),
            }
        }
        counts
    };
    let (mut left, mut right) = (left, right);
    let (left, right) = (counted(&mut left), counted(&mut right));
    let norm = |counts: &[(&str, f64)]| counts.iter().map(|(_, n)| n * n).sum::<f64>().sqrt();
    let shared: f64 = left
        .iter()
        .filter_map(|(stem, n)| {
            let at = right.binary_search_by(|(other, _)| other.cmp(stem)).ok()?;
            Some(n * right.get(at)?.1)
        })
        .sum();
    shared / (norm(&left) * norm(&right)).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::delta::tests::say;
    use crate::domain::message::Role;

    const HOUSE: [&str; 4] = [
        "My sister wants to sell the old house.",
        "The house needs a new roof, my sister says.",
        "Our parents left the house to my sister and me.",
        "The roof of the house leaks.",
    ];
    const SLEEP: [&str; 4] = [
        "I sleep badly and wake at night.",
        "At night my thoughts race and sleep is gone.",
        "The doctor gave me pills for the sleep.",
        "The pills make the night short.",
    ];

    fn log(texts: &[&str]) -> (SegmentLog, Estimate<Segmentation>) {
        let (mut log, mut ids) = (SegmentLog::default(), MessageIds::default());
        say(Role::Client, texts, |said| {
            ids.insert(said.seq, &format!("msg_{}", said.seq).parse().unwrap());
            log.step(said);
        });
        let shown = log.render(&ids);
        (log, shown)
    }

    #[test]
    fn a_change_of_subject_is_found_near_where_it_is() {
        let texts = [HOUSE.repeat(4), SLEEP.repeat(4)].concat();
        let (_, shown) = log(&texts);
        let segments = &shown.measured().unwrap().list;
        assert_eq!(segments.len(), 2, "{segments:#?}");
        let begins: u32 = segments[1].from.message_id.as_str()[4..].parse().unwrap();
        assert!((15..=17).contains(&begins), "{begins}");
        assert_eq!(segments.iter().map(|s| s.sentences).sum::<u32>(), 32);
        assert!(
            segments[0].words.contains(&"house".to_owned()),
            "{segments:#?}"
        );
        assert!(
            segments[1]
                .words
                .iter()
                .any(|w| ["sleep", "night", "pills"].contains(&w.as_str()))
        );
    }

    #[test]
    fn one_subject_is_one_segment_and_little_is_too_little() {
        let (_, shown) = log(&HOUSE.repeat(8));
        assert_eq!(shown.measured().map(|s| s.list.len()), Some(1));
        let (_, shown) = log(&HOUSE);
        assert_eq!(
            shown,
            Estimate::Insufficient {
                n: 4,
                needed: NEEDED
            }
        );
    }

    #[test]
    fn the_log_is_bounded_and_loses_no_sentence() {
        let mut texts = Vec::new();
        for turn in 0..60 {
            texts.extend(if turn % 2 == 0 {
                HOUSE.repeat(3)
            } else {
                SLEEP.repeat(3)
            });
        }
        let (log, shown) = log(&texts);
        let segments = &shown.measured().unwrap().list;
        assert!(
            log.len() < SEGMENTS && segments.len() > 4,
            "{}",
            segments.len()
        );
        assert_eq!(segments.iter().map(|s| s.sentences).sum::<u32>(), 720);
    }
}
