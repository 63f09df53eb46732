//! The SHA-256 that `comparison.toml` carries of its own text, in a comment: a plan that changed since it was written is
//! found whatever the change, and readers of before pass over it.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::hash::sha256;

/// The first line, by which a file is known to have a last one.
const FIRST: &str = "# Written by genomenas. The last line holds the SHA-256 of all lines before it.\n";
/// What the last line begins with.
const LAST: &str = "# SHA-256: ";

/// Whether a text is known to be what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verified {
    /// It is.
    Yes,
    /// It says nothing of its own, as texts of earlier versions.
    Unknown,
}

/// `text` with both lines.
pub(super) fn with_sum(text: &str) -> String {
    let text = format!("{FIRST}\n{text}\n");
    let sum = sha256(text.as_bytes());
    format!("{text}{LAST}{sum}\n")
}

/// Whether the text of the file at `path` is what was written.
///
/// # Errors
///
/// It is not.
pub(super) fn check(text: &str, path: &Path) -> Result<Verified> {
    let (before, last) = match text.trim_end_matches('\n').rfind('\n') {
        Some(end) => text.split_at(end + 1),
        None => ("", text),
    };
    let refuse = |what: String| {
        let what = format!(
            "{what}. Put a copy of it back; if the change is meant, remove its first and its last line, which are comments"
        );
        Err(Error::file("use", path, what))
    };
    match last.trim_end_matches('\n').strip_prefix(LAST) {
        Some(sum) => {
            let is = sha256(before.as_bytes());
            if sum == is {
                return Ok(Verified::Yes);
            }
            let sum: String = sum.chars().take(64).collect();
            refuse(format!(
                "it has changed since genomenas wrote it: its SHA-256 is {is}, and its last line says {sum}"
            ))
        }
        None if text.starts_with(FIRST) => refuse(
            "it has changed since genomenas wrote it, or was cut off: its last line is not its SHA-256".to_owned(),
        ),
        None => Ok(Verified::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_cut_is_found_or_leaves_a_text_without_a_sum() {
        let path = Path::new("comparison.toml");
        let text = with_sum("version = 1\n\n[final]\nepochs = 3\n");
        assert_eq!(check(&text, path).unwrap(), Verified::Yes);
        let mut unknown = 0;
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let flipped = String::from_utf8(bytes).unwrap();
                assert!(check(&flipped, path).is_err(), "bit {bit} of byte {at}");
            }
            unknown += usize::from(matches!(check(&text[..at], path), Ok(Verified::Unknown)));
        }
        // Cut off within its first line it holds nothing.
        assert_eq!(unknown, FIRST.len());
        let error = check(&text.replace("epochs = 3", "epochs = 2"), path).unwrap_err().to_string();
        assert!(error.starts_with("cannot use comparison.toml: it has changed since genomenas wrote it"), "{error}");
    }

    #[test]
    fn a_text_of_before_is_unknown_and_the_lines_are_comments() {
        assert_eq!(check("version = 1\n", Path::new("x")).unwrap(), Verified::Unknown);
        assert_eq!(check("", Path::new("x")).unwrap(), Verified::Unknown);
        let table: toml::Table = toml::from_str(&with_sum("version = 1")).unwrap();
        assert_eq!(table.len(), 1);
    }
}
