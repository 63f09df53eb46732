//! What must stay true of the project's shape, read from `cargo metadata`, the sources and the built files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use genomenas_tests::{Outcome, built_plugin, project};
use object::elf::DT_NEEDED;
use object::read::elf::ElfFile64;
use serde_json::Value;

/// Where `unsafe` may occur: the boundary to plugins on both sides, and the bridge to C++ and the system. The hostile
/// plugin of the tests has to be.
const UNSAFE: [&str; 6] = [
    "plugin-api/abi/",
    "plugin-api/src/export.rs",
    "plugin-api/src/export/",
    "host/plugin-host/",
    "host/data/src/mmap.rs",
    "tests/hostile/",
];

/// What `cargo metadata` says for the machine that runs this.
fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let cargo = || Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
        let version = Outcome::text(cargo().arg("-vV"));
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", host];
        Outcome::json(cargo().args(arguments).current_dir(project::path("")))
    })
}

/// A package of the workspace.
struct Package {
    id: &'static str,
    name: &'static str,
    /// Below the root of the workspace.
    folder: PathBuf,
    json: &'static Value,
}

impl Package {
    /// What it depends on directly, for itself, its build or its tests.
    fn dependencies(&self) -> BTreeSet<&'static str> {
        list(&self.json["dependencies"]).map(|dependency| text(&dependency["name"])).collect()
    }
}

fn packages() -> Vec<Package> {
    let root = Path::new(text(&metadata()["workspace_root"]));
    let members: BTreeSet<_> = list(&metadata()["workspace_members"]).map(text).collect();
    let package = |json: &'static Value| Package {
        id: text(&json["id"]),
        name: text(&json["name"]),
        folder: Path::new(text(&json["manifest_path"])).parent().unwrap().strip_prefix(root).unwrap().to_owned(),
        json,
    };
    let all = list(&metadata()["packages"]);
    all.filter(|json| members.contains(text(&json["id"]))).map(package).collect()
}

fn plugins() -> Vec<Package> {
    let plugins: Vec<_> = packages().into_iter().filter(|package| package.folder.starts_with("plugins")).collect();
    assert!(plugins.len() >= 3);
    plugins
}

