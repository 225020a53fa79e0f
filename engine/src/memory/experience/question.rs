//! What a question asks: its terms, whom it names, whether it asks for a time.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use super::day::Days;
use super::turns::{Speaker, is_time};
use crate::domain::embedding::Embedding;
use crate::domain::text;
use crate::memory::embed::Embedder;
use crate::memory::search::Query;

/// The shortest beginning of a name that stands for it.
const SHORT_NAME: usize = 3;

/// A question to one scope's memory, read before its index is searched.
#[derive(Debug)]
pub(in crate::memory) struct Question {
    /// Its distinct terms, in order.
    pub(super) terms: Vec<String>,
    /// The same without the names of the people who speak: they stand beside what they say rather
    /// than in it.
    pub(super) topic: Vec<String>,
    /// The speakers that it names, in lower case.
    pub(super) named: BTreeSet<String>,
    /// Whether it asks when something was, or for how long.
    pub(super) asks_time: bool,
    /// Whether it names a time.
    pub(super) tells_time: bool,
    /// The days that it names.
    pub(super) days: Days,
    /// Its vector.
    pub(super) whole: Embedding,
    /// The vector of what is left without the names of speakers.
    pub(super) rest: Embedding,
    text: String,
}

impl Question {
    /// Reads `query` for people who are called `speakers`.
    pub(super) fn new(query: &Query, speakers: &[Speaker]) -> Self {
        let words: Vec<&str> = query.text.unicode_words().collect();
        let mut named = BTreeSet::new();
        let mut rest: Vec<&str> = Vec::with_capacity(words.len());
        for word in &words {
            let mut of = speakers
                .iter()
                .filter(|speaker| names(word, speaker))
                .peekable();
            if of.peek().is_none() {
                rest.push(word);
            }
            named.extend(of.map(|speaker| speaker.name.clone()));
        }
        let rest = rest.join(" ");
        let distinct = |terms: Vec<String>| {
            let mut seen = BTreeSet::new();
            let new = |term: &String| seen.insert(term.clone());
            terms.into_iter().filter(new).collect::<Vec<String>>()
        };
        let terms = distinct(query.terms.clone());
        let topic = match distinct(text::terms(&rest)) {
            topic if topic.is_empty() => terms.clone(),
            topic => topic,
        };
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        Self {
            tells_time: topic.iter().any(|term| is_time(term)),
            asks_time: asks_time(&lower),
            days: Days::named(&words),
            whole: query.embedding.clone(),
            rest: query.embedding.clone(),
            text: rest,
            terms,
            topic,
            named,
        }
    }

    /// Embeds what is left without names; apart from [`Self::new`] so that no lock is held meanwhile.
    pub(in crate::memory) fn embed(&mut self, embedder: &dyn Embedder) {
        if !self.named.is_empty() {
            self.rest = embedder.embed(&self.text);
        }
    }
}

/// Whether `word` is a name of `speaker`, or a beginning of it that is written with a capital.
fn names(word: &str, speaker: &Speaker) -> bool {
    let lower = word.to_lowercase().replace('\u{2019}', "'");
    let lower = lower.strip_suffix("'s").unwrap_or(&lower);
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    speaker.name.split_whitespace().any(|name| {
        name == lower || (capital && lower.chars().count() >= SHORT_NAME && name.starts_with(lower))
    })
}

fn asks_time(words: &[String]) -> bool {
    let follows = |first: &str, then: &[&str]| {
        words
            .windows(2)
            .any(|pair| pair[0] == first && then.contains(&pair[1].as_str()))
    };
    let unit = [
        "date", "day", "days", "month", "season", "time", "week", "weekend", "year", "years",
    ];
    words.iter().any(|word| word == "when")
        || follows("what", &unit)
        || follows("which", &unit)
        || follows("how", &["long", "often", "old", "soon"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Question {
        let speaker = |name: &str| Speaker {
            name: name.to_owned(),
            terms: text::terms(name),
        };
        let query = Query {
            text: text.to_owned(),
            terms: text::terms(text),
            embedding: Embedding::normalised(vec![1.0]),
        };
        Question::new(&query, &[speaker("ann"), speaker("benedict lee")])
    }

    #[test]
    fn names_of_speakers_are_no_topic() {
        let question = read("When did Ann’s sister meet Ben?");
        assert_eq!(question.topic, ["sister", "meet"]);
        assert!(question.terms.contains(&"ann".to_owned()));
        let named: Vec<&str> = question.named.iter().map(String::as_str).collect();
        assert_eq!(named, ["ann", "benedict lee"]);
        assert!(question.asks_time && !question.tells_time);
    }

    #[test]
    fn a_question_of_nothing_but_a_name_keeps_it() {
        let question = read("Ann?");
        assert_eq!(question.topic, ["ann"]);
        assert!(!question.asks_time);
    }

    #[test]
    fn a_time_is_asked_for_in_several_ways() {
        for text in ["When was it?", "In which year?", "How long did it take?"] {
            assert!(read(text).asks_time, "{text}");
        }
        assert!(!read("What did she say in May?").asks_time);
        assert!(read("What happened on 7 June?").tells_time);
    }
}
