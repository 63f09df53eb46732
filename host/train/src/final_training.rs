//! The final training of what a run found: once, or by several recipes of which the best is kept; then the sealed test.

use std::path::{Path, PathBuf};

use genomenas::run::journal::Journal;
use genomenas::run::settings::files;
use genomenas::run::{Context, Event, Observer, RunResult, digests, resamples, span};
use genomenas::spec::tune::{Tried, Tune};
use genomenas_data::FinalEvaluation;
use genomenas_data::error::{Error, Result};
use genomenas_plugin::engine::{Phase, Record, Tuned};
use genomenas_plugin::message::{Cost, Mixing, Plan};
use genomenas_plugin::seed;
use genomenas_plugin::space::Layers;
use genomenas_report::metrics::{Metrics, Thresholds};
use genomenas_torch::Net;
use genomenas_torch::eval::{self, Scoring};
use genomenas_torch::train::{Job, Start, Training};

use crate::steps::Steps;

/// What trains a network in the end.
pub(super) struct FinalTraining<'a> {
    pub(super) context: &'a Context,
    pub(super) layers: &'a Layers,
    pub(super) journal: &'a mut Journal,
    pub(super) observer: &'a mut dyn Observer,
}

/// One training, and what came before it.
struct Part<'a> {
    plan: &'a Plan,
    checkpoint: PathBuf,
    /// Epochs of it that are in the journal.
    known: u32,
    /// What earlier trainings of the run have cost.
    before: Cost,
    /// The part of the run that was finished when it began, and the part that it is.
    span: (f64, f64),
}

