//! Sentiment that moves in one direction: over sessions, or from sentence to sentence of one.
//!
//! Over sessions: Mann-Kendall on the sessions' means with the slope after Theil and Sen, from four
//! sessions with a figure on. Within the latest session: the least-squares slope's t test.

use super::history::{ClientHistory, SessionHistory};
use super::{Finding, Tested};
use crate::analysis::statistics::mann_kendall;
use crate::domain::insight::Evidence;

const SESSIONS: usize = 4;

pub(super) fn test(history: &ClientHistory) -> Vec<Tested> {
    over_sessions(history)
        .into_iter()
        .chain(within_latest(history))
        .collect()
}

fn direction(slope: f64) -> &'static str {
    if slope > 0.0 {
        "lighter"
    } else {
        "more burdened"
    }
}

/// The sentences at the end towards which the slope goes: low in a session that is low, and so on.
fn extreme(session: &SessionHistory, low: bool) -> Option<Evidence> {
    let (lowest, highest) = session.state.sentiment.extremes();
    let span = if low {
        lowest.or(highest)
    } else {
        highest.or(lowest)
    };
    session.evidence(span?)
}

fn over_sessions(history: &ClientHistory) -> Option<Tested> {
    let measured: Vec<(&SessionHistory, f64)> = history
        .sessions
        .iter()
        .filter_map(|session| Some((session, session.state.sentiment.mean()?)))
        .collect();
    if measured.len() < SESSIONS {
        return None;
    }
    let means: Vec<f64> = measured.iter().map(|(_, mean)| *mean).collect();
    let trend = mann_kendall(&means)?;
    let rising = trend.slope > 0.0;
    let ends = [(measured.first(), rising), (measured.last(), !rising)];
    let evidence: Vec<Evidence> = ends
        .into_iter()
        .filter_map(|(session, low)| extreme(session?.0, low))
        .collect();
    let n = u32::try_from(means.len()).unwrap_or(u32::MAX);
    let finding = (trend.slope.abs() > 0.0).then(|| Finding {
        detector: "trend",
        slot: "sessions".to_owned(),
        statement: format!(
            "Over {n} sessions the client's sentences have come to sound {}.",
            direction(trend.slope)
        ),
        test: "mann_kendall",
        n,
        effect: trend.slope,
        weight: f64::from(n),
        evidence,
    });
    Some(Tested {
        p: trend.p,
        finding,
    })
}

fn within_latest(history: &ClientHistory) -> Option<Tested> {
    let session = history.sessions.last()?;
    let fit = session.state.sentiment.fit()?;
    let (n, _) = session.state.sentiment.counts();
    let slope = fit.slope.per_step;
    let evidence = [true, false]
        .into_iter()
        .filter_map(|low| extreme(session, low))
        .collect();
    let finding = (slope.abs() > 0.0).then(|| Finding {
        detector: "trend",
        slot: session.session.as_str().to_owned(),
        statement: format!(
            "In the course of one session the client's sentences came to sound {}.",
            direction(slope)
        ),
        test: "least_squares_slope",
        n,
        effect: slope,
        weight: f64::from(n).sqrt(),
        evidence,
    });
    Some(Tested { p: fit.p, finding })
}
