//! A small network that breaks a promise of baselines.

use genomenas_plugin::message::{Ask, Candidate, Discard, Plan, Proposal, Report, Setup, Trial};
use genomenas_plugin::space::{Architecture, ArchitectureBuilder, Op};
use genomenas_plugin::{Baseline, Error, Instance, Result, serde_json};

use super::Orders;

/// The widest kernel.
const KERNEL: usize = 9;

pub(crate) fn build(setup: &Setup, orders: &Orders) -> Result<Box<dyn Instance>> {
    let length = setup.data.length;
    if length < KERNEL && orders.breaks == "any-data" {
        return Err(Error::new("the convolution cannot be computed"));
    }
    let mut net = ArchitectureBuilder::new("small", length);
    net.then("conv", Op::conv1d(4, KERNEL.min(length))).then("pool", Op::GlobalMaxPool {});
    net.then("out", Op::linear(setup.data.labels));
    let architecture = net.finish()?;
    if orders.breaks == "trains-once" {
        return Ok(Box::new(Twice { architecture, begun: 0 }));
    }
    Ok(Baseline::new(architecture, Plan::default()).into())
}

/// Trains its network twice.
struct Twice {
    architecture: Architecture,
    begun: u32,
}

impl Instance for Twice {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 && self.begun < 2 {
            self.begun += 1;
            let plan = Plan { epochs: 1, ..Plan::default() };
            return Ok(Proposal::trial(Trial::train(self.architecture.clone(), plan)));
        }
        if ask.remaining > 0 && !ask.in_flight.is_empty() {
            return Ok(Proposal::Wait);
        }
        Ok(Proposal::finish(Candidate { network: self.architecture.clone().into(), trial: None }))
    }

    fn update(&mut self, _: &Report) -> Result<()> {
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        Ok(Vec::new())
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&self.begun)?)
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.begun = serde_json::from_slice(state).map_err(Error::invalid)?;
        Ok(())
    }
}
