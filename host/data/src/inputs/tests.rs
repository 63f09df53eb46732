//! Sequences, places and tables as windows of a model's length, by hand.

use std::path::Path;

use super::*;
use crate::bases::tests::letters;
use crate::error::Result;
use crate::test_support::file;

const GENOME: &str = ">one\nAACCGGTTAACCGGTT\n>two\nacgtNacgt\n";

fn shown(window: Window) -> String {
    let Window { name, chromosome, start, end, sequence } = window;
    let place = chromosome.map_or_else(String::new, |chromosome| format!("{chromosome}:"));
    format!("{} {place}{start}-{end} {}", name.unwrap_or_default(), letters(&sequence))
}

fn of_fasta(path: &Path, length: u64, rule: FitRule) -> Result<Vec<String>> {
    let mut all = Vec::new();
    fasta(path, Fit { length, rule }, &mut |_| {}, &mut |window| {
        all.push(shown(window));
        Ok(())
    })?;
    Ok(all)
}

fn of_bed(folder: &Path, text: &str, length: u64, rule: FitRule) -> Result<(Vec<String>, Skipped)> {
    let (genome, places) = (file(folder, "a.fa", GENOME), file(folder, "a.bed", text));
    let mut reference = Reference::open(&genome, &mut |_| {})?;
    let mut all = Vec::new();
    let skipped = bed(&places, &mut reference, Fit { length, rule }, &mut |_| {}, &mut |window| {
        all.push(shown(window));
        Ok(())
    })?;
    Ok((all, skipped))
}

#[test]
fn sequences_of_fasta_are_cut_filled_or_tiled_and_letters_of_any_case_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.fa", ">x y\nAACCGGTTAA\n>z\nacr\n");
    assert_eq!(of_fasta(&path, 5, FitRule::Centre).unwrap(), ["x 2-7 CCGGT", "z 0-3 NACNN"]);
    let tiled = of_fasta(&path, 4, FitRule::Tile { stride: 4 }).unwrap();
    assert_eq!(tiled, ["x 0-4 AACC", "x 4-8 GGTT", "x 6-10 TTAA", "z 0-3 ACNN"]);
    let error = of_fasta(&path, 10, FitRule::Refuse).unwrap_err().to_string();
    assert!(error.contains("sequence 2, \"z\", has 3 bases, and the model reads 10"), "{error}");
}

#[test]
fn a_file_without_sequences_or_with_an_empty_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (text, said) in [("", "is empty"), (">x\n>y\nACGT\n", "sequence 1, \"x\", has no bases")] {
        let path = file(folder.path(), "a.fa", text);
        let error = of_fasta(&path, 4, FitRule::Centre).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn places_are_read_from_the_genome_around_their_middle_and_by_chromosome() {
    let folder = tempfile::tempdir().unwrap();
    let text = "two\t3\t6\tb\r\none\t6\t8\ta\r\ntwo\t4\t5\r\none\t0\t1\tc\r\n";
    let (windows, skipped) = of_bed(folder.path(), text, 4, FitRule::Centre).unwrap();
    assert_eq!(windows, ["b two:3-7 TNAC", " two:3-7 TNAC", "a one:5-9 GTTA"]);
    assert_eq!((skipped.leave, skipped.first.as_deref()), (1, Some("line 4, one:0-1")));
    let (windows, _) = of_bed(folder.path(), "one\t0\t8\n", 4, FitRule::Tile { stride: 3 }).unwrap();
    assert_eq!(windows, [" one:0-4 AACC", " one:3-7 CGGT", " one:4-8 GGTT"]);
}

#[test]
fn places_of_another_genome_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (text, said) in [
        ("chrone\t0\t4\n", "the genome has no chromosome \"chrone\": it has one (16), two (9)"),
        ("one\t0\t17\n", "line 1: one:0-17 ends behind the end of one, which has 16 bases"),
        ("one\t-1\t3\n", "start -1 lies before the chromosome"),
        ("one\t2\t2\n", "the place has no bases"),
        ("#nothing\n", "holds no places"),
    ] {
        let error = of_bed(folder.path(), text, 4, FitRule::Centre).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn sequences_of_a_table_have_their_names_or_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.tsv", "guide\tsequence\tlabel\ng1\tACGTA\t1\ng2\tacg\t0\n");
    let read = |sequence: &str, id: Option<&str>| -> Result<Vec<String>> {
        let input = TableInput { path: path.clone(), sequence: sequence.into(), id: id.map(str::to_owned) };
        let mut all = Vec::new();
        table(&input, Fit { length: 5, rule: FitRule::Centre }, &mut |_| {}, &mut |window| {
            all.push(shown(window));
            Ok(())
        })?;
        Ok(all)
    };
    assert_eq!(read("sequence", Some("guide")).unwrap(), ["g1 0-5 ACGTA", "g2 0-3 NACGN"]);
    assert_eq!(read("2", None).unwrap(), ["1 0-5 ACGTA", "2 0-3 NACGN"]);
    assert!(read("bases", None).unwrap_err().to_string().contains("no column \"bases\": the columns are guide"));
    assert!(read("guide", None).unwrap_err().to_string().contains("line 2: letter 2 of the sequence is '1'"));
}
