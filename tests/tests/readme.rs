//! The README of `genomenas-plugin` as its reader tries it: a crate outside of the workspace with the dependencies that it
//! names and no others, its code, and what it says one then sees.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use genomenas_tests::made_up::write;
use genomenas_tests::{Outcome, built_program, genomenas, project};
use serde_json::json;

/// The code blocks of the README in one language, in order.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(project::path("plugin-api/README.md")).unwrap();
    let begins = format!("```{language}\n");
    readme.split(&begins).skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

/// The only block with a text in it.
fn block(language: &str, with: &str) -> String {
    let mut found: Vec<_> = blocks(language).into_iter().filter(|block| block.contains(with)).collect();
    assert_eq!(found.len(), 1, "blocks of {language} with '{with}'");
    found.remove(0)
}

/// Where the snippets that are not whole stand: what their sentences take for granted.
const AROUND: &str = r#"
/// A trial that goes on from another.
pub fn goes_on(network: Network, plan: Plan, trial: TrialId) -> Trial {
    CONTINUED
    trial
}

/// A linear model of counted words.
pub fn of_words(setup: &Setup) -> (genomenas_plugin::space::ArchitectureBuilder, Plan) {
    use genomenas_plugin::space::{ArchitectureBuilder, Op};
    COUNTED
    (net, plan)
}

/// A trial of a supernet.
pub fn of_supernet(plan: Plan, optimizer: Optimizer) -> Trial {
    use genomenas_plugin::message::{Arch, ArchData, Mixing, Order};
    SUPERNET
    Trial::train(network, plan)
}

/// What it says about the log.
pub fn told() {
    log::info!("told");
}

#[cfg(test)]
mod tests {
    TESTS
    LABORATORY
}
"#;

/// Makes the crate. What its README names from a registry comes from here, and everything else from the same versions.
fn outside(folder: &Path) -> PathBuf {
    let here = project::path("plugin-api").canonicalize().unwrap();
    let manifest = block("toml", "[package]");
    let patched =
        format!("{manifest}\n[workspace]\n\n[patch.crates-io]\ngenomenas-plugin = {{ path = '{}' }}\n", here.display());
    let whole = block("rust", "export_plugin!();");
    let shown: Vec<&str> = whole.lines().filter(|line| !line.starts_with("# ")).collect();
    let shown = shown.join("\n") + "\n";
    // Where the README says so, in the hook of its strategy.
    let logs = shown.replacen("let step = state", "log::info!(\"asked\");\n        let step = state", 1);
    assert_ne!(logs, shown);
    let more = AROUND
        .replace("COUNTED", &block("rust,ignore", "Op::KmerSpectrum"))
        .replace("CONTINUED", &block("rust,ignore", "Initialisation::Continue"))
        .replace("SUPERNET", &block("rust,ignore", "Network::Supernet"))
        .replace("TESTS", &block("rust,ignore", "conformance::check_registered"))
        // A strategy that draws as random search does needs no fewer samples.
        .replace("LABORATORY", &block("rust,ignore", "kit::laboratory").replace("#[test]", "#[ignore]\n#[test]"));
    write(folder, "Cargo.toml", patched);
    write(folder, "Cargo.lock", fs::read_to_string(project::path("Cargo.lock")).unwrap());
    fs::create_dir(folder.join("src")).unwrap();
    write(&folder.join("src"), "lib.rs", logs + &more);
    // Built once for all that lies outside of the workspace.
    built_program("genomenas").with_file_name("../my-strategy")
}

fn cargo(folder: &Path, target: &Path, verb: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    command.args([verb, "--release", "--quiet", "--offline", "--target-dir"]).arg(target).current_dir(folder);
    command
}

#[test]
fn the_strategy_of_the_readme_is_built_tested_found_and_run_outside_of_the_workspace() {
    assert_eq!(blocks("rust").len() + blocks("rust,ignore").len(), 6, "a block of code that no test tries");
    let folder = tempfile::tempdir().unwrap();
    let target = outside(folder.path());
    Outcome::text(&mut cargo(folder.path(), &target, "build"));
    let said = Outcome::text(&mut cargo(folder.path(), &target, "test"));
    assert!(said.contains("2 passed"), "{said}");

    let plugins = folder.path().join("plugins");
    fs::create_dir(&plugins).unwrap();
    fs::copy(target.join("release/libmy_nas.so"), plugins.join("libmy_nas.so")).unwrap();
    let listed = Outcome::text(genomenas().args(["plugin", "list", "--plugins"]).arg(&plugins));
    assert!(listed.contains("my-nas") && listed.contains("Tries architectures one after the other."), "{listed}");

    let space = write(folder.path(), "space.toml", block("toml", "two decisions"));
    let mut run = genomenas();
    run.args(["plugin", "run", "-v", "my-nas", "--set", "steps=3", "--json", "--plugins"]).arg(&plugins);
    let ended = Outcome::of(run.arg("--space").arg(space));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("my_nas: asked"), "{ended:?}");
    let ended: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let answers = ended["calls"].as_array().unwrap().iter().filter(|call| call["call"] == "ask");
    assert_eq!(
        answers.map(|call| &call["answer"]["type"]).collect::<Vec<_>>(),
        ["trials", "trials", "trials", "finish"]
    );
    assert_eq!(ended["mistakes"], json!([]));
}

#[test]
fn the_space_of_the_readme_can_be_described() {
    let folder = tempfile::tempdir().unwrap();
    let space = write(folder.path(), "space.toml", block("toml", "two decisions"));
    let text = Outcome::text(genomenas().args(["describe", "--length", "200", "--labels", "1", "--space"]).arg(space));
    assert!(text.contains("2 decisions, 4 architectures"), "{text}");
}
