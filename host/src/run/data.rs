//! Where the data of a run lie now: data are known by their digest, and the path that was noted is where to look first.

use std::path::{Component, Path, PathBuf};

use genomenas_data::Store;
use genomenas_data::error::{Error, Result};

use super::settings::{Data, files};

/// The settings of a comparison, in its folder.
const PLAN: &str = "comparison.toml";
/// Folders above, and parts of the noted path, that are tried where the data are not at the noted path.
const REACH: usize = 8;

/// The digest of the store at a path.
pub(crate) fn digest(path: &Path) -> Result<String> {
    Ok(Store::open(path)?.info().digest.clone())
}

/// The path of `data`: the `given` one, else the noted one, else the same place relative to the folder `near`, which may
/// have been moved together with its data. `of` is what the data belong to, such as "the run".
///
/// # Errors
///
/// Other data lie there, or none that can be read.
pub(crate) fn locate(
    data: &Data,
    given: Option<&Path>,
    near: &Path,
    of: &str,
    digest: &dyn Fn(&Path) -> Result<String>,
) -> Result<PathBuf> {
    let path = given.unwrap_or(&data.store);
    let found = digest(path);
    if found.as_ref().is_ok_and(|digest| *digest == data.digest) {
        return path.canonicalize().map_err(|error| Error::io("open", path, error));
    }
    let moved = || moved(&data.store, near).find(|path| digest(path).is_ok_and(|digest| digest == data.digest));
    if given.is_none()
        && let Some(path) = moved()
    {
        log::info!("the data were moved with the folder: they are {}", path.display());
        return Ok(path);
    }
    match (found, given) {
        (Ok(other), _) => {
            let what = if given.is_some() {
                "give the data that it was made for"
            } else {
                "put the data back, name their new place with --data"
            };
            Err(Error::input(format!(
                "{} is not the data that {of} was made for: its digest is {other}, expected {}; {what}, or begin anew in another folder",
                path.display(),
                data.digest
            )))
        }
        (Err(error), Some(_)) => Err(error),
        (Err(error), None) => {
            let settings = [PLAN, files::SETTINGS].map(|name| near.join(name)).into_iter().find(|path| path.is_file());
            let noted = settings.unwrap_or_else(|| near.to_owned());
            Err(error.context(format!(
                "the data of {of} are not where {} notes (name their new place with --data)",
                noted.display()
            )))
        }
    }
}

/// The fold of data that `of` used before, such as "the search in found": the same again, as rows that it learned from would be
/// the test with another one.
///
/// # Errors
///
/// Another one is given.
pub(crate) fn same_fold(data: &Data, given: Option<u32>, of: &str) -> Result<Option<u32>> {
    match (data.fold, given) {
        (Some(noted), Some(given)) if noted != given => Err(Error::input(format!(
            "--fold {given}: {of} had fold {noted} as its test and learned from rows of fold {given}, so a score on them would \
             tell nothing of new data: leave out --fold, or begin anew with fold {given}"
        ))),
        (noted, given) => Ok(given.or(noted)),
    }
}

/// The places where a file noted as `path` may lie, if it was moved together with the folder `near`.
fn moved(path: &Path, near: &Path) -> impl Iterator<Item = PathBuf> {
    let names: Vec<_> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            _ => None,
        })
        .collect();
    let near = near.canonicalize().unwrap_or_else(|_| near.to_owned());
    let folders: Vec<_> = near.ancestors().skip(1).take(REACH).map(Path::to_owned).collect();
    let longest = names.len().min(REACH);
    let tails = (1..=longest).rev().map(move |length| names[names.len() - length..].iter().collect::<PathBuf>());
    tails
        .flat_map(move |tail| folders.iter().map(|folder| folder.join(&tail)).collect::<Vec<_>>())
        .filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use genomenas_data::files;

    use super::*;

    /// The content of a file in place of the digest of a store.
    fn digest(path: &Path) -> Result<String> {
        files::read_text(path)
    }

    fn write(path: &Path, text: &str) {
        files::create_folder(path.parent().unwrap()).unwrap();
        files::write_atomically(path, text.as_bytes()).unwrap();
    }

    #[test]
    fn data_are_found_at_the_given_the_noted_and_the_moved_place_by_their_digest() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let (old, new) = (home.join("old/data/a.arrow"), home.join("new/data/a.arrow"));
        let run = home.join("new/results/run");
        files::create_folder(&run).unwrap();
        let data = Data { store: old.clone(), digest: "one".to_owned(), fold: None };
        let find = |given: Option<&Path>| locate(&data, given, &run, "the run", &digest);
        let error = find(None).unwrap_err().to_string();
        assert!(error.contains("--data") && error.contains("old/data/a.arrow"), "{error}");
        write(&new, "one");
        assert_eq!(find(None).unwrap(), new);
        write(&old, "one");
        assert_eq!(find(None).unwrap(), old);
        assert_eq!(find(Some(&new)).unwrap(), new);
        write(&old, "two");
        assert_eq!(find(None).unwrap(), new);
        let error = find(Some(&old)).unwrap_err().to_string();
        assert!(error.contains("its digest is two, expected one"), "{error}");
        write(&new, "two");
        let error = find(None).unwrap_err().to_string();
        assert!(
            error.contains("is not the data that the run was made for: its digest is two, expected one"),
            "{error}"
        );
    }
}
