//! Sentiment that moves in one direction: over sessions, or from sentence to sentence of one.
//!
//! Over sessions: Mann-Kendall on the sessions' means with the slope after Theil and Sen, from four
//! sessions with a figure on. Within the latest session: the least-squares slope's t test.

use super::history::{SessionHistory, View};
use super::{Finding, Tested};
use crate::analysis::statistics::mann_kendall;
use crate::domain::insight::Evidence;

const SESSIONS: usize = 4;

pub(super) fn test<'v>(view: &'v View<'_>) -> Vec<Tested<'v>> {
    let over = over_sessions(view);
    over.into_iter().chain(within_latest(view)).collect()
}

/// How sentences sound that move this way.
pub(super) fn direction(slope: f64) -> &'static str {
    if slope > 0.0 {
        "lighter"
    } else {
        "more burdened"
    }
}

/// The sentence at the end towards which the slope goes: low in a session that is low, and so on.
pub(super) fn extreme(session: &SessionHistory, low: bool) -> Option<Evidence> {
    let (lowest, highest) = session.state.sentiment.extremes();
    let span = if low {
        lowest.or(highest)
    } else {
        highest.or(lowest)
    };
    session.evidence(span?)
}

/// The sessions that have a mean, with it.
pub(super) fn measured<'v>(view: &'v View<'_>) -> Vec<(&'v SessionHistory, f64)> {
    let sessions = view.history.sessions.iter();
    sessions
        .filter_map(|session| Some((session, session.state.sentiment.mean()?)))
        .collect()
}

fn over_sessions<'v>(view: &'v View<'_>) -> Option<Tested<'v>> {
    let measured = measured(view);
    if measured.len() < SESSIONS {
        return None;
    }
    let means: Vec<f64> = measured.iter().map(|(_, mean)| *mean).collect();
    let trend = mann_kendall(&means)?;
    if trend.slope == 0.0 {
        return Some(Tested::without_finding(trend.p));
    }
    Some(Tested::with(trend.p, move || {
        let rising = trend.slope > 0.0;
        let ends = [(measured.first(), rising), (measured.last(), !rising)];
        let evidence: Vec<Evidence> = ends
            .into_iter()
            .filter_map(|(session, low)| extreme(session?.0, low))
            .collect();
        let n = u32::try_from(means.len()).unwrap_or(u32::MAX);
        Finding {
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
        }
    }))
}

fn within_latest<'v>(view: &'v View<'_>) -> Option<Tested<'v>> {
    let session = view.history.sessions.last()?;
    let fit = session.state.sentiment.fit()?;
    let slope = fit.slope.per_step;
    if slope == 0.0 {
        return Some(Tested::without_finding(fit.p));
    }
    Some(Tested::with(fit.p, move || {
        let (n, _) = session.state.sentiment.counts();
        let evidence = [true, false]
            .into_iter()
            .filter_map(|low| extreme(session, low))
            .collect();
        Finding {
            detector: "trend",
            slot: session.session.as_str().to_owned(),
            statement: format!(
                "In the course of the latest session the client's sentences came to sound {}.",
                direction(slope)
            ),
            test: "least_squares_slope",
            n,
            effect: slope,
            weight: f64::from(n).sqrt(),
            evidence,
        }
    }))
}
