//! The tokenizer of the BERT family, for the one configuration that ships with the program: lower
//! case, accents stripped, CJK characters apart, greedy longest match, `##` before continuations.
//!
//! It gives the ids that the `tokenizers` crate gives for the same file (a test compares the two) at
//! a fraction of its memory, because the vocabulary borrows from the compiled-in text. It refuses to
//! be a general tokenizer: a file with other settings is an error, and `[UNK]` in a text is a word in
//! brackets, not a command.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

/// Words that are longer are unknown, as in the reference.
const MAX_WORD_CHARS: usize = 100;
const CONTINUATION: &str = "##";

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    model: Model<'a>,
    normalizer: Normalizer,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    vocab: HashMap<Piece<'a>, u32>,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
}

#[derive(Deserialize, PartialEq, Eq, Hash)]
struct Piece<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

/// Splits text into the ids of word pieces.
pub struct WordPiece {
    /// Pieces at the beginning of a word.
    first: HashMap<Cow<'static, str>, u32>,
    /// Pieces further on, without their prefix.
    next: HashMap<Cow<'static, str>, u32>,
}

impl std::fmt::Debug for WordPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordPiece")
            .field("first", &self.first.len())
            .field("next", &self.next.len())
            .finish()
    }
}

impl WordPiece {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// A sentence that says what does not fit.
    pub fn parse(json: &'static str) -> Result<Self, String> {
        let file: File<'static> = serde_json::from_str(json).map_err(|e| e.to_string())?;
        let File { model, normalizer } = file;
        let plain = normalizer.clean_text
            && normalizer.handle_chinese_chars
            && normalizer.strip_accents.unwrap_or(normalizer.lowercase)
            && normalizer.lowercase;
        if model.kind != "WordPiece" || normalizer.kind != "BertNormalizer" || !plain {
            return Err("only a lower-case BERT WordPiece tokenizer is supported".to_owned());
        }
        if model.continuing_subword_prefix != CONTINUATION
            || model.max_input_chars_per_word != MAX_WORD_CHARS
        {
            return Err(format!(
                "continuing_subword_prefix must be {CONTINUATION:?} and max_input_chars_per_word {MAX_WORD_CHARS}"
            ));
        }
        let mut first = HashMap::new();
        let mut next = HashMap::new();
        for (Piece(piece), id) in model.vocab {
            // The unknown token and its kin carry no meaning; without an entry they are skipped.
            if piece == model.unk_token.as_str() || piece == "[PAD]" {
                continue;
            }
            match piece {
                Cow::Borrowed(text) => match text.strip_prefix(CONTINUATION) {
                    Some(rest) if !rest.is_empty() => next.insert(Cow::Borrowed(rest), id),
                    _ => first.insert(Cow::Borrowed(text), id),
                },
                Cow::Owned(text) => match text.strip_prefix(CONTINUATION) {
                    Some(rest) if !rest.is_empty() => next.insert(Cow::Owned(rest.to_owned()), id),
                    _ => first.insert(Cow::Owned(text), id),
                },
            };
        }
        Ok(Self { first, next })
    }

    /// The largest id.
    #[must_use]
    pub fn max_id(&self) -> u32 {
        self.first
            .values()
            .chain(self.next.values())
            .copied()
            .max()
            .unwrap_or(0)
    }

    /// The ids of the known pieces of `text`, in order; unknown words are left out.
    #[must_use]
    pub fn ids(&self, text: &str) -> Vec<u32> {
        let clean = normalise(text);
        let mut ids = Vec::with_capacity(clean.len() / 4);
        for word in clean.split(char::is_whitespace) {
            let mut rest = word;
            while !rest.is_empty() {
                let (piece, after) = split_punctuation(rest);
                self.push_word(piece, &mut ids);
                rest = after;
            }
        }
        ids
    }

    fn push_word(&self, word: &str, ids: &mut Vec<u32>) {
        if word.len() > MAX_WORD_CHARS && word.chars().count() > MAX_WORD_CHARS {
            return;
        }
        let before = ids.len();
        let mut start = 0;
        while start < word.len() {
            let pieces = if start == 0 { &self.first } else { &self.next };
            let ends = word[start..]
                .char_indices()
                .rev()
                .map(|(at, c)| start + at + c.len_utf8());
            let found = ends
                .map(|end| (end, pieces.get(&word[start..end])))
                .find_map(|(end, id)| id.map(|id| (end, *id)));
            let Some((end, id)) = found else {
                // One unknown piece makes the whole word unknown.
                ids.truncate(before);
                return;
            };
            ids.push(id);
            start = end;
        }
    }
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.is_punctuation()
}

