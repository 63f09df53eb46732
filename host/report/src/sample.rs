//! Made-up comparisons for the tests of this crate.

use std::collections::BTreeMap;

use genomenas_data::store::{Pairs, PerSplit, SplitLeakage};
use genomenas_plugin::message::Cost;

use crate::metrics::{Averages, LabelMetrics, Measure, Metrics, ResampledAverage, Resamples, Resampling};
use crate::model::*;

/// Three strategies with results (the control last of them), one that failed and one that waits.
pub(super) fn comparison() -> Comparison {
    Comparison {
        title: "Yeast annotation".to_owned(),
        data: DataSummary {
            path: "data/yeast".to_owned(),
            digest: "5d0b3c7e9a41".to_owned(),
            splits: [("train", 18_240), ("validation", 2_310), ("test", 4_120)]
                .map(|(name, rows)| SplitRows { name: name.to_owned(), rows })
                .into(),
            length: 500,
            labels: ["gene", "tRNA", "centromere"].map(str::to_owned).into(),
            straddling: Some(SplitLeakage {
                equal_sequences: Pairs { test_in_train: 1_030, ..Pairs::default() },
                ..SplitLeakage::default()
            }),
            folds: Vec::new(),
        },
        budget: "40,000 training samples".to_owned(),
        budget_epochs: None,
        recipes: Recipes::Common,
        recipe: [("optimizer", "adam"), ("learning rate", "0.001"), ("epochs", "at most 8")].map(setting).into(),
        ranked_by: Ranking::Auroc,
        entries: vec![
            entry("random-search", true, vec![run(1, 0.781, 8_120), run(2, 0.803, 9_340)]),
            entry("danq width=0.1", false, vec![run(1, 0.871, 31_415), run(2, 0.879, 31_415)]),
            entry("deepsea width=0.1", false, vec![run(1, 0.862, 52_843)]),
            entry(
                "broken",
                false,
                vec![RunSummary {
                    state: RunState::Failed { reason: "the plugin ended with signal 11, three times".to_owned() },
                    ..pending(1)
                }],
            ),
            entry("waiting", false, vec![pending(1), pending(2)]),
        ],
        ceiling: None,
        hidden: 0,
        statistics: None,
        published: Vec::new(),
        generated_by: "genomenas 0.1.0".to_owned(),
        command: "genomenas compare examples/demo.toml".to_owned(),
        environment: [("libtorch", "2.11.0"), ("device", "cpu, 1 thread a run")].map(setting).into(),
    }
}

/// The same with a ceiling.
pub(super) fn with_ceiling() -> Comparison {
    let entry =
        Entry { plugin: String::new(), ..entry("ceiling", false, vec![run(1, 0.95, 31_415), run(2, 0.96, 31_415)]) };
    let found_by = vec!["danq width=0.1, seed 2".to_owned()];
    Comparison { ceiling: Some(Ceiling { found_by, entry }), ..comparison() }
}

/// A comparison in which every metric is known: three seeds each, with resamples of the test set. Two searches, the random
/// control, two networks of experts and a simple control, of which only the last is far away.
pub(super) fn judged() -> Comparison {
    let mut comparison = comparison();
    let runs = |best: f64, searches: bool, wobble: f64| -> Vec<RunSummary> {
        let of = |(seed, off): (u64, f64)| {
            let run = run(seed, best + wobble * off, 10_000);
            let decisions = if searches { run.decisions.clone() } else { Vec::new() };
            let mean = run.test.as_ref().and_then(|test| test.averages.auroc.mean).unwrap();
            let trials = if searches { 4 } else { 1 };
            let search = PhaseCost { trials, ..run.search };
            RunSummary { decisions, search, resamples: Some(resamples(mean, best)), ..run }
        };
        [(1, 0.0), (2, 1.0), (3, -0.6)].map(of).into()
    };
    comparison.entries = vec![
        entry("tpe", false, runs(0.871, true, 0.004)),
        entry("darts", false, runs(0.866, true, 0.006)),
        entry("danq", false, runs(0.869, false, 0.003)),
        entry("deepsea", false, runs(0.83, false, 0.004)),
        entry("random-search", true, runs(0.842, true, 0.005)),
        entry("kmer-lr", true, runs(0.7, false, 0.0)),
    ];
    comparison
}

/// Forty resamples around a mean, most of whose noise every run has; `own` decides the rest.
fn resamples(mean: f64, own: f64) -> Resamples {
    let wave = |at: u32, speed: f64| (f64::from(at) * speed).sin();
    let value = |at: u32| Some(mean + 0.014 * wave(at, 1.7) + 0.003 * wave(at, 0.3 + 7.0 * own));
    let averages =
        vec![ResampledAverage { group: None, metric: "auroc".to_owned(), values: (0..40).map(value).collect() }];
    Resamples { by: Resampling::Window, blocks: 4_120, seed: 1, averages }
}

