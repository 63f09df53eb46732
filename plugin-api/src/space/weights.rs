//! The names and shapes of what a network keeps: its alphas and weights, then the running statistics of its batch norms.
//!
//! The host names what it trains and saves like this, so a simulation knows what a trial finds in the weights of another.

use super::{Form, LayerOp, Layers, Op, Shape, Source};

impl Layers {
    /// The names and shapes of all alphas and weights, in the order of the layers, and then of all running statistics.
    pub fn weights(&self) -> impl Iterator<Item = (String, Shape)> {
        let mut weights = Vec::new();
        let mut statistics = Vec::new();
        for decision in &self.decisions {
            let alpha = |option| (format!("alphas.{}.{option}", decision.id), Vec::new());
            weights.extend(decision.options.iter().map(alpha));
        }
        for layer in &self.layers {
            let LayerOp::Op(op) = &layer.op else { continue };
            let input = match layer.inputs.first() {
                Some(Source::Layer(at)) => &self.layers[*at].shape,
                _ => &self.input,
            };
            let name = |what: &str| format!("{}.{what}", layer.name);
            let channels = input.first().copied().unwrap_or_default();
            match op {
                Op::Conv1d { kernel, depthwise, groups, bias, .. } => {
                    let out = layer.shape[0];
                    let groups = if *depthwise { channels } else { *groups };
                    weights.push((name("weight"), vec![out, channels / groups.max(1), *kernel]));
                    weights.extend(bias.then(|| (name("bias"), vec![out])));
                }
                Op::Linear { out_features, bias, .. } => {
                    weights.push((name("weight"), vec![*out_features, channels]));
                    weights.extend(bias.then(|| (name("bias"), vec![*out_features])));
                }
                Op::BatchNorm { .. } => {
                    if !op.is_unscaled_norm(self.form) {
                        weights.extend(["weight", "bias"].map(|what| (name(what), vec![channels])));
                    }
                    statistics.extend(["running_mean", "running_var"].map(|what| (name(what), vec![channels])));
                }
                Op::Lstm { hidden, bidirectional } => {
                    weights.extend(recurrent(&name, 4, *hidden, channels, *bidirectional));
                }
                Op::Gru { hidden, bidirectional } => {
                    weights.extend(recurrent(&name, 3, *hidden, channels, *bidirectional));
                }
                Op::Highway(cell) => {
                    weights.push((name("w0"), vec![2 * channels, 2 * channels]));
                    weights
                        .extend((0..cell.nodes).map(|node| (name(&format!("w.{node}")), vec![channels, 2 * channels])));
                    if self.form == Form::Search {
                        statistics
                            .extend(["norm.running_mean", "norm.running_var"].map(|what| (name(what), vec![channels])));
                    }
                }
                _ => {}
            }
        }
        weights.into_iter().chain(statistics)
    }
}

/// As in PyTorch: for each direction the matrices of the input and of the state, and two biases.
fn recurrent(
    name: &dyn Fn(&str) -> String,
    gates: usize,
    hidden: usize,
    channels: usize,
    bidirectional: bool,
) -> Vec<(String, Shape)> {
    let gates = gates * hidden;
    let directions = ["", "_reverse"].into_iter().take(if bidirectional { 2 } else { 1 });
    let of = |direction: &str| {
        [
            ("weight_ih", vec![gates, channels]),
            ("weight_hh", vec![gates, hidden]),
            ("bias_ih", vec![gates]),
            ("bias_hh", vec![gates]),
        ]
        .map(|(kind, shape)| (name(&format!("{kind}_l0{direction}")), shape))
    };
    directions.flat_map(of).collect()
}
