//! Characters that nobody sees and a machine reads: zero-width characters, direction overrides, tag
//! characters, runs of variation selectors. Where a script or an emoji needs them they are left alone.

use super::Mark;

/// Whether a character has no mark of its own on the page.
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// One mark for each run of invisible characters that no text needs.
pub(super) fn find(content: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    if content.is_ascii() {
        return marks;
    }
    let mut before = ' ';
    let mut letters = content.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        if !is_invisible(letter) {
            before = letter;
            continue;
        }
        let mut run = vec![letter];
        while let Some((_, next)) = letters.next_if(|(_, next)| is_invisible(*next)) {
            run.push(next);
        }
        let (end, after) = letters
            .peek()
            .map_or((content.len(), ' '), |(at, next)| (*at, *next));
        if let Some(detail) = fault(before, &run, after, start) {
            marks.push(Mark {
                rule: "hidden_characters",
                detail,
                range: start..end,
            });
        }
    }
    marks
}

/// What is wrong with a run between two visible characters.
fn fault(before: char, run: &[char], after: char, start: usize) -> Option<String> {
    let letters: String = run
        .iter()
        .filter_map(|c| {
            let code = u32::from(*c).checked_sub(0xe_0000)?;
            char::from_u32(code).filter(|c| (' '..='~').contains(c))
        })
        .collect();
    // A flag of a region is a black flag with its code in tags.
    if !letters.is_empty() && before != '\u{1f3f4}' {
        return Some(format!(
            "tag characters that spell {:?} and show nothing",
            letters.chars().take(80).collect::<String>()
        ));
    }
    if !letters.is_empty() {
        return None;
    }
    if run
        .iter()
        .any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        && !(is_right_to_left(before) || is_right_to_left(after))
    {
        return Some(
            "direction marks that make the text read otherwise than it is stored".to_owned(),
        );
    }
    let odd: Vec<&char> = run
        .iter()
        .filter(|c| !is_needed(**c, before, after, start))
        .collect();
    let selectors = run
        .iter()
        .filter(|c| matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'))
        .count();
    if selectors > 1 {
        return Some(format!(
            "{selectors} variation selectors in a row, which can carry hidden words"
        ));
    }
    (!odd.is_empty()).then(|| format!("{} characters of no width", odd.len()))
}

/// Whether a text of some script may hold the character at this place.
fn is_needed(letter: char, before: char, after: char, start: usize) -> bool {
    match letter {
        // Where a word may be parted; joiners of emoji and of scripts that join their letters; marks
        // of direction between letters of two directions; one variant of the character before.
        '\u{ad}' | '\u{200e}' | '\u{200f}' => true,
        '\u{200c}' | '\u{200d}' => joins(before) || joins(after),
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => !before.is_ascii_alphabetic(),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        '\u{feff}' => start == 0,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => is_hangul(before) || is_hangul(after),
        '\u{180b}'..='\u{180f}' => ('\u{1800}'..='\u{18af}').contains(&before),
        '\u{17b4}' | '\u{17b5}' => ('\u{1780}'..='\u{17ff}').contains(&before),
        _ => false,
    }
}

/// Emoji, and scripts whose letters join: Arabic to Thaana, the Brahmic scripts, Khmer, Mongolian.
fn joins(letter: char) -> bool {
    matches!(letter, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}'
        | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}

fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

fn is_hangul(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}')
}