impl FinalTraining<'_> {
    /// Trains by `plan`, of which the journal has `known` epochs, and keeps the best weights.
    pub(super) fn train(mut self, plan: &Plan, known: u32, result: &mut RunResult) -> Result<()> {
        self.observer.event(&Event::Phase(format!("final training ({} weights)", self.layers.parameters())));
        let part = Part {
            plan,
            checkpoint: self.checkpoint(files::FINAL_CHECKPOINT),
            known,
            before: Cost::default(),
            span: self.span(),
        };
        let mut training = Training::resume_or_start(self.job(part.plan, &part.checkpoint))?;
        self.train_to_the_end(&mut training, part, result)?;
        self.keep(training, plan, result)
    }

    /// Trains by every recipe in turn, and keeps the training that is best on the validation split. Of `tuned` that ended
    /// before, and `known` epochs of the next, the journal has the records.
    pub(super) fn tune(
        mut self,
        tune: &Tune,
        base: &Plan,
        mut known: u32,
        mut tuned: Vec<Tuned>,
        result: &mut RunResult,
    ) -> Result<()> {
        let (all, whole) = (tune.tried(base), self.span());
        let count = all.len();
        for (number, tried) in (0_u32..).zip(&all).skip(tuned.len()) {
            let share = whole.1 / count as f64;
            let part = Part {
                plan: &tried.plan,
                checkpoint: self.numbered(number),
                known,
                before: tuned.iter().fold(Cost::default(), |sum, tuned| sum + tuned.cost),
                span: (share.mul_add(f64::from(number), whole.0), share),
            };
            self.observer.event(&Event::Phase(format!(
                "final training {} of {count} (learning rate {}, weight decay {}, {} weights)",
                number + 1,
                tried.learning_rate,
                tried.weight_decay,
                self.layers.parameters()
            )));
            let ended = self.try_out(number, tried, part, tune, &tuned, result)?;
            self.journal.append(&Record::Tuned(ended.clone()))?;
            tuned.push(ended);
            known = 0;
            self.forget_worse(&tuned)?;
        }
        result.tuned.clone_from(&tuned);
        result.final_training = Some(tuned.iter().fold(Cost::default(), |sum, tuned| sum + tuned.cost));
        let kept = Tuned::kept(&tuned).and_then(|kept| all.get(kept.training as usize).map(|tried| (kept, tried)));
        let Some((kept, tried)) = kept else {
            let why = tuned.first().and_then(|tuned| tuned.failed.clone()).unwrap_or_default();
            return Err(Error::failed(format!(
                "none of its {count} final trainings came to anything; the first: {why}"
            )));
        };
        result.final_plan = Some(tried.plan.clone());
        let mut training = Training::resume_or_start(self.job(&tried.plan, &self.numbered(kept.training)))?;
        // Nothing is left of it, unless somebody took its checkpoint away: then it comes to the same again.
        while training.next_epoch(&mut Steps::new(self.observer, (whole.0 + whole.1, 0.0)))?.is_some() {
            training.save()?;
        }
        self.keep(training, &tried.plan, result)
    }

    /// One training of several: what its best weights reach on the validation split, or why there are none.
    fn try_out(
        &mut self,
        number: u32,
        tried: &Tried,
        part: Part<'_>,
        tune: &Tune,
        before: &[Tuned],
        result: &mut RunResult,
    ) -> Result<Tuned> {
        let mut tuned = Tuned {
            training: number,
            learning_rate: tried.learning_rate,
            weight_decay: tried.weight_decay,
            ..Tuned::default()
        };
        let mut training = match Training::resume_or_start(self.job(part.plan, &part.checkpoint)) {
            Ok(training) => training,
            Err(error) => return failed(&tuned, error),
        };
        let ended = self.train_to_the_end(&mut training, part, result);
        tuned.cost = training.cost();
        if let Err(error) = ended {
            return failed(&tuned, error);
        }
        let scored = training.into_best().and_then(|net| self.validate(&net, &tried.plan));
        match scored {
            Err(error) => failed(&tuned, error),
            Ok(valid) => {
                (tuned.score, tuned.loss) = (tune.by.of(&valid), valid.loss);
                tuned.best = tuned.beats(before);
                Ok(tuned)
            }
        }
    }

    /// Trains what is left of a training, and writes its epochs into the journal.
    fn train_to_the_end(
        &mut self,
        training: &mut Training,
        part: Part<'_>,
        result: &mut RunResult,
    ) -> genomenas_torch::Result<()> {
        let Part { checkpoint, mut known, before, span, .. } = part;
        if training.epochs() > known {
            let holds = format!("{known} epochs of the final training");
            let again = "the final training begins again";
            return Err(digests::cut_off(self.journal.path(), holds, &checkpoint, training.epochs(), again).into());
        }
        while let Some(epoch) = training.next_epoch(&mut Steps::new(self.observer, span))? {
            if epoch.number > known {
                known = epoch.number;
                self.observer.event(&Event::Epoch { trial: None, epoch: epoch.clone() });
                let used = before + training.cost();
                self.journal.append(&Record::Epoch {
                    phase: Phase::Final,
                    trial: None,
                    epoch,
                    used,
                    report: None,
                    discards: Vec::new(),
                    last: false,
                })?;
            }
            training.save()?;
            result.final_training = Some(before + training.cost());
        }
        result.final_training = Some(before + training.cost());
        Ok(())
    }

    /// Writes the best weights of a training, and scores them on the validation split and the sealed test.
    fn keep(self, training: Training, plan: &Plan, result: &mut RunResult) -> Result<()> {
        let Context { settings, folder, device, .. } = self.context;
        result.best_epoch = training.best().map(|best| best.number);
        let net = training.into_best()?;
        let digest = net.write_weights(&folder.join(files::WEIGHTS), result.architecture_hash.as_deref())?;
        result.weights_sha256 = Some(digest);
        let valid = self.validate(&net, plan)?;
        let thresholds = valid.thresholds();
        result.valid = Some(valid);
        if settings.test {
            self.observer.event(&Event::Phase("test".to_owned()));
            let rows = self.context.store.test().unseal(&FinalEvaluation::of("the end of a run"));
            let scoring = Scoring {
                average_strands: plan.average_strands,
                thresholds: Thresholds::Given(&thresholds),
                ..Scoring::of(plan.batch, *device, settings.threads as usize)
            };
            let (test, drawn) = eval::score_with_resamples(&net, &rows, &scoring)?;
            result.test = Some(test);
            result.test_resamples_sha256 = drawn.map(|drawn| resamples::write(folder, &drawn)).transpose()?;
        }
        Ok(())
    }

    fn validate(&self, net: &Net, plan: &Plan) -> genomenas_torch::Result<Metrics> {
        let Context { settings, device, valid, .. } = self.context;
        let scoring = Scoring {
            average_strands: plan.average_strands,
            thresholds: Thresholds::Best,
            ..Scoring::of(plan.batch, *device, settings.threads as usize)
        };
        eval::score(net, valid, &scoring)
    }

    fn job(&self, plan: &Plan, checkpoint: &Path) -> Job {
        let Context { settings, device, train, valid, .. } = self.context;
        Job {
            layers: self.layers.clone(),
            mixing: Mixing::Softmax,
            plan: plan.clone(),
            // The same for every recipe, so that nothing but the recipe differs.
            seed: seed::derive(settings.seed, "final", 0),
            data_seed: settings.seed,
            device: *device,
            threads: settings.threads as usize,
            train: train.clone(),
            valid: valid.clone(),
            start: Start::Fresh,
            keep_best: true,
            checkpoint: checkpoint.to_owned(),
        }
    }

    fn span(&self) -> (f64, f64) {
        span(Phase::Final, self.context.settings.search.is_some(), true)
    }

    fn checkpoint(&self, name: &str) -> PathBuf {
        self.context.folder.join(files::CHECKPOINTS).join(name)
    }

    fn numbered(&self, training: u32) -> PathBuf {
        self.checkpoint(&format!("final-{training}.safetensors"))
    }

    /// Removes the checkpoints of all trainings that ended and are not kept.
    fn forget_worse(&self, tuned: &[Tuned]) -> Result<()> {
        let kept = Tuned::kept(tuned).map(|kept| kept.training);
        let worse = tuned.iter().filter(|tuned| Some(tuned.training) != kept);
        worse.map(|tuned| self.numbered(tuned.training)).try_for_each(|path| match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", &path, error)),
            _ => Ok(()),
        })
    }
}

/// A training that failed is worse than every other; what says nothing of it stops the run.
fn failed(tuned: &Tuned, error: genomenas_torch::Error) -> Result<Tuned> {
    if error.is_of_the_trial() {
        Ok(Tuned { failed: Some(error.to_string()), ..tuned.clone() })
    } else {
        Err(error.into())
    }
}
