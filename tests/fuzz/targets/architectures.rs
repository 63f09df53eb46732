//! Architecture files: what is accepted has shapes, counts and a hash, is shown, and is written as it was read.

#![no_main]

use genomenas_fuzz::{documents, seeds};
use genomenas_plugin::simulate::kit;
use genomenas_plugin::space::{Architecture, ArchitectureBuilder, GenomeNas, Op};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: seeds::write("architectures", seeds()), |data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(architecture) = Architecture::from_json(text)
    {
        documents::ask_architecture(&architecture);
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let spaces = [
        GenomeNas { cells: 1, nodes: 1, rnn_nodes: 2, ..GenomeNas::new(50, 2) }.space().expect("a space"),
        GenomeNas { cells: 2, nodes: 1, rnn_nodes: 1, free_inputs: true, ..GenomeNas::new(30, 1) }
            .space()
            .expect("a space"),
        kit::two_cells().setup().space.clone(),
    ];
    let drawn = spaces.iter().flat_map(|space| {
        let selections = space.sample_distinct(4, 1).into_iter();
        selections.map(|selection| space.architecture(&selection).expect("an architecture"))
    });
    drawn.chain([every_operation()]).map(|architecture| serde_json::to_vec(&architecture).expect("JSON")).collect()
}

fn every_operation() -> Architecture {
    let op = |text: &str| serde_json::from_str::<Op>(text).expect("an operation");
    let mut net = ArchitectureBuilder::new("all", 60);
    for (name, text) in [
        ("conv", r#"{"type":"conv1d","out_channels":8,"kernel":5,"stride":2,"padding":2,"groups":4,"bias":false}"#),
        ("deep", r#"{"type":"conv1d","kernel":3,"dilation":2,"depthwise":true}"#),
        ("norm", r#"{"type":"batch_norm","affine_in_search":false}"#),
        ("relu", r#"{"type":"activation","function":"gelu"}"#),
        ("max", r#"{"type":"max_pool","kernel":3,"stride":1,"padding":1}"#),
        ("mean", r#"{"type":"avg_pool","kernel":2,"stride":2}"#),
        ("drop", r#"{"type":"dropout","p":0.25}"#),
        ("path", r#"{"type":"drop_path","p":0.5}"#),
        ("skip", r#"{"type":"skip_dropout"}"#),
        ("same", r#"{"type":"identity"}"#),
        ("lstm", r#"{"type":"lstm","hidden":3,"bidirectional":true}"#),
        ("gru", r#"{"type":"gru","hidden":6}"#),
        ("cell", include_str!("../seeds/highway.json")),
        ("turn", r#"{"type":"transpose"}"#),
        ("back", r#"{"type":"transpose"}"#),
        ("zero", r#"{"type":"zero","stride":2}"#),
        ("flat", r#"{"type":"flatten"}"#),
        ("out", r#"{"type":"linear","out_features":2,"init_range":0.04}"#),
    ] {
        net.then(name, op(text));
    }
    net.finish().expect("an architecture")
}
