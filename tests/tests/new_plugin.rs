//! `genomenas plugin new`: from nothing to a strategy on a leaderboard, and what is refused before anything is written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use genomenas_tests::runs::{motif_table, store_of};
use genomenas_tests::{Outcome, built, genomenas, listing, project};
use tempfile::TempDir;

/// Held while a plugin is built in the folder that all have in common: their tests have one name, which `cargo clean` of
/// another would take away.
static BUILDING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    BUILDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder outside of the repository, in which plugins are begun.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// `genomenas plugin new`, with these arguments.
    fn new_plugin(&self, arguments: &str) -> Command {
        self.with_target(genomenas().args(["plugin", "new"]).args(arguments.split_whitespace()))
    }

    /// `command` in this folder, with the build folder that all plugins of these tests have in common, and `cargo` without
    /// the network: a plugin is locked to versions that the repository is.
    fn with_target(&self, command: &mut Command) -> Command {
        let mut ready = Command::new(command.get_program());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => ready.env(name, value),
                None => ready.env_remove(name),
            };
        }
        ready.args(command.get_args()).current_dir(self.path());
        ready.env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true");
        ready
    }

    /// `cargo` in the folder of a plugin. What it says is shown where it fails.
    fn cargo(&self, plugin: &str, arguments: &str) -> String {
        let mut command = self.with_target(Command::new(cargo()).args(arguments.split_whitespace()));
        Outcome::text(command.current_dir(self.path().join(plugin)))
    }

    /// Takes what is of this plugin alone out of the common build folder.
    fn clean(&self, plugin: &str) {
        self.cargo(plugin, &format!("clean --quiet --release --package {plugin}"));
    }
}

fn cargo() -> PathBuf {
    std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()).into()
}

/// Where `make test` has built the templates, and so what they depend on.
fn target() -> PathBuf {
    built::target("templates")
}

/// Begins a plugin, tests and builds it, and returns what `genomenas plugin info` says of it.
fn tried(name: &str, options: &str) -> String {
    let _alone = alone();
    let desk = Desk::new();
    Outcome::text(&mut desk.new_plugin(&format!("{name} {options}")));
    let told = desk.cargo(name, "test --quiet --release --locked");
    assert!(
        told.contains("test result: ok") && !told.contains("0 passed; 0 failed; 0 ignored; 0 measured; 1"),
        "{told}"
    );
    desk.cargo(name, "build --quiet --release --locked");
    let file = target().join(format!("release/lib{}.so", name.replace('-', "_")));
    let info = Outcome::text(genomenas().args(["plugin", "info"]).arg(&file));
    Outcome::text(genomenas().args(["plugin", "check"]).arg(file));
    desk.clean(name);
    info
}

#[test]
fn every_template_builds_outside_of_the_repository_and_passes_its_tests_under_any_name() {
    for (name, options, kind) in [
        ("a", "", "search"),
        ("my_evolution-2", "--from evolution", "search"),
        ("zz-top", "--from differentiable", "search"),
        ("not-my_halving", "--from halving", "search"),
        ("my-cnn", "--kind baseline", "baseline"),
    ] {
        let info = tried(name, options);
        let facts: Vec<Vec<&str>> = info.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(facts.contains(&vec!["strategy", name]), "{info}");
        assert!(facts.contains(&vec!["kind", kind]), "{info}");
        let plugin = facts.iter().find(|fact| fact.first() == Some(&"plugin")).unwrap();
        assert_eq!(plugin[1], name, "{info}");
    }
}

#[test]
fn three_commands_lead_to_a_leaderboard() {
    let _alone = alone();
    let desk = Desk::new();
    // DATA.arrow is what the commands call the data, unless `make demo` has made some.
    let store = store_of(desk.path(), &motif_table(60, 3), "motif");
    let said = Outcome::text(&mut desk.new_plugin("my-nas"));
    let commands: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let [build, compare] = commands.as_slice() else { panic!("expected two commands: {said}") };
    let build = build.replacen("cargo", &format!("{} --quiet", cargo().display()), 1);
    let (compare, _) = compare.split_once(" --data ").unwrap();
    let compare = format!("{compare} --device cpu --threads 2 --data {}", store.display());
    Outcome::text(&mut desk.with_target(Command::new("sh").args(["-c", &build])));
    let told = Outcome::text(&mut desk.with_target(genomenas_shell().args(["-c", &compare])));
    for entry in ["my-nas", "random-search"] {
        assert!(told.contains(entry), "{told}");
    }
    assert!(told.contains("AUROC"), "{told}");
    assert!(desk.path().join("my-nas/rehearsal/report.html").is_file());
    desk.clean("my-nas");
}

