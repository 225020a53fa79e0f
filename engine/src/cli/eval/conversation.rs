//! Labelled conversations: turns, and questions with the turns that answer them. One JSON object a
//! line: `{id, speakers, turns: [{id, session, date, speaker, text, caption}], questions:
//! [{question, category, evidence: [turn id]}]}`.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cli::error::CliError;
use crate::domain::memory::Origin;
use crate::domain::message::Role;

/// How dates are written besides ISO 8601.
const DATE_TIMES: [&str; 3] = [
    "%I:%M %p on %d %B, %Y",
    "%I:%M %p on %B %d, %Y",
    "%Y/%m/%d (%a) %H:%M",
];
const DATES: [&str; 4] = ["%d %B, %Y", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d"];

/// A conversation, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conversation {
    pub(super) id: String,
    /// The turns of each session, in order.
    pub(super) sessions: Vec<Vec<Turn>>,
    pub(super) questions: Vec<Question>,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Turn {
    pub(super) id: String,
    pub(super) role: Role,
    pub(super) content: String,
    pub(super) said_at: Option<Timestamp>,
    pub(super) metadata: Map<String, Value>,
}

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) text: String,
    pub(super) category: String,
    /// Ids of the turns that answer it; never empty.
    pub(super) evidence: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    speakers: Vec<String>,
    turns: Vec<TurnLine>,
    questions: Vec<QuestionLine>,
}

#[derive(Deserialize)]
struct TurnLine {
    id: String,
    session: Value,
    date: Option<String>,
    speaker: String,
    text: String,
    caption: Option<String>,
}

#[derive(Deserialize)]
struct QuestionLine {
    question: String,
    category: Value,
    evidence: Vec<String>,
}

/// The conversations of a file.
pub(super) fn read(path: &Path) -> Result<Vec<Conversation>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| CliError::File {
        path: path.to_owned(),
        done: "read",
        source,
    })?;
    let mut conversations: Vec<Conversation> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let refuse =
            |reason: String| CliError::Values(format!("{}:{}: {reason}", path.display(), at + 1));
        let conversation = parse(line).map_err(refuse)?;
        if conversations
            .iter()
            .any(|other| other.id == conversation.id)
        {
            let reason = format!("there is a conversation {:?} above", conversation.id);
            return Err(refuse(reason));
        }
        conversations.push(conversation);
    }
    if conversations.is_empty() {
        return Err(CliError::Values(format!(
            "{}: there is no conversation in it; give one JSON object a line",
            path.display()
        )));
    }
    Ok(conversations)
}

fn parse(line: &str) -> Result<Conversation, String> {
    let line: Line = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(
        line,
    ))
    .map_err(|error| match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    })?;
    let Some(client) = line.speakers.first() else {
        return Err("speakers: nobody speaks; name who takes part".to_owned());
    };
    let mut ids = HashSet::new();
    let mut sessions: Vec<(String, Vec<Turn>)> = Vec::new();
    for (at, turn) in line.turns.into_iter().enumerate() {
        if !ids.insert(turn.id.clone()) {
            return Err(format!("turns[{at}].id: {:?} stands twice", turn.id));
        }
        let session = turn.session.to_string();
        let turn = turn
            .checked(client)
            .map_err(|reason| format!("turns[{at}].{reason}"))?;
        match sessions.iter_mut().find(|(known, _)| *known == session) {
            Some((_, turns)) => turns.push(turn),
            None => sessions.push((session, vec![turn])),
        }
    }
    let mut questions = Vec::with_capacity(line.questions.len());
    for (at, question) in line.questions.into_iter().enumerate() {
        if let Some(unknown) = question.evidence.iter().find(|id| !ids.contains(*id)) {
            return Err(format!(
                "questions[{at}].evidence: there is no turn {unknown:?}"
            ));
        }
        let evidence: BTreeSet<String> = question.evidence.into_iter().collect();
        if evidence.is_empty() || question.question.trim().is_empty() {
            return Err(format!(
                "questions[{at}]: a question needs words and at least one turn as evidence"
            ));
        }
        questions.push(Question {
            text: question.question,
            category: match question.category {
                Value::String(name) => name,
                other => other.to_string(),
            },
            evidence,
        });
    }
    Ok(Conversation {
        id: line.id,
        sessions: sessions.into_iter().map(|(_, turns)| turns).collect(),
        questions,
    })
}

