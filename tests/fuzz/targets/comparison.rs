//! Both kinds of `comparison.toml`: what a person asks for, and the plan that a comparison leaves in its folder.

#![no_main]

use std::path::{Component, Path};

use genomenas::compare::plan::{ComparisonPlan, DataPlan, EntryPlan, FILE, Machine, SpacePlan};
use genomenas::spec::request::Request;
use genomenas::spec::{Spec, recipe, space};
use genomenas_data::Precision;
use genomenas_data::hash::sha256;
use genomenas_fuzz::{scratch, seeds, stores};
use genomenas_report::model::Ranking;
use libfuzzer_sys::fuzz_target;

// The first byte chooses: a person's file, a plan as it stands, or one whose last line says its SHA-256.
fuzz_target!(init: seeds::write("comparison", seeds()), |data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    match choice % 3 {
        0 => ask_request(text),
        1 => ask_plan(text),
        _ => ask_plan(&summed(text)),
    }
});

fn ask_request(text: &[u8]) {
    let request = match Request::read(&scratch::file(FILE, text)) {
        Ok(request) => request,
        Err(error) => return stores::refused(&error),
    };
    resolve(&request);
    for strategy in request.strategies.iter().flatten() {
        let folder = strategy.folder();
        assert!(is_name(&folder), "{folder:?} is the folder of {strategy}");
    }
    let _ = request.or(Request::default());
}

fn ask_plan(text: &[u8]) {
    scratch::file(FILE, text);
    let plan = match ComparisonPlan::read(scratch::folder()) {
        Ok(plan) => plan.expect("the plan that lies there"),
        Err(error) => return stores::refused(&error),
    };
    assert_eq!(plan.first_difference(&plan).expect("a plan as JSON"), None);
    let runs = plan.runs();
    assert_eq!(runs.len(), plan.entries.len() * plan.seeds.len());
    for entry in &plan.entries {
        assert!(is_name(&entry.folder), "a run would lie in {:?}", entry.folder);
    }
    if let Some(run) = runs.first() {
        let settings = plan.settings(run).expect("the settings of a run of the plan");
        assert!(settings.to_toml().is_ok() || plan.to_text().is_err(), "a plan without the settings of its runs");
    }
    match plan.request() {
        Ok(request) => resolve(&request),
        Err(error) => stores::refused(&error),
    }
    // What TOML has and JSON does not, such as NaN, is not written.
    let Ok(text) = plan.to_text() else { return };
    scratch::file(FILE, text.as_bytes());
    let again = ComparisonPlan::read(scratch::folder()).expect("what was written").expect("a plan");
    // NaN equals nothing, itself included.
    #[expect(clippy::eq_op, reason = "see above")]
    let comparable = plan == plan;
    assert!(!comparable || again == plan, "{again:?} came back for {plan:?}");
}

/// Resolves what needs neither data nor plugins.
fn resolve(request: &Request) {
    let recipes: Vec<_> = request.final_training.iter().collect();
    if let Err(error) = recipe::resolve(&recipes) {
        stores::refused(&error);
    }
    // Another name is that of a file.
    if let Some(spec) = request.space.as_ref().filter(|spec| spec.id == space::GENOMENAS)
        && let Err(error) = space::resolve(spec, 200, 2)
    {
        stores::refused(&error);
    }
}

/// Whether a text is the name of a file in a folder, and not a path that leads out of it.
fn is_name(text: &str) -> bool {
    let mut components = Path::new(text).components();
    matches!((components.next(), components.next()), (Some(Component::Normal(_)), None))
}

fn summed(text: &[u8]) -> Vec<u8> {
    let before = [text, b"\n"].concat();
    let last = format!("# SHA-256: {}\n", sha256(&before));
    [before, last.into_bytes()].concat()
}

fn seeds() -> Vec<Vec<u8>> {
    let all = "title = 'all'\ndata = 'yeast.arrow'\nout = 'folder'\nseeds = '1..5, 7'\nbudget = '90s'\ncontrol = false\n\
        strategies = [{ id = 'danq', parameters = { width = 0.1 } }, 'bonas:bonas']\nranked_by = 'auprc'\n\
        space = 'genomenas cells=1 nodes=2'\nconcurrent_trials = 2\njobs = 2\nthreads = 4\ndevice = 'cuda:1'\n\
        hook_deadline = '5m'\n[final]\nclip = { type = 'all', norm = 2.0 }\nearly_stopping = false\n";
    let strategy: Spec = "danq width=0.1 metric=auroc".parse().expect("a strategy");
    let plan = ComparisonPlan {
        version: ComparisonPlan::VERSION,
        genomenas: "0.1.0".into(),
        title: "yeast".into(),
        command: "genomenas compare".into(),
        jobs: 1,
        seeds: vec![1, 2],
        control: true,
        ceiling: true,
        ranked_by: Ranking::Auroc,
        budget: "100samples".parse().expect("a budget"),
        concurrent_trials: 1,
        space: SpacePlan { name: "genomenas cells=1".into(), sha256: "ab".into(), sizes: String::new() },
        hook_deadline: "90s".parse().ok(),
        unconfined: true,
        machine: Machine { device: "cpu".into(), threads: 2, precision: Precision::Fp32 },
        data: DataPlan {
            store: "/data/yeast.arrow".into(),
            digest: "cd".into(),
            length: 200,
            rows: [10, 5, 5],
            labels: vec!["gene".into()],
            straddling: None,
            folds: Vec::new(),
        },
        published: Vec::new(),
        entries: vec![EntryPlan {
            name: strategy.to_string(),
            folder: strategy.folder(),
            control: false,
            strategy: strategy.id.clone(),
            plugin: "danq".into(),
            plugin_version: "0.1.0".into(),
            plugin_sha256: "ef".into(),
            plugin_file: "/plugins/libdanq.so".into(),
            parameters: strategy.parameters,
            added: Some("2026-12-31".into()),
            hidden: true,
        }],
        recipe: Default::default(),
        tune: None,
        final_training: recipe::default(),
    };
    let plan = plan.to_text().expect("TOML");
    vec![
        seeds::chosen(0, seeds::fixture("examples/demo.toml")),
        seeds::chosen(0, all),
        seeds::chosen(1, &plan),
        seeds::chosen(2, plan.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")),
    ]
}
