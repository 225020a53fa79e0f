//! Phrases as sequences of words: `a|b` either word, `c?` optional, `..3` up to three other words.

/// One place of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    Word { any_of: Vec<String>, optional: bool },
    Gap(usize),
}

/// A phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase(Vec<Slot>);

impl Phrase {
    /// Reads a phrase as it is written in the lists.
    pub(super) fn new(text: &str) -> Self {
        let slot = |part: &str| match part.strip_prefix("..").map(str::parse) {
            Some(Ok(words)) => Slot::Gap(words),
            _ => {
                let optional = part.ends_with('?');
                let any_of = part
                    .trim_end_matches('?')
                    .split('|')
                    .map(str::to_owned)
                    .collect();
                Slot::Word { any_of, optional }
            }
        };
        Self(text.split_whitespace().map(slot).collect())
    }

    /// The index after the last word of the phrase when it starts at `at`.
    pub(super) fn match_at(&self, words: &[&str], at: usize) -> Option<usize> {
        matches(&self.0, words, at)
    }

    /// The first place where the phrase stands: index of its first word and index after its last.
    pub(super) fn find(&self, words: &[&str]) -> Option<(usize, usize)> {
        (0..words.len()).find_map(|at| Some((at, self.match_at(words, at)?)))
    }

    /// Every word of the phrase.
    pub(super) fn vocabulary(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flat_map(|slot| match slot {
                Slot::Word { any_of, .. } => any_of.as_slice(),
                Slot::Gap(_) => &[],
            })
            .map(String::as_str)
    }
}

fn matches(slots: &[Slot], words: &[&str], at: usize) -> Option<usize> {
    let Some((slot, rest)) = slots.split_first() else {
        return Some(at);
    };
    match slot {
        Slot::Gap(most) => (0..=*most).find_map(|skipped| matches(rest, words, at + skipped)),
        Slot::Word { any_of, optional } => {
            let here = words
                .get(at)
                .is_some_and(|word| any_of.iter().any(|a| a == word));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn find(phrase: &str, text: &str) -> Option<(usize, usize)> {
        Phrase::new(phrase).find(&text.split_whitespace().collect::<Vec<_>>())
    }

    #[test]
    fn finds_alternatives_options_and_gaps() {
        assert_eq!(find("want|wish to die", "i want to die"), Some((1, 4)));
        assert_eq!(find("want to really? die", "i want to die"), Some((1, 4)));
        assert_eq!(
            find("kill ..2 tonight", "kill it all tonight"),
            Some((0, 4))
        );
        assert_eq!(find("kill ..1 tonight", "kill it all tonight"), None);
        assert_eq!(find("a b", "a"), None);
    }
}
