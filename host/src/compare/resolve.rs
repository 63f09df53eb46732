//! From a request to the plan: finds the strategies, reads data and space, fills in defaults.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::hash::sha256;
use genomenas_data::{StoreInfo, Task};
use genomenas_plugin::space::Space;
use genomenas_report::model::{Ranking, Recipes};

use super::changes::Changes;
use super::given::Given;
use super::lock_file::LockFile;
use super::pins::{Wishes, keep_pins, with_pins_of};
use super::plan::{ComparisonPlan, Machine, SpacePlan};
use super::{data, entries};
use crate::plugins::StrategyRegistry;
use crate::run::data::locate;
use crate::run::settings::Data;
use crate::spec::request::Request;
use crate::spec::seeds::Seeds;
use crate::spec::sizes::Size;
use crate::spec::tune::{self, Tune};
use crate::spec::{Spec, published, recipe, space};

/// What resolving a request needs beside it.
pub struct ResolveContext<'a> {
    /// The known strategies.
    pub strategies: &'a StrategyRegistry,
    /// Reads the description of a store.
    pub data: &'a dyn Fn(&Path) -> Result<StoreInfo>,
    /// Threads of all runs together, unless the request says how many.
    pub threads: u32,
    /// The command line, for the record.
    pub command: String,
    /// What the person asks for beside the plan.
    pub wishes: Wishes,
    /// Entries that come to a comparison that has begun, or are hidden.
    pub changes: Changes,
}

/// What a request comes to.
#[derive(Debug)]
pub struct Resolved {
    /// The plan.
    pub plan: ComparisonPlan,
    /// The space that is searched.
    pub space: Space,
    /// The sizes of it that follow from the data; none where the comparison goes on.
    pub sizes: Vec<Size>,
}

/// The plan and space that `request` asks for in the folder `out`, where the plan `earlier` may lie.
///
/// What the request does not say is taken from that plan, so `--out` alone is enough to go on.
pub fn resolve(
    request: Request,
    out: &Path,
    earlier: Option<ComparisonPlan>,
    context: &ResolveContext<'_>,
) -> Result<Resolved> {
    let given = Given::of(&request);
    let changes = context.changes.settle(earlier.as_ref(), out, context.strategies)?;
    let recipe = request.recipe.or(earlier.as_ref().map(|plan| plan.recipe)).unwrap_or_default();
    tune::check_given(recipe, request.tune.as_ref(), request.final_training.as_ref())?;
    let request = match &earlier {
        Some(plan) => request.or(plan.request()?),
        None => request,
    };
    let missing = |what: &str| Error::input(format!("a comparison needs {what}, as a flag or in a comparison file"));

    let store = match (&earlier, &request.data) {
        (Some(plan), given) => {
            let noted = Data { store: plan.data.store.clone(), digest: plan.data.digest.clone(), fold: None };
            // What cannot be read is told by who looks for the data.
            let store = given.as_deref().unwrap_or(&plan.data.store);
            (context.data)(store).map_or(Ok(()), |info| data::refuse_other_folds(plan, store, &info, out))?;
            let digest = |path: &Path| Ok((context.data)(path)?.digest);
            locate(&noted, given.as_deref(), out, "the comparison", &digest)?
        }
        (None, Some(store)) => store.canonicalize().map_err(|error| Error::io("open", store, error))?,
        (None, None) => return Err(missing("data: give the store with --data")),
    };
    let info = (context.data)(&store)?;
    let data = data::plan(store, &info);

    let spec = request.space.unwrap_or_else(|| Spec::new(space::GENOMENAS)).unnamed("a space")?;
    let (space, space_plan, sizes) = match &earlier {
        // Also where sizes followed from the data otherwise then.
        Some(plan) if !given.space || spec.id == space::GENOMENAS && spec.to_string() == plan.space.name => {
            (plan.space(out)?, plan.space.clone(), Vec::new())
        }
        _ => {
            let (space, sizes) = space::for_data(&spec, &info.narrowest().for_plugins())?;
            let words: Vec<String> = sizes.iter().map(|size| format!("{}={}", size.name, size.value)).collect();
            let sha256 = sha256(space.to_toml()?.as_bytes());
            (space, SpacePlan { name: spec.to_string(), sha256, sizes: words.join(" ") }, sizes)
        }
    };

    let jobs = request.jobs.unwrap_or(1).max(1);
    let threads = match (&earlier, given.threads) {
        (Some(plan), None) => plan.machine.threads,
        (_, given) => (given.unwrap_or(context.threads) / jobs).max(1),
    };
    let control = request.control.unwrap_or(true);
    let ceiling = ceiling(request.ceiling, recipe)?;
    let published = request.published.unwrap_or_default();
    published::check(&published)?;
    let strategies = request
        .strategies
        .filter(|strategies| !strategies.is_empty())
        .ok_or_else(|| missing("strategies: give them with --strategies, for instance --strategies deepsea,danq"))?;
    let final_training = recipe::resolve(&request.final_training.iter().collect::<Vec<_>>())?;
    let ranked_by = ranked_by(request.ranked_by, info.shape.task)?;
    // What a leaderboard is sorted by may change, and what was chosen by it does not.
    let chosen_by = earlier.as_ref().and_then(|plan| plan.tune.as_ref()).map_or(ranked_by, |tune| tune.by);
    let tune = match recipe {
        Recipes::Tuned => Some(Tune::new(request.tune.unwrap_or_default(), chosen_by)?),
        Recipes::Common | Recipes::Own => None,
    };
    let plan = ComparisonPlan {
        version: ComparisonPlan::VERSION,
        genomenas: env!("CARGO_PKG_VERSION").to_owned(),
        title: request.title.unwrap_or_else(|| data::title(&data.store)),
        command: context.command.clone(),
        jobs,
        seeds: request.seeds.map_or_else(|| vec![1, 2, 3], Seeds::into_vec),
        control,
        ceiling,
        ranked_by,
        budget: request
            .budget
            .ok_or_else(|| missing("a budget for every search: give one with --budget, for instance 10epochs"))?
            .on(data.rows[0])?,
        concurrent_trials: request.concurrent_trials.unwrap_or(1).max(1),
        space: space_plan,
        hook_deadline: request.hook_deadline,
        unconfined: context.wishes.unconfined,
        machine: Machine {
            device: request.device.unwrap_or_else(|| "auto".to_owned()),
            threads,
            precision: request.precision.unwrap_or_default(),
        },
        data,
        published,
        entries: entries::of(
            strategies,
            control,
            context.strategies,
            earlier.as_ref().map(|plan| (plan, out)),
            context.wishes.retry_failed,
            &changes,
        )?,
        recipe,
        tune,
        final_training,
    };
    let resolved = Resolved { plan, space, sizes };
    match earlier {
        Some(earlier) => going_on(resolved, earlier, &given, out, context),
        None => Ok(resolved),
    }
}

