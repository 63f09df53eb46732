//! Tables of R, Excel and pandas, of hands and scripts: quotes, line ends, row names, missing values.

use std::fmt::Write as _;

use genomenas_tests::Outcome;
use genomenas_tests::made_up::gzip;

use super::{Desk, labels, rows, sequences, warnings};

/// A table of so many rows with a column that nobody asks for, the cell of which is `note` in the rows that it names.
fn noted(count: usize, delimiter: &str, notes: &[(usize, &str)]) -> String {
    let mut text = ["sequence", "label", "note"].join(delimiter) + "\n";
    for (row, sequence) in sequences(count).iter().enumerate() {
        let note = notes.iter().find(|(at, _)| *at == row).map_or("gene", |(_, note)| note);
        text += &([sequence, ["a", "b"][row % 2], note].join(delimiter) + "\n");
    }
    text
}

#[test]
fn a_quotation_mark_in_text_divided_by_tabs_swallows_no_rows() {
    let desk = Desk::new();
    for (number, notes) in [
        vec![(9, "\"5 prime")],
        vec![(9, "5\" UTR")],
        vec![(9, "\"5 prime"), (30, "\"3 prime")],
        vec![(9, "\"whole\""), (30, "\"say \"\"so\"\"\"")],
        vec![(79, "\"")],
    ]
    .into_iter()
    .enumerate()
    {
        let store = desk.table(&format!("{number}.tsv"), noted(80, "\t", &notes), "");
        assert_eq!((rows(&store), labels(&store)), (80, "a b".to_owned()), "{notes:?}");
    }
    // Marks around whole cells, as R writes them, are no part of names.
    let quoted = noted(80, "\t", &[]).replace('\t', "\"\t\"").replace('\n', "\"\n\"");
    let quoted = format!("\"{}", quoted.strip_suffix('"').unwrap());
    assert_eq!(labels(&desk.table("quoted.tsv", quoted, "")), "a b");
}

