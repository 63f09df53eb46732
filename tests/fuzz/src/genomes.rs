//! Genomes: small ones as seeds, and the importers that read them.

use genomenas_data::Task;
use genomenas_data::import::RowOptions;
use genomenas_data::import::fasta::{self, ClassPath, FastaOptions, Short};
use genomenas_data::import::next::{self, NextOptions};
use genomenas_data::import::windows::{self, Keep, WindowsOptions};
use genomenas_data::splits::{Fractions, GenomeSplitOptions};

use crate::{scratch, stores};

/// Two scaffolds of each kind of base, as text.
pub const FASTA: &str = ">chr1 first\nACGTNACGTTTGACCATGNNNNACGATCAGCTAGCATCGACT\nACGATTTACG\n\
                         >chr2\nacgtnnryACGGGATTTACAGG\n\
                         >chr3 last\r\nGATTACAGATTACA\r\nCCGGTTAACC\r\n";

/// Imports a genome by one of the importers, as `choice` says.
pub fn import(choice: u8, name: &str, bytes: &[u8]) {
    let path = scratch::file(name, bytes);
    let output = scratch::folder().join("genome.arrow");
    let shares =
        |block| GenomeSplitOptions { block, ..GenomeSplitOptions::by_share(Fractions { valid: 0.2, test: 0.2 }, 1) };
    let named = || GenomeSplitOptions::named(vec!["chr2".into()], vec!["chr3".into()]);
    let result = match choice % 4 {
        0 => {
            let splits = if choice & 4 == 0 { named() } else { shares(8) };
            let step = u64::from(choice >> 4) + 1;
            next::import(&NextOptions { length: 4, step, splits, ..NextOptions::new(vec![path], &output) }, &mut |_| {})
        }
        1 => {
            let labels = scratch::file("all.bed", b"chr1\t0\t20\ta\nchr2\t0\t9\tb\nchr3\t2\t9\ta\n");
            let options = WindowsOptions {
                bin: 6,
                context: u64::from(choice >> 4),
                keep: if choice & 4 == 0 { Keep::All } else { Keep::Labelled },
                rows: RowOptions { max_unknown: if choice & 8 == 0 { 1.0 } else { 0.25 }, ..RowOptions::default() },
                splits: named(),
                ..WindowsOptions::new(path, vec![labels], &output)
            };
            windows::import(&options, &mut |_| {})
        }
        kind => {
            let other = scratch::file("other.fa", b">one\nTTTTACAT\n>two\nGGGGACAT\n>three\nACACACAC\n");
            let class = |name: &str, path| ClassPath { name: Some(name.into()), path };
            let labels = kind == 3;
            let options = FastaOptions {
                length: (choice & 4 == 0).then_some(8),
                step: (choice & 8 == 0).then_some(3),
                short: if choice & 16 == 0 { Short::Drop } else { Short::Fill },
                rows: RowOptions { max_unknown: if choice & 32 == 0 { 1.0 } else { 0.5 }, ..RowOptions::default() },
                task: if labels { Task::MultiLabel } else { Task::MultiClass },
                background: (labels && choice & 64 == 0).then(|| "other".to_owned()),
                ..FastaOptions::new(vec![class("fuzzed", path), class("other", other)], &output)
            };
            fasta::import(&options, &mut |_| {})
        }
    };
    stores::imported(result, &output);
}

/// A `.2bit` file of these chromosomes.
pub fn two_bit(chromosomes: &[(&str, &str)], big_endian: bool, version: u32) -> Vec<u8> {
    let number = |value: usize| {
        let value = u32::try_from(value).expect("small");
        if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    };
    let offset = |value: usize| match (version, big_endian) {
        (0, _) => number(value).to_vec(),
        (_, true) => [number(0), number(value)].concat(),
        (_, false) => [number(value), number(0)].concat(),
    };
    let index: usize = chromosomes.iter().map(|(name, _)| 1 + name.len() + offset(0).len()).sum();
    let mut file = [0x1A41_2743, version as usize, chromosomes.len(), 0].map(number).concat();
    let first = file.len() + index;
    let mut records = Vec::new();
    for (name, bases) in chromosomes {
        file.push(u8::try_from(name.len()).expect("short"));
        file.extend(name.as_bytes());
        file.extend(offset(first + records.len()));
        let unknown: Vec<usize> =
            bases.bytes().enumerate().filter(|(_, base)| *base == b'N').map(|(at, _)| at).collect();
        records.extend([number(bases.len()), number(unknown.len())].concat());
        records.extend(unknown.iter().flat_map(|at| number(*at)));
        records.extend(unknown.iter().flat_map(|_| number(1)));
        // One stretch in lower case, and the reserved number.
        records.extend([1, 0, bases.len() / 2, 0].into_iter().flat_map(number));
        for four in bases.as_bytes().chunks(4) {
            let code = |base: &u8| b"TCAG".iter().position(|other| other == base).unwrap_or(0);
            let packed: usize = four.iter().enumerate().map(|(at, base)| code(base) << (6 - 2 * at)).sum();
            records.push(u8::try_from(packed).expect("two bits each"));
        }
    }
    file.extend(records);
    file
}
