//! The operations of an architecture graph.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Form;

/// One operation. A sample is a tensor of channels × length, or, after [`Op::Flatten`] or a global pool, of features.
///
/// Sizes that are left out follow the input, so that one block serves at any width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Op {
    /// 1-d convolution: \[C, L\] → \[out, ⌊(L + 2·padding − dilation·(kernel−1) − 1)/stride⌋ + 1\].
    #[serde(rename = "conv1d")]
    Conv1d {
        /// Output channels; those of the input where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        out_channels: Option<usize>,
        /// Bases under the kernel.
        kernel: usize,
        /// Step of the kernel.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        stride: usize,
        /// Zeros on either side.
        #[serde(default, skip_serializing_if = "is_zero")]
        padding: usize,
        /// Distance between two taps.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        dilation: usize,
        /// One group a channel.
        #[serde(default, skip_serializing_if = "is_false")]
        depthwise: bool,
        /// Groups, where not depthwise.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        groups: usize,
        /// With a bias a channel.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        bias: bool,
    },
    /// Batch normalisation over channels (or features), eps 1e-5, momentum 0.1.
    BatchNorm {
        /// With learned scale and shift.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        affine: bool,
        /// Whether scale and shift are also there while a supernet is searched.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        affine_in_search: bool,
    },
    /// Largest value under a window.
    MaxPool {
        /// Bases under the window.
        kernel: usize,
        /// Step of the window.
        stride: usize,
        /// Positions of −∞ on either side.
        #[serde(default, skip_serializing_if = "is_zero")]
        padding: usize,
    },
    /// Mean under a window; padding does not count in the divisor.
    AvgPool {
        /// Bases under the window.
        kernel: usize,
        /// Step of the window.
        stride: usize,
        /// Positions left out on either side.
        #[serde(default, skip_serializing_if = "is_zero")]
        padding: usize,
    },
    /// Largest value of each channel: \[C, L\] → \[C\].
    GlobalMaxPool {},
    /// Mean of each channel: \[C, L\] → \[C\].
    GlobalAvgPool {},
    /// An activation function, value by value.
    Activation {
        /// Which.
        function: Function,
    },
    /// Passes its input on.
    Identity {},
    /// Zeros of the input's channels and ⌈L/stride⌉ positions: the option "no connection".
    Zero {
        /// Step by which the length falls.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        stride: usize,
    },
    /// Dropout of single values in training.
    Dropout {
        /// Probability.
        p: f64,
    },
    /// Dropout of single values while a supernet is trained, with the probability that the plan has for the epoch
    /// ([`Plan::skip_dropout`](crate::message::Plan::skip_dropout)); passes its input on everywhere else.
    SkipDropout {},
    /// Drops the whole input of a sample in training, and scales what stays by 1/(1−p) (Larsson et al. 2017).
    DropPath {
        /// Probability.
        p: f64,
    },
    /// Fully connected: \[F\] → \[out\], or position by position \[F, L\] → \[out, L\].
    Linear {
        /// Output features.
        out_features: usize,
        /// With a bias a feature.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        bias: bool,
        /// Weights drawn from U(−r, r) and biases 0, in place of the default of PyTorch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        init_range: Option<f64>,
    },
    /// LSTM over positions, from a zero state: \[C, L\] → \[hidden · directions, L\]. Two bias vectors, as in PyTorch.
    Lstm {
        /// Units a direction.
        hidden: usize,
        /// Reads both ways.
        #[serde(default, skip_serializing_if = "is_false")]
        bidirectional: bool,
    },
    /// GRU over positions, from a zero state: \[C, L\] → \[hidden · directions, L\]. Two bias vectors, as in PyTorch.
    Gru {
        /// Units a direction.
        hidden: usize,
        /// Reads both ways.
        #[serde(default, skip_serializing_if = "is_false")]
        bidirectional: bool,
    },
    /// Recurrent highway cell over positions, from a zero state: \[H, L\] → \[H, L\]; see [`HighwayCell`].
    Highway(HighwayCell),
    /// Sum of inputs of equal shape.
    Add {},
    /// Channels of all inputs, one after the other.
    Concat {},
    /// How often each word of k bases occurs in the windows that the graph reads: \[4, L\] → \[words\]. Words of A, C, G
    /// and T in the order of the alphabet, 4^k of them. A word over an unknown base is not counted. Constant for the
    /// weights before it, so it reads the graph's input and nothing else.
    KmerSpectrum {
        /// Bases a word, 1 to 8.
        k: usize,
        /// Counts a word and its reverse complement as one, so that both strands of a window have the same counts:
        /// (4^k + p)/2 words, p = 4^(k/2) of them their own reverse complement where k is even, none where it is odd.
        /// Each stands where the earlier of the two would.
        #[serde(default, skip_serializing_if = "is_false")]
        both_strands: bool,
    },
    /// \[C, L\] → \[C·L\], channel by channel.
    Flatten {},
    /// \[C, L\] → \[L, C\].
    Transpose {},
    /// A use of a named block of the graph.
    Block {
        /// Its name.
        block: String,
    },
    /// A decision that is open: the options by name. Only in a space.
    Choice {
        /// The decision. Choices with the same decision are decided together.
        decision: String,
        /// What each option of the decision means here.
        options: BTreeMap<String, Op>,
    },
}

