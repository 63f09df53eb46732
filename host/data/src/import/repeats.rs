//! What every importer does with rows that repeat rows of another split.

use crate::error::{Error, Result};
use crate::store::{Count, DropRepeats, ImportRecord, Split, StoreWriter};

/// What is done with rows that repeat rows of another split; as a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct RepeatOptions {
    /// Leaves out rows whose sequence another split has too, on the same or the other strand (of rows of one strand: on the
    /// same): on the side of train or of the test, and a shuffled negative with its positive [default: they stay, are counted,
    /// and reports say so]
    #[cfg_attr(feature = "clap", arg(long, value_name = "SIDE", value_enum))]
    pub drop_repeats: Option<DropRepeats>,
}

impl RepeatOptions {
    /// Refuses to leave out rows of one side where rows are dealt into folds: there each row is on every side once.
    pub(super) fn check(self, folds: bool) -> Result<()> {
        match self.drop_repeats.filter(|_| folds) {
            None => Ok(()),
            Some(side) => Err(Error::input(format!(
                "--drop-repeats {} leaves rows out of one split, and with --folds every row is the test of one run and trains in \
                 others: leave out one of them (equal sequences stay in one fold, similar ones with --cluster)",
                side.name()
            ))),
        }
    }

    /// Leaves them out of what was written so far, and records how many.
    pub(super) fn apply(self, writer: &mut StoreWriter, record: &mut ImportRecord) -> Result<()> {
        let Some(side) = self.drop_repeats else {
            return Ok(());
        };
        record.settings.insert("drop-repeats".to_owned(), side.name().to_owned());
        let left_out = writer.drop_repeats(side)?;
        for split in Split::ALL {
            let others: Vec<&str> = side.kept_by(split).iter().map(|other| other.name()).collect();
            let repeats = format!("rows of {} that repeat rows of {}", split.name(), others.join(" or "));
            let with_them = format!("rows of {} whose negative, or whose positive, is such a row", split.name());
            let counts = [(repeats, left_out.repeats.get(split)), (with_them, left_out.with_them.get(split))];
            let counts = counts.into_iter().filter(|(_, rows)| **rows > 0);
            record.dropped.extend(counts.map(|(what, rows)| Count::new(what, *rows)));
        }
        Ok(())
    }
}
