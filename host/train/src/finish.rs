//! The phases of a run: the search, and the final training of what it found.

use std::time::Instant;

use genomenas::run::journal::Journal;
use genomenas::run::saved_state::RunLog;
use genomenas::run::settings::{Search, files};
use genomenas::run::{Context, Event, Observer, RunResult, digests, plan_of_search, span, strategy};
use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;
use genomenas_data::hash::sha256;
use genomenas_plugin::engine::{Networks, Phase, Record, SearchLoop, SearchState, Terms};
use genomenas_plugin::message::Plan;
use genomenas_plugin::space::{Architecture, Space};

use crate::backend::TorchBackend;
use crate::final_training::FinalTraining;

/// Runs what is left of the run, and writes into `result` what is known of it as it becomes known.
pub(super) fn run(context: &Context, observer: &mut dyn Observer, result: &mut RunResult) -> Result<()> {
    let (mut journal, records) = Journal::open(&context.folder.join(files::JOURNAL), &context.digest)?;
    let in_flight = context.settings.search.as_ref().map_or(1, |search| search.in_flight);
    let state = SearchState::after(in_flight, &records);
    let (known, tuned) = (state.final_epochs, state.tuned.clone());
    let (architecture, optimum) = match &context.settings.search {
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
        // The optimum is a part of the model, whatever recipes others have.
        let own = match &optimum {
            None if context.settings.own_recipe => plan_of_search(&context.folder)?,
            _ => None,
        };
        let plan = optimum.as_ref().or(own.as_ref()).unwrap_or(recipe);
        result.trained_to_optimum = plan.optimum.is_some();
        result.final_plan.clone_from(&own);
        let tune = context.settings.tune.as_ref().filter(|_| optimum.is_none());
        let training = FinalTraining { context, layers: &layers, journal: &mut journal, observer };
        match tune {
            Some(tune) => training.tune(tune, plan, known, tuned, result)?,
            None => training.train(plan, known, result)?,
        }
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
