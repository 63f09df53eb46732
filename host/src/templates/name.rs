//! The name of a new plugin: that of its crate, its library, its strategy and its type.

use std::str::FromStr;

use genomenas_data::error::{Error, Result};
use genomenas_data::text::shortened;

use super::lock;

/// The most letters, as crates.io and the manifest of a plugin have it.
const LONGEST: usize = 64;
/// What the crates that Rust brings along are called.
const OF_RUST: [&str; 5] = ["alloc", "core", "proc_macro", "std", "test"];
/// The words of the language, those that are only reserved included.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
/// The strategies that come with this program: the folders of `plugins/`.
const BUNDLED: &[&str] = &[
    "asha",
    "bonas",
    "cwp-darts",
    "danq",
    "darts",
    "deepsea",
    "deepvirfinder",
    "dep-darts",
    "hyperband",
    "kmer-lr",
    "local-search",
    "lstm",
    "majority",
    "ncnet",
    "osp-nas",
    "p-darts",
    "positional-lr",
    "random-search",
    "regularised-evolution",
    "successive-halving",
    "tpe",
];

/// A name that a crate and a strategy may have, and that no bundled strategy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginName(String);

impl FromStr for PluginName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let told = shortened(name);
        let of_letters = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if !of_letters || !name.starts_with(|first: char| first.is_ascii_lowercase()) || name.len() > LONGEST {
            return Err(Error::input(format!(
                "'{told}' is not the name of a crate and a strategy: expected at most {LONGEST} of a-z, 0-9, - and _, a \
                 letter first, such as my-nas; its folder is made in the current one"
            )));
        }
        let this = Self(name.to_owned());
        let library = this.library();
        if KEYWORDS.contains(&library.as_str()) {
            return Err(Error::input(format!(
                "'{told}' is a word of Rust, so no crate has that name: choose another one"
            )));
        }
        if OF_RUST.contains(&library.as_str()) {
            return Err(Error::input(format!("'{told}' is a crate that Rust brings along: choose another name")));
        }
        if let Some(bundled) = BUNDLED.iter().find(|bundled| **bundled == library.replace('_', "-")) {
            return Err(Error::input(format!(
                "'{told}' is the name of a strategy that comes with genomenas ({bundled}), and they could not be told \
                 apart: choose another name"
            )));
        }
        Ok(this)
    }
}

impl PluginName {
    /// The name of a template, which is legal.
    pub(super) fn of_template(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name of the crate and the strategy: `my-nas`.
    pub fn crate_name(&self) -> &str {
        &self.0
    }

    /// The name of the library: `my_nas`.
    pub fn library(&self) -> String {
        self.0.replace('-', "_")
    }

    /// The name of the strategy's type: `MyNas`.
    pub(super) fn type_name(&self) -> String {
        let capitalised = |word: &str| {
            let (first, rest) = word.split_at(usize::from(!word.is_empty()));
            first.to_ascii_uppercase() + rest
        };
        self.0.split(['-', '_']).map(capitalised).collect()
    }

    /// Refuses the name of a crate that the plugin depends on, by its lock file, and of a type that the code of the
    /// template names already, in which it is called `template`.
    pub(super) fn expect_free(&self, lock: &str, source: &str, template: &Self) -> Result<()> {
        let same = |other: &&str| Self::of_template(other).library() == self.library();
        if let Some(other) = lock::names(lock).filter(|other| *other != self.0).find(same) {
            return Err(self.taken(other));
        }
        if lock::names(lock).filter(|other| *other == self.0).count() > 1 {
            return Err(self.taken(&self.0));
        }
        let names_itself = words(source).any(|word| word == template.type_name());
        let type_name = self.type_name();
        if names_itself && self != template && words(source).any(|word| word == type_name) {
            return Err(Error::input(format!(
                "the type of a strategy '{}' would be {type_name}, which is something else in its code: choose another name",
                self.0
            )));
        }
        Ok(())
    }

    fn taken(&self, other: &str) -> Error {
        Error::input(format!("'{}' is a crate that the plugin depends on ({other}): choose another name", self.0))
    }
}

/// The words of code: no comments, no texts.
fn words(source: &str) -> impl Iterator<Item = &str> {
    let code = source.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    // Every second part between quotation marks is outside of them; none of the templates has one that is escaped.
    let outside = code.flat_map(|line| line.split('"').step_by(2));
    outside.flat_map(|code| code.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_bundled_strategies_are_the_folders_of_plugins() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
        let folders =
            std::fs::read_dir(plugins).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(folders.collect::<BTreeSet<_>>(), BUNDLED.iter().map(|&name| name.to_owned()).collect());
    }

    #[test]
    fn a_name_is_that_of_a_library_and_a_type_too() {
        let of = |name: &str| {
            let name: PluginName = name.parse().unwrap();
            (name.library(), name.type_name())
        };
        assert_eq!(of("my-nas"), ("my_nas".to_owned(), "MyNas".to_owned()));
        assert_eq!(of("x2-_y"), ("x2__y".to_owned(), "X2Y".to_owned()));
    }

    #[test]
    fn words_of_comments_and_texts_are_not_words_of_code() {
        let source = "/// A Space.\nstruct Ours; // of Theirs\nlet x = \"Text\";";
        assert_eq!(words(source).filter(|word| word.starts_with(char::is_uppercase)).collect::<Vec<_>>(), ["Ours"]);
    }
}
