//! Brackets, one after the other: a rung of architectures is trained, the best share of it goes on to the next rung.

use serde::{Deserialize, Serialize};

use super::{Ended, Ladder, Running, Standing, UnderWay, best_first};
use crate::message::{Ask, Discard, Proposal, Report, Trial, TrialId};
use crate::{Error, Result, Strategy, state};

/// Architectures that are halved, or what else the share of survivors is, until a last rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// How many begin.
    pub architectures: usize,
    /// How much of the resource an architecture has had in all at the end of each rung.
    pub amounts: Vec<u64>,
}

impl Bracket {
    /// How many architectures each rung has, where of `eta` one goes on, and always the best one.
    pub fn sizes(&self, eta: usize) -> Vec<usize> {
        let sizes = std::iter::successors(Some(self.architectures), |&size| Some(survivors(size, eta)));
        sizes.take(self.amounts.len()).collect()
    }

    /// What all of its trials may spend together.
    pub fn cost(&self, eta: usize) -> u128 {
        let mut had = 0;
        let rungs = self.sizes(eta).into_iter().zip(&self.amounts).map(|(size, &amount)| {
            let more = amount.saturating_sub(std::mem::replace(&mut had, amount));
            size as u128 * u128::from(more)
        });
        rungs.sum()
    }
}

/// How many of a rung go on.
const fn survivors(size: usize, eta: usize) -> usize {
    match size.checked_div(eta) {
        None | Some(0) => 1,
        Some(size) => size,
    }
}

/// A search in brackets. All trials of a rung are proposed at once, those of the best architectures first; once they
/// ended, the weights of the losers are freed, and those of a trial that was continued once its continuation ended.
///
/// It ends after the last bracket, when the space has no new architecture, or with the budget, and finds the
/// architecture that had the most of the resource, of those the one with the best score.
#[derive(Debug)]
pub struct Brackets {
    ladder: Ladder,
    eta: usize,
    /// One pass through all brackets.
    pass: Vec<Bracket>,
    again: bool,
    state: State,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Brackets that began.
    begun: usize,
    /// Architectures that were drawn.
    drawn: usize,
    /// The rung of the bracket that is trained or will be, and how many architectures were proposed for it.
    rung: usize,
    size: usize,
    /// What will be proposed for it: architectures with the trials that they continue.
    next: Vec<(usize, Option<TrialId>)>,
    under_way: UnderWay,
    /// Trials of the rung that completed.
    completed: Vec<Running>,
    /// The best amount, score and trial of each architecture that has one.
    standings: Vec<(usize, u64, f64, TrialId)>,
    /// How many there were when the last pass through all brackets began.
    standings_before: usize,
    /// Still to be handed to the host.
    dropped: Vec<TrialId>,
    failure: Option<String>,
}

impl Brackets {
    /// Goes through `brackets` once. Of `eta` architectures one survives a rung, rounded down but for the last one.
    ///
    /// # Errors
    ///
    /// There is nothing to train, less than one of two goes on, or amounts do not grow.
    pub fn new(ladder: Ladder, eta: usize, brackets: Vec<Bracket>) -> Result<Self> {
        let grows = |amounts: &[u64]| amounts.is_sorted() && amounts.first().is_some_and(|&amount| amount > 0);
        if eta < 2 || brackets.is_empty() || brackets.iter().any(|of| of.architectures == 0 || !grows(&of.amounts)) {
            return Err(Error::invalid(format!(
                "brackets {brackets:?} with one survivor of {eta}: expected at least one bracket of at least one architecture, amounts that begin at 1 or more and grow, and one survivor of 2 or more"
            )));
        }
        let top = brackets.iter().filter_map(|bracket| bracket.amounts.last().copied()).max().unwrap_or(1);
        Ok(Self { ladder: ladder.ending_at(top), eta, pass: brackets, again: false, state: State::default() })
    }

    /// Goes through the brackets again and again, with fresh architectures, as long as the budget lasts and not all
    /// trials of a pass failed.
    #[must_use]
    pub fn again(self) -> Self {
        Self { again: true, ..self }
    }

    /// The brackets.
    pub fn brackets(&self) -> &[Bracket] {
        &self.pass
    }

