//! What a trained network predicts, whatever its windows come from, and what is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use genomenas_tests::made_up::{genome, gzip, twobit};
use genomenas_tests::predictions::{Row, Trained, number, rows};
use genomenas_tests::runs::{quietly, start, wait_until};
use genomenas_tests::{Outcome, listing};

/// The predictions of a table, as they are written.
fn predicted(rows: &[Row]) -> Vec<(String, String)> {
    rows.iter().map(|row| (row["even"].clone(), row["odd"].clone())).collect()
}

/// The share of pairs of a positive and a negative row in which the positive one has the higher score; half of the ties.
fn auroc(rows: &[Row], label: &str) -> f64 {
    let truth = format!("true_{label}");
    let scores = |class: &str| -> Vec<f64> {
        rows.iter().filter(|row| row[&truth] == class).map(|row| number(row, label)).collect()
    };
    let (positive, negative) = (scores("1"), scores("0"));
    let wins = positive.iter().flat_map(|high| negative.iter().map(move |low| (high, low)));
    let sum: f64 = wins
        .map(|(high, low)| {
            if high > low {
                1.0
            } else if high < low {
                0.0
            } else {
                0.5
            }
        })
        .sum();
    sum / (positive.len() * negative.len()) as f64
}

#[test]
fn the_same_windows_have_the_same_predictions_whatever_they_come_from() {
    let trained = Trained::new();
    let genome = genome();
    let of_store = trained.predictions("--splits valid");
    assert!(of_store.len() > 10, "{}", of_store.len());
    let (mut fasta, mut bed, mut table) = (String::new(), String::new(), "id,sequence\n".to_owned());
    for (number, row) in of_store.iter().enumerate() {
        let (start, end) = (row["start"].parse::<usize>().unwrap(), row["end"].parse::<usize>().unwrap());
        let sequence = &genome.iter().find(|(name, _)| *name == row["chromosome"]).unwrap().1[start..end];
        writeln!(fasta, ">window{number}\n{}", sequence.to_lowercase()).unwrap();
        // Around the middle of its bin.
        writeln!(bed, "{}\t{}\t{}\twindow{number}\r", row["chromosome"], start + 50, end - 50).unwrap();
        writeln!(table, "window{number},{sequence}").unwrap();
    }
    trained.file("windows.fa.gz", gzip(fasta.as_bytes()));
    trained.file("windows.bed", bed);
    trained.file("windows.csv", table);
    trained.file("genome.2bit", twobit(&genome));
    let expected = predicted(&of_store);
    for source in [
        "--fasta @windows.fa.gz",
        "--bed @windows.bed --genome @genome.fa --fit centre",
        "--bed @windows.bed --genome @genome.2bit --fit centre",
        "--table @windows.csv --id id",
        "--store @store.arrow --splits valid",
    ] {
        let found = trained.predictions(source);
        assert_eq!(predicted(&found), expected, "{source}");
        if !source.contains("--store") {
            assert_eq!(found[3]["name"], "window3", "{source}");
        }
    }
    let averaged = predicted(&trained.predictions("--splits valid --average-strands"));
    assert_ne!(averaged, expected);
    assert_eq!(predicted(&trained.predictions("--fasta @windows.fa.gz --average-strands")), averaged);
    let one = trained.predictions("--splits valid --labels odd --batch 7");
    assert!(one.iter().all(|row| !row.contains_key("even") && row.contains_key("true_odd")));
}

#[test]
fn the_auroc_of_predictions_is_that_of_the_evaluation() {
    let trained = Trained::new();
    for strands in ["--average-strands=false", "--average-strands"] {
        let rows = trained.predictions(&format!("--splits test {strands}"));
        let mut evaluate = quietly("evaluate", &format!("--split test --json {strands}"));
        let metrics = Outcome::json(evaluate.arg("--run").arg(trained.path("model")));
        for label in metrics["labels"].as_array().unwrap() {
            let (name, expected) = (label["name"].as_str().unwrap(), label["auroc"].as_f64().unwrap());
            let found = auroc(&rows, name);
            assert!((found - expected).abs() < 1e-9, "{name}: {found} is not {expected}");
        }
    }
}

#[test]
fn sequences_of_another_length_are_refused_centred_or_tiled() {
    let trained = Trained::new();
    let one = &genome()[0].1;
    trained.file("long.fa", format!(">long\n{}\n>short\n{}\n", &one[..450], &one[500..560]));
    trained.file("tiles.fa", format!(">a\n{}\n>b\n{}\n>c\n{}\n", &one[..200], &one[150..350], &one[250..450]));
    let refused = trained.refusal("predict", "--fasta @long.fa --out @out.tsv");
    assert!(
        refused.contains("sequence 1, \"long\", has 450 bases, and the model reads 200: --fit centre"),
        "{refused}"
    );
    let centred = trained.predictions("--fasta @long.fa --fit centre");
    let places = |rows: &[Row]| rows.iter().map(|row| format!("{}-{}", row["start"], row["end"])).collect::<Vec<_>>();
    assert_eq!(places(&centred), ["125-325", "0-60"]);
    let tiled = trained.predictions("--fasta @long.fa --fit tile --stride 150");
    assert_eq!(places(&tiled), ["0-200", "150-350", "250-450", "0-60"]);
    for (tile, alone) in tiled.iter().zip(trained.predictions("--fasta @tiles.fa")) {
        // A batch of another size may round otherwise.
        assert!((number(tile, "even") - number(&alone, "even")).abs() < 1e-6, "{tile:?}: {alone:?}");
    }
}

