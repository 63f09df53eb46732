//! What a person does next, at the end of a comparison or of a run.

use std::path::{Path, PathBuf};

use genomenas_report::best_run;
use genomenas_report::model::{Comparison, Entry, RunPhase, RunState, RunSummary};

use crate::compare::folder::names;
use crate::run::RunResult;
use crate::run::settings::files;

/// A validation AUROC up to which a trial did no better than chance, at the noise of small splits.
const CHANCE: f64 = 0.55;

/// What a comparison came to beside its table, and what to do with it.
pub(crate) fn of_comparison(folder: &Path, comparison: &Comparison) -> String {
    let mut lines = vec![String::new()];
    for entry in comparison.entries.iter().filter(|entry| !entry.runs.is_empty()) {
        if let Some(best) = near_chance(entry) {
            lines.push(format!(
                "{}: no trial of its search had a validation AUROC above {best:.3}, which is near chance, so the search decided nothing: give a larger --budget",
                entry.name
            ));
        }
    }
    lines.push(format!("report: {}", folder.join(names::PAGE).display()));
    let Some(best) = best_run(comparison) else {
        return lines.join("\n") + "\n";
    };
    let run = folder.join(&best.folder);
    lines.push("next:".to_owned());
    lines.push(format!("  genomenas describe --architecture {}", shell(&run.join(files::ARCHITECTURE))));
    lines.push(format!("  {}", evaluation(&run, "test", &beside(folder, "-scores.tsv"))));
    if comparison.entries.iter().all(|entry| entry.runs.len() < 3) {
        lines.push("  more seeds (--seeds 1..5, in another folder) say how much of a difference is chance".to_owned());
    }
    lines.join("\n") + "\n"
}

/// The best validation AUROC of any trial of an entry that searched, where it is near chance in every run.
fn near_chance(entry: &Entry) -> Option<f64> {
    let searched = |run: &RunSummary| run.state == RunState::Done && run.search.trials > 1;
    let best_of = |run: &RunSummary| {
        let points = run.curve.iter().filter(|point| matches!(point.phase, RunPhase::Search { .. }));
        points
            .filter_map(|point| point.valid_auroc)
            .fold(None, |best: Option<f64>, auroc| Some(best.map_or(auroc, |best| best.max(auroc))))
    };
    let best: Option<Vec<f64>> = entry.runs.iter().filter(|run| searched(run)).map(best_of).collect();
    let best = best?.into_iter().reduce(f64::max)?;
    (best <= CHANCE).then_some(best)
}

/// What to do after a run.
pub(crate) fn of_run(folder: &Path, result: &RunResult) -> String {
    if result.final_training.is_none() {
        let out = shell(&beside(folder, "-trained"));
        return format!("next: genomenas train --run {} --out {out}\n", shell(folder));
    }
    let split = if result.test.is_some() { "test" } else { "valid" };
    format!("next: {}\n", evaluation(folder, split, &beside(folder, "-scores.tsv")))
}

fn evaluation(run: &Path, split: &str, out: &Path) -> String {
    format!("genomenas evaluate --run {} --split {split} --bootstrap 200 --out {}", shell(run), shell(out))
}

/// The path of something that lies beside a folder and is called like it.
fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut path = folder.components().as_path().as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// A path as a shell reads it.
fn shell(path: &Path) -> String {
    let path = path.display().to_string();
    shlex::try_quote(&path).map_or_else(|_| path.clone(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_a_shell_and_lie_beside_the_folder() {
        assert_eq!(beside(Path::new("runs/first/"), "-trained"), Path::new("runs/first-trained"));
        assert_eq!(shell(Path::new("my runs/first")), "'my runs/first'");
    }
}
