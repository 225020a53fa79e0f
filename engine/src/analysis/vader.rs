//! VADER: a sentence's sentiment from a lexicon and rules.
//!
//! A port of `vaderSentiment` 3.3.2 (Hutto and Gilbert 2014, MIT), quirks included, checked against
//! the package's own scores. It knows no irony and no context beyond the sentence.

use std::collections::HashMap;
use std::sync::LazyLock;

const BOOST: f64 = 0.293;
const CAPITALS: f64 = 0.733;
const NEGATION: f64 = -0.74;
const ALPHA: f64 = 15.0;

const NEGATIONS: [&str; 59] = [
    "aint",
    "arent",
    "cannot",
    "cant",
    "couldnt",
    "darent",
    "didnt",
    "doesnt",
    "ain't",
    "aren't",
    "can't",
    "couldn't",
    "daren't",
    "didn't",
    "doesn't",
    "dont",
    "hadnt",
    "hasnt",
    "havent",
    "isnt",
    "mightnt",
    "mustnt",
    "neither",
    "don't",
    "hadn't",
    "hasn't",
    "haven't",
    "isn't",
    "mightn't",
    "mustn't",
    "neednt",
    "needn't",
    "never",
    "none",
    "nope",
    "nor",
    "not",
    "nothing",
    "nowhere",
    "oughtnt",
    "shant",
    "shouldnt",
    "uhuh",
    "wasnt",
    "werent",
    "oughtn't",
    "shan't",
    "shouldn't",
    "uh-uh",
    "wasn't",
    "weren't",
    "without",
    "wont",
    "wouldnt",
    "won't",
    "wouldn't",
    "rarely",
    "seldom",
    "despite",
];

const RAISING: &str = "absolutely amazingly awfully completely considerable considerably decidedly \
    deeply effing enormous enormously entirely especially exceptional exceptionally extreme \
    extremely fabulously flipping flippin frackin fracking fricking frickin frigging friggin fully \
    fuckin fucking fuggin fugging greatly hella highly hugely incredible incredibly intensely major \
    majorly more most particularly purely quite really remarkably so substantially thoroughly total \
    totally tremendous tremendously uber unbelievably unusually utter utterly very";

const LOWERING: &str = "almost barely hardly kinda kindof kind-of less little marginal marginally \
    occasional occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of";

const LOWERING_PAIRS: [&str; 3] = ["just enough", "kind of", "sort of"];

const SPECIAL_CASES: [(&str, f64); 9] = [
    ("the shit", 3.0),
    ("the bomb", 3.0),
    ("bad ass", 1.5),
    ("badass", 1.5),
    ("bus stop", 0.0),
    ("yeah right", -2.0),
    ("kiss of death", -1.5),
    ("to die for", 3.0),
    ("beating heart", 3.5),
];

static LEXICON: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    fields(include_str!("../../data/vader/vader_lexicon.txt"))
        .filter_map(|(word, measure)| Some((word, measure.parse().ok()?)))
        .collect()
});

static EMOJI: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    fields(include_str!("../../data/vader/emoji_utf8_lexicon.txt"))
        .filter_map(|(emoji, description)| {
            let mut chars = emoji.chars();
            let first = chars.next()?;
            // The reference looks emoji up character by character; longer ones never match.
            chars.next().is_none().then_some((first, description))
        })
        .collect()
});

static BOOSTERS: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    let raising = RAISING.split_whitespace().map(|word| (word, BOOST));
    let lowering = LOWERING
        .split_whitespace()
        .chain(LOWERING_PAIRS)
        .map(|word| (word, -BOOST));
    raising.chain(lowering).collect()
});

fn fields(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    list.lines().filter_map(|line| {
        let mut fields = line.trim_matches(is_blank).split('\t');
        Some((fields.next()?, fields.next()?))
    })
}

/// What Python's `str.split` takes for white space.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

struct Token<'t> {
    text: &'t str,
    lower: String,
    valence: Option<f64>,
}

impl Token<'_> {
    fn is_upper(&self) -> bool {
        self.text.chars().any(char::is_uppercase) && !self.text.chars().any(char::is_lowercase)
    }

    fn negates(&self) -> bool {
        NEGATIONS.contains(&self.lower.as_str()) || self.lower.contains("n't")
    }
}

/// Whether a word has a valence of its own, whatever stands around it.
pub(super) fn has_valence(word: &str) -> bool {
    LEXICON.contains_key(word.to_lowercase().as_str())
}

