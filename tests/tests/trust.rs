//! Trust is the user's: who may change a plugin, what is remembered of one that crashed, copies that nobody writes to, and
//! comparisons that keep the plugins that they began with.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::write;
use genomenas_tests::runs::{
    bytes, journal, killed, motif_store, of_type, result, run, search, space, start, wait_until,
};
use genomenas_tests::{Installation, Outcome, built_plugin, genomenas, hostile_plugin, listing};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a store and, in `plugins`, the plugin of random search, of a build of its own: there is no equal one beside
/// the program.
fn home() -> (TempDir, PathBuf, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let store = motif_store(home.path());
    fs::create_dir(home.path().join("plugins")).unwrap();
    let plugin = home.path().join("plugins/librandom_search.so");
    fs::copy(built_plugin("random-search"), &plugin).unwrap();
    change(&plugin);
    (home, store, plugin)
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Changes a library so that it does the same and has another hash.
fn change(library: &Path) {
    let mut content = fs::read(library).unwrap();
    content.extend(b"another build");
    fs::remove_file(library).unwrap();
    write(library.parent().unwrap(), library.file_name().unwrap().to_str().unwrap(), content);
}

fn list(installation: &Installation, plugins: &Path) -> Command {
    let mut command = installation.genomenas();
    command.args(["plugin", "list", "--json", "--plugins"]).arg(plugins);
    command
}

fn describe(installation: &Installation, plugins: &Path) -> Command {
    let mut command = installation.genomenas();
    command.args(["describe", "--strategy", "random-search", "--length", "1000", "--labels", "2", "--plugins"]);
    command.arg(plugins);
    command
}

#[test]
fn a_plugin_that_others_may_write_is_refused_with_the_command_that_mends_it() {
    let (home, _, plugin) = home();
    let folder = plugin.parent().unwrap();
    // Another one of the same name lies beside the program, and must not take its place.
    let installation = Installation::new();
    fs::copy(built_plugin("random-search"), installation.folder().join("librandom_search.so")).unwrap();
    for (path, mode, mended) in
        [(folder, 0o777, 0o755), (folder, 0o775, 0o755), (plugin.as_path(), 0o666, 0o644), (home.path(), 0o707, 0o705)]
    {
        allow(path, mode);
        let told = Outcome::refusal(&mut describe(&installation, folder), 2);
        assert!(told.contains(&format!("`chmod go-w {}`", path.display())), "{mode:o}: {told}");
        let rows = Outcome::json(&mut list(&installation, folder));
        assert!(rows[rows.as_array().unwrap().len() - 1]["about"].as_str().unwrap().contains("chmod go-w"), "{rows}");
        let by_variable = Outcome::refusal(describe(&installation, &plugin).env("GENOMENAS_PLUGINS", folder), 2);
        assert!(by_variable.contains("chmod go-w"), "{by_variable}");
        let mend = told.split('`').find(|part| part.starts_with("chmod")).unwrap();
        assert!(Command::new("sh").args(["-c", mend]).status().unwrap().success());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mended);
        Outcome::text(&mut describe(&installation, folder));
    }
    // A link is as good as what it leads to.
    let link = home.path().join("link");
    symlink(folder, &link).unwrap();
    Outcome::text(&mut describe(&installation, &link));
    allow(folder, 0o757);
    assert!(Outcome::refusal(&mut describe(&installation, &link), 2).contains("chmod go-w"));
}

#[test]
fn a_plugin_that_cannot_be_read_is_named_where_no_strategy_is_found() {
    let installation = Installation::new();
    let broken = installation.folder().join("librandom_search.so");
    symlink(&broken, &broken).unwrap();
    let told = Outcome::refusal(&mut describe(&installation, &built_plugin("danq")), 2);
    assert!(told.contains(&format!("{}: it cannot be read: ", broken.display())), "{told}");
}

