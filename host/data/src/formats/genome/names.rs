//! The chromosomes of a genome by name, however many they are.

use std::collections::BTreeMap;

use super::sequence::{Chromosome, lengths};

/// The chromosomes of a genome by name.
pub(crate) struct ByName<'c> {
    chromosomes: &'c [Chromosome],
    index: BTreeMap<&'c str, usize>,
}

impl<'c> ByName<'c> {
    pub(crate) fn new(chromosomes: &'c [Chromosome]) -> Self {
        let index = chromosomes.iter().zip(0..).map(|(chromosome, index)| (chromosome.name.as_str(), index)).collect();
        Self { chromosomes, index }
    }

    /// A chromosome and its place in the genome.
    pub(crate) fn get(&self, name: &str) -> Option<(usize, &'c Chromosome)> {
        let index = *self.index.get(name)?;
        Some((index, self.chromosomes.get(index)?))
    }

    /// All chromosomes, in the order of the genome.
    pub(crate) fn all(&self) -> &'c [Chromosome] {
        self.chromosomes
    }

    /// What the genome has in place of a name that it does not have, for a message.
    pub(crate) fn instead(&self, name: &str) -> String {
        let other = match self.other(name) {
            Some(other) => format!(" (its name for it is perhaps {other:?})"),
            None => String::new(),
        };
        format!("{}{other}", lengths(self.chromosomes))
    }

    /// The name of the genome that differs from this one by what projects call the same chromosome.
    fn other(&self, name: &str) -> Option<&'c str> {
        let lower = name.to_ascii_lowercase();
        let bare = lower.strip_prefix("chr").unwrap_or(&lower);
        let bare = if bare == "mt" { "m" } else { bare };
        let (upper, capital) = (bare.to_ascii_uppercase(), format!("Chr{bare}"));
        let mut names = vec![bare.to_owned(), upper.clone(), format!("chr{bare}"), format!("chr{upper}"), capital];
        if bare == "m" {
            names.extend(["MT".into(), "chrMT".into()]);
        }
        names
            .iter()
            .filter(|other| *other != name)
            .find_map(|other| self.index.get_key_value(other.as_str()).map(|(known, _)| *known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_written_otherwise_is_found() {
        let genome = |names: &[&str]| {
            names.iter().map(|name| Chromosome { name: (*name).to_owned(), length: 5 }).collect::<Vec<_>>()
        };
        let (bare, prefixed) = (genome(&["1", "X", "MT"]), genome(&["chr1", "chrX", "chrM"]));
        for (name, here, there) in [
            ("1", None, Some("chr1")),
            ("chr1", Some("1"), None),
            ("Chr1", Some("1"), Some("chr1")),
            ("x", Some("X"), Some("chrX")),
            ("chrM", Some("MT"), None),
            ("MT", None, Some("chrM")),
            ("chr11", None, None),
        ] {
            assert_eq!((ByName::new(&bare).other(name), ByName::new(&prefixed).other(name)), (here, there), "{name}");
        }
        assert_eq!(ByName::new(&bare).instead("2"), "1 (5), X (5), MT (5)");
        assert!(ByName::new(&bare).instead("chr1").ends_with("MT (5) (its name for it is perhaps \"1\")"));
    }
}
