//! Parts that several published networks share.

use super::Baseline;
use crate::Parameters;
use crate::space::{ArchitectureBuilder, Op};

/// The second half of DanQ (Quang & Xie 2016), which NCNet (Zhang et al. 2019) has behind its residual blocks: max pool
/// 13, dropout, a bidirectional LSTM, flattened position by position, dropout, a dense layer with ReLU, and the output.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct DanqHead {
    /// Factor of all filters and hidden units.
    #[parameter(default = 1.0, minimum = 0.001, maximum = 100)]
    pub width: f64,
    /// Dropout after the convolution.
    #[parameter(default = 0.2, minimum = 0, maximum = 0.99)]
    pub dropout: f64,
    /// Dropout after the LSTM.
    #[parameter(default = 0.5, minimum = 0, maximum = 0.99)]
    pub last_dropout: f64,
}

impl DanqHead {
    /// Bases under the pool, and the fewest positions that may enter.
    pub const POOL: usize = 13;

    /// A published count of filters or units at this width.
    pub fn scaled(&self, published: usize) -> usize {
        Baseline::scaled(published, self.width)
    }

    /// Adds it to a network: channels × at least [`Self::POOL`] positions become `labels` outputs.
    pub fn add_to(&self, net: &mut ArchitectureBuilder, labels: usize) {
        net.then("pool", Op::max_pool(Self::POOL)).then("dropout1", Op::Dropout { p: self.dropout });
        net.then("lstm", Op::Lstm { hidden: self.scaled(320), bidirectional: true });
        // Position by position, as the published network flattens.
        net.then("by_position", Op::Transpose {}).then("flat", Op::Flatten {});
        net.then("dropout2", Op::Dropout { p: self.last_dropout });
        net.then("dense", Op::linear(self.scaled(925))).then("relu2", Op::relu()).then("out", Op::linear(labels));
    }
}
