//! Text from outside in messages: on one line, without control characters, and of bounded length.
//!
//! Names in documents, replies of plugins and the words of libraries have no bound of their own, and an error that quotes
//! one goes to a terminal, a log, a journal and two pages. [`Error`](crate::Error) sends every message through
//! [`bounded`]; so does the host's error type.

/// The most characters of an error message.
pub const LONGEST_MESSAGE: usize = 2000;

/// The most characters of a name that a message quotes.
const LONGEST_NAME: usize = 120;

/// `text` on one line, with nothing in it that a terminal or a page obeys or does not show: a space in place of each
/// control character, and U+FFFD in place of each letter that is not seen or turns the direction of what follows.
///
/// Names, labels and messages that come from a file or a plugin go through here before they are printed.
pub fn printable(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// As [`printable`], but line feeds and tabs stay: for a text of several lines.
pub fn printable_lines(text: &str) -> String {
    text.chars().map(|letter| if matches!(letter, '\n' | '\t') { letter } else { shown(letter) }).collect()
}

/// Whether a letter is a control character, or is not seen, or changes how what follows is shown: the directions of
/// Unicode, joiners, blanks of no width, tags.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

fn shown(letter: char) -> char {
    match letter {
        '\u{2028}' | '\u{2029}' => ' ',
        letter if letter.is_control() => ' ',
        letter if is_hidden(letter) => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }
}

/// `text` as it is up to `most` characters; of a longer one the beginning and the end, with the number of characters
/// left out between them.
pub fn bounded(text: &str, most: usize) -> String {
    // A character has at least one byte, so most texts need not be counted.
    if text.len() <= most {
        return text.to_owned();
    }
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let half = most.saturating_sub(NOTE) / 2;
    let (begin, end): (String, String) = (text.chars().take(half).collect(), text.chars().skip(count - half).collect());
    format!("{begin}… ({} characters left out) …{end}", count - 2 * half)
}

/// Room for the words between the two ends of a shortened text.
const NOTE: usize = 45;

/// A name that a message quotes: on one line, and short enough for one.
pub(crate) fn quoted(name: &str) -> String {
    printable(&bounded(name, LONGEST_NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{7}é\u{9b}2J\u{7f}"), "a [2Jb c é 2J ");
        assert_eq!(printable_lines("a\tb\n\u{1b}c\r\n"), "a\tb\n c \n");
    }

    #[test]
    fn letters_that_are_not_seen_or_turn_the_text_are_marked_and_others_stay() {
        assert_eq!(
            printable("safe\u{202e}gpj.exe \u{200b}\u{feff}\u{2066}x\u{e0041}"),
            "safe\u{fffd}gpj.exe \u{fffd}\u{fffd}\u{fffd}x\u{fffd}"
        );
        let words = "Häufigkeit, частота, 頻度, e\u{301}, ßŁ…−×";
        assert_eq!(printable(words), words);
        assert_eq!(printable("one\u{2028}two"), "one two");
    }

    #[test]
    fn a_long_text_is_shortened_at_the_middle_and_says_by_how_much() {
        let text = format!("begin {} end", "é".repeat(60_000_000));
        let short = bounded(&text, 100);
        assert!(short.starts_with("begin éé") && short.ends_with("éé end"), "{short}");
        assert!(short.contains("… (59999956 characters left out) …"), "{short}");
        assert!(short.chars().count() <= 100, "{}", short.chars().count());
        let left: usize = short.chars().filter(|letter| *letter == 'é').count();
        assert_eq!(left + 10 + 59_999_956, text.chars().count());
    }

    #[test]
    fn a_text_that_fits_stays_as_it_is_however_many_bytes_it_has() {
        for text in ["", "short", &"é".repeat(100)] {
            assert_eq!(bounded(text, 100), text);
        }
        assert!(bounded(&"é".repeat(101), 100).contains("(47 characters left out)"));
    }
}
