//! Text for a person: numbers with separators, and text from outside that is safe to print.

pub use genomenas_plugin::text::{LONGEST_MESSAGE, bounded, is_hidden, printable, printable_lines};

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

/// A name or a text for a cell of a table: printable, and cut in the middle where it is longer than a reader wants.
pub fn cell(text: &str) -> String {
    bounded(&printable(text), LONGEST_CELL)
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
    fn long_text_is_cut_after_60_characters_and_says_so() {
        assert_eq!(shortened(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(shortened(&"é".repeat(61)), "é".repeat(60) + "…");
    }
}