#[test]
fn what_is_no_library_is_refused_without_being_read() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe.so")).status().unwrap().success());
    fs::File::create(folder.path().join("data.so")).unwrap().set_len(1 << 42).unwrap();
    let large = folder.path().join("large.so");
    write(folder.path(), "large.so", b"\x7fELF\x02\x01\x01");
    fs::File::options().write(true).open(&large).unwrap().set_len(1 << 42).unwrap();
    symlink("/dev/zero", folder.path().join("zero.so")).unwrap();
    let rows = Outcome::json(&mut list(&Installation::new(), folder.path()));
    let about: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["about"].as_str().unwrap()).collect();
    assert_eq!(
        about,
        [
            "it is not a library: a plugin is an ELF shared library (.so)",
            "it is larger than 1 GiB, the most that is read",
            "it is not a file: a plugin is an ELF shared library (.so)",
            "it is not a file: a plugin is an ELF shared library (.so)",
        ]
    );
    let told = Outcome::refusal(genomenas().args(["plugin", "info"]).arg(folder.path().join("pipe.so")), 2);
    assert!(told.contains("it is not a file"), "{told}");
}

/// The copies in a cache.
fn copies(cache: &Path) -> Vec<PathBuf> {
    let names = listing(cache).into_iter().filter(|name| name.ends_with("lib.so"));
    names.map(|name| cache.join(name)).collect()
}

#[test]
fn a_copy_in_the_cache_may_only_be_read_and_one_that_was_damaged_is_made_anew_also_during_a_run() {
    let (home, store, plugin) = home();
    let at = |name: &str| home.path().join(name);
    let begin = |out: &Path, options: &str| {
        let mut command = search(&store, out, options);
        command.env("XDG_CACHE_HOME", at("cache")).arg("--plugins").arg(&plugin);
        command
    };
    Outcome::text(&mut begin(&at("undisturbed"), "--budget 4800samples"));
    let found = copies(&at("cache"));
    let [copy] = found.as_slice() else { panic!("one copy: {found:?}") };
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o444);
    let whole = fs::read(copy).unwrap();

    let truncate = || {
        allow(copy, 0o644);
        fs::File::options().write(true).truncate(true).open(copy).unwrap();
    };
    truncate();
    Outcome::text(&mut begin(&at("again"), ""));
    assert!(fs::read(copy).unwrap() == whole);

    let child = start(&mut begin(&at("meanwhile"), "--budget 4800samples"));
    wait_until("an epoch ended", || !of_type(&journal(&at("meanwhile")), "epoch", None).is_empty());
    truncate();
    assert!(child.wait_with_output().unwrap().status.success());
    for name in ["architecture.json", "space.toml"] {
        assert!(bytes(&at("meanwhile"), name) == bytes(&at("undisturbed"), name), "{name}");
    }
    assert!(!listing(&at("cache")).iter().any(|name| name.contains(".part")));
}

#[test]
fn without_a_cache_a_copy_is_removed_when_a_signal_ends_the_run_a_kill_included() {
    let (home, store, plugin) = home();
    let temporary = home.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let left = || fs::read_dir(&temporary).unwrap().count();
    let begin = |out: &str| {
        let mut command = search(&store, &home.path().join(out), "--budget 48000samples --set trials=30");
        command.env("XDG_CACHE_HOME", "/dev/null").env("TMPDIR", &temporary).arg("--plugins").arg(&plugin);
        command
    };
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("KILL", 9)] {
        let mut child = start(&mut begin(signal));
        let out = home.path().join(signal);
        wait_until("an epoch ended", || !of_type(&journal(&out), "epoch", None).is_empty());
        assert_eq!(left(), 2, "its copy, and the folder of the plugin's process");
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap().success()
        );
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(number), "{signal}");
        // The supervisor of the plugin's process removes both, also after a kill.
        wait_until("nothing was left", || left() == 0);
    }
    let mut describe = genomenas();
    describe.args(["describe", "--strategy", "random-search", "--length", "1000", "--labels", "2"]);
    Outcome::text(describe.env("XDG_CACHE_HOME", "/dev/null").env("TMPDIR", &temporary));
    assert_eq!(left(), 0);
}

/// A search by the hostile plugin, whose crashes are remembered in `home`.
fn hostile(home: &Path, out: &str, orders: &str) -> Command {
    let plugin = home.join("libhostile.so");
    if !plugin.exists() {
        fs::copy(hostile_plugin(), &plugin).unwrap();
    }
    let mut command =
        search(&home.join("store.arrow"), &home.join(out), "--strategy hostile --hook-deadline 1s --set trials=1");
    command.args(orders.split_whitespace().flat_map(|order| ["--set", order])).arg("--plugins").arg(plugin);
    command.env("XDG_STATE_HOME", home.join("state"));
    command
}

