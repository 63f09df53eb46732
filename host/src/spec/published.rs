//! Results of others, as a person writes them in a comparison file.

use std::collections::BTreeSet;

use genomenas_data::error::{Error, Result};
use genomenas_data::text::{printable, shortened};
use genomenas_report::model::Published;

/// The longest name, metric or source.
const LONGEST: usize = 500;

/// Refuses results that no row could show.
///
/// # Errors
///
/// A text is empty, too long or no text, a value is not a number, or a result is listed twice.
pub fn check(published: &[Published]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (at, result) in published.iter().enumerate() {
        let refuse = |what: String| {
            let name = shortened(&printable(&result.name));
            Error::input(format!("published: result {} ('{name}') {what}", at + 1))
        };
        for (key, text) in [("name", &result.name), ("metric", &result.metric), ("source", &result.source)] {
            if text.trim().is_empty() {
                return Err(refuse(format!("has an empty {key}: say it in words")));
            }
            if text.len() > LONGEST || text.contains(char::is_control) {
                return Err(refuse(format!(
                    "has a {key} with a control character or more than {LONGEST} bytes: expected one line"
                )));
            }
        }
        if !result.value.is_finite() {
            return Err(refuse(format!("has the value {}: expected a number", result.value)));
        }
        if !seen.insert((result.name.trim(), result.metric.trim().to_lowercase(), result.source.trim())) {
            return Err(refuse(format!("is listed twice with its {}: list it once", printable(&result.metric))));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_row_could_show_is_refused_by_its_place() {
        let good = Published {
            name: "EL".to_owned(),
            metric: "accuracy".to_owned(),
            value: 0.7475,
            source: "Liu et al. 2018".to_owned(),
        };
        let refused = |second: Published| check(&[good.clone(), second]).unwrap_err().to_string();
        assert!(check(&[good.clone(), Published { metric: "AUROC".to_owned(), ..good.clone() }]).is_ok());
        insta::assert_snapshot!(
            [
                refused(Published { name: " ".to_owned(), ..good.clone() }),
                refused(Published { source: "two\nlines".to_owned(), ..good.clone() }),
                refused(Published { value: f64::NAN, ..good.clone() }),
                refused(Published { metric: "Accuracy".to_owned(), ..good.clone() }),
            ]
            .join("\n"),
            @"
        published: result 2 (' ') has an empty name: say it in words
        published: result 2 ('EL') has a source with a control character or more than 500 bytes: expected one line
        published: result 2 ('EL') has the value NaN: expected a number
        published: result 2 ('EL') is listed twice with its Accuracy: list it once
        "
        );
    }
}
