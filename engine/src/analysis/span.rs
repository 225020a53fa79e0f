//! Quotations as the state keeps them, and the messages that they point into.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::analysis::Quote;
use crate::domain::id::MessageId;

/// Words of a message by place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    /// The message's place in the session.
    pub(super) seq: u32,
    /// First byte in the message.
    pub(super) start: u32,
    /// The words, verbatim.
    pub(super) text: String,
}

impl Span {
    /// `text` at `start`, cut after a whole word so that it has at most `limit` bytes.
    pub(super) fn clipped(seq: u32, start: usize, text: &str, limit: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        Self {
            seq,
            start,
            text: clip(text, limit).to_owned(),
        }
    }

    /// First byte after it.
    pub(super) fn end(&self) -> u32 {
        self.start
            .saturating_add(u32::try_from(self.text.len()).unwrap_or(u32::MAX))
    }

    /// Whether `inner` lies within it.
    pub(super) fn covers(&self, inner: &Self) -> bool {
        self.seq == inner.seq && self.start <= inner.start && inner.end() <= self.end()
    }
}

/// The longest beginning of `text` with at most `limit` bytes, cut at a blank where there is one.
pub(super) fn clip(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let head = text
        .get(..text.floor_char_boundary(limit))
        .unwrap_or_default();
    match head.rfind(char::is_whitespace) {
        Some(at) if at >= limit / 2 => head.get(..at).unwrap_or(head).trim_end(),
        _ => head,
    }
}

/// A message id in as few bytes as possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum PackedId {
    /// The prefix and 32 hexadecimal digits in lower case.
    Hex([u8; 16]),
    /// Any other.
    Text(MessageId),
}

impl PackedId {
    fn pack(id: &MessageId) -> Self {
        let packed = id.as_str().strip_prefix(MessageId::PREFIX).and_then(|hex| {
            let lower = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            (hex.len() == 32 && lower).then(|| u128::from_str_radix(hex, 16).ok())?
        });
        match packed {
            Some(number) => Self::Hex(number.to_be_bytes()),
            None => Self::Text(id.clone()),
        }
    }

    fn unpack(&self) -> Option<MessageId> {
        match self {
            Self::Hex(bytes) => {
                format!("{}{:032x}", MessageId::PREFIX, u128::from_be_bytes(*bytes))
                    .parse()
                    .ok()
            }
            Self::Text(id) => Some(id.clone()),
        }
    }
}

/// The ids of the messages that are quoted somewhere in the state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct MessageIds(BTreeMap<u32, PackedId>);

impl MessageIds {
    /// Remembers a message.
    pub(super) fn insert(&mut self, seq: u32, id: &MessageId) {
        self.0.insert(seq, PackedId::pack(id));
    }

    /// Forgets the messages that nothing quotes any more.
    pub(super) fn keep(&mut self, quoted: &BTreeSet<u32>) {
        self.0.retain(|seq, _| quoted.contains(seq));
    }

    /// The id of the message at `seq`.
    pub(super) fn get(&self, seq: u32) -> Option<MessageId> {
        self.0.get(&seq).and_then(PackedId::unpack)
    }

    /// The quotation as a reader gets it.
    pub(super) fn quote(&self, span: &Span) -> Option<Quote> {
        Some(Quote {
            message_id: self.get(span.seq)?,
            byte_start: span.start as usize,
            byte_end: span.end() as usize,
            quote: span.text.clone(),
        })
    }

    /// The quotations that can be shown.
    pub(super) fn quotes<'s>(&self, spans: impl IntoIterator<Item = &'s Span>) -> Vec<Quote> {
        spans
            .into_iter()
            .filter_map(|span| self.quote(span))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were() {
        for text in [
            "msg_0192f0c1a2b3c4d5e6f708192a3b4c5d",
            "msg_1",
            "msg_0192F0C1A2B3C4D5E6F708192A3B4C5D",
        ] {
            let id: MessageId = text.parse().unwrap();
            assert_eq!(PackedId::pack(&id).unpack(), Some(id));
        }
    }

    #[test]
    fn clipping_keeps_whole_words_and_characters() {
        assert_eq!(clip("one two three", 9), "one two");
        assert_eq!(clip("ééééé", 5), "éé");
        assert_eq!(clip("short", 5), "short");
    }
}
