//! Intervals are those of measuring copies of the drawn rows.

use proptest::prelude::*;

use super::draw::Draws;
use super::*;
use crate::metrics::{MetricOptions, Thresholds};
use crate::sample::one_hot;

const ROWS: usize = 40;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|label| label.to_string()).collect()
}

/// The metrics of each resample, measured on real copies of its rows.
fn of_copies(
    open: impl Fn(usize) -> Collector,
    scores: &[f32],
    truth: &[f32],
    labels: usize,
    (blocks, resamples): (&[u32], u32),
    thresholds: Thresholds<'_>,
) -> Vec<Metrics> {
    let draws = Draws::new(blocks, 5).unwrap();
    let names = names(labels);
    let mut measured = Vec::new();
    for resample in 0..resamples {
        let weights = draws.weights(resample);
        let times = |row: usize| std::iter::repeat_n(row, weights.of(row, 0) as usize);
        let rows: Vec<usize> = (0..blocks.len()).flat_map(times).collect();
        let copied = |of: &[f32]| -> Vec<f32> {
            rows.iter().flat_map(|row| of[row * labels..(row + 1) * labels].to_vec()).collect()
        };
        let mut collector = open(rows.len());
        collector.push(&copied(scores), &copied(truth)).unwrap();
        measured.push(collector.finish(&MetricOptions { thresholds, ..MetricOptions::of(&names) }).unwrap());
    }
    measured
}

fn expect_equal(
    open: impl Fn(usize) -> Collector,
    scores: &[f32],
    truth: &[f32],
    blocks: &[u32],
) -> Result<(), TestCaseError> {
    let labels = scores.len() / blocks.len();
    let names = names(labels);
    let groups: Vec<String> = (0..labels).map(|label| ["", "first"][usize::from(label == 0)].to_owned()).collect();
    let bootstrap = Bootstrap::new(20, Resampling::Window, blocks, 0.9, 5).unwrap();
    let mut collector = open(blocks.len());
    collector.push(scores, truth).unwrap();
    let asked = MetricOptions {
        bootstrap: Some(&bootstrap),
        groups: &groups,
        thresholds: Thresholds::Best,
        threads: 2,
        ..MetricOptions::of(&names)
    };
    let metrics = collector.finish(&asked).unwrap();
    let thresholds = metrics.thresholds();
    let thresholds =
        if thresholds.iter().all(Option::is_none) { Thresholds::None } else { Thresholds::Given(&thresholds) };
    let copies = of_copies(open, scores, truth, labels, (blocks, 20), thresholds);
    let close = |found: Option<Interval>, values: Vec<f64>| match (found, interval(values, 0.9)) {
        (Some(found), Some(expected)) => {
            (found.low - expected.low).abs() < 1e-9 && (found.high - expected.high).abs() < 1e-9
        }
        (found, expected) => found.is_none() && expected.is_none(),
    };
    for measure in metrics.measures() {
        let values = copies.iter().filter_map(|copy| copy.averages.get(measure).mean).collect();
        prop_assert!(close(metrics.averages.get(measure).interval, values), "{}", measure.name());
        let values = copies.iter().filter_map(|copy| copy.labels[0].get(measure)).collect();
        prop_assert!(close(metrics.groups[0].averages.get(measure).interval, values), "first: {}", measure.name());
    }
    let resampled = metrics.bootstrap.unwrap();
    let over = |of: fn(&Metrics) -> Option<f64>| copies.iter().filter_map(of).collect();
    prop_assert!(close(resampled.accuracy, over(|copy| copy.accuracy)));
    prop_assert!(close(resampled.balanced_accuracy, over(|copy| copy.balanced_accuracy)));
    prop_assert!(close(resampled.class_mcc, over(|copy| copy.class_mcc)));
    Ok(())
}

/// Fine or coarse numbers, so with few or many ties.
fn numbers(count: usize) -> impl Strategy<Value = Vec<f32>> {
    prop_oneof![
        prop::collection::vec(0.0_f32..1.0, count),
        prop::collection::vec((0_u8..5).prop_map(|step| f32::from(step) / 4.0), count),
    ]
}

fn blocks() -> impl Strategy<Value = Vec<u32>> {
    prop_oneof![Just((0..40).collect::<Vec<u32>>()), Just((0..40).map(|row| row % 7 * 3).collect::<Vec<u32>>())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn weighted_labels_measure_as_copied_rows_do(
        scores in numbers(3 * ROWS), truth in prop::collection::vec(prop::bool::weighted(0.2), 3 * ROWS), blocks in blocks()
    ) {
        let truth: Vec<f32> = truth.into_iter().map(|has| f32::from(u8::from(has))).collect();
        expect_equal(|rows| Collector::new(3, rows).unwrap(), &scores, &truth, &blocks)?;
    }

    #[test]
    fn weighted_classes_measure_as_copied_rows_do(
        scores in numbers(3 * ROWS), classes in prop::collection::vec(0_usize..3, ROWS), blocks in blocks()
    ) {
        let truth: Vec<f32> = classes.iter().flat_map(|class| (0..3).map(move |of| f32::from(u8::from(of == *class)))).collect();
        expect_equal(|rows| Collector::multi_class(3, rows).unwrap(), &scores, &truth, &blocks)?;
    }

    #[test]
    fn weighted_values_measure_as_copied_rows_do(
        scores in numbers(2 * ROWS), truth in numbers(2 * ROWS), blocks in blocks()
    ) {
        expect_equal(|rows| Collector::regression(2, rows).unwrap(), &scores, &truth, &blocks)?;
    }
}

#[test]
fn the_interval_of_a_known_error_has_the_known_width() {
    // The accuracy of 400 rows of which 300 are right has a standard deviation of sqrt(0.75 * 0.25 / 400).
    let rows = 400;
    let classes: Vec<usize> = (0..rows).map(|row| usize::from(row % 4 == 0)).collect();
    let scores: Vec<f32> = (0..rows).flat_map(|_| [0.8, 0.2]).collect();
    let blocks: Vec<u32> = (0..400).collect();
    let bootstrap = Bootstrap::new(2000, Resampling::Window, &blocks, 0.95, 1).unwrap();
    let mut collector = Collector::multi_class(2, blocks.len()).unwrap();
    collector.push(&scores, &one_hot(&classes, 2)).unwrap();
    let metrics =
        collector.finish(&MetricOptions { bootstrap: Some(&bootstrap), ..MetricOptions::of(&names(2)) }).unwrap();
    let interval = metrics.bootstrap.unwrap().accuracy.unwrap();
    let expected = 1.96 * (0.75_f64 * 0.25 / 400.0).sqrt();
    assert!((interval.high - 0.75 - expected).abs() < 0.005, "{interval:?}");
    assert!((0.75 - interval.low - expected).abs() < 0.005, "{interval:?}");
}

#[test]
fn quantiles_are_interpolated_as_numpy_does() {
    let values = [1.0, 2.0, 4.0, 8.0];
    assert_eq!(quantile(&values, 0.0), Some(1.0));
    assert_eq!(quantile(&values, 0.5), Some(3.0));
    assert_eq!(quantile(&values, 0.75), Some(5.0));
    assert_eq!(quantile(&values, 1.0), Some(8.0));
    assert_eq!(quantile(&[], 0.5), None);
}

#[test]
fn a_confidence_or_a_number_of_resamples_that_means_nothing_is_refused() {
    for (resamples, confidence) in [(0, 0.95), (10, 0.0), (10, 1.0), (10, f64::NAN)] {
        assert!(Bootstrap::new(resamples, Resampling::Window, &[1, 2], confidence, 1).is_err());
    }
}
