//! What a search came to on the table with one seed, and how the runs of several searches are kept as text.

use std::fmt::Write as _;

use crate::{Error, Result};

/// The columns of [`to_text`].
const HEAD: &str = "search\tseed\tsamples\tanswer";
/// What stands for the samples of a search that never got there.
const NEVER: &str = "never";

/// What a search came to with one seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaboratoryRun {
    /// The seed.
    pub seed: u64,
    /// Training samples, of all trials together, until its incumbent was for the first time one of the best tenth; none
    /// where it never was.
    pub samples: Option<u64>,
    /// How good its answer is: the AUPRC at the end of a whole training.
    pub answer: f64,
}

/// A search and its runs, one for each seed.
#[derive(Clone, Debug, PartialEq)]
pub struct LaboratoryRuns {
    /// What it is called.
    pub search: String,
    /// Its runs.
    pub runs: Vec<LaboratoryRun>,
}

/// The runs as text: a row each.
pub fn to_text(all: &[LaboratoryRuns]) -> String {
    let mut text = format!("{HEAD}\n");
    for LaboratoryRuns { search, runs } in all {
        for LaboratoryRun { seed, samples, answer } in runs {
            let samples = samples.map_or_else(|| NEVER.to_owned(), |samples| samples.to_string());
            // Writing into a text cannot fail.
            _ = writeln!(text, "{search}\t{seed}\t{samples}\t{answer:.4}");
        }
    }
    text
}

/// Reads what [`to_text`] wrote.
///
/// # Errors
///
/// It is another text.
pub fn from_text(text: &str) -> Result<Vec<LaboratoryRuns>> {
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return Err(Error::invalid(format!("expected the columns {}", HEAD.replace('\t', ", "))));
    }
    let mut all: Vec<LaboratoryRuns> = Vec::new();
    for (line, number) in lines.zip(2..) {
        let (search, run) =
            read(line).ok_or_else(|| Error::invalid(format!("line {number} is not a run: '{line}'")))?;
        match all.last_mut().filter(|last| last.search == search) {
            Some(last) => last.runs.push(run),
            None => all.push(LaboratoryRuns { search: search.to_owned(), runs: vec![run] }),
        }
    }
    Ok(all)
}

fn read(line: &str) -> Option<(&str, LaboratoryRun)> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [search, seed, samples, answer] = cells[..] else { return None };
    let samples = if samples == NEVER { None } else { Some(samples.parse().ok()?) };
    Some((search, LaboratoryRun { seed: seed.parse().ok()?, samples, answer: answer.parse().ok()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_as_they_were_written() {
        let run = |seed, samples| LaboratoryRun { seed, samples, answer: 0.8125 };
        let all = vec![
            LaboratoryRuns { search: "one".to_owned(), runs: vec![run(1, Some(800)), run(2, None)] },
            LaboratoryRuns { search: "two".to_owned(), runs: vec![run(1, None)] },
        ];
        assert_eq!(from_text(&to_text(&all)).unwrap(), all);
        assert_eq!(from_text("a\n").unwrap_err().message, "expected the columns search, seed, samples, answer");
        let cut = from_text(&to_text(&all).replace("\tnever", "")).unwrap_err().message;
        assert_eq!(cut, "line 3 is not a run: 'one 2 0.8125'");
    }
}
