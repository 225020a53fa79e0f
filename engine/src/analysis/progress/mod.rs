//! Progress over a client's sessions: instruments, sentiment, goals and what recurs.
//!
//! Pure: the same history gives the same figures. A trend needs four observations, otherwise the
//! answer is that there is too little. No score sums it all up: instruments, words and deeds may
//! well disagree, and that is for a person to weigh.

mod goals;
mod instruments;
mod patterns;
mod slope;

pub use patterns::{patterns, topics};

use super::insight::ClientHistory;
use super::insight::history::View;
use super::sentiment::NEEDED;
use crate::domain::analysis::Estimate;
use crate::domain::id::ClientId;
use crate::domain::progress::{ClientProgress, MeanSentiment, SessionPoint, Trend, TrendUnit};

/// What the history shows over time.
#[must_use]
pub fn progress(history: &ClientHistory, client: &ClientId) -> ClientProgress {
    let view = View::of(history);
    let goals = goals::follow(&view);
    let held = history.sessions.iter().map(|session| session.at);
    let taken = history.instruments.iter().map(|entry| entry.taken_at);
    ClientProgress {
        client_id: client.clone(),
        as_of: held.chain(taken).max(),
        sessions: history.sessions.iter().map(point).collect(),
        sentiment: sentiment(history),
        instruments: instruments::progress(&history.instruments),
        follow_through: goals::count(&goals),
        goals,
        attention: instruments::attention(&history.instruments),
    }
}

fn point(session: &super::insight::SessionHistory) -> SessionPoint {
    let (sentences, negative_sentences) = session.state.sentiment.counts();
    let mean = session.state.sentiment.mean();
    SessionPoint {
        session_id: session.session.clone(),
        held_at: session.at,
        messages: session.state.messages(),
        sentences,
        negative_sentences,
        sentiment: mean.map_or(
            Estimate::Insufficient {
                n: sentences,
                needed: NEEDED,
            },
            |mean| Estimate::Measured(MeanSentiment { mean, n: sentences }),
        ),
    }
}

fn sentiment(history: &ClientHistory) -> Estimate<Trend> {
    let sessions = history.sessions.iter();
    let means = sessions.filter_map(|session| session.state.sentiment.mean());
    let points: Vec<(f64, f64)> = (0u32..)
        .zip(means)
        .map(|(at, mean)| (f64::from(at), mean))
        .collect();
    slope::trend(&points, TrendUnit::Session)
}

#[cfg(test)]
mod tests;