/// Whether there is a ceiling; refused where runs are not trained by the recipe that it has.
fn ceiling(asked: Option<bool>, recipe: Recipes) -> Result<bool> {
    let ceiling = asked.unwrap_or(false);
    if ceiling && recipe != Recipes::Common {
        return Err(Error::input(format!(
            "a ceiling is trained by the common recipe, and the runs of this comparison are not (recipe = \"{}\"): leave one of both out",
            recipe.name()
        )));
    }
    Ok(ceiling)
}

/// What goes on with the comparison in `out`, whose plan is `earlier`.
fn going_on(
    resolved: Resolved,
    earlier: ComparisonPlan,
    given: &Given,
    out: &Path,
    context: &ResolveContext<'_>,
) -> Result<Resolved> {
    let Resolved { mut plan, space, sizes } = resolved;
    LockFile::check(out, &earlier)?;
    keep_pins(&mut plan, &earlier, out, context.strategies, context.wishes)?;
    if earlier.unconfined && !context.wishes.unconfined {
        return Err(Error::input(format!(
            "the plugins of the comparison in {} were not confined so far: give --unconfined to go on with it like that",
            out.display()
        )));
    }
    match earlier.first_difference(&with_pins_of(&plan, &earlier))? {
        // The folder keeps the command and the version that made it, and the name of its space.
        None => {
            let (genomenas, command) = (earlier.genomenas, earlier.command);
            Ok(Resolved { plan: ComparisonPlan { genomenas, command, space: earlier.space, ..plan }, space, sizes })
        }
        Some(difference) => Err(given.blame(out, &difference)),
    }
}

