//! The summary of a store that `data info` and the importers print. Names and warnings in it come from files, so they are
//! made printable first.

use std::fmt::{Display, Formatter, Result};

use super::fold_rows::FoldRows;
use super::info::StoreInfo;
use super::leakage::SplitLeakage;
use super::split::{PerSplit, Split};
use crate::text::{bounded, grouped, printable, shortened};

/// Labels shown in full; a data set with more shows the rarest and the commonest.
const LABELS_SHOWN: usize = 40;
const LABELS_AT_EACH_END: usize = 10;
/// Labels that are shown of each fold; of more, only rows are.
const LABELS_BY_FOLD: usize = 6;
/// Chromosomes or warnings shown in full.
const LINES_SHOWN: usize = 20;
/// Characters of a line.
const LONGEST_LINE: usize = 2000;
/// Files shown; a folder may hold thousands.
const SOURCES_SHOWN: usize = 50;

impl Display for StoreInfo {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let shape = &self.shape;
        let noun = if shape.task.is_classes() { "classes" } else { "labels" };
        writeln!(
            out,
            "{}: {} bases a row, {} {noun}, {} rows",
            shape.task.name(),
            shape.length,
            shape.labels.len(),
            grouped(self.total_rows())
        )?;
        for source in self.import.sources.iter().take(SOURCES_SHOWN) {
            let digest = source.sha256.get(..16).unwrap_or(&source.sha256);
            writeln!(out, "  from {} ({} bytes, sha256 {digest}…)", printable(&source.name), grouped(source.bytes))?;
        }
        let more = self.import.sources.len().saturating_sub(SOURCES_SHOWN);
        if more > 0 {
            writeln!(out, "  and {more} more files")?;
        }
        let settings: Vec<String> =
            self.import.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let settings = bounded(&printable(&settings.join(", ")), LONGEST_LINE);
        writeln!(out, "  by data import {}: {}", self.import.importer, settings)?;
        for count in &self.import.read {
            writeln!(out, "  read {} {}", grouped(count.count), printable(&count.what))?;
        }
        for count in &self.import.dropped {
            writeln!(out, "  dropped {} {}", grouped(count.count), printable(&count.what))?;
        }
        for split in Split::ALL.into_iter().filter(|split| *self.import.both_strands.get(*split)) {
            writeln!(
                out,
                "  {} holds both strands: the second half of its rows is the first half's other",
                split.name()
            )?;
        }
        if shape.single_strand {
            writeln!(out, "  rows are of one strand: the other strand is never shown, averaged or compared")?;
        }
        for nothing in self.leakage.iter().flat_map(SplitLeakage::nothing) {
            writeln!(out, "  {nothing}")?;
        }
        if let Some(fold) = self.fold {
            writeln!(out, "  {fold} is the test, the next one validates, and the others train")?;
        }
        writeln!(out, "  digest {}", self.digest)?;
        writeln!(out)?;
        match self.folds.as_slice() {
            [] => self.labels(out)?,
            folds => self.of_folds(folds, out)?,
        }
        for warning in self.import.warnings.iter().take(LINES_SHOWN) {
            writeln!(out, "warning: {}", bounded(&printable(warning), LONGEST_LINE))?;
        }
        let more = self.import.warnings.len().saturating_sub(LINES_SHOWN);
        if more > 0 {
            writeln!(out, "and {more} more warnings")?;
        }
        Ok(())
    }
}

