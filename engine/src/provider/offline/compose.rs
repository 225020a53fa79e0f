//! Puts a reply together, part by part, and cites what it quotes.

use super::frames::Frames;
use super::passage::{self, Excerpt};
use super::quote;
use crate::domain::memory::{Recalled, RecalledItem};
use crate::domain::message::{Citation, CitationSource, Message, Role};
use crate::domain::text;
use crate::provider::Prompt;

/// A reply with more words than this leaves the memory out.
const MAX_WORDS: usize = 130;
/// A memory must share so many terms with the message to be mentioned.
const SHARED_TERMS: usize = 2;
/// One turn in so many comes back to a goal.
const GOAL_EVERY: u32 = 4;

/// The reply and its citations in order of appearance.
pub(super) fn reply(prompt: &Prompt) -> (String, Vec<Citation>) {
    let frames = Frames::new(prompt);
    let style = &prompt.profile.style;
    let said: Vec<&str> = prompt
        .recent
        .iter()
        .filter(|m| m.role == Role::Persona)
        .map(|m| m.content.as_str())
        .collect();
    let excerpt = passage::excerpt(&prompt.context, &prompt.message.content, &said);

    let mut opening = Part::default();
    if let Some(frame) = frames.choose("acknowledgement", &style.acknowledgements, |_| true) {
        opening.say(frame);
    }
    let about = excerpt
        .as_ref()
        .map(|e| text::terms(e.words))
        .unwrap_or_default();
    if let Some(range) = quote::pick(&prompt.message.content, &about)
        && let Some(frame) =
            frames.choose("reflection", &style.reflections, |f| holds(f, &["quote"]))
    {
        let words = &prompt.message.content[range.clone()];
        opening.fill(
            frame,
            &[("quote", words, Some(client_source(&prompt.message, &range)))],
        );
    }

    let knowledge = known(&frames, prompt, excerpt.as_ref());
    let memory = remembered(&frames, prompt);
    let closing = closing(&frames, prompt);

    let mut parts = vec![opening, knowledge, memory, closing];
    if parts
        .iter()
        .map(|part| text::word_count(&part.text))
        .sum::<usize>()
        > MAX_WORDS
    {
        parts.remove(2);
    }
    join(parts)
}

fn known(frames: &Frames<'_>, prompt: &Prompt, excerpt: Option<&Excerpt<'_>>) -> Part {
    let style = &prompt.profile.style;
    let mut part = Part::default();
    let fits = |frame: &str| holds(frame, &["section", "passage"]);
    match (excerpt, frames.choose("knowledge", &style.knowledge, fits)) {
        (Some(excerpt), Some(frame)) => {
            let source = CitationSource::Document {
                document_id: excerpt.document.clone(),
                chunk_id: excerpt.chunk.clone(),
                title: excerpt.title.to_owned(),
                section: excerpt.section.to_owned(),
                byte_start: excerpt.range.start,
                byte_end: excerpt.range.end,
                score: excerpt.score,
            };
            let section = ("section", excerpt.section, None);
            part.fill(frame, &[section, ("passage", excerpt.words, Some(source))]);
        }
        _ => {
            if let Some(frame) = frames.choose("no_knowledge", &style.no_knowledge, |_| true) {
                part.say(frame);
            }
        }
    }
    part
}

/// An earlier exchange that shares enough with the message and is not one of the latest.
fn remembered(frames: &Frames<'_>, prompt: &Prompt) -> Part {
    let asked = text::terms(&prompt.message.content);
    let mut part = Part::default();
    let found = prompt
        .context
        .iter()
        .find_map(|recalled| memory(recalled, prompt, &asked));
    let fits = |frame: &str| holds(frame, &["memory"]);
    if let Some((words, source)) = found
        && let Some(frame) = frames.choose("experience", &prompt.profile.style.experience, fits)
    {
        part.fill(frame, &[("memory", words, Some(source))]);
    }
    part
}

