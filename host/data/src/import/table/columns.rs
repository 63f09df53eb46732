//! Which column of a table is what, and how labels stand in it.

use std::path::Path;

use super::options::TableOptions;
use crate::error::{Error, Result};
use crate::formats::table::{Lists, Table, column};
use crate::store::Task;

/// Places of the columns.
pub(super) struct Columns {
    pub(super) sequence: usize,
    pub(super) labels: Vec<(usize, String)>,
    pub(super) form: LabelForm,
    pub(super) split: Option<usize>,
    pub(super) group: Option<usize>,
    pub(super) chromosome: Option<usize>,
    pub(super) start: Option<usize>,
}

/// The class of rows that are positives alone, where no column names it.
pub(super) const POSITIVE: &str = "positive";

/// How labels stand in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LabelForm {
    /// One column with the name of the class.
    Class,
    /// No column: all rows are positives, which get negatives.
    Positive,
    /// One column with names, in a list or with a separator between them.
    Listed(Option<char>),
    /// A column of 0 and 1 for each label.
    Columns,
    /// A column of numbers for each label.
    Values,
    /// One column with a list of numbers, one for each label.
    Vector,
}

impl LabelForm {
    /// What is predicted from labels in this form; a regression may ask for its own task.
    pub(super) fn task(self, asked: Option<Task>) -> Task {
        match self {
            Self::Class | Self::Positive => Task::MultiClass,
            Self::Listed(_) | Self::Columns => Task::MultiLabel,
            Self::Values => asked.unwrap_or(Task::Regression),
            Self::Vector => asked.unwrap_or(Task::MultiLabel),
        }
    }

    fn of(options: &TableOptions, lists: Option<Lists>) -> Result<Self> {
        let numbers = lists == Some(Lists::Numbers);
        let lists = lists.is_some();
        match (options.labels.as_slice(), options.label_separator, options.task) {
            ([], ..) => Err(Error::input("no label column: name at least one")),
            ([_], None, _) if numbers => Ok(Self::Vector),
            (_, _, Some(task)) if task.is_regression() => Ok(Self::Values),
            ([_, _, ..], _, Some(Task::MultiClass)) => {
                Err(Error::input("a multi-class task has one label column, with the name of the class; name one"))
            }
            ([_, _, ..], Some(_), _) => {
                Err(Error::input("several label columns hold 0 or 1 each: give a separator only with one label column"))
            }
            (_, Some(_), Some(Task::MultiClass)) => {
                Err(Error::input("a row of a multi-class task has one class: leave out the separator"))
            }
            ([_], Some(_), _) if lists => {
                Err(Error::input("the cells of the label column are lists already: leave out the separator"))
            }
            ([_], None, Some(Task::MultiClass)) if lists => Err(Error::input(
                "a row of a multi-class task has one class, and the cells of the label column are lists",
            )),
            ([_], separator, _) if lists || separator.is_some() => Ok(Self::Listed(separator)),
            ([_], None, None | Some(Task::MultiClass)) => Ok(Self::Class),
            _ => Ok(Self::Columns),
        }
    }
}

impl Columns {
    /// Finds the columns and begins reading them.
    pub(super) fn find(options: &TableOptions, path: &Path, table: &mut Table) -> Result<Self> {
        let one = |name: &Option<String>| name.as_deref().map(|name| column(table, path, name)).transpose();
        let label = |name: &String| -> Result<(usize, String)> {
            let place = column(table, path, name)?;
            let heading = table.header().and_then(|header| header.get(place));
            Ok((place, heading.unwrap_or(name).clone()))
        };
        // Positives alone need no label column.
        let alone = options.negatives.negatives.is_some();
        let unlabelled = alone && options.labels == ["label"] && !names(table, "label");
        let named = options.labels.iter().filter(|_| !unlabelled);
        let labels: Vec<(usize, String)> = named.map(label).collect::<Result<_>>()?;
        for (index, (_, name)) in labels.iter().enumerate() {
            if labels.iter().take(index).any(|(_, other)| other == name) {
                return Err(Error::input(format!("label column {name:?} is named twice: name it once")));
            }
        }
        let lists = labels.iter().find_map(|(place, _)| table.lists(*place));
        let columns = Self {
            sequence: column(table, path, &options.sequence)?,
            form: if unlabelled { LabelForm::Positive } else { LabelForm::of(options, lists)? },
            labels,
            split: one(&options.split)?,
            group: one(&options.group)?,
            chromosome: one(&options.chromosome)?,
            start: one(&options.start)?,
        };
        let single = [Some(columns.sequence), columns.split, columns.group, columns.chromosome, columns.start];
        let used: Vec<usize> =
            single.into_iter().flatten().chain(columns.labels.iter().map(|(place, _)| *place)).collect();
        table.select(&used)?;
        Ok(columns)
    }

    /// The column of the class, of names, or of a list.
    pub(super) fn first_label(&self) -> usize {
        self.labels.first().map_or(0, |(column, _)| *column)
    }

    pub(super) fn label_names(&self) -> Vec<String> {
        self.labels.iter().map(|(_, name)| name.clone()).collect()
    }
}

/// Whether a column has this name.
fn names(table: &Table, name: &str) -> bool {
    table.header().is_some_and(|header| header.iter().any(|column| column == name))
}
