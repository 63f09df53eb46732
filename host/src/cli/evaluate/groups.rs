//! The file of a person that says which group a label belongs to.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files;

/// The group of each label, "" where the file says none. Lines hold a label, a tab and a group; empty lines, and a first
/// line "label, group", say nothing.
pub(super) fn read(path: &Path, labels: &[String]) -> Result<Vec<String>> {
    parse(&files::read_text(path)?, labels).map_err(|error| Error::file("use", path, error))
}

fn parse(text: &str, labels: &[String]) -> Result<Vec<String>, String> {
    let mut groups = vec![String::new(); labels.len()];
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines {
        let at = number + 1;
        let Some((label, group)) = line.split_once('\t') else {
            return Err(format!("line {at}: expected a label, a tab and its group, and there is no tab"));
        };
        let (label, group) = (label.trim(), group.trim());
        let Some(slot) = labels.iter().position(|name| name == label).and_then(|label| groups.get_mut(label)) else {
            if number == 0 && label.eq_ignore_ascii_case("label") {
                continue;
            }
            return Err(format!("line {at}: the data has no label {label:?} (`genomenas data info` lists them)"));
        };
        if group.is_empty() || group.contains(char::is_control) {
            return Err(format!("line {at}: expected a group after the tab, and got {group:?}"));
        }
        if !slot.is_empty() {
            return Err(format!("line {at}: the label {label:?} has a group already, {slot:?}: give each label once"));
        }
        group.clone_into(slot);
    }
    if groups.iter().all(String::is_empty) {
        return Err("no label has a group: expected lines with a label, a tab and its group".to_owned());
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
        insta::assert_snapshot!(refused.join("\n"), @r#"
        line 1: expected a label, a tab and its group, and there is no tab
        line 1: expected a group after the tab, and got ""
        line 1: the data has no label "Pol3" (`genomenas data info` lists them)
        line 2: the label "CTCF" has a group already, "tf": give each label once
        no label has a group: expected lines with a label, a tab and its group
        "#);
    }
}
