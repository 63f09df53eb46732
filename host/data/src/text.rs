//! Text for a person: numbers with separators, and text from outside that is safe to print.

/// A number with a comma between thousands: "46,929,039".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Characters of a cell of a table or of a name in a bar; longer ones are cut in the middle.
const LONGEST_CELL: usize = 200;

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

/// A name or a text for a cell of a table: printable, and cut in the middle where it is longer than a reader wants.
pub fn cell(text: &str) -> String {
    bounded(&printable(text), LONGEST_CELL)
}

/// `text`, or its beginning and its end with the number of characters between that were left out. The end stays because
/// a message says there what to do.
pub fn bounded(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let tail = most / 3;
    let head: String = text.chars().take(most - tail).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{head} … ({} characters left out) … {end}", grouped((length - most) as u64))
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

/// The first 60 characters of `text`, with "…" where there are more, so that a message that quotes a file stays short.
pub fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_by_commas() {
        assert_eq!([0, 812, 1_000, 46_929_039].map(grouped), ["0", "812", "1,000", "46,929,039"]);
    }

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
    fn a_text_without_end_keeps_its_beginning_and_its_end() {
        assert_eq!(bounded("short", 5), "short");
        let text = bounded(&format!("{}what to do", "é".repeat(1_000_000)), 90);
        assert!(text.starts_with("ééé") && text.ends_with("what to do"), "{text}");
        assert!(text.contains("… (999,920 characters left out) …") && text.chars().count() < 140, "{text}");
    }

    #[test]
    fn long_text_is_cut_after_60_characters_and_says_so() {
        assert_eq!(shortened(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(shortened(&"é".repeat(61)), "é".repeat(60) + "…");
    }
}
