//! The blocks of NCNet (after He et al. 2016, arXiv:1512.03385): convolutions whose input is added to their output.

use genomenas_plugin::prelude::*;

/// A residual block of two convolutions of 26 bases. The first shortens by one position and the second lengthens by
/// one, because no padding keeps the length under an even kernel.
pub(super) fn residual(net: &mut ArchitectureBuilder, name: &str, filters: usize) {
    let input = net.last().to_owned();
    normalised(net, &format!("{name}_conv1"), padded(filters, 26, 12, true));
    net.then(&format!("{name}_relu1"), Op::relu());
    normalised(net, &format!("{name}_conv2"), padded(filters, 26, 13, true));
    let body = net.last().to_owned();
    join(net, name, &body, &input);
}

/// A bottleneck block: a narrow convolution of 15 bases between two of 1 base, none with a bias. With `projects`, the
/// input passes a convolution of 1 base on its way to the sum, because the block has more filters than its input.
pub(super) fn bottleneck(net: &mut ArchitectureBuilder, name: &str, inner: usize, filters: usize, projects: bool) {
    let input = net.last().to_owned();
    normalised(net, &format!("{name}_conv1"), padded(inner, 1, 0, false));
    net.then(&format!("{name}_relu1"), Op::relu());
    normalised(net, &format!("{name}_conv2"), padded(inner, 15, 7, false));
    net.then(&format!("{name}_relu2"), Op::relu());
    normalised(net, &format!("{name}_conv3"), padded(filters, 1, 0, false));
    let body = net.last().to_owned();
    if !projects {
        return join(net, name, &body, &input);
    }
    let shortcut = format!("{name}_shortcut");
    net.add(&shortcut, padded(filters, 1, 0, false), &[&input]);
    net.then(&format!("{shortcut}_norm"), Op::batch_norm());
    join(net, name, &body, &format!("{shortcut}_norm"));
}

/// An operation and its batch normalisation.
pub(super) fn normalised(net: &mut ArchitectureBuilder, name: &str, op: Op) {
    net.then(name, op).then(&format!("{name}_norm"), Op::batch_norm());
}

/// Adds what the block read to what it computed.
fn join(net: &mut ArchitectureBuilder, name: &str, body: &str, shortcut: &str) {
    net.add(&format!("{name}_sum"), Op::Add {}, &[body, shortcut]).then(&format!("{name}_relu"), Op::relu());
}

fn padded(filters: usize, kernel: usize, padding: usize, bias: bool) -> Op {
    Op::Conv1d {
        out_channels: Some(filters),
        kernel,
        stride: 1,
        padding,
        dilation: 1,
        depthwise: false,
        groups: 1,
        bias,
    }
}
