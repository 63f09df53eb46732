//! The groups of labels, from a file of labels and groups.

use std::collections::BTreeMap;
use std::path::Path;

use super::label_names;
use crate::error::{Error, Result};

/// The group of each label, empty for one that the file does not name. The file may name other labels too, so
/// that one file serves many data sets.
pub(super) fn read(path: &Path, labels: &[String]) -> Result<Vec<String>> {
    let (names, groups) = label_names::read(path)?;
    if groups.is_empty() {
        return Err(Error::input(format!(
            "{}: no label in it has a group: expected the name of a label, a tab and its group on each line",
            path.display()
        )));
    }
    let of: BTreeMap<String, String> = names.into_iter().zip(groups).collect();
    let found: Vec<String> = labels.iter().map(|label| of.get(label).cloned().unwrap_or_default()).collect();
    if found.iter().all(String::is_empty) {
        let shown: Vec<&str> = labels.iter().take(40).map(String::as_str).collect();
        return Err(Error::input(format!(
            "{}: it names no group for any label of the data, whose labels are {}",
            path.display(),
            shown.join(", ")
        )));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(text: &str) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.tsv");
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
        read(&path, &["a".into(), "b".into()])
            .map_err(|error| Error::input(error.to_string().replace(&format!("{}/", folder.path().display()), "")))
    }

    #[test]
    fn labels_get_their_groups_whatever_else_the_file_names() {
        assert_eq!(groups("b\ttf\nc\tdnase\n").unwrap(), ["", "tf"]);
    }

    #[test]
    fn a_file_that_groups_nothing_is_refused() {
        insta::assert_snapshot!(groups("a\nb\n").unwrap_err(), @"groups.tsv: no label in it has a group: expected the name of a label, a tab and its group on each line");
        insta::assert_snapshot!(groups("c\ttf\n").unwrap_err(), @"groups.tsv: it names no group for any label of the data, whose labels are a, b");
    }
}
