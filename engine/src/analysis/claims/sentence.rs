//! From a sentence to its claim.

use std::collections::BTreeSet;

use super::super::reading::{Sentence, Word};
use super::lexicon::{Lexicon, lexicon};
use super::{Claim, EventTime, Modality, Polarity};

const OPEN: [&str; 22] = [
    "if",
    "unless",
    "maybe",
    "perhaps",
    "might",
    "may",
    "should",
    "could",
    "whether",
    "sure",
    "says",
    "said",
    "thinks",
    "suppose",
    "imagine",
    "probably",
    "possibly",
    "sometimes",
    "occasionally",
    "hoped",
    "planned",
    "think",
];
const DESIRED: [&str; 6] = ["want", "wants", "wish", "hope", "would", "plan"];
const DENYING: [&str; 9] = [
    "not", "never", "no", "nothing", "nobody", "neither", "hardly", "rarely", "without",
];
/// Denied, these leave the rest open: "not always" is no "never".
const PARTIAL: [&str; 8] = [
    "always",
    "quite",
    "everything",
    "everyone",
    "only",
    "all",
    "yet",
    "just",
];
const TIMES: [&str; 40] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mondays",
    "fridays",
    "saturdays",
    "sundays",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "spring",
    "summer",
    "autumn",
    "winter",
    "yesterday",
    "today",
    "tonight",
    "tomorrow",
    "last",
    "ago",
    "since",
    "weekend",
    "weekends",
    "evening",
    "evenings",
    "morning",
    "afternoon",
    "may",
];
const CHANGES: [&str; 14] = [
    "now",
    "again",
    "anymore",
    "longer",
    "moved",
    "switched",
    "broke",
    "divorced",
    "split",
    "separated",
    "passed",
    "died",
    "born",
    "became",
];
const NUMBERS: [&str; 24] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fifteen", "sixteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy",
    "eighty", "ninety", "hundred", "thousand",
];

/// The claim of a sentence; none of a question or of a sentence without a subject.
pub(super) fn claim(sentence: &Sentence<'_>) -> Option<Claim> {
    if sentence.is_question() {
        return None;
    }
    let words: Vec<String> = sentence.words.iter().flat_map(plain).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (subject, companion, from) = subject(&words)?;
    let list = lexicon();
    let rest = words.get(from..).unwrap_or_default();
    let mut claim = Claim {
        polarity: if matches!(words.first(), Some(&"nobody")) {
            Polarity::Denied
        } else {
            Polarity::Said
        },
        content: companion.map(stem).into_iter().collect(),
        subject,
        numbers: BTreeSet::new(),
        attributes: attributes(list, &words),
        modality: modality(&words, rest),
        time: time(&words, rest),
        byte_start: sentence.start,
        byte_end: sentence.start + sentence.text.len(),
    };
    fill(&mut claim, list, rest);
    Some(claim)
}

/// Reads content, numbers and polarity from what is said of the subject.
fn fill(claim: &mut Claim, list: &Lexicon, rest: &[&str]) {
    let mut antonyms = 0;
    let mut denied = false;
    for (at, word) in rest.iter().enumerate() {
        let next = rest.get(at + 1).copied().unwrap_or_default();
        if DENYING.contains(word) {
            denied = true;
        } else if *word == "stand" && denied {
            // "Can't stand" is a dislike by itself.
            claim.content.insert("like".to_owned());
        } else if *word == "along" {
            claim.content.insert("like".to_owned());
        } else if is_number(word) {
            claim.numbers.insert((*word).to_owned());
        } else if list.end.contains(word) && (*word != "gave" || next == "up") {
            antonyms += 1;
        } else if !is_left_out(list, word) && !TIMES.contains(word) {
            let (canonical, opposite) = list.canonical.get(word).copied().unwrap_or((*word, false));
            antonyms += usize::from(opposite);
            claim.content.insert(stem(canonical));
        }
    }
    if denied {
        claim.polarity = claim.polarity.flipped();
    }
    if antonyms % 2 == 1 {
        // "Not unhappy" is not "happy": such a claim is left open.
        if denied {
            claim.modality = Modality::Open;
        }
        claim.polarity = claim.polarity.flipped();
    }
}

fn is_number(word: &str) -> bool {
    NUMBERS.contains(&word) || word.chars().all(|c| c.is_ascii_digit())
}

fn is_left_out(list: &Lexicon, word: &str) -> bool {
    list.light.contains(word)
        || list.begin.contains(word)
        || CHANGES.contains(&word)
        || DESIRED.contains(&word) && word != "want"
        || OPEN.contains(&word)
        || matches!(
            word,
            "used" | "month" | "months" | "year" | "years" | "first" | "beginning"
        )
}