/// A shell with the environment that the program has in tests.
fn genomenas_shell() -> Command {
    let mut shell = Command::new("sh");
    for (name, value) in genomenas().get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[test]
fn what_is_said_is_what_to_do_next() {
    let desk = Desk::new();
    let mut command = desk.new_plugin("my-nas --from halving --api");
    command.arg(project::path("")).env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    let said = Outcome::text(&mut command).replace(genomenas().get_program().to_str().unwrap(), "genomenas");
    // Where `make demo` was done, its data are named.
    let said = said.lines().take(4).map(|line| line.split(" --data").next().unwrap()).collect::<Vec<_>>();
    insta::assert_snapshot!(said.join("\n"), @r"
    my-nas: a search that begins as successive halving. To a leaderboard from here:

      cargo build --release --manifest-path my-nas/Cargo.toml
      genomenas compare my-nas/compare.toml --plugins my-nas/target/release/libmy_nas.so
    ");
    insta::assert_snapshot!(listing(desk.path()).join("\n"), @r"
    my-nas
    my-nas/.github
    my-nas/.github/workflows
    my-nas/.github/workflows/tests.yml
    my-nas/.gitignore
    my-nas/Cargo.lock
    my-nas/Cargo.toml
    my-nas/LICENSE-APACHE
    my-nas/LICENSE-MIT
    my-nas/README.md
    my-nas/clippy.toml
    my-nas/compare.toml
    my-nas/rustfmt.toml
    my-nas/src
    my-nas/src/lib.rs
    my-nas/tests
    my-nas/tests/promises.rs
    ");
}

#[test]
fn wrong_names_and_choices_are_refused_in_words_and_nothing_is_written() {
    for (arguments, told) in [
        ("My-Nas", "'My-Nas' is not the name of a crate and a strategy"),
        ("9nas", "a letter first, such as my-nas"),
        ("nas/my-nas", "is not the name of a crate"),
        ("..", "is not the name of a crate"),
        ("über-nas", "is not the name of a crate"),
        ("match", "'match' is a word of Rust"),
        ("proc-macro", "'proc-macro' is a crate that Rust brings along"),
        ("serde", "'serde' is a crate that the plugin depends on"),
        ("genomenas_plugin", "'genomenas_plugin' is a crate that the plugin depends on (genomenas-plugin)"),
        ("random-search", "'random-search' is the name of a strategy that comes with genomenas"),
        ("cwp_darts", "'cwp_darts' is the name of a strategy that comes with genomenas (cwp-darts)"),
        ("state", "the type of a strategy 'state' would be State"),
        ("my-nas --kind baseline --from random", "leave out --from or --kind baseline"),
        ("my-nas --kind searching", "[possible values: search, baseline]"),
        ("my-nas --from darts", "[possible values: random, evolution, differentiable, halving]"),
        ("my-nas --api nowhere", "nowhere is neither a checkout of genomenas nor the folder plugin-api of one"),
        ("", "required arguments"),
    ] {
        let desk = Desk::new();
        let refused = Outcome::refusal(&mut desk.new_plugin(arguments), 2);
        assert!(refused.contains(told), "{arguments}: {refused}");
        assert_eq!(listing(desk.path()), [""; 0], "{arguments}");
    }
    let desk = Desk::new();
    let long = "n".repeat(65);
    assert!(Outcome::refusal(&mut desk.new_plugin(&long), 2).contains("expected at most 64 of a-z"));
    assert!(Outcome::refusal(&mut desk.with_target(genomenas().args(["plugin", "new", ""])), 2).contains("''"));
    assert_eq!(listing(desk.path()), [""; 0]);
}

#[test]
fn what_is_there_already_is_left_as_it_is() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("empty")).unwrap();
    std::os::unix::fs::symlink("gone", desk.path().join("link")).unwrap();
    fs::File::create(desk.path().join("file")).unwrap();
    let before = listing(desk.path());
    for name in ["empty", "link", "file"] {
        let refused = Outcome::refusal(&mut desk.new_plugin(name), 2);
        assert!(refused.contains("is there already, and is left as it is"), "{refused}");
    }
    assert_eq!(listing(desk.path()), before);
}

#[test]
fn the_actions_of_the_workflow_are_pinned_as_those_of_the_repository() {
    let text = |path: &str| fs::read_to_string(project::path(path)).unwrap();
    let ours = text(".github/workflows/ci.yml");
    let written = text("examples/templates/.github/workflows/tests.yml");
    let actions: Vec<_> =
        written.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, action)| action).collect();
    assert!(!actions.is_empty());
    for action in actions {
        assert!(ours.contains(action), "{action}");
    }
}
