//! The hooks of a strategy as a simulation calls them: every message goes through JSON, as between processes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::Hooks;
use crate::message::{Ask, Discard, Epoch, MaskScore, OptionWeight, Proposal, Report, TrialId};
use crate::{Error, Instance, Result};

/// A strategy in a simulation.
pub(super) struct Simulated<'a> {
    pub(super) strategy: &'a mut dyn Instance,
    /// Whether it is given reports of trials that were never proposed, before and after each of the others.
    pub(super) stray_reports: bool,
}

impl Simulated<'_> {
    fn report_strays(&mut self, report: &Report) -> Result<()> {
        if self.stray_reports {
            let stray = stray(report);
            self.strategy.update(&stray)?;
            self.strategy.discard(&stray)?;
        }
        Ok(())
    }
}

impl Hooks for Simulated<'_> {
    type Error = Error;

    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        through_json("proposal", &self.strategy.propose(ask)?)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        let report = through_json("report", report)?;
        self.report_strays(&report)?;
        self.strategy.update(&report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        let report = through_json("report", report)?;
        let discards = through_json("discards", &self.strategy.discard(&report)?)?;
        self.report_strays(&report)?;
        Ok(discards)
    }

    fn save(&mut self) -> Result<Vec<u8>> {
        self.strategy.save()
    }
}

/// The message as it arrives on the other side of the boundary.
fn through_json<T: Serialize + DeserializeOwned>(what: &str, message: &T) -> Result<T> {
    let through = || serde_json::from_slice(&serde_json::to_vec(message)?);
    through().map_err(|error: serde_json::Error| Error::invalid(format!("the {what} does not survive JSON: {error}")))
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
