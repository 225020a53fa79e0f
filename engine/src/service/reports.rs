//! Reports on a client: what the layers know, put together and in order. Nothing is drawn anew here;
//! insights are those that are stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::analysis;
use crate::analysis::insight::ClientHistory;
use crate::analysis::progress;
use crate::domain::analysis::{Depth, Quote};
use crate::domain::id::{ClientId, SessionId};
use crate::domain::insight::{Evidence, Insight, InsightStatus};
use crate::domain::progress::SessionPoint;
use crate::domain::report::{
    ClientReport, LIMITS, ReportBasis, ReportFlag, ReportInsight, SessionExcerpt,
};
use crate::domain::risk::RiskFlag;
use crate::domain::session::Session;
use crate::domain::timing::Phase;

use super::clients::Clients;
use super::core::{Parts, Scope};
use super::error::ServiceError;
use super::insights::Insights;

/// Open flags shown.
const FLAGS: usize = 20;
/// Flags read to find the gravest among them.
const FLAGS_READ: u32 = 500;
/// Topics and insights shown.
const TOPICS: usize = 10;
const INSIGHTS: usize = 20;

/// The use cases of reports.
pub struct Reports {
    parts: Arc<Parts>,
    clients: Arc<Clients>,
    insights: Arc<Insights>,
}

impl Reports {
    pub(super) fn new(parts: Arc<Parts>, clients: Arc<Clients>, insights: Arc<Insights>) -> Self {
        Self {
            parts,
            clients,
            insights,
        }
    }

    /// The report on a client. One of whom nothing is known gets a report that says so.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn client(
        &self,
        scope: &Scope,
        client: &ClientId,
    ) -> Result<ClientReport, ServiceError> {
        let (sessions, history) = self.clients.whole_history(scope, client).await?;
        let insights = self.insights.all(scope, client).await?;
        let store = &self.parts.store;
        let flags = store.client_risk_flags(&scope.tenant, client, true, FLAGS_READ);
        let flags = scope.db(flags).await?;
        Ok(scope.phases.time(Phase::Synthesis, || {
            compose(client, &sessions, &history, insights, flags)
        }))
    }
}

fn compose(
    client: &ClientId,
    sessions: &[Session],
    history: &ClientHistory,
    insights: Vec<Insight>,
    mut flags: Vec<RiskFlag>,
) -> ClientReport {
    // Newest first already: of equally grave ones the newest stays ahead.
    flags.sort_by_key(|flag| {
        let finding = &flag.finding;
        std::cmp::Reverse((finding.requires_human(), finding.severity))
    });
    let progress = progress::progress(history, client);
    let mut topics = progress::topics(history);
    topics.truncate(TOPICS);
    ClientReport {
        client_id: client.clone(),
        basis: basis(sessions, history),
        more_risk_flags: flags.len() > FLAGS,
        risk_flags: flags.into_iter().take(FLAGS).map(flag).collect(),
        latest_session: latest(history, progress.sessions.last()),
        topics,
        insights: in_order(insights),
        progress,
        limits: LIMITS.map(str::to_owned).to_vec(),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn basis(sessions: &[Session], history: &ClientHistory) -> ReportBasis {
    let personas: BTreeSet<_> = sessions.iter().map(|s| s.persona.id.clone()).collect();
    let said = history.sessions.iter().map(|s| &s.state);
    let entered = history.instruments.iter().map(|entry| entry.created_at);
    let changed = sessions.iter().map(|session| session.updated_at);
    let as_of: Option<Timestamp> = changed.chain(entered).max();
    ReportBasis {
        sessions: count(sessions.len()),
        messages: said.clone().map(|state| state.messages()).sum(),
        client_messages: said.map(|state| state.client_messages()).sum(),
        instrument_entries: count(history.instruments.len()),
        personas: personas.into_iter().collect(),
        first_session_at: sessions.first().map(|session| session.created_at),
        as_of,
    }
}

fn flag(flag: RiskFlag) -> ReportFlag {
    ReportFlag {
        id: flag.id,
        severity: flag.finding.severity,
        requires_human: flag.finding.requires_human(),
        category: flag.finding.category,
        assertion: flag.finding.assertion,
        raised_at: flag.created_at,
        evidence: Evidence::Message {
            session_id: flag.session,
            message_id: flag.message,
            byte_start: flag.finding.byte_start,
            byte_end: flag.finding.byte_end,
            quote: flag.finding.quote,
        },
    }
}

/// Accepted ones first, then by confidence; the rest is left out.
fn in_order(insights: Vec<Insight>) -> Vec<ReportInsight> {
    let place = |status: InsightStatus| match status {
        InsightStatus::Accepted => Some(0),
        InsightStatus::Draft => Some(1),
        InsightStatus::Rejected | InsightStatus::Retracted => None,
    };
    let mut shown: Vec<(u8, Insight)> = insights
        .into_iter()
        .filter_map(|insight| Some((place(insight.status)?, insight)))
        .collect();
    shown.sort_by(|(a_place, a), (b_place, b)| {
        (a_place.cmp(b_place))
            .then_with(|| b.confidence.total_cmp(&a.confidence))
            .then_with(|| a.id.cmp(&b.id))
    });
    let show = |(_, insight): (u8, Insight)| ReportInsight {
        id: insight.id,
        detector: insight.detector,
        statement: insight.statement,
        test: insight.test,
        confidence: insight.confidence,
        status: insight.status,
        evidence: insight.evidence,
    };
    shown.into_iter().take(INSIGHTS).map(show).collect()
}

fn latest(history: &ClientHistory, point: Option<&SessionPoint>) -> Option<SessionExcerpt> {
    let (held, point) = (history.sessions.last()?, point?);
    let analysis = analysis::render(&held.state, &held.session, Depth::Standard);
    let quoted = |quote: Quote| evidence(&held.session, quote);
    let concerns = analysis.concerns.into_iter().map(|concern| concern.quote);
    let strengths = analysis
        .strengths
        .into_iter()
        .map(|strength| strength.quote);
    Some(SessionExcerpt {
        held_at: held.at,
        sentiment: point.sentiment,
        summary: analysis.summary.into_iter().map(quoted).collect(),
        concerns: concerns.map(quoted).collect(),
        strengths: strengths.map(quoted).collect(),
    })
}

fn evidence(session: &SessionId, quote: Quote) -> Evidence {
    Evidence::Message {
        session_id: session.clone(),
        message_id: quote.message_id,
        byte_start: quote.byte_start,
        byte_end: quote.byte_end,
        quote: quote.quote,
    }
}