fn memory<'a>(
    recalled: &'a Recalled,
    prompt: &Prompt,
    asked: &[String],
) -> Option<(&'a str, CitationSource)> {
    let RecalledItem::Experience {
        experience_id,
        session_id,
        message_id,
        role: Role::Client,
        text: words,
        ..
    } = &recalled.item
    else {
        return None;
    };
    let latest = prompt.recent.iter().chain([&prompt.message]);
    if latest.map(|message| &message.id).any(|id| id == message_id) {
        return None;
    }
    let range = quote::pick(words, asked)?;
    let quoted = &words[range.clone()];
    let mut shared = text::terms(quoted);
    shared.sort_unstable();
    shared.dedup();
    if shared.iter().filter(|term| asked.contains(term)).count() < SHARED_TERMS {
        return None;
    }
    // Said again today, it would be no memory.
    if prompt.message.content.contains(quoted) {
        return None;
    }
    let source = CitationSource::Message {
        session_id: session_id.clone(),
        message_id: message_id.clone(),
        experience_id: Some(experience_id.clone()),
        byte_start: range.start,
        byte_end: range.end,
    };
    Some((quoted, source))
}

/// A goal now and then, and an open question unless the goal's frame asks one.
fn closing(frames: &Frames<'_>, prompt: &Prompt) -> Part {
    let style = &prompt.profile.style;
    let mut part = Part::default();
    let due = prompt.turn % GOAL_EVERY == frames.number("goal") % GOAL_EVERY;
    let goals: Vec<&String> = prompt
        .goals
        .iter()
        .filter(|goal| !goal.trim().is_empty() && !goal.contains(['{', '}']))
        .collect();
    if due
        && let Some(goal) = nearest_goal(&goals, &prompt.message.content)
        && let Some(frame) = frames.choose("goals", &style.goals, |f| holds(f, &["goal"]))
    {
        part.fill(frame, &[("goal", goal.trim().trim_end_matches('.'), None)]);
        if frame.trim_end().ends_with('?') {
            return part;
        }
    }
    if let Some(frame) = frames.choose("question", &style.questions, |_| true) {
        part.say(frame);
    }
    part
}

/// The goal that shares most terms with the message, the first of equals.
fn nearest_goal<'a>(goals: &[&'a String], said: &str) -> Option<&'a str> {
    let asked = text::terms(said);
    let shared = |goal: &str| {
        text::terms(goal)
            .iter()
            .filter(|t| asked.contains(t))
            .count()
    };
    let mut best: Option<(usize, &'a str)> = None;
    for goal in goals {
        let count = shared(goal);
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, goal));
        }
    }
    best.map(|(_, goal)| goal)
}

fn client_source(message: &Message, range: &std::ops::Range<usize>) -> CitationSource {
    CitationSource::Message {
        session_id: message.session.clone(),
        message_id: message.id.clone(),
        experience_id: None,
        byte_start: range.start,
        byte_end: range.end,
    }
}

/// Whether `frame` has exactly one place for each of `names` and no other.
fn holds(frame: &str, names: &[&str]) -> bool {
    let mut places: Vec<&str> = frame.split(['{', '}']).skip(1).step_by(2).collect();
    places.sort_unstable();
    let mut wanted = names.to_vec();
    wanted.sort_unstable();
    places == wanted
}

/// A stretch of the reply.
#[derive(Default)]
struct Part {
    text: String,
    citations: Vec<Citation>,
}

impl Part {
    fn say(&mut self, sentence: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(sentence.trim());
    }

    /// Says `frame` with its places filled; what has a source is cited.
    fn fill(&mut self, frame: &str, values: &[(&str, &str, Option<CitationSource>)]) {
        self.say("");
        for (at, piece) in frame.trim().split(['{', '}']).enumerate() {
            let value = values
                .iter()
                .find(|(name, ..)| at % 2 == 1 && *name == piece);
            let Some((_, words, source)) = value else {
                self.text.push_str(piece);
                continue;
            };
            let reply_start = self.text.len();
            self.text.push_str(words);
            if let Some(source) = source {
                self.citations.push(Citation {
                    reply_start,
                    reply_end: self.text.len(),
                    source: source.clone(),
                    quote: (*words).to_owned(),
                });
            }
        }
    }
}

fn join(parts: Vec<Part>) -> (String, Vec<Citation>) {
    let mut text = String::new();
    let mut citations = Vec::new();
    for part in parts {
        if part.text.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        let offset = text.len();
        text.push_str(&part.text);
        citations.extend(part.citations.into_iter().map(|citation| Citation {
            reply_start: citation.reply_start + offset,
            reply_end: citation.reply_end + offset,
            ..citation
        }));
    }
    (text, citations)
}
