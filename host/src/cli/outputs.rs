//! What `genomenas report` writes beside the report: exports for other tools, and what goes into a paper.

use std::path::Path;

use clap::Args;
use genomenas_data::error::{Error, Result};
use genomenas_report::export::{ExportFile, OptunaFile, RunDetails, Table, TensorBoardFolder};
use genomenas_report::model::{Comparison, RunSummary};
use genomenas_report::paper::{LatexFile, MethodsFile};

use crate::run_report::details::{details, space};

/// What else is written.
#[derive(Args, Debug)]
#[command(next_help_heading = "More outputs")]
pub(crate) struct OutputOptions {
    /// Writes all results as SQLite, or one table of them as Parquet, CSV or JSON Lines, by the file's ending; may be given
    /// several times
    #[arg(long, value_name = "FILE.sqlite|.parquet|.csv|.jsonl")]
    export: Vec<ExportFile>,
    /// The table of a file that holds one
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Table::Scores, requires = "export")]
    table: Table,
    /// Writes event files for TensorBoard: scalars, histograms of option probabilities, hyper-parameters
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<TensorBoardFolder>,
    /// Writes an Optuna storage with a study for each run that searched
    #[arg(long, value_name = "FILE.db")]
    optuna: Option<OptunaFile>,
    /// Writes the leaderboard of a comparison as a LaTeX table
    #[arg(long, value_name = "FILE.tex")]
    latex: Option<LatexFile>,
    /// Writes the methods of a comparison as a paragraph of Markdown, and the papers it cites as BibTeX beside it
    #[arg(long, value_name = "FILE.md")]
    methods: Option<MethodsFile>,
}

impl OutputOptions {
    /// Refuses what would overwrite files of a person's own, before anything is written.
    ///
    /// # Errors
    ///
    /// Such a file lies where an output would be, or two outputs are one file.
    pub(crate) fn check(&self) -> Result<()> {
        self.export.iter().try_for_each(ExportFile::expect_free)?;
        self.tensorboard.iter().try_for_each(TensorBoardFolder::expect_free)?;
        self.optuna.iter().try_for_each(OptunaFile::expect_free)?;
        self.latex.iter().try_for_each(LatexFile::expect_free)?;
        self.methods.iter().try_for_each(MethodsFile::expect_free)?;
        let mut paths: Vec<&Path> = self.export.iter().map(ExportFile::path).collect();
        paths.extend(self.optuna.iter().map(OptunaFile::path));
        paths.extend(self.tensorboard.iter().map(TensorBoardFolder::path));
        paths.sort_unstable();
        let twice = paths.windows(2).find_map(|pair| pair.first().filter(|first| pair.last() == Some(first)));
        match twice {
            Some(path) => Err(Error::input(format!("{} is named twice: name another output", path.display()))),
            None => Ok(()),
        }
    }

    /// Refuses what a run by itself has not.
    ///
    /// # Errors
    ///
    /// Something of a comparison is asked for.
    pub(crate) fn expect_of_run(&self, folder: &Path) -> Result<()> {
        let asked = [("--latex", self.latex.is_some()), ("--methods", self.methods.is_some())];
        match asked.into_iter().find(|(_, asked)| *asked) {
            Some((flag, _)) => Err(Error::input(format!(
                "{flag} is about a comparison, and {} is the folder of a run: give the folder that `genomenas compare` made",
                folder.display()
            ))),
            None => Ok(()),
        }
    }

    /// Writes what is asked for of the comparison in `folder`; the paths of what was written.
    ///
    /// # Errors
    ///
    /// Something cannot be written.
    pub(crate) fn write(&self, folder: &Path, comparison: &Comparison) -> Result<Vec<String>> {
        self.write_all(folder, comparison, &|run| details(&folder.join(&run.folder)))
    }

    /// As [`write`](Self::write), of the run in `folder` as a comparison of nothing else.
    pub(crate) fn write_run(&self, folder: &Path, run: &Comparison) -> Result<Vec<String>> {
        self.write_all(folder, run, &|_| details(folder))
    }

    fn write_all(
        &self,
        folder: &Path,
        comparison: &Comparison,
        details: &dyn Fn(&RunSummary) -> RunDetails,
    ) -> Result<Vec<String>> {
        let mut written = Vec::new();
        for file in &self.export {
            file.write(self.table, comparison, details)?;
            let table = if file.has_one_table() { format!(" (table {})", self.table.name()) } else { String::new() };
            written.push(format!("export: {}{table}", file.path().display()));
        }
        if let Some(events) = &self.tensorboard {
            events.write(comparison, details)?;
            written.push(format!("event files: {0}; `tensorboard --logdir {0}` shows them", events.path().display()));
        }
        if let Some(file) = &self.optuna {
            file.write(comparison, &space(folder), details)?;
            written
                .push(format!("Optuna storage: {0}; `optuna-dashboard sqlite:///{0}` shows it", file.path().display()));
        }
        if let Some(file) = &self.latex {
            file.write(comparison, None)?;
            written.push(format!("LaTeX table: {}", file.path().display()));
        }
        if let Some(file) = &self.methods {
            file.write(comparison)?;
            written.push(format!("methods: {}, with {}", file.path().display(), file.references().display()));
        }
        Ok(written)
    }
}