/// What others reported: two metrics of one model, and one that no leaderboard has.
pub(super) fn published() -> Vec<Published> {
    let of = |name: &str, metric: &str, value, source: &str| Published {
        name: name.to_owned(),
        metric: metric.to_owned(),
        value,
        source: source.to_owned(),
    };
    vec![
        of("DeepSEA", "AUROC", 0.999, "Zhou & Troyanskaya 2015"),
        of("CNNProm", "MCC", 0.84, "Umarov & Solovyev 2017"),
        of("DeepSEA", "auprc", 0.9, "Zhou & Troyanskaya 2015"),
    ]
}

/// A search with a final training that ended.
pub(super) fn run_report() -> RunReport {
    let Comparison { data, recipe, environment, generated_by, budget, .. } = comparison();
    let run = run(1, 0.871, 31_415);
    RunReport {
        title: "random-search trials=4 on yeast.arrow, seed 1".to_owned(),
        search: Some(SearchTerms {
            strategy: "random-search".to_owned(),
            parameters: BTreeMap::from([("trials".to_owned(), 4.into())]),
            plugin: "random-search".to_owned(),
            plugin_version: "0.1.0".to_owned(),
            space: "genomenas".to_owned(),
            budget,
        }),
        data,
        recipe,
        valid: Some(metrics(0.88)),
        run,
        generated_by,
        environment,
    }
}

/// Two entries over three folds and two seeds, one run of which failed.
pub(super) fn folds() -> Comparison {
    let mut comparison = comparison();
    let (rows, mut leaky) = (PerSplit { train: 40, valid: 40, test: 40 }, SplitLeakage::default());
    leaky.equal_sequences.test_in_train = 4;
    leaky.single_strand = true;
    let folds = [SplitLeakage::default(), leaky, SplitLeakage::default()];
    comparison.data.folds = folds.map(|straddling| FoldSummary { rows: rows.clone(), straddling }).into();
    comparison.data.splits = DataSummary::fold_rows(&comparison.data.folds);
    comparison.data.straddling = None;
    let runs = |best: f64| -> Vec<RunSummary> {
        let of = |(seed, fold): (u64, u32)| RunSummary {
            fold: Some(fold),
            ..run(seed, best + 0.02 * (f64::from(fold) - 2.0) + 0.01 * (seed as f64 - 1.0), 1_000)
        };
        [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)].map(of).into()
    };
    comparison.entries = vec![entry("danq", false, runs(0.85)), entry("random-search", true, runs(0.7))];
    let failed = RunState::Failed { reason: "out of memory".to_owned() };
    comparison.entries[1].runs[5] = RunSummary { fold: Some(3), state: failed, ..pending(2) };
    comparison
}

pub(super) fn setting((name, value): (&str, &str)) -> Setting {
    Setting { name: name.to_owned(), value: value.to_owned() }
}

pub(super) fn entry(name: &str, control: bool, runs: Vec<RunSummary>) -> Entry {
    let (strategy, parameters) = name.split_once(' ').unwrap_or((name, ""));
    let parameters: BTreeMap<String, serde_json::Value> = parameters
        .split_once('=')
        .map(|(key, value)| (key.to_owned(), value.parse::<f64>().unwrap().into()))
        .into_iter()
        .collect();
    Entry {
        name: name.to_owned(),
        strategy: strategy.to_owned(),
        plugin: strategy.to_owned(),
        plugin_version: "0.1.0".to_owned(),
        parameters,
        control,
        added: None,
        runs,
    }
}

pub(super) fn pending(seed: u64) -> RunSummary {
    RunSummary {
        fold: None,
        seed,
        folder: format!("runs/{seed}"),
        state: RunState::Pending,
        test: None,
        resamples: None,
        valid: None,
        parameters: None,
        multiply_adds: None,
        search: PhaseCost::default(),
        training: PhaseCost::default(),
        trained_to_optimum: false,
        recipe: None,
        curve: Vec::new(),
        architecture: None,
        decisions: Vec::new(),
    }
}

/// A finished run whose first label reaches `auroc`.
pub(super) fn run(seed: u64, auroc: f64, parameters: u64) -> RunSummary {
    let search = (1..=8_u32).map(|step| point(RunPhase::Search { trial: u64::from(step).div_ceil(2) }, step, auroc));
    RunSummary {
        state: RunState::Done,
        test: Some(metrics(auroc)),
        parameters: Some(parameters),
        multiply_adds: Some(parameters * 37),
        search: PhaseCost { used: Cost { samples: 40_000, seconds: 62.5, multiply_adds: 1_200_000_000 }, trials: 4 },
        training: PhaseCost { used: Cost { samples: 80_000, seconds: 130.0, multiply_adds: 2_400_000_000 }, trials: 0 },
        curve: search.chain((1..=8).map(|epoch| point(RunPhase::Final, epoch, auroc))).collect(),
        architecture: Some(ArchitectureSummary {
            hash: format!("{:012x}", parameters * 0x9e37_79b9),
            layers: vec![
                layer("conv1", "conv1d 4→32, kernel 8", "32 × 493", 1_056),
                layer("pool1", "max pool 4", "32 × 123", 0),
                layer("output", "linear 3936→3", "3", 11_811),
            ],
        }),
        decisions: vec![DecisionMade {
            decision: "cell 1, edge 0→2".to_owned(), option: "dilated conv 5".to_owned()
        }],
        ..pending(seed)
    }
}

