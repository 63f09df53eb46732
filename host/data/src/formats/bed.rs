//! BED with three or more columns, narrowPeak and its like, plain or gzipped: one interval a line.
//!
//! Read directly rather than with `noodles-bed`: every error names the file, the line and what is wrong there.

use std::path::Path;

use super::source::{Lines, at};
use crate::error::Result;
use crate::text::shortened;

/// A line of a BED file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval<'l> {
    pub(crate) chromosome: &'l str,
    /// The first base, counted from 0.
    pub(crate) start: u64,
    /// The base after the last one.
    pub(crate) end: u64,
    /// Column 4, unless it is missing, empty or a dot.
    pub(crate) name: Option<&'l str>,
}

/// Calls `each` with the intervals of a file and the lines they stand on, counted from 1.
pub(crate) fn read(path: &Path, each: &mut dyn FnMut(u64, Interval<'_>) -> Result<()>) -> Result<()> {
    let mut lines = Lines::open(path)?;
    while let Some((number, line)) = lines.next()? {
        if is_interval(line) {
            each(number, interval(path, number, line)?)?;
        }
    }
    Ok(())
}

/// Whether a line is neither empty, nor a comment, nor for a genome browser.
fn is_interval(line: &str) -> bool {
    !line.trim().is_empty() && !["#", "track", "browser"].iter().any(|start| line.starts_with(start))
}

fn interval<'l>(path: &Path, number: u64, line: &'l str) -> Result<Interval<'l>> {
    let wrong = |what: String| at(path, number, what);
    let fields: Vec<&str> =
        if line.contains('\t') { line.split('\t').collect() } else { line.split_whitespace().collect() };
    let [chromosome, start, end, rest @ ..] = fields.as_slice() else {
        return Err(wrong(format!(
            "expected BED columns (chromosome, start, end and perhaps a name, separated by tabs), found {:?}",
            shortened(line)
        )));
    };
    let (Ok(start), Ok(end)) = (start.trim().parse::<u64>(), end.trim().parse::<u64>()) else {
        return Err(wrong(format!(
            "expected whole numbers as start and end, found {:?} and {:?}",
            shortened(start),
            shortened(end)
        )));
    };
    if start >= end {
        return Err(wrong(format!("start {start} is not below end {end}: BED counts from 0 and leaves out the end")));
    }
    let name = rest.first().map(|name| name.trim()).filter(|name| !name.is_empty() && *name != ".");
    Ok(Interval { chromosome, start, end, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support;

    fn intervals(text: &str) -> Result<Vec<(u64, String)>> {
        let folder = tempfile::tempdir().unwrap();
        let path = test_support::file(folder.path(), "a.bed", text);
        let mut found = Vec::new();
        read(&path, &mut |line, Interval { chromosome, start, end, name }| {
            found.push((line, format!("{chromosome}:{start}-{end} {}", name.unwrap_or("no name"))));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn comments_empty_lines_and_lines_for_browsers_are_no_intervals() {
        let text = "#chrom\ntrack name=x\nbrowser position\n\none\t0\t5\ta\ntwo 7 9 .\ntwo\t1\t2\n";
        let expected = [(5, "one:0-5 a"), (6, "two:7-9 no name"), (7, "two:1-2 no name")];
        assert_eq!(intervals(text).unwrap(), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn a_line_that_is_no_interval_is_refused_with_its_number() {
        for (text, said) in
            [("one\t5\n", "expected BED columns"), ("one\ta\t5\n", "whole numbers"), ("one\t5\t5\n", "below end 5")]
        {
            let error = intervals(&format!("one\t0\t1\n{text}")).unwrap_err().to_string();
            assert!(error.contains("a.bed, line 2: ") && error.contains(said), "{error}");
        }
    }
}
