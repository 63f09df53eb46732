//! `export.json`: what an exported folder holds, with the digest of each file.

use std::collections::BTreeMap;
use std::path::Path;

use genomenas_data::error::{Error, Result};
use genomenas_data::files as disk;
use genomenas_data::hash::sha256;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::about::About;

/// The name of the document.
pub const EXPORT: &str = "export.json";
/// What the document says it is.
const FORMAT: &str = "genomenas-model";
/// Its version.
const VERSION: u32 = 1;

/// What an exported folder holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportRecord {
    /// Always `genomenas-model`.
    format: String,
    /// Version of this document: 1.
    version: u32,
    /// The genomenas that wrote it.
    pub genomenas: String,
    /// What a person calls the network.
    pub name: String,
    /// What the network is.
    pub model: About,
    /// The SHA-256 of each other file of the folder, by its name.
    pub files: BTreeMap<String, String>,
    /// SHA-256 of all the rest of this document.
    #[serde(default)]
    sha256: String,
}

impl ExportRecord {
    /// The record of a network and of the files that were written, each with its SHA-256.
    pub fn new(name: impl Into<String>, model: About, files: BTreeMap<String, String>) -> Self {
        let genomenas = env!("CARGO_PKG_VERSION").to_owned();
        let format = FORMAT.to_owned();
        Self { format, version: VERSION, genomenas, name: name.into(), model, files, sha256: String::new() }
    }

    /// The text of `export.json`.
    pub fn to_json(&self) -> Result<String> {
        let unwritable = |error: serde_json::Error| Error::failed(format!("cannot write {EXPORT}: {error}"));
        let unsigned = serde_json::to_value(Self { sha256: String::new(), ..self.clone() }).map_err(unwritable)?;
        let signed = Self { sha256: digest(unsigned), ..self.clone() };
        Ok(serde_json::to_string_pretty(&signed).map_err(unwritable)? + "\n")
    }

    /// Reads the record of an exported folder.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not as it was written.
    pub fn read(folder: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Header {
            format: String,
            version: u32,
        }
        let path = folder.join(EXPORT);
        let text = disk::read_text(&path)?;
        let damaged =
            |what: &dyn std::fmt::Display| Error::file("use", &path, format!("{what}; export the model again"));
        let document: Value = serde_json::from_str(&text).map_err(|error| damaged(&error))?;
        let header = Header::deserialize(&document).map_err(|error| damaged(&error))?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(damaged(&format!(
                "it is {:?} of version {}, and this genomenas reads {FORMAT:?} of version {VERSION}",
                header.format, header.version
            )));
        }
        let record = Self::deserialize(&document).map_err(|error| damaged(&error))?;
        let found = digest(document);
        if found != record.sha256 {
            let expected = &record.sha256;
            return Err(damaged(&format!(
                "it was changed since it was written: expected the SHA-256 {expected}, found {found}"
            )));
        }
        Ok(record)
    }

    /// Refuses a folder in which a file is missing or not as it was written.
    pub fn check_files(&self, folder: &Path) -> Result<()> {
        for (name, expected) in &self.files {
            // A name from a file: it must not lead out of the folder.
            if name.contains('/') || name == ".." {
                let what = format!("it names the file {name:?}: expected names without a folder");
                return Err(Error::file("use", &folder.join(EXPORT), what));
            }
            let path = folder.join(name);
            let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
            let found = sha256(&bytes);
            if found != *expected {
                let what = format!(
                    "it was changed or cut off since it was exported: expected the SHA-256 {expected}, found {found}; copy it \
                     or export the model again"
                );
                return Err(Error::file("use", &path, what));
            }
        }
        Ok(())
    }
}

/// The digest of a document without its digest.
fn digest(mut document: Value) -> String {
    if let Value::Object(members) = &mut document {
        members.remove("sha256");
    }
    document.sort_all_objects();
    sha256(document.to_string().as_bytes())
}
