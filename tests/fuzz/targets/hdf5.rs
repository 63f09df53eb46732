//! HDF5 (MATLAB 7.3), as the training file of a bundle.

#![no_main]

use genomenas_data::Split;
use genomenas_fuzz::{bundles, seeds};
use libfuzzer_sys::fuzz_target;

// The first byte chooses the settings.
fuzz_target!(init: seeds::write("hdf5", seeds()), |data: &[u8]| {
    if let Some((choice, bytes)) = data.split_first() {
        bundles::import(*choice, Split::Train, bytes);
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let names = [
        "boolean",
        "chunked_u8",
        "compact",
        "contiguous_f32_no_user_block",
        "contiguous_f64_big_endian",
        "contiguous_i16_big_endian",
        "contiguous_i8",
        "contiguous_u8",
        "deflate_all_samples_in_a_chunk",
        "deflate_one_chunk",
        "deflate_u8",
        "many_chunks",
        "other_variables",
        "shuffle_deflate_f64",
        "shuffle_f32",
    ];
    names.iter().map(|name| seeds::chosen(0, seeds::fixture(&format!("{}/{name}.mat", bundles::VARIANTS)))).collect()
}
