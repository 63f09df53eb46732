//! `genomenas data`: importing windows and tables, and what a store then says of itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use genomenas_tests::made_up::{self, gzip, import_windows, write};
use genomenas_tests::project::{self, shared_data};
use genomenas_tests::{Outcome, genomenas, listing};
use serde_json::{Value, json};

fn windows(genome: &Path, labels: &Path, valid: &str, test: &str, out: &Path) -> Command {
    let mut command = genomenas();
    command.args(["data", "import", "windows", "--valid", valid, "--test", test]);
    command.arg("--genome").arg(genome).arg("--labels").arg(labels).arg("--out").arg(out);
    command
}

fn example(out: &Path) -> Command {
    let data = project::path("examples/data");
    windows(&data.join("mini.2bit"), &data.join("mini_annotation.bed.gz"), "chr9", "chr8", out)
}

fn table(path: &Path, out: &Path) -> Command {
    let mut command = genomenas();
    command.args(["data", "import", "table"]).arg(path).arg("--out").arg(out);
    command
}

fn info(store: &Path) -> Value {
    Outcome::json(genomenas().args(["data", "info", "--verify", "--json"]).arg(store))
}

/// Positive rows of a label in all splits together, and its name.
fn positives(info: &Value) -> Vec<(String, u64)> {
    let of = |split: &str, label: usize| info["positives"][split][label].as_u64().unwrap();
    let labels = info["labels"].as_array().unwrap().iter().enumerate();
    let total = |label| of("train", label) + of("valid", label) + of("test", label);
    labels.map(|(label, name)| (name.as_str().unwrap().to_owned(), total(label))).collect()
}

#[test]
fn the_example_data_becomes_windows_of_six_chromosomes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("mini.arrow");
    insta::assert_snapshot!(Outcome::text(&mut example(&out)));
    assert_eq!(info(&out)["rows"], json!({"train": 6952, "valid": 2195, "test": 2809}));
}

#[test]
fn the_same_files_give_the_same_bytes_wherever_and_whenever_they_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.arrow"), folder.path().join("second.arrow"));
    Outcome::text(&mut example(&first));
    Outcome::text(example(&second).current_dir(folder.path()).env("TZ", "Asia/Tokyo"));
    assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
}

#[test]
fn a_genome_is_the_same_as_fasta_as_2bit_and_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let genome = made_up::genome();
    let fasta = made_up::fasta(&genome);
    let labels = write(folder.path(), "labels.bed", made_up::labels(&genome));
    let packed = write(folder.path(), "labels.bed.gz", gzip(made_up::labels(&genome).as_bytes()));
    let sources = [
        (write(folder.path(), "a.fa", &fasta), &labels),
        (write(folder.path(), "lower.fasta", fasta.replace('A', "a").replace('\n', "\r\n")), &labels),
        (write(folder.path(), "a.fa.gz", gzip(fasta.as_bytes())), &packed),
        (write(folder.path(), "a.2bit", made_up::twobit(&genome)), &labels),
    ];
    let digests: Vec<_> = sources
        .iter()
        .map(|(genome, labels)| {
            let out = genome.with_extension("arrow");
            Outcome::text(import_windows(genome, labels, &out).arg("--overwrite"));
            info(&out)["digest"].clone()
        })
        .collect();
    assert!(digests[0].is_string() && digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

#[test]
fn the_windows_of_a_made_up_genome_can_be_counted_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let store = info(&made_up::store(folder.path()));
    // Bins of 100 with 50 on either side: the first and the last bin of a chromosome would leave it.
    assert_eq!(store["rows"], json!({"train": 58, "valid": 28, "test": 28}));
    assert_eq!(store["length"], 200);
    // A feature fills one bin every 500 bases, turn by turn even and odd; the first is at a chromosome's start.
    assert_eq!(store["positives"], json!({"train": [5, 6], "valid": [2, 3], "test": [2, 3]}));
    // 50 unknown bases from 1,000 on lie in the windows 850..1050 and 950..1150.
    assert_eq!(store["rows_with_unknown"], json!({"train": 0, "valid": 2, "test": 0}));
}

#[test]
fn settings_change_which_rows_there_are() {
    let folder = tempfile::tempdir().unwrap();
    made_up::store(folder.path());
    let rows = |name: &str, arguments: &[&str]| {
        let (genome, labels) = (folder.path().join("genome.fa"), folder.path().join("labels.bed"));
        let mut command = import_windows(&genome, &labels, &folder.path().join(name));
        let store = Outcome::json(command.args(arguments).arg("--json"));
        (store["rows"]["train"].as_u64().unwrap(), store["rows"]["valid"].as_u64().unwrap(), store["labels"].clone())
    };
    let both = json!(["even", "odd"]);
    assert_eq!(rows("labelled", &["--keep", "labelled"]), (11, 5, both.clone()));
    assert_eq!(rows("known", &["--max-unknown", "0"]), (58, 26, both.clone()));
    assert_eq!(rows("step", &["--step", "50"]), (117, 57, both));
    assert_eq!(rows("only", &["--only-labels", "odd"]), (58, 28, json!(["odd"])));
}

