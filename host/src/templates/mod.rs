//! New plugins: crates written from the examples in `examples/templates`, which this program has compiled in.
//!
//! A template is a crate that is built, tested and linted where it lies. What is written is its text, with its names
//! exchanged (`exchange`), a lock file for it alone (`lock`) and the path of `genomenas-plugin` (`api`).

pub mod api;
mod exchange;
mod lock;
mod name;

use std::fs;
use std::path::{Path, PathBuf};

use genomenas_data::error::{Error, Result};
use genomenas_data::files::write_atomically;

use exchange::exchanged;
pub use name::PluginName;

/// The files below a folder of the repository: each as its path there, and its text.
macro_rules! files {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../../", $folder, "/", $path)))),+]
    };
}

type Files = &'static [(&'static str, &'static str)];

/// What all templates share. In it, `my-strategy` stands for the name.
const SHARED: Files = files!("examples/templates": ".github/workflows/tests.yml", ".gitignore", "clippy.toml", "compare.toml", "rustfmt.toml");
const LICENCES: Files = files!("." : "LICENSE-APACHE", "LICENSE-MIT");
const LOCK: &str = include_str!("../../../examples/templates/Cargo.lock");
const SHARED_NAME: &str = "my-strategy";
/// Where a template finds genomenas-plugin, as its manifest has it.
const API_OF_TEMPLATES: &str = "\"../../../plugin-api\"";

/// What a new plugin begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Random search.
    Random,
    /// Regularised evolution.
    Evolution,
    /// Two supernets.
    Differentiable,
    /// Successive halving.
    Halving,
    /// A fixed architecture.
    Baseline,
}

impl Template {
    /// What it is, for a person.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Random => "a search that begins as random search",
            Self::Evolution => "a search that begins as regularised evolution",
            Self::Differentiable => "a search that begins with two supernets",
            Self::Halving => "a search that begins as successive halving",
            Self::Baseline => "a baseline of one convolution",
        }
    }

    /// The name of its crate.
    const fn crate_name(self) -> &'static str {
        match self {
            Self::Random => "my-random",
            Self::Evolution => "my-evolution",
            Self::Differentiable => "my-differentiable",
            Self::Halving => "my-halving",
            Self::Baseline => "my-baseline",
        }
    }

    const fn files(self) -> Files {
        macro_rules! crate_files {
            ($folder:literal) => {
                files!($folder: "Cargo.toml", "README.md", "src/lib.rs", "tests/promises.rs")
            };
        }
        match self {
            Self::Random => crate_files!("examples/templates/random"),
            Self::Evolution => crate_files!("examples/templates/evolution"),
            Self::Differentiable => crate_files!("examples/templates/differentiable"),
            Self::Halving => crate_files!("examples/templates/halving"),
            Self::Baseline => crate_files!("examples/templates/baseline"),
        }
    }

    /// All files of a new plugin, by their paths in its folder. `api` is the folder of genomenas-plugin.
    ///
    /// # Errors
    ///
    /// The name would be that of something else in the crate.
    pub fn render(self, name: &PluginName, api: &Path) -> Result<Vec<(&'static str, String)>> {
        let template = PluginName::of_template(self.crate_name());
        let lock = lock::of_one(LOCK, template.crate_name(), name.crate_name());
        name.expect_free(&lock, self.source(), &template)?;
        let api = api.to_str().ok_or_else(|| {
            Error::input(format!("the path {} is not UTF-8, and cannot stand in Cargo.toml", api.display()))
        })?;
        let api = toml::Value::String(api.to_owned()).to_string();
        let (old_library, library) = (template.library(), name.library());
        let (old_type, type_name) = (template.type_name(), name.type_name());
        let names = [
            (template.crate_name(), name.crate_name()),
            (old_library.as_str(), library.as_str()),
            (old_type.as_str(), type_name.as_str()),
            (SHARED_NAME, name.crate_name()),
        ];
        let in_manifest = [
            (API_OF_TEMPLATES, api.as_str()),
            ("[lib]\n", "# A workspace of its own, wherever its folder lies.\n[workspace]\n\n[lib]\n"),
        ];
        let text = |(path, text): &(&'static str, &'static str)| match *path {
            "Cargo.toml" => (*path, exchanged(text, &[&names[..], &in_manifest].concat())),
            path => (path, exchanged(text, &names)),
        };
        let licences = LICENCES.iter().map(|(path, text)| (*path, (*text).to_owned()));
        Ok(self.files().iter().chain(SHARED).map(text).chain(licences).chain([("Cargo.lock", lock)]).collect())
    }

    /// Its code, without its tests.
    fn source(self) -> &'static str {
        self.files().iter().find(|(path, _)| *path == "src/lib.rs").map_or("", |(_, text)| text)
    }
}

/// Writes `files` into a new folder that is named as the plugin, below `parent`. It is there whole or not at all.
///
/// # Errors
///
/// There is something of that name already, or it cannot be written.
pub fn write(parent: &Path, name: &PluginName, files: &[(&str, String)]) -> Result<PathBuf> {
    let folder = parent.join(name.crate_name());
    if folder.symlink_metadata().is_ok() {
        return Err(Error::input(format!(
            "{} is there already, and is left as it is: choose another name, or move it away",
            name.crate_name()
        )));
    }
    // Beside its place, so that it can be moved there; removed when this returns.
    let prefix = format!(".{}.", name.crate_name());
    let unfinished = tempfile::Builder::new()
        .prefix(&prefix)
        .tempdir_in(parent)
        .map_err(|error| Error::io("write into", parent, error))?;
    let made = unfinished.path().join(name.crate_name());
    for (path, text) in files {
        let path = made.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
        }
        write_atomically(&path, text.as_bytes())?;
    }
    fs::rename(&made, &folder).map_err(|error| Error::io("create", &folder, error))?;
    Ok(folder)
}

#[cfg(test)]
mod tests;
