//! Regularised evolution (Real et al. 2019, AAAI): mutates the best of a few, and lets the oldest die.
//!
//! A complete strategy outside of the genomenas repository's workspace, to be copied and changed.

use genomenas_plugin::rand::{Rng, seq::IndexedRandom};
use genomenas_plugin::{prelude::*, state};

/// What a user can set, with `--set trials=50`.
#[derive(Clone, Debug, PartialEq, Parameters)]
pub struct Settings {
    /// Architectures to train, each for an equal share of the budget.
    #[parameter(default = 24, minimum = 1, maximum = 100_000)]
    pub trials: u64,
    /// Architectures that are alive; the first so many are drawn uniformly.
    #[parameter(default = 8, minimum = 1, maximum = 10_000)]
    pub population: usize,
    /// Of how many, drawn from the living, the best becomes the parent.
    #[parameter(default = 3, minimum = 1, maximum = 10_000)]
    pub tournament: usize,
    /// Learning rate of Adam at the start of a trial; it falls to 0 along a cosine.
    #[parameter(default = 0.001, minimum = 0, maximum = 10)]
    pub learning_rate: f64,
}

/// The strategy: what follows from the setup, and what changes.
#[derive(Debug)]
pub struct Evolution {
    setup: Setup,
    settings: Settings,
    founders: Vec<Selection>,
    state: State,
}

/// What is saved. Everything that changes is in here, or a run that was killed would not go on as it was.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(crate = "genomenas_plugin::serde", deny_unknown_fields)]
struct State {
    proposed: u64,
    running: Option<(TrialId, Selection)>,
    living: Vec<Member>,
    best: Option<Member>,
    died: Option<TrialId>,
}

/// An architecture that was trained.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(crate = "genomenas_plugin::serde", deny_unknown_fields)]
struct Member {
    trial: TrialId,
    score: f64,
    selection: Selection,
}

impl Evolution {
    /// An evolution as `setup` and `settings` say.
    pub fn new(setup: &Setup, settings: Settings) -> Self {
        let founders = setup.space.sample_distinct(settings.population, setup.seed);
        Self { setup: setup.clone(), settings, founders, state: State::default() }
    }

    /// A founder, or the child of the best of a few.
    fn next(&self) -> Selection {
        let number = self.state.proposed;
        if let Some(founder) = usize::try_from(number).ok().and_then(|number| self.founders.get(number)) {
            return founder.clone();
        }
        // A function of the seed and the trial's number, so that the state of no generator needs saving.
        let mut rng = seed::stream(self.setup.seed, "child", number);
        let rivals: Vec<&Member> =
            (0..self.settings.tournament).filter_map(|_| self.state.living.choose(&mut rng)).collect();
        match rivals.into_iter().max_by(|a, b| a.score.total_cmp(&b.score)) {
            Some(parent) => neighbour(&self.setup.space, &parent.selection, &mut rng),
            None => self.setup.space.sample(&mut rng), // Every founder failed.
        }
    }
}

/// A neighbour of `parent`, all equally likely: another option of one decision or, where a rule keeps some decisions of
/// a group (edges into a node, say), another decision of that group in its place.
pub fn neighbour(space: &Space, parent: &Selection, rng: &mut impl Rng) -> Selection {
    let mut moves = Vec::new();
    for (kept, option) in &parent.0 {
        let group = space.rules.iter().find(|rule| rule.of.contains(kept)).map_or(&[][..], |rule| &rule.of);
        let others = group.iter().filter(|id| !parent.0.contains_key(*id));
        for decision in others.chain([kept]).filter_map(|id| space.decision(id)) {
            let options = decision.final_options().filter(|other| decision.id != *kept || other != option);
            moves.extend(options.map(|option| (kept, &decision.id, option)));
        }
    }
    let mut child = parent.clone();
    if let Some((gone, new, option)) = moves.choose(rng) {
        child.0.remove(*gone);
        child.0.insert((*new).clone(), (*option).to_owned());
    }
    child
}

impl Strategy for Evolution {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 && !ask.in_flight.is_empty() {
            return Ok(Proposal::Wait);
        }
        if ask.remaining > 0 && self.state.proposed < self.settings.trials {
            let selection = self.next();
            self.state.proposed += 1;
            self.state.running = Some((ask.next_trial, selection.clone()));
            let plan = Plan { epochs: 100, cnn: Optimizer::adam(self.settings.learning_rate), ..Plan::default() };
            let share = self.setup.budget.amount.div_ceil(self.settings.trials);
            return Ok(Proposal::trial(Trial::train(Network::Selection { selection }, plan).with_limit(share)));
        }
        let (selection, trial) = match (&self.state.best, self.founders.first()) {
            (Some(best), _) => (best.selection.clone(), Some(best.trial)),
            // The budget ended before any trial had a score: every architecture is as good a guess.
            (None, Some(founder)) if ask.remaining == 0 => (founder.clone(), None),
            _ => return Err(Error::new("no trial completed with a defined AUPRC to choose by")),
        };
        Ok(Proposal::finish(Candidate { network: Network::Selection { selection }, trial }))
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let Some(end) = &report.end else { return Ok(()) };
        let Some((trial, selection)) = self.state.running.take_if(|(trial, _)| *trial == report.trial) else {
            return Ok(());
        };
        let score = end.best.as_ref().and_then(|epoch| epoch.score(Metric::Auprc));
        let (Outcome::Completed { .. }, Some(score)) = (&end.outcome, score) else { return Ok(()) };
        let member = Member { trial, score, selection };
        if self.state.best.as_ref().is_none_or(|best| score > best.score) {
            self.state.best = Some(member.clone());
        }
        self.state.living.push(member);
        // Regularised: the oldest goes, however good it is.
        if self.state.living.len() > self.settings.population {
            self.state.died = Some(self.state.living.remove(0).trial);
        }
        Ok(())
    }

    fn discard(&mut self, _: &Report) -> Result<Vec<Discard>> {
        // No child inherits weights, so those of the dead need not be kept.
        Ok(self.state.died.take().map(|trial| Discard::Trial { trial }).into_iter().collect())
    }

    fn save(&self) -> Result<Vec<u8>> {
        state::save(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        self.state = state::load(bytes)?;
        Ok(())
    }
}

register! {
    Evolution,
    id = "regularised-evolution",
    kind = search,
    about = "Regularised evolution (Real et al. 2019): mutates the best of a few, and lets the oldest die.",
    parameters = Settings,
    build = |setup, settings| Ok(Evolution::new(setup, settings)),
}

export_plugin!();
