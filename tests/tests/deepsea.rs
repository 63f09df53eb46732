//! `genomenas data import deepsea`: the real layout in full, killed, and refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use genomenas_tests::made_up::write;
use genomenas_tests::{Outcome, genomenas, listing, project};
use serde_json::{Value, json};

fn data(name: &str) -> PathBuf {
    project::path("tests/data/deepsea").join(name)
}

fn import(train: &Path, valid: &Path, test: &Path, out: &Path) -> Command {
    let mut command = genomenas();
    command.args(["data", "import", "deepsea", "--train"]).arg(train).arg("--valid").arg(valid);
    command.arg("--test").arg(test).arg("-o").arg(out);
    command
}

fn real(out: &Path) -> Command {
    import(&data("train.mat"), &data("valid.mat"), &data("test.mat"), out)
}

fn info(store: &Path) -> Value {
    Outcome::json(genomenas().args(["data", "info", "--verify", "--json"]).arg(store))
}

#[test]
fn the_real_layout_becomes_a_store_with_both_strands_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("deepsea.arrow");
    let groups = fs::read_to_string(data("label_names.txt")).unwrap();
    let groups: Vec<String> = groups.lines().map(|name| format!("{name}\t{}", &name[..1].to_lowercase())).collect();
    let labels = write(folder.path(), "labels.txt", groups.join("\n"));
    Outcome::text(real(&out).arg("--labels").arg(&labels).args(["--strands", "both"]));
    let store = info(&out);
    assert_eq!(store["rows"], json!({"train": 200, "valid": 50, "test": 60}));
    assert_eq!((&store["task"], &store["length"]), (&json!("multi-label"), &json!(1000)));
    assert_eq!(store["import"]["both_strands"], json!({"train": true, "valid": true, "test": true}));
    assert_eq!(
        (&store["labels"][0], &store["groups"][0], &store["groups"][1]),
        (&json!("CDS"), &json!("c"), &json!("i"))
    );
    let first = fs::read(&out).unwrap();
    Outcome::text(real(&out).arg("--labels").arg(&labels).args(["--strands", "both", "--overwrite"]));
    assert!(fs::read(&out).unwrap() == first);
}

#[test]
fn one_strand_is_recorded_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("deepsea.arrow");
    Outcome::text(real(&out).args(["--strands", "one"]));
    assert_eq!(info(&out)["import"]["both_strands"], Value::Null);
}

/// A MATLAB 5 file of samples of 1,000 unknown bases and 15 labels that are 0: holes on the disk.
fn zeros(folder: &Path, split: &str, samples: u32) -> PathBuf {
    let path = folder.join(format!("{split}.mat"));
    let mut file = File::create(&path).unwrap();
    let mut length = 128_u64;
    file.write_all(&[b' '; 124]).unwrap();
    file.write_all(&[0, 1, b'I', b'M']).unwrap();
    for (name, axes) in [(format!("{split}xdata"), vec![samples, 4, 1000]), (format!("{split}data"), vec![samples, 15])]
    {
        let mut head = Vec::new();
        // Flags: class uint8. Then axes and name, filled up to 8 bytes each, and the tag of the numbers.
        for (kind, bytes) in [
            (6_u32, [9_u32.to_le_bytes(), [0; 4]].concat()),
            (5, axes.iter().flat_map(|axis| axis.to_le_bytes()).collect()),
            (1, name.into_bytes()),
        ] {
            head.extend(kind.to_le_bytes());
            head.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
            head.extend(&bytes);
            head.resize(head.len().next_multiple_of(8), 0);
        }
        let numbers: u32 = axes.iter().product();
        head.extend([2_u32.to_le_bytes(), numbers.to_le_bytes()].concat());
        let filled = numbers.next_multiple_of(8);
        file.write_all(&14_u32.to_le_bytes()).unwrap();
        file.write_all(&(u32::try_from(head.len()).unwrap() + filled).to_le_bytes()).unwrap();
        file.write_all(&head).unwrap();
        length += 8 + head.len() as u64 + u64::from(filled);
        file.set_len(length).unwrap();
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(length)).unwrap();
    }
    path
}

/// Waits until `begun` of the folder of the output, or the end of the import.
fn wait_for(child: &mut Child, folder: &Path, begun: impl Fn(&Path) -> bool) {
    while !begun(folder) {
        if let Some(status) = child.try_wait().unwrap() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            assert!(status.success(), "{status}: {said}");
            return;
        }
        std::thread::yield_now();
    }
}

