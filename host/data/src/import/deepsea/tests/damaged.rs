//! Damaged files: an error of the kind that asks for another file, or the same rows; never a panic, and no memory by
//! the word of the file alone.

use std::io::Write;
use std::path::Path;

use super::super::bundle::Bundle;
use super::super::row::RowBits;
use super::super::{Split, blocks};
use super::written::{Form, Matrix, mat5};
use super::{data, samples};

/// All rows of a file, or its error.
fn read(path: &Path) -> Result<(usize, usize, Vec<RowBits>), String> {
    let all = || {
        let bundle = Bundle::open(path, Split::Train)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for range in blocks::blocks(&bundle)? {
            let block = blocks::read(&bundle, &range, &mut bytes, &mut |_| {})?;
            block.rows(|row| {
                rows.push(row.clone());
                Ok::<_, crate::error::Error>(())
            })?;
        }
        Ok((bundle.length, bundle.label_count, rows))
    };
    all().map_err(|error: crate::error::Error| {
        assert_eq!(error.exit_code(), 2, "{error}");
        error.to_string()
    })
}

/// The files that are damaged: those of every kind of structure.
fn whole() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = ["contiguous_i8", "compact", "deflate_u8", "shuffle_deflate_f64"]
        .map(|name| (name.to_owned(), std::fs::read(data(&format!("variants/{name}.mat"))).unwrap()))
        .into();
    for deflated in [true, false] {
        let form = Form { little: deflated, deflated, kind: 2, disorder: true };
        let name = if deflated { "deflated MATLAB 5" } else { "MATLAB 5" };
        files.push((name.to_owned(), mat5(form, &Matrix::bundle("train", &samples()))));
    }
    files
}

/// Calls `check` with what is read of each of many changes of a file.
fn changed(
    bytes: &[u8],
    changes: impl Iterator<Item = Vec<u8>>,
    check: impl Fn(usize, Result<(usize, usize, Vec<RowBits>), String>),
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.mat");
    for (number, change) in changes.enumerate() {
        assert_ne!(bytes, change);
        std::fs::File::create(&path).unwrap().write_all(&change).unwrap();
        check(number, read(&path));
    }
}

#[test]
fn a_file_of_which_any_byte_is_flipped_is_refused_or_compressed_gives_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.mat");
    for (name, bytes) in whole() {
        std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        let good = read(&path).unwrap();
        let flips = (0..bytes.len()).zip([0xFF, 0x01, 0x10].into_iter().cycle());
        let flipped = flips.clone().map(|(at, flip)| {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            bytes
        });
        changed(&bytes, flipped, |number, read| {
            let Ok(found) = read else { return };
            // Another length or number of labels is refused beside the other files of the bundle.
            let fits = (found.0, found.1) == (good.0, good.1);
            // Without compression nothing in the file tells one place of zeros and ones from another.
            if fits && name.contains("deflate") {
                assert!(found == good, "{name}: {:?} changed the rows", flips.clone().nth(number));
            }
        });
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    for (name, bytes) in whole() {
        let step = (bytes.len() / 300).max(1);
        let cuts = (0..bytes.len()).step_by(step).chain([bytes.len() - 1]);
        changed(&bytes, cuts.map(|length| bytes[..length].to_vec()), |number, read| {
            // Zeros that fill up the last part of a MATLAB 5 file say nothing.
            let padding = bytes.len() - (number * step).min(bytes.len() - 1) <= 7 && name.ends_with("MATLAB 5");
            assert!(read.is_err() || padding, "{name}, cut {number}");
        });
    }
}

#[test]
fn a_large_file_of_which_some_bytes_are_flipped_one_by_one_never_panics() {
    for name in ["train.mat", "train_contiguous.mat", "variants/many_chunks.mat", "variants/other_variables.mat"] {
        let bytes = std::fs::read(data(name)).unwrap();
        let places = (512..4096).step_by(7).chain((4096..bytes.len()).step_by(397));
        let flipped = places.map(|at| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xFF;
            bytes
        });
        changed(&bytes, flipped, |_, read| {
            let _ = read;
        });
    }
}

#[test]
fn sizes_that_no_file_has_are_refused_before_memory_is_taken_for_them() {
    let all = samples();
    let form = Form { little: true, deflated: true, kind: 2, disorder: false };
    let huge = |matrix: usize, axes: &[u32]| {
        let mut matrices = Matrix::bundle("train", &all);
        matrices[matrix].axes = axes.to_vec();
        mat5(form, &matrices)
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.mat");
    for bytes in [
        huge(0, &[u32::MAX, 4, u32::MAX]),
        huge(0, &[1 << 30, 4, 30]),
        huge(1, &[u32::MAX, u32::MAX]),
        huge(0, &[0, 4, 30]),
    ] {
        std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.contains("do not fill"), "{error}");
    }
    let hdf5 = std::fs::read(data("variants/deflate_u8.mat")).unwrap();
    let axes: Vec<u8> = [30_u64, 4, 12].iter().flat_map(|axis| axis.to_le_bytes()).collect();
    let place = hdf5.windows(axes.len()).position(|bytes| bytes == axes).unwrap();
    for axes in [[30, 4, 1 << 40], [1 << 24, 4, 12], [u64::MAX, 4, 12], [30, 4, 0]] {
        let mut bytes = hdf5.clone();
        let axes: Vec<u8> = axes.iter().flat_map(|axis: &u64| axis.to_le_bytes()).collect();
        bytes[place..place + axes.len()].copy_from_slice(&axes);
        std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.contains("the file is damaged") || error.contains("larger than any file"), "{error}");
    }
}

#[test]
fn a_description_whose_pieces_overlap_is_refused() {
    let mut bytes = std::fs::read(data("variants/contiguous_i8.mat")).unwrap();
    // The layout of an array becomes a continuation that is as long as the file behind its user block.
    let place = bytes.windows(4).position(|bytes| bytes == [8, 0, 24, 0]).unwrap();
    let length = (bytes.len() - bytes.windows(4).position(|bytes| bytes == b"\x89HDF").unwrap()) as u64;
    bytes[place] = 0x10;
    bytes[place + 8..place + 24].copy_from_slice(&[0_u64.to_le_bytes(), length.to_le_bytes()].concat());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.mat");
    std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
    let error = read(&path).unwrap_err();
    assert!(error.contains("the pieces of a description overlap"), "{error}");
}
