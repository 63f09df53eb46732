//! The way on where windows are too short for a baseline: what there is for data of this kind.

use std::collections::BTreeMap;

use genomenas_data::StoreInfo;
use genomenas_data::error::Error;
use genomenas_plugin::message::{Budget, StrategyKind, Unit};
use genomenas_plugin::space::Space;

use super::{Limits, StrategyRef, StrategyRegistry, preview};

/// Baselines that are named; any one will do.
const NAMED: usize = 4;

/// Adds the way on to the refusal of a strategy, where it is that of a baseline whose windows are too short.
pub fn with_way_on(
    refusal: Error,
    refused: &StrategyRef<'_>,
    registry: &StrategyRegistry,
    space: &Space,
    info: &StoreInfo,
    limits: Limits,
) -> Error {
    let length = info.shape.length as u64;
    let shortest = shortest(&refusal.to_string()).filter(|shortest| *shortest > length);
    let Some(shortest) = shortest.filter(|_| refused.strategy.kind == StrategyKind::Baseline) else { return refusal };
    let mut ways: Vec<String> = import(&info.import.importer, &info.import.settings, shortest).into_iter().collect();
    // Any budget will do: a baseline that fits says so when it is made.
    let budget = Budget { amount: 1_000_000, unit: Unit::Samples };
    let fits = |known: &StrategyRef<'_>| {
        // Linear models are in every comparison anyway.
        known.strategy.kind == StrategyKind::Baseline
            && known.strategy.needs.iter().all(|need| need != "optimum")
            && preview::try_out(known, &serde_json::Map::new(), space, &info.for_plugins(), budget, limits).is_ok()
    };
    let fitting: Vec<&str> =
        registry.strategies().filter(fits).map(|known| known.strategy.id.as_str()).take(NAMED).collect();
    if !fitting.is_empty() {
        ways.push(format!("take a baseline that reads windows of {length} bases ({})", fitting.join(", ")));
    }
    ways.push("leave it out: searches fit their networks to any length".to_owned());
    Error::input(format!("{refusal}. The way on: {}", ways.join(", or ")))
}

/// The shortest windows that a refusal names, as every baseline does.
fn shortest(refusal: &str) -> Option<u64> {
    let after = refusal.split_once("windows of at least ")?.1;
    after.split(' ').next()?.parse().ok()
}

/// How the same data can be imported in longer windows, if they can.
fn import(importer: &str, settings: &BTreeMap<String, String>, shortest: u64) -> Option<String> {
    let setting = |name: &str| settings.get(name).and_then(|value| value.parse::<u64>().ok());
    match importer {
        "windows" => {
            let context = shortest.saturating_sub(setting("bin")?).div_ceil(2);
            Some(format!("import the genome with more around each bin (--context {context} or more)"))
        }
        "next" => Some(format!("import it with --length {shortest} or more")),
        "fasta" => Some(format!(
            "import it with --length {shortest} --short fill, which puts unknown bases around shorter sequences"
        )),
        "table" => Some(format!(
            "import it with --length {shortest} or more, which puts unknown bases around shorter sequences (--anchor says where)"
        )),
        // A row has the sequence that it has.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_sequences_are_imported_in_longer_windows_and_what_has_its_length_by_its_format_is_not() {
        let way = |importer: &str| import(importer, &BTreeMap::from([("bin".to_owned(), "20".to_owned())]), 163);
        for importer in ["table", "fasta", "next"] {
            assert!(way(importer).unwrap().contains("--length 163"), "{importer}");
        }
        assert!(way("windows").unwrap().contains("--context 72"));
        assert_eq!((way("npz"), way("deepsea")), (None, None));
    }

    #[test]
    fn the_shortest_windows_are_read_from_the_refusal() {
        assert_eq!(shortest("DanQ needs windows of at least 38 bases, the data has windows of 20"), Some(38));
        assert_eq!(shortest("parameter `width`: expected a number"), None);
    }
}
