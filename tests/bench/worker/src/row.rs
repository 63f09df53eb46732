//! What a row of the benchmarks asks for, as a network and a plan.

use genomenas_data::Device;
use genomenas_plugin::Parameters;
use genomenas_plugin::differentiable::SupernetSettings;
use genomenas_plugin::message::{Algorithm, Clip, Optimizer, Order, Plan, Task};
use genomenas_plugin::space::{Architecture, GenomeNas, INPUT, Layers, Mask, Selection, Space};
use genomenas_torch::device;
use genomenas_torch::train::bench::Work;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Result;

/// A row as the driver sends it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    /// What is repeated: `weights`, `alphas`, `score`, or the name of a part.
    pub(crate) work: String,
    /// 1 or 2, of architecture steps.
    #[serde(default = "one")]
    order: u8,
    /// Sizes of a genomeNAS space, or the settings of a baseline.
    #[serde(default)]
    sizes: Map<String, Value>,
    #[serde(default)]
    baseline: String,
    #[serde(default)]
    pub(crate) length: usize,
    #[serde(default = "one")]
    pub(crate) labels: usize,
    #[serde(default = "one")]
    pub(crate) batch: u32,
    /// What remains of the decisions of a supernet.
    #[serde(default)]
    mask: Option<Mask>,
    /// What an architecture chooses.
    #[serde(default)]
    selection: Option<Selection>,
    /// Units of a cell.
    #[serde(default)]
    hidden: usize,
    /// Rows of a part.
    #[serde(default)]
    pub(crate) rows: usize,
    /// Whether anything is dropped.
    #[serde(default = "yes")]
    dropout: bool,
    /// Whether the optimizers keep gradients as they are: SGD with momentum, whose moments are the gradients after one
    /// step.
    #[serde(default)]
    plain: bool,
    #[serde(default)]
    pub(crate) seed: u64,
    /// Where a network computes.
    #[serde(default = "cpu")]
    device: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Supernet,
    Final,
    Cell,
    Baseline,
    Part,
}

fn one<T: From<u8>>() -> T {
    T::from(1)
}

fn cpu() -> String {
    "cpu".to_owned()
}

const fn yes() -> bool {
    true
}

impl Row {
    pub(crate) fn work(&self) -> Work {
        match self.work.as_str() {
            "alphas" => Work::Alphas,
            "score" => Work::Score,
            _ => Work::Weights,
        }
    }

    /// The device, which must be there.
    pub(crate) fn device(&self) -> Result<Device> {
        Ok(device::resolve(self.device.parse()?)?)
    }

    /// The network, and how it is trained.
    pub(crate) fn network(&self) -> Result<(Layers, Plan)> {
        let (layers, plan) = match self.kind {
            Kind::Supernet => (self.masked(self.space()?)?.supernet_layers()?, self.supernet_plan()),
            Kind::Final => (self.architecture(&self.space()?)?.layers()?, genomenas::spec::recipe::default()),
            Kind::Cell if self.selection.is_some() => {
                (self.architecture(&self.cell_space()?)?.layers()?, Plan::default())
            }
            Kind::Cell => (self.masked(self.cell_space()?)?.supernet_layers()?, Plan::default()),
            Kind::Baseline => {
                let (architecture, plan) = self.baseline()?;
                (architecture.layers()?, plan)
            }
            Kind::Part => return Err("a part has no network".into()),
        };
        Ok((layers, self.adapted(plan)))
    }

    fn space(&self) -> Result<Space> {
        let mut sizes = GenomeNas::from_settings(self.length, self.labels, &self.sizes)?;
        if !self.dropout {
            sizes = GenomeNas { drop_path: 0.0, dropout: 0.0, input_dropout: 0.0, hidden_dropout: 0.0, ..sizes };
        }
        Ok(sizes.space()?)
    }

