//! Words as the risk rules see them: without apostrophes, with letters for the signs that stand for
//! letters, with spaced-out letters joined, drawn-out letters shortened and slips mended.

use super::super::reading::Sentence;
use super::mending;
use super::pattern::Lexicon;

/// A word of the risk rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// First byte in the message.
    pub(super) start: usize,
    /// First byte after it.
    pub(super) end: usize,
    /// Normal form.
    pub(super) norm: String,
    /// Whether a mark stands before it.
    pub(super) after_mark: bool,
}

/// A run of letters, digits and signs that stand for letters, as it was written.
struct Run {
    start: usize,
    end: usize,
    /// In lower case, without apostrophes.
    text: String,
    after_mark: bool,
}

/// The tokens of a sentence. A short form gives several tokens at one place.
pub(super) fn tokens(sentence: &Sentence<'_>, lexicon: &Lexicon) -> Vec<Token> {
    let runs = runs(sentence);
    let mut tokens: Vec<Token> = Vec::with_capacity(runs.len());
    let mut rest = runs.as_slice();
    while let Some((run, after)) = rest.split_first() {
        let letters = rest.iter().take_while(|run| is_single_letter(run)).count();
        if letters >= 3
            && let Some((spelt, from)) = spelt_out(rest.get(..letters).unwrap_or_default(), lexicon)
        {
            for single in rest.get(..from).unwrap_or_default() {
                push(&mut tokens, single, single.end, &single.text);
            }
            let last = rest.get(letters - 1).map_or(run.end, |last| last.end);
            if let Some(first) = rest.get(from) {
                push(&mut tokens, first, last, &spelt);
            }
            rest = rest.get(letters..).unwrap_or_default();
            continue;
        }
        let norm = normal_form(&run.text, lexicon);
        push(&mut tokens, run, run.end, &norm);
        rest = after;
    }
    tokens
}

