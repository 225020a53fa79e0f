//! The word list of the claim rules, read once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::super::reading::entries;

/// A phrase that tells the value of an attribute.
pub(super) struct AttributePhrase {
    pub(super) attribute: &'static str,
    pub(super) value: &'static str,
    pub(super) words: Vec<&'static str>,
}

/// What the list says.
#[derive(Default)]
pub(super) struct Lexicon {
    /// The word under which others of its meaning are compared, and whether it means the opposite.
    pub(super) canonical: HashMap<&'static str, (&'static str, bool)>,
    pub(super) begin: HashSet<&'static str>,
    pub(super) end: HashSet<&'static str>,
    pub(super) light: HashSet<&'static str>,
    pub(super) attributes: Vec<AttributePhrase>,
}

static LEXICON: LazyLock<Lexicon> =
    LazyLock::new(|| read(include_str!("../../../data/claims/lexicon_en.txt")));

/// The list.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

fn read(list: &'static str) -> Lexicon {
    let mut lexicon = Lexicon::default();
    let mut section = "";
    for line in entries(list) {
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = head;
            continue;
        }
        match section {
            "begin" => lexicon.begin.extend(line.split_whitespace()),
            "end" => lexicon.end.extend(line.split_whitespace()),
            "light" => lexicon.light.extend(line.split_whitespace()),
            "attribute" => attribute(&mut lexicon, line),
            _ => {
                if let Some((canonical, words)) = line.split_once(": ") {
                    for word in words.split_whitespace() {
                        let opposite = section == "opposite";
                        lexicon
                            .canonical
                            .entry(word)
                            .or_insert((canonical, opposite));
                    }
                }
            }
        }
    }
    lexicon
}

fn attribute(lexicon: &mut Lexicon, line: &'static str) {
    let Some((head, phrases)) = line.split_once(": ") else {
        return;
    };
    let Some((attribute, value)) = head.split_once(' ') else {
        return;
    };
    for phrase in phrases.split('|') {
        lexicon.attributes.push(AttributePhrase {
            attribute,
            value,
            words: phrase
                .split([' ', '*'])
                .filter(|word| !word.is_empty())
                .collect(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read() {
        let list = lexicon();
        assert_eq!(list.canonical.get("hate"), Some(&("like", true)));
        assert_eq!(list.canonical.get("adore"), Some(&("like", false)));
        assert!(list.begin.contains("started") && list.end.contains("quit"));
        assert!(list.light.contains("my") && list.attributes.len() > 50);
    }
}
