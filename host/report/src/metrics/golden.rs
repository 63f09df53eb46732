//! Our metrics of random, tied and degenerate inputs are those of scikit-learn and `SciPy`, to 1e-9. `golden.py` made
//! the numbers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Average, Collector, LabelMetrics, Measure, MetricOptions, Metrics, Thresholds};
use crate::sample::one_hot;

#[derive(Deserialize)]
struct Golden {
    labels: Vec<Label>,
    large: Vec<Large>,
    averages: OverLabels,
    classes: Vec<Classes>,
    values: Vec<Values>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
    scores: Vec<f32>,
    truth: Vec<f32>,
    #[serde(flatten)]
    said: Said,
}

#[derive(Deserialize)]
struct Large {
    steps: u64,
    #[serde(flatten)]
    said: Said,
}

/// The values of scikit-learn, and the measures that we call undefined.
#[derive(Deserialize)]
struct Said {
    threshold: f64,
    expected: BTreeMap<String, Option<f64>>,
    undefined: Vec<String>,
}

#[derive(Deserialize)]
struct OverLabels {
    labels: usize,
    scores: Vec<f32>,
    truth: Vec<f32>,
    expected: BTreeMap<String, BTreeMap<String, f64>>,
}

#[derive(Deserialize)]
struct Classes {
    name: String,
    scores: Vec<f32>,
    #[serde(rename = "classes")]
    truth: Vec<usize>,
    expected: BTreeMap<String, Vec<Option<f64>>>,
    accuracy: f64,
    balanced_accuracy: f64,
    class_mcc: Option<f64>,
    macro_f1: f64,
}

#[derive(Deserialize)]
struct Values {
    name: String,
    predicted: Vec<f32>,
    truth: Vec<f32>,
    expected: BTreeMap<String, Option<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

#[track_caller]
fn assert_close(what: &str, found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(found), Some(expected)) => {
            assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{what}: {found} is not {expected}");
        }
        (found, expected) => assert_eq!(found, expected, "{what}"),
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|label| label.to_string()).collect()
}

fn measured(mut collector: Collector, scores: &[f32], truth: &[f32], thresholds: Thresholds<'_>) -> Metrics {
    collector.push(scores, truth).unwrap();
    let names = names(collector.labels);
    collector.finish(&MetricOptions { thresholds, ..MetricOptions::of(&names) }).unwrap()
}

fn assert_label(name: &str, scores: &[f32], truth: &[f32], said: &Said) {
    let open = || Collector::new(1, scores.len()).unwrap();
    let given = measured(open(), scores, truth, Thresholds::Given(&[Some(said.threshold)]));
    let best = measured(open(), scores, truth, Thresholds::Best);
    let of = |metrics: &Metrics, measure: Measure| metrics.labels[0].get(measure);
    for (key, expected) in &said.expected {
        let found = match Measure::OF_LABELS.iter().find(|measure| measure.key() == key) {
            Some(measure) => of(&given, *measure),
            None => of(&best, Measure::F1AtThreshold),
        };
        let expected = expected.filter(|_| !said.undefined.contains(key));
        assert_close(&format!("{name}: {key}"), found, expected);
    }
}

#[test]
fn random_tied_constant_and_degenerate_scores_measure_as_in_scikit_learn() {
    for Label { name, scores, truth, said } in golden().labels {
        assert_eq!(said.expected.len(), Measure::OF_LABELS.len() + 1);
        assert_label(&name, &scores, &truth, &said);
    }
}

/// 5000 rows whose scores have `steps` values, and whose truth is likelier at higher scores.
fn large(steps: u64) -> (Vec<f32>, Vec<f32>) {
    let next = |state: u64| (state * 1_103_515_245 + 12_345) % (1 << 31);
    (0..5000_u64)
        .map(|row| {
            let step = next(next(row)) / ((1 << 31) / steps);
            let hash = (row * 2_654_435_761 % (1 << 32)) >> 16;
            let truth = f32::from(hash < step * (65_536 / steps) / 5);
            (step as f32 / steps as f32, truth)
        })
        .unzip()
}

#[test]
fn thousands_of_rows_measure_as_in_scikit_learn() {
    for Large { steps, mut said } in golden().large {
        // scikit-learn tried only some of the many thresholds.
        said.expected.remove("best_f1").unwrap();
        let (scores, truth) = large(steps);
        assert_label(&format!("{steps} steps"), &scores, &truth, &said);
    }
}

#[test]
fn averages_over_labels_are_those_of_scikit_learn() {
    let OverLabels { labels, scores, truth, expected } = golden().averages;
    let collector = Collector::new(labels, scores.len() / labels).unwrap();
    let metrics = measured(collector, &scores, &truth, Thresholds::None);
    for measure in [Measure::Auroc, Measure::Auprc, Measure::F1] {
        let Average { mean, median, weighted, .. } = *metrics.averages.get(measure);
        for (kind, found) in [("mean", mean), ("median", median), ("weighted", weighted)] {
            assert_close(&format!("{} {kind}", measure.key()), found, Some(expected[measure.key()][kind]));
        }
    }
}

/// As `roc_auc_score(y == k, s[:, k])`, `f1_score(y == k, s.argmax(1) == k)`, `accuracy_score` and so on.
#[test]
fn classes_measure_one_against_the_rest_as_in_scikit_learn() {
    for Classes { name, scores, truth, expected, accuracy, balanced_accuracy, class_mcc, macro_f1 } in golden().classes
    {
        let count = scores.len() / truth.len();
        let mut collector = Collector::multi_class(count, truth.len()).unwrap();
        collector.push(&scores, &one_hot(&truth, count)).unwrap();
        let metrics = collector.finish(&MetricOptions::of(&names(count))).unwrap();
        for measure in Measure::OF_CLASSES {
            for (label, expected) in metrics.labels.iter().zip(&expected[measure.key()]) {
                let what = format!("{name}: {} of class {}", measure.key(), label.name);
                assert_close(&what, label.get(*measure), *expected);
            }
        }
        assert_close(&format!("{name}: accuracy"), metrics.accuracy, Some(accuracy));
        assert_close(&format!("{name}: balanced accuracy"), metrics.balanced_accuracy, Some(balanced_accuracy));
        assert_close(&format!("{name}: MCC"), metrics.class_mcc, class_mcc);
        assert_close(&format!("{name}: macro F1"), metrics.averages.f1.mean, Some(macro_f1));
    }
}

#[test]
fn values_agree_as_in_scipy_and_scikit_learn() {
    for Values { name, predicted, truth, expected } in golden().values {
        let collector = Collector::regression(1, truth.len()).unwrap();
        let metrics = measured(collector, &predicted, &truth, Thresholds::None);
        let label: &LabelMetrics = &metrics.labels[0];
        for measure in Measure::OF_VALUES {
            assert_close(&format!("{name}: {}", measure.key()), label.get(*measure), expected[measure.key()]);
        }
    }
}