/// The compound score of a sentence, from -1 to 1, without the reference's rounding to four places.
pub(super) fn compound(text: &str) -> f64 {
    let text = describe_emoji(text);
    let text = text.trim_matches(is_blank);
    let tokens: Vec<Token<'_>> = text
        .split(is_blank)
        .filter(|t| !t.is_empty())
        .map(token)
        .collect();
    if tokens.is_empty() {
        return 0.0;
    }
    let upper = tokens.iter().filter(|t| t.is_upper()).count();
    let sentence = Scorer {
        tokens: &tokens,
        mixed_case: upper > 0 && upper < tokens.len(),
    };
    let mut valences: Vec<f64> = (0..tokens.len()).map(|at| sentence.valence(at)).collect();
    weigh_around_but(&tokens, &mut valences);
    let mut sum: f64 = valences.iter().sum();
    let emphasis = emphasis(text);
    if sum > 0.0 {
        sum += emphasis;
    } else if sum < 0.0 {
        sum -= emphasis;
    }
    (sum / (sum * sum + ALPHA).sqrt()).clamp(-1.0, 1.0)
}

fn describe_emoji(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_blank = true;
    for c in text.chars() {
        match EMOJI.get(&c) {
            Some(description) => {
                if !after_blank {
                    out.push(' ');
                }
                out.push_str(description);
                after_blank = false;
            }
            None => {
                out.push(c);
                after_blank = c == ' ';
            }
        }
    }
    out
}

fn token(text: &str) -> Token<'_> {
    let stripped = text.trim_matches(|c: char| c.is_ascii_punctuation());
    let text = if stripped.chars().count() <= 2 {
        text
    } else {
        stripped
    };
    let lower = text.to_lowercase();
    let valence = LEXICON.get(lower.as_str()).copied();
    Token {
        text,
        lower,
        valence,
    }
}

fn emphasis(text: &str) -> f64 {
    let exclamations = text.matches('!').count().min(4) as f64 * 0.292;
    let questions = match text.matches('?').count() {
        0 | 1 => 0.0,
        n @ (2 | 3) => n as f64 * 0.18,
        _ => 0.96,
    };
    exclamations + questions
}

/// What stands before the first "but" counts half, what stands after it half as much again. The
/// reference finds each place by the value that stands there, so equal values are met at the first
/// of them; that is kept.
fn weigh_around_but(tokens: &[Token<'_>], valences: &mut [f64]) {
    let Some(but) = tokens.iter().position(|t| t.lower == "but") else {
        return;
    };
    for at in 0..valences.len() {
        let Some(value) = valences.get(at).copied() else {
            continue;
        };
        let Some(first) = valences.iter().position(|v| *v == value) else {
            continue;
        };
        let weight = match first.cmp(&but) {
            std::cmp::Ordering::Less => 0.5,
            std::cmp::Ordering::Equal => 1.0,
            std::cmp::Ordering::Greater => 1.5,
        };
        if let Some(slot) = valences.get_mut(first) {
            *slot = value * weight;
        }
    }
}

struct Scorer<'s> {
    tokens: &'s [Token<'s>],
    mixed_case: bool,
}

