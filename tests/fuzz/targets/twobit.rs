//! `.2bit` genomes, through the importers of next nucleotides, windows and classes.

#![no_main]

use genomenas_fuzz::{genomes, seeds};
use libfuzzer_sys::fuzz_target;

// The first byte chooses the importer and its settings.
fuzz_target!(init: seeds::write("twobit", seeds()), |data: &[u8]| {
    if let Some((choice, bytes)) = data.split_first() {
        genomes::import(*choice, "genome.2bit", bytes);
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let chromosomes =
        [("chr1", "ACGTNACGTTTGACCATGNNNNACGATCAGCTAG"), ("chr2", "ACGGGATTTACAGG"), ("chr3", "GATTACAGATTACACC")];
    let file = |choice: u8| {
        let (big_endian, version) = (choice & 1 == 1, u32::from(choice >> 1 & 1));
        seeds::chosen(choice, genomes::two_bit(&chromosomes, big_endian, version))
    };
    (0..8).map(file).chain([seeds::chosen(3, genomes::two_bit(&[("one", "ACGTACGTAC")], false, 0))]).collect()
}
