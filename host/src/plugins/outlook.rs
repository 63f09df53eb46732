//! What a budget comes to with a strategy on the data at hand: its search in a simulation, which trains nothing.

use std::time::{Duration, Instant};

use genomenas_data::error::{Error, Result};
use genomenas_data::text::grouped;
use genomenas_plugin::engine::Data;
use genomenas_plugin::message::{Budget, Cost, Network, Plan, StrategyKind, Trial, Unit, Work};
use genomenas_plugin::simulate::{Simulated, Simulation};
use genomenas_plugin::space::Space;

use super::{Deadlines, Limits, StrategyRef, StrategyRegistry};
use crate::spec::Spec;
use crate::trace::Call;

/// How long a simulation may take here; a strategy that is slower is not looked at.
const PATIENCE: Duration = Duration::from_secs(5);
/// A trial that sees the training split less than once and has fewer steps than this has learned next to nothing.
const FEW_STEPS: u64 = 200;
/// Weights a training row from which a network is much too large for its data.
const MANY_WEIGHTS: u64 = 100;
/// Times that a trial sees the training split where its score begins to tell networks apart.
const ENOUGH: f64 = 5.0;

/// What a search comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    kind: StrategyKind,
    train_rows: u64,
    trials: Vec<Seen>,
    /// Strengths of the penalty for which a linear model is trained to its optimum; none for any other network.
    strengths: usize,
    /// What its trials cost, in all units; seconds are made up.
    pub used: Cost,
    /// Weights of the first network that is no supernet.
    pub weights: Option<u64>,
}

/// What a training trial sees.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    samples: u64,
    batch: u32,
    supernet: bool,
}

/// Simulates the search of a strategy; `None` where that cannot be done or takes too long, which its run will show.
///
/// # Errors
///
/// There is no such strategy.
pub fn look(
    registry: &StrategyRegistry,
    strategy: &Spec,
    space: &Space,
    data: &Data,
    (budget, slots): (Budget, u32),
    limits: Limits,
) -> Result<Option<Outlook>> {
    let known = registry.strategy(&strategy.id)?;
    // As for a rehearsal: what trains by a batch of its own is a strategy of the usual kind.
    if known.strategy.kind != StrategyKind::Baseline && known.strategy.parameters.pointer("/properties/batch").is_none()
    {
        return Ok(None);
    }
    Ok(match simulated(&known, strategy, space, data, (budget, slots), limits) {
        Ok(simulated) => Some(Outlook::of(known.strategy.kind, &simulated, space, data, budget)),
        Err(error) => {
            log::debug!("no outlook on {}: {error}", strategy.id);
            None
        }
    })
}

fn simulated(
    known: &StrategyRef<'_>,
    strategy: &Spec,
    space: &Space,
    data: &Data,
    (budget, slots): (Budget, u32),
    mut limits: Limits,
) -> Result<Simulated> {
    limits.deadlines = Deadlines::all(PATIENCE);
    limits.crashes = 1;
    let info = &data.info;
    let simulation = Simulation::new(space.clone())?
        .data(info.length, info.labels, info.task)
        .rows(info.train_rows, info.valid_rows)
        .reversible(info.reversible)
        .both_strands(data.both_strands)
        .budget(budget)
        .slots(slots)
        .parameters(&strategy.parameters);
    let began = Instant::now();
    super::simulated::look(known, &simulation, limits, &mut |_: &Call| {
        if began.elapsed() < PATIENCE { Ok(()) } else { Err(Error::failed("its simulation takes too long")) }
    })
}

