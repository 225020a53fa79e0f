//! Phrases of the lists, compiled once: words become numbers, classes and verb forms are written out,
//! and a sentence is matched by comparing numbers.

use std::collections::HashMap;

use super::super::reading::entries;

/// Every word that some phrase knows, numbered from 1; 0 is any other word.
#[derive(Debug, Default)]
pub(super) struct Lexicon(HashMap<String, u16>);

impl Lexicon {
    fn number(&mut self, word: String) -> u16 {
        let next = u16::try_from(self.0.len() + 1).unwrap_or(u16::MAX);
        *self.0.entry(word).or_insert(next)
    }

    /// The number of a word in normal form.
    pub(super) fn get(&self, word: &str) -> u16 {
        self.0.get(word).copied().unwrap_or_default()
    }

    /// Whether some phrase knows the word.
    pub(super) fn contains(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }
}

/// Words that may stand for one another, and the irregular forms of verbs.
#[derive(Debug, Default)]
pub(super) struct Classes {
    named: HashMap<&'static str, Vec<&'static str>>,
    forms: HashMap<&'static str, Vec<&'static str>>,
}

impl Classes {
    /// Reads the list of classes; gives the lines that it could not read too.
    pub(super) fn read(list: &'static str) -> (Self, Vec<&'static str>) {
        let mut classes = Self::default();
        let mut unread = Vec::new();
        for line in entries(list) {
            if let Some((name, words)) = line
                .strip_prefix('@')
                .and_then(|rest| rest.split_once(" = "))
            {
                classes.named.insert(name, words.split('|').collect());
            } else if let Some(mut words) = line.strip_prefix("~ ").map(str::split_whitespace) {
                let base = words.next().unwrap_or_default();
                classes.forms.insert(base, words.collect());
            } else {
                unread.push(line);
            }
        }
        (classes, unread)
    }

    /// Every word that `part` of a phrase stands for; none when it names an unknown class.
    fn words(&self, part: &str) -> Vec<String> {
        if let Some(name) = part.strip_prefix('@') {
            let members = self.named.get(name).map(Vec::as_slice).unwrap_or_default();
            return members.iter().flat_map(|word| self.words(word)).collect();
        }
        match part.strip_suffix('~') {
            Some(base) => self.verb_forms(base),
            None => vec![part.to_owned()],
        }
    }

    fn verb_forms(&self, base: &str) -> Vec<String> {
        let mut forms = vec![base.to_owned()];
        let stem = base.strip_suffix('e');
        let before_y = base
            .strip_suffix('y')
            .filter(|rest| !rest.ends_with(['a', 'e', 'o', 'u']));
        let hissing = ["s", "x", "z", "ch", "sh"]
            .iter()
            .any(|end| base.ends_with(end));
        forms.push(match before_y {
            Some(rest) => format!("{rest}ies"),
            None if hissing => format!("{base}es"),
            None => format!("{base}s"),
        });
        forms.push(format!("{}ing", stem.unwrap_or(base)));
        match self.forms.get(base) {
            Some(irregular) => forms.extend(irregular.iter().map(|form| (*form).to_owned())),
            None => forms.push(match (stem, before_y) {
                (Some(rest), _) => format!("{rest}ed"),
                (None, Some(rest)) => format!("{rest}ied"),
                (None, None) => format!("{base}ed"),
            }),
        }
        forms
    }
}

/// One place of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    /// One of the words, sorted by number.
    Word { any_of: Box<[u16]>, optional: bool },
    /// Up to so many words.
    Gap(usize),
}

/// A phrase as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Box<[Slot]>);

impl Pattern {
    /// Compiles a phrase as it is written in the lists; none when it is empty, begins with a gap,
    /// or names an unknown class.
    pub(super) fn new(text: &str, classes: &Classes, lexicon: &mut Lexicon) -> Option<Self> {
        let slots: Option<Vec<Slot>> = text
            .split_whitespace()
            .map(|part| slot(part, classes, lexicon))
            .collect();
        let slots = slots?;
        matches!(slots.first(), Some(Slot::Word { .. })).then(|| Self(slots.into()))
    }

