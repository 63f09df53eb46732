//! A task that exactly one option of a space can solve, for searches that should find it.
//!
//! Every row holds either `AAAACCCC` or its mirror image `CCCCAAAA` in a random background, and the label says which.
//! Of the options of the space all but `wide` see a sequence and its mirror image alike, whatever their weights, and so
//! does what follows them: without `wide` no network does better than chance.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::built::genomenas;
use crate::made_up::{draws, write};
use crate::runs::store_of;

/// What the label of a row of [`planted_store`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Which of the two patterns the row holds.
    Pattern,
    /// Nothing: a coin.
    Coin,
}

/// The decision that has the option that solves the task, and this option.
pub const PLANTED: (&str, &str) = ("pattern", "wide");
/// The options of the other decisions.
const MIRRORED: [&str; 4] = ["none", "skip_connect", "point", "max_pool_3"];
/// The decisions, each about an edge into the same sum: one that is always there, three of which two are kept.
const DECISIONS: [&str; 4] = ["pattern", "edge.0", "edge.1", "edge.2"];
const LENGTH: usize = 32;
const ROWS: [(&str, usize); 3] = [("train", 480), ("valid", 120), ("test", 120)];

/// The store of the task in `folder`.
pub fn planted_store(folder: &Path, label: Label) -> PathBuf {
    let mut text = "sequence\tpattern\tsplit\n".to_owned();
    let mut draw = draws(11);
    for (split, rows) in ROWS {
        for row in 0..rows {
            let mut sequence: String = (0..LENGTH).map(|_| ['A', 'C', 'G', 'T'][draw(4)]).collect();
            let at = draw(LENGTH as u64 - 8);
            sequence.replace_range(at..at + 8, ["AAAACCCC", "CCCCAAAA"][row % 2]);
            let class = if label == Label::Pattern { row % 2 } else { draw(2) };
            writeln!(text, "{sequence}\t{class}\t{split}").unwrap();
        }
    }
    store_of(folder, &text, "pattern")
}

/// The file of the space: edges side by side, one of which may be `wide`.
pub fn planted_space(folder: &Path) -> PathBuf {
    let mut text = format!(
        "format = \"genomenas-space\"\nversion = 1\nname = \"planted\"\ninput = [4, {LENGTH}]\noutput = \"out\"\n\n"
    );
    let options = |decision: &str| -> Vec<&str> {
        let wide = (decision == PLANTED.0).then_some(PLANTED.1);
        MIRRORED.into_iter().chain(wide).collect()
    };
    for decision in DECISIONS {
        let options = options(decision);
        write!(text, "[[decisions]]\nid = \"{decision}\"\noptions = {options:?}\nsearch_only = [\"none\"]\n\n")
            .unwrap();
    }
    text += "[[rules]]\nof = [\"edge.0\", \"edge.1\", \"edge.2\"]\nkeep = 2\n\n";
    text += "[[nodes]]\nname = \"stem\"\ninputs = [\"input\"]\nop = { type = \"conv1d\", out_channels = 8, kernel = 1 }\n\n";
    for (edge, decision) in DECISIONS.into_iter().enumerate() {
        write!(text, "[[nodes]]\nname = \"edge{edge}\"\ninputs = [\"stem\"]\n[nodes.op]\ntype = \"choice\"\n").unwrap();
        write!(text, "decision = \"{decision}\"\n[nodes.op.options]\n").unwrap();
        for option in options(decision) {
            let op = match option {
                "none" => "type = \"zero\"".to_owned(),
                "max_pool_3" => "type = \"max_pool\", kernel = 3, stride = 1, padding = 1".to_owned(),
                block => format!("type = \"block\", block = \"{block}\""),
            };
            writeln!(text, "{option} = {{ {op} }}").unwrap();
        }
        text.push('\n');
    }
    text += "[[nodes]]\nname = \"sum\"\ninputs = [\"edge0\", \"edge1\", \"edge2\", \"edge3\"]\nop = { type = \"add\" }\n\n\
             [[nodes]]\nname = \"pool\"\ninputs = [\"sum\"]\nop = { type = \"global_max_pool\" }\n\n\
             [[nodes]]\nname = \"out\"\ninputs = [\"pool\"]\nop = { type = \"linear\", out_features = 1 }\n\n";
    text += "[blocks.skip_connect]\ninputs = [\"x\"]\noutput = \"dropout\"\n\
             [[blocks.skip_connect.nodes]]\nname = \"dropout\"\ninputs = [\"x\"]\nform = \"search\"\nop = { type = \"skip_dropout\" }\n\n";
    for (block, kernel) in [("point", 1), ("wide", 9)] {
        write!(
            text,
            "[blocks.{block}]\ninputs = [\"x\"]\noutput = \"norm\"\n\
             [[blocks.{block}.nodes]]\nname = \"conv\"\ninputs = [\"x\"]\n\
             op = {{ type = \"conv1d\", kernel = {kernel}, padding = {}, bias = false }}\n\
             [[blocks.{block}.nodes]]\nname = \"norm\"\ninputs = [\"conv\"]\n\
             op = {{ type = \"batch_norm\", affine_in_search = false }}\n\n",
            kernel / 2
        )
        .unwrap();
    }
    write(folder, "planted.toml", text)
}

/// A search of the task by one of the strategies that learn alphas, on rows of [`planted_store`].
pub fn planted_search(strategy: &str, seed: u64, store: &Path, out: &Path) -> Command {
    planted_search_on("cpu", strategy, seed, store, out)
}

/// [`planted_search`] on another device.
pub fn planted_search_on(device: &str, strategy: &str, seed: u64, store: &Path, out: &Path) -> Command {
    let mut command = genomenas();
    command.args(["search", "--threads", "1", "--device", device, "--strategy", strategy]);
    command.args(["--seed", &seed.to_string(), "--budget", "60000samples"]);
    // The published rates are for weeks of training; these are for seconds.
    for set in ["batch=20", "cnn_learning_rate=0.1", "arch_learning_rate=0.03", "clip=1", "epochs=10", "warm_up=2"] {
        command.args(["--set", set]);
    }
    command.arg("--space").arg(planted_space(store.parent().unwrap())).arg("--data").arg(store).arg("--out").arg(out);
    command
}
