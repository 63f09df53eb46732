//! bigWig files of the format's reference library, of all kinds made by hand, cut off and damaged.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::trees::NAMES_SIGNATURE;
use super::*;

/// Values as a block of one of the three kinds holds them.
#[derive(Clone)]
pub(crate) enum Values {
    /// Stretches of any length.
    Stretches(Vec<(u32, u32, f32)>),
    /// Places with one span.
    Places(u32, Vec<(u32, f32)>),
    /// From a start, at a step, with a span.
    Steps(u32, u32, u32, Vec<f32>),
}

/// A bigWig file of one block each.
pub(crate) fn bigwig(chromosomes: &[(&str, u32, Values)], big_endian: bool, compressed: bool) -> Vec<u8> {
    let two = |value: usize| {
        let value = u16::try_from(value).unwrap();
        if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    };
    let four = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let eight = |value: usize| {
        let value = value as u64;
        if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    };
    let names: usize = 64;
    let width = chromosomes.iter().map(|(name, ..)| name.len()).max().unwrap();
    let data = names + 32 + 4 + chromosomes.len() * (width + 8);
    let mut blocks = Vec::new();
    for (number, (_, length, values)) in (0..).zip(chromosomes) {
        let (kind, first, step, span, count) = match values {
            Values::Stretches(values) => (1, 0, 0, 0, values.len()),
            Values::Places(span, values) => (2, 0, 0, *span, values.len()),
            Values::Steps(first, step, span, values) => (3, *first, *step, *span, values.len()),
        };
        let mut block: Vec<u8> = [number, first, *length, step, span].into_iter().flat_map(four).collect();
        block.extend([kind, 0]);
        block.extend(two(count));
        match values {
            Values::Stretches(values) => {
                block.extend(
                    values
                        .iter()
                        .flat_map(|(start, end, value)| [four(*start), four(*end), four(value.to_bits())].concat()),
                );
            }
            Values::Places(_, values) => {
                block.extend(values.iter().flat_map(|(start, value)| [four(*start), four(value.to_bits())].concat()));
            }
            Values::Steps(_, _, _, values) => block.extend(values.iter().flat_map(|value| four(value.to_bits()))),
        }
        if compressed {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&block).unwrap();
            block = encoder.finish().unwrap();
        }
        blocks.push((*length, block));
    }
    let index = data + blocks.iter().map(|(_, block)| block.len()).sum::<usize>();

    let mut file: Vec<u8> = four(SIGNATURE).to_vec();
    file.extend([two(4), two(0)].concat());
    file.extend([eight(names), eight(data), eight(index)].concat());
    file.extend([four(0).to_vec(), eight(0).to_vec(), eight(0).to_vec()].concat());
    file.extend(four(if compressed { 65_536 } else { 0 }));
    file.extend(eight(0));
    file.extend([NAMES_SIGNATURE, 1, u32::try_from(width).unwrap(), 8].into_iter().flat_map(four));
    file.extend([eight(chromosomes.len()), eight(0)].concat());
    file.extend([1, 0]);
    file.extend(two(chromosomes.len()));
    for (number, (name, length, _)) in (0..).zip(chromosomes) {
        file.extend(name.bytes().chain(std::iter::repeat(0)).take(width));
        file.extend([four(number), four(*length)].concat());
    }
    assert_eq!(file.len(), data);
    let mut offset = data;
    let mut entries = Vec::new();
    for (number, (length, block)) in (0..).zip(&blocks) {
        entries.extend([number, 0, number, *length].into_iter().flat_map(four));
        entries.extend([eight(offset), eight(block.len())].concat());
        offset += block.len();
        file.extend(block);
    }
    file.extend(four(INDEX_SIGNATURE));
    file.resize(index + 48, 0);
    file.extend([1, 0]);
    file.extend(two(blocks.len()));
    file.extend(entries);
    file
}

type Stretches = Vec<(String, u64, u64, f32)>;

fn read(bytes: &[u8]) -> Result<Stretches> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("track.bw");
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    let mut file = BigWig::open(&path)?;
    let mut found = Vec::new();
    for Chromosome { name, length } in file.chromosomes().cloned().collect::<Vec<_>>() {
        file.values(&name, 0..length, &mut |places, value| {
            found.push((name.clone(), places.start, places.end, value));
        })?;
    }
    Ok(found)
}

