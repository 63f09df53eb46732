//! Where genomenas-plugin lies, which a new plugin depends on by path until it is published.

use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};

/// The folder of genomenas-plugin: in `named`, which is this folder or a checkout of the repository, or in the checkout
/// that this program was built from.
///
/// # Errors
///
/// It is not there.
pub fn find(named: Option<&Path>) -> Result<PathBuf> {
    let Some(named) = named else {
        // This crate is the folder `host` of the checkout.
        let host = Path::new(env!("CARGO_MANIFEST_DIR"));
        return in_checkout(host.parent().unwrap_or(host));
    };
    let folders = [named.to_owned(), named.join("plugin-api")];
    folders.iter().find_map(|folder| checked(folder)).ok_or_else(|| {
        Error::input(format!(
            "{} is neither a checkout of genomenas nor the folder plugin-api of one: expected a Cargo.toml of the crate \
             genomenas-plugin there",
            named.display()
        ))
    })
}

fn in_checkout(checkout: &Path) -> Result<PathBuf> {
    checked(&checkout.join("plugin-api")).ok_or_else(|| {
        Error::input(format!(
            "the checkout that this program was built from is not at {} any more, and a plugin depends on the crate \
             genomenas-plugin in it: name a checkout with --api DIR",
            checkout.display()
        ))
    })
}

/// The folder without links and detours, if it is that of genomenas-plugin.
fn checked(folder: &Path) -> Option<PathBuf> {
    let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
    let name = manifest.get("package")?.get("name")?.as_str()?;
    (name == "genomenas-plugin").then(|| folder.canonicalize().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_that_is_gone_is_asked_for_in_words() {
        let gone = in_checkout(Path::new("/gone/genomenas")).unwrap_err().to_string();
        assert!(gone.contains("is not at /gone/genomenas any more") && gone.contains("--api DIR"), "{gone}");
    }

    #[test]
    fn the_checkout_and_its_folder_will_both_do() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let api = root.join("plugin-api").canonicalize().unwrap();
        assert_eq!(find(Some(root)).unwrap(), api);
        assert_eq!(find(Some(&api)).unwrap(), api);
        assert_eq!(find(None).unwrap(), api);
    }
}
