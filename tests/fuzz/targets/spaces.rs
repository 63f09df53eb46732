//! Space files, TOML and JSON: what is accepted is counted, expanded, masked and drawn from, and written as it was
//! read.

#![no_main]

use genomenas_fuzz::{documents, seeds};
use genomenas_plugin::simulate::kit;
use genomenas_plugin::space::{GenomeNas, Space};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: seeds::write("spaces", seeds()), |data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(space) = Space::from_text(text)
    {
        documents::ask_space(&space);
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let operations = || vec!["none".to_owned(), "skip_connect".to_owned(), "conv_3".to_owned()];
    let small = |free_inputs| GenomeNas {
        cells: 2,
        nodes: 1,
        rnn_nodes: 1,
        operations: operations(),
        free_inputs,
        ..GenomeNas::new(30, 2)
    };
    let spaces = [small(false).space().expect("a space"), small(true).space().expect("a space")];
    let kits = [kit::two_cells(), kit::three_convolutions(), kit::no_decisions()];
    let kits = kits.iter().map(|simulation| simulation.setup().space.clone());
    let texts = spaces
        .into_iter()
        .chain(kits)
        .flat_map(|space| [space.to_toml().expect("TOML").into_bytes(), serde_json::to_vec(&space).expect("JSON")]);
    texts.chain([seeds::fixture("plugin-api/src/simulate/laboratory/space.toml")]).collect()
}
