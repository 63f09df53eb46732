//! What is wrong with one run of a comparison is told of that run alone: the others go on, the report shows them, and
//! the run can be mended.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use genomenas_tests::comparisons::{
    compare, copy, done_comparison, go_on, report, run_folder, run_folders, same_results, unfinish,
};
use genomenas_tests::made_up::write;
use genomenas_tests::project::skip;
use genomenas_tests::runs::{bytes, journal, killed, motif_store, of_type, run, start, wait_until};
use genomenas_tests::{Outcome, genomenas, limited, wrapped};
use serde_json::Value;

/// The states of all runs in `comparison.json`, with their reasons.
fn states(out: &Path) -> Vec<String> {
    let comparison: Value = serde_json::from_slice(&bytes(out, "comparison.json")).unwrap();
    let entries = comparison["entries"].as_array().unwrap();
    entries.iter().flat_map(|entry| entry["runs"].as_array().unwrap()).map(|run| run["state"].to_string()).collect()
}

/// Damages the run in a folder.
type Damage = fn(&Path);

const DAMAGES: [(&str, Damage, &str); 10] = [
    ("an empty object", |run| drop(write(run, "result.json", "{}")), "its result.json cannot be read (missing field"),
    ("half a result", |run| drop(write(run, "result.json", "{")), "its result.json cannot be read (EOF"),
    ("no text", |run| drop(write(run, "result.json", [0xFF; 99])), "its result.json cannot be read ("),
    ("a folder", |run| replace(run, "result.json", |path| fs::create_dir(path).unwrap()), "(it is not a file)"),
    ("a pipe", |run| replace(run, "result.json", pipe), "its result.json cannot be read (it is not a file)"),
    ("a giant", |run| replace(run, "result.json", giant), "its result.json cannot be read (it has more than"),
    ("the result of another run", other_result, "its result.json is that of another run: of seed 2, expected 1"),
    ("settings that are cut off", |run| drop(write(run, "run.toml", "version = ")), "its run.toml cannot be read ("),
    ("a pipe of settings", |run| replace(run, "run.toml", pipe), "its run.toml cannot be read ("),
    ("a note that is a folder", crash_folder, "its crash.txt cannot be re"),
];

fn replace(run: &Path, name: &str, with: fn(&Path)) {
    fs::remove_file(run.join(name)).unwrap();
    with(&run.join(name));
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A file of 100 GB that takes no room.
fn giant(path: &Path) {
    fs::File::create(path).unwrap().set_len(100_000_000_000).unwrap();
}

fn other_result(run: &Path) {
    fs::copy(run.parent().unwrap().join("seed-2/result.json"), run.join("result.json")).unwrap();
}

fn crash_folder(run: &Path) {
    unfinish(run);
    fs::create_dir(run.join("crash.txt")).unwrap();
}

#[test]
fn a_damaged_file_of_one_run_fails_that_run_and_no_other_and_it_can_be_mended() {
    let home = tempfile::tempdir().unwrap();
    let (_, done) = done_comparison(home.path());
    for (what, damage, why) in DAMAGES {
        let out = home.path().join("out");
        copy(&done, &out);
        let (damaged, open) = (run_folder(&out, 0, 1), run_folder(&out, 1, 2));
        damage(&damaged);
        unfinish(&open);
        let said = Outcome::text(&mut report(&out));
        assert!(said.contains("1/2") && states(&out)[0].contains(why), "{what}: {said} {:?}", states(&out));
        let outcome = Outcome::of(&mut go_on(&out, ""));
        assert_eq!(outcome.code, Some(1), "{what}: {outcome:?}");
        assert!(outcome.stderr.contains(why), "{what}: {outcome:?}");
        let states = states(&out);
        assert!(states[0].contains("failed") && states[0].contains(why), "{what}: {states:?}");
        assert!(states[1..].iter().all(|state| state.contains("done")), "{what}: {states:?}");
        if what == "a note that is a folder" {
            fs::remove_dir(damaged.join("crash.txt")).unwrap();
        }
        if damaged.join("result.json").is_dir() {
            fs::remove_dir(damaged.join("result.json")).unwrap();
        }
        Outcome::text(&mut go_on(&out, "--retry-failed"));
        same_results(&out, &done);
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn settings_of_another_run_are_not_taken_for_the_comparisons_and_are_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let (_, out) = done_comparison(home.path());
    let run = run_folder(&out, 0, 1);
    let text = String::from_utf8(bytes(&run, "run.toml")).unwrap();
    // Without the first line, which holds the digest of the rest, as an earlier version wrote it.
    let (digest, rest) = text.split_once('\n').unwrap();
    assert!(digest.starts_with("sha256 = "), "{digest}");
    write(&run, "run.toml", rest.replace("epochs = 1\n", "epochs = 7\n"));
    let before = bytes(&run, "result.json");
    for options in ["", "--retry-failed"] {
        let outcome = Outcome::of(&mut go_on(&out, options));
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(
            outcome.stderr.contains("its folder holds another run: final.epochs is 7 there and 1 here"),
            "{outcome:?}"
        );
    }
    assert!(bytes(&run, "result.json") == before);
    Outcome::text(&mut report(&out));
    assert!(states(&out)[0].contains("another run"), "unequal terms are in no leaderboard");
}

#[test]
fn a_folder_that_is_removed_while_its_run_is_under_way_fails_that_run_which_is_then_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    let at = |name: &str| home.path().join(name);
    Outcome::text(&mut compare(&store, &at("undisturbed"), "--budget 4800samples"));
    let out = at("out");
    let folders = [run_folder(&out, 0, 1), run_folder(&out, 1, 1)];
    let mut comparer = compare(&store, &out, "--budget 4800samples");
    let child = comparer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("both runs had an epoch", || {
        folders.iter().all(|run| !of_type(&journal(run), "epoch", None).is_empty())
    });
    fs::remove_dir_all(&folders[0]).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("its folder was removed or emptied since the comparison began"), "{said}");
    let states = states(&out);
    assert!(states[0].contains("its folder was removed"), "{states:?}");
    assert!(states[1..].iter().all(|state| state.contains("done")), "{states:?}");
    Outcome::text(&mut go_on(&out, ""));
    same_results(&out, &at("undisturbed"));
}

