//! Names and groups of the labels. The bundle has neither, so a file may name them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, Result};
use crate::import::label_names::{NamedLabel, lines, or_none};

/// Groups of the 919 labels of the bundle, with the first label that is none of theirs (Zhou and Troyanskaya, Nature
/// Methods 12:931, 2015): 125 of chromatin accessibility, 690 of transcription factors, 104 of histone marks.
const GROUPS: [(&str, usize); 3] = [("dnase", 125), ("tf", 815), ("histone", 919)];

/// The labels of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) labels: Vec<String>,
    /// One a label, or none at all.
    pub(super) groups: Vec<String>,
    /// Names that stood more than once and got a number.
    pub(super) repeated: Vec<String>,
}

/// Names and groups of `count` labels, from a file where there is one.
pub(super) fn names(file: Option<&Path>, count: usize) -> Result<Names> {
    let mut names = match file {
        Some(file) => read(file, count)?,
        None => Names { labels: (0..count).map(|label| format!("label_{label}")).collect(), ..Names::default() },
    };
    let last = GROUPS.last().map(|(_, end)| *end);
    if names.groups.is_empty() && last == Some(count) {
        let group = |label| GROUPS.iter().find(|(_, end)| label < *end).map_or("", |(group, _)| *group);
        names.groups = (0..count).map(|label| group(label).to_owned()).collect();
    }
    Ok(names)
}

/// One label a line: its name, or name, tab and group. Names may stand more than once, as those of the bundle do.
fn read(file: &Path, count: usize) -> Result<Names> {
    let lines = lines(file)?;
    if lines.len() != count {
        return Err(Error::input(format!(
            "{} names {} labels and the data has {count}: expected one name a line, in the order of the data",
            file.display(),
            lines.len()
        )));
    }
    let mut names = Names::default();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for NamedLabel { name, group, .. } in lines {
        let times = seen.entry(name.clone()).or_insert(0);
        *times += 1;
        names.groups.push(group);
        names.labels.push(if *times == 1 { name.clone() } else { format!("{name} #{times}") });
        if *times == 2 {
            names.repeated.push(name);
        }
    }
    names.groups = or_none(names.groups);
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn of(text: &str, count: usize) -> Result<Names, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.txt");
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        let folder = format!("{}/", folder.path().display());
        names(Some(&path), count).map_err(|error| error.to_string().replace(&folder, ""))
    }

    #[test]
    fn without_a_file_labels_are_numbered_and_the_919_of_the_bundle_have_their_groups() {
        let few = names(None, 3).unwrap();
        assert_eq!((few.labels, few.groups), (vec!["label_0".into(), "label_1".into(), "label_2".into()], vec![]));
        let all = names(None, 919).unwrap();
        let count = |group: &str| all.groups.iter().filter(|name| *name == group).count();
        assert_eq!((count("dnase"), count("tf"), count("histone")), (125, 690, 104));
        assert_eq!(
            [124, 125, 814, 815].map(|label: usize| all.groups[label].as_str()),
            ["dnase", "tf", "tf", "histone"]
        );
    }

    #[test]
    fn a_file_gives_names_and_perhaps_groups() {
        let bare = of("a\nb\r\n", 2).unwrap();
        assert_eq!((bare.labels, bare.groups), (vec!["a".to_owned(), "b".to_owned()], vec![]));
        let grouped = of("a\tone\nb\n", 2).unwrap();
        assert_eq!(grouped.groups, ["one", ""]);
    }

    #[test]
    fn a_name_that_stands_twice_gets_a_number() {
        let names = of("CTCF\nPol2\nCTCF\nCTCF\n", 4).unwrap();
        assert_eq!(names.labels, ["CTCF", "Pol2", "CTCF #2", "CTCF #3"]);
        assert_eq!(names.repeated, ["CTCF"]);
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused() {
        insta::assert_snapshot!(of("a\nb\n", 3).unwrap_err(), @"names.txt names 2 labels and the data has 3: expected one name a line, in the order of the data");
        insta::assert_snapshot!(of("a\n\tb\n", 2).unwrap_err(), @"names.txt, line 2: expected the name of a label, and perhaps a tab and its group");
        insta::assert_snapshot!(of("a\tb\tc\n", 1).unwrap_err(), @"names.txt, line 1: expected the name of a label, and perhaps a tab and its group");
    }
}
