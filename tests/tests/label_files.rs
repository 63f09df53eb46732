//! Labels, signals and genomes as people bring them: what is read as it is meant, what is left out and counted, and what
//! is refused because it would make wrong labels.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::bigwig::{Signal, bigwig};
use genomenas_tests::made_up::{self, gzip, write};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::{Value, json};

/// A folder with the made-up genome (`one` with 6,000 bases, `two` and `three` with 3,000) and its labels.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        scene.file("genome.fa", made_up::fasta(&made_up::genome()));
        scene.file("good.bed", labels());
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        write(self.0.path(), name, bytes)
    }

    /// An import with a genome and label files of this folder, and more arguments.
    fn import(&self, genome: &str, files: &[&str], arguments: &str) -> Command {
        let mut command = genomenas();
        command.args(["data", "import", "windows", "--json", "--overwrite"]);
        if !arguments.contains("--bin") {
            command.args(["--bin", "100", "--context", "50"]);
        }
        if !arguments.contains("--valid") {
            command.args(["--valid", "two", "--test", "three"]);
        }
        command.arg("--genome").arg(self.path(genome)).arg("--labels").args(files.iter().map(|name| self.path(name)));
        command.arg("--out").arg(self.path("out.arrow")).args(arguments.split_whitespace());
        command
    }

    fn info(&self, files: &[&str], arguments: &str) -> Value {
        Outcome::json(&mut self.import("genome.fa", files, arguments))
    }

    /// Refusals to be read.
    fn refusals<const N: usize>(&self, cases: [(&[&str], &str); N]) -> String {
        cases
            .map(|(files, arguments)| {
                format!("{} {arguments}\n    {}\n", files.join(" "), self.refusal(files, arguments))
            })
            .concat()
    }

    /// The one line of a refusal, without the folder; nothing is written.
    fn refusal(&self, files: &[&str], arguments: &str) -> String {
        let before = listing(self.0.path());
        let error = Outcome::refusal(&mut self.import("genome.fa", files, arguments), 2);
        assert_eq!(listing(self.0.path()), before);
        error.replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn labels() -> String {
    made_up::labels(&made_up::genome())
}

/// Peaks every 150 bases of the made-up genome; `name` is what column 4 says of each.
fn peaks(name: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    let places = [("one", 6000), ("two", 3000), ("three", 3000)]
        .into_iter()
        .flat_map(|(chromosome, length)| (0..length - 150).step_by(150).map(move |start| (chromosome, start)));
    for (number, (chromosome, start)) in places.enumerate() {
        writeln!(text, "{chromosome}\t{start}\t{}\t{}", start + 90, name(number)).unwrap();
    }
    text
}

fn dropped(info: &Value, what: &str) -> u64 {
    let counts = info["import"]["dropped"].as_array().unwrap();
    counts.iter().find(|count| count["what"] == what).map_or(0, |count| count["count"].as_u64().unwrap())
}

fn rows(info: &Value) -> [u64; 3] {
    ["train", "valid", "test"].map(|split| info["rows"][split].as_u64().unwrap())
}

/// A signal of 1 on the first 3,000 bases of chromosomes of these lengths.
fn track(chromosomes: &[(&str, u32)]) -> Vec<u8> {
    let signals: Vec<Signal<'_>> =
        chromosomes.iter().map(|(name, length)| (*name, *length, vec![(0, 3000.min(*length), 1.0)])).collect();
    bigwig(&signals)
}

#[test]
fn a_signal_of_another_genome_makes_no_labels_of_value_0() {
    let scene = Scene::new();
    scene.file("other.bw", track(&[("one", 5900), ("two", 3000), ("three", 3000)]));
    let splits = "--train two:1-1500 --valid two:1501-3000 --test three --outside drop";
    assert_eq!(rows(&scene.info(&["other.bw"], splits)), [13, 13, 28]);
    scene.file("most.bw", track(&[("one", 5900), ("two", 2900), ("three", 3000)]));
    scene.file("named.bw", track(&[("chrone", 6000)]));
    insta::assert_snapshot!(scene.refusals([
        (&["other.bw"], ""),
        (&["other.bw"], "--outside drop"),
        (&["most.bw"], "--outside drop"),
        (&["named.bw"], "--outside drop"),
    ]));
}

#[test]
fn bins_of_a_chromosome_that_a_signal_does_not_know_are_left_out_and_counted() {
    let scene = Scene::new();
    scene.file("all.bw", track(&[("one", 6000), ("two", 3000), ("three", 3000)]));
    scene.file("two.bw", track(&[("two", 3000)]));
    let splits = "--valid two:1-1000 --test two:1001-2000";
    assert_eq!(rows(&scene.info(&["all.bw"], splits)), [58 + 28 + 8, 8, 8]);
    for files in [vec!["two.bw"], vec!["all.bw", "two.bw"]] {
        let info = scene.info(&files, splits);
        assert_eq!(rows(&info), [8, 8, 8]);
        assert_eq!(dropped(&info, "bins of chromosomes for which a track has no values"), 58 + 28);
        assert!(info["import"]["warnings"].to_string().contains("does not know 2 of the genome's chromosomes"));
    }
}

#[test]
fn items_beyond_the_end_of_a_chromosome_are_clipped_and_items_of_no_base_passed_over() {
    let scene = Scene::new();
    let one = vec![(10, 10, 9.0), (5900, 6100, 2.0), (6100, 6200, 9.0)];
    scene.file("over.bw", bigwig(&[("one", 6000, one), ("two", 3000, vec![(0, 9, 1.0)]), ("three", 3000, vec![])]));
    let info = scene.info(&["over.bw"], "--bin 200 --context 0 --train one:5801-6000 --valid two --test three");
    assert_eq!(info["values"]["train"][0]["mean"], json!(1.0));
    assert_eq!(dropped(&info, "ends of track items beyond the end of a chromosome"), 2);
    assert_eq!(dropped(&info, "track items without a base"), 1);
}

#[test]
fn files_of_one_name_are_not_one_label() {
    let scene = Scene::new();
    let bare =
        |text: &str| text.lines().map(|line| line.rsplit_once('\t').unwrap().0.to_owned() + "\n").collect::<String>();
    scene.file("a/peaks.bed", bare(&labels()));
    scene.file("b/peaks.narrowPeak", bare(&labels()));
    scene.file("b/peaks.bw", track(&[("one", 6000), ("two", 3000), ("three", 3000)]));
    scene.file("c.bed", peaks(|_| "peaks".into()));
    insta::assert_snapshot!(scene.refusals([
        (&["a/peaks.bed", "b/peaks.narrowPeak"], ""),
        (&["a/peaks.bed", "b/peaks.bw"], "--signal-threshold 1"),
        (&["a/peaks.bed", "c.bed"], ""),
        (&["c.bed", "a/peaks.bed"], ""),
        (&["c.bed", "a/../c.bed"], ""),
    ]));
    scene.file("d.bed", peaks(|_| "peaks".into()));
    let info = scene.info(&["c.bed", "d.bed"], "");
    assert!(info["import"]["warnings"].to_string().contains("--label-from file keeps the files apart"), "{info}");
    assert_eq!(scene.info(&["c.bed", "d.bed"], "--label-from file")["labels"], json!(["c", "d"]));
}

#[test]
fn what_is_no_name_of_a_label_in_column_4_is_refused_with_the_way_on() {
    let scene = Scene::new();
    scene.file("peaks.bed", peaks(|number| format!("peak_{number}")));
    scene.file("scores.bed", peaks(|number| format!("{}.5", number % 3)));
    scene.file("strands.bed", peaks(|number| ["+", "-"][number % 2].into()));
    scene.file("states.bed", peaks(|number| (number % 3).to_string()));
    scene.file("cov.bedGraph", peaks(|number| (number % 2).to_string()));
    let many = (0..20_001).map(|number| format!("one\t{}\t{}\tp{number}\n", number % 5000, number % 5000 + 50));
    scene.file("many.bed", many.collect::<Vec<_>>().concat());
    let files = ["peaks.bed", "scores.bed", "strands.bed", "states.bed", "cov.bedGraph", "many.bed"];
    insta::assert_snapshot!(files.map(|file| scene.refusals([(&[file], "")])).concat());
    for file in files {
        let by_file = scene.info(&[file], "--label-from file");
        assert_eq!(by_file["labels"].as_array().unwrap().len(), 1, "{by_file}");
    }
    assert_eq!(scene.info(&["states.bed"], "--label-from name")["labels"], json!(["0", "1", "2"]));
    for file in ["scores.bed", "strands.bed", "cov.bedGraph", "many.bed"] {
        assert!(scene.refusal(&[file], "--label-from name").contains("--label-from file"));
    }
    // Stretches of value 0 are not features.
    let graph = scene.info(&["cov.bedGraph"], "--label-from file");
    assert_eq!(dropped(&graph, "stretches of bedGraph files whose value is 0"), 39);
}

#[test]
fn features_outside_and_features_of_no_base_are_dropped_where_that_is_asked_for() {
    let scene = Scene::new();
    scene.file(
        "outside.bed",
        labels() + "one\t-50\t150\teven\none\t700\t700\teven\none\t5990\t6001\tall\nfour\t1\t9\tall\n",
    );
    let info = scene.info(&["outside.bed"], "--outside drop");
    assert_eq!((dropped(&info, "features outside the genome"), dropped(&info, "features without a base")), (3, 1));
    assert!(info["import"]["warnings"].to_string().contains(r#"label \"all\" never occurs"#), "{info}");
    scene.file("empty.bed", "one\t700\t700\teven\n");
    scene.file("named.bed", labels().replace("one", "chrone"));
    scene.file("others.bed", labels().replace("one", "1").replace("two", "2").replace("three", "3"));
    scene.file("none.bed", "# nothing\n");
    insta::assert_snapshot!(scene.refusals([
        (&["outside.bed"], ""),
        (&["good.bed", "empty.bed"], ""),
        (&["good.bed", "empty.bed"], "--outside drop"),
        (&["good.bed", "others.bed"], "--outside drop"),
        (&["good.bed", "none.bed"], ""),
    ]));
    let one = scene.info(&["named.bed"], "--outside drop");
    assert!(one["import"]["warnings"].to_string().contains("no row of train has a label"), "{one}");
}

#[test]
fn text_of_other_programs_is_read_as_it_is_meant() {
    let scene = Scene::new();
    let genome = made_up::fasta(&made_up::genome());
    let digest = scene.info(&["good.bed"], "")["digest"].clone();
    let texts = [
        ("mac.bed", labels().replace('\n', "\r")),
        ("windows.bed", labels().replace('\n', "\r\n")),
        ("mark.bed", format!("\u{feff}{}", labels())),
        ("spaces.bed", labels().replace('\t', "  ")),
        ("browser.bed", format!("browser position one:1-9\ntrack name=\"a b\"\n# note\n\n{}", labels())),
    ];
    for (name, text) in &texts {
        scene.file(name, text);
        assert_eq!(scene.info(&[name], "")["digest"], digest, "{name}");
    }
    for (name, bytes) in [
        ("mac.fa", genome.replace('\n', "\r").into_bytes()),
        ("mark.fa", format!("\u{feff}{genome}").into_bytes()),
        ("mac.fa.gz", gzip(genome.replace('\n', "\r").as_bytes())),
        ("padded.fa.gz", [gzip(genome.as_bytes()), vec![0; 512]].concat()),
    ] {
        scene.file(name, bytes);
        let outcome = Outcome::of(&mut scene.import(name, &["good.bed"], ""));
        assert!(outcome.stdout.contains(digest.as_str().unwrap()) && outcome.stderr.is_empty(), "{name}: {outcome:?}");
    }
}

#[test]
fn bytes_behind_gzipped_data_are_passed_over_with_a_warning_and_a_cut_stays_an_error() {
    let scene = Scene::new();
    let digest = scene.info(&["good.bed"], "")["digest"].as_str().unwrap().to_owned();
    let genome = gzip(made_up::fasta(&made_up::genome()).as_bytes());
    scene.file("behind.fa.gz", [genome.as_slice(), b"trailing"].concat());
    scene.file("behind.bed.gz", [gzip(labels().as_bytes()).as_slice(), b"trailing"].concat());
    let outcome = Outcome::of(&mut scene.import("behind.fa.gz", &["behind.bed.gz"], ""));
    assert!(outcome.code == Some(0) && outcome.stdout.contains(&digest), "{outcome:?}");
    assert_eq!(outcome.stderr.matches("8 bytes behind its compressed data").count(), 2, "{outcome:?}");
    let mut draw = made_up::draws(5);
    let mut row = |number: usize| {
        let bases: String = (0..40).map(|_| ["A", "C", "G", "T"][draw(4)]).collect();
        format!("{bases}\t{}\n", number % 2)
    };
    let table = "sequence\tlabel\n".to_owned() + &(0..100).map(&mut row).collect::<String>();
    scene.file("t.tsv.gz", [gzip(table.as_bytes()).as_slice(), b"trailing"].concat());
    let mut command = genomenas();
    command
        .args(["data", "import", "table", "--overwrite"])
        .arg(scene.path("t.tsv.gz"))
        .arg("--out")
        .arg(scene.path("t.arrow"));
    let outcome = Outcome::of(&mut command);
    // A table is read twice, and warned of once.
    assert!(outcome.code == Some(0) && outcome.stderr.matches("8 bytes behind").count() == 1, "{outcome:?}");
    scene.file("cut.bed.gz", &gzip(labels().as_bytes())[..80]);
    insta::assert_snapshot!(scene.refusal(&["cut.bed.gz"], ""));
}

#[test]
fn what_is_no_text_is_named() {
    let scene = Scene::new();
    let wide: Vec<u8> = labels().encode_utf16().flat_map(u16::to_le_bytes).collect();
    scene.file("wide.bed", wide);
    scene.file("reads.bed", gzip(b"BAM\x01..."));
    scene.file("page.bed", "<!DOCTYPE html>\n<html></html>");
    scene.file("page.bw", "<html></html>");
    scene.file("packed.bw", gzip(&track(&[("one", 6000)])));
    scene.file("genes.gtf", "one\tmaker\tgene\t100\t200\t.\t+\t.\tgene_id \"g\"\n");
    scene.file("steps.wig", "fixedStep chrom=one start=1 step=10\n0.5\n");
    scene.file("heading.bed", format!("chrom\tstart\tend\tname\n{}", labels()));
    scene.file("escape.bed", "one\t100\t200\ta\u{1b}[2J\n");
    let files = [
        "wide.bed",
        "reads.bed",
        "page.bed",
        "page.bw",
        "packed.bw",
        "genes.gtf",
        "steps.wig",
        "heading.bed",
        "escape.bed",
    ];
    insta::assert_snapshot!(files.map(|file| scene.refusals([(&[file], "")])).concat());
}

#[test]
fn a_share_of_train_is_for_validation_where_the_test_is_given() {
    let scene = Scene::new();
    let info = scene.info(&["good.bed"], "--valid 0.2 --test three");
    let [train, valid, test] = rows(&info);
    assert!(test == 28 && (5..40).contains(&valid) && train > valid, "{info}");
    assert_eq!(info["straddling"]["overlapping_windows"]["valid_in_train"], json!(0));
    let digest = |seed: u64| {
        let arguments = format!("--valid 0.2 --test three --block 300 --seed {seed}");
        scene.info(&["good.bed"], &arguments)["digest"].clone()
    };
    assert!(digest(1) == digest(1) && digest(1) != digest(2));
    insta::assert_snapshot!(scene.refusal(&["good.bed"], "--valid two --test 0.1"));
    let mut next = genomenas();
    next.args([
        "data", "import", "next", "--json", "--length", "99", "--step", "100", "--valid", "0.2", "--test", "three",
    ]);
    let info = Outcome::json(next.arg(scene.path("genome.fa")).arg("--out").arg(scene.path("next.arrow")));
    assert!((5..40).contains(&rows(&info)[1]) && rows(&info)[2] == 30, "{info}");
}

#[test]
fn scaffolds_by_the_thousand_keep_their_values() {
    let scene = Scene::new();
    let scaffold = |number: usize| format!("s{number}");
    let bases = |path: &Path| -> String { std::fs::read_to_string(path).unwrap().lines().skip(1).take(5).collect() };
    let bases = bases(&scene.path("genome.fa"));
    let mut text = String::new();
    for number in 0..20_000 {
        writeln!(text, ">{}\n{}", scaffold(number), &bases[..300]).unwrap();
    }
    scene.file("scaffolds.fa", text);
    let names: Vec<String> = (0..20_000).map(scaffold).collect();
    // Three levels of the tree of names, and of that of blocks; every third scaffold has no block.
    let signals: Vec<Signal<'_>> = names
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let value = u16::try_from(number % 7).unwrap();
            (name.as_str(), 300, if number % 3 == 0 { vec![] } else { vec![(100, 200, f32::from(value))] })
        })
        .collect();
    scene.file("scaffolds.bw", bigwig(&signals));
    let splits = "--valid-share 0.25 --test-share 0.25 --block 300";
    let info = Outcome::json(&mut scene.import("scaffolds.fa", &["scaffolds.bw"], splits));
    assert_eq!(rows(&info), [10_000, 5_000, 5_000]);
    let total: f64 = (0..20_000).filter(|number| number % 3 != 0).map(|number| f64::from(number % 7)).sum();
    let mean = |split: &str| info["values"][split][0]["mean"].as_f64().unwrap();
    let found = 10_000.0 * mean("train") + 5_000.0 * (mean("valid") + mean("test"));
    assert!((found - total).abs() < 1e-6 * total, "{found} {total}");
}
