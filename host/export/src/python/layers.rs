//! The lines of a `model.py` for each layer.

use std::collections::BTreeSet;

use genomenas_data::error::Result;
use genomenas_plugin::space::{Form, Function, Layer, Op};

use super::names::Names;
use super::values::{Values, passes_on};
use crate::network::{Network, nodes, op_of, unknown};

/// What a file holds where a layer needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Highway,
    Spectrum,
    DropPath,
    ByPosition,
}

/// The lines of a network.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Of the constructor.
    pub(super) modules: Vec<String>,
    /// Of `forward`.
    pub(super) forward: Vec<String>,
    /// The attribute and the layer of each module with weights.
    pub(super) weights_of: Vec<(String, String)>,
    /// What they need.
    pub(super) parts: BTreeSet<Part>,
}

/// How a layer is written.
enum Written {
    /// By a module: its constructor, and how it is called.
    Module(String, Called),
    /// As an expression of its inputs.
    Expression(String),
}

/// How a module is called.
enum Called {
    Plain,
    /// With positions as the last axis.
    Transposed,
    /// With positions as the first axis.
    ByPosition,
}

impl Lines {
    pub(super) fn of(network: &Network) -> Result<Self> {
        let mut lines = Self::default();
        let mut names = Names::default();
        let mut values = Values::of(network)?;
        for (at, layer) in network.computed() {
            let op = op_of(layer)?;
            if passes_on(op, layer.inputs.len()) {
                continue;
            }
            let inputs: Vec<String> = layer.inputs.iter().map(|source| values.name(*source)).collect();
            let expression = match lines.written(network, layer, op, &inputs)? {
                Written::Expression(expression) => format!("{expression}  # {}", layer.name),
                Written::Module(made, called) => {
                    let attribute = names.like(&layer.name, "_layer");
                    lines.modules.push(format!("self.{attribute} = {made}"));
                    if has_weights(op) {
                        lines.weights_of.push((attribute.clone(), layer.name.clone()));
                    }
                    let input = inputs.first().map(String::as_str).unwrap_or_default();
                    match called {
                        Called::Plain => format!("self.{attribute}({input})"),
                        Called::Transposed => format!("self.{attribute}({input}.transpose(1, 2)).transpose(1, 2)"),
                        Called::ByPosition => format!("by_position(self.{attribute}, {input})"),
                    }
                }
            };
            let name = values.assigned(at, network, &mut names);
            lines.forward.push(format!("{name} = {expression}"));
        }
        lines.forward.push(format!("return {}", values.name(network.layers.output)));
        lines.unread(network, &mut names)?;
        Ok(lines)
    }

    /// Modules of layers that are not computed, whose weights the file holds.
    fn unread(&mut self, network: &Network, names: &mut Names) -> Result<()> {
        let computed: BTreeSet<usize> = network.computed().map(|(at, _)| at).collect();
        for (at, layer) in network.layers.layers.iter().enumerate() {
            let op = op_of(layer)?;
            if computed.contains(&at) || !has_weights(op) {
                continue;
            }
            if let Written::Module(made, _) = self.written(network, layer, op, &[])? {
                let attribute = names.like(&layer.name, "_layer");
                self.modules.push(format!("self.{attribute} = {made}  # nothing reads it"));
                self.weights_of.push((attribute, layer.name.clone()));
            }
        }
        Ok(())
    }