impl Scorer<'_> {
    fn back(&self, at: usize, by: usize) -> Option<&Token<'_>> {
        at.checked_sub(by).and_then(|place| self.tokens.get(place))
    }

    fn is_at(&self, at: usize, by: usize, words: &[&str]) -> bool {
        self.back(at, by)
            .is_some_and(|t| words.contains(&t.lower.as_str()))
    }

    fn valence(&self, at: usize) -> f64 {
        let Some(item) = self.tokens.get(at) else {
            return 0.0;
        };
        let next = self.tokens.get(at + 1);
        let kind_of = item.lower == "kind" && next.is_some_and(|t| t.lower == "of");
        if BOOSTERS.contains_key(item.lower.as_str()) || kind_of {
            return 0.0;
        }
        let Some(listed) = item.valence else {
            return 0.0;
        };
        let mut valence = listed;
        if item.lower == "no" && next.is_some_and(|t| t.valence.is_some()) {
            valence = 0.0;
        }
        if self.is_at(at, 1, &["no"])
            || self.is_at(at, 2, &["no"])
            || self.is_at(at, 3, &["no"]) && self.is_at(at, 1, &["or", "nor"])
        {
            valence = listed * NEGATION;
        }
        if item.is_upper() && self.mixed_case {
            valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        for distance in 1..=3 {
            let Some(before) = self.back(at, distance) else {
                break;
            };
            if before.valence.is_some() {
                continue;
            }
            let fade = match distance {
                1 => 1.0,
                2 => 0.95,
                _ => 0.9,
            };
            valence += self.boost(before, valence) * fade;
            valence = self.negate(valence, distance, at);
            if distance == 3 {
                valence = self.special_cases(valence, at);
            }
        }
        self.least(valence, at)
    }

    fn boost(&self, word: &Token<'_>, valence: f64) -> f64 {
        let Some(step) = BOOSTERS.get(word.lower.as_str()) else {
            return 0.0;
        };
        let mut scalar = if valence < 0.0 { -step } else { *step };
        if word.is_upper() && self.mixed_case {
            scalar += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        scalar
    }

    fn negate(&self, valence: f64, distance: usize, at: usize) -> f64 {
        let emphasised = match distance {
            2 => self.is_at(at, 2, &["never"]) && self.is_at(at, 1, &["so", "this"]),
            3 => {
                self.is_at(at, 3, &["never"]) && self.is_at(at, 2, &["so", "this"])
                    || self.is_at(at, 1, &["so", "this"])
            }
            _ => false,
        };
        let undoubted = match distance {
            2 => self.is_at(at, 2, &["without"]) && self.is_at(at, 1, &["doubt"]),
            3 => {
                self.is_at(at, 3, &["without"])
                    && (self.is_at(at, 2, &["doubt"]) || self.is_at(at, 1, &["doubt"]))
            }
            _ => false,
        };
        if emphasised {
            valence * 1.25
        } else if !undoubted && self.back(at, distance).is_some_and(Token::negates) {
            valence * NEGATION
        } else {
            valence
        }
    }

    /// Phrases around the word at `at`, which has at least three words before it.
    fn special_cases(&self, mut valence: f64, at: usize) -> f64 {
        let join = |from: usize, to: usize| {
            let words = self.tokens.get(from..=to).unwrap_or_default();
            words
                .iter()
                .map(|t| t.lower.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let special = |phrase: &str| {
            SPECIAL_CASES
                .iter()
                .find(|(p, _)| *p == phrase)
                .map(|(_, v)| *v)
        };
        let before = [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2)];
        if let Some(value) = before
            .iter()
            .find_map(|(a, b)| special(&join(at - a, at - b)))
        {
            valence = value;
        }
        let last = self.tokens.len() - 1;
        for ahead in [1, 2] {
            if at + ahead <= last
                && let Some(value) = special(&join(at, at + ahead))
            {
                valence = value;
            }
        }
        for (a, b) in [(3, 1), (3, 2), (2, 1)] {
            valence += BOOSTERS
                .get(join(at - a, at - b).as_str())
                .copied()
                .unwrap_or(0.0);
        }
        valence
    }

    fn least(&self, valence: f64, at: usize) -> f64 {
        let preceded = self
            .back(at, 1)
            .is_some_and(|t| t.lower == "least" && t.valence.is_none());
        let at_least = self.is_at(at, 2, &["at", "very"]);
        if preceded && !at_least {
            valence * NEGATION
        } else {
            valence
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many sentences were compared, and the largest deviation.
    fn compare(reference: &str) -> (usize, f64) {
        let mut largest: f64 = 0.0;
        for line in reference.lines() {
            let (score, text) = line.split_once('\t').unwrap();
            let text = text.replace("\\n", "\n");
            let (wanted, found) = (score.parse::<f64>().unwrap(), compound(&text));
            let deviation = (wanted - found).abs();
            assert!(deviation < 1e-4, "{text:?}: {found} instead of {wanted}");
            largest = largest.max(deviation);
        }
        (reference.lines().count(), largest)
    }

    #[test]
    fn scores_are_those_of_the_reference() {
        let (checked, _) = compare(include_str!("../../data/vader/reference_scores.tsv"));
        assert!(checked >= 300, "{checked}");
    }

    #[test]
    #[ignore = "needs the reference's scores of its rated sentences: run tools/check-vader"]
    fn scores_are_those_of_the_whole_reference() {
        let path =
            std::env::var("VADER_REFERENCE").expect("VADER_REFERENCE names the file of scores");
        let (checked, largest) = compare(&std::fs::read_to_string(path).unwrap());
        println!("{checked} sentences, largest deviation {largest:.6}");
        assert!(checked >= 20_000, "{checked}");
    }

    #[test]
    fn nothing_is_neutral() {
        assert_eq!(compound(""), 0.0);
        assert_eq!(compound(" \n "), 0.0);
    }
}
