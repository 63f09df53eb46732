//! The files of a paper, and which of those that lie in their places are ours.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use genomenas_data::error::{Error, Result};
use genomenas_data::files::{read_text, remove_unfinished_of, write_atomically};

use super::diagram::critical_difference_diagram;
use super::latex::latex;
use super::made_by::{MADE_BY_MARKDOWN, MADE_BY_TEX};
use super::methods::methods;
use crate::model::Comparison;

/// A file for the table of a paper: `.tex`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatexFile(PathBuf);

/// A file for the methods of a paper, `.md`, with the references beside it as `.bib`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodsFile(PathBuf);

impl FromStr for LatexFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self(with_ending(text, "tex")?))
    }
}

impl FromStr for MethodsFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self(with_ending(text, "md")?))
    }
}

fn with_ending(text: &str, ending: &str) -> Result<PathBuf> {
    let path = PathBuf::from(text);
    if path.extension().is_some_and(|there| there.eq_ignore_ascii_case(ending)) {
        return Ok(path);
    }
    Err(Error::input(format!("{text:?} does not end in .{ending}: name a file that does")))
}

impl LatexFile {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Refuses a place where a file lies that this program did not write.
    ///
    /// # Errors
    ///
    /// Such a file lies there.
    pub fn expect_free(&self) -> Result<()> {
        expect_ours(&self.0, MADE_BY_TEX)
    }

    /// Writes the table and, where ranks over enough blocks allow a claim, the critical-difference diagram.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, comparison: &Comparison) -> Result<()> {
        let blocks = comparison.statistics.as_ref().and_then(|statistics| statistics.blocks.as_ref());
        let diagram = blocks.filter(|blocks| blocks.enough).and_then(|blocks| {
            let names: Vec<&str> = blocks.ranks.entries.iter().map(|(name, _)| name.as_str()).collect();
            let ranks: Vec<f64> = blocks.ranks.entries.iter().map(|(_, rank)| *rank).collect();
            critical_difference_diagram(&names, &ranks, blocks.ranks.critical_difference?)
        });
        write(&self.0, &latex(comparison, diagram.as_deref()))
    }
}

impl MethodsFile {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where its references will be.
    pub fn references(&self) -> PathBuf {
        self.0.with_extension("bib")
    }

    /// Refuses places where files lie that this program did not write.
    ///
    /// # Errors
    ///
    /// Such a file lies there.
    pub fn expect_free(&self) -> Result<()> {
        expect_ours(&self.0, MADE_BY_MARKDOWN)?;
        expect_ours(&self.references(), MADE_BY_TEX)
    }

    /// Writes the paragraph, after its references.
    ///
    /// # Errors
    ///
    /// They cannot be written.
    pub fn write(&self, comparison: &Comparison) -> Result<()> {
        let methods = methods(comparison);
        write(&self.references(), &methods.references)?;
        write(&self.0, &methods.text)
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    remove_unfinished_of(path)?;
    write_atomically(path, text.as_bytes())
}

fn expect_ours(path: &Path, made_by: &str) -> Result<()> {
    let ours = || path.is_file() && read_text(path).is_ok_and(|text| text.lines().next() == Some(made_by));
    if std::fs::symlink_metadata(path).is_err() || ours() {
        return Ok(());
    }
    Err(Error::input(format!(
        "{} exists and does not begin with the line of a report, so it is not overwritten: name another file, or remove it",
        path.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn files_of_a_report_replace_files_of_a_report_alone() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        let latex: LatexFile = at("table.tex").parse().unwrap();
        let methods: MethodsFile = at("methods.md").parse().unwrap();
        for _ in 0..2 {
            latex.expect_free().unwrap();
            methods.expect_free().unwrap();
            latex.write(&sample::comparison()).unwrap();
            methods.write(&sample::comparison()).unwrap();
        }
        write_atomically(&methods.references(), b"@book{mine}").unwrap();
        assert!(methods.expect_free().unwrap_err().to_string().contains("methods.bib exists"));
        write_atomically(latex.path(), b"").unwrap();
        assert!(latex.expect_free().unwrap_err().to_string().contains("table.tex exists"));
    }

    #[test]
    fn a_file_of_another_ending_is_refused() {
        assert!("table.txt".parse::<LatexFile>().is_err() && "methods".parse::<MethodsFile>().is_err());
        assert!("TABLE.TEX".parse::<LatexFile>().is_ok());
    }
}
