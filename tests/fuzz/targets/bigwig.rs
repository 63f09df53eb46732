//! bigWig tracks as signals of windows.

#![no_main]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use genomenas_fuzz::imports::{self, Chromosomes};
use genomenas_fuzz::{scratch, seeds};
use libfuzzer_sys::fuzz_target;

/// Those of the file of the format's reference library.
const CHROMOSOMES: Chromosomes<'_> = [("one", 6000), ("three", 3000), ("two", 3000)];

// The first byte chooses the settings.
fuzz_target!(init: seeds::write("bigwig", seeds()), |data: &[u8]| {
    if let Some((choice, bytes)) = data.split_first() {
        imports::signals(*choice, scratch::file("track.bw", bytes), &CHROMOSOMES);
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let reference = seeds::fixture("host/data/src/formats/bigwig/reference.bw");
    let mut seeds: Vec<Vec<u8>> = [0, 1, 6, 8, 10].map(|choice| seeds::chosen(choice, &reference)).into();
    for compressed in [false, true] {
        seeds.extend([0, 2, 4, 8].map(|choice| seeds::chosen(choice, bigwig(compressed))));
    }
    seeds
}

/// A little-endian file with a block of each kind.
fn bigwig(compressed: bool) -> Vec<u8> {
    let four = u32::to_le_bytes;
    let eight = |value: usize| (value as u64).to_le_bytes();
    // Kind, step, span, and the items.
    let stretches = [0, 50, 1.5_f32.to_bits(), 50, 300, (-2.0_f32).to_bits(), 5990, 6000, 7.0_f32.to_bits()];
    let steps = [0.25_f32, 0.5, f32::NAN, 3.0].map(f32::to_bits);
    let places = [0, 1.0_f32.to_bits(), 2990, 2.0_f32.to_bits()];
    let blocks: [(u8, u32, u32, u16, &[u32]); 3] =
        [(1, 0, 0, 3, &stretches), (3, 40, 20, 4, &steps), (2, 0, 10, 2, &places)];
    let blocks: Vec<Vec<u8>> = (0..)
        .zip(blocks)
        .zip(CHROMOSOMES)
        .map(|((number, (kind, step, span, count, items)), (_, length))| {
            let length = u32::try_from(length).expect("short");
            let mut block = [number, 0, length, step, span].map(four).concat();
            block.extend([kind, 0]);
            block.extend(count.to_le_bytes());
            block.extend(items.iter().flat_map(|item| four(*item)));
            if !compressed {
                return block;
            }
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&block).expect("memory");
            encoder.finish().expect("memory")
        })
        .collect();
    let width = 5;
    let data = 64 + 32 + 4 + 3 * (width + 8);
    let index = data + blocks.iter().map(Vec::len).sum::<usize>();
    let mut file = four(0x888F_FC26).to_vec();
    file.extend([4, 0, 0, 0]);
    file.extend([eight(64), eight(data), eight(index)].concat());
    file.extend([0; 20]);
    file.extend(four(if compressed { 65_536 } else { 0 }));
    file.extend(eight(0));
    file.extend([0x78CA_8C91, 3, u32::try_from(width).expect("short"), 8].into_iter().flat_map(four));
    file.extend([eight(3), eight(0)].concat());
    file.extend([1, 0, 3, 0]);
    for (number, (name, length)) in (0..).zip(CHROMOSOMES) {
        file.extend(name.bytes().chain(std::iter::repeat(0)).take(width));
        file.extend([four(number), four(u32::try_from(length).expect("short"))].concat());
    }
    let mut entries = Vec::new();
    for ((number, block), (_, length)) in (0..).zip(&blocks).zip(CHROMOSOMES) {
        entries.extend([number, 0, number, u32::try_from(length).expect("short")].into_iter().flat_map(four));
        entries.extend([eight(file.len()), eight(block.len())].concat());
        file.extend(block);
    }
    file.extend(four(0x2468_ACE0));
    file.resize(index + 48, 0);
    file.extend([1, 0, 3, 0]);
    file.extend(entries);
    file
}
