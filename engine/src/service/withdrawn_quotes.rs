//! Replies that quote words which were changed or removed: the quotation goes, the rest stays.

use crate::domain::id::MessageId;
use crate::domain::message::{Citation, CitationSource, Message};

/// What stands where a quotation was.
const WITHDRAWN: &str = "[…]";

/// The reply without its quotations of `message`, unless they still stand in `present`, its words
/// now. None if nothing has to go.
pub(super) fn mend(reply: &Message, message: &MessageId, present: Option<&str>) -> Option<Message> {
    let note = reply.reply.as_ref()?;
    let (mut gone, mut kept): (Vec<&Citation>, Vec<Citation>) = (Vec::new(), Vec::new());
    for citation in &note.citations {
        if stands(citation, message, present) {
            kept.push(citation.clone());
        } else {
            gone.push(citation);
        }
    }
    if gone.is_empty() {
        return None;
    }
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    gone.sort_by_key(|citation| citation.reply_start);
    for citation in gone {
        let (start, end) = (citation.reply_start, citation.reply_end);
        match cuts.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => cuts.push((start, end)),
        }
    }
    // A quotation of something else that lies in what goes, goes too.
    kept.retain(|citation| {
        cuts.iter()
            .all(|(start, end)| citation.reply_end <= *start || *end <= citation.reply_start)
    });
    let content = without(&reply.content, &cuts)?;
    for citation in &mut kept {
        citation.reply_start = moved(citation.reply_start, &cuts);
        citation.reply_end = moved(citation.reply_end, &cuts);
    }
    let mut mended = reply.clone();
    mended.content = content;
    if let Some(note) = &mut mended.reply {
        note.citations = kept;
    }
    Some(mended)
}

fn stands(citation: &Citation, message: &MessageId, present: Option<&str>) -> bool {
    match &citation.source {
        CitationSource::Message {
            message_id,
            byte_start,
            byte_end,
            ..
        } if message_id == message => {
            present.and_then(|words| words.get(*byte_start..*byte_end))
                == Some(citation.quote.as_str())
        }
        _ => true,
    }
}

fn without(text: &str, cuts: &[(usize, usize)]) -> Option<String> {
    let mut left = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in cuts {
        left.push_str(text.get(from..*start)?);
        left.push_str(WITHDRAWN);
        from = *end;
    }
    left.push_str(text.get(from..)?);
    Some(left)
}

/// Where a byte outside all cuts stands afterwards.
fn moved(byte: usize, cuts: &[(usize, usize)]) -> usize {
    let before = cuts.iter().filter(|(_, end)| *end <= byte);
    before.fold(byte, |at, (start, end)| {
        at + WITHDRAWN.len() - (end - start)
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::id::{SessionId, TenantId};
    use crate::domain::message::{ReplyNote, Role};

    fn cite(content: &str, quote: &str, message: &str) -> Citation {
        let reply_start = content.find(quote).unwrap();
        Citation {
            reply_start,
            reply_end: reply_start + quote.len(),
            source: CitationSource::Message {
                session_id: SessionId::derived(b"s"),
                message_id: message.parse().unwrap(),
                experience_id: None,
                byte_start: 2,
                byte_end: 2 + quote.len(),
            },
            quote: quote.to_owned(),
        }
    }

    fn reply(content: &str, quotes: &[(&str, &str)]) -> Message {
        let citations = quotes
            .iter()
            .map(|(quote, message)| cite(content, quote, message))
            .collect();
        Message {
            id: "msg_9".parse().unwrap(),
            tenant: TenantId::shipped(),
            session: SessionId::derived(b"s"),
            seq: 9,
            role: Role::Persona,
            content: content.to_owned(),
            reply: Some(ReplyNote {
                method: "extractive".to_owned(),
                degraded: None,
                answers: "msg_8".parse().unwrap(),
                citations,
            }),
            metadata: serde_json::Map::new(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_withdrawn_quotation_leaves_the_others_where_they_stand() {
        let quotes = [
            ("the piano", "msg_1"),
            ("late öfter", "msg_2"),
            ("my sister", "msg_1"),
        ];
        let reply = reply(
            "You said “the piano”, then “late öfter” and “my sister”.",
            &quotes,
        );
        let gone: MessageId = "msg_1".parse().unwrap();
        let mended = mend(&reply, &gone, None).unwrap();
        assert_eq!(
            mended.content,
            "You said “[…]”, then “late öfter” and “[…]”."
        );
        let left = &mended.reply.unwrap().citations;
        assert_eq!(left.len(), 1);
        assert_eq!(
            mended.content.get(left[0].reply_start..left[0].reply_end),
            Some("late öfter")
        );
        assert!(mend(&reply, &"msg_7".parse().unwrap(), None).is_none());
    }

    #[test]
    fn what_still_stands_at_its_bytes_stays() {
        let reply = reply("You said “the piano”.", &[("the piano", "msg_1")]);
        let message: MessageId = "msg_1".parse().unwrap();
        assert!(mend(&reply, &message, Some("× the piano")).is_some());
        assert!(mend(&reply, &message, Some("a the piano")).is_none());
        assert!(mend(&reply, &message, Some("A new text")).is_some());
    }
}
