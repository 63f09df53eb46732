//! A space of 240 networks and a task on which they differ, small enough to train all of them: what
//! `plugin-api/src/simulate/laboratory/curves.tsv` was measured with.
//!
//! A row is 64 bases with three labels. `word` says which of two words of ten bases it holds, each with one base drawn
//! anew; `pair` in which order two words of four bases stand twelve apart; `rich` whether many of its bases are G or C.
//! So kernels, what is beside what, and how positions are read out all matter, and not for each label alike.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::made_up::draws;
use crate::project;
use crate::runs::{quietly, store_of};

/// Rows of the training split: samples an epoch.
pub const TRAIN_ROWS: u64 = 800;
/// Rows of the validation split, and of the test split.
pub const OTHER_ROWS: u64 = 400;
/// Epochs that every network was trained for.
pub const EPOCHS: u64 = 27;
/// Samples that every network was trained on.
pub const WHOLE: u64 = EPOCHS * TRAIN_ROWS;
/// How a network is trained: the parameters of `random-search`, of which other strategies have those of the same name.
pub const TRAINING: [(&str, &str); 3] = [("batch", "40"), ("learning_rate", "0.003"), ("metric", "auprc")];

const LENGTH: usize = 64;

/// The file of the space.
pub fn space() -> PathBuf {
    project::path("plugin-api/src/simulate/laboratory/space.toml")
}

/// The store of the task in `folder`.
pub fn store(folder: &Path) -> PathBuf {
    store_of(folder, &table(), "word,pair,rich")
}

fn table() -> String {
    let mut text = "sequence\tword\tpair\trich\tsplit\n".to_owned();
    let mut draw = draws(64);
    for (split, rows) in [("train", TRAIN_ROWS), ("valid", OTHER_ROWS), ("test", OTHER_ROWS)] {
        for _ in 0..rows {
            let [word, pair, rich] = [draw(2), draw(2), draw(2)];
            // So many of a hundred bases are G or C.
            let strong = [45, 55][rich];
            let base = |draw: &mut dyn FnMut(u64) -> usize| {
                let of = if draw(100) < strong { ['C', 'G'] } else { ['A', 'T'] };
                of[draw(2)]
            };
            let mut sequence: String = (0..LENGTH).map(|_| base(&mut draw)).collect();
            // Both words are always there: only their order tells.
            let at = draw(12);
            let [first, second] = [["CAGT", "GTCA"], ["GTCA", "CAGT"]][pair];
            sequence.replace_range(at..at + 4, first);
            sequence.replace_range(at + 12..at + 16, second);
            let at = 30 + draw(24);
            let mut letters: Vec<char> = ["TCAATGCAGT", "TGACGTAACT"][word].chars().collect();
            letters[draw(10)] = ['A', 'C', 'G', 'T'][draw(4)];
            sequence.replace_range(at..at + 10, &letters.into_iter().collect::<String>());
            writeln!(text, "{sequence}\t{word}\t{pair}\t{rich}\t{split}").unwrap();
        }
    }
    text
}

/// A search in the space, on rows of [`store`].
pub fn search(
    strategy: &str,
    budget: u64,
    seed: u64,
    parameters: &[(&str, &str)],
    store: &Path,
    out: &Path,
) -> Command {
    let mut command = quietly("search", &format!("--strategy {strategy} --budget {budget}samples --seed {seed}"));
    for (name, value) in parameters {
        command.args(["--set", &format!("{name}={value}")]);
    }
    command.arg("--space").arg(space()).arg("--data").arg(store).arg("--out").arg(out);
    command
}