impl Outlook {
    fn of(kind: StrategyKind, simulated: &Simulated, space: &Space, data: &Data, budget: Budget) -> Self {
        let mut trials = Vec::with_capacity(simulated.trials.len());
        for (id, trial) in simulated.trials.iter().enumerate() {
            let Work::Train { plan, network, .. } = &trial.work else { continue };
            let of_trial = simulated.reports.iter().rev().find(|report| report.trial.0 == id as u64);
            let mut samples = of_trial.map_or(0, |report| report.cost.samples);
            if kind == StrategyKind::Baseline && budget.unit == Unit::Samples {
                // Where its training stops early, a made-up landscape does not know.
                samples = samples_at_most(plan, data.info.train_rows).min(budget.amount);
            }
            let supernet = matches!(network, Network::Supernet { .. });
            trials.push(Seen { samples, batch: plan.batch, supernet });
        }
        let strengths = simulated.trials.iter().map(strengths).max().unwrap_or(0);
        // Of a linear model with a penalty there may be any number.
        let weights = simulated.trials.iter().filter(|_| strengths == 0).find_map(|trial| weights(trial, space));
        let train_rows = data.info.train_rows.max(1);
        Self { kind, train_rows, trials, strengths, used: simulated.used, weights }
    }

    /// What every trial sees of the training split, in words; nothing where no trial trains.
    pub fn in_words(&self) -> Option<String> {
        if self.strengths > 0 {
            let strengths = match self.strengths {
                1 => String::new(),
                strengths => format!(", for {strengths} strengths of its penalty at most"),
            };
            return Some(format!("a linear model that the final training brings to its optimum{strengths}"));
        }
        if self.kind == StrategyKind::Baseline {
            let only = self.trials.first()?;
            return Some(format!(
                "its one training sees the training split at most {} times",
                self.times(only.samples)
            ));
        }
        let of = |supernet: bool, one: &str, each: &str| {
            let seen = || self.trials.iter().filter(|trial| trial.supernet == supernet).map(|trial| trial.samples);
            let (least, most) = (seen().min()?, seen().max()?);
            let who = match seen().count() {
                1 => one.to_owned(),
                count => format!("each of {} {each}", grouped(count as u64)),
            };
            let (least, most) = (self.times(least), self.times(most));
            Some(if least == most {
                format!("{who} sees the training split {least} times")
            } else {
                format!("{who} sees the training split {least} to {most} times")
            })
        };
        let parts: Vec<String> =
            [of(true, "a supernet", "supernets"), of(false, "one trial", "trials")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", and "))
    }

    /// Why this search cannot tell networks apart, and what would help; nothing where it may.
    pub fn decides_nothing(&self) -> Option<String> {
        if self.kind == StrategyKind::Baseline {
            return None;
        }
        let longest = self.trials.iter().max_by_key(|trial| trial.samples)?;
        let steps = longest.samples / u64::from(longest.batch.max(1));
        if longest.samples >= self.train_rows || steps >= FEW_STEPS {
            return None;
        }
        let times = |samples: u64| samples as f64 / self.train_rows as f64;
        let all: u64 = self.trials.iter().map(|trial| trial.samples).sum();
        let enough = (ENOUGH * times(all) / times(longest.samples)).ceil();
        let enough = if longest.samples > 0 { format!(" to about {enough} epochs") } else { String::new() };
        Some(format!(
            "no trial has more than {} steps, fewer than one pass over the training split: their scores are near those of chance, so this budget decides nothing; raise it{enough}, or have fewer trials",
            grouped(steps)
        ))
    }

    /// Says to a person what `budget` comes to for the entry or strategy called `name`, and warns of what is doubtful.
    pub fn tell(&self, name: &str, budget: Budget) {
        // Simulated seconds are not those of this machine.
        if budget.unit != Unit::Seconds {
            if let Some(words) = self.in_words() {
                log::info!("{name}: {words}");
            }
            if let Some(warning) = self.decides_nothing() {
                log::warn!("{name}: {warning}");
            }
        }
        if let Some(weights) = self.weights.filter(|weights| *weights / self.train_rows >= MANY_WEIGHTS) {
            log::warn!(
                "{name}: its networks have weights for more than this data can teach, such as one with {} for {} training rows: smaller sizes (`--space-set`, or `width` of a baseline) train faster and are less likely to learn the rows by heart",
                grouped(weights),
                grouped(self.train_rows)
            );
        }
    }

    fn times(&self, samples: u64) -> String {
        let times = samples as f64 / self.train_rows as f64;
        let text = match times {
            times if times >= 9.95 => format!("{times:.0}"),
            times if times >= 0.095 => format!("{times:.1}"),
            times => format!("{times:.3}"),
        };
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }
}