/// The run up to the next punctuation character, or that character, and what follows.
fn split_punctuation(text: &str) -> (&str, &str) {
    let end = match text.char_indices().find(|(_, c)| is_punctuation(*c)) {
        Some((0, c)) => c.len_utf8(),
        Some((at, _)) => at,
        None => text.len(),
    };
    text.split_at(end)
}

fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return text
            .chars()
            .filter(|c| !c.is_ascii_control() || matches!(c, '\t' | '\n' | '\r'))
            .map(|c| c.to_ascii_lowercase())
            .collect();
    }
    let mut spaced = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => spaced.push(' '),
            '\0' | '\u{fffd}' => {}
            c if c.is_whitespace() => spaced.push(' '),
            c if c.is_other() => {}
            c if is_cjk(c) => {
                spaced.push(' ');
                spaced.push(c);
                spaced.push(' ');
            }
            c => spaced.push(c),
        }
    }
    spaced
        .nfd()
        .filter(|c| !c.is_mark_nonspacing())
        .flat_map(char::to_lowercase)
        .collect()
}

fn is_cjk(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x2_0000..=0x2_A6DF
            | 0x2_A700..=0x2_B73F
            | 0x2_B740..=0x2_B81F
            | 0x2_B920..=0x2_CEAF
            | 0xF900..=0xFAFF
            | 0x2_F800..=0x2_FA1F
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JSON: &str = include_str!("../../../model/tokenizer.json");

    fn reference_ids(oracle: &tokenizers::Tokenizer, text: &str) -> Vec<u32> {
        let encoding = oracle.encode(text, false).unwrap();
        encoding
            .get_ids()
            .iter()
            .copied()
            .filter(|id| *id > 1)
            .collect()
    }

    #[test]
    fn gives_the_ids_of_the_reference_on_everyday_and_odd_text() {
        let (own, oracle) = (WordPiece::parse(JSON).unwrap(), JSON.parse().unwrap());
        let long = "x".repeat(101);
        let texts = [
            "I can't sleep, I lie awake for hours.",
            "Café naïve Ångström ﬁne ǅ İstanbul",
            "unaffable antidisestablishmentarianism",
            "東京へ行く 안녕하세요 नमस्ते мир",
            "tab\tnew\nline\u{a0}nbsp\u{200b}zero\u{0}nul\u{fffd}",
            "“quoted”—dash… ## #hash $5 50% a_b",
            "🙂 emoji 👩‍👩‍👧 and ½ ² ™",
            &long,
            "",
            "   ",
        ];
        for text in texts {
            assert_eq!(own.ids(text), reference_ids(&oracle, text), "{text:?}");
        }
    }

    #[test]
    fn gives_the_ids_of_the_reference_on_the_shipped_documents() {
        let (own, oracle) = (WordPiece::parse(JSON).unwrap(), JSON.parse().unwrap());
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("personas");
        let mut seen = 0;
        for persona in std::fs::read_dir(root).unwrap() {
            for file in std::fs::read_dir(persona.unwrap().path().join("documents")).unwrap() {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                assert_eq!(own.ids(&text), reference_ids(&oracle, &text));
                seen += 1;
            }
        }
        assert!(seen >= 28, "only {seen} documents");
    }

    #[test]
    fn refuses_a_tokenizer_with_other_settings() {
        let cased = JSON.replacen("\"lowercase\":true", "\"lowercase\":false", 1);
        assert!(WordPiece::parse(Box::leak(cased.into_boxed_str())).is_err());
        assert!(WordPiece::parse("{").is_err());
    }

    proptest! {
        #[test]
        fn gives_the_ids_of_the_reference_on_any_text(text in "\\PC{0,60}|[a-zA-Zéüß'.,\\- \n]{0,80}") {
            use std::sync::LazyLock;
            static BOTH: LazyLock<(WordPiece, tokenizers::Tokenizer)> =
                LazyLock::new(|| (WordPiece::parse(JSON).unwrap(), JSON.parse().unwrap()));
            prop_assert_eq!(BOTH.0.ids(&text), reference_ids(&BOTH.1, &text));
        }
    }
}
