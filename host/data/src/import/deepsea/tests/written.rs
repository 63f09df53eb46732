//! Writes MATLAB 5 files of every form, by hand, as the format's document has them.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) little: bool,
    pub(super) deflated: bool,
    /// The type in which the numbers are stored.
    pub(super) kind: u32,
    /// Whether the labels come first, and other variables stand around.
    pub(super) disorder: bool,
}

/// A matrix of whole numbers, the first axis fastest.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    pub(super) name: String,
    pub(super) axes: Vec<u32>,
    pub(super) values: Vec<u8>,
}

impl Matrix {
    /// The two matrices of a split with these samples.
    pub(super) fn bundle(split: &str, samples: &[(String, String)]) -> Vec<Self> {
        let count = |length: usize| u32::try_from(length).unwrap();
        let (length, labels) = (samples[0].0.len(), samples[0].1.len());
        let mut bases = Vec::new();
        for position in 0..length {
            for channel in b"AGCT" {
                bases.extend(samples.iter().map(|(row, _)| u8::from(row.as_bytes()[position] == *channel)));
            }
        }
        let marks = (0..labels).flat_map(|label| samples.iter().map(move |(_, row)| row.as_bytes()[label] - b'0'));
        vec![
            Self { name: format!("{split}xdata"), axes: vec![count(samples.len()), 4, count(length)], values: bases },
            Self {
                name: format!("{split}data"),
                axes: vec![count(samples.len()), count(labels)],
                values: marks.collect(),
            },
        ]
    }
}

/// The bytes of a file with these matrices.
pub(super) fn mat5(form: Form, matrices: &[Matrix]) -> Vec<u8> {
    let mut file = b"MATLAB 5.0 MAT-file, made for a test".to_vec();
    file.resize(124, b' ');
    file.extend(number(form, 2, 0x0100));
    file.extend(if form.little { b"IM" } else { b"MI" });
    let mut matrices: Vec<&Matrix> = matrices.iter().collect();
    if form.disorder {
        matrices.reverse();
    }
    let other = Matrix { name: "note".into(), axes: vec![1, 3], values: vec![104, 101, 121] };
    for matrix in matrices {
        if form.disorder {
            // A character array, class 4, whose characters are a type of their own, 16.
            file.extend(element(form, &other, 4, 16));
        }
        // Of class uint8, or double where the numbers are stored as such.
        file.extend(element(form, matrix, if form.kind == 9 { 6 } else { 9 }, form.kind));
    }
    file
}

/// A variable, with its tag.
fn element(form: Form, matrix: &Matrix, class: u64, kind: u32) -> Vec<u8> {
    let mut inside = part(form, 6, &[number(form, 4, class), vec![0; 4]].concat());
    let axes: Vec<u8> = matrix.axes.iter().flat_map(|axis| number(form, 4, u64::from(*axis))).collect();
    inside.extend(part(form, 5, &axes));
    inside.extend(part(form, 1, matrix.name.as_bytes()));
    let values: Vec<u8> = matrix.values.iter().flat_map(|value| value_of(form, kind, *value)).collect();
    inside.extend(part(form, kind, &values));
    let length = inside.len() as u64;
    let whole = [number(form, 4, 14), number(form, 4, length), inside].concat();
    if !form.deflated {
        return whole;
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&whole).unwrap();
    let packed = encoder.finish().unwrap();
    [number(form, 4, 15), number(form, 4, packed.len() as u64), packed].concat()
}

/// A part of a variable: in its tag where it has up to four bytes.
fn part(form: Form, kind: u32, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u64;
    let (mut part, filled) = if bytes.len() <= 4 {
        (number(form, 4, length << 16 | u64::from(kind)), 4)
    } else {
        ([number(form, 4, u64::from(kind)), number(form, 4, length)].concat(), bytes.len().next_multiple_of(8))
    };
    part.extend(bytes);
    part.resize(part.len() + filled - bytes.len(), 0);
    part
}

fn value_of(form: Form, kind: u32, value: u8) -> Vec<u8> {
    let number = |width| number(form, width, u64::from(value));
    let float = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if !form.little {
            bytes.reverse();
        }
        bytes
    };
    match kind {
        3 | 4 => number(2),
        5 | 6 => number(4),
        12 | 13 => number(8),
        7 => float(&f32::from(value).to_le_bytes()),
        9 => float(&f64::from(value).to_le_bytes()),
        _ => number(1),
    }
}

fn number(form: Form, width: usize, value: u64) -> Vec<u8> {
    let mut bytes = value.to_le_bytes()[..width].to_vec();
    if !form.little {
        bytes.reverse();
    }
    bytes
}