/// What `plugin list` says of the crashes of the hostile plugin.
fn remembered(home: &Path) -> Value {
    let mut command = genomenas();
    command.args(["plugin", "list", "--json", "--plugins"]).arg(home.join("libhostile.so"));
    let rows = Outcome::json(command.env("XDG_STATE_HOME", home.join("state")));
    rows.as_array().unwrap().iter().find(|row| row["strategy"] == "hostile").unwrap()["crashes"].clone()
}

#[test]
fn a_library_that_crashed_in_three_runs_is_not_loaded_again_before_it_changes_or_is_forgiven() {
    let (home, _, _) = home();
    let home = home.path();
    for number in 1..=3 {
        let told = Outcome::refusal(&mut hostile(home, &format!("{number}"), "misbehave=segfault hook=update"), 1);
        assert!(told.contains("signal 11"), "{told}");
        let told = remembered(home);
        assert!(told.as_str().unwrap().contains(&format!("crashed in {number} run")), "{told}");
    }
    let told = Outcome::refusal(&mut hostile(home, "good", ""), 2);
    assert!(told.contains("3 runs were given up because it crashed") && told.contains("plugin list --clear"), "{told}");
    assert!(!home.join("good").exists());
    assert!(remembered(home).as_str().unwrap().contains("not loaded before it changes"));

    let before = fs::read(home.join("libhostile.so")).unwrap();
    change(&home.join("libhostile.so"));
    Outcome::text(&mut hostile(home, "changed", ""));
    write(home, "libhostile.so", before);
    Outcome::refusal(&mut hostile(home, "good", ""), 2);

    let mut clear = genomenas();
    clear.args(["plugin", "list", "--clear"]).env("XDG_STATE_HOME", home.join("state"));
    Outcome::text(&mut clear);
    assert_eq!(remembered(home), Value::Null);
    Outcome::text(&mut hostile(home, "good", ""));
}

#[test]
fn what_a_person_a_full_machine_or_a_busy_one_can_do_is_not_remembered_as_a_crash() {
    let (home, _, _) = home();
    let home = home.path();
    for (out, orders) in [("killed", "misbehave=kill"), ("ended", "misbehave=terminate"), ("late", "misbehave=sleep")] {
        Outcome::refusal(&mut hostile(home, out, &format!("{orders} hook=update")), 1);
        Outcome::refusal(&mut hostile(home, &format!("{out}-error"), "misbehave=error"), 1);
        assert_eq!(remembered(home), Value::Null, "{out}");
    }
}

/// A comparison of the plugin in `plugins` with itself, in `home`.
fn compare(home: &Path, out: &Path, options: &str) -> Command {
    let mut command = genomenas();
    command.args("compare --seeds 1,2 --budget 4800samples --epochs 1 --batch 16 --device cpu --threads 1".split(' '));
    command.args(["--strategy", ENTRY, "--plugins"]).arg(home.join("plugins")).args(options.split_whitespace());
    command.arg("--space").arg(space(home)).arg("--data").arg(home.join("store.arrow")).arg("--out").arg(out);
    command
}

const ENTRY: &str = "random-search trials=3 batch=16";

fn run_folder(out: &Path, seed: u64) -> PathBuf {
    out.join(format!("runs/random-search-batch=16-trials=3/seed-{seed}"))
}

/// `genomenas compare --out` alone.
fn go_on(out: &Path, options: &[&str]) -> Command {
    let mut command = genomenas();
    command.args(["compare", "--out"]).arg(out).args(options);
    command
}

/// A comparison that was killed when its first run had ended and its second was under way.
fn half_way(home: &Path, name: &str, options: &str) -> PathBuf {
    let out = home.join(name);
    let moment = || run_folder(&out, 1).join("result.json").exists() && !journal(&run_folder(&out, 2)).is_empty();
    assert!(killed(&mut compare(home, &out, options), moment));
    out
}

