//! Goals that were followed through, and goals that later sessions do not mention.
//!
//! No p value: a goal is one statement, and what is said of it is that a later sentence matches it or
//! that none does. "Not mentioned" is no more than that.

use super::Finding;
use super::history::{ClientHistory, SessionHistory};
use crate::analysis::goals::KeptGoal;
use crate::domain::insight::Evidence;

/// Later sessions without a mention after which an open goal is worth a question.
const SILENT_SESSIONS: usize = 2;

pub(super) fn find(history: &ClientHistory) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (at, session) in history.sessions.iter().enumerate() {
        let later = history.sessions.get(at + 1..).unwrap_or_default();
        for goal in session.state.goals.goals() {
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
    session: &SessionHistory,
    goal: &KeptGoal,
    later: &[SessionHistory],
) -> Option<Finding> {
    let stated = session.evidence(&goal.span)?;
    let same = goal.done.as_ref().and_then(|span| session.evidence(span));
    let done = same.or_else(|| {
        later
            .iter()
            .find_map(|other| other.evidence(other.state.goals.completion_of(goal)?))
    });
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

/// Whether the goal's own words stand among the topics or goals of a session.
fn mentions(session: &SessionHistory, goal: &KeptGoal) -> bool {
    let terms = session.state.topics.distinct();
    let said = |stem: &String| {
        terms
            .iter()
            .any(|term| term.key.split(' ').any(|part| part == stem))
    };
    let shared = goal.stems.iter().filter(|stem| said(stem)).count();
    shared >= goal.stems.len().div_ceil(2)
}
