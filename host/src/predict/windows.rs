//! Predictions for the windows of a source, written as they come.

use genomenas_data::bases::Packed;
use genomenas_data::error::Result;
use genomenas_data::files::Existing;
use genomenas_data::inputs::{OnWindow, Window};
use genomenas_report::streamed::{Cells, Kind, TableFile, TableWriter};

use super::outputs::Outputs;
use crate::run::trainer::Scorer;

/// How predictions are made and where they go.
pub struct Predicting<'a> {
    /// The network.
    pub scorer: &'a mut dyn Scorer,
    /// The outputs that are written.
    pub outputs: &'a Outputs,
    /// Windows a batch.
    pub batch: usize,
    /// The file.
    pub file: &'a TableFile,
    /// What becomes of a file that is there already.
    pub existing: Existing,
}

/// Predictions that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows of the table.
    pub rows: u64,
}

impl Predicting<'_> {
    /// Writes the predictions for all windows that `source` calls its argument with. `of_genome` says whether they have places
    /// in a genome. Returns what was written, and what the source returned.
    ///
    /// # Errors
    ///
    /// The source, the network or the file fails; nothing is left of the file then.
    pub fn windows<T>(self, of_genome: bool, source: impl FnOnce(OnWindow<'_>) -> Result<T>) -> Result<(Written, T)> {
        let named = |name: &str, kind| (name.to_owned(), kind);
        let (name, start, end) = (named("name", Kind::Text), named("start", Kind::Count), named("end", Kind::Count));
        let mut columns =
            if of_genome { vec![named("chromosome", Kind::Text), start, end, name] } else { vec![name, start, end] };
        columns.extend(self.outputs.columns(&columns));
        let writer = TableWriter::create(self.file, columns, self.existing)?;
        let mut waiting = Waiting { predicting: self, of_genome, writer, windows: Vec::new(), rows: 0 };
        let returned = source(&mut |window| {
            waiting.windows.push(window);
            if waiting.windows.len() >= waiting.predicting.batch { waiting.score() } else { Ok(()) }
        })?;
        waiting.score()?;
        let written = Written { rows: waiting.rows };
        waiting.writer.finish()?;
        Ok((written, returned))
    }
}

/// Windows that wait until a batch is full.
struct Waiting<'a> {
    predicting: Predicting<'a>,
    of_genome: bool,
    writer: TableWriter,
    windows: Vec<Window>,
    rows: u64,
}

impl Waiting<'_> {
    fn score(&mut self) -> Result<()> {
        let windows = std::mem::take(&mut self.windows);
        if windows.is_empty() {
            return Ok(());
        }
        let sequences: Vec<Packed> = windows.iter().map(|window| window.sequence.clone()).collect();
        let predictions = self.predicting.scorer.score(&sequences)?;
        let count = |of: fn(&Window) -> u64| Cells::Counts(windows.iter().map(|window| Some(of(window))).collect());
        let (start, end) = (count(|window| window.start), count(|window| window.end));
        let name = Cells::Text(windows.iter().map(|window| window.name.clone()).collect());
        let mut cells = if self.of_genome {
            let chromosomes = windows.iter().map(|window| window.chromosome.clone());
            vec![Cells::Text(chromosomes.collect()), start, end, name]
        } else {
            vec![name, start, end]
        };
        cells.extend(self.predicting.outputs.cells(&predictions, windows.len())?);
        self.writer.write(cells)?;
        self.rows += windows.len() as u64;
        Ok(())
    }
}