/// The SHA-256 of random search in the lock of a comparison.
fn pinned(out: &Path) -> String {
    let lock: toml::Table = fs::read_to_string(out.join("comparison.lock")).unwrap().parse().unwrap();
    let plugins = lock["plugin"].as_array().unwrap();
    let of_search = plugins.iter().find(|plugin| plugin["id"].as_str() == Some("random-search")).unwrap();
    of_search["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_comparison_pins_its_plugins_and_refuses_one_that_was_changed_until_it_is_accepted() {
    let (home, _, plugin) = home();
    let out = half_way(home.path(), "results", "");
    let (then, first) = (pinned(&out), bytes(&run_folder(&out, 1), "weights.safetensors"));
    let plan = bytes(&out, "comparison.toml");
    change(&plugin);

    let told = Outcome::refusal(&mut go_on(&out, &["--plugins", plugin.to_str().unwrap()]), 2);
    for part in ["was changed since the comparison began", &then[..12], "--accept-plugins", "--plugins "] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(Outcome::refusal(&mut compare(home.path(), &out, ""), 2), told);
    assert!(bytes(&out, "comparison.toml") == plan && pinned(&out) == then);

    Outcome::text(&mut go_on(&out, &["--accept-plugins", "--plugins", plugin.to_str().unwrap()]));
    assert_ne!(pinned(&out), then);
    let aside = out.join(format!("runs/random-search-batch=16-trials=3/seed-1.{}", &then[..12]));
    assert!(bytes(&aside, "weights.safetensors") == first, "what was done is set aside, and not removed");
    for seed in [1, 2] {
        let settings = String::from_utf8(bytes(&run_folder(&out, seed), "run.toml")).unwrap();
        assert!(settings.contains(&pinned(&out)), "both runs are of the plugin of now");
        assert_eq!(result(&run_folder(&out, seed))["state"], "done");
    }
    // Nothing is left to do, so nothing is loaded, whatever became of the plugin.
    fs::remove_file(&plugin).unwrap();
    Outcome::text(&mut go_on(&out, &[]));
}

#[test]
fn a_plugin_that_was_changed_may_be_replaced_by_its_copy_of_then_and_the_comparison_goes_on() {
    let (home, _, plugin) = home();
    Outcome::text(&mut compare(home.path(), &home.path().join("undisturbed"), ""));
    let out = half_way(home.path(), "results", "");
    change(&plugin);
    let told = Outcome::refusal(&mut compare(home.path(), &out, ""), 2);
    let copy = told.split("--plugins ").nth(1).unwrap().split(')').next().unwrap().to_owned();
    Outcome::text(&mut go_on(&out, &["--plugins", &copy]));
    for seed in [1, 2] {
        let weights = |out: &Path| bytes(&run_folder(out, seed), "weights.safetensors");
        assert!(weights(&out) == weights(&home.path().join("undisturbed")), "seed {seed}");
    }
}

#[test]
fn a_plugin_that_was_moved_is_found_by_its_hash() {
    let (home, store, plugin) = home();
    let out = half_way(home.path(), "results", "");
    let found = home.path().join("found");
    let mut begin = search(&store, &found, "--budget 4800samples");
    assert!(killed(begin.arg("--plugins").arg(&plugin), || !of_type(&journal(&found), "epoch", None).is_empty()));

    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let moved = elsewhere.join("renamed.so");
    fs::rename(&plugin, &moved).unwrap();
    // No cache holds a copy.
    let without = |mut command: Command| {
        command.env("XDG_CACHE_HOME", home.path().join("empty"));
        command
    };
    let told = Outcome::refusal(&mut without(run(&found)), 2);
    assert!(told.contains("is gone since the run was made") && told.contains("--plugins"), "{told}");
    let mut again = without(run(&found));
    Outcome::text(again.arg("--plugins").arg(&elsewhere));

    let mut again = without(go_on(&out, &["--plugins"]));
    Outcome::text(again.arg(&elsewhere));
    assert!(fs::read_to_string(out.join("comparison.lock")).unwrap().contains(moved.to_str().unwrap()));
    let settings = String::from_utf8(bytes(&run_folder(&out, 2), "run.toml")).unwrap();
    assert!(settings.contains(moved.to_str().unwrap()), "a run by hand finds it, too: {settings}");
}

#[test]
fn a_lock_that_says_otherwise_than_the_plan_is_refused_and_one_that_is_missing_is_written() {
    let (home, _, _) = home();
    let out = half_way(home.path(), "results", "");
    let lock = fs::read_to_string(out.join("comparison.lock")).unwrap();
    write(&out, "comparison.lock", lock.replace(&pinned(&out), &"0".repeat(64)));
    let told = Outcome::refusal(&mut compare(home.path(), &out, ""), 2);
    assert!(told.contains("comparison.lock: it pins plugin random-search with SHA-256 0000"), "{told}");
    fs::remove_file(out.join("comparison.lock")).unwrap();
    Outcome::text(&mut compare(home.path(), &out, ""));
    // But nobody knows any more what the comparison began with.
    let is_of_beginning = |line: &&str| line.starts_with("target = ") || line.starts_with("libtorch = ");
    let rest = |text: &str| text.lines().filter(|line| !is_of_beginning(line)).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rest(&fs::read_to_string(out.join("comparison.lock")).unwrap()), rest(&lock));
}

