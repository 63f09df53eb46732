//! Stores: any bytes are opened, verified and read to the last row, or refused; and what is written is what is read.

#![no_main]

use std::fs;
use std::path::Path;

use genomenas_data::bases::{bit_bytes, packed_bytes};
use genomenas_data::hash::sha256;
use genomenas_data::store::{ImportRecord, Place, Row, Shape, StoreWriter, Target};
use genomenas_data::{FinalEvaluation, Split, Store, StoreInfo, Task};
use genomenas_fuzz::{scratch, seeds, stores};
use libfuzzer_sys::fuzz_target;

/// Bases and labels of a row that is written: larger ones say nothing new.
const MOST: usize = 5000;

// The first byte chooses: a file as it is, a file whose description gets the checksum it needs, or a shape and rows.
fuzz_target!(init: seeds::write("stores", seeds()), |data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    match choice % 3 {
        0 => read(bytes),
        1 => read(&mended(bytes.to_vec())),
        _ => write(bytes),
    }
});

fn read(bytes: &[u8]) {
    let path = scratch::file("read.arrow", bytes);
    let store = match Store::open(&path) {
        Ok(store) => store,
        Err(error) => return stores::refused(&error),
    };
    let verified = store.verify(&mut |_| {});
    let read = stores::read(&store);
    [&verified, &read].into_iter().filter_map(|result| result.as_ref().err()).for_each(stores::refused);
    assert!(verified.is_err() || read.is_ok(), "a store that was verified cannot be read");
}

/// The file with the description of its end at its beginning too, and its checksum where that stands.
fn mended(mut bytes: Vec<u8>) -> Vec<u8> {
    // Texts in the file: their length, themselves, and a zero.
    let text_at = |bytes: &[u8], at: usize| {
        let length = usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()?;
        let range = at + 4..(at + 4).checked_add(length)?;
        let text = bytes.get(range.clone()).filter(|_| bytes.get(range.end) == Some(&0))?;
        let description = text.starts_with(b"{") && text.ends_with(b"}");
        (description || text.len() == 64 && text.iter().all(u8::is_ascii_hexdigit)).then_some(range)
    };
    let texts: Vec<_> = (0..bytes.len()).filter_map(|at| text_at(&bytes, at)).collect();
    let descriptions = || texts.iter().filter(|range| bytes[range.start] == b'{');
    let Some(last) = descriptions().next_back().map(|range| bytes[range.clone()].to_vec()) else { return bytes };
    let places: Vec<_> = descriptions().filter(|range| range.len() == last.len()).cloned().collect();
    for range in places {
        bytes[range].copy_from_slice(&last);
    }
    let digest = sha256(&last);
    for range in texts.into_iter().filter(|range| range.len() == digest.len()) {
        bytes[range].copy_from_slice(digest.as_bytes());
    }
    bytes
}

/// A line with the shape as JSON, then a byte for each row, from which all of it follows.
fn write(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let Ok(shape) = serde_json::from_slice::<Shape>(parts.next().unwrap_or_default()) else { return };
    if shape.length > MOST || shape.labels.len() > MOST {
        return;
    }
    let output = scratch::folder().join("written.arrow");
    let rows: Vec<MadeRow> = parts.next().unwrap_or_default().iter().map(|byte| MadeRow::of(*byte, &shape)).collect();
    let Some(info) = written(&output, &shape, &rows) else { return };
    let store = Store::open(&output).expect("what was written");
    assert_eq!(store.info(), &info);
    store.verify(&mut |_| {}).expect("what was written");
    stores::read(&store).expect("what was written");
    let test = store.test().unseal(&FinalEvaluation::of("a fuzz target"));
    for (split, found) in Split::ALL.into_iter().zip([store.train(), store.valid(), test]) {
        let expected: Vec<&MadeRow> = rows.iter().filter(|row| row.split == split).collect();
        assert_eq!(found.len(), expected.len());
        for (at, row) in (0..).zip(expected) {
            let packed = found.packed(at).expect("what was written");
            assert_eq!((packed.codes, packed.unknown), (row.codes.as_slice(), row.unknown.as_deref()));
        }
    }
    fs::remove_file(&output).expect("the store");
}

/// Writes rows of a shape; `None` where no row can have that shape.
fn written(output: &Path, shape: &Shape, rows: &[MadeRow]) -> Option<StoreInfo> {
    let writer = StoreWriter::create(output, shape.clone(), true);
    let mut writer = writer.map_err(|error| stores::refused(&error)).ok()?;
    for row in rows {
        let unknown = row.unknown.as_deref();
        let target = match shape.task {
            Task::MultiLabel => Target::Bits(&row.bits),
            Task::MultiClass | Task::NextNucleotide => Target::Class(row.class),
            Task::Regression | Task::PoissonRegression => Target::Values(&row.values),
        };
        let place = (!shape.chromosomes.is_empty()).then_some(Place { chromosome: 0, start: row.start });
        writer.push(row.split, &Row { codes: &row.codes, unknown, target, place }).expect("a row of the shape");
    }
    Some(writer.finish(ImportRecord::default(), &mut |_| {}).expect("a store of rows of the shape"))
}

/// A row that follows from a byte.
struct MadeRow {
    split: Split,
    codes: Vec<u8>,
    unknown: Option<Vec<u8>>,
    bits: Vec<u8>,
    class: u32,
    values: Vec<f32>,
    start: u64,
}

impl MadeRow {
    fn of(byte: u8, shape: &Shape) -> Self {
        let labels = shape.labels.len();
        Self {
            split: Split::ALL[usize::from(byte % 3)],
            codes: vec![byte; packed_bytes(shape.length)],
            unknown: (byte & 8 != 0).then(|| vec![byte; bit_bytes(shape.length)]),
            bits: vec![byte; bit_bytes(labels)],
            class: u32::from(byte) % u32::try_from(labels.max(1)).unwrap_or(1),
            values: (0..labels).map(|label| f32::from(byte) * label as f32).collect(),
            start: u64::from(byte) << (byte % 56),
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let old = seeds::fixture("tests/fixtures/store-1/small.arrow");
    let shapes = [
        r#"{"length":7,"labels":["a","b"],"task":"multi-label","chromosomes":[]}"#,
        r#"{"length":9,"labels":["a","b"],"task":"multi-class","chromosomes":["c","d"],"groups":["x",""]}"#,
        r#"{"length":64,"labels":["v"],"task":"regression","chromosomes":[]}"#,
        r#"{"length":16,"labels":["v","w"],"task":"poisson-regression","chromosomes":["c"]}"#,
        r#"{"length":33,"labels":["A","C","G","T"],"task":"next-nucleotide","chromosomes":["c"]}"#,
    ];
    let mut seeds = vec![seeds::chosen(0, &old), seeds::chosen(1, &old)];
    for shape in shapes {
        let rows: Vec<u8> = (0..24).chain([255, 128]).collect();
        let line = [shape.as_bytes(), b"\n", &rows].concat();
        let parsed: Shape = serde_json::from_str(shape).expect("a shape");
        let made: Vec<MadeRow> = rows.iter().map(|byte| MadeRow::of(*byte, &parsed)).collect();
        let output = scratch::folder().join("seed.arrow");
        written(&output, &parsed, &made).expect("a shape that rows can have");
        let file = fs::read(&output).expect("a store");
        seeds.extend([seeds::chosen(0, &file), seeds::chosen(1, &file), seeds::chosen(2, line)]);
    }
    seeds
}
