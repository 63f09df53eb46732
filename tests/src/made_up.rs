//! A genome of a few thousand bases, its labels, and the files that hold them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::built::genomenas;
use crate::outcome::Outcome;

/// Names and sequences.
pub type Genome = Vec<(String, String)>;

/// Whole numbers below a bound, the same for a seed at every call.
pub fn draws(seed: u64) -> impl FnMut(u64) -> usize {
    let mut state = seed;
    move |below| {
        // Knuth's multiplier; the high bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((state >> 33) % below).unwrap()
    }
}

/// Three chromosomes, `one` (6,000 bases), `two` (3,000) and `three` (3,000), the same at every call. `two` has 50
/// unknown bases from 1,000 on.
pub fn genome() -> Genome {
    let mut state = 1_u64;
    let mut sequence = |length: usize| -> String {
        let mut base = |_| {
            // Knuth's multiplier; the high bits are the good ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ['A', 'C', 'G', 'T'][usize::try_from(state >> 62).unwrap()]
        };
        (0..length).map(&mut base).collect()
    };
    let (one, mut two, three) = (sequence(6000), sequence(3000), sequence(3000));
    two.replace_range(1000..1050, &"N".repeat(50));
    [("one", one), ("two", two), ("three", three)].map(|(name, bases)| (name.to_owned(), bases)).into()
}

/// Features named `even` and `odd` of 100 bases, turn by turn every 500 bases.
pub fn labels(genome: &Genome) -> String {
    let mut text = String::new();
    for (name, sequence) in genome {
        for (number, start) in (0..sequence.len()).step_by(500).enumerate() {
            let label = if number % 2 == 0 { "even" } else { "odd" };
            writeln!(text, "{name}\t{start}\t{}\t{label}", start + 100).unwrap();
        }
    }
    text
}

/// The genome as FASTA, 60 bases a line.
pub fn fasta(genome: &Genome) -> String {
    let mut text = String::new();
    for (name, sequence) in genome {
        writeln!(text, ">{name} made up").unwrap();
        for start in (0..sequence.len()).step_by(60) {
            writeln!(text, "{}", &sequence[start..sequence.len().min(start + 60)]).unwrap();
        }
    }
    text
}

/// The genome in UCSC's 2bit format, version 0.
pub fn twobit(genome: &Genome) -> Vec<u8> {
    let header = 16 + genome.iter().map(|(name, _)| 1 + name.len() + 4).sum::<usize>();
    let records: Vec<_> = genome.iter().map(|(_, sequence)| twobit_record(sequence)).collect();
    let mut bytes = numbers(&[0x1A41_2743, 0, genome.len(), 0]);
    let mut offset = header;
    for ((name, _), record) in genome.iter().zip(&records) {
        bytes.push(u8::try_from(name.len()).unwrap());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend(numbers(&[offset]));
        offset += record.len();
    }
    bytes.extend(records.concat());
    bytes
}

fn twobit_record(sequence: &str) -> Vec<u8> {
    let unknown: Vec<usize> = sequence.match_indices('N').map(|(at, _)| at).collect();
    let first = |at: &&usize| **at == 0 || !unknown.contains(&(**at - 1));
    let last = |at: &&usize| !unknown.contains(&(**at + 1));
    let starts: Vec<usize> = unknown.iter().filter(first).copied().collect();
    let ends: Vec<usize> = unknown.iter().filter(last).map(|at| at + 1).collect();
    let sizes: Vec<usize> = starts.iter().zip(&ends).map(|(start, end)| end - start).collect();
    let mut bytes = numbers(&[sequence.len(), starts.len()]);
    bytes.extend(numbers(&starts));
    bytes.extend(numbers(&sizes));
    // No masked blocks, and the reserved word.
    bytes.extend(numbers(&[0, 0]));
    let code = |base: &u8| match base {
        b'C' => 1,
        b'A' => 2,
        b'G' => 3,
        _ => 0,
    };
    bytes.extend(
        sequence
            .as_bytes()
            .chunks(4)
            .map(|bases| (0..4).fold(0_u8, |byte, at| byte << 2 | bases.get(at).map_or(0, code))),
    );
    bytes
}

fn numbers(numbers: &[usize]) -> Vec<u8> {
    numbers.iter().flat_map(|number| u32::try_from(*number).unwrap().to_le_bytes()).collect()
}

/// Bytes compressed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes a file in `folder`; its path.
pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::File::create(&path).unwrap().write_all(bytes.as_ref()).unwrap();
    path
}

/// The command that imports windows of 200 bases (100 and 50 on either side): train `one`, valid `two`, test `three`.
pub fn import_windows(genome: &Path, labels: &Path, out: &Path) -> Command {
    let mut command = genomenas();
    command.args(["data", "import", "windows", "--bin", "100", "--context", "50", "--valid", "two", "--test", "three"]);
    command.arg("--genome").arg(genome).arg("--labels").arg(labels).arg("--out").arg(out);
    command
}

/// A store of the made-up genome in `folder`: 200 bases a row, labels `even` and `odd`.
pub fn store(folder: &Path) -> PathBuf {
    let genome = genome();
    let (sequence, features) =
        (write(folder, "genome.fa", fasta(&genome)), write(folder, "labels.bed", labels(&genome)));
    let out = folder.join("store.arrow");
    Outcome::text(&mut import_windows(&sequence, &features, &out));
    out
}
