//! FASTA, plain and gzipped, through the importers of next nucleotides, windows and classes.

#![no_main]

use genomenas_fuzz::{genomes, imports, seeds};
use libfuzzer_sys::fuzz_target;

// The first byte chooses the importer and its settings; with the second the text is gzipped here, so that changes to it
// are not errors of the checksum.
fuzz_target!(init: seeds::write("fasta", seeds()), |data: &[u8]| {
    let [choice, zip, bytes @ ..] = data else { return };
    if zip % 2 == 1 {
        genomes::import(*choice, "genome.fa.gz", &imports::gzip(bytes));
    } else {
        genomes::import(*choice, "genome.fa", bytes);
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let headless = "acgtnACGTTTGACCATGNNNNACGATCAGCTAGCATCGACT\nACGATTTACGACGTTTGACCATG\n";
    let other =
        ">one\nTTTTACATTTTTACAT\n>two\nGGGGACATGGGGACAT\n>three\nACACACACNNACGTAC\n;comment\n>four\n\n>five\nAC\n";
    let mut seeds = Vec::new();
    for choice in [0, 1, 2, 3, 4, 5, 22, 27, 70] {
        for text in [genomes::FASTA, other, headless] {
            seeds.push([&[choice, choice & 1], text.as_bytes()].concat());
        }
        seeds.push([&[choice, 0], imports::gzip(genomes::FASTA.as_bytes()).as_slice()].concat());
    }
    let two_members =
        [imports::gzip(b">chr1\nACGTACGTACGT\n"), imports::gzip(b">chr2\nACCCGT\n>chr3\nACGTTT\n")].concat();
    seeds.push([&[0, 0], two_members.as_slice()].concat());
    seeds
}
