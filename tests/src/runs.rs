//! Small runs: data whose label is decided by a motif, a space and an architecture that can learn it, the commands that
//! search and train on them, and what lies in a run's folder.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::built::genomenas;
use crate::made_up::{draws, write};
use crate::outcome::Outcome;

/// Rows of the training split of [`motif_store`]; the other two have [`OTHER_ROWS`] each.
pub const TRAIN_ROWS: usize = 240;
/// Rows of the validation and of the test split of [`motif_store`].
pub const OTHER_ROWS: usize = 80;
/// Longer than anything here takes on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(120);

/// 2 × 4 networks: a convolution of one of four sizes, one of two functions, the largest value of each filter.
const SPACE: &str = r#"
format = "genomenas-space"
version = 1
name = "motifs"
input = [4, LENGTH]
output = "out"

[[decisions]]
id = "kernel"
options = ["5", "7", "9", "11"]

[[decisions]]
id = "function"
options = ["relu", "tanh"]

[[nodes]]
name = "conv"
inputs = ["input"]
[nodes.op]
type = "choice"
decision = "kernel"
[nodes.op.options]
5 = { type = "conv1d", out_channels = 16, kernel = 5 , padding = 2 }
7 = { type = "conv1d", out_channels = 16, kernel = 7, padding = 3 }
9 = { type = "conv1d", out_channels = 16, kernel = 9, padding = 4 }
11 = { type = "conv1d", out_channels = 16, kernel = 11, padding = 5 }

[[nodes]]
name = "function"
inputs = ["conv"]
[nodes.op]
type = "choice"
decision = "function"
[nodes.op.options]
relu = { type = "activation", function = "relu" }
tanh = { type = "activation", function = "tanh" }

[[nodes]]
name = "dropout"
inputs = ["function"]
op = { type = "dropout", p = 0.1 }

[[nodes]]
name = "pool"
inputs = ["dropout"]
op = { type = "global_max_pool" }

[[nodes]]
name = "out"
inputs = ["pool"]
op = { type = "linear", out_features = LABELS }
"#;

/// One network of that kind.
const ARCHITECTURE: &str = r#"{
  "version": 1, "name": "by-hand", "input": [4, LENGTH], "output": "out",
  "nodes": [
    {"name": "conv", "inputs": ["input"], "op": {"type": "conv1d", "out_channels": 16, "kernel": 9}},
    {"name": "relu", "inputs": ["conv"], "op": {"type": "activation", "function": "relu"}},
    {"name": "pool", "inputs": ["relu"], "op": {"type": "global_max_pool"}},
    {"name": "out", "inputs": ["pool"], "op": {"type": "linear", "out_features": LABELS}}
  ]
}"#;

/// A table of random sequences, each with a split and the labels `motif` (every other row holds `TGACTCAG`) and
/// `noise` (of no reason). The seed decides the rows of one split without a change to the others.
pub fn motif_table(length: usize, test_seed: u64) -> String {
    let mut text = "sequence\tmotif\tnoise\tsplit\n".to_owned();
    let splits = [("train", TRAIN_ROWS, 1), ("valid", OTHER_ROWS, 2), ("test", OTHER_ROWS, test_seed)];
    for (split, rows, seed) in splits {
        let mut draw = draws(seed * 1_000_003);
        for row in 0..rows {
            let mut sequence: String = (0..length).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect();
            let at = draw(length as u64 - 8);
            if row % 2 == 1 {
                sequence.replace_range(at..at + 8, "TGACTCAG");
            }
            writeln!(text, "{sequence}\t{}\t{}\t{split}", row % 2, draw(2)).unwrap();
        }
    }
    text
}

/// A store of [`motif_table`] in `folder`, with the labels that are named.
pub fn store_of(folder: &Path, table: &str, labels: &str) -> PathBuf {
    let (table, out) = (write(folder, "table.tsv", table), folder.join("store.arrow"));
    let mut import = genomenas();
    import.args(["data", "import", "table", "--task", "multi-label", "--split", "split", "--labels", labels]);
    Outcome::text(import.arg(table).arg("--out").arg(&out));
    out
}

/// A store of rows of 60 bases with the labels `motif` and `noise` in `folder`.
pub fn motif_store(folder: &Path) -> PathBuf {
    store_of(folder, &motif_table(60, 3), "motif,noise")
}

/// The file of a space of eight networks, each with a thousand weights, for rows of [`motif_store`].
pub fn space(folder: &Path) -> PathBuf {
    write(folder, "motifs.toml", SPACE.replace("LENGTH", "60").replace("LABELS", "2"))
}

