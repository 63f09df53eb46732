//! The program that trains and scores: [`genomenas::cli`] with libtorch.
//!
//! A user starts `genomenas`, which becomes this program where a verb trains or scores. It lies beside that one.

mod backend;
mod before;
mod final_training;
mod finish;
mod steps;
mod version;

use std::io::Write as _;
use std::process::ExitCode;

use genomenas::cli;
use genomenas::run::trainer::{self, Evaluation, Scorer, Trainer};
use genomenas::run::{Context, Observer, RunResult};
use genomenas_data::bases::Packed;
use genomenas_data::error::Result;
use genomenas_data::{Device, DeviceChoice};
use genomenas_report::metrics::Metrics;
use genomenas_torch::eval::{self, Opening, Predictor, Scoring};
use genomenas_torch::{device, kernels};

fn main() -> ExitCode {
    if std::env::args_os().skip(1).eq([cli::COUNT_DEVICES]) {
        let said = writeln!(std::io::stdout(), "{}", device::count());
        return if said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if std::env::args_os().skip(1).eq([cli::LIBTORCH_VERSION]) {
        let said = writeln!(std::io::stdout(), "{}", version::of_libtorch().unwrap_or_default());
        return if said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    cli::main(Some(&Libtorch))
}

/// Trains and scores on libtorch.
struct Libtorch;

impl Trainer for Libtorch {
    fn device(&self, choice: DeviceChoice) -> Result<Device> {
        device::resolve(choice)
    }

    fn run(&self, context: &Context, observer: &mut dyn Observer, result: &mut RunResult) -> Result<()> {
        kernels::choose(context.settings.precision)?;
        finish::run(context, observer, result)
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> Result<Metrics> {
        let Evaluation { architecture, weights, store, split, .. } = *evaluation;
        let scoring = Scoring {
            average_strands: evaluation.average_strands,
            groups: evaluation.groups,
            intervals: evaluation.intervals,
            ..Scoring::of(evaluation.batch, evaluation.device, evaluation.threads as usize)
        };
        Ok(eval::evaluate(&eval::Evaluation { architecture, weights, store, split, scoring })?)
    }

    fn scorer(&self, scoring: &trainer::Scoring<'_>) -> Result<Box<dyn Scorer>> {
        let trainer::Scoring { architecture, weights, task, length, labels, batch, device, average_strands } = *scoring;
        let opening = Opening { architecture, weights, task, length, labels, batch, device, average_strands };
        Ok(Box::new(Network(Predictor::open(&opening)?)))
    }
}

/// A trained network on libtorch.
struct Network(Predictor);

impl Scorer for Network {
    fn score(&mut self, windows: &[Packed]) -> Result<Vec<f32>> {
        Ok(self.0.predict(windows)?)
    }
}
