//! The operations of an edge of a convolutional cell, by name: each maps C channels to C, and L positions to ⌈L/stride⌉.
//!
//! In a supernet, normalisation has no scale and shift, pools are normalised, and identities have a dropout; in an
//! architecture, whatever is not an identity has drop path.

use crate::space::{Block, Form, Node, Op};
use crate::{Error, Result};

/// The largest kernel.
const MAX_KERNEL: usize = 10_001;

/// A use of the operation called `name`.
pub(super) fn operation(name: &str, stride: usize) -> Op {
    match name {
        "none" => Op::Zero { stride },
        _ => Op::Block { block: block_name(name, stride) },
    }
}

/// The name of an operation's block.
pub(super) fn block_name(name: &str, stride: usize) -> String {
    format!("{name}_stride_{stride}")
}

/// The block of an operation, or `None` for one that is a single node.
pub(super) fn block(name: &str, stride: usize, drop_path: f64) -> Result<Option<Block>> {
    let mut chain = Chain(Vec::new());
    match parse(name)? {
        Operation::None => return Ok(None),
        Operation::Skip if stride == 1 => {
            chain.only("dropout", Op::SkipDropout {}, Form::Search);
            return Ok(Some(chain.block()));
        }
        Operation::Skip => {
            chain.then("relu", Op::relu()).then("conv", conv(1, stride, false, 1)).then("norm", searched_norm());
        }
        Operation::MaxPool(kernel) => {
            chain.then("pool", Op::MaxPool { kernel, stride, padding: kernel / 2 });
            chain.only("norm", unlearned_norm(), Form::Search);
        }
        Operation::AvgPool(kernel) => {
            chain.then("pool", Op::AvgPool { kernel, stride, padding: kernel / 2 });
            chain.only("norm", unlearned_norm(), Form::Search);
        }
        Operation::Conv(kernel) => {
            for (part, stride) in [("1", stride), ("2", 1)] {
                chain.then(&format!("relu{part}"), Op::relu());
                chain.then(&format!("conv{part}"), conv(kernel, stride, false, 1));
                chain.then(&format!("norm{part}"), searched_norm());
            }
        }
        Operation::Separable(kernel) => {
            for (part, stride) in [("1", stride), ("2", 1)] {
                chain.then(&format!("relu{part}"), Op::relu());
                chain.then(&format!("depthwise{part}"), conv(kernel, stride, true, 1));
                chain.then(&format!("pointwise{part}"), conv(1, 1, false, 1));
                chain.then(&format!("norm{part}"), searched_norm());
            }
        }
        Operation::Dilated(kernel) => {
            chain.then("relu", Op::relu());
            chain.then("depthwise", conv(kernel, stride, true, 2));
            chain.then("pointwise", conv(1, 1, false, 1)).then("norm", searched_norm());
        }
    }
    if drop_path > 0.0 {
        chain.only("drop_path", Op::DropPath { p: drop_path }, Form::Final);
    }
    Ok(Some(chain.block()))
}

/// Batch normalisation that learns scale and shift in an architecture, and not in a supernet.
pub(super) const fn searched_norm() -> Op {
    Op::BatchNorm { affine: true, affine_in_search: false }
}

const fn unlearned_norm() -> Op {
    Op::BatchNorm { affine: false, affine_in_search: false }
}

enum Operation {
    None,
    Skip,
    MaxPool(usize),
    AvgPool(usize),
    Conv(usize),
    Separable(usize),
    Dilated(usize),
}

fn parse(name: &str) -> Result<Operation> {
    let unknown = || {
        Error::invalid(format!(
            "'{name}' is not an operation of the genomenas space: expected none, skip_connect, or max_pool_K, avg_pool_K, conv_K, sep_conv_K or dil_conv_K with an odd K"
        ))
    };
    match name {
        "none" => return Ok(Operation::None),
        "skip_connect" => return Ok(Operation::Skip),
        _ => {}
    }
    let (kind, digits) = name.rsplit_once('_').ok_or_else(unknown)?;
    let kernel: usize = digits.parse().map_err(|_| unknown())?;
    // An even kernel has no symmetric padding that keeps ⌈L/stride⌉ positions.
    if kernel.is_multiple_of(2) || kernel > MAX_KERNEL {
        return Err(unknown());
    }
    Ok(match kind {
        "max_pool" => Operation::MaxPool(kernel),
        "avg_pool" => Operation::AvgPool(kernel),
        "conv" => Operation::Conv(kernel),
        "sep_conv" => Operation::Separable(kernel),
        "dil_conv" => Operation::Dilated(kernel),
        _ => return Err(unknown()),
    })
}

/// A convolution without bias that keeps the channels.
const fn conv(kernel: usize, stride: usize, depthwise: bool, dilation: usize) -> Op {
    let padding = dilation * (kernel / 2);
    Op::Conv1d { out_channels: None, kernel, stride, padding, dilation, depthwise, groups: 1, bias: false }
}

/// A block of nodes one after the other.
struct Chain(Vec<Node>);

impl Chain {
    fn then(&mut self, name: &str, op: Op) -> &mut Self {
        self.only(name, op, Form::Both)
    }

    fn only(&mut self, name: &str, op: Op, form: Form) -> &mut Self {
        let input = self.0.last().map_or("x", |node| &node.name).to_owned();
        self.0.push(Node::new(name, op, &[&input]).only_in(form));
        self
    }

    fn block(self) -> Block {
        let output = self.0.last().map_or_else(|| "x".to_owned(), |node| node.name.clone());
        Block { inputs: vec!["x".to_owned()], nodes: self.0, output }
    }
}