/// The file of an architecture, written by hand, of a few hundred weights.
pub fn architecture(folder: &Path, length: usize, labels: usize) -> PathBuf {
    let text = ARCHITECTURE.replace("LENGTH", &length.to_string()).replace("LABELS", &labels.to_string());
    write(folder, &format!("by-hand-{length}-{labels}.json"), text)
}

/// The program with a verb and arguments, on one thread.
pub fn quietly(verb: &str, arguments: &str) -> Command {
    let mut command = genomenas();
    command.arg(verb).args(arguments.split_whitespace()).args(["--device", "cpu", "--threads", "1"]);
    command
}

/// A search in [`space`]; what `options` does not say is random search of three trials, 480 samples each.
pub fn search(store: &Path, out: &Path, options: &str) -> Command {
    let defaults =
        [("--strategy", "random-search"), ("--budget", "1440samples"), ("--set trials", "=3"), ("--set batch", "=16")];
    let mut command = with_defaults("search", &defaults, options);
    command.arg("--space").arg(space(store.parent().unwrap())).arg("--data").arg(store).arg("--out").arg(out);
    command
}

/// The training of [`architecture`] on the rows of [`motif_store`]; what `options` does not say is by steps of 16
/// samples at a rate of 0.01.
pub fn train(store: &Path, out: &Path, options: &str) -> Command {
    let mut command = with_defaults("train", &[("--batch", "16"), ("--learning-rate", "0.01")], options);
    command.arg("--architecture").arg(architecture(store.parent().unwrap(), 60, 2));
    command.arg("--data").arg(store).arg("--out").arg(out);
    command
}

/// [`quietly`], with the defaults that `options` does not replace. Parameters are those of the default strategy, so
/// another strategy takes none.
fn with_defaults(verb: &str, defaults: &[(&str, &str)], options: &str) -> Command {
    let another = options.contains("--strategy ");
    let needed = |name: &str| !options.contains(&format!("{name} ")) && !options.contains(&format!("{name}="));
    let text: Vec<String> = defaults
        .iter()
        .filter(|(name, _)| needed(name) && !(another && name.starts_with("--set ")))
        .map(|(name, value)| if value.starts_with('=') { format!("{name}{value}") } else { format!("{name} {value}") })
        .collect();
    quietly(verb, &format!("{} {options}", text.join(" ")))
}

/// `genomenas run` of a folder.
pub fn run(folder: &Path) -> Command {
    let mut command = genomenas();
    command.arg("run").arg(folder);
    command
}

/// A run folder that was made and not begun: the search of the finished `searched` and the final training of the
/// finished `trained`.
pub fn planned(folder: &Path, searched: &Path, trained: &Path) {
    // Without its digest, which is that of the search alone.
    let settings = |folder: &Path| {
        let text = fs::read_to_string(folder.join("run.toml")).unwrap();
        text.split_inclusive('\n').filter(|line| !line.starts_with("sha256 = ")).collect::<String>()
    };
    let plan = settings(trained);
    let plan = &plan[plan.find("[final]").unwrap()..];
    fs::create_dir(folder).unwrap();
    fs::copy(searched.join("space.toml"), folder.join("space.toml")).unwrap();
    write(folder, "run.toml", format!("{}\n{plan}", settings(searched)));
}

/// The bytes of a file of a run's folder.
pub fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{}/{name}: {error}", folder.display()))
}

/// The result of a run.
pub fn result(folder: &Path) -> Value {
    serde_json::from_slice(&bytes(folder, "result.json")).unwrap()
}

/// The journal of a run; a line that is being written is left out.
pub fn journal(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("journal.jsonl")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The records of one type, and of one phase where it is given.
pub fn of_type<'a>(journal: &'a [Value], kind: &str, phase: Option<&str>) -> Vec<&'a Value> {
    let fits = |record: &&Value| record["type"] == kind && phase.is_none_or(|phase| record["phase"] == phase);
    journal.iter().filter(fits).collect()
}

/// A document without what differs from one process to the next: seconds and memory, and the chain of a record, which is
/// taken over them.
pub fn timeless(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !matches!(name.as_str(), "seconds" | "by_seconds" | "peak_memory" | "chain"));
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value
}

/// The journal of a run without seconds and memory.
pub fn timeless_journal(folder: &Path) -> Vec<Value> {
    journal(folder).into_iter().map(timeless).collect()
}

/// Starts a command that says nothing, to be killed.
pub fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Starts a command and kills it, so that it can do nothing more, once `moment` has come. `false` if it had ended before.
pub fn killed(command: &mut Command, mut moment: impl FnMut() -> bool) -> bool {
    let mut child = start(command);
    let mut ended = false;
    wait_until("the moment to kill came", || {
        ended = child.try_wait().unwrap().is_some();
        ended || moment()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    !ended
}