/// Names of all packages that are linked into a package of the workspace, or used by its build.
fn linked(name: &str) -> BTreeSet<&'static str> {
    let nodes: BTreeMap<_, _> =
        list(&metadata()["resolve"]["nodes"]).map(|node| (text(&node["id"]), list(&node["deps"]))).collect();
    let names: BTreeMap<_, _> =
        list(&metadata()["packages"]).map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let start = packages().into_iter().find(|package| package.name == name).unwrap().id;
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(id) = open.pop() {
        for dependency in nodes[id].clone() {
            let for_tests = list(&dependency["dep_kinds"]).all(|kind| kind["kind"] == "dev");
            if !for_tests && seen.insert(text(&dependency["pkg"])) {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    seen.into_iter().map(|id| names[id]).collect()
}

fn text(value: &'static Value) -> &'static str {
    value.as_str().unwrap()
}

fn list(value: &'static Value) -> std::slice::Iter<'static, Value> {
    value.as_array().unwrap().iter()
}

/// Names of the packages of the workspace that depend on `dependency` themselves.
fn dependents(dependency: &str) -> Vec<&'static str> {
    packages()
        .iter()
        .filter(|package| package.dependencies().contains(dependency))
        .map(|package| package.name)
        .collect()
}

/// Files of the project with one of the endings, relative to its root, with their text.
fn sources(endings: &[&str]) -> Vec<(String, String)> {
    let root = project::path("");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.contains(&ending.to_str().unwrap())) {
                let relative = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((relative, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 3);
    found
}

#[test]
fn libtorch_is_a_dependency_of_one_crate_alone() {
    assert_eq!(dependents("tch"), ["genomenas-torch"]);
    assert_eq!(dependents("torch-sys"), ["genomenas-torch"]);
}

#[test]
fn abi_stable_is_a_dependency_of_the_abi_crate_alone() {
    assert_eq!(dependents("abi_stable"), ["genomenas-abi"]);
}

#[test]
fn no_plugin_depends_on_the_host_or_on_another_plugin() {
    let plugins = plugins();
    let names: BTreeSet<_> = plugins.iter().map(|plugin| plugin.name).chain(["genomenas"]).collect();
    for plugin in &plugins {
        let wrong: Vec<_> = plugin.dependencies().intersection(&names).copied().collect();
        assert!(wrong.is_empty(), "{} depends on {wrong:?}", plugin.name);
    }
}

#[test]
fn plugins_data_and_reports_build_without_libtorch() {
    let with_libtorch = ["genomenas", "genomenas-tests", "genomenas-torch"];
    for package in packages().into_iter().filter(|package| !with_libtorch.contains(&package.name)) {
        let linked = linked(package.name);
        assert!(!linked.contains("tch") && !linked.contains("torch-sys"), "{}", package.name);
    }
    assert!(linked("genomenas").contains("torch-sys"), "the test can see libtorch where it is");
}

#[test]
fn built_plugins_need_only_what_every_linux_has() {
    let everywhere = ["libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libpthread.so", "libdl.so"];
    for plugin in plugins() {
        let bytes = fs::read(built_plugin(plugin.name)).unwrap();
        let file: ElfFile64<'_, object::Endianness> = ElfFile64::parse(bytes.as_slice()).unwrap();
        let table = file.elf_dynamic_table().unwrap();
        let needed = table.iter().filter(|entry| entry.tag == DT_NEEDED);
        let needed: Vec<_> =
            needed.map(|entry| String::from_utf8_lossy(table.string(entry).unwrap()).into_owned()).collect();
        assert!(!needed.is_empty(), "{} needs nothing at all", plugin.name);
        for library in needed {
            assert!(everywhere.iter().any(|known| library.starts_with(known)), "{} needs {library}", plugin.name);
        }
    }
}

#[test]
fn the_run_loop_names_no_type_of_libtorch() {
    for (path, text) in sources(&["rs"]) {
        if path.starts_with("host/src/run/") {
            assert!(!text.contains("tch::") && !text.contains("torch_sys"), "{path}");
        }
    }
}

#[test]
fn unsafe_code_is_only_at_the_borders_and_says_why_it_is_sound() {
    let mut wrong = Vec::new();
    for (path, text) in sources(&["rs"]) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap();
            // In two pieces, so that this test does not find itself.
            let block = [" {", " impl", " fn", " extern"].iter().any(|then| code.contains(&["unsafe", then].concat()));
            let attribute = code.contains(&["#[", "unsafe("].concat());
            if !(block || attribute) {
                continue;
            }
            if !UNSAFE.iter().any(|folder| path.starts_with(folder)) {
                wrong.push(format!("{path}:{}: not here", at + 1));
            }
            let told = lines[at.saturating_sub(8)..=at]
                .iter()
                .any(|line| line.contains("SAFETY:") || line.contains("# Safety"));
            if block && !told {
                wrong.push(format!("{path}:{}: no `// SAFETY:` above it", at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_source_file_is_longer_than_500_lines() {
    let long = sources(&["rs", "py", "sh", "js", "css"]).into_iter().filter(|(_, text)| text.lines().count() > 500);
    assert_eq!(long.map(|(path, _)| path).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_rust_file_says_first_what_it_is() {
    let silent = sources(&["rs"]).into_iter().filter(|(_, text)| !text.starts_with("//!"));
    assert_eq!(silent.map(|(path, _)| path).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn random_search_stays_under_100_lines() {
    let text = fs::read_to_string(project::path("plugins/random-search/src/lib.rs")).unwrap();
    assert!(text.lines().count() < 100);
}

#[test]
fn every_plugin_has_a_readme_a_licence_and_its_own_tests() {
    for plugin in plugins() {
        let folder = project::path("").join(&plugin.folder);
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(readme.len() > 300, "{} has no README", plugin.name);
        assert_eq!(plugin.json["license"], "MIT OR Apache-2.0", "{}", plugin.name);
        assert!(folder.join("tests").is_dir(), "{} has no tests", plugin.name);
    }
}

#[test]
fn every_package_is_under_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest = fs::read_to_string(project::path("").join(&package.folder).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
    }
}