/// What the person asked for, if the data's task has it.
fn ranked_by(asked: Option<Ranking>, task: Task) -> Result<Ranking> {
    let [first, ..] = Ranking::of_task(task);
    let ranking = asked.unwrap_or(first);
    if ranking.is_of(task) {
        return Ok(ranking);
    }
    let could: Vec<&str> = Ranking::of_task(task).iter().map(|ranking| ranking.key()).collect();
    Err(Error::input(format!(
        "ranked_by = {:?}: the data's task is {}, which has no {}: expected one of {}",
        ranking.key(),
        task.name(),
        ranking.name(),
        could.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use genomenas_data::Precision;
    use genomenas_data::store::{ImportRecord, PerSplit, Shape};

    use super::*;
    use crate::compare::plan::{FILE, SPACE_FILE};
    use crate::plugins::registry::tests::{plugin, registry};

    const ALL: &[&str] = &["danq", "deepsea", "random-search"];

    #[expect(clippy::unnecessary_wraps, reason = "the signature that reads a real store")]
    fn info(_: &Path) -> Result<StoreInfo> {
        Ok(StoreInfo {
            format: "genomenas-store".to_owned(),
            version: 1,
            shape: Shape {
                length: 100,
                labels: vec!["gene".to_owned()],
                task: Task::MultiLabel,
                chromosomes: Vec::new(),
                groups: Vec::new(),
                single_strand: false,
            },
            rows: PerSplit { train: 100, valid: 5, test: 5 },
            rows_with_unknown: PerSplit::default(),
            positives: PerSplit::default(),
            values: PerSplit::default(),
            leakage: None,
            folds: Vec::new(),
            fold: None,
            import: ImportRecord::default(),
            digest: "cd".to_owned(),
        })
    }

    /// What `text` asks for in the folder `out`, where each of `known` is the strategy of a plugin.
    fn resolved(text: &str, out: &Path, known: &[&str]) -> Result<(ComparisonPlan, Space)> {
        changed(text, out, known, Changes::default())
    }

    /// The same with changes of a comparison that has begun.
    fn changed(text: &str, out: &Path, known: &[&str], changes: Changes) -> Result<(ComparisonPlan, Space)> {
        // Paths that exist; nothing of a plugin is read here.
        let strategies = registry(known.iter().map(|id| {
            let path = out.join(id);
            genomenas_data::files::write_atomically(&path, b"").unwrap();
            plugin(path.to_str().unwrap(), id, &[id])
        }));
        let command = "genomenas compare".to_owned();
        let (data, threads, wishes) = (&info, 8, Wishes::default());
        let context = ResolveContext { strategies: &strategies, data, threads, command, wishes, changes };
        let resolved = resolve(toml::from_str(text).unwrap(), out, ComparisonPlan::read(out)?, &context)?;
        Ok((resolved.plan, resolved.space))
    }

    /// A folder with a store to point at, and the text of a request for it.
    fn folder() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("yeast.arrow");
        genomenas_data::files::write_atomically(&store, b"").unwrap();
        let text = format!(
            "data = '{}'\nstrategies = ['danq width=0.1', 'danq width=0.2']\nbudget = '9samples'\nspace = 'genomenas cells=1 nodes=1'\n",
            store.display()
        );
        (folder, text)
    }

    fn names(plan: &ComparisonPlan) -> Vec<&str> {
        plan.entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn what_orders_the_leaderboard_must_be_measured_on_the_data() {
        assert_eq!(ranked_by(None, Task::MultiLabel).unwrap(), Ranking::Auroc);
        assert_eq!(ranked_by(None, Task::NextNucleotide).unwrap(), Ranking::Accuracy);
        assert_eq!(ranked_by(Some(Ranking::Auprc), Task::MultiClass).unwrap(), Ranking::Auprc);
        assert_eq!(ranked_by(None, Task::PoissonRegression).unwrap(), Ranking::Pearson);
        let error = ranked_by(Some(Ranking::Auroc), Task::Regression).unwrap_err();
        insta::assert_snapshot!(error, @r#"ranked_by = "auroc": the data's task is regression, which has no AUROC: expected one of pearson, spearman, r2"#);
    }

    #[test]
    fn the_controls_are_added_unless_they_are_there_unwanted_or_not_provided() {
        let (folder, text) = folder();
        let plan = resolved(&text, folder.path(), ALL).unwrap().0;
        assert_eq!(names(&plan), ["danq width=0.1", "danq width=0.2", "random-search"]);
        assert!(plan.entries[2].control && !plan.entries[0].control);
        let all = [ALL, &["kmer-lr", "positional-lr", "majority"]].concat();
        let plan = resolved(&text.replace("danq width=0.2", "kmer-lr k=5"), folder.path(), &all).unwrap().0;
        assert_eq!(names(&plan), ["danq width=0.1", "kmer-lr k=5", "random-search", "positional-lr", "majority"]);
        assert!(plan.entries[1..].iter().all(|entry| entry.control) && !plan.entries[0].control);
        let without = resolved(&format!("{text}control = false"), folder.path(), ALL).unwrap().0;
        assert_eq!(without.entries.len(), 2);
        assert_eq!(resolved(&text, folder.path(), &["danq"]).unwrap().0.entries.len(), 2);
        let own = text.replace("danq width=0.2", "random-search trials=3");
        assert_eq!(names(&resolved(&own, folder.path(), ALL).unwrap().0), ["danq width=0.1", "random-search trials=3"]);
    }

    #[test]
    fn what_was_added_stands_behind_the_others_however_the_comparison_goes_on() {
        let (folder, text) = folder();
        let (plan, space) = resolved(&text, folder.path(), ALL).unwrap();
        plan.write(folder.path(), &space).unwrap();
        let all = [ALL, &["kmer-lr", "deepsea"]].concat();
        let add = |add: &str, drop: &[&str]| Changes {
            add: vec![add.parse().unwrap()],
            drop: drop.iter().map(|&name| name.to_owned()).collect(),
        };
        let extended = changed("", folder.path(), &all, add("kmer-lr k=3", &["random-search"])).unwrap().0;
        assert_eq!(names(&extended), ["danq width=0.1", "danq width=0.2", "random-search", "kmer-lr k=3"]);
        assert!(extended.entries[3].added.is_some() && extended.entries[2].hidden && !extended.entries[3].hidden);
        assert_eq!(plan.first_difference(&extended).unwrap(), None);
        extended.write(folder.path(), &space).unwrap();
        let list = text.replace("'danq width=0.2'", "'danq width=0.2', 'kmer-lr k=3'");
        for again in ["", &text, &list] {
            assert_eq!(resolved(again, folder.path(), &all).unwrap().0.entries, extended.entries, "{again}");
        }
        // One that is hidden needs no plugin any more.
        assert_eq!(resolved("", folder.path(), &["danq", "kmer-lr"]).unwrap().0.entries, extended.entries);
        let shown = changed("", folder.path(), &all, add("random-search", &[])).unwrap().0;
        assert!(shown.entries.iter().all(|entry| !entry.hidden));
        assert_eq!(shown.entries.len(), 4);
    }

    #[test]
    fn a_control_with_a_name_is_still_one_and_is_not_added_again() {
        let (folder, text) = folder();
        let all = [ALL, &["kmer-lr", "positional-lr", "majority"]].concat();
        let text = text.replace("danq width=0.2", "kmer-lr name=words");
        let (plan, space) = resolved(&text, folder.path(), &all).unwrap();
        assert_eq!(names(&plan), ["danq width=0.1", "words", "random-search", "positional-lr", "majority"]);
        assert!(plan.entries[1].control && plan.entries[1].folder == "words");
        plan.write(folder.path(), &space).unwrap();
        for again in [text.as_str(), ""] {
            assert_eq!(names(&resolved(again, folder.path(), &all).unwrap().0), names(&plan));
        }
    }

    #[test]
    fn a_comparison_of_an_earlier_version_goes_on_with_the_one_control_that_it_had() {
        let (folder, text) = folder();
        let (plan, space) = resolved(&text, folder.path(), ALL).unwrap();
        plan.write(folder.path(), &space).unwrap();
        let all = [ALL, &["kmer-lr", "positional-lr", "majority"]].concat();
        for again in [text.as_str(), ""] {
            assert_eq!(names(&resolved(again, folder.path(), &all).unwrap().0), names(&plan));
        }
    }

    #[test]
    fn what_recipes_are_chosen_by_stays_where_the_leaderboard_is_sorted_anew() {
        let (folder, text) = folder();
        let tuned = format!("{text}recipe = 'tuned'\ntune = {{ learning_rate = [0.1] }}\nranked_by = 'auprc'");
        let (plan, space) = resolved(&tuned, folder.path(), ALL).unwrap();
        let tune = plan.tune.clone().unwrap();
        assert_eq!((tune.by, tune.trainings()), (Ranking::Auprc, 2));
        assert_eq!(plan.settings(&plan.runs()[0]).unwrap().tune, Some(tune.clone()));
        plan.write(folder.path(), &space).unwrap();
        let again = resolved("ranked_by = 'f1'", folder.path(), ALL).unwrap().0;
        assert_eq!((again.ranked_by, again.tune), (Ranking::F1, Some(tune)));
        let refused = resolved("recipe = 'own'", folder.path(), ALL).unwrap_err().to_string();
        assert!(refused.contains("holds another comparison: recipe is \"tuned\" there"), "{refused}");
    }

    #[test]
    fn runs_share_the_threads() {
        let (folder, text) = folder();
        let threads = |more: &str| {
            let plan = resolved(&format!("{text}{more}"), folder.path(), ALL).unwrap().0;
            plan.machine.threads
        };
        assert_eq!(threads(""), 8);
        assert_eq!(threads("jobs = 3"), 2);
        assert_eq!(threads("jobs = 3\nthreads = 2"), 1);
    }

    #[test]
    fn the_folder_alone_is_enough_to_go_on_and_other_settings_are_refused() {
        let (folder, text) = folder();
        let (plan, space) = resolved(&text, folder.path(), ALL).unwrap();
        plan.write(folder.path(), &space).unwrap();
        for same in ["", &text, "jobs = 4"] {
            let again = resolved(same, folder.path(), ALL).unwrap().0;
            assert_eq!(again.machine, plan.machine);
            assert_eq!(plan.first_difference(&again).unwrap(), None);
        }
        let error = resolved("budget = '8samples'", folder.path(), ALL).unwrap_err().to_string();
        assert!(error.contains("budget.amount is 9 there and 8 here"), "{error}");
        let error = resolved("space = 'genomenas cells=1 nodes=2'", folder.path(), ALL).unwrap_err().to_string();
        assert!(error.contains("space"), "{error}");
    }

    #[test]
    fn a_space_that_was_edited_since_the_comparison_began_is_refused() {
        let (folder, text) = folder();
        let (plan, space) = resolved(&text, folder.path(), ALL).unwrap();
        plan.write(folder.path(), &space).unwrap();
        let other = space::resolve(&"genomenas cells=1 nodes=2".parse().unwrap(), 100, 1).unwrap();
        let beside = folder.path().join(SPACE_FILE);
        genomenas_data::files::write_atomically(&beside, other.to_toml().unwrap().as_bytes()).unwrap();
        let error = resolved("", folder.path(), ALL).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("space.toml: it was changed since the comparison began"), "{error}");
    }

    #[test]
    fn where_nothing_was_asked_that_differs_the_plugin_or_the_plan_is_blamed() {
        let (folder, text) = folder();
        let (plan, space) = resolved(&text, folder.path(), ALL).unwrap();
        let refused = |change: &dyn Fn(&mut ComparisonPlan)| {
            let mut changed = plan.clone();
            change(&mut changed);
            changed.write(folder.path(), &space).unwrap();
            resolved("", folder.path(), ALL).unwrap_err().to_string()
        };
        let error = refused(&|plan| plan.entries[0].plugin_sha256 = "00".to_owned());
        assert!(
            error.contains("plugin danq of 'danq width=0.1' was changed since") && error.contains("--accept-plugins"),
            "{error}"
        );
        let error = refused(&|plan| plan.data.rows[0] = 7);
        assert!(error.contains("comparison.toml: it contradicts itself") && error.contains("data.rows"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named_with_the_flag_that_gives_it() {
        let (folder, text) = folder();
        for (line, flag) in [("data", "--data"), ("strategies", "--strategies"), ("budget", "--budget")] {
            let text = text.lines().filter(|text| !text.starts_with(line)).collect::<Vec<_>>().join("\n");
            let error = resolved(&text, folder.path(), ALL).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(flag), "{error}");
        }
    }

    #[test]
    fn a_precision_is_a_term_of_the_comparison_and_float32_is_left_out() {
        let (folder, text) = folder();
        let written = |more: &str| {
            let (plan, space) = resolved(&format!("{text}{more}"), folder.path(), ALL).unwrap();
            let runs: Vec<_> = plan.runs().iter().map(|run| plan.settings(run).unwrap().precision).collect();
            plan.write(folder.path(), &space).unwrap();
            let text = genomenas_data::files::read_text(&folder.path().join(FILE)).unwrap();
            std::fs::remove_file(folder.path().join(FILE)).unwrap();
            (plan, space, runs, text)
        };
        let default = written("").3;
        assert!(!default.contains("precision"), "{default}");
        assert_eq!(written("precision = 'fp32'").3, default);
        let (plan, space, runs, text) = written("precision = 'tf32'");
        assert!(text.contains("precision = \"tf32\"") && runs.iter().all(|one| *one == Precision::Tf32), "{text}");
        plan.write(folder.path(), &space).unwrap();
        assert_eq!(resolved("", folder.path(), ALL).unwrap().0.machine, plan.machine);
        let refused = resolved("precision = 'bf16'", folder.path(), ALL).unwrap_err().to_string();
        assert!(refused.contains("machine.precision is \"tf32\" there and \"bf16\" here"), "{refused}");
    }

    #[test]
    fn a_strategy_listed_twice_is_refused() {
        let (folder, text) = folder();
        assert!(resolved(&text.replace("0.2", "0.1"), folder.path(), ALL).is_err());
    }
}
