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
    for (number, Chromosome { name, length }) in file.chromosomes().cloned().enumerate().collect::<Vec<_>>() {
        file.values(number, 0..length, &mut |places, value| {
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
        let number = file.chromosomes().position(|chromosome| chromosome.name == name).unwrap();
        file.values(number, places.clone(), &mut |stretch, value| {
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
    insta::assert_snapshot!(refused(Values::Stretches(vec![(0, 10, 1.0), (9, 20, 1.0)])), @"it is damaged: a block of one has values that overlap or are out of order");
    insta::assert_snapshot!(refused(Values::Stretches(vec![(20, 10, 1.0)])), @"it is damaged: a block of one has values that overlap or are out of order");
    insta::assert_snapshot!(refused(Values::Steps(40, 5, 5, vec![1.0, f32::INFINITY])), @"the value at one:46 is infinite: expected finite values");
}

#[test]
fn items_that_are_not_whole_are_clipped_or_passed_over_and_counted_once() {
    let one = Values::Stretches(vec![(0, 0, 9.0), (5, 10, 1.0), (10, 10, 9.0), (90, 110, 2.0), (110, 120, 9.0)]);
    let file = bigwig(&[("one", 100, one), ("two", 100, Values::Places(30, vec![(80, 1.0)]))], false, true);
    let expected = [("one", 5, 10, 1.0), ("one", 90, 100, 2.0), ("two", 80, 100, 1.0)];
    assert_eq!(read(&file).unwrap(), expected.map(|(name, start, end, value)| (name.to_owned(), start, end, value)));
    let folder = tempfile::tempdir().unwrap();
    let mut file = BigWig::open(&crate::test_support::file(folder.path(), "track.bw", file)).unwrap();
    for places in [0..10, 0..100, 50..u64::MAX] {
        file.values(0, places, &mut |_, _| {}).unwrap();
        assert_eq!(file.oddities(), Oddities { clipped: 2, empty: 2 });
    }
    file.values(1, 0..100, &mut |_, _| {}).unwrap();
    assert_eq!(file.oddities(), Oddities { clipped: 3, empty: 2 });
}

#[test]
fn a_list_of_chromosomes_that_contradicts_itself_is_refused() {
    let good = bigwig(&all_kinds(), false, true);
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        let error = read(&bytes).unwrap_err().to_string();
        error.split_once("track.bw: ").unwrap().1.to_owned()
    };
    // The tree begins at 64 with its count at 80; its root is at 96, whose entries have names of 5 bytes.
    insta::assert_snapshot!(refused(&|bytes| bytes[80] = 4), @"it is damaged: the list of chromosomes has 3 of the 4 that it says it has");
    insta::assert_snapshot!(refused(&|bytes| bytes[98] = 2), @"it is damaged: the list of chromosomes has 2 of the 3 that it says it has");
    insta::assert_snapshot!(refused(&|bytes| bytes[99] = 255), @"it is cut off or damaged: it ends within the list of chromosomes");
    insta::assert_snapshot!(refused(&|bytes| bytes[118] = 0), @r#"it is damaged: the list of chromosomes has chromosome "three" or its number twice"#);
    insta::assert_snapshot!(refused(&|bytes| bytes.copy_within(100..105, 113)), @r#"it is damaged: the list of chromosomes has chromosome "one" or its number twice"#);
}

/// Inner nodes at every byte of a stretch, each of which leads to the next ones: more entries than the file can hold.
#[test]
fn nodes_that_share_bytes_end_before_they_take_the_time_of_many_files() {
    let mut file = bigwig(&all_kinds()[..1], false, false);
    let index = file.len() - 36 - 48;
    file.truncate(index + 48);
    let root = file.len() as u64;
    // Nodes of many entries, one every 28 bytes, that all cover the chromosome.
    for number in 0..2000_u64 {
        file.extend([0, 0]);
        file.extend(1000_u16.to_le_bytes());
        file.extend([0, 0, 0, 100].into_iter().flat_map(u32::to_le_bytes));
        file.extend((root + 28 * (number + 1)).to_le_bytes());
    }
    let error = read(&file).unwrap_err().to_string();
    assert!(error.contains("it is damaged: the index"), "{error}");
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