fn layer(name: &str, op: &str, shape: &str, parameters: u64) -> LayerRow {
    LayerRow {
        name: name.to_owned(),
        op: op.to_owned(),
        shape: shape.to_owned(),
        parameters,
        multiply_adds: parameters * 40,
    }
}

fn point(phase: RunPhase, step: u32, auroc: f64) -> EpochPoint {
    let progress = 1.0 - (-f64::from(step) / 3.0).exp();
    let wobble = f64::from(step % 3) * 0.006;
    EpochPoint {
        phase,
        epoch: step,
        samples: u64::from(step) * 5_000,
        seconds: f64::from(step) * 7.8,
        train_loss: Some(0.69 - 0.4 * progress),
        valid_loss: Some(0.69 - 0.33 * progress + wobble + f64::from(step) * 0.006),
        valid_auroc: Some(0.5 + (auroc - 0.5) * progress - wobble),
        valid_auprc: Some(0.2 + (auroc - 0.5) * progress),
    }
}

/// Three labels: one at `auroc`, one a little worse, one that never occurs.
fn metrics(auroc: f64) -> Metrics {
    let label = |name: &str, positives: u64, auroc: Option<f64>| LabelMetrics {
        name: name.to_owned(),
        positives,
        negatives: 4_120 - positives,
        auroc,
        // Falls where AUROC rises, so that the two rankings differ.
        auprc: auroc.map(|auroc| 1.2 - auroc),
        f1: auroc.map(|auroc| auroc - 0.3),
        ..LabelMetrics::default()
    };
    let labels =
        vec![label("gene", 2_900, Some(auroc)), label("tRNA", 80, Some(auroc - 0.04)), label("centromere", 0, None)];
    let measures = [Measure::Auroc, Measure::Auprc, Measure::F1];
    Metrics {
        rows: 4_120,
        loss: Some(0.31),
        averages: Averages::over(&measures, &labels),
        labels,
        ..Metrics::default()
    }
}

/// The same comparison on a regression, with correlations in place of AUROC.
pub(super) fn regression() -> Comparison {
    let mut comparison = comparison();
    comparison.ranked_by = Ranking::Pearson;
    for run in comparison.entries.iter_mut().flat_map(|entry| &mut entry.runs) {
        for point in &mut run.curve {
            (point.valid_auroc, point.valid_auprc) = (None, None);
        }
        let Some(test) = &mut run.test else { continue };
        let value = |label: &LabelMetrics| LabelMetrics {
            name: label.name.clone(),
            pearson: label.auroc,
            spearman: label.auroc.map(|value| value - 0.05),
            r2: label.auroc.map(|value| value * value),
            mse: Some(0.25),
            ..LabelMetrics::default()
        };
        let labels: Vec<LabelMetrics> = test.labels.iter().map(value).collect();
        let averages = Averages::over(Measure::OF_VALUES, &labels);
        *test = Metrics { rows: test.rows, loss: Some(0.25), averages, labels, ..Metrics::default() };
    }
    comparison
}

/// The same comparison on classes, with the AUROC as accuracy too.
pub(super) fn classes() -> Comparison {
    let mut comparison = comparison();
    comparison.ranked_by = Ranking::Accuracy;
    for test in comparison.entries.iter_mut().flat_map(|entry| &mut entry.runs).filter_map(|run| run.test.as_mut()) {
        test.accuracy = test.averages.auroc.mean;
    }
    comparison
}

/// Classes as a collector takes them: one row of `count` numbers per class, 1 at the class and 0 elsewhere.
pub(super) fn one_hot(classes: &[usize], count: usize) -> Vec<f32> {
    classes.iter().flat_map(|class| (0..count).map(move |at| f32::from(u8::from(at == *class)))).collect()
}

/// The text of a page as it is read, without markup: cells of a row side by side, everything else on lines of its own.
pub(super) fn text_of_page(page: &str) -> String {
    let body = page.split("<body>").nth(1).and_then(|body| body.split("<script>").next()).unwrap();
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap();
        text.push_str(match tag.split(' ').next().unwrap() {
            "/td" | "/th" | "/dt" => " | ",
            "/p" | "/h1" | "/h2" | "/h3" | "/tr" | "/div" | "/dd" | "/summary" | "/pre" | "/title" => "\n",
            "span" | "text" => " ",
            _ => "",
        });
        text.push_str(after);
    }
    let lines = text.lines().map(|line| line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.map(|line| line.trim_matches([' ', '|']).to_owned()).collect();
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