/// Activation functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "named as in the field")]
pub enum Function {
    Relu,
    Tanh,
    Sigmoid,
    Gelu,
    Identity,
}

/// The recurrent highway cell of genomeNAS (after Zilly et al. 2017 and the recurrent cell of Liu et al. 2019).
///
/// With `x_t` the input and `h` the previous output, ⊙ the product by element and σ the logistic function:
///
/// ```text
/// [c, g] = [x_t, h]·W₀     s₀ = h + σ(c)⊙(tanh g − h)
/// ```
///
/// Node i of the cell, with input state `s_j` and activation `f`, is
///
/// ```text
/// [c, g] = s_j·W_i         s_{i+1} = s_j + σ(c)⊙(f(g) − s_j)
/// ```
///
/// In a supernet a node reads all of its edges: with p the weight of activation `f` on the edge from `s_j`,
///
/// ```text
/// s_{i+1} = BN(Σⱼ Σ_f p·(s_j + σ(c_j)⊙(f(g_j) − s_j)))         s₀ is normalised likewise
/// ```
///
/// by one batch norm without scale and shift, over all states and positions.
///
/// The output is the mean of all nodes' states. No biases.
/// Weights are drawn from U(−0.04, 0.04). Parameters: 2H·2H + nodes · H·2H.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HighwayCell {
    /// Nodes after s₀.
    pub nodes: usize,
    /// What feeds each node. In an architecture each node has exactly one edge.
    pub edges: Vec<HighwayEdge>,
    /// Dropout of the input, one mask for all positions.
    #[serde(default)]
    pub input_dropout: f64,
    /// Dropout of the states that enter a matrix, one mask for all positions.
    #[serde(default)]
    pub hidden_dropout: f64,
}

/// An edge of a [`HighwayCell`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HighwayEdge {
    /// The node it enters, counted from 0.
    pub node: usize,
    /// The state it comes from: 0 is s₀, j ≥ 1 the state of node j−1.
    pub input: usize,
    /// Its activation, or the decision about it.
    #[serde(flatten)]
    pub activation: EdgeActivation,
}

/// The activation of a [`HighwayEdge`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EdgeActivation {
    /// Decided.
    Activation(Function),
    /// Open; the options of the decision are names of [`Function`]s, or `none`. Only in a space.
    Decision(String),
}

impl Function {
    /// The function of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "relu" => Self::Relu,
            "tanh" => Self::Tanh,
            "sigmoid" => Self::Sigmoid,
            "gelu" => Self::Gelu,
            "identity" => Self::Identity,
            _ => return None,
        })
    }
}

impl Op {
    /// Convolution without padding and with bias.
    pub const fn conv1d(out_channels: usize, kernel: usize) -> Self {
        Self::Conv1d {
            out_channels: Some(out_channels),
            kernel,
            stride: 1,
            padding: 0,
            dilation: 1,
            depthwise: false,
            groups: 1,
            bias: true,
        }
    }

    /// Rectified linear unit.
    pub const fn relu() -> Self {
        Self::Activation { function: Function::Relu }
    }

    /// Max pooling whose windows do not overlap.
    pub const fn max_pool(kernel: usize) -> Self {
        Self::MaxPool { kernel, stride: kernel, padding: 0 }
    }

    /// Fully connected layer with bias.
    pub const fn linear(out_features: usize) -> Self {
        Self::Linear { out_features, bias: true, init_range: None }
    }

    /// Batch normalisation with scale and shift.
    pub const fn batch_norm() -> Self {
        Self::BatchNorm { affine: true, affine_in_search: true }
    }

    /// Whether it is a batch normalisation that has no learned scale and shift in this form.
    pub const fn is_unscaled_norm(&self, form: Form) -> bool {
        match *self {
            Self::BatchNorm { affine, affine_in_search } => {
                !affine || (matches!(form, Form::Search) && !affine_in_search)
            }
            _ => false,
        }
    }

    /// The name of the operation in files.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Conv1d { .. } => "conv1d",
            Self::BatchNorm { .. } => "batch_norm",
            Self::MaxPool { .. } => "max_pool",
            Self::AvgPool { .. } => "avg_pool",
            Self::GlobalMaxPool {} => "global_max_pool",
            Self::GlobalAvgPool {} => "global_avg_pool",
            Self::Activation { .. } => "activation",
            Self::Identity {} => "identity",
            Self::Zero { .. } => "zero",
            Self::Dropout { .. } => "dropout",
            Self::SkipDropout {} => "skip_dropout",
            Self::DropPath { .. } => "drop_path",
            Self::Linear { .. } => "linear",
            Self::Lstm { .. } => "lstm",
            Self::Gru { .. } => "gru",
            Self::Highway(_) => "highway",
            Self::Add {} => "add",
            Self::Concat {} => "concat",
            Self::KmerSpectrum { .. } => "kmer_spectrum",
            Self::Flatten {} => "flatten",
            Self::Transpose {} => "transpose",
            Self::Block { .. } => "block",
            Self::Choice { .. } => "choice",
        }
    }
}

const fn one() -> usize {
    1
}
const fn yes() -> bool {
    true
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_one(value: &usize) -> bool {
    *value == 1
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_zero(value: &usize) -> bool {
    *value == 0
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_true(value: &bool) -> bool {
    *value
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_false(value: &bool) -> bool {
    !*value
}
