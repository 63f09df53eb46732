//! What a confined plugin cannot do, and that all else works: through the built program and real plugin files.
//!
//! The kernel of the machine decides what can be tested: `plugin info` says what it enforces.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use genomenas_tests::families::Scene;
use genomenas_tests::runs::{bytes, result, timeless, timeless_journal};
use genomenas_tests::{Outcome, genomenas, hostile_plugin, limited, project};

/// What a plugin says of an act; its process must end well and leave nothing.
fn reach(scene: &Scene, act: &str, arg: &str, change: impl FnOnce(&mut Command)) -> String {
    let mut command = scene.describe(&[("act", act), ("arg", arg)]);
    change(&mut command);
    let outcome = Outcome::of(&mut command);
    assert_eq!(outcome.code, Some(0), "{act} {arg}: {}", outcome.stderr);
    assert_eq!(scene.mark.living(), [], "{act} {arg}");
    let said = outcome.stderr.lines().find_map(|line| line.split_once(&format!("reach {act}: ")));
    said.unwrap_or_else(|| panic!("the plugin said nothing: {outcome:?}")).1.to_owned()
}

fn expect_refused(scene: &Scene, act: &str, arg: &str) {
    let said = reach(scene, act, arg, |_| {});
    assert!(said.starts_with("refused: "), "{act} {arg}: {said}");
    for of_the_kernel in ["os error 1)", "os error 13)", "os error 18)", "os error 38)"] {
        if said.contains(of_the_kernel) {
            return;
        }
    }
    panic!("{act} {arg} failed for another reason: {said}");
}

/// The same acts succeed where the kernel offers nothing: otherwise they prove nothing.
fn expect_possible(scene: &Scene, act: &str, arg: &str) {
    let said = reach(scene, act, arg, |command| {
        command.env("GENOMENAS_WITHOUT", "landlock,seccomp");
    });
    assert!(said.starts_with("done: "), "{act} {arg}: {said}");
}

/// What the kernel of this machine enforces, or `None` and a line that says so.
fn protections(wanted: &str) -> Option<String> {
    let mut command = genomenas();
    command.args(["plugin", "info", "reaching", "--plugins"]).arg(hostile_plugin());
    let text = Outcome::text(&mut command);
    let line = text.lines().find(|line| line.starts_with("protections")).unwrap().to_owned();
    if line.split("not protected").next().unwrap().contains(wanted) {
        return Some(line);
    }
    project::skip(&format!("the kernel enforces no {wanted}: {line}"));
    None
}

#[test]
fn a_plugin_reads_neither_data_nor_runs_nor_anything_of_the_user() {
    if protections("Landlock").is_none() {
        return;
    }
    let scene = Scene::new();
    let store = scene.store.display().to_string();
    Outcome::text(&mut scene.search("found", &[("act", "nothing"), ("arg", "")]));
    let own_run = scene.out("found").join("run.toml").display().to_string();
    let parent = std::process::id();
    let readable =
        [store, own_run, "/etc/passwd".to_owned(), format!("/proc/{parent}/maps"), format!("/proc/{parent}/environ")];
    for path in &readable {
        expect_refused(&scene, "read", path);
        expect_possible(&scene, "read", path);
    }
    for folder in ["/", "/etc", "/proc", "/usr", &scene.folder.path().display().to_string()] {
        expect_refused(&scene, "list", folder);
    }
    expect_possible(&scene, "list", "/proc");
}

#[test]
fn a_plugin_changes_no_file_outside_of_its_scratch_folder() {
    if protections("Landlock").is_none() || protections("seccomp").is_none() {
        return;
    }
    let scene = Scene::new();
    let victim = scene.out("victim");
    fs::File::create(&victim).unwrap().set_len(100).unwrap();
    let store = bytes(scene.folder.path(), "store.arrow");
    for act in ["write", "truncate", "remove", "chmod", "link"] {
        expect_refused(&scene, act, &victim.display().to_string());
        expect_refused(&scene, act, &scene.store.display().to_string());
    }
    assert_eq!(fs::metadata(&victim).unwrap().len(), 100);
    assert!(bytes(scene.folder.path(), "store.arrow") == store);
    for act in ["chmod", "truncate", "write", "remove"] {
        expect_possible(&scene, act, &victim.display().to_string());
    }
}

