//! Where the program waits for a device, as its sources say.

use std::path::{Path, PathBuf};

/// Functions of `tch` that return only once the device has computed what they read, or that copy from pageable memory.
const WAITING: [&str; 9] = [
    "double_value(",
    "int64_value(",
    ".f_to_device(",
    ".f_to_device_(",
    ".to_device(",
    "f_copy_data(",
    "f_nonzero(",
    "f_masked_select(",
    ">::try_from(&",
];

/// Where they are called, how often, and when. One waits within a step: that of the second-order architecture step.
const PLACES: [(&str, usize, &str); 14] = [
    (
        "eval/score.rs",
        3,
        "scores: the loss, the predictions and the targets of each batch go to the metrics on the CPU",
    ),
    ("kernels/transfer.rs", 1, "on the CPU, where nothing is copied"),
    ("net/shares.rs", 2, "reports: the alphas at the end of an epoch"),
    ("net/spectrum.rs", 1, "once a network: the places of words"),
    ("net/weights/declared.rs", 2, "once a network"),
    ("net/weights/saved.rs", 1, "snapshots: at a best epoch, a save or an end"),
    ("tensor/checkpoint.rs", 2, "saves"),
    ("train/bench.rs", 2, "benchmarks: the end of what is timed"),
    (
        "train/objective.rs",
        2,
        "once a training: the weights of classes; and for each loss of an optimum, which is sought on the CPU",
    ),
    ("train/optimizer/mod.rs", 1, "saves: the moments"),
    ("train/optimum/mod.rs", 1, "once an optimum: the weights that it begins with"),
    (
        "train/optimum/rows.rs",
        3,
        "what is minimised: once a batch its rows, and the loss at each point, which the method reads",
    ),
    ("train/steps.rs", 2, "the sum of losses: once an epoch to the device, and from there every LOOK_EVERY steps"),
    ("train/unrolled.rs", 1, "once a second-order step of the alphas: the norm that the finite difference divides by"),
];

#[test]
fn no_step_waits_for_the_device_but_where_this_list_says() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in files(&sources) {
        let text = std::fs::read_to_string(&path).unwrap();
        // Tests may wait.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let count: usize = lines.map(|line| WAITING.iter().map(|name| line.matches(name).count()).sum::<usize>()).sum();
        let name = path.strip_prefix(&sources).unwrap().to_str().unwrap().to_owned();
        if count > 0 && !name.contains("tests") {
            found.push((name, count));
        }
    }
    found.sort();
    let told: Vec<(String, usize)> = PLACES.iter().map(|&(name, count, _)| (name.to_owned(), count)).collect();
    assert_eq!(found, told, "a step must not wait for the device: keep the value there, or say here when it is read");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let within = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(within).filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}