    /// The amounts of the bracket that is trained.
    fn amounts(&self) -> &[u64] {
        let at = self.state.begun.saturating_sub(1) % self.pass.len();
        self.pass.get(at).map_or(&[], |bracket| &bracket.amounts)
    }

    /// Draws the architectures of the next bracket, if there is one.
    fn begin_bracket(&mut self) {
        let position = self.state.begun % self.pass.len();
        if position == 0 && self.state.begun > 0 {
            if !self.again || self.state.standings.len() == self.state.standings_before {
                return;
            }
            self.state.standings_before = self.state.standings.len();
        }
        let wanted = self.pass.get(position).map_or(0, |bracket| bracket.architectures);
        for architecture in self.state.drawn..self.state.drawn.saturating_add(wanted) {
            if !self.ladder.has(architecture) {
                break;
            }
            self.state.next.push((architecture, None));
        }
        self.state.drawn += self.state.next.len();
        self.state.begun += 1;
        self.state.rung = 0;
    }

    /// The trials of the rung that is to be trained.
    fn rung(&mut self, first: TrialId) -> Vec<Trial> {
        let rung = self.state.rung;
        let had = rung.checked_sub(1).and_then(|below| self.amounts().get(below).copied()).unwrap_or(0);
        let amount = self.amounts().get(rung).copied().unwrap_or(had);
        let next = std::mem::take(&mut self.state.next);
        self.state.size = next.len();
        let trials = next.into_iter().zip(first.0..).map(|((architecture, from), id)| {
            self.state.under_way.begin(Running { trial: TrialId(id), architecture, rung, from, score: None });
            self.ladder.trial(architecture, from, had, amount)
        });
        trials.collect()
    }

    /// Takes note of a trial that ended.
    fn end(&mut self, Ended { trial, failure }: Ended) {
        self.state.dropped.extend(trial.from);
        let reached = self.amounts().get(trial.rung).copied().unwrap_or(0);
        if let Some(score) = trial.score {
            self.state.standings.retain(|(architecture, ..)| *architecture != trial.architecture);
            self.state.standings.push((trial.architecture, reached, score, trial.trial));
        }
        match failure {
            Some(reason) => self.state.failure = Some(reason),
            None => self.state.completed.push(trial),
        }
    }

    /// Decides who goes on to the next rung, once all trials of a rung ended.
    fn decide(&mut self) {
        let mut ranked = std::mem::take(&mut self.state.completed);
        best_first(&mut ranked);
        self.state.rung += 1;
        let is_last = self.state.rung >= self.amounts().len();
        let most = if is_last { 0 } else { survivors(self.state.size, self.eta) };
        for (rank, trial) in ranked.iter().enumerate() {
            if rank < most && trial.score.is_some() {
                self.state.next.push((trial.architecture, Some(trial.trial)));
            } else {
                self.state.dropped.push(trial.trial);
            }
        }
    }

    fn standings(&self) -> Vec<Standing> {
        let standings = self.state.standings.iter();
        standings
            .map(|&(architecture, reached, score, trial)| Standing { architecture, reached, score, trial })
            .collect()
    }
}

impl Strategy for Brackets {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        if ask.remaining > 0 {
            if !self.state.under_way.is_empty() {
                return Ok(Proposal::Wait);
            }
            if self.state.next.is_empty() {
                self.begin_bracket();
            }
            let trials = self.rung(ask.next_trial);
            if !trials.is_empty() {
                return Ok(Proposal::Trials { trials });
            }
        }
        self.ladder.finish(self.standings(), ask.remaining, self.state.failure.as_deref())
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let Some(ended) = self.state.under_way.hear(report, self.ladder.metric()) else {
            return Ok(());
        };
        self.end(ended);
        if self.state.under_way.is_empty() {
            self.decide();
        }
        Ok(())
    }

    fn discard(&mut self, _report: &Report) -> Result<Vec<Discard>> {
        let dropped = std::mem::take(&mut self.state.dropped);
        Ok(dropped.into_iter().map(|trial| Discard::Trial { trial }).collect())
    }

    fn save(&self) -> Result<Vec<u8>> {
        state::save(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        state::load(bytes).map(|state| self.state = state)
    }
}
