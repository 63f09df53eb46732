//! Both formats, read as they are and damaged.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::bases::{Packed, bit_at, code_at};

/// A `.2bit` file of these chromosomes, N blocks and all.
pub(crate) fn two_bit(chromosomes: &[(&str, &str)], big_endian: bool, version: u32) -> Vec<u8> {
    let number = |value: u32| {
        if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    };
    let offset = |value: u32| match (version, big_endian) {
        (0, _) => number(value).to_vec(),
        (_, true) => u64::from(value).to_be_bytes().to_vec(),
        (_, false) => u64::from(value).to_le_bytes().to_vec(),
    };
    let count = u32::try_from(chromosomes.len()).unwrap();
    let mut file: Vec<u8> = [0x1A41_2743, version, count, 0].into_iter().flat_map(number).collect();
    let mut at = file.len() + chromosomes.iter().map(|(name, _)| 1 + name.len() + offset(0).len()).sum::<usize>();
    let mut records = Vec::new();
    for (name, bases) in chromosomes {
        file.push(u8::try_from(name.len()).unwrap());
        file.extend(name.as_bytes());
        file.extend(offset(u32::try_from(at + records.len()).unwrap()));
        let unknown: Vec<u32> =
            (0..).zip(bases.bytes()).filter(|(_, base)| *base == b'N').map(|(place, _)| place).collect();
        let blocks = u32::try_from(unknown.len()).unwrap();
        records.extend([u32::try_from(bases.len()).unwrap(), blocks].into_iter().flat_map(number));
        records.extend(unknown.iter().flat_map(|place| number(*place)));
        records.extend(unknown.iter().flat_map(|_| number(1)));
        records.extend([0, 0].into_iter().flat_map(number));
        for four in bases.as_bytes().chunks(4) {
            let code = |base: u8| match base {
                b'C' => 1,
                b'A' => 2,
                b'G' => 3,
                _ => 0,
            };
            records.push(four.iter().enumerate().map(|(place, base)| code(*base) << (6 - 2 * place)).sum());
        }
    }
    at += records.len();
    file.extend(records);
    assert_eq!(at, file.len());
    file
}

fn opened(bytes: &[u8]) -> Result<(Vec<Chromosome>, Vec<ChromosomeSequence>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genome");
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    let mut genome = Genome::open(&path, &mut |_| {})?;
    let sequences = (0..genome.chromosomes().len()).map(|index| genome.read(index)).collect::<Result<_>>()?;
    Ok((genome.chromosomes().to_vec(), sequences))
}

fn text(sequence: &ChromosomeSequence, start: u64, length: usize) -> String {
    let (mut codes, mut mask) = (Vec::new(), Vec::new());
    sequence.window(start, length, &mut codes, &mut mask);
    let base = |index| {
        if bit_at(&mask, index) { 'N' } else { char::from(b"ACGT"[usize::from(code_at(&codes, index))]) }
    };
    (0..length).map(base).collect()
}

proptest! {
    #[test]
    fn a_genome_is_the_same_as_2bit_and_as_text(first in "[ACGTN]{1,60}", second in "[ACGTN]{1,60}", width in 1usize..30, big: bool, version in 0u32..2) {
        let mut fasta = String::new();
        for (name, bases) in [("a", &first), ("b", &second)] {
            fasta.extend([">", name, " words\n"]);
            for line in bases.as_bytes().chunks(width) {
                fasta.push_str(std::str::from_utf8(line).unwrap());
                fasta.push('\n');
            }
        }
        let (names, sequences) = opened(fasta.as_bytes()).unwrap();
        prop_assert_eq!(&names[1], &Chromosome { name: "b".into(), length: second.len() as u64 });
        prop_assert_eq!(text(&sequences[0], 0, first.len()), first.clone());
        prop_assert_eq!(text(&sequences[1], 0, second.len()), second.clone());
        let (other_names, other) = opened(&two_bit(&[("a", &first), ("b", &second)], big, version)).unwrap();
        prop_assert_eq!(other_names, names);
        for (bases, sequence) in [&first, &second].into_iter().zip(&other) {
            prop_assert_eq!(&text(sequence, 0, bases.len()), bases);
        }
    }

    #[test]
    fn a_window_is_that_part_of_the_chromosome(bases in "[ACGTN]{1,80}", start in 0u64..90, length in 1usize..40) {
        let (_, sequences) = opened(format!(">a\n{bases}\n").as_bytes()).unwrap();
        let letter = |place: usize| bases.chars().nth(place).unwrap_or('N');
        let expected: String = (0..length).map(|index| letter(usize::try_from(start).unwrap() + index)).collect();
        prop_assert_eq!(text(&sequences[0], start, length), expected.clone());
        let (mut codes, mut mask) = (Vec::new(), Vec::new());
        sequences[0].window(start, length, &mut codes, &mut mask);
        let packed = Packed::from_letters(expected.as_bytes()).unwrap();
        prop_assert_eq!((codes.as_slice(), mask.as_slice()), (packed.codes(), packed.unknown().unwrap_or_default()));
    }
}