fn push(tokens: &mut Vec<Token>, run: &Run, end: usize, norm: &str) {
    let mut add = |norm: &str, after_mark| {
        tokens.push(Token {
            start: run.start,
            end,
            norm: norm.to_owned(),
            after_mark,
        });
    };
    match mending::alias(norm) {
        Some(words) => {
            for (at, word) in words.iter().enumerate() {
                add(word, run.after_mark && at == 0);
            }
        }
        None => add(norm, run.after_mark),
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`')
}

/// Signs that stand for letters between letters.
fn disguises(c: char) -> bool {
    matches!(c, '!' | '@' | '$' | '*' | '|')
}

fn runs(sentence: &Sentence<'_>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut current: Option<Run> = None;
    let mut marked = false;
    let mut before = ' ';
    let mut chars = sentence.text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        let joins = |c: char| c.is_alphanumeric() || c == '*';
        let inside = joins(before) && joins(next);
        let begins = c == '$' && next.is_alphabetic();
        let letter = c.is_alphanumeric() || disguises(c) && (inside || begins);
        let apostrophe = is_apostrophe(c) && before.is_alphanumeric() && next.is_alphanumeric();
        before = c;
        if letter || apostrophe {
            let run = current.get_or_insert_with(|| Run {
                start: sentence.start + at,
                end: sentence.start + at,
                text: String::new(),
                after_mark: std::mem::take(&mut marked),
            });
            run.end = sentence.start + at + c.len_utf8();
            if letter {
                run.text.extend(c.to_lowercase());
            }
            continue;
        }
        runs.extend(current.take());
        marked |= !c.is_whitespace() && c != '-' && !is_apostrophe(c);
    }
    runs.extend(current);
    runs
}

fn is_single_letter(run: &Run) -> bool {
    run.text.chars().count() == 1 && run.text.chars().all(char::is_alphabetic)
}

/// Letters with something between them, joined to a word that some phrase knows. The pronoun before
/// them may stay by itself. Gives the word and how many letters stand before it.
fn spelt_out(letters: &[Run], lexicon: &Lexicon) -> Option<(String, usize)> {
    (0..=1).find_map(|from| {
        let part = letters.get(from..).filter(|part| part.len() >= 3)?;
        let joined: String = part.iter().map(|run| run.text.as_str()).collect();
        if lexicon.contains(&joined) {
            return Some((joined, from));
        }
        mending::mend(&joined).map(|word| (word.to_owned(), from))
    })
}

fn normal_form(text: &str, lexicon: &Lexicon) -> String {
    if lexicon.contains(text) || mending::alias(text).is_some() {
        return text.to_owned();
    }
    if text.contains('*')
        && let Some(word) = mending::unmask(text)
    {
        return word.to_owned();
    }
    for plain in plain_forms(text) {
        if lexicon.contains(&plain) || mending::alias(&plain).is_some() {
            return plain;
        }
        if let Some(word) = mending::mend(&plain) {
            return word.to_owned();
        }
    }
    text.to_owned()
}

/// What the text may be without its disguise: signs and digits read as letters, drawn-out letters
/// shortened to two or one.
fn plain_forms(text: &str) -> Vec<String> {
    let letters = text.chars().any(char::is_alphabetic);
    let disguised = letters && !text.chars().all(char::is_alphabetic);
    let readings: Vec<String> = if disguised {
        let read = |one: char| text.chars().map(|c| letter_for(c, one)).collect::<String>();
        vec![read('i'), read('l')]
    } else {
        vec![text.to_owned()]
    };
    let mut forms = Vec::new();
    for reading in readings {
        for most in [2, 1] {
            let short = shortened(&reading, most);
            if most == 2 || drawn_out(&reading) {
                forms.push(short);
            }
        }
    }
    forms
}

fn drawn_out(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(3)
        .any(|three| matches!(three, [a, b, c] if a == b && b == c))
}

/// With at most `most` of the same letter in a row wherever three or more stood.
fn shortened(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let count = rest.chars().take_while(|c| *c == first).count();
        let kept = if count >= 3 { most } else { count };
        out.extend(std::iter::repeat_n(first, kept));
        rest = rest.get(count * first.len_utf8()..).unwrap_or_default();
    }
    out
}

fn letter_for(c: char, one: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::reading::read;
    use super::super::phrases;
    use super::*;

    fn found(text: &str) -> Vec<Token> {
        tokens(&read(text)[0], phrases::lexicon())
    }

    fn norms(text: &str) -> Vec<String> {
        found(text).into_iter().map(|token| token.norm).collect()
    }

    #[test]
    fn disguises_are_seen_through() {
        assert_eq!(norms("k1ll myslef"), ["kill", "myself"]);
        assert_eq!(norms("ki11 mys3lf k!ll"), ["kill", "myself", "kill"]);
        assert_eq!(norms("I can’t k i l l it"), ["i", "cant", "kill", "it"]);
        assert_eq!(norms("i k.i.l.l"), ["i", "kill"]);
        assert_eq!(
            norms("sucide, suicde, su*cide"),
            ["suicide", "suicide", "suicide"]
        );
        assert_eq!(norms("I wanna diiiie"), ["i", "want", "to", "die"]);
    }

    #[test]
    fn other_words_stay_themselves() {
        assert_eq!(
            norms("ill skill 2024 a b kiln"),
            ["ill", "skill", "2024", "a", "b", "kiln"]
        );
    }

    #[test]
    fn tokens_keep_their_bytes() {
        let text = "so k i l l me";
        let token = &found(text)[1];
        assert_eq!(&text[token.start..token.end], "k i l l");
        let text = "Ça va? — I’m g0ne, wanna d1e!";
        for sentence in read(text) {
            for token in tokens(&sentence, phrases::lexicon()) {
                assert!(!text[token.start..token.end].trim().is_empty());
            }
        }
    }
}
