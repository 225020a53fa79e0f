//! What belongs together: the client's messages grouped by the words they share, by leader clustering
//! (Hartigan 1975) in one pass.
//!
//! A message joins the group whose words are most like its own, else it leads a new one. Words that
//! stand in few messages weigh more. A group is named with the client's own word or phrase that tells
//! it from the others most (c-TF-IDF). Groups of one message are kept but not shown.

use serde::{Deserialize, Serialize};

use super::delta::Said;
use super::sentiment::NEUTRAL;
use super::span::{MessageIds, Span};
use super::stem_counts::{StemCounts, telling};
use super::topics::TermTable;
use crate::domain::analysis::Theme;

const THEMES: usize = 12;
const STEMS: usize = 16;
const QUOTE_BYTES: usize = 120;
/// Cosine from which a message joins a group. Set by judgement on dialogues that were read, not
/// fitted: no labelled themes exist to fit it to.
const ALIKE: f64 = 0.18;
/// Words shown of a group.
const SHOWN: usize = 4;

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Group {
    stems: StemCounts<STEMS>,
    messages: u32,
    sentences: u32,
    negative: u32,
    last_seq: u32,
    first: Span,
    latest: Option<Span>,
}

/// The groups, in the order in which they were led.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ThemePool {
    groups: Vec<Group>,
    messages: u32,
}

/// A message's topical stems with their weights, ordered by stem.
struct Weighed<'m> {
    stems: Vec<(&'m str, &'m str, f64)>,
    norm: f64,
}

impl<'m> Weighed<'m> {
    fn of(said: &[Said<'m>], terms: &TermTable, messages: u32) -> Self {
        let mut words: Vec<(&str, &str)> = said.iter().flat_map(Said::topical).collect();
        words.sort_by_key(|(stem, _)| *stem);
        words.dedup_by_key(|(stem, _)| *stem);
        let stems: Vec<(&str, &str, f64)> = words
            .into_iter()
            .map(|(stem, word)| (stem, word, rarity(terms, stem, messages)))
            .collect();
        let norm = stems.iter().map(|(_, _, w)| w * w).sum::<f64>().sqrt();
        Self { stems, norm }
    }

    fn likeness(&self, group: &Group, terms: &TermTable, messages: u32) -> f64 {
        let shared: f64 = self
            .stems
            .iter()
            .map(|(stem, _, weight)| weight * weight * f64::from(group.stems.seen(stem)))
            .sum();
        if shared <= 0.0 {
            return 0.0;
        }
        let of_group = group
            .stems
            .all()
            .map(|(kept, n)| (f64::from(n) * rarity(terms, &kept.stem, messages)).powi(2))
            .sum::<f64>()
            .sqrt();
        shared / (self.norm * of_group).max(1e-12)
    }
}

/// How much a stem says: the fewer messages hold it, the more.
fn rarity(terms: &TermTable, stem: &str, messages: u32) -> f64 {
    let with = terms.messages_with(stem).max(1);
    (1.0 + f64::from(messages.max(1)) / f64::from(with)).ln()
}

impl ThemePool {
    /// Takes in the sentences of one message of the client, after the terms were counted.
    pub(super) fn step(&mut self, said: &[Said<'_>], terms: &TermTable) {
        self.messages += 1;
        let weighed = Weighed::of(said, terms, self.messages);
        let Some((first, _)) = said
            .iter()
            .map(|one| (one, one.topical().count()))
            .filter(|(_, words)| *words > 0)
            .rev()
            .max_by_key(|(_, words)| *words)
        else {
            return;
        };
        let span = first.span(QUOTE_BYTES);
        let (sentences, negative) = said.iter().fold((0, 0), |(all, negative), one| {
            (all + 1, negative + u32::from(one.delta.affect <= -NEUTRAL))
        });
        let nearest = self
            .groups
            .iter()
            .enumerate()
            .map(|(at, group)| (at, weighed.likeness(group, terms, self.messages)))
            .rev()
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let group = match nearest {
            Some((at, likeness)) if likeness >= ALIKE => self.groups.get_mut(at),
            _ => None,
        };
        if let Some(group) = group {
            group.messages += 1;
            group.sentences += sentences;
            group.negative += negative;
            group.last_seq = span.seq;
            group.latest = Some(span);
            for (stem, word, _) in &weighed.stems {
                group.stems.count(stem, word);
            }
            return;
        }
        if self.groups.len() >= THEMES {
            self.drop_weakest();
        }
        let mut stems = StemCounts::default();
        for (stem, word, _) in &weighed.stems {
            stems.count(stem, word);
        }
        self.groups.push(Group {
            stems,
            messages: 1,
            sentences,
            negative,
            last_seq: span.seq,
            first: span,
            latest: None,
        });
    }

    /// Forgets the group with the fewest messages, of these the one not added to for longest.
    pub(super) fn drop_weakest(&mut self) {
        let groups = self.groups.iter().enumerate();
        let weakest = groups.min_by_key(|(_, group)| (group.messages, group.last_seq));
        if let Some((at, _)) = weakest {
            self.groups.remove(at);
        }
    }

    /// How many groups are kept.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// What is quoted.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.groups
            .iter()
            .flat_map(|group| std::iter::once(&group.first).chain(&group.latest))
    }

