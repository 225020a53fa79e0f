//! Goals that were followed through, and goals that later sessions do not mention.
//!
//! No p value: a goal is one statement, and what is said of it is that a later sentence matches it or
//! that none does. "Not mentioned" is no more than that.

use super::Finding;
use super::history::{SessionView, View};
use crate::analysis::goals::KeptGoal;
use crate::domain::insight::Evidence;

/// Later sessions without a mention after which an open goal is worth a question.
pub(in crate::analysis) const SILENT_SESSIONS: usize = 2;

pub(super) fn find(view: &View<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (at, session) in view.sessions.iter().enumerate() {
        let later = view.sessions.get(at + 1..).unwrap_or_default();
        for goal in session.held.state.goals.goals() {
            let found = progress(session, goal, later);
            // The same goal of an earlier session has the same slot; the latest word on it counts.
            if let Some(found) = found {
                findings.retain(|kept| kept.slot != found.slot);
                findings.push(found);
            }
        }
    }
    findings
}

fn progress(
    session: &SessionView<'_>,
    goal: &KeptGoal,
    later: &[SessionView<'_>],
) -> Option<Finding> {
    let stated = session.held.evidence(&goal.span)?;
    let done = completion(session, goal, later);
    let words = &goal.span.text;
    let finding = |statement: String, effect: f64, evidence: Vec<Evidence>| Finding {
        detector: "goal_progress",
        slot: goal.stems.join(" "),
        statement,
        test: "follow_through_match",
        n: u32::try_from(later.len() + 1).unwrap_or(u32::MAX),
        effect,
        weight: evidence.len() as f64,
        evidence,
    };
    if let Some(done) = done {
        let statement = format!("The client said \"{words}\" and later told of having done it.");
        return Some(finding(statement, 1.0, vec![stated, done]));
    }
    let silent = later.iter().all(|other| !mentions(other, goal));
    if later.len() < SILENT_SESSIONS || !silent {
        return None;
    }
    let statement = format!(
        "The client said \"{words}\"; none of the {} later sessions is found to mention it.",
        later.len()
    );
    Some(finding(statement, 0.0, vec![stated]))
}

/// The first sentence, of the same session or a later one, that says that the goal was done.
pub(in crate::analysis) fn completion(
    session: &SessionView<'_>,
    goal: &KeptGoal,
    later: &[SessionView<'_>],
) -> Option<Evidence> {
    let same = goal.done.as_ref();
    same.and_then(|span| session.held.evidence(span))
        .or_else(|| {
            later.iter().find_map(|other| {
                let deed = other.deeds.iter().find(|deed| deed.completes(goal))?;
                other.held.evidence(deed.span)
            })
        })
}

/// Whether at least half of the goal's stems stand among the topics of a session.
pub(in crate::analysis) fn mentions(session: &SessionView<'_>, goal: &KeptGoal) -> bool {
    let said = goal.stems.iter().filter(|stem| session.speaks_of(stem));
    said.count() >= goal.stems.len().div_ceil(2)
}
