//! The sizes of a genomeNAS space.

use serde_json::{Map, Value};

use crate::parameters::integer_bounds;
use crate::{Error, Parameters, Result};

/// Sizes of a genomeNAS space: the published ones, unless they are changed.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct GenomeNas {
    /// Bases a window.
    #[parameter(skip)]
    pub length: usize,
    /// Outputs.
    #[parameter(skip)]
    pub labels: usize,
    /// Channels of the first cell's nodes.
    #[parameter(default = 8, minimum = 1, maximum = 65_536)]
    pub channels: usize,
    /// Convolutional cells.
    #[parameter(default = 6, minimum = 1, maximum = 24)]
    pub cells: usize,
    /// Nodes of a convolutional cell; each keeps two edges.
    #[parameter(default = 4, minimum = 1, maximum = 16)]
    pub nodes: usize,
    /// How many of its last nodes make a cell's value, one after the other; all of them where absent.
    #[parameter(minimum = 1)]
    pub multiplier: Option<usize>,
    /// Nodes of the highway cell; each keeps one edge.
    #[parameter(default = 8, minimum = 1, maximum = 64)]
    pub rnn_nodes: usize,
    /// Operations of an edge: `none`, `skip_connect`, or `max_pool_K`, `avg_pool_K`, `conv_K`, `sep_conv_K`,
    /// `dil_conv_K` for an odd K.
    #[parameter(default = [
        "none", "max_pool_5", "avg_pool_5", "skip_connect", "sep_conv_15", "sep_conv_9", "dil_conv_15", "dil_conv_9",
        "conv_15",
    ])]
    pub operations: Vec<String>,
    /// Activations of an edge of the highway cell; `none` or a [`Function`](crate::space::Function).
    #[parameter(default = ["none", "tanh", "identity", "sigmoid", "relu"])]
    pub activations: Vec<String>,
    /// Whether normal and reduction cells make the same decisions, which are then called `cell.…`.
    #[parameter(default = false)]
    pub shared_cell: bool,
    /// Whether a node of a convolutional cell has two slots, `….a` and `….b`, in place of an edge from each input. A
    /// slot chooses an input and an operation together, so both may read the same input; its options are called
    /// `0-conv_15` for the operation `conv_15` of the first input.
    #[parameter(default = false)]
    pub free_inputs: bool,
    /// The stem's channels are those of the first cell times this.
    #[parameter(default = 3, minimum = 1, maximum = 1024)]
    pub stem_multiplier: usize,
    /// Probability that training drops the output of an operation other than an identity (final form); below 1.
    #[parameter(default = 0.2, minimum = 0, maximum = 1)]
    pub drop_path: f64,
    /// Dropout before the first linear layer, below 1.
    #[parameter(default = 0.1, minimum = 0, maximum = 1)]
    pub dropout: f64,
    /// Dropout of the highway cell's input, below 1.
    #[parameter(default = 0.1, minimum = 0, maximum = 1)]
    pub input_dropout: f64,
    /// Dropout of the highway cell's states, below 1.
    #[parameter(default = 0.05, minimum = 0, maximum = 1)]
    pub hidden_dropout: f64,
    /// Features of the first linear layer.
    #[parameter(default = 925, minimum = 1, maximum = 16_777_216)]
    pub decoder_features: usize,
}

impl GenomeNas {
    /// The published sizes for windows of `length` bases and `labels` outputs.
    pub fn new(length: usize, labels: usize) -> Self {
        Self { length, labels, ..Self::default() }
    }

    /// The sizes that `settings` name, and the published ones of the others. A list may be one text with commas, as in a
    /// flag.
    ///
    /// # Errors
    ///
    /// A name that is not known, or a value of another type or out of range.
    pub fn from_settings(length: usize, labels: usize, settings: &Map<String, Value>) -> Result<Self> {
        let mut settings = settings.clone();
        for list in ["operations", "activations"] {
            if let Some(Value::String(text)) = settings.get(list) {
                let names: Vec<&str> = text.split(',').map(str::trim).collect();
                let names = names.into();
                settings.insert(list.to_owned(), names);
            }
        }
        let sizes = Self::from_map(&settings).map_err(|error| error.context("the space 'genomenas'"))?;
        Ok(Self { length, labels, ..sizes })
    }

    /// Refuses sizes that make no space, wherever they come from.
    pub(super) fn check(&self) -> Result<()> {
        let most = |name: &str| integer_bounds(Self::FIELDS, name).map_or(u64::MAX, |(_, most)| most);
        for (what, value, most) in [
            ("length", self.length, 1 << 30),
            ("labels", self.labels, 1 << 24),
            ("channels", self.channels, most("channels")),
            ("cells", self.cells, most("cells")),
            ("nodes", self.nodes, most("nodes")),
            ("multiplier", self.multiplier.unwrap_or(1), self.nodes as u64),
            ("rnn_nodes", self.rnn_nodes, most("rnn_nodes")),
            ("stem_multiplier", self.stem_multiplier, most("stem_multiplier")),
            ("decoder_features", self.decoder_features, most("decoder_features")),
        ] {
            if value == 0 || value as u64 > most {
                return Err(Error::invalid(format!("the genomenas space has {what} = {value}: expected 1 to {most}")));
            }
        }
        // Options name all inputs of their node, so a node that nothing uses would stay.
        if let Some(multiplier) = self.multiplier.filter(|&last| self.free_inputs && last < self.nodes) {
            let nodes = self.nodes;
            return Err(Error::invalid(format!(
                "the genomenas space has free_inputs and multiplier = {multiplier}: expected all {nodes} nodes in a cell's value, so leave multiplier out"
            )));
        }
        for (what, p) in [
            ("drop_path", self.drop_path),
            ("dropout", self.dropout),
            ("input_dropout", self.input_dropout),
            ("hidden_dropout", self.hidden_dropout),
        ] {
            if !(0.0..1.0).contains(&p) {
                return Err(Error::invalid(format!("the genomenas space has {what} = {p}: expected 0 ≤ p < 1")));
            }
        }
        Ok(())
    }
}
