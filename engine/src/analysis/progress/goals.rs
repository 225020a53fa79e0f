//! Goals over sessions: stated, told of as done, or not mentioned any more.

use crate::analysis::insight::goal_progress::{SILENT_SESSIONS, completion, mentions};
use crate::analysis::insight::history::View;
use crate::domain::progress::{FollowThrough, FollowThroughStatus, GoalFollowThrough};

/// The goals of all sessions, the latest first. The same goal stated again is one goal, as it was
/// stated last.
pub(super) fn follow(view: &View<'_>) -> Vec<GoalFollowThrough> {
    let mut goals = Vec::new();
    let mut known: Vec<&[String]> = Vec::new();
    for (at, session) in view.sessions.iter().enumerate().rev() {
        let later = view.sessions.get(at + 1..).unwrap_or_default();
        for goal in session.held.state.goals.goals().rev() {
            if known.contains(&goal.stems.as_slice()) {
                continue;
            }
            let Some(statement) = session.held.evidence(&goal.span) else {
                continue;
            };
            known.push(&goal.stems);
            let completion = completion(session, goal, later);
            let mentioned = later.iter().filter(|other| mentions(other, goal)).count();
            let status = if completion.is_some() {
                FollowThroughStatus::Done
            } else if later.len() >= SILENT_SESSIONS && mentioned == 0 {
                FollowThroughStatus::NotMentioned
            } else {
                FollowThroughStatus::Open
            };
            goals.push(GoalFollowThrough {
                statement,
                stated_at: session.held.at,
                kind: goal.kind(),
                status,
                completion,
                later_sessions: count_of(later.len()),
                later_mentions: count_of(mentioned),
            });
        }
    }
    goals
}

/// The counts of a list of goals.
pub(super) fn count(goals: &[GoalFollowThrough]) -> FollowThrough {
    let of = |status| goals.iter().filter(|goal| goal.status == status).count();
    FollowThrough {
        stated: count_of(goals.len()),
        done: count_of(of(FollowThroughStatus::Done)),
        not_mentioned: count_of(of(FollowThroughStatus::NotMentioned)),
    }
}

fn count_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
