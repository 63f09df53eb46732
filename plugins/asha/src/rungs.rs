//! The rungs of ASHA: what ended on each of them, and who may go on to the next.

use genomenas_plugin::halving::{ArchitectureResult, Ended, Ranked, RungTrial, best_first};
use genomenas_plugin::prelude::*;
use serde::{Deserialize, Serialize};

/// What ended, by rung, from the lowest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rungs {
    /// Best first.
    rungs: Vec<Vec<Entry>>,
}

/// A trial that ended on a rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    architecture: usize,
    trial: TrialId,
    score: Option<f64>,
    promoted: bool,
    /// Whether its weights are gone: it failed, was continued to the end, or will never be.
    gone: bool,
}

impl Ranked for Entry {
    fn score(&self) -> Option<f64> {
        self.score
    }

    fn trial(&self) -> TrialId {
        self.trial
    }
}

impl Rungs {
    /// This number of rungs, on which nothing has ended.
    pub fn new(rungs: usize) -> Self {
        Self { rungs: vec![Vec::new(); rungs] }
    }

    /// How many trials ended on a rung.
    pub fn ended(&self, rung: usize) -> usize {
        self.rungs.get(rung).map_or(0, Vec::len)
    }

    /// Adds a trial that ended. Returns the trials whose weights nobody needs any more: the one that it continued, and
    /// on the highest rung the trial itself.
    pub fn end(&mut self, Ended { trial, failure }: &Ended) -> Vec<TrialId> {
        let &RungTrial { trial, architecture, rung, from, score } = trial;
        let is_last = rung + 1 == self.rungs.len();
        let (failed, mut freed) = (failure.is_some(), Vec::from_iter(from));
        if is_last && !failed {
            freed.push(trial);
        }
        if let Some(entries) = self.rungs.get_mut(rung) {
            entries.push(Entry { architecture, trial, score, promoted: false, gone: failed || is_last });
            best_first(entries);
        }
        let continued = self.rungs.iter_mut().flatten().filter(|entry| Some(entry.trial) == from);
        continued.for_each(|entry| entry.gone = true);
        freed
    }

    /// The paper's rule: from the highest rung down, promotes the best trial of a rung that was not promoted yet and is
    /// among the best ⌊n/`eta`⌋ of the n trials there. Returns its architecture, its trial, and the rung it goes on to.
    pub fn promote(&mut self, eta: usize) -> Option<(usize, TrialId, usize)> {
        let below_the_top = self.rungs.len().saturating_sub(1);
        for (rung, entries) in self.rungs.iter_mut().enumerate().take(below_the_top).rev() {
            let best = entries.len() / eta.max(1);
            let may_go_on = |entry: &&mut Entry| !entry.promoted && !entry.gone && entry.score.is_some();
            if let Some(entry) = entries.iter_mut().take(best).find(may_go_on) {
                entry.promoted = true;
                return Some((entry.architecture, entry.trial, rung + 1));
            }
        }
        None
    }

    /// Returns the trials that will never be promoted where each rung ends with at most `most` trials: ranks only get
    /// worse. Each is returned once.
    pub fn never(&mut self, eta: usize, most: impl Fn(usize) -> usize) -> Vec<TrialId> {
        let mut freed = Vec::new();
        for (rung, entries) in self.rungs.iter_mut().enumerate() {
            let best = most(rung) / eta.max(1);
            for entry in entries.iter_mut().skip(best).filter(|entry| !entry.promoted && !entry.gone) {
                entry.gone = true;
                freed.push(entry.trial);
            }
        }
        freed
    }

