//! What the README says that can be looked up: the promises, and the numbers. Its code is tried by `tests/tests/readme.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use genomenas_plugin::engine::{MOST_BYTES, MOST_TRIALS};

fn text(name: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_table_of_promises_is_that_of_the_checks() {
    let lines = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let told: BTreeSet<_> = lines
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(name, _)| name.to_owned())
        .collect();
    let source = text("src/simulate/conformance/list.rs");
    let named = source.split("name: \"").skip(1).map(|rest| rest.split_once('"').unwrap().0.to_owned());
    assert_eq!(told, named.collect());
    assert!(told.len() > 9);
}

#[test]
fn the_bounds_that_it_names_are_those_that_hold() {
    let readme = text("README.md");
    let millions = MOST_BYTES >> 20;
    let thousands = MOST_TRIALS / 1000;
    assert!(readme.contains(&format!("at most {thousands},000 trials and {millions} MiB")));
    let rules = text("src/engine/rules.rs");
    let constant = |name: &str| {
        let (_, value) = rules.split_once(&format!("const {name}: u32 = ")).unwrap();
        value.split_once(';').unwrap().0.parse::<u32>().unwrap()
    };
    let (idle, unpaid) = (constant("MOST_IDLE"), constant("MOST_UNPAID"));
    assert!(
        readme.contains(&format!("after {idle} trials in a row that did nothing ({},000 that trained", unpaid / 1000))
    );
}