impl StoreInfo {
    /// A line for each fold, and what its run has in two splits.
    fn of_folds(&self, folds: &[FoldRows], out: &mut Formatter<'_>) -> Result {
        let regression = self.shape.task.is_regression();
        let named: &[String] = if self.shape.labels.len() <= LABELS_BY_FOLD { &self.shape.labels } else { &[] };
        write!(out, "{:8} {:>12} {:>18}", "", "rows", "with unknown bases")?;
        let name_of = |name: &String| shortened(&printable(name));
        let width = |name: &String| name_of(name).chars().count().max(12);
        for name in named {
            let mean = if regression { "mean " } else { "" };
            write!(out, " {mean}{:>1$}", name_of(name), width(name))?;
        }
        writeln!(out)?;
        for (fold, number) in folds.iter().zip(1..) {
            let name = format!("fold {number}");
            write!(out, "{name:8} {:>12} {:>18}", grouped(fold.rows), grouped(fold.rows_with_unknown))?;
            for (label, name) in named.iter().enumerate() {
                let cell = if regression {
                    format!("{:.4}", fold.values.get(label).map_or(0.0, |values| values.mean))
                } else {
                    grouped(fold.positives.get(label).copied().unwrap_or(0))
                };
                let width = width(name) + if regression { 5 } else { 0 };
                write!(out, " {cell:>width$}")?;
            }
            writeln!(out)?;
        }
        writeln!(
            out,
            "in run F, fold F is the test, the next one validates and the others train: `data info --fold F`"
        )?;
        let runs = self.of_runs();
        let told = |run: &Self| run.leakage.map_or_else(Vec::new, |found| found.sentences(&run.rows));
        for (run, number) in runs.iter().zip(1..) {
            let sentences = told(run);
            if !sentences.is_empty() {
                writeln!(out, "fold {number} as the test: {}", sentences.join("; "))?;
            }
        }
        let nothing = runs.iter().map(|run| run.leakage.map_or_else(Vec::new, |found| found.nothing()));
        // What is so in each of the runs.
        let nothing = nothing.reduce(|all, of| all.into_iter().filter(|sentence| of.contains(sentence)).collect());
        nothing.into_iter().flatten().try_for_each(|sentence| writeln!(out, "of every run: {sentence}"))?;
        let beyond = self.import.warnings.len();
        for (run, number) in runs.iter().zip(1..) {
            let found = run.leakage.map_or_else(Vec::new, |found| found.warnings(&run.rows));
            let labels = run.import.warnings.iter().skip(beyond).filter(|warning| !found.contains(warning));
            for warning in labels.take(LABELS_BY_FOLD) {
                writeln!(out, "warning: fold {number} as the test: {}", bounded(&printable(warning), LONGEST_LINE))?;
            }
        }
        Ok(())
    }

    fn labels(&self, out: &mut Formatter<'_>) -> Result {
        let labels = &self.shape.labels;
        let positives = |label: usize| PerSplit::of(|split| self.positives.get(split).get(label).copied().unwrap_or(0));
        let total = |label: usize| {
            let counts = positives(label);
            counts.train + counts.valid + counts.test
        };
        let mut shown: Vec<usize> = (0..labels.len()).collect();
        let mut hidden = 0;
        if labels.len() > LABELS_SHOWN {
            shown.sort_by_key(|label| (std::cmp::Reverse(total(*label)), *label));
            hidden = labels.len() - 2 * LABELS_AT_EACH_END;
            shown.drain(LABELS_AT_EACH_END..LABELS_AT_EACH_END + hidden);
        }
        let name_of = |label: usize| labels.get(label).map_or_else(String::new, |name| shortened(&printable(name)));
        let width = shown.iter().map(|label| name_of(*label).chars().count()).max().unwrap_or(0).clamp(18, 60);
        writeln!(out, "{:width$} {:>12} {:>12} {:>12}", "", "train", "valid", "test")?;
        let written = |out: &mut Formatter<'_>, name: &str, [train, valid, test]: [String; 3]| {
            writeln!(out, "{name:width$} {train:>12} {valid:>12} {test:>12}")
        };
        let line = |out: &mut Formatter<'_>, name: &str, counts: &PerSplit<u64>| {
            written(out, name, Split::ALL.map(|split| grouped(*counts.get(split))))
        };
        line(out, "rows", &self.rows)?;
        line(out, "with unknown bases", &self.rows_with_unknown)?;
        if self.shape.task.is_regression() {
            writeln!(out, "mean of each label:")?;
        }
        for (index, label) in shown.iter().enumerate() {
            if hidden > 0 && index == LABELS_AT_EACH_END {
                writeln!(out, "… {hidden} more between …")?;
            }
            if self.shape.task.is_regression() {
                let mean = |split| self.values.get(split).get(*label).map_or(0.0, |values| values.mean);
                written(out, &name_of(*label), Split::ALL.map(|split| format!("{:.4}", mean(split))))?;
            } else {
                line(out, &name_of(*label), &positives(*label))?;
            }
        }
        Ok(())
    }
}
