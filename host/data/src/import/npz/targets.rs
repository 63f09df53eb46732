//! The labels of an archive: what is predicted, and the label of a row.

use std::path::Path;

use super::arrays::OfSplits;
use super::options::NpzOptions;
use crate::bases::{bit_bytes, set_bit};
use crate::error::{Error, Result};
use crate::formats::npz::{Array, Number, Rows, open};
use crate::import::label_names;
use crate::store::{MOST_LABELS, Target, Task};
use crate::text::shortened;

/// What the first reading of the labels found.
pub(super) struct Labels {
    pub(super) task: Task,
    /// How many.
    pub(super) count: usize,
    pub(super) warning: Option<String>,
    /// Whether each row has one number: the class, or the one label.
    single: bool,
}

/// The label of one row.
#[derive(Default)]
pub(super) struct RowTarget {
    bits: Vec<u8>,
    class: u32,
    values: Vec<f32>,
}

/// A label as it is read.
pub(super) fn number(number: Number, bytes: &[u8]) -> f64 {
    number.value(bytes)
}

impl Labels {
    /// Reads all labels once: whether they are of the task, and how many there are.
    pub(super) fn read(options: &NpzOptions, arrays: &OfSplits, progress: &mut dyn FnMut(u64)) -> Result<Self> {
        let train = &arrays.train.y;
        let single = train.header.shape.len() == 1;
        let width = train.items;
        let float = arrays.all().any(|(_, arrays)| arrays.y.header.number.is_float());
        let task = match (options.task, single) {
            (Some(Task::NextNucleotide), _) => {
                return Err(Error::input("the next nucleotide is predicted from windows of a genome, not from arrays"));
            }
            (Some(task), _) => task,
            (None, false) => Task::MultiLabel,
            (None, true) if !float => Task::MultiClass,
            (None, true) => {
                return Err(train.wrong(
                    &options.npz,
                    "a row has one number of a type with fractions: say what is predicted (--task regression, \
                     poisson-regression or multi-class)",
                ));
            }
        };
        let mut labels = Self { task, count: width, warning: None, single };
        let (mut largest, mut exclusive, mut done) = (0, true, 0);
        let mut target = RowTarget::default();
        for (_, arrays) in arrays.all() {
            let (array, before) = (&arrays.y, done);
            let mut archive = open(&options.npz)?;
            let mut rows = Rows::new(&options.npz, &mut archive, array, number)?;
            while let Some(row) = rows.next()? {
                labels.target(row, &mut target).map_err(|error| in_row(&options.npz, array, done - before, error))?;
                largest = largest.max(target.class as usize);
                exclusive &= target.bits.iter().map(|byte| byte.count_ones()).sum::<u32>() == 1;
                done += 1;
                if done % 4096 == 0 {
                    progress(done);
                }
            }
        }
        if task == Task::MultiClass && single {
            labels.count = largest + 1;
        }
        if labels.count < 2 && task == Task::MultiClass {
            return Err(Error::input(format!(
                "{}: every row has the class 0: a multi-class task needs two or more",
                options.npz.display()
            )));
        }
        if task == Task::MultiLabel && exclusive && width > 1 && options.task.is_none() {
            labels.warning = Some(
                "every row has exactly one label: if labels exclude each other, import with --task multi-class".into(),
            );
        }
        Ok(labels)
    }

    /// Reads the label of a row into `target`.
    pub(super) fn target(&self, row: &[f64], target: &mut RowTarget) -> Result<()> {
        match self.task {
            Task::MultiLabel => target.bits(row),
            Task::MultiClass | Task::NextNucleotide if self.single => target.class(row),
            Task::MultiClass | Task::NextNucleotide => {
                target.bits(row)?;
                let mut ones = (0..).zip(row).filter(|(_, value)| matches!(value, 1.0)).map(|(class, _)| class);
                match (ones.next(), ones.next()) {
                    (Some(class), None) => target.class = class,
                    (found, _) => {
                        let many = if found.is_none() { "no" } else { "more than one" };
                        return Err(Error::input(format!(
                            "it has {many} class, and a row of a multi-class task has one"
                        )));
                    }
                }
                Ok(())
            }
            Task::Regression => target.values(row, f32::MIN),
            Task::PoissonRegression => target.values(row, 0.0),
        }
    }

    /// The label that [`Self::target`] read.
    pub(super) fn of<'t>(&self, target: &'t RowTarget) -> Target<'t> {
        match self.task {
            Task::MultiLabel => Target::Bits(&target.bits),
            Task::MultiClass | Task::NextNucleotide => Target::Class(target.class),
            Task::Regression | Task::PoissonRegression => Target::Values(&target.values),
        }
    }
}

impl RowTarget {
    fn bits(&mut self, row: &[f64]) -> Result<()> {
        self.bits.clear();
        self.bits.resize(bit_bytes(row.len()), 0);
        for (label, value) in row.iter().enumerate() {
            match value {
                0.0 => {}
                1.0 => set_bit(&mut self.bits, label),
                _ => {
                    return Err(Error::input(format!(
                        "label {label} is {value:?}: expected 0 or 1 (for numbers, --task regression or poisson-regression)"
                    )));
                }
            }
        }
        Ok(())
    }

    fn class(&mut self, row: &[f64]) -> Result<()> {
        let class = row.first().copied().unwrap_or(f64::NAN);
        if class.fract() != 0.0 || !(0.0..MOST_LABELS as f64).contains(&class) {
            let most = MOST_LABELS - 1;
            return Err(Error::input(format!("the class is {class:?}: expected a whole number from 0 to {most}")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number, as checked")]
        let class = class as u32;
        self.class = class;
        Ok(())
    }

    fn values(&mut self, row: &[f64], least: f32) -> Result<()> {
        self.values.clear();
        for (label, value) in row.iter().enumerate() {
            #[expect(clippy::cast_possible_truncation, reason = "labels are float32, and what is too large is refused")]
            let narrow = *value as f32;
            if !narrow.is_finite() || narrow < least {
                let expected = if least == 0.0 { "a number of 0 or more" } else { "a number" };
                return Err(Error::input(format!(
                    "label {label} is {value:?}: expected {expected} in the range of float32"
                )));
            }
            self.values.push(narrow);
        }
        Ok(())
    }
}

/// The same error with file, array and row in front.
pub(super) fn in_row(path: &Path, array: &Array, row: u64, error: Error) -> Error {
    array.at(path, error.context(format!("row {row}")))
}

/// The names and groups of the labels: numbered names, or those of the file, which must have as many.
pub(super) fn names(options: &NpzOptions, labels: &Labels) -> Result<(Vec<String>, Vec<String>)> {
    let Some(file) = &options.labels else {
        return Ok(((0..labels.count).map(|label| format!("label_{label}")).collect(), Vec::new()));
    };
    let (names, groups) = label_names::read(file)?;
    let more_classes = labels.task == Task::MultiClass && labels.single && names.len() > labels.count;
    if names.len() == labels.count || more_classes {
        return Ok((names, groups));
    }
    Err(Error::input(format!(
        "{}: it names {} labels, and {} has {}: name each, one a line",
        file.display(),
        names.len(),
        shortened(&options.npz.display().to_string()),
        labels.count
    )))
}
