//! The linear controls against scikit-learn's logistic regression: the same rows, the same values, the same strengths of
//! the penalty, chosen on the same validation rows. On rows that are made up, against what scikit-learn 1.9 came to; on the
//! data that lies beside some checkouts, against what it comes to where `python3` (or `$PYTHON`) has it.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use flate2::read::MultiGzDecoder;
use genomenas_tests::Outcome;
use genomenas_tests::made_up::write;
use genomenas_tests::project::{path, shared_data, skip};
use genomenas_tests::runs::{motif_table, quietly, result, store_of};

/// How far an AUROC may be from that of scikit-learn.
const CLOSE: f64 = 0.003;

/// The AUROC of a control on the test rows of a table whose label is `label`.
fn control(folder: &Path, table: &str, options: &str) -> f64 {
    let (store, out) = (store_of(folder, table, "label"), folder.join("trained"));
    let mut train = quietly("train", &format!("--test --strategy {options}"));
    Outcome::text(train.arg("--data").arg(store).arg("--out").arg(&out));
    result(&out)["test"]["auroc"]["mean"].as_f64().unwrap()
}

/// That of scikit-learn; `None`, and a line that says so, where it is not there.
fn scikit(folder: &Path, table: &str, values: &str) -> Option<f64> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", "import sklearn, scipy"]).output();
    if !there.is_ok_and(|there| there.status.success()) {
        skip(&format!("{python} has no scikit-learn"));
        return None;
    }
    let mut command = Command::new(python);
    command.arg(path("tests/tests/controls/scikit.py")).arg(write(folder, "scikit.tsv", table));
    Some(Outcome::text(command.args(values.split_whitespace())).trim().parse().unwrap())
}

fn assert_close(table: &str, options: &str, values: &str) {
    let folder = tempfile::tempdir().unwrap();
    let Some(expected) = scikit(folder.path(), table, values) else { return };
    let found = control(folder.path(), table, options);
    assert!((found - expected).abs() <= CLOSE, "{options}: {found}, scikit-learn {expected}");
}

/// The rows of a table with the columns sequence, label and split; every tenth row of train is for validation where no
/// row is.
fn table(file: &str, positive: &str) -> Option<String> {
    let rows = unpacked(file)?;
    let mut lines = rows.lines();
    let heading: Vec<&str> = lines.next()?.split('\t').collect();
    let column = |name: &str| heading.iter().position(|other| *other == name).unwrap();
    let [sequence, label, split] = ["sequence", "label", "split"].map(column);
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    let has_valid = rows.iter().any(|row| row[split] == "valid");
    let mut text = HEADING.to_owned();
    for (number, row) in rows.iter().enumerate() {
        let split = if !has_valid && row[split] == "train" && number % 10 == 0 { "valid" } else { row[split] };
        writeln!(text, "{}\t{}\t{split}", row[sequence].replace('U', "T"), u8::from(row[label] == positive)).unwrap();
    }
    Some(text)
}

const HEADING: &str = "sequence\tlabel\tsplit\n";

/// The records of two files, of which every fifth is for the test, and every tenth of the rest for validation.
fn records(positives: &str, others: &str) -> Option<String> {
    let mut text = HEADING.to_owned();
    for (file, label) in [(positives, 1), (others, 0)] {
        for (number, record) in unpacked(file)?.split('>').skip(1).enumerate() {
            let sequence: String = record.lines().skip(1).collect();
            let split = match number % 10 {
                0 | 5 => "test",
                3 => "valid",
                _ => "train",
            };
            writeln!(text, "{sequence}\t{label}\t{split}").unwrap();
        }
    }
    Some(text)
}

fn unpacked(file: &str) -> Option<String> {
    let mut text = String::new();
    let file = std::fs::File::open(shared_data(&format!("small/{file}"))?).unwrap();
    MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text)
}

/// A table of [`motif_table`] with the one label.
fn motifs() -> String {
    let rows = motif_table(60, 3);
    let mut text = HEADING.to_owned();
    for line in rows.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        writeln!(text, "{}\t{}\t{}", cells[0], cells[1], cells[3]).unwrap();
    }
    text
}

#[test]
fn on_rows_that_are_made_up_the_controls_come_to_what_scikit_learn_came_to() {
    let folder = tempfile::tempdir().unwrap();
    for (name, options, expected) in [
        ("both", "kmer-lr --set k=4 --set both_strands=true", KMERS_OF_BOTH_STRANDS),
        ("one", "kmer-lr --set k=4 --set both_strands=false", KMERS_OF_ONE_STRAND),
        ("bases", "positional-lr", BASES),
    ] {
        let own = folder.path().join(name);
        std::fs::create_dir(&own).unwrap();
        let found = control(&own, &motifs(), options);
        assert!((found - expected).abs() <= CLOSE, "{options}: {found}, scikit-learn {expected}");
    }
}

/// What `scikit.py` printed for these rows.
const KMERS_OF_BOTH_STRANDS: f64 = 0.889_375;
const KMERS_OF_ONE_STRAND: f64 = 0.975;
const BASES: f64 = 0.5475;

#[test]
fn on_enhancers_words_of_six_bases_come_to_what_scikit_learn_comes_to() {
    let Some(table) = table("ienhancer.tsv.gz", "enhancer") else { return };
    assert_close(&table, "kmer-lr --set k=6 --set both_strands=true", "kmers 6 both");
    assert_close(&table, "kmer-lr --set k=6 --set both_strands=false", "kmers 6 one");
}

#[test]
fn on_promoters_words_of_five_bases_come_to_what_scikit_learn_comes_to() {
    let Some(table) = records("ecoli_promoters.fa.gz", "ecoli_others.fa.gz") else { return };
    assert_close(&table, "kmer-lr --set k=5 --set both_strands=false", "kmers 5 one");
}

#[test]
fn on_aligned_windows_bases_by_position_come_to_what_scikit_learn_comes_to() {
    for (file, positive) in [("5hmc_mouse.tsv.gz", "modified"), ("tia1_clip.tsv.gz", "bound")] {
        let Some(table) = table(file, positive) else { continue };
        assert_close(&table, "positional-lr", "bases");
    }
}
