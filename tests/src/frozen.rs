//! What earlier versions left: libraries, stores and folders under `tests/fixtures`, and the environment in which their
//! bytes can be reproduced.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;

use crate::made_up::write;

/// Stands in the texts of a packed folder for the folder that it is unpacked into.
const FOLDER: &str = "@FOLDER@";

/// Files whose text may hold [`FOLDER`].
const TEXTS: [&str; 4] = ["toml", "json", "html", "jsonl"];

/// The variables that keep libtorch from choosing its kernels by the processor: its own, oneDNN's and MKL's. Each of
/// them changes the bytes of a training where the processor has more than SSE4.1. The frozen bytes are older than
/// kernels of our own, which round otherwise.
const SAME_KERNELS: [(&str, &str); 4] = [
    ("ATEN_CPU_CAPABILITY", "default"),
    ("ONEDNN_MAX_CPU_ISA", "SSE41"),
    ("MKL_CBWR", "COMPATIBLE"),
    ("GENOMENAS_KERNELS", "plain"),
];

/// Where frozen bytes may differ though nothing of genomenas changed.
pub const OTHER_CAUSES: &str = "If no code that trains, scores or decides has changed, look at what lies below: another libtorch than 2.11.0 for \
     the CPU, a processor without FMA (glibc's exp and log have a variant for it), or another glibc. Kernels are chosen \
     the same on every x86-64 processor by ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA and MKL_CBWR";

/// A file of the fixture `of`.
pub fn fixture(of: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(of).join(file)
}

/// Unpacks `FILE.gz` of the fixture `of`, a library or a program, into `folder`.
pub fn unpacked_file(of: &str, file: &str, folder: &Path) -> PathBuf {
    let mut bytes = Vec::new();
    let packed = fs::File::open(fixture(of, &format!("{file}.gz"))).unwrap();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    let path = write(folder, file, &bytes);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Unpacks `ARCHIVE.tar.gz` of the fixture `of` into `folder`, and puts right the paths in its texts.
pub fn unpack(of: &str, archive: &str, folder: &Path) {
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(fixture(of, &format!("{archive}.tar.gz"))).arg("-C").arg(folder);
    assert!(tar.status().unwrap().success(), "{tar:?}");
    fill(folder, &[(FOLDER, folder.to_str().unwrap())]);
}

/// Replaces what stands for something in the texts of a folder.
pub fn fill(folder: &Path, meant: &[(&str, &str)]) {
    for name in crate::listing(folder) {
        let path = folder.join(&name);
        if path.is_dir() || !path.extension().is_some_and(|ending| TEXTS.iter().any(|text| ending == *text)) {
            continue;
        }
        let before = fs::read_to_string(&path).unwrap();
        let after = meant.iter().fold(before.clone(), |text, (place, value)| text.replace(place, value));
        if after != before {
            write(path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap(), after);
        }
    }
}

/// The command, with the same kernels of libtorch on every processor.
pub fn reproducibly(mut command: Command) -> Command {
    command.envs(SAME_KERNELS);
    command
}
