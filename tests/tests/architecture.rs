//! What must stay true of the project's shape, read from `cargo metadata`, the sources and the built files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; a failure is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use genomenas_tests::{Outcome, built_plugin, built_program, circles, project};
use object::Object as _;
use object::elf::DT_NEEDED;
use object::read::elf::ElfFile64;
use serde_json::Value;

/// Where `unsafe` may occur: the boundary to plugins on both sides, and the bridge to C++ and the system. The hostile
/// plugin of the tests and the bad one have to be.
const UNSAFE: [&str; 10] = [
    "plugin-api/abi/",
    "plugin-api/src/export.rs",
    "plugin-api/src/export/",
    "host/plugin-host/",
    "host/train/src/before.rs",
    "host/data/src/mmap.rs",
    "host/torch/src/kernels/",
    "host/torch/src/tensor/heap.rs",
    "tests/bad/",
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
fn everything_but_training_builds_without_libtorch() {
    let with_libtorch = ["genomenas-bench", "genomenas-torch", "genomenas-train"];
    for package in packages().into_iter().filter(|package| !with_libtorch.contains(&package.name)) {
        let linked = linked(package.name);
        assert!(!linked.contains("tch") && !linked.contains("torch-sys"), "{}", package.name);
    }
    assert!(linked("genomenas-train").contains("torch-sys"), "the test can see libtorch where it is");
}

#[test]
fn built_plugins_need_only_what_every_linux_has() {
    let everywhere = ["libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libpthread.so", "libdl.so"];
    for plugin in plugins() {
        let needed = needed(&built_plugin(plugin.name));
        assert!(!needed.is_empty(), "{} needs nothing at all", plugin.name);
        for library in needed {
            assert!(everywhere.iter().any(|known| library.starts_with(known)), "{} needs {library}", plugin.name);
        }
    }
}

/// Names of the libraries that a program or library asks the loader for.
fn needed(file: &Path) -> Vec<String> {
    let bytes = fs::read(file).unwrap();
    let file: ElfFile64<'_, object::Endianness> = ElfFile64::parse(bytes.as_slice()).unwrap();
    let table = file.elf_dynamic_table().unwrap();
    let needed = table.iter().filter(|entry| entry.tag == DT_NEEDED);
    needed.map(|entry| String::from_utf8_lossy(table.string(entry).unwrap()).into_owned()).collect()
}

#[test]
fn the_program_starts_without_libtorch_and_only_what_it_becomes_to_train_loads_it() {
    let of_torch = |program: &str| needed(&built_program(program)).iter().any(|name| name.contains("torch"));
    assert!(of_torch("genomenas-train"));
    assert!(!of_torch("genomenas"));
    assert!(!of_torch("genomenas-plugin-host"));
}

#[test]
fn no_debug_tables_lie_in_what_is_installed_and_copied() {
    let programs = ["genomenas", "genomenas-train", "genomenas-plugin-host"].map(built_program);
    for file in programs.into_iter().chain(plugins().iter().map(|plugin| built_plugin(plugin.name))) {
        let bytes = fs::read(&file).unwrap();
        let elf: ElfFile64<'_, object::Endianness> = ElfFile64::parse(bytes.as_slice()).unwrap();
        assert!(elf.section_by_name(".debug_info").is_none(), "{}", file.display());
        assert!(elf.symbols().next().is_some(), "backtraces of {} have names", file.display());
    }
}

#[test]
fn the_program_names_no_tensor_and_nothing_of_libtorch() {
    let word = |text: &str| {
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.find(|word| ["Tensor", "tch", "torch_sys"].contains(word)).map(str::to_owned)
    };
    let program: Vec<_> = sources(&["rs"])
        .into_iter()
        .filter(|(path, _)| path.starts_with("host/src/") || path.starts_with("host/train/src/"))
        .collect();
    assert!(program.iter().any(|(path, _)| path == "host/train/src/finish.rs"), "the test sees the program");
    let named = program.iter().filter_map(|(path, text)| Some((path, word(text)?)));
    assert_eq!(named.collect::<Vec<_>>(), []);
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
fn no_two_files_of_a_crate_depend_on_each_other() {
    let crates = [
        "plugin-api",
        "plugin-api/macros",
        "host",
        "host/data",
        "host/export",
        "host/plugin-host",
        "host/report",
        "host/torch",
        "host/train",
    ];
    for folder in crates.map(PathBuf::from).into_iter().chain(plugins().into_iter().map(|plugin| plugin.folder)) {
        let circles = circles(&project::path("").join(&folder).join("src"));
        assert_eq!(circles, [""; 0], "{}", folder.display());
    }
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
        let manifest: toml::Table = manifest.parse().unwrap();
        let inherited = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(inherited, Some(&toml::Value::Boolean(true)), "{}", package.name);
    }
}

#[test]
fn every_published_package_has_what_its_page_in_a_registry_shows() {
    let published: Vec<_> = packages().into_iter().filter(|package| package.json["publish"].is_null()).collect();
    assert!(published.len() >= 5);
    for package in published {
        let name = package.name;
        for field in ["description", "license", "readme", "rust_version"] {
            assert!(!package.json[field].as_str().unwrap_or_default().is_empty(), "{name} has no {field}");
        }
        let readme = project::path("").join(&package.folder).join(text(&package.json["readme"]));
        assert!(readme.is_file(), "{name} has no {}", readme.display());
        // The limits of crates.io.
        let keywords: Vec<_> = list(&package.json["keywords"]).map(text).collect();
        assert!(
            (1..=5).contains(&keywords.len()) && keywords.iter().all(|word| word.len() <= 20),
            "{name}: {keywords:?}"
        );
        assert!((1..=5).contains(&list(&package.json["categories"]).len()), "{name} has no category, or too many");
        assert!(package.json["repository"].is_string(), "{name} does not inherit the workspace's repository");
    }
}

#[test]
fn make_knows_which_packages_link_libtorch() {
    let makefile = fs::read_to_string(project::path("Makefile")).unwrap();
    let named = makefile.lines().find_map(|line| line.strip_prefix("WITH_LIBTORCH = ")).unwrap();
    let named: BTreeSet<_> = named.split_whitespace().collect();
    let linking = packages().into_iter().filter(|package| {
        // With what its tests depend on, because `make test-without-libtorch` builds that too.
        let mut direct = package.dependencies();
        direct.retain(|name| packages().iter().any(|other| other.name == *name));
        direct.insert(package.name);
        // The tests build all of the workspace, since they drive its programs.
        package.name == "genomenas-tests" || direct.into_iter().any(|name| linked(name).contains("torch-sys"))
    });
    assert_eq!(named, linking.map(|package| package.name).collect());
}

#[test]
fn ci_calls_only_targets_that_make_has() {
    let makefile = fs::read_to_string(project::path("Makefile")).unwrap();
    let targets: BTreeSet<_> = makefile
        .lines()
        .filter(|line| !line.starts_with(['\t', '#']))
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(targets, _)| targets.split_whitespace())
        .collect();
    let mut called = 0;
    for file in [".ci/run", ".github/workflows/ci.yml", ".github/workflows/weekly.yml"] {
        let text = fs::read_to_string(project::path(file)).unwrap();
        let commands = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let words = commands.flat_map(|line| line.split(|end: char| end.is_whitespace() || "\"'()".contains(end)));
        let words: Vec<_> = words.filter(|word| !word.is_empty() && !word.starts_with('-')).collect();
        for call in words.windows(2).filter(|call| call[0] == "make") {
            assert!(targets.contains(call[1]), "{file} calls `make {}`, which the Makefile does not have", call[1]);
            called += 1;
        }
    }
    assert!(called > 10);
}

#[test]
fn every_path_that_the_documentation_names_is_there() {
    let rooms = ["host/", "plugin-api/", "plugins/", "tests/", "examples/"];
    let path = |code: &&str| {
        let plain = code.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
        plain && !code.contains("NAME") && rooms.iter().any(|room| code.starts_with(room))
    };
    let mut missing = Vec::new();
    for file in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "RELEASE-CHECKLIST.md"] {
        let text = fs::read_to_string(project::path(file)).unwrap();
        let named: Vec<_> = text.split('`').skip(1).step_by(2).filter(path).collect();
        missing.extend(
            named.iter().filter(|named| !project::path(named).exists()).map(|named| format!("{file}: {named}")),
        );
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
