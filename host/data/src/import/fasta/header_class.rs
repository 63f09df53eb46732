//! The class of a record, from its heading.

use std::str::FromStr;

use regex::Regex;

use crate::error::{Error, Result};
use crate::text::shortened;

/// A pattern that finds the class in the heading of a record: its first group, or all that it matches.
#[derive(Clone, Debug)]
pub struct HeaderClass(Regex);

impl PartialEq for HeaderClass {
    fn eq(&self, other: &Self) -> bool {
        self.pattern() == other.pattern()
    }
}

impl FromStr for HeaderClass {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // The crate's message shows the pattern over several lines, with a mark below the place.
        let why = |error: regex::Error| error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        Regex::new(text).map(Self).map_err(|error| {
            Error::input(format!(
                "{:?} is no regular expression ({}): expected one such as '__(\\w+)$', whose group is the class",
                shortened(text),
                why(error)
            ))
        })
    }
}

impl HeaderClass {
    /// The pattern.
    pub fn pattern(&self) -> &str {
        self.0.as_str()
    }

    /// The class that a heading names; refuses one that the pattern does not match, or that names none.
    pub(super) fn of<'h>(&self, heading: &'h str) -> Result<&'h str> {
        let found = self.0.captures(heading);
        let found = found.and_then(|found| if self.0.captures_len() > 1 { found.get(1) } else { found.get(0) });
        found.map(|class| class.as_str().trim()).filter(|class| !class.is_empty()).ok_or_else(|| {
            Error::input(format!(
                "no class in the heading {:?}: the pattern {:?} finds none",
                shortened(heading),
                shortened(self.pattern())
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_is_the_first_group_or_the_whole_match() {
        let of = |pattern: &str, heading: &str| {
            pattern.parse::<HeaderClass>().and_then(|pattern| pattern.of(heading).map(str::to_owned))
        };
        assert_eq!(of("label=(\\w+)", "seq1 label=pos more").unwrap(), "pos");
        assert_eq!(of("forward|reverse", "a__forward__1").unwrap(), "forward");
        assert_eq!(of("(a)|(b)", "a").unwrap(), "a");
        insta::assert_snapshot!(of("label=(\\w*)", "seq1 label=").unwrap_err(), @r#"no class in the heading "seq1 label=": the pattern "label=(\\w*)" finds none"#);
        insta::assert_snapshot!(of("(a)|(b)", "b").unwrap_err(), @r#"no class in the heading "b": the pattern "(a)|(b)" finds none"#);
        insta::assert_snapshot!(of("label=(", "a").unwrap_err(), @r#""label=(" is no regular expression (error: unclosed group): expected one such as '__(\w+)$', whose group is the class"#);
    }
}
