//! A text as a machine may take it: lower case, without accents, look-alike letters and invisible
//! characters, with each place known in the text it came from.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::invisible::is_invisible;

/// So many single letters in a row are a word that was spaced out.
const SPACED_OUT: usize = 5;

/// The plain form of a text.
pub(super) struct Normal<'a> {
    /// Runs of white space are one space, empty lines and list items begin a new line.
    pub(super) text: String,
    /// For each byte of `text`, where the character that it came from begins.
    places: Vec<usize>,
    source: &'a str,
}

impl<'a> Normal<'a> {
    pub(super) fn of(source: &'a str) -> Self {
        let mut normal = Self {
            text: String::with_capacity(source.len()),
            places: Vec::with_capacity(source.len()),
            source,
        };
        let mut breaks = 0_usize;
        for (at, letter) in source.char_indices() {
            if letter == '\n' {
                breaks += 1;
                normal.gap(at, breaks > 1);
            } else if letter.is_whitespace() {
                normal.gap(at, breaks > 1);
            } else if !is_invisible(letter)
                && !"*`~_\"\u{201c}\u{201d}\u{ab}\u{bb}".contains(letter)
            {
                breaks = 0;
                normal.put(at, letter);
            } else if letter == '_' {
                normal.gap(at, false);
            }
        }
        normal.close_up();
        normal
    }

    /// The place in the source of a range of the plain text.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| self.places.get(at).copied().unwrap_or(self.source.len());
        let start = place(range.start);
        let last = place(range.end.saturating_sub(1));
        let letter = self.source.get(last..).and_then(|rest| rest.chars().next());
        start..(last + letter.map_or(0, char::len_utf8)).max(start)
    }

    fn gap(&mut self, at: usize, paragraph: bool) {
        let ending = self.text.chars().next_back();
        if paragraph && ending == Some(' ') {
            self.text.pop();
            self.text.push('\n');
        } else if !matches!(ending, None | Some(' ' | '\n')) {
            self.text.push(if paragraph { '\n' } else { ' ' });
            self.places.push(at);
        }
    }

    fn put(&mut self, at: usize, letter: char) {
        for part in std::iter::once(letter)
            .nfkd()
            .filter(|c| !is_combining_mark(*c))
        {
            for plain in latin(part).to_lowercase() {
                self.text.push(plain);
                self.places
                    .extend(std::iter::repeat_n(at, plain.len_utf8()));
            }
        }
    }

    /// Joins words that were spaced out: `i g n o r e`, `i.g.n.o.r.e`.
    fn close_up(&mut self) {
        let bytes = self.text.as_bytes();
        let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
        let parted = |at: usize| bytes.get(at).is_some_and(|b| b" .-".contains(b));
        let mut gone = vec![false; bytes.len()];
        let mut at = 0;
        let mut any = false;
        while at < bytes.len() {
            let free = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
            let mut end = at;
            while free && letter(end) && parted(end + 1) && letter(end + 2) && !letter(end + 3) {
                end += 2;
            }
            if end - at >= 2 * (SPACED_OUT - 1) {
                (at + 1..end).step_by(2).for_each(|gap| gone[gap] = true);
                any = true;
            }
            at = end.max(at) + 1;
        }
        if any {
            let kept = self.text.char_indices().filter(|(at, _)| !gone[*at]);
            self.text = kept.map(|(_, c)| c).collect();
            let mut at = 0;
            self.places.retain(|_| {
                at += 1;
                !gone[at - 1]
            });
        }
    }
}

/// The Latin letter that a Greek or Cyrillic one is taken for.
fn latin(letter: char) -> char {
    match letter {
        '\u{430}' | '\u{410}' | '\u{3b1}' | '\u{391}' => 'a',
        '\u{412}' | '\u{392}' => 'b',
        '\u{441}' | '\u{421}' | '\u{3f2}' => 'c',
        '\u{501}' => 'd',
        '\u{435}' | '\u{415}' | '\u{395}' => 'e',
        '\u{4bb}' | '\u{41d}' | '\u{397}' => 'h',
        '\u{456}' | '\u{406}' | '\u{3b9}' | '\u{399}' | '\u{131}' => 'i',
        '\u{458}' | '\u{408}' => 'j',
        '\u{41a}' | '\u{39a}' | '\u{43a}' | '\u{3ba}' => 'k',
        '\u{41c}' | '\u{39c}' => 'm',
        '\u{39d}' => 'n',
        '\u{43e}' | '\u{41e}' | '\u{3bf}' | '\u{39f}' => 'o',
        '\u{440}' | '\u{420}' | '\u{3c1}' | '\u{3a1}' => 'p',
        '\u{455}' | '\u{405}' => 's',
        '\u{422}' | '\u{3a4}' | '\u{442}' | '\u{3c4}' => 't',
        '\u{475}' | '\u{3bd}' => 'v',
        '\u{445}' | '\u{425}' | '\u{3c7}' | '\u{3a7}' => 'x',
        '\u{443}' | '\u{423}' | '\u{3a5}' => 'y',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{2013}' | '\u{2014}' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_come_off_and_places_stay_known() {
        let source = "Ign\u{200b}\u{43e}re  **the**\nrules.\n\nN\u{e9}xt i g n o r e me a b c";
        let normal = Normal::of(source);
        assert_eq!(normal.text, "ignore the rules.\nnext ignore me a b c");
        let at = normal.text.find("the").unwrap();
        let place = normal.source(&(at..at + 3));
        assert_eq!(&source[place], "the");
        let last = normal.text.len() - 1..normal.text.len();
        assert_eq!(&source[normal.source(&last)], "c");
        assert_eq!(normal.places.len(), normal.text.len());
    }
}