    /// The results of all trials that have a score.
    pub fn results(&self) -> Vec<ArchitectureResult> {
        let of = |(reached, entry): (u64, &Entry)| {
            let &Entry { architecture, trial, .. } = entry;
            Some(ArchitectureResult { architecture, reached, score: entry.score?, trial })
        };
        let entries = self.rungs.iter().zip(0..).flat_map(|(entries, rung)| entries.iter().map(move |of| (rung, of)));
        entries.filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rungs after these trials ended, each on its rung with its score, or failed.
    fn after(ends: &[(usize, Option<f64>)]) -> Rungs {
        let mut rungs = Rungs::new(3);
        ends.iter().enumerate().for_each(|(at, &(rung, score))| _ = end(&mut rungs, at, rung, score, None));
        rungs
    }

    fn end(rungs: &mut Rungs, id: usize, rung: usize, score: Option<f64>, from: Option<u64>) -> Vec<u64> {
        let (architecture, trial) = (from.map_or(id, |from| usize::try_from(from).unwrap_or(id)), TrialId(id as u64));
        let trial = RungTrial { trial, architecture, rung, from: from.map(TrialId), score };
        let failure = score.is_none().then(|| "made to fail".to_owned());
        rungs.end(&Ended { trial, failure }).iter().map(|trial| trial.0).collect()
    }

    /// All promotions that are possible now, as trial and rung.
    fn promoted(rungs: &mut Rungs, eta: usize) -> Vec<(u64, usize)> {
        std::iter::from_fn(|| rungs.promote(eta)).map(|(_, trial, rung)| (trial.0, rung)).collect()
    }

    #[test]
    fn the_best_of_three_goes_on_and_the_best_two_of_six() {
        let mut rungs = after(&[(0, Some(0.1)), (0, Some(0.3))]);
        assert_eq!(promoted(&mut rungs, 3), []);
        end(&mut rungs, 2, 0, Some(0.2), None);
        assert_eq!(promoted(&mut rungs, 3), [(1, 1)]);
        for (id, score) in [(3, 0.5), (4, 0.05), (5, 0.4)] {
            end(&mut rungs, id, 0, Some(score), None);
        }
        // Of six the best two are trials 3 and 5; that trial 1 went on before does not count against them.
        assert_eq!(promoted(&mut rungs, 3), [(3, 1), (5, 1)]);
    }

    #[test]
    fn a_higher_rung_comes_first() {
        let mut rungs = after(&[(0, Some(0.9)), (0, Some(0.8)), (1, Some(0.1)), (1, Some(0.2))]);
        assert_eq!(promoted(&mut rungs, 2), [(3, 2), (0, 1)]);
    }

    #[test]
    fn ends_in_another_order_promote_the_same_once_all_are_there() {
        let mut forwards = after(&[(0, Some(0.1)), (0, Some(0.2)), (0, Some(0.3)), (0, Some(0.4))]);
        let mut backwards = Rungs::new(3);
        for (id, score) in [(3, 0.4), (1, 0.2), (2, 0.3), (0, 0.1)] {
            end(&mut backwards, id, 0, Some(score), None);
        }
        assert_eq!(promoted(&mut forwards, 2), promoted(&mut backwards, 2));
    }

    #[test]
    fn failed_trials_count_as_the_worst_and_never_go_on() {
        let mut rungs = after(&[(0, None), (0, Some(0.1)), (0, None), (0, None)]);
        assert_eq!(promoted(&mut rungs, 2), [(1, 1)]);
        assert_eq!(rungs.results().len(), 1);
    }

    #[test]
    fn weights_are_freed_once_nobody_can_need_them() {
        let mut rungs = after(&[(0, Some(0.3)), (0, Some(0.2)), (0, Some(0.1))]);
        assert_eq!(promoted(&mut rungs, 2), [(0, 1)]);
        let most = |_| 4;
        assert_eq!(rungs.never(2, most), [TrialId(2)], "of four the best two may go on");
        assert_eq!(end(&mut rungs, 3, 1, Some(0.5), Some(0)), [0], "what was continued");
        assert_eq!(rungs.never(2, most), []);
        assert_eq!(end(&mut rungs, 4, 2, Some(0.6), Some(3)), [3, 4], "nothing is above the highest rung");
    }
}
