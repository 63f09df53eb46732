//! Paths in the options: the files of a folder, and the names that files give to classes and labels.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Endings of files with sequences.
pub(super) const FASTA: &[&str] = &["fa", "fasta", "fna"];

/// The file itself, or the files of a folder that have one of these endings, perhaps compressed, sorted by name.
pub(super) fn files(path: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot_read = |error| Error::io("read", path, error);
    let mut found = Vec::new();
    for entry in path.read_dir().map_err(cannot_read)? {
        let file = entry.map_err(cannot_read)?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let plain = uncompressed(&name);
        let ends = plain.rsplit_once('.').is_some_and(|(_, ending)| is_one_of(ending, endings));
        if ends && !name.starts_with('.') && file.is_file() {
            found.push(file);
        }
    }
    if found.is_empty() {
        return Err(Error::input(format!(
            "{}: there is no file in this folder whose name ends in .{}, or the same with .gz",
            path.display(),
            endings.join(", .")
        )));
    }
    found.sort();
    Ok(found)
}

/// The name of a file or folder without the endings of compressed files and without these endings.
pub(super) fn stem(path: &Path, endings: &[&str]) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut stem = uncompressed(&name);
    while let Some((rest, ending)) = stem.rsplit_once('.') {
        if rest.is_empty() || !is_one_of(ending, endings) {
            break;
        }
        stem = rest;
    }
    stem.to_owned()
}

/// Whether the name of a file ends in one of these endings, perhaps compressed.
pub(super) fn is_named(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    uncompressed(&name).rsplit_once('.').is_some_and(|(_, ending)| is_one_of(ending, endings))
}

fn uncompressed(name: &str) -> &str {
    let rest = name.rsplit_once('.').filter(|(rest, ending)| !rest.is_empty() && is_one_of(ending, &["gz", "bgz"]));
    rest.map_or(name, |(rest, _)| rest)
}

fn is_one_of(ending: &str, endings: &[&str]) -> bool {
    endings.iter().any(|other| ending.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_is_the_name_without_known_endings() {
        let stem = |name: &str| stem(Path::new(name), &["fa", "bed", "narrowPeak"]);
        assert_eq!(stem("folder/virus.fa.gz"), "virus");
        assert_eq!(stem("CTCF.narrowPeak"), "CTCF");
        assert_eq!(stem("a.b.bed.fa"), "a.b");
        assert_eq!(stem("host"), "host");
        assert_eq!(stem(".fa"), ".fa");
    }

    #[test]
    fn the_files_of_a_folder_are_those_with_the_endings_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.fa", "a.FASTA.gz", "c.txt", ".hidden.fa", "d.fna.bgz"] {
            std::fs::File::create(folder.path().join(name)).unwrap();
        }
        let names: Vec<_> = files(folder.path(), FASTA)
            .unwrap()
            .iter()
            .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a.FASTA.gz", "b.fa", "d.fna.bgz"]);
        assert!(files(folder.path(), &["2bit"]).unwrap_err().to_string().contains("whose name ends in .2bit"));
    }
}
