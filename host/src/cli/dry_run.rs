//! `genomenas compare --dry-run`: the plan of a comparison with what it takes, and nothing of it done.

use genomenas_data::error::Result;
use genomenas_report::humanize::duration;

use super::columns::{Columns, width, wrapped};
use super::out;
use crate::compare::calibrate::Estimate;
use crate::compare::plan::ComparisonPlan;

/// Shows the plan, and what was measured of its entries.
pub(crate) fn show(plan: &ComparisonPlan, estimates: &[(String, Result<Estimate, String>)]) -> Result<()> {
    let mut table = Columns::new(&["strategy", "search", "training", "a run", "memory", ""]);
    for (name, estimate) in estimates {
        let cells = match estimate {
            Ok(Estimate { search, training, memory, .. }) => [
                name.clone(),
                duration(*search),
                duration(*training),
                duration(search + training),
                mebibytes(*memory),
                String::new(),
            ],
            Err(why) => {
                let nothing = || "?".to_owned();
                [name.clone(), nothing(), nothing(), nothing(), nothing(), format!("not measured: {why}")]
            }
        };
        table.row(cells);
    }
    let known: Vec<&Estimate> = estimates.iter().filter_map(|(_, estimate)| estimate.as_ref().ok()).collect();
    let seeds = plan.seeds.len();
    let mut text =
        format!("{}\n{} entries, {} seeds, {} at once\n\n", plan.title, plan.entries.len(), seeds, plan.jobs);
    text += &table.lines(width());
    let total = total(plan, &known);
    text += "\nThe final training may stop early, so it takes this long at most; memory is the peak of a few steps.\n";
    let unknown = estimates.len() - known.len();
    let without =
        if unknown > 0 { format!(", without the {unknown} that could not be measured") } else { String::new() };
    text += &format!("all runs: about {}{without}\n", duration(total));
    let cuts = cuts(plan, &known, total);
    if !cuts.is_empty() {
        text += "\nto cut first:\n";
    }
    for (saved, how) in cuts {
        text += &wrapped(&format!("  {how}: {} less", duration(saved)), width(), 4);
        text.push('\n');
    }
    out::text(&text.replace('\u{a0}', " "))
}

/// The seconds of all runs, as many at once as the plan says.
fn total(plan: &ComparisonPlan, known: &[&Estimate]) -> f64 {
    let of_a_seed: f64 = known.iter().map(|estimate| estimate.search + estimate.training).sum();
    of_a_seed * plan.seeds.len() as f64 / f64::from(plan.jobs.max(1))
}

/// What saves most, and how: the most first.
fn cuts(plan: &ComparisonPlan, known: &[&Estimate], total: f64) -> Vec<(f64, String)> {
    let share = |seconds: f64| seconds * plan.seeds.len() as f64 / f64::from(plan.jobs.max(1));
    let (seeds, epochs) = (plan.seeds.len(), plan.final_training.epochs);
    let mut cuts = Vec::new();
    if seeds > 1 {
        cuts.push((total / seeds as f64, format!("a seed fewer (--seeds, {seeds} now)")));
    }
    let search: f64 = known.iter().map(|estimate| estimate.search).sum();
    cuts.push((share(search) / 2.0, format!("half the budget (--budget, {} now)", plan.budget)));
    let training: f64 = known.iter().map(|estimate| estimate.training).sum();
    if epochs > 1 {
        cuts.push((share(training) / 2.0, format!("half the epochs of the final training (--epochs, {epochs} now)")));
    }
    let of = |estimate: &&&Estimate| estimate.search + estimate.training;
    if known.len() > 1
        && let Some(slowest) = known.iter().max_by(|one, other| of(one).total_cmp(&of(other)))
    {
        cuts.push((share(of(&slowest)), format!("leave out {}, which takes longest", slowest.name)));
    }
    cuts.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    cuts
}

fn mebibytes(bytes: u64) -> String {
    if bytes == 0 { "?".to_owned() } else { format!("{} MiB", bytes.div_ceil(1 << 20)) }
}
