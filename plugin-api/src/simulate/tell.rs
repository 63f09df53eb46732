//! What a strategy is told, and what it drops when it hears of it.

use super::drive::{Host, refused, through_json};
use crate::message::{Discard, Epoch, MaskScore, OptionWeight, Report, TrialId};
use crate::{Instance, Result};

impl Host<'_> {
    /// Reports, and takes what the strategy drops.
    pub(super) fn tell(&mut self, report: &Report, strategy: &mut dyn Instance) -> Result<()> {
        let report: Report = through_json("report", report)?;
        let stray = self.simulation.stray_reports.then(|| stray(&report));
        let tell_stray = |strategy: &mut dyn Instance| {
            stray.iter().try_for_each(|stray| {
                strategy.update(stray)?;
                strategy.discard(stray).map(|_| ())
            })
        };
        tell_stray(strategy)?;
        strategy.update(&report)?;
        for discard in strategy.discard(&report)? {
            self.drop(&discard)?;
            self.discards.push((report.trial, discard));
        }
        tell_stray(strategy)?;
        self.reports.push(report);
        Ok(())
    }

    fn drop(&mut self, discard: &Discard) -> Result<()> {
        let Discard::Trial { trial } = discard else {
            return self.remaining.discard(&self.simulation.setup.space, discard);
        };
        if self.trial(*trial).is_none() {
            return Err(refused(format!("it drops trial {trial}, which was never proposed")));
        }
        self.dropped.insert(*trial);
        Ok(())
    }
}

/// A report of a trial that was never proposed, and that would be the best of all.
fn stray(report: &Report) -> Report {
    let mut stray = Report { trial: TrialId(u64::MAX - report.trial.0), ..report.clone() };
    let best = stray.end.as_mut().and_then(|end| end.best.as_mut());
    for epoch in stray.epoch.iter_mut().chain(best) {
        *epoch = Epoch { number: epoch.number, auroc: Some(1.0), auprc: Some(1.0), f1: Some(1.0), ..Epoch::default() };
    }
    if let Some(score) = &mut stray.score {
        let best = Some(1.0);
        *score = MaskScore { mask: score.mask, valid_loss: Some(0.0), auroc: best, auprc: best, f1: best };
    }
    for weight in stray.alphas.0.values_mut().flat_map(|options| options.values_mut()) {
        *weight = OptionWeight { alpha: -weight.alpha, probability: 1.0 - weight.probability };
    }
    stray
}
