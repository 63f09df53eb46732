//! BED with three or more columns, narrowPeak and its like, plain or gzipped: one interval a line.
//!
//! Read directly rather than with `noodles-bed`: every error names the file, the line and what is wrong there.

use std::path::Path;

use super::source::{Lines, at};
use crate::error::Result;
use crate::text::shortened;

/// Bytes of the longest name of a feature.
const LONGEST_NAME: usize = 1024;

/// A line of a BED file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval<'l> {
    pub(crate) chromosome: &'l str,
    /// The first base, counted from 0; tools that widen intervals also write places before it.
    pub(crate) start: i64,
    /// The base after the last one, not before the first.
    pub(crate) end: i64,
    /// Column 4, unless it is missing, empty or a dot.
    pub(crate) name: Option<&'l str>,
}

/// Whether column 4 holds values, as in a bedGraph file: known by the file's ending, or by what the file says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IsGraph(pub(crate) bool);

/// Calls `each` with the intervals of a file and the lines they stand on, counted from 1.
pub(crate) fn read(path: &Path, each: &mut dyn FnMut(u64, IsGraph, Interval<'_>) -> Result<()>) -> Result<()> {
    let mut lines = Lines::open(path)?;
    let mut is_graph = IsGraph(is_graph_file(path));
    while let Some((number, line)) = lines.next()? {
        match line.split_whitespace().next() {
            None | Some("browser") => {}
            Some("track") => is_graph.0 |= declares_graph(line),
            Some("fixedStep" | "variableStep") => {
                let what = "this is wiggle text: make a bigWig file of it with wigToBigWig, which is read as values";
                return Err(at(path, number, what));
            }
            Some(first) if first.starts_with('#') => is_graph.0 |= first == "#bedGraph",
            Some(_) => each(number, is_graph, interval(path, number, line)?)?,
        }
    }
    Ok(())
}

fn is_graph_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".bgz")).unwrap_or(&name);
    [".bedgraph", ".bdg", ".bg"].iter().any(|ending| name.ends_with(ending))
}

fn declares_graph(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    ["type=bedgraph", "type=\"bedgraph\"", "type='bedgraph'"].iter().any(|kind| line.contains(kind))
}

fn interval<'l>(path: &Path, number: u64, line: &'l str) -> Result<Interval<'l>> {
    let wrong = |what: String| at(path, number, what);
    let mut fields: Vec<&str> = line.split('\t').map(str::trim).collect();
    // Columns may be separated by spaces; a name with spaces needs tabs.
    if fields.len() < 3 || fields.first().is_some_and(|chromosome| chromosome.contains(char::is_whitespace)) {
        fields = line.split_whitespace().collect();
    }
    let [chromosome, start, end, rest @ ..] = fields.as_slice() else {
        return Err(wrong(format!(
            "expected BED columns (chromosome, start, end and perhaps a name, separated by tabs), found {:?}",
            shortened(line)
        )));
    };
    let (Ok(start), Ok(end)) = (start.parse::<i64>(), end.parse::<i64>()) else {
        return Err(wrong(format!(
            "expected whole numbers as start and end, found {:?} and {:?}{}",
            shortened(start),
            shortened(end),
            advice(start, end, rest)
        )));
    };
    if start > end {
        return Err(wrong(format!("start {start} is not below end {end}: BED counts from 0 and leaves out the end")));
    }
    let name = rest.first().copied().filter(|name| !name.is_empty() && *name != ".");
    if name.is_some_and(|name| name.len() > LONGEST_NAME) {
        return Err(wrong(format!(
            "a name of more than {LONGEST_NAME} bytes in column 4: this is not the name of a label"
        )));
    }
    if let Some(text) = [Some(*chromosome), name].into_iter().flatten().find(|text| text.contains(char::is_control)) {
        return Err(wrong(format!("{:?} holds a control character: expected a name", shortened(text))));
    }
    Ok(Interval { chromosome, start, end, name })
}

/// What a line may be whose second and third field are not places.
fn advice(start: &str, end: &str, rest: &[&str]) -> &'static str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = |text: &str| text.bytes().any(|byte| byte.is_ascii_alphabetic());
    match rest {
        [first, second, ..] if digits(first) && digits(second) => {
            ": this is perhaps GFF or GTF, whose columns 4 and 5 are start and end, counted from 1; convert it to BED"
        }
        _ if word(start) && word(end) && !digits(start) && !digits(end) => {
            ": if this line names the columns, put a '#' before it; BED counts from 0"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support;

    fn intervals(text: &str) -> Result<Vec<(u64, String)>> {
        let folder = tempfile::tempdir().unwrap();
        let path = test_support::file(folder.path(), "a.bed", text);
        let mut found = Vec::new();
        read(&path, &mut |line, IsGraph(is_graph), Interval { chromosome, start, end, name }| {
            let name = if is_graph { "value" } else { name.unwrap_or("no name") };
            found.push((line, format!("{chromosome}:{start}-{end} {name}")));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn comments_empty_lines_and_lines_for_browsers_are_no_intervals() {
        let text = "#chrom\ntrack name=x\nbrowser position\n\none\t0\t5\ta\ntwo 7 9 .\ntwo\t1\t2\n  \ntrack_1\t0\t5\n";
        let expected = [(5, "one:0-5 a"), (6, "two:7-9 no name"), (7, "two:1-2 no name"), (9, "track_1:0-5 no name")];
        assert_eq!(intervals(text).unwrap(), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn columns_are_separated_by_tabs_or_by_spaces() {
        for text in ["one\t-3\t5\ta", "one -3 5 a", "one  -3\t5 \ta", " one \t -3 \t 5\ta", "one -3 5\ta"] {
            assert_eq!(intervals(text).unwrap(), [(1, "one:-3-5 a".to_owned())], "{text:?}");
        }
        assert_eq!(intervals("one\t3\t5\ta b").unwrap(), [(1, "one:3-5 a b".to_owned())]);
    }

    #[test]
    fn values_are_known_by_what_a_file_says() {
        for line in ["track type=bedGraph", "track name=x type=\"bedGraph\"", "#bedGraph section one:0-5"] {
            assert_eq!(intervals(&format!("{line}\none\t0\t5\t0.5\n")).unwrap(), [(2, "one:0-5 value".to_owned())]);
        }
        assert!(is_graph_file(Path::new("a.bedGraph.gz")) && !is_graph_file(Path::new("bg.bed")));
    }

    #[test]
    fn a_line_that_is_no_interval_is_refused_with_its_number() {
        for (text, said) in [
            ("one\t5\n", "expected BED columns"),
            ("one\ta\t5\n", "whole numbers"),
            ("one\t6\t5\n", "below end 5"),
            ("one\t5\t99999999999999999999\n", "whole numbers"),
            ("chrom\tstart\tend\n", "put a '#' before it"),
            ("one\tensembl\tgene\t100\t200\t.\t+\t.\n", "GFF or GTF"),
            ("fixedStep chrom=one start=1 step=5\n", "wigToBigWig"),
            ("one\t5\t6\ta\u{1b}[31m\n", r#""a\u{1b}[31m" holds a control character"#),
        ] {
            let error = intervals(&format!("one\t0\t1\n{text}")).unwrap_err().to_string();
            assert!(error.contains("a.bed, line 2: ") && error.contains(said), "{error}");
        }
    }
}
