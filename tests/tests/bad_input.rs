//! Bad input of every kind: one line that says what is wrong, exit code 2, and nothing written. What concerns runs is
//! in `runs.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use genomenas_tests::made_up::{self, gzip, import_windows, write};
use genomenas_tests::project::{self, skip};
use genomenas_tests::{Outcome, genomenas, listing};

/// A network for the made-up store.
const NETWORK: &str = r#"{
  "version": 1, "name": "small", "input": [4, 200], "output": "out",
  "nodes": [
    {"name": "conv", "inputs": ["input"], "op": {"type": "conv1d", "out_channels": 8, "kernel": 5}},
    {"name": "pool", "inputs": ["conv"], "op": {"type": "global_max_pool"}},
    {"name": "out", "inputs": ["pool"], "op": {"type": "linear", "out_features": 2}}
  ]
}"#;

/// A folder of good input: `genome.fa`, `labels.bed` and `store.arrow`.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        made_up::store(folder.path());
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// An import of the good genome and labels.
    fn windows(&self) -> Command {
        import_windows(&self.path("genome.fa"), &self.path("labels.bed"), &self.path("out.arrow"))
    }

    fn with_genome(&self, name: &str, bytes: impl AsRef<[u8]>) -> Command {
        let genome = write(self.0.path(), name, bytes);
        import_windows(&genome, &self.path("labels.bed"), &self.path("out.arrow"))
    }

    fn with_labels(&self, name: &str, bytes: impl AsRef<[u8]>) -> Command {
        let labels = write(self.0.path(), name, bytes);
        import_windows(&self.path("genome.fa"), &labels, &self.path("out.arrow"))
    }

    fn table(&self, name: &str, bytes: impl AsRef<[u8]>) -> Command {
        let table = write(self.0.path(), name, bytes);
        let mut command = genomenas();
        command.args(["data", "import", "table"]).arg(table).arg("--out").arg(self.path("out.arrow"));
        command
    }

    /// The one line that a command is refused with, without this machine's folders. It writes nothing.
    fn refusal(&self, command: &mut Command) -> String {
        let before = listing(self.0.path());
        let error = Outcome::refusal(command, 2);
        assert_eq!(listing(self.0.path()), before, "{command:?}");
        error.replace(&self.0.path().display().to_string(), "[FOLDER]")
    }

    /// All refusals, to be read.
    fn refusals<const N: usize>(&self, cases: [(&str, &mut Command); N]) -> String {
        cases.map(|(what, command)| format!("{what}\n    {}\n", self.refusal(command))).concat()
    }
}

/// Bytes without any meaning, the same at every call.
fn random(length: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut byte = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_le_bytes()[7]
    };
    (0..length).map(&mut byte).collect()
}

fn with(mut command: Command, arguments: &str) -> Command {
    command.args(arguments.split_whitespace());
    command
}