fn modality(words: &[&str], rest: &[&str]) -> Modality {
    let partial = rest
        .windows(2)
        .any(|pair| matches!(pair, [first, second] if *first == "not" && PARTIAL.contains(second)));
    let open = words
        .iter()
        .any(|word| OPEN.contains(word) && (*word != "may" || rest.first() == Some(word)));
    if open || partial {
        Modality::Open
    } else if rest
        .windows(2)
        .any(|pair| matches!(pair, [first, second] if DESIRED.contains(first) && matches!(*second, "to" | "like" | "love")))
        || rest.contains(&"hope")
        || rest.contains(&"wish")
    {
        Modality::Desired
    } else {
        Modality::Asserted
    }
}

fn time(words: &[&str], rest: &[&str]) -> EventTime {
    let list = lexicon();
    let mut time = EventTime::default();
    for (at, word) in rest.iter().enumerate() {
        let next = rest.get(at + 1).copied().unwrap_or_default();
        if TIMES.contains(word) {
            time.named.insert((*word).to_owned());
            if matches!(*word, "last" | "since") {
                time.named.insert(next.to_owned());
            }
        }
        if word.len() == 4 && word.chars().all(|c| c.is_ascii_digit()) {
            time.named.insert((*word).to_owned());
        }
        time.change |= CHANGES.contains(word);
        time.change |= *word == "any" && next == "more";
        time.former |= *word == "used" && next == "to";
        time.past |= matches!(*word, "was" | "were" | "had" | "did") || word.ends_with("ed");
    }
    let first_verb = rest
        .iter()
        .find(|word| !matches!(**word, "have" | "am" | "is" | "has"));
    time.change |= first_verb
        .is_some_and(|verb| list.begin.contains(verb) && *verb != "got" || list.end.contains(verb));
    time.change |= words.windows(2).any(|pair| {
        matches!(
            pair,
            ["got", "married" | "divorced" | "rid" | "hired"]
                | ["came", "off" | "home"]
                | ["made", "up"]
                | ["called", "off"]
                | ["went", "back"]
                | ["made", "redundant"]
        )
    });
    time.former |= words
        .windows(3)
        .any(|three| matches!(three, ["as", "a", "child"] | ["in", "the", "beginning"]));
    time
}

/// Who it is about, who is named beside the client, and where the rest begins.
fn subject<'w>(words: &[&'w str]) -> Option<(String, Option<&'w str>, usize)> {
    let skipped = words
        .iter()
        .take_while(|word| {
            matches!(
                **word,
                "and" | "but" | "so" | "now" | "maybe" | "perhaps" | "honestly" | "well"
            )
        })
        .count();
    let words = words.get(skipped..)?;
    let first = *words.first()?;
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    match first {
        "i" | "we" => Some(("i".to_owned(), None, skipped + 1)),
        "my" | "our" | "the" if word(2) == "and" && word(3) == "i" => {
            Some(("i".to_owned(), Some(word(1)), skipped + 4))
        }
        "my" | "our" | "the" | "his" | "her" => Some((named(word(1)), None, skipped + 2)),
        "everyone" | "everybody" | "nobody" => Some(("everyone".to_owned(), None, skipped + 1)),
        "he" | "she" | "they" | "it" => Some((first.to_owned(), None, skipped + 1)),
        _ if word(1) == "and" && word(2) == "i" => Some(("i".to_owned(), Some(first), skipped + 3)),
        _ => Some((named(first), None, skipped + 1)),
    }
}

fn named(word: &str) -> String {
    let canonical = lexicon()
        .canonical
        .get(word)
        .map_or(word, |(name, _)| *name);
    stem(canonical)
}

fn attributes(list: &Lexicon, words: &[&str]) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for phrase in &list.attributes {
        let stands = words
            .windows(phrase.words.len())
            .any(|window| window == phrase.words.as_slice());
        let entry = (phrase.attribute, phrase.value);
        if stands && !found.contains(&entry) {
            found.push(entry);
        }
    }
    found
}

/// The words of a contraction.
fn plain(word: &Word<'_>) -> Vec<String> {
    let norm = word.norm.as_str();
    let split = |base: &str, rest: &str| vec![base.to_owned(), rest.to_owned()];
    match norm {
        "can't" | "cannot" => return split("can", "not"),
        "won't" => return split("will", "not"),
        _ => {}
    }
    for (ending, stands_for) in [
        ("n't", "not"),
        ("'m", "am"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'d", "would"),
    ] {
        if let Some(base) = norm.strip_suffix(ending) {
            return split(base, stands_for);
        }
    }
    match norm.strip_suffix("'s") {
        Some(base @ ("he" | "she" | "it" | "that" | "there" | "everything")) => split(base, "is"),
        Some(base) => vec![base.to_owned()],
        None => vec![norm.to_owned()],
    }
}

fn stem(text: &str) -> String {
    Word {
        start: 0,
        text,
        norm: text.to_owned(),
        after_mark: false,
    }
    .stem()
}