#[test]
fn a_plugin_that_reaches_for_its_run_and_its_data_changes_nothing_of_the_result() {
    if protections("Landlock").is_none() {
        return;
    }
    let scene = Scene::new();
    Outcome::text(&mut scene.search("undisturbed", &[("act", "nothing"), ("arg", "")]));
    let attacked = scene.out("attacked").join("result.json").display().to_string();
    for (name, act, arg) in [("attacked", "write", attacked), ("emptied", "write", scene.store.display().to_string())] {
        let outcome = Outcome::of(&mut scene.search(name, &[("act", act), ("arg", &arg)]));
        assert!(outcome.stderr.contains(&format!("reach {act}: refused")), "{outcome:?}");
        assert_eq!(timeless(result(&scene.out(name))), timeless(result(&scene.out("undisturbed"))), "{name}");
        let journals = [name, "undisturbed"].map(|name| timeless_journal(&scene.out(name)));
        assert_eq!(journals[0], journals[1], "{name}");
    }
}

#[test]
fn without_landlock_files_still_cannot_be_emptied_by_their_paths() {
    if protections("seccomp").is_none() {
        return;
    }
    let scene = Scene::new();
    let store = scene.store.display().to_string();
    for act in ["truncate", "chmod"] {
        let said = reach(&scene, act, &store, |command| {
            command.env("GENOMENAS_WITHOUT", "landlock");
        });
        assert!(said.starts_with("refused: "), "{act}: {said}");
    }
}

#[test]
fn a_plugin_reaches_no_other_process_and_no_network() {
    if protections("seccomp").is_none() {
        return;
    }
    let scene = Scene::new();
    let mut victim = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap();
    let pid = format!("n{}", victim.id());
    for act in ["kill", "tgkill", "pidfd", "ptrace", "limits", "memory"] {
        expect_refused(&scene, act, &pid);
    }
    for act in ["tcp", "listen", "udp", "unix", "io-uring", "unshare", "x32", "no-pdeathsig"] {
        expect_refused(&scene, act, "");
    }
    for act in ["children", "daemon", "daemon-noisy", "command"] {
        expect_refused(&scene, act, "");
    }
    assert!(victim.try_wait().unwrap().is_none(), "the other process lives");
    for act in ["listen", "udp", "unix", "no-pdeathsig"] {
        expect_possible(&scene, act, "");
    }
    for act in ["pidfd", "limits", "kill"] {
        expect_possible(&scene, act, &pid);
    }
    victim.wait().unwrap();
}

