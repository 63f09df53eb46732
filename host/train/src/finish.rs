//! The phases of a run: the search, the final training of what it found, the sealed test.

use std::time::Instant;

use genomenas::run::journal::Journal;
use genomenas::run::saved_state::RunLog;
use genomenas::run::settings::{Search, files};
use genomenas::run::{Context, Event, Observer, RunResult, digests, span, strategy};
use genomenas_data::FinalEvaluation;
use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;
use genomenas_data::hash::sha256;
use genomenas_plugin::engine::{Networks, Phase, Record, SearchLoop, SearchState, Terms};
use genomenas_plugin::message::{Mixing, Plan};
use genomenas_plugin::seed;
use genomenas_plugin::space::{Architecture, Layers, Space};
use genomenas_report::metrics::Thresholds;
use genomenas_torch::eval::{self, Scoring};
use genomenas_torch::train::{Job, Start, Training};

use crate::backend::TorchBackend;
use crate::steps::Steps;

/// Runs what is left of the run, and writes into `result` what is known of it as it becomes known.
pub(super) fn run(context: &Context, observer: &mut dyn Observer, result: &mut RunResult) -> Result<()> {
    let (mut journal, records) = Journal::open(&context.folder.join(files::JOURNAL), &context.digest)?;
    let in_flight = context.settings.search.as_ref().map_or(1, |search| search.in_flight);
    let state = SearchState::after(in_flight, &records);
    let final_epochs = state.final_epochs;
    let (architecture, own_plan) = match &context.settings.search {
        Some(search) => find(context, search, &mut journal, &records, state, observer, result)?,
        None => (given_architecture(context)?, None),
    };
    let path = context.folder.join(files::ARCHITECTURE);
    let layers = architecture.layers()?;
    result.parameters = Some(layers.parameters());
    result.multiply_adds = Some(layers.multiply_adds());
    result.architecture_hash = Some(architecture.canonical_hash()?);
    result.architecture_sha256 = Some(sha256(&std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?));
    if let Some(recipe) = &context.settings.final_training {
        let plan = own_plan.as_ref().unwrap_or(recipe);
        result.trained_to_optimum = plan.optimum.is_some();
        train(context, plan, &layers, &mut journal, final_epochs, observer, result)?;
    }
    result.chain = journal.chain_after(journal.records()).filter(|chain| !chain.is_empty()).map(str::to_owned);
    Ok(())
}

/// The architecture that the run was given.
fn given_architecture(context: &Context) -> Result<Architecture> {
    let path = context.folder.join(files::ARCHITECTURE);
    let text = digests::unchanged(&path, context.settings.architecture_sha256.as_deref())?;
    Architecture::from_json(&text).map_err(|error| Error::file("use", &path, error))
}

/// The search, or what it found when it ended before: the architecture, and the plan of its final training where that is
/// a part of what was found.
fn find(
    context: &Context,
    search: &Search,
    journal: &mut Journal,
    records: &[Record],
    state: SearchState,
    observer: &mut dyn Observer,
    result: &mut RunResult,
) -> Result<(Architecture, Option<Plan>)> {
    let path = context.folder.join(files::ARCHITECTURE);
    let space_path = context.folder.join(files::SPACE);
    let space = digests::unchanged(&space_path, search.space_sha256.as_deref())?;
    let space = Space::from_text(&space).map_err(|error| Error::file("use", &space_path, error))?;
    let data = context.train.info().for_checks();
    if path.exists()
        && let Some(finding) = &state.finding
    {
        result.trials = state.next;
        result.search = Some(state.spent());
        let found = Networks { space: &space, data: &data }.of_finding(&finding.best.network)?;
        if disk::read_text(&path)? != found.to_json()? {
            let what = "it is not what the journal says was found: it was changed; remove it, then it is written again";
            return Err(Error::file("go on from", &path, what));
        }
        return Ok((found, state.own_final_plan().cloned()));
    }
    observer.event(&Event::Phase(format!("search with {}, {}", search.strategy, search.budget)));
    let mut hooks = strategy::resume(context, search, &space, journal, records)?;
    let strategy = format!("strategy {}", search.strategy);
    let terms =
        Terms { strategy: &strategy, space: &space, data: &data, budget: search.budget, slots: search.in_flight };
    let mut backend = TorchBackend {
        context,
        search,
        networks: Networks { space: &space, data: &data },
        observer,
        span: span(Phase::Search, true, context.settings.final_training.is_some()),
        started: Instant::now(),
    };
    let mut log = RunLog { folder: &context.folder, journal };
    let mut search_loop = SearchLoop::new(terms, state, &mut hooks, &mut log, &mut backend);
    let found = search_loop.run();
    result.trials = search_loop.state().next;
    result.search = Some(search_loop.state().spent());
    let own_plan = search_loop.state().own_final_plan().cloned();
    let architecture = found?;
    disk::write_atomically(&path, architecture.to_json()?.as_bytes())?;
    Ok((architecture, own_plan))
}

/// The final training, of which the journal has `known` epochs, and the scores of its best weights.
fn train(
    context: &Context,
    plan: &Plan,
    layers: &Layers,
    journal: &mut Journal,
    mut known: u32,
    observer: &mut dyn Observer,
    result: &mut RunResult,
) -> Result<()> {
    let settings = &context.settings;
    observer.event(&Event::Phase(format!("final training ({} weights)", layers.parameters())));
    let checkpoint = context.folder.join(files::CHECKPOINTS).join("final.safetensors");
    let job = Job {
        layers: layers.clone(),
        mixing: Mixing::Softmax,
        plan: plan.clone(),
        seed: seed::derive(settings.seed, "final", 0),
        data_seed: settings.seed,
        device: context.device,
        threads: settings.threads as usize,
        train: context.train.clone(),
        valid: context.valid.clone(),
        start: Start::Fresh,
        keep_best: true,
        checkpoint: checkpoint.clone(),
    };
    let mut training = Training::resume_or_start(job)?;
    if training.epochs() > known {
        let holds = format!("{known} epochs of the final training");
        let again = "the final training begins again";
        return Err(digests::cut_off(journal.path(), holds, &checkpoint, training.epochs(), again));
    }
    let span = span(Phase::Final, settings.search.is_some(), true);
    while let Some(epoch) = training.next_epoch(&mut Steps::new(observer, span))? {
        if epoch.number > known {
            known = epoch.number;
            observer.event(&Event::Epoch { trial: None, epoch: epoch.clone() });
            let used = training.cost();
            journal.append(&Record::Epoch {
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
        result.final_training = Some(training.cost());
    }
    result.final_training = Some(training.cost());
    result.best_epoch = training.best().map(|best| best.number);
    let net = training.into_best()?;
    let digest = net.write_weights(&context.folder.join(files::WEIGHTS), result.architecture_hash.as_deref())?;
    result.weights_sha256 = Some(digest);
    let scoring = Scoring {
        average_strands: plan.average_strands,
        ..Scoring::of(plan.batch, context.device, settings.threads as usize)
    };
    let valid = eval::score(&net, &context.valid, &Scoring { thresholds: Thresholds::Best, ..scoring })?;
    let thresholds = valid.thresholds();
    result.valid = Some(valid);
    if settings.test {
        observer.event(&Event::Phase("test".to_owned()));
        let rows = context.store.test().unseal(&FinalEvaluation::of("the end of a run"));
        let scoring = Scoring { thresholds: Thresholds::Given(&thresholds), ..scoring };
        result.test = Some(eval::score(&net, &rows, &scoring)?);
    }
    Ok(())
}
