//! BED and its like, plain and gzipped, as labels of windows.

#![no_main]

use genomenas_fuzz::imports::{self, Chromosomes};
use genomenas_fuzz::{scratch, seeds};
use libfuzzer_sys::fuzz_target;

const CHROMOSOMES: Chromosomes<'_> = [("chr1", 200), ("chr2", 100), ("chr3", 100)];

// The first byte chooses the settings; with the second the text is gzipped here, or the file has another ending.
fuzz_target!(init: seeds::write("bed", seeds()), |data: &[u8]| {
    let [choice, kind, bytes @ ..] = data else { return };
    let name = ["features.bed", "features.narrowPeak", "features.bedGraph", "features"][usize::from(kind >> 1 & 3)];
    let path = match kind % 2 {
        0 => scratch::file(name, bytes),
        _ => scratch::file(&format!("{name}.gz"), &imports::gzip(bytes)),
    };
    imports::labels(*choice, path, &CHROMOSOMES);
});

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "chr1\t0\t20\ta\nchr1\t15\t60\tb\nchr2\t0\t9\tb\nchr3\t2\t90\ta\nchr2\t40\t80\ta\n",
        "#chrom\ntrack name=x\nbrowser position chr1\n\nchr1 10 50\nchr2 7 90 .\nchr3\t1\t2\r\nchr9\t1\t2\n",
        "chr1\t9\t45\tpeak_1\t100\t.\t5.5\t-1\t-1\t12\n\
         chr2\t9\t45\tpeak_2\t100\t+\t5.5\t-1\t-1\t12\n\
         chr3\t9\t45\tpeak_3\t0\t-\t5.5\t-1\t-1\t12\n",
        "track type=bedGraph\nchr1\t0\t50\t0.5\nchr2\t0\t50\t0\nchr3\t0\t50\t-1.5\n",
        "chr1\t0\t18446744073709551615\ta\nchr2\t4294967296\t4294967297\tb\nchr3\t50\t40\ta\n",
    ];
    let mut seeds = Vec::new();
    for (number, text) in (0..).zip(texts) {
        for choice in [0, 2, 12, 16, 32, 68, 128] {
            seeds.push([&[choice, number * 2], text.as_bytes()].concat());
        }
        seeds.push([&[0, number * 2 + 1], text.as_bytes()].concat());
        seeds.push([&[0, 0], imports::gzip(text.as_bytes()).as_slice()].concat());
    }
    seeds
}