/// When an import is killed: in words, and what its folder must hold first.
type Moment<'a> = (&'a str, &'a dyn Fn(&Path) -> bool);

#[test]
fn an_import_that_is_killed_at_any_moment_leaves_a_whole_store_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let bundle =
        [("train", 20_000), ("valid", 100), ("test", 100)].map(|(split, samples)| zeros(folder.path(), split, samples));
    let [train, valid, test] = bundle;
    let into = folder.path().join("out");
    fs::create_dir(&into).unwrap();
    let out = into.join("store.arrow");
    let has_bytes = |folder: &Path| {
        let lengths = listing(folder).into_iter().filter_map(|name| fs::metadata(folder.join(name)).ok());
        lengths.map(|about| about.len()).sum::<u64>() > 0
    };
    let moments: [Moment<'_>; 3] = [
        ("at once", &|_| true),
        ("while rows are packed", &|folder| !listing(folder).is_empty()),
        ("while the store is written", &has_bytes),
    ];
    let mut without = 0;
    for (when, begun) in moments {
        let mut command = import(&train, &valid, &test, &out);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&mut child, &into, begun);
        child.kill().unwrap();
        child.wait().unwrap();
        if out.exists() {
            assert_eq!(info(&out)["rows"]["train"], 20_000, "killed {when}");
            fs::remove_file(&out).unwrap();
        } else {
            without += 1;
        }
    }
    // The last moment is short: the import may have ended before it was killed.
    assert!(without >= 2, "nothing was killed");
    Outcome::text(&mut import(&train, &valid, &test, &out));
    assert_eq!(listing(&into), ["store.arrow"]);
    assert_eq!(info(&out)["rows_with_unknown"], json!({"train": 20_000, "valid": 100, "test": 100}));
}

#[test]
fn bundles_that_are_none_or_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read(data("train.mat")).unwrap();
    let packed = fs::read(data("test.mat")).unwrap();
    let path = |name: &str, bytes: &[u8]| write(folder.path(), name, bytes);
    let noise: Vec<u8> = (0..5000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let out = folder.path().join("out.arrow");
    let with = |train: &Path| import(train, &data("valid.mat"), &data("test.mat"), &out);
    let middle = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at..at + 64].copy_from_slice(&noise[..64]);
        bytes
    };
    let test = |name, bytes: &[u8]| import(&data("train.mat"), &data("valid.mat"), &path(name, bytes), &out);
    let mut cases = [
        ("no such file", with(&folder.path().join("no.mat"))),
        ("a folder", with(folder.path())),
        ("an empty file", with(&path("empty.mat", b""))),
        ("random bytes", with(&path("random.mat", &noise))),
        ("a file cut in the middle", with(&path("cut.mat", &good[..good.len() / 2]))),
        ("a file without its last byte", with(&path("last.mat", &good[..good.len() - 1]))),
        ("random bytes in the superblock", with(&path("super.mat", &middle(&good, 520)))),
        ("random bytes in an object header", with(&path("header.mat", &middle(&good, 0x530)))),
        ("random bytes in a chunk", with(&path("chunk.mat", &middle(&good, 90_000)))),
        ("a compressed MATLAB 5 file cut in the middle", test("cut5.mat", &packed[..packed.len() / 2])),
        ("random bytes in a compressed MATLAB 5 file", test("noise5.mat", &middle(&packed, packed.len() / 2))),
        ("the file of another split", with(&data("valid.mat"))),
        ("samples of another length", with(&data("variants/deflate_u8.mat"))),
        ("names of other labels", {
            let mut command = real(&out);
            command.arg("--labels").arg(path("two.txt", b"one\ntwo\n"));
            command
        }),
        ("both strands demanded of one", {
            let one = zeros(folder.path(), "valid", 3);
            let mut command = import(&data("train.mat"), &one, &data("test.mat"), &out);
            command.args(["--strands", "both"]);
            command
        }),
    ];
    let before = listing(folder.path());
    let mut said = Vec::new();
    for (what, command) in &mut cases {
        let error = Outcome::refusal(command, 2);
        let error = error.replace(&folder.path().display().to_string(), "[FOLDER]");
        let error = error.replace(&data("").display().to_string(), "[DATA]/");
        said.push(format!("{what}\n    {error}"));
        assert_eq!(listing(folder.path()), before, "{what}");
    }
    insta::assert_snapshot!(said.join("\n"));
}