    fn written(&mut self, network: &Network, layer: &Layer, op: &Op, inputs: &[String]) -> Result<Written> {
        let shape = network.input_of(layer);
        let channels = shape.first().copied().unwrap_or_default();
        let input = inputs.first().map(String::as_str).unwrap_or_default();
        let expression = |text: String| Ok(Written::Expression(text));
        let module = |made: String| Ok(Written::Module(made, Called::Plain));
        match op {
            &Op::Conv1d { kernel, stride, padding, dilation, depthwise, groups, bias, .. } => {
                let out = layer.shape.first().copied().unwrap_or_default();
                let mut made = format!("nn.Conv1d({channels}, {out}, {kernel}");
                let groups = if depthwise { channels } else { groups };
                for (name, value, usual) in
                    [("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1), ("groups", groups, 1)]
                {
                    if value != usual {
                        made.extend([", ", name, "=", &value.to_string()]);
                    }
                }
                module(made + unbiased(bias) + ")")
            }
            &Op::Linear { out_features, bias, .. } => {
                let made = format!("nn.Linear({channels}, {out_features}{})", unbiased(bias));
                Ok(Written::Module(made, if shape.len() == 2 { Called::Transposed } else { Called::Plain }))
            }
            Op::BatchNorm { .. } if op.is_unscaled_norm(Form::Final) => {
                module(format!("nn.BatchNorm1d({channels}, affine=False)"))
            }
            Op::BatchNorm { .. } => module(format!("nn.BatchNorm1d({channels})")),
            &Op::Lstm { hidden, bidirectional } => Ok(self.recurrent("LSTM", channels, hidden, bidirectional)),
            &Op::Gru { hidden, bidirectional } => Ok(self.recurrent("GRU", channels, hidden, bidirectional)),
            Op::Highway(cell) => {
                self.parts.insert(Part::Highway);
                let edge = |(state, function): (usize, Function)| {
                    let name = function_name(function).ok_or_else(|| unknown(layer, op))?;
                    Ok(format!("({state}, \"{name}\")"))
                };
                let edges: Vec<String> = nodes(cell, &layer.name)?.into_iter().map(edge).collect::<Result<_>>()?;
                let (input, hidden) = (cell.input_dropout, cell.hidden_dropout);
                module(format!("Highway({channels}, [{}], {input:?}, {hidden:?})", edges.join(", ")))
            }
            Op::KmerSpectrum { k, both_strands } => {
                self.parts.insert(Part::Spectrum);
                let both = if *both_strands { "True" } else { "False" };
                module(format!("KmerSpectrum({k}, both_strands={both})"))
            }
            Op::Dropout { p } => module(format!("nn.Dropout({p:?})")),
            Op::DropPath { p } => {
                self.parts.insert(Part::DropPath);
                module(format!("DropPath({p:?})"))
            }
            Op::MaxPool { kernel, stride, padding } => {
                expression(format!("F.max_pool1d({input}, {kernel}, stride={stride}, padding={padding})"))
            }
            Op::AvgPool { kernel, stride, padding } => expression(format!(
                "F.avg_pool1d({input}, {kernel}, stride={stride}, padding={padding}, count_include_pad=False)"
            )),
            Op::GlobalMaxPool {} => expression(format!("{input}.amax(2)")),
            Op::GlobalAvgPool {} => expression(format!("{input}.mean(2)")),
            Op::Activation { function } => {
                let name = function_name(*function).ok_or_else(|| unknown(layer, op))?;
                let of = if *function == Function::Gelu { "F" } else { "torch" };
                expression(format!("{of}.{name}({input})"))
            }
            Op::Zero { .. } => {
                let sizes: Vec<String> = layer.shape.iter().map(usize::to_string).collect();
                expression(format!("x.new_zeros(x.shape[0], {})", sizes.join(", ")))
            }
            Op::Add {} => expression(inputs.join(" + ")),
            Op::Concat {} => expression(format!("torch.cat([{}], 1)", inputs.join(", "))),
            Op::Flatten {} => expression(format!("{input}.flatten(1)")),
            Op::Transpose {} => expression(format!("{input}.transpose(1, 2)")),
            _ => Err(unknown(layer, op)),
        }
    }

    fn recurrent(&mut self, kind: &str, channels: usize, hidden: usize, bidirectional: bool) -> Written {
        self.parts.insert(Part::ByPosition);
        let both = if bidirectional { ", bidirectional=True" } else { "" };
        Written::Module(format!("nn.{kind}({channels}, {hidden}{both})"), Called::ByPosition)
    }
}

const fn unbiased(bias: bool) -> &'static str {
    if bias { "" } else { ", bias=False" }
}

const fn has_weights(op: &Op) -> bool {
    matches!(
        op,
        Op::Conv1d { .. }
            | Op::Linear { .. }
            | Op::BatchNorm { .. }
            | Op::Lstm { .. }
            | Op::Gru { .. }
            | Op::Highway(_)
    )
}

const fn function_name(function: Function) -> Option<&'static str> {
    Some(match function {
        Function::Relu => "relu",
        Function::Tanh => "tanh",
        Function::Sigmoid => "sigmoid",
        Function::Gelu => "gelu",
        Function::Identity => "identity",
        _ => return None,
    })
}
