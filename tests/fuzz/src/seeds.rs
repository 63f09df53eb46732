//! Seeds: each target writes those that it begins with into its corpus before libFuzzer reads that.
//!
//! They are made from the fixtures of the project's tests and by the writers beside this file, so none is committed.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// Writes the seeds of a target: into `GENOMENAS_FUZZ_SEEDS`, or else into its corpus in the folder of this crate.
pub fn write(target: &str, seeds: impl IntoIterator<Item = Vec<u8>>) {
    let named = std::env::var_os("GENOMENAS_FUZZ_SEEDS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target));
    fs::create_dir_all(&folder).expect("a folder for seeds");
    for (number, seed) in seeds.into_iter().enumerate() {
        let written = File::create(folder.join(format!("seed-{number:03}"))).and_then(|mut file| file.write_all(&seed));
        written.expect("a seed");
    }
}

/// The bytes of a file of the project.
pub fn fixture(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a gzipped file of the project holds.
pub fn gzipped_fixture(path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(fixture(path).as_slice()).read_to_end(&mut bytes).expect("a gzipped fixture");
    bytes
}

/// The bytes with a first one, by which a target chooses what it does with the rest.
pub fn chosen(choice: u8, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    [&[choice], bytes.as_ref()].concat()
}
