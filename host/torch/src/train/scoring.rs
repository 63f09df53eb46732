//! Scores of the parts of a trained supernet, without training: each mask takes the weights that the supernet ended
//! with.

use std::path::PathBuf;

use genomenas_data::{Device, Rows};
use genomenas_plugin::engine::Bound;
use genomenas_plugin::message::{Cost, MaskScore, Mixing, Stopped};
use genomenas_plugin::seed;
use genomenas_plugin::space::Layers;

use super::batches;
use super::forward_cost::ForwardCost;
use super::job::StepObserver;
use super::meter::Meter;
use super::saving::ended_with;
use super::steps::out_of_data;
use crate::error::Result;
use crate::eval;
use crate::net::{Blend, Mixer, Net, Statistics};
use crate::precision;
use crate::tensor::checkpoint::Tensors;
use crate::tensor::memory::{self, MemoryEstimate};

/// What to score with.
#[derive(Debug)]
pub struct ScoreJob {
    /// The checkpoint of the supernet's training, which has ended.
    pub weights: PathBuf,
    /// The run's seed: the rows for the statistics of batch norms are drawn from it, the same for every mask.
    pub data_seed: u64,
    /// The device.
    pub device: Device,
    /// Threads for the metrics.
    pub threads: usize,
    /// Rows that the statistics of batch norms are computed from.
    pub train: Rows,
    /// Rows that are scored.
    pub valid: Rows,
    /// Samples a batch.
    pub batch: u32,
    /// Batches of `valid` to score, spread evenly; all rows where absent.
    pub validation_batches: Option<u32>,
    /// Samples of `train` over which the statistics of batch norms are computed anew for each mask, rounded up to whole
    /// batches; 0 keeps those of the training.
    pub recalibrate_batch_norm: u32,
    /// What was spent on masks before.
    pub spent: Cost,
}

/// A scoring of masks under way.
#[derive(Debug)]
pub struct Scoring {
    job: ScoreJob,
    weights: Tensors,
    meter: Meter,
    stopped: Option<Stopped>,
}

impl Scoring {
    /// Reads the weights.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not the checkpoint of a training.
    pub fn start(job: ScoreJob) -> Result<Self> {
        let weights = ended_with(&job.weights)?;
        let meter = Meter::new(job.spent);
        Ok(Self { job, weights, meter, stopped: None })
    }

    /// Replaces the bounds of its cost, which include what was spent on masks before, and starts its clock if it was
    /// stopped.
    pub fn bound_by(&mut self, bounds: Vec<Bound>) {
        self.meter.bound_by(bounds);
    }

    /// Stops its clock until there are new bounds.
    pub fn pause(&mut self) {
        self.meter.pause();
    }

    /// Scores mask number `mask`, whose supernet has these layers and this mixing. `None` if a bound ended the score:
    /// then see [`Self::stopped`].
    ///
    /// # Errors
    ///
    /// The network does not fit the data or the memory, or has a weight that the supernet did not train.
    pub fn score(
        &mut self,
        mask: u32,
        layers: &Layers,
        mixing: &Mixing,
        observer: &mut dyn StepObserver,
    ) -> Result<Option<MaskScore>> {
        let job = &self.job;
        let shape = &job.valid.info().shape;
        layers.expect_io(shape.length, shape.labels.len())?;
        let estimate = MemoryEstimate {
            parameters: layers.parameters(),
            copies: MemoryEstimate::SCORED,
            activations: ForwardCost::most(layers, mixing)?.activations,
            peak: ForwardCost::peak(layers, mixing)?,
            rows: MemoryEstimate::row(shape.length, shape.labels.len()),
            batch: job.batch,
        };
        memory::check(job.device, &estimate)?;
        let mixer = Mixer::new(mixing, layers)?;
        let mut net = Net::build_blank(layers, job.device)?;
        let restored = net.weights.restore_part_of(&self.weights);
        restored.map_err(|error| error.context(job.weights.display()))?;
        let mut meter = ScoreMeter { layers, meter: &mut self.meter, observer, stopped: None };
        let scored = if recalibrate(job, &mut net, &mixer, &mut meter)? {
            let scoring = eval::Scoring {
                batches: job.validation_batches,
                mixer: Some(&mixer),
                ..eval::Scoring::of(job.batch, job.device, job.threads)
            };
            eval::score_while(&net, &job.valid, &scoring, |at, rows| meter.scores(rows, &mixer.scoring(at)))?
        } else {
            None
        };
        self.stopped = meter.stopped;
        Ok(scored.map(|metrics| MaskScore {
            mask,
            valid_loss: metrics.loss,
            auroc: metrics.averages.auroc.mean,
            auprc: metrics.averages.auprc.mean,
            f1: metrics.averages.f1.mean,
        }))
    }

    /// The bound that ended the last score; `None` if it was not ended.
    pub fn stopped(&self) -> Option<Stopped> {
        self.stopped
    }

    /// What all scores have cost, including those before.
    pub fn cost(&mut self) -> Cost {
        self.meter.cost()
    }
}

/// Computes the statistics of batch norms anew, where that is asked for. Returns false where a bound ended it.
fn recalibrate(job: &ScoreJob, net: &mut Net, mixer: &Mixer, meter: &mut ScoreMeter<'_>) -> Result<bool> {
    if job.recalibrate_batch_norm == 0 {
        return Ok(true);
    }
    let batches = job.recalibrate_batch_norm.div_ceil(job.batch.max(1));
    let seed = seed::derive(job.data_seed, "rows of batch norms", 0);
    let mut loader = batches::sample(&job.train, seed, job.batch, batches as usize, job.device)?;
    let mut statistics = Statistics::default();
    for at in 0..batches {
        let blend = mixer.scoring(at.into());
        if !meter.observes(job.batch.into(), &blend) {
            return Ok(false);
        }
        let (inputs, _) = loader.next_batch()?.ok_or_else(out_of_data)?;
        precision::observe(net, &inputs, blend, &mut statistics)?;
    }
    net.recalibrate(&statistics)?;
    Ok(true)
}

/// Counts batches before they pass through the network, until a bound is reached.
struct ScoreMeter<'a> {
    layers: &'a Layers,
    meter: &'a mut Meter,
    observer: &'a mut dyn StepObserver,
    stopped: Option<Stopped>,
}

impl ScoreMeter<'_> {
    /// Counts a batch for statistics. Returns false where a bound is reached, and the batch must not pass.
    fn observes(&mut self, samples: u64, blend: &Blend) -> bool {
        self.count(samples, blend, Meter::observed)
    }

    /// Counts a batch to score. Returns false where a bound is reached, and the batch must not pass.
    fn scores(&mut self, samples: u64, blend: &Blend) -> bool {
        self.count(samples, blend, Meter::scored)
    }

    fn count(&mut self, samples: u64, blend: &Blend, count: fn(&mut Meter, u64, u64)) -> bool {
        self.stopped = self.meter.reached();
        if self.stopped.is_some() {
            return false;
        }
        count(self.meter, samples, ForwardCost::under(self.layers, blend).multiply_adds);
        self.observer.step(self.meter.part().min(1.0), samples);
        true
    }
}