impl TurnLine {
    /// The first of the speakers is the client; the others' words are taken as another person's.
    fn checked(self, client: &str) -> Result<Turn, String> {
        let caption = self.caption.filter(|caption| !caption.trim().is_empty());
        let content = match (self.text.trim().is_empty(), &caption) {
            (false, _) => self.text,
            (true, Some(caption)) => caption.clone(),
            (true, None) => return Err("text: is empty, and there is no caption".to_owned()),
        };
        let mut metadata = Map::new();
        metadata.insert(Origin::SPEAKER.to_owned(), self.speaker.clone().into());
        if let Some(caption) = caption {
            metadata.insert(Origin::CAPTION.to_owned(), caption.into());
        }
        let said_at = self.date.as_deref().map(said_at).transpose()?;
        Ok(Turn {
            role: if self.speaker == client {
                Role::Client
            } else {
                Role::Persona
            },
            id: self.id,
            content,
            said_at,
            metadata,
        })
    }
}

/// A date as people write it; without a zone it is taken as UTC.
fn said_at(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let broken = |form: &&str| fmt::strtime::parse(form, text).ok();
    let time = text
        .parse::<DateTime>()
        .ok()
        .or_else(|| DATE_TIMES.iter().find_map(broken)?.to_datetime().ok())
        .or_else(|| {
            let day: Date = DATES.iter().find_map(broken)?.to_date().ok()?;
            Some(day.at(0, 0, 0, 0))
        });
    time.and_then(|time| time.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| {
            format!(
                "date: {text:?} is no date; write 2023-05-08T13:56:00Z or 1:56 pm on 8 May, 2023"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"a","speakers":["Ann","Bo"],"turns":[
        {"id":"1","session":1,"date":"1:56 pm on 8 May, 2023","speaker":"Ann","text":"Hello.","caption":null},
        {"id":"2","session":1,"date":"2023-05-08","speaker":"Bo","text":" ","caption":"a boat"},
        {"id":"3","session":2,"date":null,"speaker":"Ann","text":"Again.","caption":null}],
        "questions":[{"question":"Who?","category":"single","evidence":["1","3","1"]}]}"#;

    #[test]
    fn a_line_becomes_sessions_with_roles_dates_and_captions() {
        let conversation = parse(LINE).unwrap();
        assert_eq!(
            conversation
                .sessions
                .iter()
                .map(Vec::len)
                .collect::<Vec<_>>(),
            [2, 1]
        );
        let turns = &conversation.sessions[0];
        assert_eq!(
            (turns[0].role, turns[1].role),
            (Role::Client, Role::Persona)
        );
        assert_eq!(
            turns[0].said_at.unwrap().to_string(),
            "2023-05-08T13:56:00Z"
        );
        assert_eq!(
            turns[1].said_at.unwrap().to_string(),
            "2023-05-08T00:00:00Z"
        );
        assert_eq!(
            (turns[1].content.as_str(), &turns[1].metadata["caption"]),
            ("a boat", &"a boat".into())
        );
        assert_eq!(conversation.questions[0].evidence.len(), 2);
    }

    #[test]
    fn a_bad_line_says_where_and_why() {
        let complaint = |from: &str, to: &str| parse(&LINE.replace(from, to)).unwrap_err();
        assert_eq!(
            complaint("\"3\",\"1\"]", "\"9\"]"),
            "questions[0].evidence: there is no turn \"9\""
        );
        assert!(
            complaint("8 May", "8 Mai")
                .starts_with("turns[0].date: \"1:56 pm on 8 Mai, 2023\" is no date")
        );
        assert!(complaint("\"id\":\"2\"", "\"id\":\"1\"").contains("turns[1].id"));
        assert!(
            complaint("\"text\":\"Hello.\",", "").starts_with("turns[0]: missing field `text`")
        );
        assert!(complaint("[\"Ann\",\"Bo\"]", "[]").starts_with("speakers"));
        assert!(parse("{").unwrap_err().contains("EOF"));
    }
}
