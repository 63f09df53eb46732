//! What a run makes in its folder, so that nothing else is overwritten or removed.

use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;

use super::settings::files;
use crate::foreign::{foreign, holds, listed};

/// What a run leaves in its folder apart from its settings, in the order in which it is removed: the result last, so that
/// a removal that is killed leaves a run that is over.
const LEFT: [&str; 7] =
    [files::CRASH, files::JOURNAL, files::ARCHITECTURE, files::WEIGHTS, files::TEST_RESAMPLES, files::PAGE, files::LOG];

/// What is in a folder without settings that no making of a run would have left there.
pub(crate) fn without_settings(folder: &Path) -> Result<Vec<String>> {
    foreign(folder, |name| [files::SPACE, files::LOCK].contains(&name))
}

/// Refuses a folder without settings in which anything lies that the making of a run with these documents, killed before
/// its end, would not have left.
pub(super) fn expect_free(folder: &Path, documents: &[(&str, &[u8])]) -> Result<()> {
    let ours = |name: &str| {
        name == files::LOCK || documents.iter().any(|(ours, text)| *ours == name && holds(&folder.join(name), text))
    };
    let names = match foreign(folder, ours) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(Error::file("make a run in", folder, "it is not a folder; choose a new folder"));
        }
        other => other?,
    };
    if names.is_empty() {
        return Ok(());
    }
    let what =
        format!("it holds {} and no {}, so it is not a run; choose a new folder", listed(&names), files::SETTINGS);
    Err(Error::file("make a run in", folder, what))
}

/// Removes all that a run left in its folder apart from its settings and its lock. Anything else stays.
pub(super) fn clear(folder: &Path) -> Result<()> {
    let remove = |path: &Path| match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path, error)),
        _ => Ok(()),
    };
    disk::remove_unfinished(folder)?;
    remove_checkpoints(folder)?;
    LEFT.iter().chain([&files::RESULT]).try_for_each(|name| remove(&folder.join(name)))
}

/// Removes a pipe or a device, in whose place a file could not be put.
pub(super) fn remove_unless_file(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(there) if !there.is_file() => std::fs::remove_file(path).map_err(|error| Error::io("remove", path, error)),
        _ => Ok(()),
    }
}

/// Removes the checkpoints of a run, and their folder unless something else lies in it.
pub(super) fn remove_checkpoints(folder: &Path) -> Result<()> {
    let checkpoints = folder.join(files::CHECKPOINTS);
    let ours = |name: &str| {
        let numbered = |prefix: &str| {
            let number = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".safetensors"));
            number.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        };
        numbered("trial-")
            || numbered("final-")
            || [files::FINAL_CHECKPOINT, files::STATE].contains(&name)
            || disk::is_unfinished(name)
    };
    let entries = match std::fs::read_dir(&checkpoints) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("read", &checkpoints, error)),
    };
    let mut others = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", &checkpoints, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if ours(&name) {
            std::fs::remove_file(entry.path()).map_err(|error| Error::io("remove", &entry.path(), error))?;
        } else {
            others.push(name);
        }
    }
    if !others.is_empty() {
        log::warn!("{} keeps {}, which no run made", checkpoints.display(), listed(&others));
        return Ok(());
    }
    let remove = if checkpoints.is_symlink() { std::fs::remove_file } else { std::fs::remove_dir };
    remove(&checkpoints).map_err(|error| Error::io("remove", &checkpoints, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str) {
        disk::create_folder(folder.join(name).parent().unwrap()).unwrap();
        disk::write_atomically(&folder.join(name), name.as_bytes()).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_is_cleared_of_what_it_made_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let made = ["journal.jsonl", "weights.safetensors", "result.json", "crash.txt", "run.log", ".run.toml.a1.part"];
        let checkpoints = [
            "trial-0.safetensors",
            "trial-12.safetensors",
            "final.safetensors",
            "final-3.safetensors",
            "strategy.state",
        ];
        let kept = ["notes.txt", "run.lock", "run.toml", "space.toml"];
        for name in made.into_iter().chain(kept) {
            write(folder, name);
        }
        for name in checkpoints {
            write(folder, &format!("checkpoints/{name}"));
        }
        clear(folder).unwrap();
        assert_eq!(names(folder), kept);
        clear(folder).unwrap();
        write(folder, "checkpoints/trial-0.safetensors");
        write(folder, "checkpoints/trial-best.safetensors");
        remove_checkpoints(folder).unwrap();
        assert_eq!(names(&folder.join("checkpoints")), ["trial-best.safetensors"]);
    }

    #[test]
    fn a_folder_with_anything_that_a_making_would_not_leave_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let documents: [(&str, &[u8]); 1] = [(files::SPACE, b"space.toml")];
        for ours in ["space.toml", "run.lock", "run.log", ".run.toml.a1.part"] {
            write(folder, ours);
            expect_free(folder, &documents).unwrap();
        }
        let refused = expect_free(folder, &[(files::SPACE, b"another")]).unwrap_err().to_string();
        assert!(refused.contains("it holds space.toml and no run.toml"), "{refused}");
        for other in ["thesis.tex", "weights.safetensors", "architecture.json", "result.json"] {
            write(folder, other);
            let refused = expect_free(folder, &documents).unwrap_err().to_string();
            assert!(refused.contains(other), "{refused}");
            std::fs::remove_file(folder.join(other)).unwrap();
        }
        assert!(expect_free(&folder.join("space.toml"), &documents).is_err());
    }
}