fn all_kinds() -> [(&'static str, u32, Values); 3] {
    [
        ("one", 100, Values::Stretches(vec![(0, 3, 1.5), (3, 10, f32::NAN), (20, 100, -2.0)])),
        ("three", 60, Values::Steps(10, 5, 2, vec![0.25, 0.5])),
        ("two", 50, Values::Places(4, vec![(0, 1.0), (46, 2.0)])),
    ]
}

fn expected() -> Stretches {
    [
        ("one", 0, 3, 1.5),
        ("one", 20, 100, -2.0),
        ("three", 10, 12, 0.25),
        ("three", 15, 17, 0.5),
        ("two", 0, 4, 1.0),
        ("two", 46, 50, 2.0),
    ]
    .map(|(name, start, end, value)| (name.to_owned(), start, end, value))
    .into()
}

#[test]
fn values_of_all_kinds_are_read_in_both_byte_orders_compressed_and_not() {
    for (big_endian, compressed) in [(false, false), (false, true), (true, false), (true, true)] {
        assert_eq!(read(&bigwig(&all_kinds(), big_endian, compressed)).unwrap(), expected());
    }
}

#[test]
fn a_file_of_the_reference_library_gives_the_means_of_that_library() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/formats/bigwig");
    let mut file = BigWig::open(&here.join("reference.bw")).unwrap();
    let mut compared = 0;
    for line in include_str!("reference_mean.tsv").lines() {
        let [name, start, mean] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (start, mean): (u64, f64) = (start.parse().unwrap(), mean.parse().unwrap());
        let mut sum = 0.0;
        let places = start..start + 100;
        file.values(name, places.clone(), &mut |stretch, value| {
            let shared = stretch.end.min(places.end).saturating_sub(stretch.start.max(places.start));
            sum += shared as f64 * f64::from(value);
        })
        .unwrap();
        assert!((sum / 100.0 - mean).abs() < 1e-12, "{line}: {}", sum / 100.0);
        compared += usize::from(mean != 0.0);
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn a_bigwig_file_cut_anywhere_is_refused() {
    for compressed in [false, true] {
        let good = bigwig(&all_kinds(), false, compressed);
        for length in 0..good.len() {
            let error = read(&good[..length]).expect_err("it was accepted");
            assert_eq!(error.exit_code(), 2);
        }
    }
}

#[test]
fn a_bigwig_file_with_a_flipped_byte_never_panics() {
    let reference = std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/formats/bigwig/reference.bw"));
    let made = |big_endian, compressed| bigwig(&all_kinds(), big_endian, compressed);
    for (good, step) in [(made(false, true), 1), (made(true, false), 1), (reference.unwrap(), 11)] {
        for place in (0..good.len()).step_by(step) {
            for flip in [0x01, 0x80, 0xFF] {
                let mut bytes = good.clone();
                bytes[place] ^= flip;
                if let Err(error) = read(&bytes) {
                    assert_eq!(error.exit_code(), 2);
                }
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_bigwig_file_is_said() {
    let refused = |values: Values| {
        let error = read(&bigwig(&[("one", 100, values)], false, true)).unwrap_err().to_string();
        error.split_once("track.bw: ").unwrap().1.to_owned()
    };
    insta::assert_snapshot!(refused(Values::Stretches(vec![(0, 10, 1.0), (9, 20, 1.0)])), @"it is damaged: a block of one has values out of order or beyond the chromosome's end");
    insta::assert_snapshot!(refused(Values::Places(5, vec![(96, 1.0)])), @"it is damaged: a block of one has values out of order or beyond the chromosome's end");
    insta::assert_snapshot!(refused(Values::Steps(40, 5, 5, vec![1.0, f32::INFINITY])), @"the value at one:46 is infinite: expected finite values");
}

#[test]
fn an_index_that_leads_in_a_circle_is_refused() {
    let mut file = bigwig(&all_kinds()[..1], false, false);
    let index = file.len() - 36 - 48;
    let root = (index + 48) as u64;
    // One entry of an inner node, whose child is the node itself.
    file.truncate(index + 48);
    file.extend([0, 0, 1, 0]);
    file.extend([0, 0, 0, 100].into_iter().flat_map(u32::to_le_bytes));
    file.extend(root.to_le_bytes());
    let error = read(&file).unwrap_err().to_string();
    assert!(error.contains("the index leads in a circle"), "{error}");
}