/// For how many strengths of the penalty a trial trains to the optimum.
fn strengths(trial: &Trial) -> usize {
    match &trial.work {
        Work::Train { plan, .. } => plan.optimum.as_ref().map_or(0, |optimum| optimum.l2.len()),
        _ => 0,
    }
}

/// The weights of the network that a trial trains, if it is no supernet.
fn weights(trial: &Trial, space: &Space) -> Option<u64> {
    let Work::Train { network, .. } = &trial.work else { return None };
    let layers = match network {
        Network::Architecture { architecture } => architecture.layers(),
        Network::Selection { selection } => space.architecture(selection).and_then(|found| found.layers()),
        _ => return None,
    };
    layers.ok().map(|layers| layers.parameters())
}

/// The most samples that a training by this plan sees.
pub fn samples_at_most(plan: &Plan, train_rows: u64) -> u64 {
    let batch = u64::from(plan.batch.max(1));
    let steps = train_rows / batch;
    let steps = plan.steps_per_epoch.map_or(steps, |most| steps.min(most.into()));
    u64::from(plan.epochs) * steps * batch
}

/// A budget in words, with what it is in epochs where samples are counted.
pub fn budget_in_words(budget: Budget, train_rows: u64) -> String {
    let words = genomenas_report::humanize::budget(budget);
    match budget.unit {
        Unit::Samples if train_rows > 0 => {
            format!(
                "{words} ({:.1} times the {} training rows)",
                budget.amount as f64 / train_rows as f64,
                grouped(train_rows)
            )
        }
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(kind: StrategyKind, trials: &[(u64, bool)]) -> Outlook {
        let trials = trials.iter().map(|&(samples, supernet)| Seen { samples, batch: 100, supernet }).collect();
        Outlook { kind, train_rows: 2_660, trials, strengths: 0, used: Cost::default(), weights: None }
    }

    #[test]
    fn a_budget_is_what_every_trial_sees_of_it() {
        let words = |trials: &[(u64, bool)]| outlook(StrategyKind::Search, trials).in_words().unwrap_or_default();
        assert_eq!(words(&[(3_990, false); 8]), "each of 8 trials sees the training split 1.5 times");
        assert_eq!(words(&[(31_920, true)]), "a supernet sees the training split 12 times");
        assert_eq!(
            words(&[(10_640, true), (10_640, true), (266, false), (2_660, false)]),
            "each of 2 supernets sees the training split 4 times, and each of 2 trials sees the training split 0.1 to 1 times"
        );
        assert_eq!(words(&[]), "");
        let baseline = outlook(StrategyKind::Baseline, &[(26_600, false)]);
        assert_eq!(baseline.in_words().unwrap(), "its one training sees the training split at most 10 times");
        let linear = |strengths| Outlook { strengths, ..baseline.clone() }.in_words().unwrap();
        assert_eq!(linear(1), "a linear model that the final training brings to its optimum");
        assert!(linear(13).ends_with("its optimum, for 13 strengths of its penalty at most"));
    }

    #[test]
    fn trials_of_a_few_steps_decide_nothing() {
        let told = |trials: &[(u64, bool)]| outlook(StrategyKind::Search, trials).decides_nothing();
        assert_eq!(told(&[(2_660, false); 8]), None);
        let few = told(&[(266, false); 8]).unwrap();
        assert!(few.contains("no trial has more than 2 steps") && few.contains("to about 40 epochs"), "{few}");
        assert!(told(&[(0, false)]).unwrap().contains("raise it,"));
        assert_eq!(outlook(StrategyKind::Baseline, &[(100, false)]).decides_nothing(), None);
    }
}