#[test]
fn a_label_that_never_occurs_in_a_split_is_counted_as_such() {
    let folder = tempfile::tempdir().unwrap();
    made_up::store(folder.path());
    let labels = made_up::labels(&made_up::genome()).replace("three", "one") + "one\t205\t210\ttiny\n";
    let labels = write(folder.path(), "rare.bed", labels);
    let out = folder.path().join("rare.arrow");
    let mut command = import_windows(&folder.path().join("genome.fa"), &labels, &out);
    let store = Outcome::json(command.arg("--json"));
    assert_eq!(store["labels"], json!(["even", "odd", "tiny"]));
    assert_eq!((&store["positives"]["train"][2], &store["positives"]["test"]), (&json!(1), &json!([0, 0, 0])));
}

#[test]
fn the_whole_yeast_genome_has_the_known_windows_and_positives() {
    let (Some(genome), Some(labels)) = (shared_data("yeast/R64-2-1.2bit"), shared_data("yeast/annotation.bed.gz"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("yeast.arrow");
    Outcome::text(&mut windows(&genome, &labels, "chr7", "chr8,chr9", &out));
    let store = info(&out);
    assert_eq!(store["rows"], json!({"train": 49_831, "valid": 5_450, "test": 5_004}));
    let known = [
        ("ARS", 579),
        ("CDS", 43_884),
        ("LTR", 574),
        ("divergent_promoter", 1_522),
        ("intergenic", 15_722),
        ("intron", 446),
        ("overlapping_ORFs", 357),
        ("promoter", 6_598),
        ("retrotransposon", 1_459),
        ("snoRNA", 92),
        ("start_codon", 5_910),
        ("stop_codon", 5_740),
        ("tRNA", 296),
        ("telomere", 632),
        ("terminator", 4_958),
    ];
    assert_eq!(positives(&store), known.map(|(name, count)| (name.to_owned(), count)));
}

const TSV: &str = "part\tclass\tsequence\n\
train\tdonor\tACGTACGTAC\n\
train\tacceptor\tTTTTTCCCCC\n\
valid\tdonor\tACGTACGTAA\n\
test\tacceptor\tTTTNTCCCCG\n";

#[test]
fn a_table_of_classes_keeps_its_splits() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("classes.arrow");
    let path = write(folder.path(), "classes.tsv", TSV);
    Outcome::text(table(&path, &out).args(["--labels", "class", "--split", "part"]));
    let store = info(&out);
    assert_eq!((&store["task"], &store["labels"]), (&json!("multi-class"), &json!(["acceptor", "donor"])));
    assert_eq!(store["positives"], json!({"train": [1, 1], "valid": [0, 1], "test": [1, 0]}));
    assert_eq!(store["rows_with_unknown"], json!({"train": 0, "valid": 0, "test": 1}));
}

#[test]
fn a_table_is_the_same_as_tsv_as_csv_and_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let digest = |name: &str, bytes: &[u8]| {
        let out = folder.path().join(format!("{name}.arrow"));
        let path = write(folder.path(), name, bytes);
        Outcome::text(table(&path, &out).args(["--labels", "class", "--split", "part"]));
        info(&out)["digest"].clone()
    };
    let csv = TSV.replace('\t', ",");
    let digests =
        [digest("a.tsv", TSV.as_bytes()), digest("a.csv", csv.as_bytes()), digest("a.csv.gz", &gzip(csv.as_bytes()))];
    assert!(digests[0].is_string() && digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

#[test]
fn several_label_columns_are_several_labels() {
    let folder = tempfile::tempdir().unwrap();
    let csv = "sequence,ctcf,pol2,part\nACGT,1,0,train\nCCGT,1,1,valid\nACGG,0,0,test\n";
    let out = folder.path().join("labels.arrow");
    let path = write(folder.path(), "labels.csv", csv);
    Outcome::text(table(&path, &out).args(["--labels", "ctcf,pol2", "--split", "part"]));
    let store = info(&out);
    assert_eq!(store["task"], "multi-label");
    assert_eq!(store["positives"], json!({"train": [1, 0], "valid": [1, 1], "test": [0, 0]}));
}

#[test]
fn without_a_split_column_equal_sequences_share_a_split_and_the_seed_decides_which() {
    let folder = tempfile::tempdir().unwrap();
    let row = |n: u32| format!("{}\t{}\n", format!("{:04b}{n:08b}", n % 7).replace('0', "A").replace('1', "C"), n % 2);
    let once: String = (0..200).map(row).collect();
    let digest = |name: &str, rows: &str, seed: &str| {
        let out = folder.path().join(name);
        let path = write(folder.path(), "t.tsv", format!("sequence\tlabel\n{rows}"));
        Outcome::text(table(&path, &out).args(["--seed", seed]));
        let store = info(&out);
        (store["digest"].clone(), store["rows"].clone())
    };
    let (first, rows) = digest("1", &once, "1");
    assert_eq!(digest("again", &once, "1").0, first);
    assert_ne!(digest("2", &once, "2").0, first);
    let twice = digest("twice", &(once.clone() + &once), "1").1;
    for split in ["train", "valid", "test"] {
        assert_eq!(twice[split].as_u64().unwrap(), 2 * rows[split].as_u64().unwrap(), "{split}");
    }
}

#[test]
fn a_table_with_places_is_split_by_its_chromosomes_and_its_numbers_are_labels() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("signal.arrow");
    let path = write(
        folder.path(),
        "signal.tsv",
        "chrom\tstart\tsequence\tk562\thepg2\n\
         chr1\t100\tACGTACGT\t0.5\t12\n\
         chr2\t100\tACGTTTTT\t1.5\t0\n\
         chr1\t900\tGGGGACGT\t-0.25\t3\n\
         chr3\t104\tNNNNACGT\t7\t1e3\n",
    );
    let groups = write(folder.path(), "groups.tsv", "hepg2\tliver\n");
    let mut command = table(&path, &out);
    command.args(["--labels", "k562,hepg2", "--task", "regression", "--chromosome", "chrom", "--start", "start"]);
    command.args(["--valid-chromosomes", "chr2", "--test-chromosomes", "chr3"]).arg("--groups").arg(groups);
    insta::assert_snapshot!(Outcome::text(&mut command));
    let store = info(&out);
    assert_eq!(store["rows"], json!({"train": 2, "valid": 1, "test": 1}));
    assert_eq!((&store["chromosomes"], &store["groups"]), (&json!(["chr1", "chr2", "chr3"]), &json!(["", "liver"])));
}

#[test]
fn the_splice_junctions_of_uci_are_a_table() {
    let Some(path) = shared_data("uci_splice/splice.tsv.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("splice.arrow");
    Outcome::text(table(&path, &out).args(["--split", "split"]));
    let store = info(&out);
    assert_eq!((&store["length"], &store["labels"]), (&json!(60), &json!(["ei", "ie", "n"])));
    assert_eq!(
        store["positives"],
        json!({"train": [529, 521, 1181], "valid": [110, 118, 250], "test": [128, 126, 223]})
    );
}

#[test]
fn an_existing_store_is_replaced_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = made_up::store(folder.path());
    let before = fs::read(&store).unwrap();
    let import = || import_windows(&folder.path().join("genome.fa"), &folder.path().join("labels.bed"), &store);
    let error = Outcome::refusal(&mut import(), 2);
    assert!(error.contains("store.arrow exists"), "{error}");
    assert_eq!(fs::read(&store).unwrap(), before);
    Outcome::text(import().args(["--overwrite", "--step", "50"]));
    assert_ne!(fs::read(&store).unwrap(), before);
}

/// A genome that takes some seconds to import with a row every 20 bases.
fn large_genome(folder: &Path) -> PathBuf {
    let line = "ACGTTGCAAC".repeat(8);
    let chromosome = |name: &str, lines: usize| format!(">{name}\n{}", format!("{line}\n").repeat(lines));
    let text = chromosome("one", 300_000) + &chromosome("two", 1000) + &chromosome("three", 1000);
    write(folder, "genome.fa", text)
}

#[test]
fn an_import_that_is_killed_leaves_no_store_and_the_next_one_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let genome = large_genome(folder.path());
    let labels = write(folder.path(), "labels.bed", "one\t1000\t2000\ta\n");
    let out = folder.path().join("out/store.arrow");
    fs::create_dir(folder.path().join("out")).unwrap();
    let mut command = import_windows(&genome, &labels, &out);
    let mut child = command.args(["--step", "20"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while listing(&folder.path().join("out")).is_empty() {
        if let Some(status) = child.try_wait().unwrap() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("the import ended before it began to write: {status}: {said}");
        }
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!out.exists(), "{:?}", listing(&folder.path().join("out")));

    Outcome::text(&mut import_windows(&genome, &labels, &out));
    assert_eq!(listing(&folder.path().join("out")), ["store.arrow"]);
}
