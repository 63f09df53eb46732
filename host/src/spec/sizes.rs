//! Default sizes of the genomenas space for the data at hand: the published ones are for millions of long windows.

use genomenas_data::text::grouped;
use genomenas_plugin::Parameters as _;
use genomenas_plugin::message::DataInfo;
use genomenas_plugin::space::GenomeNas;
use serde_json::{Map, Value};

/// The key that says where sizes come from that are not given.
pub const SOURCE: &str = "sizes";

/// A size that follows from the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: usize,
    /// What it is for data of the published kind.
    pub published: usize,
    /// Why it is that value.
    pub reason: String,
}

/// Sizes for data with fewer training rows than this.
struct ByRows {
    below: u64,
    channels: usize,
    nodes: usize,
    rnn_nodes: usize,
    decoder_features: usize,
}

/// From a million rows on, the published sizes.
const BY_ROWS: [ByRows; 3] = [
    ByRows { below: 10_000, channels: 4, nodes: 2, rnn_nodes: 4, decoder_features: 32 },
    ByRows { below: 100_000, channels: 8, nodes: 3, rnn_nodes: 4, decoder_features: 128 },
    ByRows { below: 1_000_000, channels: 8, nodes: 4, rnn_nodes: 8, decoder_features: 256 },
];

/// Cells for windows shorter than this, so that about ten positions are left behind them; beyond, the published ones.
const BY_LENGTH: [(usize, usize); 3] = [(20, 1), (40, 2), (480, 3)];

/// The sizes in which data differ from the published kind. `given` ones are left alone.
pub fn of(data: &DataInfo, given: &Map<String, Value>) -> Vec<Size> {
    let mut sizes = Vec::new();
    let published = GenomeNas::new(data.length, data.labels);
    if let Some((below, cells)) = BY_LENGTH.iter().find(|(below, _)| data.length < *below) {
        let reason = format!("windows of {} bases are shorter than {below}", grouped(data.length as u64));
        sizes.push(Size { name: "cells", value: *cells, published: published.cells, reason });
    }
    if let Some(by_rows) = BY_ROWS.iter().find(|by_rows| data.train_rows < by_rows.below) {
        let rows = format!("{} training rows are fewer than {}", grouped(data.train_rows), grouped(by_rows.below));
        // A cell's value is made of its last nodes, so there are as many at least.
        let least = given.get("multiplier").and_then(Value::as_u64);
        let least = least.and_then(|nodes| usize::try_from(nodes).ok()).unwrap_or(0);
        let labels = data.labels.min(published.decoder_features);
        let decoder = by_rows.decoder_features.max(labels);
        let of_labels = format!("{rows}, and there are {} labels", grouped(data.labels as u64));
        let reason = if decoder > by_rows.decoder_features { of_labels } else { rows.clone() };
        sizes.extend([
            Size { name: "channels", value: by_rows.channels, published: published.channels, reason: rows.clone() },
            Size { name: "nodes", value: by_rows.nodes.max(least), published: published.nodes, reason: rows.clone() },
            Size { name: "rnn_nodes", value: by_rows.rnn_nodes, published: published.rnn_nodes, reason: rows },
            Size { name: "decoder_features", value: decoder, published: published.decoder_features, reason },
        ]);
    }
    sizes.retain(|size| size.value != size.published && !given.contains_key(size.name));
    sizes
}

/// The schema of all sizes.
pub fn schema() -> Value {
    serde_json::from_str(GenomeNas::SCHEMA).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use genomenas_plugin::message::Task;

    use super::*;

    fn data(length: usize, train_rows: u64, labels: usize) -> DataInfo {
        DataInfo { length, labels, task: Task::MultiLabel, train_rows, valid_rows: 100, reversible: true }
    }

    fn values(data: &DataInfo, given: &str) -> Vec<(&'static str, usize)> {
        let given: super::super::Spec = given.parse().unwrap();
        of(data, &given.parameters).into_iter().map(|size| (size.name, size.value)).collect()
    }

    #[test]
    fn small_data_has_small_networks_and_large_data_the_published_ones() {
        let small = [("cells", 3), ("channels", 4), ("nodes", 2), ("rnn_nodes", 4), ("decoder_features", 32)];
        assert_eq!(values(&data(200, 2_660, 1), "genomenas"), small);
        assert!(values(&data(1000, 4_400_000, 919), "genomenas").is_empty());
        assert_eq!(values(&data(19, 4_400_000, 919), "genomenas"), [("cells", 1)]);
        assert_eq!(values(&data(1000, 300_000, 919), "genomenas"), [("decoder_features", 919)]);
    }

    #[test]
    fn what_is_given_wins_and_the_rest_fits_to_it() {
        let sizes = values(&data(200, 2_660, 1), "genomenas channels=8 cells=6 multiplier=3");
        assert_eq!(sizes, [("nodes", 3), ("rnn_nodes", 4), ("decoder_features", 32)]);
    }

    #[test]
    fn each_says_why() {
        let reasons: Vec<String> = of(&data(200, 2_660, 40), &Map::new()).into_iter().map(|size| size.reason).collect();
        assert_eq!(reasons[0], "windows of 200 bases are shorter than 480");
        assert_eq!(reasons[1], "2,660 training rows are fewer than 10,000");
        assert_eq!(reasons[4], "2,660 training rows are fewer than 10,000, and there are 40 labels");
    }
}
