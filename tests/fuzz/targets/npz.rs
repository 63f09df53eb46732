//! NumPy's archives and the arrays in them.

#![no_main]

use std::io::{Cursor, Read, Write};

use genomenas_data::Task;
use genomenas_data::import::npz::{self, NpzOptions};
use genomenas_fuzz::{scratch, seeds, stores};
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const NAMES: [&str; 6] = ["x_train", "y_train", "x_val", "y_val", "x_test", "y_test"];

const TASKS: [Option<Task>; 4] = [None, Some(Task::MultiLabel), Some(Task::Regression), Some(Task::MultiClass)];

// The first byte chooses the settings; the second whether the rest is an archive, or one array of an archive whose
// others are as they should be: then changes to it are not errors of a checksum.
fuzz_target!(init: seeds::write("npz", seeds()), |data: &[u8]| {
    let [choice, kind, bytes @ ..] = data else { return };
    let archive = match kind % 8 {
        0 | 7 => bytes.to_vec(),
        array => {
            let deflated = kind & 8 != 0;
            let mut arrays = good(*choice);
            arrays[usize::from(array) - 1] = bytes.to_vec();
            archive(&arrays, deflated)
        }
    };
    let output = scratch::folder().join("npz.arrow");
    let options = NpzOptions {
        channels: if choice & 16 == 0 { "ACGT" } else { "AGCT" }.to_owned(),
        task: TASKS[usize::from(choice >> 2 & 3)],
        ..NpzOptions::new(scratch::file("arrays.npz", &archive), &output)
    };
    stores::imported(npz::import(&options, &mut |_| {}), &output);
});

/// An array as NumPy writes it.
fn array(kind: &str, fortran: bool, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let length = u16::try_from(text.len()).expect("short").to_le_bytes();
    [b"\x93NUMPY\x01\x00".as_slice(), &length, text.as_bytes(), numbers].concat()
}

/// The arrays of a small data set in the form that `choice` says.
fn good(choice: u8) -> Vec<Vec<u8>> {
    let classes = choice & 1 == 1;
    let floats = choice & 2 == 2;
    let mut arrays = Vec::new();
    for rows in [5, 2, 3] {
        let one_hot: Vec<u8> =
            (0..rows * 6).flat_map(|at: usize| (0..4).map(move |channel| u8::from(at % 5 == channel))).collect();
        let (kind, numbers) = if floats {
            ("<f4", one_hot.iter().flat_map(|bit| f32::from(*bit).to_le_bytes()).collect())
        } else {
            ("|u1", one_hot)
        };
        arrays.push(array(kind, false, &format!("({rows}, 6, 4)"), &numbers));
        arrays.push(if classes {
            array(
                "<i8",
                false,
                &format!("({rows},)"),
                &(0..rows).flat_map(|row| (row as u64 % 2).to_le_bytes()).collect::<Vec<_>>(),
            )
        } else {
            array(
                "|b1",
                true,
                &format!("({rows}, 3)"),
                &(0..rows * 3).map(|at| u8::from(at % 2 == 0)).collect::<Vec<_>>(),
            )
        });
    }
    arrays
}

fn archive(arrays: &[Vec<u8>], deflated: bool) -> Vec<u8> {
    let method = if deflated { CompressionMethod::Deflated } else { CompressionMethod::Stored };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, array) in NAMES.iter().zip(arrays) {
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(format!("{name}.npy"), options).expect("memory");
        writer.write_all(array).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for choice in 0..4 {
        let arrays = good(choice);
        for deflated in [false, true] {
            let whole = archive(&arrays, deflated);
            let first = ZipArchive::new(Cursor::new(&whole)).and_then(|mut archive| {
                let mut bytes = Vec::new();
                archive.by_index(0)?.read_to_end(&mut bytes)?;
                Ok(bytes)
            });
            assert_eq!(first.expect("an archive"), arrays[0]);
            seeds.push([&[choice, 0], whole.as_slice()].concat());
        }
        for (number, array) in (1..).zip(&arrays) {
            seeds.push([&[choice, number], array.as_slice()].concat());
        }
    }
    let turned = array(">f8", true, "(5, 4, 6)", &[0; 5 * 4 * 6 * 8]);
    seeds.push([&[0, 9], turned.as_slice()].concat());
    let values = array("<f8", false, "(5, 1)", &[0.5, 1.0, -2.0, 0.0, 1e9].map(f64::to_le_bytes).concat());
    seeds.push([&[8, 2], values.as_slice()].concat());
    seeds
}
