//! The session's findings, bounded: exact counts, and the gravest findings themselves.

use serde::{Deserialize, Serialize};

use super::super::span::{MessageIds, Span, clip};
use crate::domain::analysis::{RiskRecord, RiskSummary};
use crate::domain::risk::RiskFinding;

/// Findings kept here; every finding stands in the store as a risk flag.
const CAPACITY: usize = 16;
const QUOTE_BYTES: usize = 160;

/// A finding as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    category: String,
    severity: u8,
    assertion: String,
    rule: String,
    span: Span,
}

impl Kept {
    /// The graver is the greater: what is meant as present before what is not.
    fn gravity(&self) -> (bool, u8) {
        (self.assertion == "present", self.severity)
    }
}

/// The log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RiskLog {
    total: u32,
    requires_human: bool,
    highest_present: Option<u8>,
    kept: Vec<Kept>,
}

impl RiskLog {
    /// Takes in one finding of the message at `seq`; what rests on resemblance alone is for the list
    /// of flags and says nothing about a session.
    pub(crate) fn step(&mut self, seq: u32, finding: &RiskFinding) {
        if finding.rule == super::RESEMBLANCE {
            return;
        }
        self.total += 1;
        self.requires_human |= finding.requires_human();
        let kept = Kept {
            category: finding.category.clone(),
            severity: finding.severity,
            assertion: finding.assertion.clone(),
            rule: finding.rule.clone(),
            span: Span::clipped(
                seq,
                finding.byte_start,
                clip(&finding.quote, QUOTE_BYTES),
                QUOTE_BYTES,
            ),
        };
        if finding.assertion == "present" {
            self.highest_present = self.highest_present.max(Some(finding.severity));
        }
        let place = self.kept.iter().position(|k| k.gravity() < kept.gravity());
        self.kept.insert(place.unwrap_or(self.kept.len()), kept);
        self.kept.truncate(CAPACITY);
    }

    /// What is quoted.
    pub(crate) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.kept.iter().map(|kept| &kept.span)
    }

    /// The findings for a reader.
    pub(crate) fn render(&self, ids: &MessageIds) -> RiskSummary {
        let show = |kept: &Kept| {
            let quote = ids.quote(&kept.span)?;
            let finding = RiskFinding {
                category: kept.category.clone(),
                severity: kept.severity,
                assertion: kept.assertion.clone(),
                rule: kept.rule.clone(),
                byte_start: quote.byte_start,
                byte_end: quote.byte_end,
                quote: quote.quote,
            };
            Some(RiskRecord {
                message_id: quote.message_id,
                finding,
            })
        };
        RiskSummary {
            total: self.total,
            highest_present: self.highest_present,
            requires_human: self.requires_human,
            findings: self.kept.iter().filter_map(show).collect(),
        }
    }
}