#[test]
fn a_quotation_mark_that_is_not_closed_in_its_line_of_a_csv_file_is_found() {
    let desk = Desk::new();
    let said = [
        desk.refused("open.csv", noted(80, ",", &[(9, "\"5 prime")]), ""),
        desk.refused("two.csv", noted(80, ",", &[(9, "\"5 prime"), (30, "3 prime\"")]), ""),
        desk.refused("twice.csv", noted(80, ",", &[(9, "\"5 prime"), (30, "\"3 prime")]), ""),
        desk.refused("last.csv", noted(80, ",", &[(79, "\"")]), ""),
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
open.csv, line 11: a cell begins with a quotation mark (") that is never closed, so that it would hold the rest of the file: close it, or write a mark that is a letter as "" within a quoted cell
two.csv, line 11: a quoted cell in column 3 spans 22 lines that look like rows of their own: close its quotation mark (") in its line, or write a mark that is a letter as "" within a quoted cell
twice.csv, line 11: a quoted cell in column 3 spans 22 lines that look like rows of their own: close its quotation mark (") in its line, or write a mark that is a letter as "" within a quoted cell
last.csv, line 81: a cell begins with a quotation mark (") that is never closed, so that it would hold the rest of the file: close it, or write a mark that is a letter as "" within a quoted cell
"#);
    // A note of several lines is one cell, and is pointed out.
    let store = desk.table("note.csv", noted(80, ",", &[(9, "\"one, two\nthree\"")]), "");
    assert_eq!(rows(&store), 80);
    assert!(warnings(&store).contains("1 rows have a quoted cell that spans lines (the first in line 11)"), "{store}");
}

#[test]
fn names_of_rows_without_a_heading_are_recognised_or_refused() {
    let desk = Desk::new();
    let of_r = |first: &str, rest: &[&str]| {
        let mut text = first.to_owned();
        for (row, sequence) in sequences(60).iter().enumerate() {
            let name = rest.get(row).map_or_else(|| (row + 1).to_string(), |name| (*name).to_owned());
            writeln!(text, "\"{name}\"\t\"{sequence}\"\t\"{}\"\t0.5", ["a", "b"][row % 2]).unwrap();
        }
        text
    };
    let store = desk.table("r.tsv", of_r("\"sequence\"\t\"label\"\t\"score\"\n", &[]), "");
    assert_eq!((rows(&store), labels(&store)), (60, "a b".to_owned()));
    assert!(warnings(&store).contains("as R writes the names of rows"), "{store}");
    // With a heading for them, as R writes with col.names = NA, and as pandas writes its index.
    for first in ["\"\"", "index", "Unnamed: 0"] {
        let store = desk.table("named.tsv", of_r(&format!("{first}\tsequence\tlabel\tscore\n"), &[]), "");
        assert_eq!((rows(&store), labels(&store)), (60, "a b".to_owned()));
    }
    // The last heading may be missing as well, and "acgt" be the sequence.
    insta::assert_snapshot!(desk.refused("unclear.tsv", of_r("sequence\tlabel\tscore\n", &["acgt"]), ""), @"unclear.tsv, line 2: the row has one cell more than the first line has names, and it is unclear which has none: name every column (in R: write.table with row.names = FALSE, or col.names = NA)");
    insta::assert_snapshot!(desk.refused("more.tsv", "sequence\tlabel\nACGT\ta\nACGA\tb\tc\n", ""), @"more.tsv, line 3: expected 2 columns as in the first line, found 3: is it cut off, or the delimiter wrong?");
}

#[test]
fn missing_values_are_no_classes() {
    let desk = Desk::new();
    let with = |missing: &str| {
        let mut text = "sequence\tlabel\n".to_owned();
        for (row, sequence) in sequences(60).iter().enumerate() {
            let label = if row % 10 == 3 { missing } else { ["0", "1"][row % 2] };
            writeln!(text, "{sequence}\t{label}").unwrap();
        }
        text
    };
    for (missing, task) in [("NA", "multi-class"), ("nan", "multi-label"), (".", "regression"), ("", "multi-class")] {
        let said = desk.refused("missing.tsv", with(missing), "");
        assert!(said.contains("line 5: expected a class in column \"label\", found"), "{missing}: {said}");
        assert!(said.contains("6 of 60 rows lack a sequence or a label") && said.contains("--missing drop"), "{said}");
        let store = desk.table("missing.tsv", with(missing), &format!("--missing drop --task {task}"));
        assert_eq!((rows(&store), store["import"]["dropped"][0]["count"].as_u64()), (54, Some(6)), "{missing}");
        assert!(["0 1", "label"].contains(&labels(&store).as_str()), "{store}");
    }
    insta::assert_snapshot!(desk.refused("missing.tsv", with("NA"), "--task regression"), @r#"missing.tsv, line 5: expected a number in column "label", found "NA", which means that it is missing; 6 of 60 rows lack a sequence or a label: fill them in, rename a class of that name, or leave such rows out with --missing drop"#);
    let store = desk.table("none.tsv", with("none"), "");
    assert_eq!((labels(&store), rows(&store)), ("0 1 none".to_owned(), 60));
    // N and A are letters of DNA, and NA alone is not a sequence.
    let sequence = with("1").replacen(&sequences(1)[0], "NA", 1);
    insta::assert_snapshot!(desk.refused("sequence.tsv", sequence, "--length 24"), @r#"sequence.tsv, line 2: expected a sequence in column "sequence", found "NA", which means that it is missing; 1 of 60 rows lack a sequence or a label: fill them in, rename a class of that name, or leave such rows out with --missing drop"#);
    insta::assert_snapshot!(desk.refused("all.tsv", "sequence\tlabel\nACGT\tNA\n", "--missing drop"), @r#"all.tsv, line 2: expected a class in column "label", found "NA", which means that it is missing; 1 of 1 rows lack a sequence or a label: none is left"#);
    // In lists, an empty cell is a row of no label, and only a word for what is missing lacks one.
    let listed = with("").replace("\t1\n", "\t1;x\n");
    let store = desk.table("listed.tsv", &listed, "--label-separator ;");
    assert_eq!((labels(&store), rows(&store)), ("0 1 x".to_owned(), 60));
    assert!(desk.refused("listed.tsv", listed.replace('x', "NA"), "--label-separator ;").contains("\"NA\""));
}

#[test]
fn tables_are_read_with_every_mark_and_line_end_and_others_named_for_what_they_are() {
    let desk = Desk::new();
    let text = noted(60, "\t", &[]);
    let digest = |name: &str, bytes: &[u8], arguments: &str| desk.table(name, bytes, arguments)["digest"].clone();
    let plain = digest("plain.tsv", text.as_bytes(), "");
    let marked = format!("\u{feff}{}", text.replace("sequence", "\"sequence\""));
    for (name, bytes) in [
        ("mark.tsv", marked.clone().into_bytes()),
        ("mark.csv", marked.replace('\t', ",").into_bytes()),
        ("mac.tsv", text.replace('\n', "\r").into_bytes()),
        ("windows.tsv", text.replace('\n', "\r\n").into_bytes()),
        ("blank.tsv", text.replacen('\n', "\n\n  \n", 2).into_bytes()),
        ("plain.csv.gz", text.replace('\t', ",").into_bytes()),
        ("packed.tsv", gzip(text.as_bytes())),
    ] {
        assert_eq!(digest(name, &bytes, ""), plain, "{name}");
    }
    assert_eq!(digest("semicolons.csv", text.replace('\t', ";").as_bytes(), "--delimiter ;"), plain);
    let utf16 =
        |mark: &[u8], text: &str| [mark, &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    for (name, bytes, what) in [
        ("utf16.tsv", utf16(b"\xff\xfe", &text), "UTF-16"),
        ("unmarked.tsv", utf16(b"", &text), "UTF-16"),
        ("book.csv", b"PK\x03\x04\x14\0\x06\0".to_vec(), "ZIP archive"),
        ("twice.tsv", gzip(&gzip(text.as_bytes())), "twice"),
        ("page.tsv", b"<!DOCTYPE html>\n<html>404</html>\n".to_vec(), "a web page"),
        ("r.tsv", gzip(b"RDX3\nX\n\0\0\0\x03"), "saved data of R"),
    ] {
        let said = desk.refused(name, bytes, "");
        assert!(said.contains(what), "{said}");
    }
    let said = [
        ("zero.tsv", text.replace("gene", "ge\0ne").into_bytes()),
        ("semicolons.csv", text.replace('\t', ";").into_bytes()),
        ("commas.txt", text.replace('\t', ",").into_bytes()),
        ("tabs.csv", text.clone().into_bytes()),
        ("excel.csv", format!("sep=;\n{}", text.replace('\t', ";")).into_bytes()),
        (
            "latin.tsv",
            text.replace("gene", "g")
                .into_bytes()
                .iter()
                .map(|byte| if *byte == b'g' { 0xE9 } else { *byte })
                .collect(),
        ),
    ]
    .map(|(name, bytes)| desk.refused(name, bytes, ""));
    insta::assert_snapshot!(said.join("\n"), @r#"
cannot read zero.tsv: expected a table as TSV or CSV, plain or gzipped, or as Parquet, and it holds bytes of zero, as no text does
semicolons.csv, line 1: "sequence;label;note" is one column where ',' divides: give --delimiter ';'
commas.txt, line 1: "sequence,label,note" is one column where a tab divides: give --delimiter ','
tabs.csv, line 1: "sequence\tlabel\tnote" is one column where ',' divides: give --delimiter tab
excel.csv, line 1: the line is Excel's note of its delimiter: remove it, and give --delimiter ';'
latin.tsv, line 2: the line is not text (UTF-8): expected TSV or CSV, plain or gzipped
"#);
    // The line is that of the file, whatever ends lines and however many are empty.
    for end in ["\n", "\r", "\r\n"] {
        let text = "sequence\tlabel\n\nACGT\ta\n\n\nACQT\tb\n".replace('\n', end);
        let said = desk.refused("line.tsv", text, "");
        assert!(said.contains("line.tsv, line 6: 'Q'"), "{said}");
    }
}

#[test]
fn what_contradicts_itself_or_says_nothing_is_reported_by_the_import() {
    let desk = Desk::new();
    let mut text = "sequence\tlabel\tvalue\tsplit\n".to_owned();
    for (row, sequence) in sequences(60).iter().enumerate() {
        let split = ["train", "train", "valid", "test"][row / 15];
        let label = if split == "valid" { "a" } else { ["a", "b"][row % 2] };
        let value = if split == "test" { 7 } else { row };
        writeln!(text, "{sequence}\t{label}\t{value}\t{split}").unwrap();
        if row == 4 {
            writeln!(text, "{sequence}\tb\t99\ttrain").unwrap();
        }
    }
    insta::assert_snapshot!(warnings(&desk.table("t.tsv", &text, "--split split")), @r#"
equal sequences have different classes (sequences: 1, rows: 2): no network can be right on all of them
class "b" never occurs in valid: scores skip it there
class "a" applies to every row of valid: scores skip it there
"#);
    let values = desk.table("t.tsv", &text, "--split split --labels value --task regression");
    insta::assert_snapshot!(warnings(&values), @r#"
equal sequences have different values (sequences: 1, rows: 2): no network can be right on all of them
label "value" is 7 in every row of test: correlations are undefined there
"#);
    let said = Outcome::text(&mut desk.import("table", &[&desk.path("t.tsv")], "--split split"));
    assert!(said.contains("warning: equal sequences have different classes"), "{said}");
}