#[test]
fn windows_that_leave_their_chromosome_are_left_out_and_told() {
    let trained = Trained::new();
    trained.file("a.bed", "one\t0\t20\nthree\t1000\t1020\nthree\t2990\t3000\n");
    let out = trained.path("out.tsv");
    let arguments = "--bed @a.bed --genome @genome.fa --fit centre --out @out.tsv";
    let outcome = Outcome::of(&mut trained.command("predict", arguments));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("2 windows of") && outcome.stderr.contains("line 1, one:0-20"), "{outcome:?}");
    assert_eq!(rows(&out).len(), 1);
}

#[test]
fn what_cannot_be_predicted_is_refused_in_words_and_leaves_nothing() {
    let trained = Trained::new();
    trained.file("empty.fa", "");
    trained.file("protein.fa", ">p\nMKVLAAGL*\n");
    trained.file("other.fa", ">chr1\nACGT\n");
    trained.file("a.bed", "one\t0\t20\n");
    trained.file("far.bed", "one\t5990\t6010\n");
    trained.file("there.tsv", "mine\n");
    trained.file("a.csv", "bases\nACGT\n");
    let before = listing(&trained.path(""));
    for (arguments, said) in [
        ("--fasta @empty.fa --out @out.tsv", "empty.fa holds no sequences"),
        ("--fasta @protein.fa --fit centre --out @out.tsv", "'L' is not a letter of a DNA sequence"),
        ("--fasta @none.fa --out @out.tsv", "none.fa"),
        ("--bed @a.bed --out @out.tsv", "--genome"),
        (
            "--bed @a.bed --genome @other.fa --fit centre --out @out.tsv",
            "the genome has no chromosome \"one\": it has chr1 (4)",
        ),
        (
            "--bed @far.bed --genome @genome.fa --fit centre --out @out.tsv",
            "which has 6000 bases: are these places of another",
        ),
        ("--bed @a.bed --genome @genome.fa --out @out.tsv", "line 1: the place has 20 bases, and the model reads 200"),
        ("--table @a.csv --out @out.tsv", "no column \"sequence\": the columns are bases"),
        ("--splits test --labels even,uneven --out @out.tsv", "the model has no label \"uneven\"; it has even, odd"),
        ("--splits test --out @there.tsv", "there.tsv exists"),
        ("--splits test --out @out.csv", "ends neither in .tsv nor in .parquet"),
        ("--splits test --stride 5 --out @out.tsv", "--stride is of --fit tile"),
        ("--out @out.tsv", "nothing to predict for"),
    ] {
        let error = trained.refusal("predict", arguments);
        assert!(error.contains(said), "{arguments}: {error}");
    }
    assert_eq!(listing(&trained.path("")), before);
    assert_eq!(fs::read_to_string(trained.path("there.tsv")).unwrap(), "mine\n");
}

#[test]
fn a_model_that_is_damaged_or_none_is_refused_by_name() {
    let trained = Trained::new();
    let refused = || trained.refusal("predict", "--splits test --out @out.tsv");
    let weights = trained.path("model/weights.safetensors");
    let whole = fs::read(&weights).unwrap();
    trained.file("model/weights.safetensors", &whole[..whole.len() / 2]);
    let error = refused();
    assert!(error.contains("weights.safetensors") && error.contains("was changed since the run ended"), "{error}");
    fs::remove_file(&weights).unwrap();
    assert!(refused().contains("holds no trained network"), "{}", refused());
    trained.file("model/weights.safetensors", &whole);
    fs::remove_file(trained.path("model/result.json")).unwrap();
    assert!(refused().contains("is not over"), "{}", refused());
    fs::remove_file(trained.path("model/run.toml")).unwrap();
    assert!(refused().contains("holds no model"), "{}", refused());
}

#[test]
fn a_prediction_that_is_interrupted_leaves_nothing() {
    let trained = Trained::new();
    let places = (0..60_000).map(|number| format!("one\t{}\t{}\n", 100 + number % 5000, 300 + number % 5000));
    trained.file("many.bed", places.collect::<String>());
    let before = listing(&trained.path(""));
    let mut predict = trained.command("predict", "--bed @many.bed --genome @genome.fa --batch 1 --out @out.tsv");
    let mut child = start(&mut predict);
    wait_until("the table was begun", || listing(&trained.path("")).len() > before.len());
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(ended.signal(), Some(2), "{ended:?}");
    assert_eq!(listing(&trained.path("")), before);
}
