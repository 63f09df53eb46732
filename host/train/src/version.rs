//! Which libtorch this process runs on. Its interface does not say: what lies beside the library does.

use std::path::{Path, PathBuf};

/// The version of libtorch, such as `2.11.0+cpu`; `None` where nothing beside the library says it.
pub(crate) fn of_libtorch() -> Option<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let mapped = maps.lines().filter_map(|line| line.find('/').and_then(|at| line.get(at..)));
    let library = mapped.map(PathBuf::from).find(|path| path.ends_with("libtorch_cpu.so"))?;
    // libtorch/lib/libtorch_cpu.so
    in_folder(library.parent()?.parent()?)
}

/// What the folder of libtorch, or of Python's torch, says.
fn in_folder(folder: &Path) -> Option<String> {
    if let Ok(version) = std::fs::read_to_string(folder.join("build-version")) {
        return Some(version.trim().to_owned());
    }
    let text = std::fs::read_to_string(folder.join("version.py")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("__version__"))?;
    line.split(['\'', '"']).nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_in_which_libtorch_comes_say_their_version() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(in_folder(folder.path()), None);
        let write = |name: &str, text: &str| {
            genomenas_data::files::write_atomically(&folder.path().join(name), text.as_bytes()).unwrap();
        };
        write("version.py", "from typing import Optional\n\n__version__ = '2.11.0+cpu'\ncuda = None\n");
        assert_eq!(in_folder(folder.path()).unwrap(), "2.11.0+cpu");
        write("build-version", "2.12.0\n");
        assert_eq!(in_folder(folder.path()).unwrap(), "2.12.0");
    }
}
