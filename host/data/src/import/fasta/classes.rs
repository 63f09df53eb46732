//! Which file belongs to which class and split.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::options::{ClassPath, FastaOptions};
use crate::error::{Error, Result};
use crate::import::paths::{self, FASTA};
use crate::store::{Split, Task};

/// All files, and the labels of the store.
pub(super) struct Classes {
    pub(super) files: Vec<ClassFile>,
    pub(super) labels: Vec<String>,
    /// Classes, the background included.
    pub(super) names: usize,
}

/// A file of sequences.
pub(super) struct ClassFile {
    pub(super) path: PathBuf,
    /// The label of its rows; `None` for the background.
    pub(super) label: Option<u32>,
    /// Its split, where files decide.
    pub(super) split: Option<Split>,
}

impl Classes {
    pub(super) fn find(options: &FastaOptions) -> Result<Self> {
        let paths =
            [(Split::Train, &options.paths), (Split::Valid, &options.valid_paths), (Split::Test, &options.test_paths)];
        let (mut found, mut names) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for (split, paths) in paths {
            let mut stems = BTreeSet::new();
            for path in paths {
                let name = name(path)?;
                if path.name.is_none() && !stems.insert(name.clone()) {
                    return Err(Error::input(format!(
                        "two paths are named {name:?}, and the name is the class: give {} as NAME=PATH",
                        path.path.display()
                    )));
                }
                if !names.contains(&name) {
                    if split != Split::Train {
                        return Err(Error::input(format!(
                            "class {name:?} of {} is not a class of train, whose classes are {}",
                            split.name(),
                            names.join(", ")
                        )));
                    }
                    names.push(name.clone());
                }
                for file in paths::files(&path.path, FASTA)? {
                    if !seen.insert(file.clone()) {
                        return Err(Error::input(format!("{} is given twice: give each file once", file.display())));
                    }
                    found.push((file, name.clone(), options.by_file().then_some(split)));
                }
            }
        }
        let labels: Vec<String> =
            names.iter().filter(|name| Some(*name) != options.background.as_ref()).cloned().collect();
        if let Some(background) = options.background.as_ref().filter(|name| !names.contains(name)) {
            return Err(Error::input(format!(
                "the background {background:?} is not one of the classes, which are {}",
                names.join(", ")
            )));
        }
        let (least, what) = if options.task == Task::MultiClass { (2, "classes") } else { (1, "labels") };
        if labels.len() < least {
            return Err(Error::input(format!(
                "a {} task needs {least} or more {what}, each a file or folder; {} came",
                options.task.name(),
                labels.len()
            )));
        }
        let label = |name: &str| (0..).zip(&labels).find(|(_, label)| *label == name).map(|(label, _)| label);
        let files =
            found.into_iter().map(|(path, name, split)| ClassFile { path, label: label(&name), split }).collect();
        Ok(Self { files, labels, names: names.len() })
    }
}

fn name(path: &ClassPath) -> Result<String> {
    let name = path.name.clone().unwrap_or_else(|| paths::stem(&path.path, FASTA));
    if name.is_empty() {
        return Err(Error::input(format!(
            "{} has no name that could be the class: give NAME=PATH",
            path.path.display()
        )));
    }
    Ok(name)
}