    /// The groups of at least two messages, the greatest first.
    pub(super) fn render(&self, ids: &MessageIds, terms: &TermTable, most: usize) -> Vec<Theme> {
        let stems: Vec<&StemCounts<STEMS>> = self.groups.iter().map(|group| &group.stems).collect();
        let told = telling(&stems);
        let mut shown: Vec<(&Group, Theme)> = Vec::new();
        for (group, words) in self.groups.iter().zip(&told) {
            // A word that was said in one message of several does not speak for the group.
            let common = words
                .iter()
                .filter(|(kept, _)| group.stems.seen(&kept.stem) > 1);
            let words: Vec<&str> = common.map(|(kept, _)| kept.stem.as_str()).collect();
            let (Some(leading), true) = (words.first(), group.messages > 1) else {
                continue;
            };
            let word = |stem: &str| {
                group
                    .stems
                    .all()
                    .find(|(k, _)| k.stem == stem)
                    .map(|(k, _)| k.word.clone())
            };
            let Some(label) = terms.phrase_with(leading, &words).or_else(|| word(leading)) else {
                continue;
            };
            let theme = Theme {
                label,
                words: words
                    .iter()
                    .take(SHOWN)
                    .filter_map(|stem| word(stem))
                    .collect(),
                messages: group.messages,
                sentences: group.sentences,
                negative_sentences: group.negative,
                evidence: ids.quotes(std::iter::once(&group.first).chain(&group.latest)),
            };
            shown.push((group, theme));
        }
        shown.sort_by_key(|(group, _)| (std::cmp::Reverse(group.messages), group.first.seq));
        shown
            .into_iter()
            .take(most)
            .map(|(_, theme)| theme)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::delta::tests::say;
    use crate::domain::message::Role;

    fn themes(texts: &[&str]) -> (ThemePool, Vec<Theme>) {
        let (mut pool, mut terms, mut ids) = (
            ThemePool::default(),
            TermTable::default(),
            MessageIds::default(),
        );
        for (seq, text) in (0u32..).zip(texts) {
            ids.insert(seq, &format!("msg_{seq}").parse().unwrap());
            say(Role::Client, &[text], |said| {
                let said = said.at(seq);
                terms.step(&said);
                pool.step(&[said], &terms);
            });
        }
        let shown = pool.render(&ids, &terms, 9);
        (pool, shown)
    }

    #[test]
    fn messages_that_share_words_belong_together() {
        let (_, shown) = themes(&[
            "My sister wants to sell our parents' house.",
            "Badminton on Fridays is fun.",
            "The house stands empty, my sister says.",
            "I sleep badly and wake at four.",
            "My sister and the house, always the house.",
            "Last Friday badminton was cancelled.",
        ]);
        assert_eq!(shown.len(), 2, "{shown:#?}");
        assert!(
            ["sister", "house"].contains(&shown[0].label.as_str()),
            "{shown:#?}"
        );
        assert_eq!(shown[0].messages, 3);
        assert_eq!(shown[0].evidence.len(), 2);
        assert_eq!(shown[1].words, ["Badminton"]);
    }

    #[test]
    fn the_pool_is_bounded_and_keeps_what_is_returned_to() {
        let texts: Vec<String> = (0..200)
            .map(|n| {
                if n % 3 == 0 {
                    "The garden fence is broken.".to_owned()
                } else {
                    format!("thing{n} and matter{n}")
                }
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (pool, shown) = themes(&texts);
        assert_eq!(pool.len(), THEMES);
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].messages, 67);
    }
}
