//! What column 4 of a label file holds: names of labels, or names of single features, scores or strands, which must not
//! become labels.

use std::path::Path;

use super::options::LabelFrom;
use crate::error::{Error, Result};
use crate::text::{grouped, shortened};

/// Names that occur once in a file, from which on one cannot take them for labels that are rare.
const SINGLE: usize = 10;
/// Features of a file, from which on all having names of their own is no chance.
const FEW: usize = 3;
/// Names shown in a message.
const NAMES_SHOWN: usize = 3;

/// The names in column 4 of one file, each with its number of features.
pub(super) struct Column<'n> {
    pub(super) names: Vec<(&'n str, u64)>,
    /// Whether the file is a bedGraph, by its name or by what it says itself.
    pub(super) is_graph: bool,
    /// Whether the names are those of the first lines alone.
    pub(super) is_cut: bool,
}

impl Column<'_> {
    /// Refuses what does not name labels.
    pub(super) fn check(&self, path: &Path, from: LabelFrom) -> Result<()> {
        let refuse = |what: String| Err(Error::input(format!("{}: column 4 {what}", path.display())));
        let of_file = "take the file's name as the label with --label-from file";
        // What stands for a missing value says nothing of the rest.
        let names: Vec<&str> = self.names.iter().map(|(name, _)| *name).filter(|name| !is_missing(name)).collect();
        let quoted = |names: &mut dyn Iterator<Item = &&str>| {
            names.take(NAMES_SHOWN).map(|name| format!("{:?}", shortened(name))).collect::<Vec<_>>().join(", ")
        };
        if !names.is_empty() && names.iter().all(|name| ["+", "-"].contains(name)) {
            return refuse(format!("holds strands, not names of labels: {of_file}"));
        }
        let numbers = names.iter().filter(|name| is_number(name)).count();
        if 2 * numbers > names.len() {
            let whole = names.iter().all(|name| !is_number(name) || name.bytes().all(|byte| byte.is_ascii_digit()));
            let values = format!(
                "holds numbers ({}), not names of labels: for values along the genome make a bigWig file \
                 (bedGraphToBigWig), for features with scores {of_file}",
                quoted(&mut names.iter().filter(|name| is_number(name)))
            );
            if self.is_graph || !whole {
                return refuse(values);
            }
            if from == LabelFrom::Auto {
                return refuse(format!("{values}, and for labels whose names are numbers give --label-from name"));
            }
        } else if self.is_graph && !names.is_empty() {
            return refuse(format!("of a bedGraph file holds values, not names of labels: {of_file}"));
        }
        let single = self.names.iter().filter(|(_, features)| *features == 1).count();
        let all_single = single == self.names.len() && single >= FEW;
        if from == LabelFrom::Auto && (all_single || single >= SINGLE && 2 * single > self.names.len()) {
            return refuse(format!(
                "seems to name single features, not labels: {} of its {}{} names occur once ({}); {of_file}, or, if they are \
                 names of labels, give --label-from name",
                grouped(single as u64),
                if self.is_cut { "first " } else { "" },
                grouped(self.names.len() as u64),
                quoted(&mut self.names.iter().filter(|(_, features)| *features == 1).map(|(name, _)| name))
            ));
        }
        Ok(())
    }
}

fn is_missing(name: &str) -> bool {
    ["na", "n/a", "nan", "null", "none", "inf", "-inf"].iter().any(|missing| name.eq_ignore_ascii_case(missing))
}

fn is_number(name: &str) -> bool {
    name.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: &[(&str, u64)], is_graph: bool, from: LabelFrom) -> String {
        let checked = Column { names: names.to_vec(), is_graph, is_cut: false }.check(Path::new("a.bed"), from);
        checked.map_or_else(|error| error.to_string(), |()| "labels".into())
    }

    #[test]
    fn names_of_labels_are_those_that_come_again() {
        let auto = |names: &[(&str, u64)]| said(names, false, LabelFrom::Auto);
        assert_eq!(auto(&[]), "labels");
        assert_eq!(auto(&[("ctcf", 1)]), "labels");
        assert_eq!(auto(&[("a", 1), ("b", 1)]), "labels");
        assert_eq!(auto(&[("a", 1), ("b", 1), ("c", 2)]), "labels");
        assert_eq!(auto(&[("1_TssA", 5), ("2_TssFlnk", 4)]), "labels");
        insta::assert_snapshot!(auto(&[("a", 1), ("b", 1), ("c", 1)]), @r#"a.bed: column 4 seems to name single features, not labels: 3 of its 3 names occur once ("a", "b", "c"); take the file's name as the label with --label-from file, or, if they are names of labels, give --label-from name"#);
        let many: Vec<String> = (0..30).map(|number| format!("peak_{number}")).collect();
        let mut many: Vec<(&str, u64)> = many.iter().map(|name| (name.as_str(), 1)).collect();
        many.extend([("x", 2), ("y", 2)]);
        insta::assert_snapshot!(auto(&many), @r#"a.bed: column 4 seems to name single features, not labels: 30 of its 32 names occur once ("peak_0", "peak_1", "peak_2"); take the file's name as the label with --label-from file, or, if they are names of labels, give --label-from name"#);
        assert_eq!(said(&many, false, LabelFrom::Name), "labels");
    }

    #[test]
    fn strands_scores_and_values_are_not_names() {
        insta::assert_snapshot!(said(&[("+", 5), ("-", 7)], false, LabelFrom::Name), @"a.bed: column 4 holds strands, not names of labels: take the file's name as the label with --label-from file");
        insta::assert_snapshot!(said(&[("0.5", 5), ("1e-3", 7), ("NA", 1)], false, LabelFrom::Name), @r#"a.bed: column 4 holds numbers ("0.5", "1e-3"), not names of labels: for values along the genome make a bigWig file (bedGraphToBigWig), for features with scores take the file's name as the label with --label-from file"#);
        insta::assert_snapshot!(said(&[("1", 5), ("2", 7)], false, LabelFrom::Auto), @r#"a.bed: column 4 holds numbers ("1", "2"), not names of labels: for values along the genome make a bigWig file (bedGraphToBigWig), for features with scores take the file's name as the label with --label-from file, and for labels whose names are numbers give --label-from name"#);
        assert_eq!(said(&[("1", 5), ("2", 7)], false, LabelFrom::Name), "labels");
        assert_ne!(said(&[("1", 5), ("2", 7)], true, LabelFrom::Name), "labels");
        assert_eq!(said(&[("NA", 5), ("x", 7)], false, LabelFrom::Auto), "labels");
    }
}
