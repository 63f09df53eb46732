//! Made-up scores for the tests of this folder.

use crate::metrics::{Bootstrap, Collector, MetricOptions, Metrics, Resampling, Thresholds};
use crate::sample::one_hot;

fn names() -> Vec<String> {
    ["CTCF", "tab\there", "Pol2"].map(str::to_owned).into()
}

fn numbers(count: u64, factor: u64) -> impl Iterator<Item = f32> {
    (0..count).map(move |at| (at * factor % 97) as f32 / 128.0)
}

/// Of three labels, the second without a positive row.
pub(super) fn labels() -> Metrics {
    with_intervals(false)
}

pub(super) fn with_intervals(intervals: bool) -> Metrics {
    let names = names();
    let mut collector = Collector::new(3, 60).unwrap();
    let scores: Vec<f32> = numbers(180, 31).collect();
    let truth: Vec<f32> = scores
        .iter()
        .enumerate()
        .map(|(at, score)| f32::from(at % 3 != 1 && score * 128.0 + (at * 13 % 60) as f32 > 90.0))
        .collect();
    collector.push(&scores, &truth).unwrap();
    let blocks: Vec<u32> = (0..60).collect();
    let bootstrap = Bootstrap::new(200, Resampling::Window, &blocks, 0.95, 1).unwrap();
    let asked = MetricOptions {
        thresholds: Thresholds::Best,
        groups: &["tf", "", "tf"].map(str::to_owned),
        bootstrap: intervals.then_some(&bootstrap),
        ..MetricOptions::of(&names)
    };
    collector.finish(&asked).unwrap().with_loss(0.25)
}

pub(super) fn classes() -> Metrics {
    let mut collector = Collector::multi_class(3, 30).unwrap();
    let scores: Vec<f32> = numbers(90, 17).collect();
    let classes: Vec<usize> = (0..30).map(|row| row * 7 % 3).collect();
    collector.push(&scores, &one_hot(&classes, 3)).unwrap();
    let blocks: Vec<u32> = (0..30).map(|row| row / 10).collect();
    let bootstrap = Bootstrap::new(100, Resampling::Chromosome, &blocks, 0.9, 7).unwrap();
    collector
        .finish(&MetricOptions { bootstrap: Some(&bootstrap), ..MetricOptions::of(&names()) })
        .unwrap()
        .with_loss(1.125)
}

/// Of three labels, the second with a constant truth.
pub(super) fn values() -> Metrics {
    let mut collector = Collector::regression(3, 40).unwrap();
    let scores: Vec<f32> = numbers(120, 17).collect();
    let truth = scores.iter().zip(numbers(120, 29)).enumerate();
    let truth: Vec<f32> =
        truth.map(|(at, (score, noise))| if at % 3 == 1 { 0.5 } else { score + 0.5 * noise }).collect();
    collector.push(&scores, &truth).unwrap();
    collector.finish(&MetricOptions::of(&names())).unwrap().with_loss(0.0625)
}

pub(super) fn many_labels() -> Metrics {
    let metrics = labels();
    let label = metrics.labels[0].clone();
    Metrics { labels: vec![label; 919], ..metrics }
}
