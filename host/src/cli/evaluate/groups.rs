//! The file that assigns labels to groups.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;

/// The group of each label, "" where the file names none. A line holds a label, a tab and a group; empty lines and a
/// header are skipped.
pub(super) fn read(path: &Path, labels: &[String]) -> Result<Vec<String>> {
    let text = files::read_text(path)?;
    parse(&text, labels).map_err(|error| error.context(format!("cannot use {}", path.display())))
}

fn parse(text: &str, labels: &[String]) -> Result<Vec<String>> {
    let mut groups = vec![String::new(); labels.len()];
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines {
        let refused = |why: String| Err(Error::input(format!("line {}: {why}", number + 1)));
        let Some((label, group)) = line.split_once('\t') else {
            return refused("expected a label, a tab and its group, and there is no tab".to_owned());
        };
        let (label, group) = (label.trim(), group.trim());
        let Some(slot) = labels.iter().position(|name| name == label).and_then(|label| groups.get_mut(label)) else {
            if number == 0 && label.eq_ignore_ascii_case("label") {
                continue;
            }
            return refused(format!("the data has no label {label:?} (`genomenas data info` lists them)"));
        };
        if group.is_empty() || group.contains(char::is_control) {
            return refused(format!("expected a group after the tab, and got {group:?}"));
        }
        if !slot.is_empty() {
            return refused(format!("the label {label:?} already has the group {slot:?}: give each label once"));
        }
        group.clone_into(slot);
    }
    if groups.iter().all(String::is_empty) {
        return Err(Error::input("no label has a group: expected lines with a label, a tab and its group"));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["CTCF", "H3K4me3", "Pol2"].map(str::to_owned).into()
    }

    #[test]
    fn labels_get_their_groups_in_the_order_of_the_data() {
        let text = "label\tgroup\nPol2\ttf\n\nCTCF\ttf\r\n";
        assert_eq!(parse(text, &labels()).unwrap(), ["tf", "", "tf"]);
    }

    #[test]
    fn a_line_that_says_nothing_that_can_be_used_is_refused_with_its_number() {
        let refused = ["CTCF tf", "CTCF\t", "Pol3\ttf", "CTCF\ttf\nCTCF\tother", "label\tgroup\n"]
            .map(|text| parse(text, &labels()).unwrap_err());
        insta::assert_snapshot!(refused.map(|error| error.to_string()).join("\n"), @r#"
        line 1: expected a label, a tab and its group, and there is no tab
        line 1: expected a group after the tab, and got ""
        line 1: the data has no label "Pol3" (`genomenas data info` lists them)
        line 2: the label "CTCF" already has the group "tf": give each label once
        no label has a group: expected lines with a label, a tab and its group
        "#);
    }
}