#[test]
fn a_2bit_file_cut_anywhere_is_refused() {
    let good = two_bit(&[("chr1", "ACGTNNACGTACG"), ("chr2", "TTTTTGGGGG")], false, 0);
    assert!(opened(&good).is_ok());
    for length in 0..good.len() {
        assert!(opened(&good[..length]).is_err(), "{length} bytes were accepted");
    }
}

#[test]
fn chromosomes_that_are_longer_together_than_the_file_are_refused_before_they_are_read() {
    let sequence = "ACGT".repeat(100);
    let mut file = two_bit(&[("a", &sequence), ("b", "A"), ("c", "A"), ("d", "A")], false, 0);
    assert!(opened(&file).is_ok());
    // All entries of the index point to the first chromosome.
    let first: [u8; 4] = file[18..22].try_into().unwrap();
    for entry in 1..4 {
        file[18 + 6 * entry..22 + 6 * entry].copy_from_slice(&first);
    }
    let error = opened(&file).unwrap_err().to_string();
    assert!(error.contains("400 bases, more than the file can hold"), "{error}");
}

#[test]
fn more_stretches_than_bases_are_refused() {
    let mut file = two_bit(&[("a", "ACNGT")], false, 0);
    assert!(opened(&file).is_ok());
    // Behind the header, the index and the length.
    file[26..30].copy_from_slice(&6_u32.to_le_bytes());
    file.extend([0; 100]);
    let error = opened(&file).unwrap_err().to_string();
    assert!(error.contains("has 5 bases and says it has 6 stretches"), "{error}");
}

#[test]
fn a_2bit_file_with_a_flipped_byte_never_panics() {
    let good = two_bit(&[("chr1", "ACGTNNACGTACG"), ("chr2", "TTTTTGGGGG")], false, 0);
    for place in 0..good.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut bytes = good.clone();
            bytes[place] ^= flip;
            if let Err(error) = opened(&bytes) {
                assert_eq!(error.exit_code(), 2);
            }
        }
    }
}

#[test]
fn bases_in_lower_case_and_iupac_letters_are_read() {
    let (_, sequences) = opened(b">a\nacgtRYu\n").unwrap();
    assert_eq!(text(&sequences[0], 0, 7), "ACGTNNT");
}

#[test]
fn lines_of_text_end_with_line_feeds_carriage_returns_or_both() {
    let unix = "\u{feff}>a first\nACGT\nNN\n;comment\n\n>b\nTT\n";
    let expected = opened(unix.as_bytes()).unwrap();
    assert_eq!(expected.0.iter().map(|chromosome| chromosome.length).collect::<Vec<_>>(), [6, 2]);
    for end in ["\r", "\r\n"] {
        assert_eq!(opened(unix.replace('\n', end).as_bytes()).unwrap(), expected, "{end:?}");
        let error = opened(format!(">a{end}{end}AC{end}A*{end}").as_bytes()).unwrap_err().to_string();
        assert!(error.contains("line 4: '*'"), "{error}");
    }
    let joined = format!("{}{}", ">a\nACGT\n", ">b\rAC\rGT\r");
    assert_eq!(opened(joined.as_bytes()).unwrap().0[1].length, 4);
}

#[test]
fn control_characters_in_a_name_are_refused_and_joined_headings_have_the_first_name() {
    let error = opened(b">one\x1b[2J\nACGT\n").unwrap_err().to_string();
    assert!(
        error.ends_with(r#"line 1: the name "one\u{1b}[2J" holds a control character: expected letters and digits"#),
        "{error}"
    );
    assert_eq!(opened(b">one\x01two three\nACGT\n").unwrap().0[0].name, "one");
}