#[test]
fn a_constructor_of_the_library_is_confined_too() {
    if protections("seccomp").is_none() {
        return;
    }
    let scene = Scene::new();
    let mut command = scene.describe(&[]);
    let outcome = Outcome::of(command.env("LANG", "evil:children"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("reach children: refused"), "{outcome:?}");
    assert_eq!(scene.mark.living(), []);
}

#[test]
fn what_a_strategy_needs_works_and_its_scratch_folder_goes_with_it() {
    let scene = Scene::new();
    assert_eq!(reach(&scene, "thread", "", |_| {}), "done: a thread said 7");
    let said = reach(&scene, "scratch", "", |_| {});
    let path = said.strip_prefix("done: notes in ").unwrap();
    assert!(!Path::new(path).parent().unwrap().exists(), "{path}");
    let said = reach(&scene, "environment", "", |command| {
        command.env("SECRET", "token").env("LANG", "C").env("HOME", "/home/somebody");
    });
    assert!(!said.contains("SECRET") && !said.contains("/home/somebody") && said.contains("LANG=C"), "{said}");
    let folder = Path::new(path).parent().unwrap().parent().unwrap().display().to_string();
    assert!(said.contains(&format!("TMPDIR={folder}/")) && said.contains(&format!("HOME={folder}/")), "{said}");
}

#[test]
fn nothing_but_the_socket_and_the_outputs_is_open() {
    let scene = Scene::new();
    let store = fs::File::open(&scene.store).unwrap();
    // Opened by whoever starts the program, and left open: 9 is the store.
    let shell = |command: &mut Command| {
        let program = command.get_program().to_owned();
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let mut outer = Command::new("bash");
        outer.args(["-c", "exec 9<\"$0\"; exec \"$@\""]).arg(&scene.store).arg(program).args(arguments);
        scene.mark.put(&mut outer);
        *command = outer;
    };
    assert_eq!(reach(&scene, "descriptors", "", shell), "done: [0, 1, 2, 3]");
    drop(store);
}

#[test]
fn a_run_comes_to_the_same_bytes_confined_or_not() {
    let scene = Scene::new();
    let mut folders = Vec::new();
    for (name, without) in [("confined", ""), ("half", "landlock"), ("free", "landlock,seccomp")] {
        let outcome = Outcome::of(
            scene.search(name, &[("act", "nothing"), ("arg", "")]).env("GENOMENAS_WITHOUT", without).arg("-v"),
        );
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let told: Vec<_> =
            outcome.stderr.lines().filter(|line| line.contains("protections of plugin genomenas-tests: ")).collect();
        assert_eq!(told.len(), 1, "{outcome:?}");
        assert_eq!(
            told[0].contains("not protected: files (Landlock is turned off for a test)"),
            !without.is_empty(),
            "{told:?}"
        );
        folders.push(scene.out(name));
    }
    let first = &folders[0];
    for folder in &folders[1..] {
        assert_eq!(timeless_journal(folder), timeless_journal(first));
        assert_eq!(timeless(result(folder)), timeless(result(first)));
    }
}

#[test]
fn a_flood_is_cut_and_counted_and_costs_no_run() {
    let scene = Scene::new();
    let outcome = Outcome::of(&mut scene.describe(&[("act", "flood"), ("arg", "n100")]));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr.lines().last().unwrap_or_default());
    assert!(outcome.stderr.len() < 3 << 20, "{} bytes were passed on", outcome.stderr.len());
    let cut: Vec<_> =
        outcome.stderr.lines().filter(|line| line.contains("more lines of plugin genomenas-tests left out")).collect();
    assert_eq!(cut.len(), 1, "standard output is not shown at all: {cut:?}");
    let mut command = scene.describe(&[("act", "flood"), ("arg", "n20"), ("then", "abort")]);
    let outcome = Outcome::of(command.arg("-v"));
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.len() < 3 << 20, "three processes and both outputs share the bound");
    assert!(outcome.stderr.trim_end().ends_with("so nothing is begun with it"), "its last words are right");
}

#[test]
fn a_smaller_limit_of_addresses_is_kept_and_never_blamed_on_a_plugin() {
    let scene = Scene::new();
    let describe = |kilobytes: u64, then: &str| {
        let mut outer = limited(&format!("ulimit -v {kilobytes}"), &scene.describe(&[("then", then)]));
        scene.mark.put(&mut outer);
        Outcome::of(&mut outer)
    };
    let outcome = describe(7_000_000, "nothing");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let outcome = describe(7_000_000, "allocate");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("6835 MiB of addresses (ulimit -v): raise that limit"), "{}", outcome.stderr);
    let mut search = limited("ulimit -v 500000", &scene.search("small", &[("act", "nothing"), ("arg", "")]));
    let told = Outcome::refusal(&mut search, 2);
    assert!(told.starts_with("this shell or job gives each process 488 MiB of addresses (ulimit -v)"), "{told}");
}
