//! From the state to what a reader gets.

use super::goals::KeptGoal;
use super::{STATE_LIMIT, SessionState, VERSION};
use crate::domain::analysis::{Depth, EarlierGoal, SessionAnalysis, Working};
use crate::domain::id::SessionId;

/// How many of each list a depth shows.
struct Amount {
    key_points: usize,
    topics: usize,
    themes: usize,
    concerns: usize,
}

fn amount(depth: Depth) -> Amount {
    match depth {
        Depth::Basic => Amount {
            key_points: 0,
            topics: 0,
            themes: 0,
            concerns: 0,
        },
        Depth::Standard => Amount {
            key_points: 5,
            topics: 8,
            themes: 5,
            concerns: 3,
        },
        Depth::Deep => Amount {
            key_points: 10,
            topics: 24,
            themes: 12,
            concerns: 5,
        },
    }
}

/// The analysis of the session whose fold `state` is. Reads nothing but the state.
#[must_use]
pub fn render(state: &SessionState, session: &SessionId, depth: Depth) -> SessionAnalysis {
    let ids = &state.ids;
    let amount = amount(depth);
    let beyond_basic = depth != Depth::Basic;
    let deep = depth == Depth::Deep;
    let (key_points, summary) = if beyond_basic {
        state.key_points.render(ids, amount.key_points)
    } else {
        (Vec::new(), Vec::new())
    };
    SessionAnalysis {
        session_id: session.clone(),
        depth,
        method: "extractive".to_owned(),
        algorithm_version: VERSION,
        messages: state.messages(),
        turn_taking: state.turns.render(),
        sentiment: state.sentiment.render(ids),
        risk: state.risk.render(ids),
        questions: beyond_basic.then(|| state.questions.render(ids)),
        summary,
        key_points,
        topics: state
            .topics
            .render(ids, amount.topics, |span| state.around(span)),
        themes: state.themes.render(ids, &state.topics, amount.themes),
        segments: beyond_basic.then(|| state.segments.render(ids)),
        earlier_goals: Vec::new(),
        goals: if beyond_basic {
            state.goals.render(ids)
        } else {
            Vec::new()
        },
        concerns: state.sentiment.concerns(ids, amount.concerns),
        strengths: if beyond_basic {
            state.goals.strengths(ids)
        } else {
            Vec::new()
        },
        markers: deep.then(|| state.markers.render()),
        engagement: deep.then(|| state.engagement.render()),
        possible_reflections: if deep {
            state.reflections.render(ids)
        } else {
            Vec::new()
        },
        working: deep.then(|| working(state)),
    }
}

/// The goals of an earlier session that `state`, a later one, tells of as done.
#[must_use]
pub fn follow_through(
    state: &SessionState,
    earlier: &SessionState,
    session: &SessionId,
) -> Vec<EarlierGoal> {
    let deeds = state.goals.deeds();
    let told = |goal: &KeptGoal| {
        let deed = deeds.iter().find(|deed| deed.completes(goal))?;
        Some(EarlierGoal {
            session_id: session.clone(),
            statement: earlier.ids.quote(&goal.span)?,
            kind: goal.kind(),
            follow_through: state.ids.quote(deed.span)?,
        })
    };
    let open = earlier.goals.goals().filter(|goal| goal.done.is_none());
    open.filter_map(told).collect()
}

fn working(state: &SessionState) -> Working {
    let (terms, terms_seen) = state.topics.sizes();
    Working {
        state_bytes: state.stored_bytes(),
        state_bytes_limit: STATE_LIMIT,
        candidate_sentences: u32::try_from(state.key_points.len()).unwrap_or(u32::MAX),
        groups: u32::try_from(state.themes.len()).unwrap_or(u32::MAX),
        terms: u32::try_from(terms).unwrap_or(u32::MAX),
        terms_seen,
    }
}
