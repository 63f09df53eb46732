//! Files, by Landlock: read what loading a library and the C library need, write the scratch folder, nothing else.
//!
//! Landlock looks at what is opened, renamed and removed. It does not look at what changes a file's owner, mode or times
//! by its path; the filter of system calls does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, make_bitflags,
};

use crate::protections::Protections;

/// The newest interface whose rights were looked at; an older kernel enforces what it knows of them.
const NEWEST: ABI = ABI::V10;

/// Folders of libraries and of what the C library reads: no folder where a person keeps data.
const SYSTEM_FOLDERS: [&str; 11] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/share/i18n",
    "/usr/share/locale",
    "/usr/share/zoneinfo",
];

/// Single files that the C library reads, and devices that hold no data.
const SYSTEM_FILES: [&str; 7] = [
    "/etc/ld.so.cache",
    "/etc/locale.alias",
    "/etc/localtime",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
];

/// The most libraries that folders beside the system's may hold.
const MOST_LIBRARIES: usize = 10_000;

/// Confines this process.
pub(super) fn confine(
    library: Option<&Path>,
    scratch: Option<&Path>,
    protections: &mut Protections,
) -> Result<(), String> {
    let status = restrict(library, scratch)
        .map_err(|error| format!("Landlock, which this kernel has, cannot be applied: {error}"))?;
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. } if status.ruleset != RulesetStatus::NotEnforced => {
            let interface = effective_abi as i32;
            protections.on.push(format!("files (Landlock {interface})"));
            if interface < 3 {
                protections.off.push(format!(
                    "the length of files that may be read: Landlock {interface} does not keep a plugin from emptying \
                     its own copy; Linux 6.2 does"
                ));
            }
        }
        LandlockStatus::NotEnabled => {
            protections.off.push("files (Landlock is not enabled in this kernel)".to_owned());
        }
        _ => protections.off.push("files (this kernel has no Landlock, which needs Linux 5.13)".to_owned()),
    }
    Ok(())
}

fn restrict(library: Option<&Path>, scratch: Option<&Path>) -> Result<landlock::RestrictionStatus, RulesetError> {
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let read: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    // No devices, no sockets, no pipes: they would reach beyond the folder.
    let write = make_bitflags!(AccessFs::{
        WriteFile | Truncate | RemoveDir | RemoveFile | MakeDir | MakeReg | MakeSym | Refer
    });
    let ruleset = allow(ruleset, SYSTEM_FOLDERS.iter().map(Path::new), read)?;
    let files = SYSTEM_FILES.iter().map(PathBuf::from).chain(libraries()).chain(library.map(Path::to_owned));
    let ruleset = allow(ruleset, files, AccessFs::ReadFile.into())?;
    let ruleset = allow(ruleset, ["/dev/null"], make_bitflags!(AccessFs::{ReadFile | WriteFile | Truncate}))?;
    allow(ruleset, scratch, read | write)?.restrict_self()
}

/// Allows `access` below each path that is there.
fn allow(
    ruleset: RulesetCreated,
    paths: impl IntoIterator<Item = impl AsRef<Path>>,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let open = paths.into_iter().filter_map(|path| PathFd::new(path).ok());
    open.into_iter().try_fold(ruleset, |ruleset, path| ruleset.add_rule(PathBeneath::new(path, access)))
}

/// Shared libraries beside those that this process has mapped already, wherever the system keeps them, and in the
/// folders of `LD_LIBRARY_PATH`. Single files, so that such a folder may hold data, too.
fn libraries() -> Vec<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mapped =
        maps.lines().filter_map(|line| line.split_once('/')).map(|(_, path)| PathBuf::from(format!("/{path}")));
    let beside = mapped.filter(|path| is_library(path)).filter_map(|path| Some(path.parent()?.to_owned()));
    let named = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let named = std::env::split_paths(&named).filter(|folder| folder.is_absolute()).collect::<Vec<_>>();
    let folders: BTreeSet<PathBuf> = beside.chain(named).collect();
    let other = folders.into_iter().filter(|folder| !SYSTEM_FOLDERS.iter().any(|known| folder.starts_with(known)));
    let entries = other.filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_library(path)).take(MOST_LIBRARIES).collect()
}

/// Whether a file is called `NAME.so` or `NAME.so.VERSION`.
fn is_library(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split_once(".so").is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('.')) && !path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_known_by_their_names() {
        for name in ["libm.so", "libm.so.6", "libstdc++.so.6.0.30"] {
            assert!(is_library(Path::new(name)), "{name}");
        }
        for name in ["store.arrow", "my.sorted", "result.json", "so"] {
            assert!(!is_library(Path::new(name)), "{name}");
        }
    }
}