    /// The numbers of the words that it can begin with.
    pub(super) fn beginnings(&self) -> Vec<u16> {
        let mut found = Vec::new();
        for slot in &self.0 {
            let Slot::Word { any_of, optional } = slot else {
                break;
            };
            found.extend(any_of.iter().copied());
            if !optional {
                break;
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The index after the last word of the phrase when it starts at `at`; the nearest end.
    pub(super) fn match_at(&self, words: &[u16], at: usize) -> Option<usize> {
        matches(&self.0, words, at)
    }

    /// Whether it stands anywhere.
    pub(super) fn is_in(&self, words: &[u16]) -> bool {
        (0..words.len()).any(|at| self.match_at(words, at).is_some())
    }
}

fn slot(part: &str, classes: &Classes, lexicon: &mut Lexicon) -> Option<Slot> {
    if let Some(gap) = part.strip_prefix("..") {
        return gap.parse().ok().map(Slot::Gap);
    }
    let mut any_of = Vec::new();
    for word in part.trim_end_matches('?').split('|') {
        let words = classes.words(word);
        if words.is_empty() {
            return None;
        }
        any_of.extend(words.into_iter().map(|word| lexicon.number(word)));
    }
    any_of.sort_unstable();
    any_of.dedup();
    Some(Slot::Word {
        any_of: any_of.into(),
        optional: part.ends_with('?'),
    })
}

fn matches(slots: &[Slot], words: &[u16], at: usize) -> Option<usize> {
    let Some((slot, rest)) = slots.split_first() else {
        return Some(at);
    };
    match slot {
        // A gap at the end of a phrase has nothing to reach for.
        Slot::Gap(_) if rest.is_empty() => Some(at),
        Slot::Gap(most) => (0..=*most)
            .take_while(|skipped| at + skipped < words.len())
            .find_map(|skipped| matches(rest, words, at + skipped)),
        Slot::Word { any_of, optional } => {
            let here = words
                .get(at)
                .is_some_and(|word| any_of.binary_search(word).is_ok());
            let taken = if here {
                matches(rest, words, at + 1)
            } else {
                None
            };
            taken.or_else(|| {
                if *optional {
                    matches(rest, words, at)
                } else {
                    None
                }
            })
        }
    }
}

/// A list of phrases under headings in square brackets, compiled; with the lines not understood.
pub(super) fn sections(
    list: &'static str,
    classes: &Classes,
    lexicon: &mut Lexicon,
) -> (Vec<(&'static str, Vec<Pattern>)>, Vec<&'static str>) {
    let mut sections: Vec<(&'static str, Vec<Pattern>)> = Vec::new();
    let mut unread = Vec::new();
    for line in entries(list) {
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            sections.push((head, Vec::new()));
        } else {
            match (sections.last_mut(), Pattern::new(line, classes, lexicon)) {
                (Some((_, patterns)), Some(pattern)) => patterns.push(pattern),
                _ => unread.push(line),
            }
        }
    }
    (sections, unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(phrase: &str, text: &str) -> Vec<Option<usize>> {
        let (classes, unread) = Classes::read("~ hide hid hidden\n@blade = knife|razor~");
        assert!(unread.is_empty());
        let mut lexicon = Lexicon::default();
        let pattern = Pattern::new(phrase, &classes, &mut lexicon).unwrap();
        let words: Vec<u16> = text.split_whitespace().map(|w| lexicon.get(w)).collect();
        (0..words.len())
            .map(|at| pattern.match_at(&words, at))
            .collect()
    }

    #[test]
    fn alternatives_options_gaps_classes_and_verb_forms() {
        assert_eq!(
            ends("want|wish to? die", "i want to die"),
            [None, Some(4), None, None]
        );
        assert_eq!(ends("kill ..2 tonight", "kill it all tonight")[0], Some(4));
        assert_eq!(ends("kill ..1 tonight", "kill it all tonight")[0], None);
        assert_eq!(ends("hide~ my @blade", "hid my razors")[0], Some(3));
        assert_eq!(ends("hide~ my @blade", "hiding my knife")[0], Some(3));
        assert_eq!(ends("carry~ a", "carried a")[0], Some(2));
        assert_eq!(ends("a b", "a"), [None]);
    }

    #[test]
    fn what_cannot_be_compiled_is_refused() {
        let (classes, unread) = Classes::read("stray words");
        assert_eq!(unread, ["stray words"]);
        let mut lexicon = Lexicon::default();
        assert_eq!(Pattern::new("@nothing here", &classes, &mut lexicon), None);
        assert_eq!(Pattern::new("..2 here", &classes, &mut lexicon), None);
    }
}
