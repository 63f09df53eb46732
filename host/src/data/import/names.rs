//! A file with names of labels, one a line, and perhaps a tab and the name of a group.

use std::collections::BTreeSet;
use std::path::Path;

use super::labels::shortened;
use super::source::{Lines, at};
use crate::data::store::MOST_LABELS;
use crate::error::{Error, Result};

/// The names, and the group of each, empty for a label of no group; no groups at all where no line has one.
pub(super) fn read(path: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let mut lines = Lines::open(path)?;
    let (mut names, mut groups, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    while let Some((number, line)) = lines.next()? {
        if line.trim().is_empty() {
            continue;
        }
        let mut cells = line.split('\t').map(str::trim);
        let (name, group) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
        if name.is_empty() || cells.next().is_some() {
            return Err(at(path, number, "expected the name of a label, and perhaps a tab and its group"));
        }
        if !seen.insert(name.to_owned()) {
            return Err(at(path, number, format!("label {:?} is named twice: name each once", shortened(name))));
        }
        if names.len() == MOST_LABELS {
            return Err(at(path, number, format!("more than {MOST_LABELS} labels: is this the file of their names?")));
        }
        names.push(name.to_owned());
        groups.push(group.to_owned());
    }
    if names.is_empty() {
        return Err(Error::input(format!("{}: it names no label: expected one a line", path.display())));
    }
    if groups.iter().all(String::is_empty) {
        groups.clear();
    }
    Ok((names, groups))
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
