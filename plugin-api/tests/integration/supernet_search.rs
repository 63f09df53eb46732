//! A small search that follows the probabilities of supernets: that the simulated host teaches it something, and that
//! the conformance checks hold for it and name its faults.

use std::collections::BTreeMap;

use genomenas_plugin::message::{
    Alphas, Arch, ArchData, Ask, Candidate, Discard, Initialisation, Mixing, Network, Optimizer, OptionWeight, Order,
    Plan, Proposal, Report, Setup, Trial, TrialId, Work,
};
use genomenas_plugin::simulate::{Simulation, conformance};
use genomenas_plugin::space::{GenomeNas, Selection, Space};
use genomenas_plugin::{Instance, Result};

fn simulation() -> Simulation {
    let space = GenomeNas { cells: 1, nodes: 2, rnn_nodes: 2, ..GenomeNas::new(50, 2) }.space().unwrap();
    Simulation::new(space).unwrap().budget("400000samples".parse().unwrap())
}

/// Trains supernets of what remains, and takes the most probable options. After each but the last it drops the least
/// probable option of every decision.
struct Greedy {
    space: Space,
    supernets: u64,
    begun: Vec<TrialId>,
    alphas: Alphas,
    fault: &'static str,
}

impl Greedy {
    fn build(supernets: u64, fault: &'static str) -> impl Fn(&Setup) -> Result<Box<dyn Instance>> + Sync {
        move |setup| {
            let space = setup.space.clone();
            Ok(Box::new(Self { space, supernets, begun: Vec::new(), alphas: Alphas::default(), fault }))
        }
    }

    fn probability(&self, decision: &str, option: &str) -> f64 {
        self.alphas.get(decision, option).map_or(0.0, |weight| weight.probability)
    }

    fn found(&self) -> Selection {
        let best = |id: &String| {
            let options = self.space.decision(id)?.final_options();
            let best = options.max_by(|a, b| self.probability(id, a).total_cmp(&self.probability(id, b)))?;
            Some((self.probability(id, best), id.clone(), best.to_owned()))
        };
        let kept = self.space.rules.iter().flat_map(|rule| {
            let mut best: Vec<_> = rule.of.iter().filter_map(best).collect();
            best.sort_by(|a, b| b.0.total_cmp(&a.0));
            best.truncate(rule.keep);
            best
        });
        Selection(kept.map(|(_, id, option)| (id, option)).collect())
    }
}

impl Instance for Greedy {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if ask.remaining == 0 || self.begun.len() as u64 == self.supernets {
            let network = Network::Selection { selection: self.found() };
            return Ok(Proposal::finish(Candidate { network, trial: None }));
        }
        if !ask.in_flight.is_empty() && self.fault != "does not wait" {
            return Ok(Proposal::Wait);
        }
        let init = self.begun.last().map_or(Initialisation::Fresh, |&trial| Initialisation::Inherit { trial });
        self.begun.push(ask.next_trial);
        let (order, data) = (Order::First, ArchData::default());
        let arch = (self.fault != "never learns").then(|| Arch {
            optimizer: Optimizer::default(),
            clip: None,
            warm_up: 2,
            order,
            data,
        });
        let network = Network::Supernet { mask: None, mixing: Mixing::Softmax };
        let work = Work::Train { network, plan: Plan { arch, ..Plan::default() }, init };
        Ok(Proposal::trial(Trial::of(work).with_limit(ask.budget.amount.div_ceil(self.supernets))))
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let own = self.begun.contains(&report.trial) || self.fault == "believes strays";
        if own && !report.alphas.is_empty() {
            self.alphas = report.alphas.clone();
        }
        Ok(())
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let own = self.begun.contains(&report.trial) || self.fault == "drops for strays";
        let staged = own && (self.begun.len() as u64) < self.supernets;
        if !staged || report.end.is_none() {
            return Ok(Vec::new());
        }
        let weakest = |(decision, options): (&String, &BTreeMap<String, OptionWeight>)| {
            let probability = |option: &&String| self.probability(decision, option);
            let weakest = options.keys().min_by(|a, b| probability(a).total_cmp(&probability(b)))?;
            Some(Discard::Option { decision: decision.clone(), option: weakest.clone() })
        };
        Ok(self.alphas.0.iter().filter_map(weakest).collect())
    }

    fn save(&self) -> Result<Vec<u8>> {
        let nothing = Alphas::default();
        Ok(serde_json::to_vec(&(
            &self.begun,
            if self.fault == "forgets its alphas" { &nothing } else { &self.alphas },
        ))?)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        (self.begun, self.alphas) = serde_json::from_slice(bytes)?;
        Ok(())
    }
}

fn qualities(supernets: u64, fault: &'static str) -> Vec<f64> {
    let quality = |seed| {
        let simulation = simulation().seed(seed);
        let mut greedy = Greedy::build(supernets, fault)(simulation.setup()).unwrap();
        simulation.run(greedy.as_mut()).unwrap().quality
    };
    (1..=5).map(quality).collect()
}

#[test]
fn a_strategy_that_follows_probabilities_finds_good_architectures_once_architecture_steps_have_moved_them() {
    for supernets in [1, 3] {
        let found = qualities(supernets, "none");
        assert!(found.iter().all(|&quality| quality > 0.95), "{supernets} supernets: {found:?}");
    }
    let blind = qualities(1, "never learns");
    assert!(blind.iter().sum::<f64>() / 5.0 < 0.8, "{blind:?}");
}

#[test]
fn the_conformance_checks_pass_strategies_of_one_supernet_and_of_several_with_discards_between() {
    for supernets in [1, 3] {
        conformance::check_search(&simulation(), Greedy::build(supernets, "none")).unwrap();
    }
}

#[test]
fn the_conformance_checks_name_what_a_faulty_search_of_supernets_breaks() {
    for (fault, check) in [
        ("forgets its alphas", "save-and-load"),
        // The next supernet inherits from one that has not ended.
        ("does not wait", "several-at-once"),
        ("believes strays", "stray-reports"),
        ("drops for strays", "stray-reports"),
    ] {
        let broken = conformance::check_search(&simulation(), Greedy::build(3, fault)).unwrap_err();
        assert!(broken.message.starts_with(&format!("conformance check '{check}' (")), "{fault}: {broken}");
    }
}
