//! Files of the DeepSEA bundle: the importer, with one of its three files fuzzed.

use genomenas_data::Split;
use genomenas_data::import::deepsea::{self, DeepseaOptions, StrandsFrom};

use crate::{scratch, seeds, stores};

/// Where the made-up bundle of the tests lies.
pub const VARIANTS: &str = "tests/data/deepsea/variants";

/// Imports the made-up bundle with these bytes as the file of a split, as `choice` says.
pub fn import(choice: u8, split: Split, bytes: &[u8]) {
    let fuzzed = scratch::file("fuzzed.mat", bytes);
    let or_fixture = |other: Split, name: &str| {
        let path = scratch::folder().join(name);
        if split == other {
            fuzzed.clone()
        } else if path.exists() {
            path
        } else {
            scratch::file(name, &seeds::fixture(&format!("{VARIANTS}/{name}")))
        }
    };
    let output = scratch::folder().join("bundle.arrow");
    let options = DeepseaOptions {
        strands: [StrandsFrom::Auto, StrandsFrom::Both, StrandsFrom::One, StrandsFrom::Auto][usize::from(choice & 3)],
        ..DeepseaOptions::new(
            or_fixture(Split::Train, "contiguous_u8.mat"),
            or_fixture(Split::Valid, "valid.mat"),
            or_fixture(Split::Test, "test.mat"),
            &output,
        )
    };
    stores::imported(deepsea::import(&options, &mut |_| {}), &output);
}