#[test]
fn a_run_that_is_done_by_hand_is_waited_for_and_its_result_is_taken() {
    let home = tempfile::tempdir().unwrap();
    let (store, done) = done_comparison(home.path());
    let out = home.path().join("out");
    let last = run_folder(&out, 1, 2).join("run.toml");
    assert!(killed(&mut compare(&store, &out, "--jobs 1"), || last.exists()));
    let folders = run_folders(&out);
    let by_hand = folders.iter().find(|run| !run.join("journal.jsonl").exists()).unwrap();
    let mut hand = start(&mut run(by_hand));
    wait_until("it began", || by_hand.join("journal.jsonl").exists());
    let signal = |name: &str, id: u32| {
        assert!(Command::new("kill").args([name, &id.to_string()]).status().unwrap().success());
    };
    signal("-STOP", hand.id());
    assert!(!by_hand.join("result.json").exists(), "it ended before it could be stopped");
    let said = home.path().join("said");
    let mut comparer = go_on(&out, "")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    wait_until("the others were done", || {
        assert_eq!(comparer.try_wait().unwrap(), None, "{}", fs::read_to_string(&said).unwrap());
        folders.iter().filter(|run| run.join("result.json").exists()).count() == 3
    });
    let told = fs::read_to_string(&said).unwrap();
    assert!(told.contains("another process is working on it; its result is waited for"), "{told}");
    signal("-CONT", hand.id());
    assert!(hand.wait().unwrap().success());
    let result = fs::metadata(by_hand.join("result.json")).unwrap().modified().unwrap();
    let told = || fs::read_to_string(&said).unwrap();
    assert_eq!(comparer.wait().unwrap().code(), Some(0), "{}", told());
    assert_eq!(fs::metadata(by_hand.join("result.json")).unwrap().modified().unwrap(), result, "it was not done again");
    assert!(!by_hand.join("crash.txt").exists());
    same_results(&out, &done);
}