#[test]
fn a_genome_that_is_none() {
    let scene = Scene::new();
    let twobit = made_up::twobit(&made_up::genome());
    let packed = gzip(made_up::fasta(&made_up::genome()).as_bytes());
    let said = scene.refusals([
        ("no such file", &mut import_windows(&scene.path("no.fa"), &scene.path("labels.bed"), &scene.path("out"))),
        ("a folder", &mut import_windows(scene.0.path(), &scene.path("labels.bed"), &scene.path("out"))),
        ("an empty file", &mut scene.with_genome("empty.fa", "")),
        ("random bytes", &mut scene.with_genome("random.2bit", random(5000))),
        ("a 2bit file cut in the middle", &mut scene.with_genome("cut.2bit", &twobit[..twobit.len() / 2])),
        ("a 2bit file cut in its index", &mut scene.with_genome("index.2bit", &twobit[..20])),
        ("a 2bit file with random bytes behind its index", &mut {
            scene.with_genome("noise.2bit", [&twobit[..47], &random(3000)].concat())
        }),
        ("a gzip file cut in the middle", &mut scene.with_genome("cut.fa.gz", &packed[..packed.len() / 2])),
        ("a gzip file with random bytes in it", &mut {
            scene.with_genome("noise.fa.gz", [&packed[..200], &random(500)].concat())
        }),
        ("proteins", &mut scene.with_genome("protein.fa", ">one\nMKVLLF\n")),
        ("two chromosomes of one name", &mut scene.with_genome("twice.fa", ">one\nACGT\n>one\nACGT\n")),
        ("a name without bases", &mut scene.with_genome("bare.fa", ">one\n>two\n>three\n")),
        ("bases without a name", &mut scene.with_genome("anonymous.fa", "ACGTACGT\n")),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn labels_that_are_none_or_lie_outside_the_genome() {
    let scene = Scene::new();
    let packed = gzip(made_up::labels(&made_up::genome()).as_bytes());
    let said = scene.refusals([
        ("an empty file", &mut scene.with_labels("empty.bed", "")),
        ("random bytes", &mut scene.with_labels("random.bed", random(5000))),
        ("a gzip file cut in the middle", &mut scene.with_labels("cut.bed.gz", &packed[..packed.len() / 2])),
        ("a line with two columns", &mut scene.with_labels("two.bed", "one\t100\t200\ta\none\t5\n")),
        ("a start that is not a number", &mut scene.with_labels("word.bed", "one\tfirst\t200\ta\n")),
        ("a negative start", &mut scene.with_labels("negative.bed", "one\t-5\t200\ta\n")),
        ("an end before the start", &mut scene.with_labels("backwards.bed", "one\t300\t200\ta\n")),
        ("an end beyond the chromosome", &mut scene.with_labels("beyond.bed", "one\t5900\t6001\ta\n")),
        ("an end beyond every number", &mut {
            scene.with_labels("huge.bed", "one\t5900\t99999999999999999999999\ta\n")
        }),
        ("an unknown chromosome", &mut scene.with_labels("four.bed", "four\t100\t200\ta\n")),
        ("a label that never occurs", &mut with(scene.windows(), "--only-labels even,od")),
        ("labels that are too rare", &mut with(scene.windows(), "--min-positives 1000")),
    ]);
    insta::assert_snapshot!(said);
    let dropped = Outcome::json(&mut with(
        scene.with_labels("x.bed", "one\t5900\t6001\ta\none\t5\t99\ta\n"),
        "--outside drop --json",
    ));
    assert_eq!(dropped["import"]["dropped"][0]["count"], 1, "{}", dropped["import"]);
}

#[test]
fn windows_and_splits_that_cannot_be() {
    let scene = Scene::new();
    let other = |arguments: &str| {
        let mut command = genomenas();
        command.args(["data", "import", "windows"]).args(arguments.split_whitespace());
        command.arg("--genome").arg(scene.path("genome.fa")).arg("--labels").arg(scene.path("labels.bed"));
        command.arg("--out").arg(scene.path("out.arrow"));
        command
    };
    let short = format!("{}>short\nACGT\n", made_up::fasta(&made_up::genome()));
    write(scene.0.path(), "short.fa", short);
    let said = scene.refusals([
        ("windows longer than every chromosome", &mut other("--context 10000 --valid two --test three")),
        ("windows beyond every number", &mut other("--context 18446744073709551615 --valid two --test three")),
        ("windows longer than the chromosome of a split", &mut other("--context 2000 --valid two --test three")),
        ("bins of nothing", &mut other("--bin 0 --valid two --test three")),
        ("steps of nothing", &mut other("--step 0 --valid two --test three")),
        ("an overlap of more than all", &mut other("--overlap 1.5 --valid two --test three")),
        ("an unknown chromosome in a split", &mut other("--valid tow --test three")),
        ("a chromosome in two splits", &mut other("--valid two --test two,three")),
        ("no validation split", &mut other("--test three")),
        ("nothing left to train on", &mut other("--valid one,two --test three")),
        ("a share of unknown bases above 1", &mut other("--max-unknown 1.5 --valid two --test three")),
        ("a split without a feature where only such windows are kept", &mut {
            let command = scene.with_labels("two.bed", "one\t1000\t1100\ta\ntwo\t500\t600\ta\n");
            with(command, "--keep labelled")
        }),
        ("a split with unknown bases only", &mut {
            let unknown =
                format!(">one\n{}\n>two\n{}\n>three\n{}\n", "ACGT".repeat(500), "N".repeat(2000), "ACGT".repeat(500));
            write(scene.0.path(), "one.bed", "one\t100\t200\ta\n");
            let genome = write(scene.0.path(), "unknown.fa", unknown);
            with(import_windows(&genome, &scene.path("one.bed"), &scene.path("out.arrow")), "--max-unknown 0.5")
        }),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn tables_that_cannot_be_read() {
    let scene = Scene::new();
    let table = |name: &str, text: &str| scene.table(name, text);
    let packed = gzip("sequence\tlabel\nACGT\ta\n".repeat(200).as_bytes());
    let both = "sequence\tlabel\tpart\nACGT\ta\ttrain\nACGT\tb\tvalid\nACGT\ta\ttest\n";
    let said = scene.refusals([
        ("an empty file", &mut table("empty.tsv", "")),
        ("a header alone", &mut table("header.tsv", "sequence\tlabel\n")),
        ("random bytes", &mut scene.table("random.tsv", random(5000))),
        ("a gzip file cut in the middle", &mut scene.table("cut.tsv.gz", &packed[..packed.len() / 2])),
        ("no such column", &mut table("column.tsv", "seq\tlabel\nACGT\ta\n")),
        ("no such label column", &mut with(table("label.tsv", both), "--labels lable")),
        ("letters that are not bases", &mut table("letters.tsv", "sequence\tlabel\nACGT\ta\nACQT\tb\n")),
        ("unequal lengths", &mut table("lengths.tsv", "sequence\tlabel\nACGT\ta\nACGTA\tb\n")),
        ("a row with a field too few", &mut table("fields.tsv", "sequence\tlabel\nACGT\ta\nACGT\n")),
        ("no sequence in a row", &mut table("nothing.tsv", "sequence\tlabel\nACGT\ta\n\tb\n")),
        (
            "one class for all",
            &mut table("one.tsv", &("sequence\tlabel\n".to_owned() + &"ACGT\ta\nCCGT\ta\n".repeat(9))),
        ),
        ("a label that is neither 0 nor 1", &mut with(table("x.tsv", "sequence\tx\ty\nACGT\t1\t2\n"), "--labels x,y")),
        ("an unknown split", &mut with(table("split.tsv", &both.replace("valid", "dev2")), "--split part")),
        ("an empty split", &mut with(table("few.tsv", &both.replace("valid", "train")), "--split part")),
        ("shares of more than all", &mut with(table("shares.tsv", both), "--valid 0.9 --test 0.9")),
        ("a name of Parquet alone", &mut table("text.parquet", both)),
        (
            "the first bytes of Parquet alone",
            &mut scene.table("start.tsv", [b"PAR1".as_slice(), &random(5000)].concat()),
        ),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn labels_and_splits_of_a_table_that_cannot_be() {
    let scene = Scene::new();
    let rows = "sequence\tlabel\tchrom\tstart\nACGT\t1\ta\t5\nACGA\t0\tb\t9\nCCCC\t-1\tc\t9\n";
    let table = |arguments: &str| with(scene.table("t.tsv", rows), arguments);
    write(scene.0.path(), "groups", "1\tone\n7\tseven\n");
    write(scene.0.path(), "empty.tsv", "sequence\tlabel\n");
    let file = |arguments: &str, name: &str| {
        let mut command = table(arguments);
        command.arg(scene.path(name));
        command
    };
    let said = scene.refusals([
        ("an unknown task", &mut table("--task counting")),
        ("a negative count", &mut table("--task poisson-regression --seed 1")),
        ("a text where a number is expected", &mut table("--task regression --labels chrom")),
        ("a split column and shares", &mut table("--split label --valid 0.5")),
        ("chromosomes and shares", &mut table("--valid-chromosomes a --test-chromosomes b --seed 1")),
        ("chromosomes and a split column", &mut table("--valid-chromosomes a --test-chromosomes b --split label")),
        ("chromosomes without their column", &mut table("--valid-chromosomes a --test-chromosomes b")),
        ("chromosomes of the test alone", &mut table("--chromosome chrom --test-chromosomes b")),
        ("a chromosome that is not there", &mut {
            table("--chromosome chrom --valid-chromosomes a --test-chromosomes d")
        }),
        ("a start without a chromosome", &mut table("--start start")),
        ("a start that is not a place", &mut table("--chromosome chrom --start sequence")),
        ("a group where chromosomes decide", &mut {
            table("--chromosome chrom --valid-chromosomes a --test-chromosomes b --group label")
        }),
        ("a table for the test alone", &mut file("--test-table", "empty.tsv")),
        ("a table without a row", &mut {
            let mut command = file("--valid-table", "empty.tsv");
            command.arg("--test-table").arg(scene.path("empty.tsv"));
            command
        }),
        ("a group of a label that is not there", &mut file("--groups", "groups")),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn arrays_that_cannot_be_read() {
    let scene = Scene::new();
    let arrays = |name: &str, bytes: &[u8]| {
        let mut command = genomenas();
        command.args(["data", "import", "npz"]).arg(write(scene.0.path(), name, bytes));
        command.arg("--out").arg(scene.path("out.arrow"));
        command
    };
    // The end of an archive without any member.
    let nothing = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    let said = scene.refusals([
        ("no such file", with(genomenas(), "data import npz no.npz --out out.arrow").current_dir(scene.0.path())),
        ("an empty file", &mut arrays("empty.npz", b"")),
        ("random bytes", &mut arrays("random.npz", &random(5000))),
        ("a single array", &mut arrays("one.npy", b"\x93NUMPY\x01\x00")),
        ("an archive of nothing", &mut arrays("nothing.npz", &nothing)),
        ("channels that are none", &mut with(arrays("channels.npz", &nothing), "--channels ACG")),
        ("an unknown task", &mut with(arrays("task.npz", &nothing), "--task next-nucleotide")),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_store_that_is_none() {
    let scene = Scene::new();
    let store = fs::read(scene.path("store.arrow")).unwrap();
    let info = |name: &str, bytes: &[u8]| {
        let mut command = genomenas();
        command.args(["data", "info"]).arg(write(scene.0.path(), name, bytes));
        command
    };
    let said = scene.refusals([
        ("no such file", with(genomenas(), "data info").arg(scene.path("no.arrow"))),
        ("a folder", with(genomenas(), "data info").arg(scene.0.path())),
        ("an empty file", &mut info("empty.arrow", b"")),
        ("random bytes", &mut info("random.arrow", &random(5000))),
        ("another file", &mut info("labels.bed.copy", &fs::read(scene.path("labels.bed")).unwrap())),
        ("a store cut in the middle", &mut info("cut.arrow", &store[..store.len() / 2])),
        ("a store without its last byte", &mut info("last.arrow", &store[..store.len() - 1])),
        ("a store with random bytes behind it", &mut info("more.arrow", &[store.clone(), random(100)].concat())),
        ("a store with random bytes in its middle", &mut {
            let middle = store.len() / 2;
            let bytes = [&store[..middle], &random(64), &store[middle + 64..]].concat();
            with(info("noise.arrow", &bytes), "--verify")
        }),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_store_with_any_byte_changed_is_refused_or_still_whole() {
    let scene = Scene::new();
    let good = fs::read(scene.path("store.arrow")).unwrap();
    for at in (0..40).map(|n| n * (good.len() - 1) / 39) {
        let mut bytes = good.clone();
        bytes[at] = !bytes[at];
        let path = write(scene.0.path(), "changed.arrow", bytes);
        let outcome = Outcome::of(with(genomenas(), "data info --verify").arg(path));
        assert!(matches!(outcome.code, Some(0 | 2)), "byte {at}: {outcome:?}");
    }
}

#[test]
fn an_architecture_or_a_space_that_is_none() {
    let scene = Scene::new();
    let architecture = |name: &str, bytes: &[u8]| {
        let mut command = with(genomenas(), "describe --architecture");
        command.arg(write(scene.0.path(), name, bytes));
        command
    };
    let space = |name: &str, bytes: &[u8]| {
        let mut command = with(genomenas(), "describe --length 200 --labels 2 --space");
        command.arg(write(scene.0.path(), name, bytes));
        command
    };
    let said = scene.refusals([
        ("an empty file", &mut architecture("empty.json", b"")),
        ("random bytes", &mut architecture("random.json", &random(500))),
        ("a file cut in the middle", &mut architecture("cut.json", &NETWORK.as_bytes()[..NETWORK.len() / 2])),
        ("another document", &mut architecture("other.json", b"{\"version\": 1}")),
        ("brackets without end", &mut architecture("deep.json", &b"[".repeat(100_000))),
        ("a space of random bytes", &mut space("random.toml", &random(500))),
        ("a space that is a network", &mut space("network.json", NETWORK.as_bytes())),
        (
            "a space of brackets without end",
            &mut space("deep.toml", &[b"a = ".to_vec(), b"[".repeat(100_000)].concat()),
        ),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn weights_that_are_none_or_belong_to_another_network() {
    let scene = Scene::new();
    let network = write(scene.0.path(), "small.json", NETWORK);
    let mut train = with(genomenas(), "train --device cpu --threads 1 --epochs 1 --batch 8 --steps-per-epoch 1");
    train.arg("--architecture").arg(&network).arg("--data").arg(scene.path("store.arrow"));
    Outcome::text(train.arg("--out").arg(scene.path("trained")));
    let good = fs::read(scene.path("trained/weights.safetensors")).unwrap();
    let evaluate = |network: &Path, weights: &Path| {
        let mut command = with(genomenas(), "evaluate --device cpu --threads 1");
        command.arg("--architecture").arg(network).arg("--weights").arg(weights);
        command.arg("--data").arg(scene.path("store.arrow"));
        command
    };
    let weights = |name: &str, bytes: &[u8]| evaluate(&network, &write(scene.0.path(), name, bytes));
    let wider = write(scene.0.path(), "wider.json", NETWORK.replace("\"out_channels\": 8", "\"out_channels\": 9"));
    let longer = write(scene.0.path(), "longer.json", NETWORK.replace("[4, 200]", "[4, 300]"));
    let whole = scene.path("trained/weights.safetensors");
    Outcome::text(&mut evaluate(&network, &whole));
    let said = scene.refusals([
        ("no such file", &mut evaluate(&network, &scene.path("no.safetensors"))),
        ("an empty file", &mut weights("empty.safetensors", b"")),
        ("random bytes", &mut weights("random.safetensors", &random(5000))),
        ("a length beyond the file", &mut weights("header.safetensors", &[0xff; 64])),
        ("a file cut in the middle", &mut weights("cut.safetensors", &good[..good.len() / 2])),
        ("a file without its last byte", &mut weights("last.safetensors", &good[..good.len() - 1])),
        ("weights of a narrower network", &mut evaluate(&wider, &whole)),
        ("a network for longer windows than the data has", &mut evaluate(&longer, &whole)),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn an_output_that_cannot_be_written() {
    let scene = Scene::new();
    let out = |path: &str| import_windows(&scene.path("genome.fa"), &scene.path("labels.bed"), &scene.path(path));
    let said = scene.refusals([
        ("a folder that is not there", &mut out("no/such/out.arrow")),
        ("a folder that is a file", &mut out("genome.fa/out.arrow")),
        ("a folder in the place of the file", &mut out("")),
        ("a file that is there", &mut out("store.arrow")),
    ]);
    insta::assert_snapshot!(said);
}

/// Runs the import of the example data in a file system of its own at `/mnt`, mounted so; the outcome and what is in
/// it afterwards. `None`, and a line that says so, where this machine does not allow that.
fn import_onto(mount: &str) -> Option<(Outcome, String)> {
    let inside = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]);
        command
    };
    let mount = format!("mount -t tmpfs -o {mount} tmpfs /mnt");
    let allowed = inside(&mount).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !allowed {
        skip("no file system can be mounted here (needs unshare and user namespaces, or root)");
        return None;
    }
    let data = project::path("examples/data");
    let import =
        import_windows(&data.join("mini.2bit"), &data.join("mini_annotation.bed.gz"), Path::new("/mnt/out.arrow"));
    // The later of two equal options would be an error, so the made-up splits are replaced.
    let arguments = import.get_args().map(|argument| match argument.to_str() {
        Some("two") => "chr9".into(),
        Some("three") => "chr8".into(),
        _ => argument.to_owned(),
    });
    let mut command = inside(&format!("{mount} && {{ \"$0\" \"$@\"; code=$?; ls -A /mnt; exit $code; }}"));
    command.arg(import.get_program()).args(arguments).env_remove("GENOMENAS_PLUGINS");
    let outcome = Outcome::of(&mut command);
    let left = outcome.stdout.clone();
    Some((outcome, left))
}

#[test]
fn a_full_disk_ends_an_import_with_nothing_left_on_it() {
    let Some((outcome, left)) = import_onto("size=256k") else { return };
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("error: ") && outcome.stderr.contains("No space left on device"), "{outcome:?}");
    assert_eq!(left, "");
}

#[test]
fn a_read_only_disk_is_told() {
    let Some((outcome, left)) = import_onto("ro") else { return };
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("error: ") && outcome.stderr.contains("Read-only file system"), "{outcome:?}");
    assert_eq!(left, "");
}

#[test]
fn a_result_that_cannot_be_written_to_standard_output_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = genomenas();
    let output = command
        .args(["describe", "--space", "genomenas", "--length", "100", "--labels", "2"])
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: cannot write to standard output"), "{said}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut command = genomenas();
    command.args(["describe", "--space", "genomenas", "--length", "1000", "--labels", "919"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}
