//! All that is asked of an architecture and of a space once they were accepted.

use genomenas_plugin::message::Discard;
use genomenas_plugin::space::{Architecture, Layers, Mask, Space};
use genomenas_report::architecture;

/// Decisions whose options are dropped one by one.
const MOST_DROPPED: usize = 4;

/// Asks all of an architecture that was validated.
pub fn ask_architecture(accepted: &Architecture) {
    let layers = accepted.layers().expect("layers of an architecture that was accepted");
    ask_layers(&layers);
    let hash = accepted.canonical_hash().expect("the hash of an architecture that was accepted");
    let summary = architecture::summary(accepted).expect("the summary of an architecture that was accepted");
    assert_eq!(summary.hash, hash);
    let _ = architecture::decisions(accepted);
    let again = Architecture::from_json(&accepted.to_json().expect("JSON")).expect("what was written");
    assert_eq!(&again, accepted, "another architecture came back");
}

/// Asks all of a space that was validated.
pub fn ask_space(space: &Space) {
    let again = Space::from_text(&space.to_toml().expect("TOML")).expect("what was written as TOML");
    assert_eq!(&again, space, "another space came back from TOML");
    let again = Space::from_text(&space.to_json().expect("JSON")).expect("what was written as JSON");
    assert_eq!(&again, space, "another space came back from JSON");
    ask_layers(&space.supernet_layers().expect("the supernet of a space that was accepted"));
    assert!(space.architectures() >= 1.0, "{} architectures", space.architectures());
    let _ = (space.cells(), space.expect_decisions());
    let whole = space.masked(&space.mask()).expect("a mask that drops nothing");
    assert_eq!(whole.masked(&whole.mask()).expect("a mask that drops nothing"), whole);
    for selection in space.sample_distinct(2, 1) {
        space.check_selection(&selection).expect("a selection that was drawn");
        let _ = space.masked(&Mask::from(&selection));
        if let Ok(architecture) = space.architecture(&selection) {
            ask_architecture(&architecture);
        }
    }
    for decision in space.decisions.iter().take(MOST_DROPPED) {
        let (id, option) = (decision.id.clone(), decision.options.first().cloned().unwrap_or_default());
        for discard in [Discard::Option { decision: id.clone(), option }, Discard::Edge { decision: id }] {
            let mut mask = space.mask();
            if mask.discard(space, &discard).is_ok()
                && let Ok(left) = space.masked(&mask)
            {
                ask_layers(&left.supernet_layers().expect("the supernet of a space that was accepted"));
            }
        }
    }
}

fn ask_layers(layers: &Layers) {
    let _ = (layers.parameters(), layers.multiply_adds(), layers.activations(), layers.alphas());
    let _ = (layers.firsts(), layers.scaled(), layers.expect_io(50, 2), layers.output_shape());
    let _ = (architecture::layers(layers), architecture::folded(layers));
}