/// What a script says in a mount namespace of its own, with `$GENOMENAS`, and `$DISK` a folder to mount in.
fn in_own_mounts(folder: &Path, script: &str) -> Option<String> {
    let disk = folder.join("disk");
    fs::create_dir_all(&disk).unwrap();
    let unshare = ["--mount", "--map-root-user"];
    let probe = Command::new("unshare").args(unshare).args(["mount", "-t", "tmpfs", "none"]).arg(&disk).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skip("nothing can be mounted here (unshare --mount --map-root-user)");
        return None;
    }
    let program = genomenas();
    let mut command = Command::new("unshare");
    command.args(unshare).args(["sh", "-uc", script]).env("DISK", &disk).env("GENOMENAS", program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let outcome = Outcome::of(&mut command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    Some(outcome.stdout + &outcome.stderr)
}

/// A comparison that was made and not begun.
fn planned(store: &Path, out: &Path) -> [PathBuf; 4] {
    let last = run_folder(out, 1, 2).join("run.toml");
    assert!(killed(&mut compare(store, out, ""), || last.exists()));
    run_folders(out)
}

#[test]
fn a_full_disk_under_one_run_ends_no_other_and_under_all_of_them_not_the_comparer() {
    let home = tempfile::tempdir().unwrap();
    let (store, done) = done_comparison(home.path());
    let out = home.path().join("out");
    let run = planned(&store, &out).into_iter().next().unwrap();
    for name in ["journal.jsonl", "checkpoints"] {
        drop(fs::remove_file(run.join(name)));
        drop(fs::remove_dir_all(run.join(name)));
    }
    // The folder of one run is a link to a small disk.
    let (link, copy_of) = (run.display(), home.path().join("kept"));
    fs::rename(&run, &copy_of).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=28k none \"$DISK\"; cp -r '{}' \"$DISK/run\"; ln -s \"$DISK/run\" '{link}'
         \"$GENOMENAS\" compare --out '{out}'; echo code $?
         mount -o remount,size=10m \"$DISK\"
         \"$GENOMENAS\" compare --out '{out}'; echo then code $?
         rm '{link}'; cp -r \"$DISK/run\" '{link}'",
        copy_of.display(),
        out = out.display()
    );
    let Some(said) = in_own_mounts(home.path(), &script) else { return };
    assert!(said.contains("\ncode 1\n") && said.contains("No space left on device"), "{said}");
    assert!(said.contains("1 of the runs failed"), "{said}");
    assert!(said.contains("then code 0\n"), "{said}");
    same_results(&out, &done);
    // All of it on a small disk: the comparer goes through its runs and can go on later.
    let script = format!(
        "mount -t tmpfs -o size=120k none \"$DISK\"
         {compare} >\"$DISK.out\" 2>\"$DISK.err\"; echo code $?; cat \"$DISK.err\"
         mount -o remount,size=20m \"$DISK\"
         \"$GENOMENAS\" compare --out \"$DISK/out\" 2>&1; echo then code $?; cp -r \"$DISK/out\" '{on_disk}'",
        compare = shell(&compare(&store, Path::new("$DISK/out"), "")),
        on_disk = home.path().join("on-disk").display()
    );
    let Some(said) = in_own_mounts(home.path(), &script) else { return };
    assert!(said.contains("code 1\n") && said.contains("then code 0\n"), "{said}");
    let before = said.split("then code").next().unwrap();
    assert!(before.contains("of the runs failed") && before.contains("cannot write"), "{said}");
    for (entry, seed) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
        let run = format!("random-search batch=16 trials={entry} seed {seed}: ");
        assert!(before.contains(&run), "every run had its turn: {run} {said}");
    }
    same_results(&home.path().join("on-disk"), &done);
}

/// A command as a shell reads it, where `$` stands for itself.
fn shell(command: &Command) -> String {
    let words = command.get_args().map(|word| format!("\"{}\"", word.to_str().unwrap()));
    format!("\"$GENOMENAS\" {}", words.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_its_report_is_shown_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let (_, out) = done_comparison(home.path());
    let script = format!(
        "mount --bind '{out}' \"$DISK\" && mount -o remount,bind,ro \"$DISK\"
         \"$GENOMENAS\" report \"$DISK\"; echo code $?
         \"$GENOMENAS\" compare --out \"$DISK\"; echo then code $?",
        out = out.display()
    );
    let Some(said) = in_own_mounts(home.path(), &script) else { return };
    assert!(said.contains("2/2") && said.contains("\ncode 2\n") && said.contains("then code 2\n"), "{said}");
    assert!(said.contains("Read-only file system") && said.contains("compare.lock"), "{said}");
}

#[test]
fn a_comparison_with_few_open_files_comes_to_the_same() {
    let home = tempfile::tempdir().unwrap();
    let (store, done) = done_comparison(home.path());
    let out = home.path().join("out");
    let command = compare(&store, &out, "");
    Outcome::text(&mut limited("ulimit -n 64", &command));
    same_results(&out, &done);
}

#[test]
fn a_comparison_that_may_start_few_processes_names_the_limit_and_is_done_where_it_may_start_more() {
    let home = tempfile::tempdir().unwrap();
    let (store, done) = done_comparison(home.path());
    // No limit of processes holds for root, and a user of whom the machine has others would share it with those.
    let user = 1_000_000 + std::process::id();
    let as_user = [format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".to_owned()];
    let as_user = |command: &Command| wrapped("setpriv", &as_user.each_ref().map(String::as_str), command);
    let given = std::os::unix::fs::chown(home.path(), Some(user), Some(user));
    let mut probe = genomenas();
    if given.is_err() || !as_user(probe.arg("--version")).output().is_ok_and(|output| output.status.success()) {
        return skip("programs cannot be started as another user here (setpriv)");
    }
    let out = home.path().join("out");
    // That of the machine need not be open to every user.
    let own = |mut command: Command| {
        command.env("TMPDIR", home.path());
        command
    };
    for most in 1..=3 {
        let limited = limited(&format!("ulimit -u {most}"), &own(compare(&store, &out, "")));
        let outcome = Outcome::of(&mut as_user(&limited));
        assert!(!outcome.stderr.contains("panicked") && outcome.code != Some(0), "{most}: {outcome:?}");
        let told = format!("this user or job may have no more processes (ulimit -u is {most})");
        assert!(outcome.stderr.contains(&told), "{most}: {outcome:?}");
    }
    Outcome::text(&mut as_user(&own(compare(&store, &out, ""))));
    same_results(&out, &done);
}
