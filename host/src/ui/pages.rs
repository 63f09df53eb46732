//! The pages of a folder, made anew where they are older than a moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use genomenas_data::error::Result;
use genomenas_data::hash::sha256;
use genomenas_report as report;

use crate::compare::collect::{Failures, collect};
use crate::compare::folder::neither_comparison_nor_run;
use crate::compare::plan::ComparisonPlan;
use crate::run::settings::files;
use crate::run_report;

/// A page is not made again before it is this old.
const YOUNGEST: Duration = Duration::from_secs(1);
/// Nor before this many times as long as it took, so that the pages of thousands of runs leave the cores to the runs.
const SHARE: u32 = 10;

/// The pages of a comparison and of its runs, or of one run.
#[derive(Debug)]
pub(super) struct Pages {
    folder: PathBuf,
    made: Mutex<BTreeMap<String, Made>>,
}

/// A page as it was at a moment.
#[derive(Debug)]
pub(super) struct Page {
    /// The document, which keeps itself up to date in a browser.
    pub(super) html: String,
    /// Another one for another document.
    pub(super) version: String,
}

#[derive(Debug)]
struct Made {
    page: Arc<Page>,
    at: Instant,
    took: Duration,
}

impl Pages {
    /// The pages of the comparison or of the run in `folder`.
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let is_run = folder.join(files::SETTINGS).exists();
        if !is_run && ComparisonPlan::read(folder)?.is_none() {
            return Err(neither_comparison_nor_run(folder));
        }
        Ok(Self { folder: folder.to_owned(), made: Mutex::default() })
    }

    /// The page of this name, which is its address below the first one; `None` where there is none.
    ///
    /// # Errors
    ///
    /// What it is made from cannot be read now.
    pub(super) fn page(&self, name: &str) -> Result<Option<Arc<Page>>> {
        // A page that is being made is waited for, rather than made twice.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = made.get(name).filter(|last| last.at.elapsed() < YOUNGEST.max(last.took * SHARE)) {
            return Ok(Some(Arc::clone(&last.page)));
        }
        let begun = Instant::now();
        let Some(html) = self.make(name)? else { return Ok(None) };
        let version = sha256(html.as_bytes());
        let page = Arc::new(Page { html: report::live(&html, &version), version });
        made.insert(name.to_owned(), Made { page: Arc::clone(&page), at: Instant::now(), took: begun.elapsed() });
        Ok(Some(page))
    }

    fn make(&self, name: &str) -> Result<Option<String>> {
        let plan = ComparisonPlan::read(&self.folder)?;
        match plan {
            Some(plan) if name.is_empty() => Ok(Some(report::page(&collect(&self.folder, &plan, &Failures::new())))),
            Some(plan) => {
                // A name is compared with those of the plan, and never becomes a path by itself.
                let of_run = plan.runs().into_iter().find(|run| run.folder.join(files::PAGE) == Path::new(name));
                let folder = of_run.map(|run| self.folder.join(run.folder));
                let begun = folder.filter(|folder| folder.join(files::SETTINGS).exists());
                begun.map(|folder| of_run_in(&folder)).transpose()
            }
            None => name.is_empty().then(|| of_run_in(&self.folder)).transpose(),
        }
    }
}

fn of_run_in(folder: &Path) -> Result<String> {
    Ok(report::run_page(&run_report::report(folder)?))
}
