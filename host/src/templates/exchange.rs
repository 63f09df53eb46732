//! Exchanging words of a text for others.

/// The text with each of these words exchanged for the other. What was put in is not looked at again.
pub(super) fn exchanged(text: &str, words: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some((after, new)) = words.iter().find_map(|(old, new)| Some((rest.strip_prefix(old)?, *new))) {
            out.push_str(new);
            rest = after;
        } else {
            out.push(letter);
            rest = rest.strip_prefix(letter).unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_put_in_is_not_exchanged_again() {
        let words = [("my-random", "not-my_random"), ("my_random", "not_my_random")];
        assert_eq!(exchanged("use my_random; my-random", &words), "use not_my_random; not-my_random");
    }
}
