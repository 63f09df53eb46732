//! A file with names of labels, one a line, and perhaps a tab and the name of a group.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::{Error, Result};
use crate::formats::source::{Lines, at};
use crate::store::MOST_LABELS;
use crate::text::shortened;

/// A line of such a file.
pub(super) struct NamedLabel {
    pub(super) line: u64,
    pub(super) name: String,
    /// Empty for a label of no group.
    pub(super) group: String,
}

/// All lines that are not empty, whether or not they name a label twice.
pub(super) fn lines(path: &Path) -> Result<Vec<NamedLabel>> {
    let mut lines = Lines::open(path)?;
    let mut all = Vec::new();
    while let Some((line, text)) = lines.next()? {
        if text.trim().is_empty() {
            continue;
        }
        let mut cells = text.split('\t').map(str::trim);
        let (name, group) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
        if name.is_empty() || cells.next().is_some() {
            return Err(at(path, line, "expected the name of a label, and perhaps a tab and its group"));
        }
        if all.len() == MOST_LABELS {
            return Err(at(path, line, format!("more than {MOST_LABELS} labels: is this the file of their names?")));
        }
        all.push(NamedLabel { line, name: name.to_owned(), group: group.to_owned() });
    }
    if all.is_empty() {
        return Err(Error::input(format!("{}: it names no label: expected one a line", path.display())));
    }
    Ok(all)
}

/// The names, each once, and the group of each; no groups at all where no line has one.
pub(super) fn read(path: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let (mut names, mut groups, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for NamedLabel { line, name, group } in lines(path)? {
        if !seen.insert(name.clone()) {
            return Err(at(path, line, format!("label {:?} is named twice: name each once", shortened(&name))));
        }
        names.push(name);
        groups.push(group);
    }
    Ok((names, or_none(groups)))
}

/// No groups at all where no label has one.
pub(super) fn or_none(groups: Vec<String>) -> Vec<String> {
    if groups.iter().all(String::is_empty) { Vec::new() } else { groups }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<(Vec<String>, Vec<String>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names");
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
        read(&path)
    }

    #[test]
    fn names_stand_one_a_line_and_groups_behind_a_tab() {
        let (names, groups) = read_text("a\nb c\n\n").unwrap();
        assert_eq!((names, groups), (vec!["a".to_owned(), "b c".to_owned()], Vec::new()));
        let (names, groups) = read_text("a\tdnase\r\nb\n").unwrap();
        assert_eq!((names, groups), (vec!["a".into(), "b".to_owned()], vec!["dnase".into(), String::new()]));
    }

    #[test]
    fn a_file_that_names_labels_twice_or_none_is_refused() {
        assert!(
            read_text("a\nb\na\n")
                .unwrap_err()
                .to_string()
                .ends_with("line 3: label \"a\" is named twice: name each once")
        );
        assert!(read_text("\n").unwrap_err().to_string().contains("it names no label"));
        assert!(read_text("a\tb\tc\n").unwrap_err().to_string().contains("line 1"));
    }
}
