//! Which file, or which record, belongs to which class and split.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::header_class::HeaderClass;
use super::options::{ClassPath, FastaOptions};
use crate::error::{Error, Result};
use crate::formats::genome::records;
use crate::import::negatives::shuffle::SHUFFLED;
use crate::import::paths::{self, FASTA};
use crate::store::{MOST_LABELS, Split, Task};

/// All files, and the labels of the store.
pub(super) struct Classes {
    pub(super) files: Vec<ClassFile>,
    pub(super) labels: Vec<String>,
    /// Classes, the background included.
    pub(super) names: usize,
    /// Where headings name the classes.
    by_header: Option<HeaderClass>,
}

/// A file of sequences.
pub(super) struct ClassFile {
    pub(super) path: PathBuf,
    /// The class of all its records; empty where their headings name it.
    class: String,
    /// Its split, where files decide.
    pub(super) split: Option<Split>,
}

impl Classes {
    pub(super) fn find(options: &FastaOptions) -> Result<Self> {
        let (files, names) = match &options.class_from_header {
            None => by_file(options)?,
            Some(pattern) => by_header(options, pattern)?,
        };
        if let Some(background) = options.background.as_ref().filter(|name| !names.contains(name)) {
            return Err(Error::input(format!(
                "the background {background:?} is not one of the classes, which are {}",
                names.join(", ")
            )));
        }
        let mut labels: Vec<String> =
            names.iter().filter(|name| Some(*name) != options.background.as_ref()).cloned().collect();
        if options.shuffle.negatives.is_some() {
            if names.len() > 1 {
                return Err(Error::input(format!(
                    "negatives are made for positives alone, and the sequences are of the classes {}: give those of one \
                     class, or leave out --negatives",
                    names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ")
                )));
            }
            options.shuffle.refuse_name(&labels)?;
            if options.task == Task::MultiClass {
                labels.push(SHUFFLED.to_owned());
            }
        }
        let (least, what) = if options.task == Task::MultiClass { (2, "classes") } else { (1, "labels") };
        if labels.len() < least {
            let each = if options.class_from_header.is_some() { "named by headings" } else { "each a file or folder" };
            return Err(Error::input(format!(
                "a {} task needs {least} or more {what}, {each}; {} came",
                options.task.name(),
                labels.len()
            )));
        }
        Ok(Self { files, labels, names: names.len(), by_header: options.class_from_header.clone() })
    }

    /// The label of a record of a file; `None` for the background.
    pub(super) fn label(&self, file: &ClassFile, heading: &str) -> Result<Option<u32>> {
        let class = match &self.by_header {
            None => file.class.as_str(),
            Some(pattern) => pattern.of(heading).map_err(|error| error.context(file.path.display()))?,
        };
        Ok((0..).zip(&self.labels).find(|(_, label)| *label == class).map(|(label, _)| label))
    }
}

/// The files of each class, which their paths name.
fn by_file(options: &FastaOptions) -> Result<(Vec<ClassFile>, Vec<String>)> {
    let (mut files, mut names) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (split, paths) in options.all_paths() {
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
                    return Err(not_of_train(&name, split, &names));
                }
                names.push(name.clone());
            }
            for path in once(path, &mut seen)? {
                files.push(ClassFile { path, class: name.clone(), split: options.by_file().then_some(split) });
            }
        }
    }
    Ok((files, names))
}

/// All files, and the classes that the headings of their records name, in alphabetical order.
fn by_header(options: &FastaOptions, pattern: &HeaderClass) -> Result<(Vec<ClassFile>, Vec<String>)> {
    let (mut files, mut names) = (Vec::new(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    for (split, paths) in options.all_paths() {
        for path in paths {
            if let Some(name) = &path.name {
                return Err(Error::input(format!(
                    "{} is given as the class {name:?}, and headings are to name the classes: give the path alone",
                    path.path.display()
                )));
            }
            for path in once(path, &mut seen)? {
                records::read(&path, None, &mut |_| {}, &mut |record, _| {
                    let class = pattern.of(record.heading).map_err(|error| error.context(path.display()))?;
                    if names.contains(class) {
                        return Ok(());
                    }
                    if split != Split::Train {
                        return Err(not_of_train(class, split, &names.iter().cloned().collect::<Vec<_>>()));
                    }
                    if names.len() == MOST_LABELS {
                        return Err(Error::input(format!(
                            "{}: its headings name more than {MOST_LABELS} classes: does the pattern find the class, or the \
                             name of the record?",
                            path.display()
                        )));
                    }
                    names.insert(class.to_owned());
                    Ok(())
                })?;
                files.push(ClassFile { path, class: String::new(), split: options.by_file().then_some(split) });
            }
        }
    }
    Ok((files, names.into_iter().collect()))
}

fn not_of_train(name: &str, split: Split, names: &[String]) -> Error {
    Error::input(format!(
        "class {name:?} of {} is not a class of train, whose classes are {}",
        split.name(),
        names.join(", ")
    ))
}

/// The files of a path, none of which was given before.
fn once(path: &ClassPath, seen: &mut BTreeSet<PathBuf>) -> Result<Vec<PathBuf>> {
    let files = paths::files(&path.path, FASTA)?;
    match files.iter().find(|file| !seen.insert((*file).clone())) {
        Some(file) => Err(Error::input(format!("{} is given twice: give each file once", file.display()))),
        None => Ok(files),
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
