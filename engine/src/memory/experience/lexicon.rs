//! The words of one scope's turns: which turn has which, and how often.
//!
//! Unlike [`LexicalIndex`](crate::memory::index::LexicalIndex) it ranks nothing. The ranker asks for
//! the places of a term and makes several scores of them: of the turn alone, of the turn with what
//! was said before it, of the whole session.

use std::collections::HashMap;

/// How often a term stands in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Posting {
    /// The turn.
    pub(super) slot: usize,
    /// How often.
    pub(super) count: u32,
}

/// A term's number, as long as the lexicon lives.
pub(super) type TermId = u32;

/// Postings by term. Turns are only added: who removes one fills a new lexicon, so that nothing of
/// the removed words stays.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    ids: HashMap<String, TermId>,
    terms: Vec<String>,
    postings: Vec<Vec<Posting>>,
}

impl Lexicon {
    /// Adds the terms of a turn and returns their ids, in order.
    pub(super) fn add(&mut self, slot: usize, terms: &[String]) -> Vec<TermId> {
        let mut order = Vec::with_capacity(terms.len());
        for term in terms {
            let id = self.intern(term);
            order.push(id);
            let list = &mut self.postings[id as usize];
            match list.last_mut().filter(|posting| posting.slot == slot) {
                Some(posting) => posting.count += 1,
                None => list.push(Posting { slot, count: 1 }),
            }
        }
        order
    }

    fn intern(&mut self, term: &str) -> TermId {
        if let Some(id) = self.ids.get(term) {
            return *id;
        }
        let id = TermId::try_from(self.terms.len()).unwrap_or(TermId::MAX);
        self.ids.insert(term.to_owned(), id);
        self.terms.push(term.to_owned());
        self.postings.push(Vec::new());
        id
    }

    /// The term's number, if a turn has it.
    pub(super) fn id(&self, term: &str) -> Option<TermId> {
        self.ids.get(term).copied()
    }

    /// The term of a number.
    pub(super) fn term(&self, id: TermId) -> &str {
        self.terms.get(id as usize).map_or("", String::as_str)
    }

    /// Where a term stands.
    pub(super) fn postings(&self, id: TermId) -> &[Posting] {
        self.postings.get(id as usize).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_counted_by_turn() {
        let mut lexicon = Lexicon::default();
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        let first = lexicon.add(0, &words("sea sun sea"));
        lexicon.add(1, &words("sun"));
        assert_eq!(first[0], first[2]);
        let places = |term| lexicon.postings(lexicon.id(term).unwrap()).to_vec();
        let posting = |slot, count| Posting { slot, count };
        assert_eq!(places("sea"), [posting(0, 2)]);
        assert_eq!(places("sun"), [posting(0, 1), posting(1, 1)]);
        assert!(lexicon.id("moon").is_none());
        assert_eq!(lexicon.term(first[1]), "sun");
    }
}
