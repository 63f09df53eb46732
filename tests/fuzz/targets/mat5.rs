//! MATLAB 5, as the validation file of a bundle.

#![no_main]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use genomenas_data::Split;
use genomenas_fuzz::{bundles, seeds};
use libfuzzer_sys::fuzz_target;

/// Bytes before the first element.
const HEADER: usize = 128;
const COMPRESSED: u32 = 15;

// The first byte chooses the settings, and whether the elements are compressed here: then changes to what they hold are
// no errors of a checksum.
fuzz_target!(init: seeds::write("mat5", seeds()), |data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    if choice & 4 == 0 {
        bundles::import(*choice, Split::Valid, bytes);
    } else {
        bundles::import(*choice, Split::Valid, &compressed(bytes));
    }
});

/// The elements of a little-endian file, as far as there are any: the type and the bytes of each.
fn elements(file: &[u8]) -> Vec<(u32, &[u8])> {
    let mut found = Vec::new();
    let mut rest = file.get(HEADER..).unwrap_or_default();
    while let Some((tag, after)) = rest.split_first_chunk::<8>() {
        let [kind, length] = [0, 4].map(|at| u32::from_le_bytes([tag[at], tag[at + 1], tag[at + 2], tag[at + 3]]));
        let (element, left) = after.split_at(after.len().min(length as usize));
        found.push((kind, element));
        rest = left;
    }
    found
}

fn compressed(file: &[u8]) -> Vec<u8> {
    let mut out = file[..file.len().min(HEADER)].to_vec();
    for (kind, element) in elements(file) {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        let length = u32::try_from(element.len()).expect("short");
        encoder.write_all(&[&kind.to_le_bytes(), &length.to_le_bytes(), element].concat()).expect("memory");
        let packed = encoder.finish().expect("memory");
        out.extend([COMPRESSED, u32::try_from(packed.len()).expect("short")].into_iter().flat_map(u32::to_le_bytes));
        out.extend(packed);
    }
    out
}

fn seeds() -> Vec<Vec<u8>> {
    let plain = seeds::fixture(&format!("{}/valid.mat", bundles::VARIANTS));
    [0, 1, 4, 6]
        .map(|choice| seeds::chosen(choice, &plain))
        .into_iter()
        .chain([seeds::chosen(0, compressed(&plain))])
        .collect()
}