    /// A space of the highway cell alone, on `hidden` channels.
    fn cell_space(&self) -> Result<Space> {
        let mut space = self.space()?;
        space.graph.input = [self.hidden, self.length];
        space.graph.blocks.clear();
        space.graph.nodes.retain(|node| node.name == "rnn");
        for node in &mut space.graph.nodes {
            node.inputs = vec![INPUT.to_owned()];
        }
        "rnn".clone_into(&mut space.graph.output);
        space.decisions.retain(|decision| decision.id.starts_with("rnn."));
        space.rules.retain(|rule| rule.of.iter().all(|id| id.starts_with("rnn.")));
        space.validate()?;
        Ok(space)
    }

    fn masked(&self, space: Space) -> Result<Space> {
        Ok(match &self.mask {
            None => space,
            Some(mask) => space.masked(mask)?,
        })
    }

    fn architecture(&self, space: &Space) -> Result<Architecture> {
        let selection = self.selection.as_ref().ok_or("an architecture without a selection")?;
        Ok(space.architecture(selection)?)
    }

    /// That of DARTS: its parameters are those of the family but for rates, which change no time.
    fn supernet_plan(&self) -> Plan {
        let order = if self.order == 2 { Order::Second { weight_decay: 5e-7 } } else { Order::First };
        SupernetSettings::default().plan(25, 0, order, Some(0.25))
    }

    fn baseline(&self) -> Result<(Architecture, Plan)> {
        let mut settings = self.sizes.clone();
        if !self.dropout {
            let names: &[&str] = match self.baseline.as_str() {
                "lstm" | "deepvirfinder" => &["dropout"],
                _ => &["dropout", "last_dropout"],
            };
            settings.extend(names.iter().map(|&name| (name.to_owned(), 0.0.into())));
        }
        let (length, labels, task) = (self.length, self.labels, Task::MultiLabel);
        Ok(match self.baseline.as_str() {
            "deepsea" => {
                let settings = deepsea::Settings::from_map(&settings)?;
                (deepsea::architecture(&settings, length, labels)?, deepsea::plan(&settings, task, true))
            }
            "danq" => {
                let settings = danq::Settings::from_map(&settings)?;
                (danq::architecture(&settings, length, labels)?, danq::plan(&settings, task, true))
            }
            "ncnet-rr" | "ncnet-brr" => {
                let settings = ncnet::Settings::from_map(&settings)?;
                let of = if self.baseline == "ncnet-rr" { ncnet::rr } else { ncnet::brr };
                (of(&settings, length, labels)?, ncnet::plan(&settings, task, true))
            }
            "lstm" => {
                let settings = lstm::Settings::from_map(&settings)?;
                (lstm::architecture(&settings, length, labels)?, lstm::plan(&settings, task, true))
            }
            "deepvirfinder" => {
                let settings = deepvirfinder::Settings::from_map(&settings)?;
                (deepvirfinder::architecture(&settings, length, labels)?, deepvirfinder::plan(&settings, true))
            }
            other => return Err(format!("there is no baseline {other:?}").into()),
        })
    }

    fn adapted(&self, plan: Plan) -> Plan {
        let mut plan = Plan { batch: self.batch, steps_per_epoch: None, ..plan };
        if self.work != "alphas" {
            plan.arch = None;
        }
        if !self.dropout {
            plan.skip_dropout = Vec::new();
            plan.input_dropout = plan.input_dropout.map(|_| 0.0);
            plan.hidden_dropout = plan.hidden_dropout.map(|_| 0.0);
        }
        if self.plain {
            // The unrolled step of an architecture step keeps its own optimizers: it depends on their rates.
            if let Some(arch) = &mut plan.arch {
                let algorithm = Algorithm::Adam { beta1: 0.0, beta2: 0.999, epsilon: 1e-8 };
                arch.optimizer = Optimizer { algorithm, weight_decay: 0.0, ..arch.optimizer.clone() };
                arch.clip = None;
            } else {
                let sgd = Optimizer::sgd(1e-3, 0.9);
                plan = Plan { cnn: sgd.clone(), rnn: Some(sgd), clip: Clip::None, max_norm: None, ..plan };
            }
        }
        plan
    }
}
