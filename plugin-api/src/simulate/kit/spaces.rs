//! Runs on small spaces, which are quick to simulate.

use super::good;
use crate::Result;
use crate::simulate::Simulation;
use crate::space::{GenomeNas, Space};

/// Two cells of three and four options without a highway cell. The first cell is always there, of the two edges of the
/// second one is kept; `none` is only in a supernet.
pub(crate) const TWO_CELLS: &str = r#"
version = 1
name = "two cells"
input = [4, 50]
output = "out"
decisions = [
    { id = "first", options = ["narrow", "middle", "wide"] },
    { id = "second.0", options = ["none", "skip_connect", "narrow", "wide"], search_only = ["none"] },
    { id = "second.1", options = ["none", "skip_connect", "narrow", "wide"], search_only = ["none"] },
]
rules = [{ of = ["second.0", "second.1"], keep = 1 }]

[[nodes]]
name = "stem"
inputs = ["input"]
op = { type = "conv1d", out_channels = 6, kernel = 5, padding = 2 }

[[nodes]]
name = "cell1"
inputs = ["stem"]
op = { type = "choice", decision = "first", options = { narrow = { type = "conv1d", kernel = 3, padding = 1 }, middle = { type = "conv1d", kernel = 7, padding = 3 }, wide = { type = "conv1d", kernel = 15, padding = 7 } } }

[[nodes]]
name = "from_stem"
inputs = ["stem"]
op = { type = "choice", decision = "second.0", options = { none = { type = "zero" }, skip_connect = { type = "skip_dropout" }, narrow = { type = "conv1d", kernel = 3, padding = 1 }, wide = { type = "conv1d", kernel = 15, padding = 7 } } }

[[nodes]]
name = "from_cell1"
inputs = ["cell1"]
op = { type = "choice", decision = "second.1", options = { none = { type = "zero" }, skip_connect = { type = "skip_dropout" }, narrow = { type = "conv1d", kernel = 3, padding = 1 }, wide = { type = "conv1d", kernel = 15, padding = 7 } } }

[[nodes]]
name = "cell2"
inputs = ["from_stem", "from_cell1"]
op = { type = "add" }

[[nodes]]
name = "both"
inputs = ["cell1", "cell2"]
op = { type = "concat" }

[[nodes]]
name = "pool"
inputs = ["both"]
op = { type = "global_max_pool" }

[[nodes]]
name = "out"
inputs = ["pool"]
op = { type = "linear", out_features = 2 }
"#;

/// A network without a choice.
pub(crate) const FIXED: &str = r#"
version = 1
name = "nothing to decide"
input = [4, 50]
output = "out"
decisions = []
nodes = [
    { name = "pool", inputs = ["input"], op = { type = "global_max_pool" } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

/// Two choices of two options.
pub(crate) const FOUR: &str = r#"
version = 1
name = "four"
input = [4, 50]
output = "out"
decisions = [{ id = "first", options = ["wide", "narrow"] }, { id = "second", options = ["max", "mean"] }]
nodes = [
    { name = "conv", inputs = ["input"], op = { type = "choice", decision = "first", options = { wide = { type = "conv1d", kernel = 9, padding = 4 }, narrow = { type = "conv1d", kernel = 3, padding = 1 } } } },
    { name = "pool", inputs = ["conv"], op = { type = "choice", decision = "second", options = { max = { type = "global_max_pool" }, mean = { type = "global_avg_pool" } } } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

/// One choice of three options.
pub(crate) const ONE: &str = r#"
version = 1
name = "one decision"
input = [4, 50]
output = "out"
decisions = [{ id = "only", options = ["narrow", "middle", "wide"] }]
nodes = [
    { name = "conv", inputs = ["input"], op = { type = "choice", decision = "only", options = { narrow = { type = "conv1d", kernel = 3, padding = 1 }, middle = { type = "conv1d", kernel = 7, padding = 3 }, wide = { type = "conv1d", kernel = 15, padding = 7 } } } },
    { name = "pool", inputs = ["conv"], op = { type = "global_max_pool" } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

/// Three convolutions of eight kernels. The names of the options and the options are filled in.
const THREE: &str = r#"
version = 1
name = "three convolutions"
input = [4, 40]
output = "out"
decisions = [{ id = "a", options = [NAMES] }, { id = "b", options = [NAMES] }, { id = "c", options = [NAMES] }]
nodes = [
    { name = "a", inputs = ["input"], op = { type = "choice", decision = "a", options = { OPTIONS } } },
    { name = "b", inputs = ["a"], op = { type = "choice", decision = "b", options = { OPTIONS } } },
    { name = "c", inputs = ["b"], op = { type = "choice", decision = "c", options = { OPTIONS } } },
    { name = "pool", inputs = ["c"], op = { type = "global_max_pool" } },
    { name = "out", inputs = ["pool"], op = { type = "linear", out_features = 2 } },
]
"#;

/// A run on a space.
///
/// # Panics
///
/// There is an error in place of the space, or the space is not valid.
#[track_caller]
pub fn on(space: Result<Space>) -> Simulation {
    good(space.and_then(Simulation::new))
}

/// A run on the published space of genomeNAS, for windows of 100 bases.
pub fn genomenas() -> Simulation {
    on(GenomeNas::new(100, 3).space())
}

/// A run on a tiny space of genomeNAS: one convolutional cell of two nodes, a highway cell of two, 100 bases.
pub fn tiny_genomenas() -> Simulation {
    on(GenomeNas { cells: 1, nodes: 2, rnn_nodes: 2, ..GenomeNas::new(100, 3) }.space())
}

/// A run on a small space of genomeNAS: two convolutional cells of two nodes each, a highway cell of three, 60 bases.
pub fn small_genomenas() -> Simulation {
    on(small_genomenas_space())
}

pub(crate) fn small_genomenas_space() -> Result<Space> {
    GenomeNas { cells: 2, nodes: 2, rnn_nodes: 3, ..GenomeNas::new(60, 2) }.space()
}

/// A run on a space of two cells, one of which keeps one of two edges. It has the options `none`, which is only in a
/// supernet, and `skip_connect`.
pub fn two_cells() -> Simulation {
    on(Space::from_text(TWO_CELLS))
}

/// A run on a space without decisions.
pub fn no_decisions() -> Simulation {
    on(Space::from_text(FIXED))
}

/// A run on a space of four architectures.
pub fn four_architectures() -> Simulation {
    on(Space::from_text(FOUR))
}

/// A run on a space of 512 architectures: three convolutions, each of one of eight kernels.
pub fn three_convolutions() -> Simulation {
    on(Space::from_text(&three()))
}

pub(crate) fn three() -> String {
    let each = |write: fn(usize) -> String| (1..=8).map(write).collect::<Vec<_>>().join(", ");
    let names = each(|half| format!("\"k{half}\""));
    let options = each(|half| {
        format!("k{half} = {{ type = \"conv1d\", kernel = {}, padding = {half}, depthwise = true }}", 2 * half + 1)
    });
    THREE.replace("NAMES", &names).replace("OPTIONS", &options)
}
