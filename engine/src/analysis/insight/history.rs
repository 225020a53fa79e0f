//! A client's sessions side by side, and the topics over all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::super::SessionState;
use super::super::goals::Deed;
use super::super::span::Span;
use super::super::topics::Term;
use crate::domain::id::{ChunkId, DocumentId, SessionId};
use crate::domain::insight::Evidence;
use crate::domain::instrument::InstrumentEntry;

/// What is known of one client, oldest session first.
#[derive(Debug, Clone, Default)]
pub struct ClientHistory {
    /// The sessions.
    pub sessions: Vec<SessionHistory>,
    /// The filled-in instruments, oldest first.
    pub instruments: Vec<InstrumentEntry>,
    /// What the persona's documents say on the topics that were looked up.
    pub passages: Vec<PassageLink>,
}

/// One folded session.
#[derive(Debug, Clone)]
pub struct SessionHistory {
    /// Which session.
    pub session: SessionId,
    /// When it was held.
    pub at: Timestamp,
    /// Its fold, shared with the cache it comes from.
    pub state: Arc<SessionState>,
}

/// What a look-up of a topic in the persona's documents brought. A topic that was looked up without
/// success has an empty list; a topic that was not looked up has no link.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageLink {
    /// The topic, as [`topics_to_look_up`](super::topics_to_look_up) gave it.
    pub topic: String,
    /// The relevant passages, the best first.
    pub passages: Vec<Passage>,
}

/// A passage of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The document.
    pub document: DocumentId,
    /// The passage.
    pub chunk: ChunkId,
    /// The document's title, for the statement.
    pub title: String,
    /// First byte of the quotation in the document's content.
    pub byte_start: usize,
    /// First byte after it.
    pub byte_end: usize,
    /// The quoted words.
    pub quote: String,
    /// Relevance from 0 to 1, by the retrieval's own calibration.
    pub score: f64,
}

impl SessionHistory {
    /// The words as evidence, with the sentence around them where it is kept.
    pub(in crate::analysis) fn evidence(&self, span: &Span) -> Option<Evidence> {
        let quote = self.state.ids.quote(self.state.around(span))?;
        Some(Evidence::Message {
            session_id: self.session.clone(),
            message_id: quote.message_id,
            byte_start: quote.byte_start,
            byte_end: quote.byte_end,
            quote: quote.quote,
        })
    }
}

/// A session with what all detectors need of it, worked out once.
pub(in crate::analysis) struct SessionView<'h> {
    pub(in crate::analysis) held: &'h SessionHistory,
    /// What was spoken of.
    terms: Vec<&'h Term>,
    /// The stems in it.
    stems: BTreeSet<&'h str>,
    /// What the client told of having done.
    pub(in crate::analysis) deeds: Vec<Deed<'h>>,
}

impl<'h> SessionView<'h> {
    fn of(held: &'h SessionHistory) -> Self {
        let terms = held.state.topics.distinct();
        let stems = terms.iter().flat_map(|term| term.key.split(' ')).collect();
        Self {
            held,
            terms,
            stems,
            deeds: held.state.goals.deeds(),
        }
    }

    /// Whether a topic of the session holds the stem.
    pub(in crate::analysis) fn speaks_of(&self, stem: &str) -> bool {
        self.stems.contains(stem)
    }
}

/// All of a client's sessions, and the topics over them.
pub(in crate::analysis) struct View<'h> {
    pub(in crate::analysis) history: &'h ClientHistory,
    pub(in crate::analysis) sessions: Vec<SessionView<'h>>,
    /// Ordered by key.
    pub(in crate::analysis) topics: Vec<Topic<'h>>,
}

/// A topic over all sessions.
pub(in crate::analysis) struct Topic<'h> {
    pub(in crate::analysis) key: &'h str,
    /// The client's words, as first said.
    pub(in crate::analysis) label: &'h str,
    /// In how many sessions.
    pub(in crate::analysis) sessions: u32,
    /// In how many messages.
    pub(in crate::analysis) messages: u32,
    /// In how many sentences.
    pub(in crate::analysis) sentences: u32,
    /// In how many sentences that sound negative.
    pub(in crate::analysis) negative: u32,
    /// Observations that count as independent: those of one session by their root.
    pub(in crate::analysis) weight: f64,
    /// Where it came up.
    pub(in crate::analysis) mentions: Vec<(&'h SessionHistory, &'h Term)>,
}

/// Quotations kept for a topic.
const EVIDENCE: usize = 6;

impl Topic<'_> {
    /// The first quotations of the topic, the one that gave it its label ahead.
    pub(in crate::analysis) fn evidence(&self) -> Vec<Evidence> {
        let mut kept: Vec<Evidence> = Vec::with_capacity(EVIDENCE);
        let spans = self
            .mentions
            .iter()
            .flat_map(|(held, term)| term.spans().into_iter().map(move |span| (held, span)));
        for (held, span) in spans {
            if kept.len() == EVIDENCE {
                break;
            }
            if let Some(evidence) = held.evidence(span).filter(|it| !kept.contains(it)) {
                kept.push(evidence);
            }
        }
        kept
    }
}

impl<'h> View<'h> {
    pub(in crate::analysis) fn of(history: &'h ClientHistory) -> Self {
        let sessions: Vec<SessionView<'h>> = history.sessions.iter().map(SessionView::of).collect();
        let mut topics: BTreeMap<&'h str, Topic<'h>> = BTreeMap::new();
        for session in &sessions {
            for term in &session.terms {
                let topic = topics.entry(&term.key).or_insert_with(|| Topic {
                    key: &term.key,
                    label: term.label(),
                    sessions: 0,
                    messages: 0,
                    sentences: 0,
                    negative: 0,
                    weight: 0.0,
                    mentions: Vec::new(),
                });
                topic.sessions += 1;
                topic.messages += term.messages;
                topic.sentences += term.sentences;
                topic.negative += term.negative;
                topic.weight += f64::from(term.messages).sqrt();
                topic.mentions.push((session.held, term));
            }
        }
        Self {
            history,
            topics: topics.into_values().collect(),
            sessions,
        }
    }

    /// How many messages of the client there are.
    pub(in crate::analysis) fn client_messages(&self) -> u32 {
        let sessions = self.history.sessions.iter();
        sessions.map(|s| s.state.client_messages()).sum()
    }

    /// The topics of more than two messages, the one of most sessions and messages first.
    pub(in crate::analysis) fn leading(&self) -> Vec<&Topic<'h>> {
        let mut leading: Vec<&Topic<'h>> = self.topics.iter().filter(|t| t.messages > 2).collect();
        leading
            .sort_by(|a, b| (b.sessions, b.messages, a.key).cmp(&(a.sessions, a.messages, b.key)));
        leading
    }
}
