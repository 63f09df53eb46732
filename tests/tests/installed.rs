//! What `make install` puts below a prefix runs from there, and `make uninstall` removes it and nothing else.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failure is a failed test")]

use std::path::Path;
use std::process::Command;

use genomenas_tests::made_up::write;
use genomenas_tests::runs::motif_store;
use genomenas_tests::{Outcome, built_program, listing, program_at, project};

/// The script, as `make` calls it. libtorch stays where it is: it has half a gigabyte.
fn script(action: &str, prefix: &Path) -> Command {
    let built = built_program("genomenas").parent().unwrap().parent().unwrap().canonicalize().unwrap();
    let mut command = Command::new("sh");
    command.current_dir(project::path(".")).arg("host/scripts/install.sh").arg(action).arg(prefix).arg(built);
    command.env_remove("DESTDIR").env("COPY_LIBTORCH", "no");
    command
}

/// The installed program, as another terminal starts it.
fn installed(prefix: &Path, folder: &Path) -> Command {
    let mut command = program_at(&prefix.join("bin/genomenas"));
    command.current_dir(folder).env_remove("LD_LIBRARY_PATH");
    command
}

#[test]
fn what_is_installed_finds_its_plugins_trains_and_is_removed_again() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("a prefix");
    let told = Outcome::text(&mut script("install", &prefix));
    assert!(told.contains("it is used where it lies") && told.contains("next: export PATH="), "{told}");

    let listed = Outcome::text(installed(&prefix, folder.path()).args(["plugin", "list"]));
    for package in std::fs::read_dir(project::path("plugins")).unwrap() {
        let package = package.unwrap().file_name().into_string().unwrap();
        assert!(listed.contains(&format!("lib{}.so", package.replace('-', "_"))), "{package}: {listed}");
    }
    let store = motif_store(folder.path());
    let mut train = installed(&prefix, folder.path());
    train.args("train --strategy kmer-lr --set k=3 --device cpu --threads 1".split(' '));
    Outcome::text(train.arg("--data").arg(store).args(["--out", "trained"]));
    let files = listing(&prefix);
    for file in [
        "share/man/man1/genomenas.1",
        "share/man/man1/genomenas-data-import-table.1",
        "share/bash-completion/completions/genomenas",
        "share/zsh/site-functions/_genomenas",
        "share/fish/vendor_completions.d/genomenas.fish",
    ] {
        assert!(files.iter().any(|found| found == file), "{file}: {files:?}");
    }

    // Again, over what is there; then away with it, but for what somebody else put there.
    Outcome::text(&mut script("install", &prefix));
    assert_eq!(listing(&prefix), files);
    write(&prefix, "bin/other", "");
    Outcome::text(&mut script("uninstall", &prefix));
    let left = listing(&prefix);
    assert!(left.iter().all(|name| name == "bin/other" || prefix.join(name).is_dir()), "{left:?}");
}

#[test]
fn a_prefix_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |action: &str, prefix: &Path, words: &str| {
        let outcome = Outcome::of(&mut script(action, prefix));
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(words), "{outcome:?}");
    };
    refused("install", Path::new("relative"), "is not an absolute path");
    refused("uninstall", folder.path(), "nothing is installed in");
    write(folder.path(), "file", "");
    refused("install", &folder.path().join("file"), "cannot write to");
}
