//! From the state to what a reader gets.

use super::{SessionState, VERSION};
use crate::domain::analysis::{Depth, Estimate, RiskSummary, Sentiment, SessionAnalysis};
use crate::domain::id::SessionId;

/// Sentences below which sentiment figures say nothing.
const SENTIMENT_NEEDS: u32 = 8;

/// The analysis of the session whose fold `state` is. Reads nothing but the state.
#[must_use]
pub fn render(state: &SessionState, session: &SessionId, depth: Depth) -> SessionAnalysis {
    SessionAnalysis {
        session_id: session.clone(),
        depth,
        method: "extractive".to_owned(),
        algorithm_version: VERSION,
        messages: state.messages(),
        turn_taking: state.turns.render(),
        sentiment: Sentiment {
            scale: "vader_compound".to_owned(),
            overall: Estimate::Insufficient {
                n: 0,
                needed: SENTIMENT_NEEDS,
            },
            lowest: None,
            highest: None,
        },
        risk: RiskSummary {
            total: 0,
            highest_present: None,
            requires_human: false,
            findings: Vec::new(),
        },
        questions: None,
        summary: Vec::new(),
        key_points: Vec::new(),
        topics: Vec::new(),
        goals: Vec::new(),
        concerns: Vec::new(),
        strengths: Vec::new(),
        markers: None,
        engagement: None,
        working: None,
    }
}