#[test]
fn a_hook_deadline_is_noted_and_may_change_when_a_run_goes_on() {
    let (home, store, plugin) = home();
    let found = home.path().join("found");
    let begin = |deadline: &str| {
        let mut command = search(&store, &found, &format!("--budget 4800samples --hook-deadline {deadline}"));
        command.arg("--plugins").arg(&plugin);
        command
    };
    let settings = |folder: &Path| String::from_utf8(bytes(folder, "run.toml")).unwrap();
    assert!(killed(&mut begin("90s"), || !of_type(&journal(&found), "epoch", None).is_empty()));
    assert!(settings(&found).contains("hook_deadline = \"1m 30s\""), "{}", settings(&found));
    assert!(Outcome::refusal(&mut begin("90"), 2).contains("for instance 90s, 5m or 1h"));
    Outcome::text(&mut begin("2m"));
    assert!(settings(&found).contains("hook_deadline = \"2m\""), "{}", settings(&found));

    write(home.path(), "comparison.toml", "hook_deadline = '5m'\n");
    let out = half_way(home.path(), "results", home.path().join("comparison.toml").to_str().unwrap());
    assert!(settings(&run_folder(&out, 2)).contains("hook_deadline = \"5m\""));
    Outcome::text(&mut go_on(&out, &["--hook-deadline", "7m"]));
    assert!(settings(&run_folder(&out, 2)).contains("hook_deadline = \"7m\""));
    assert!(settings(&run_folder(&out, 1)).contains("hook_deadline = \"5m\""), "a run that is over stays as it is");
}

#[test]
fn that_plugins_were_not_confined_is_noted_and_has_to_be_said_at_every_start() {
    let (home, store, _) = home();
    let found = home.path().join("found");
    let begin = |options: &str| search(&store, &found, &format!("--budget 4800samples {options}"));
    assert!(killed(&mut begin("--unconfined"), || !of_type(&journal(&found), "epoch", None).is_empty()));
    for command in [&mut begin(""), &mut run(&found)] {
        let told = Outcome::refusal(command, 2);
        assert!(told.contains("was not confined so far: give --unconfined"), "{told}");
    }
    let outcome = Outcome::of(run(&found).arg("--unconfined"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("is not confined (--unconfined)"), "{outcome:?}");
    assert_eq!(result(&found)["unconfined"], true);
    assert!(String::from_utf8(bytes(&found, "report.html")).unwrap().contains("not confined (--unconfined)"));

    let out = half_way(home.path(), "results", "--unconfined");
    let told = Outcome::refusal(&mut go_on(&out, &[]), 2);
    assert!(told.contains("were not confined so far: give --unconfined"), "{told}");
    Outcome::text(&mut go_on(&out, &["--unconfined"]));
    assert!(String::from_utf8(bytes(&out, "report.html")).unwrap().contains("not confined (--unconfined)"));
    // And nothing of all this stands where nobody asked for it.
    let confined = home.path().join("usual");
    Outcome::text(&mut search(&store, &confined, ""));
    for name in ["run.toml", "result.json", "report.html"] {
        assert!(!String::from_utf8(bytes(&confined, name)).unwrap().contains("unconfined"), "{name}");
        assert!(!String::from_utf8(bytes(&confined, name)).unwrap().contains("not confined"), "{name}");
    }
}
