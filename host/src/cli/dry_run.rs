//! `genomenas compare --dry-run`: the plan of a comparison with what it takes, and nothing of it done.

use genomenas_data::error::Result;
use genomenas_report::humanize::duration;
use genomenas_report::model::Recipes;

use super::columns::{Columns, width, wrapped};
use super::out;
use crate::compare::calibrate::Estimate;
use crate::compare::plan::ComparisonPlan;

/// Shows the plan, and what was measured of its entries.
pub(crate) fn show(plan: &ComparisonPlan, estimates: &[(String, Result<Estimate, String>)]) -> Result<()> {
    let mut table = Columns::new(&["strategy", "search", "training", "a run", "memory", ""]);
    let is_control = |name: &str| plan.entries.iter().any(|entry| entry.control && entry.name == name);
    for (name, estimate) in estimates {
        let name = if is_control(name) { format!("{name} (control)") } else { name.clone() };
        let cells = match estimate {
            Ok(Estimate { search, training, memory, .. }) => [
                name,
                duration(*search),
                duration(*training),
                duration(search + training),
                mebibytes(*memory),
                String::new(),
            ],
            Err(why) => {
                let nothing = || "?".to_owned();
                [name, nothing(), nothing(), nothing(), nothing(), format!("not measured: {why}")]
            }
        };
        table.row(cells);
    }
    let known: Vec<&Estimate> = estimates.iter().filter_map(|(_, estimate)| estimate.as_ref().ok()).collect();
    let seeds = plan.seeds.len();
    let controls = plan.entries.iter().filter(|entry| entry.control).count();
    let folds = plan.data.folds.len();
    let folds = if folds == 0 { String::new() } else { format!("{folds} folds, ") };
    let mut text = format!(
        "{}\n{} entries, {controls} of them controls, {folds}{seeds} seeds, {} at once\n\n",
        plan.title,
        plan.entries.len(),
        plan.jobs
    );
    text += &table.lines(width());
    if let Some(tune) = &plan.tune {
        let once: Vec<&str> = known
            .iter()
            .filter(|estimate| estimate.trainings == 1 && tune.trainings() > 1)
            .map(|estimate| estimate.name.as_str())
            .collect();
        let once = if once.is_empty() {
            String::new()
        } else {
            format!("; trained once, to their optimum: {}", once.join(", "))
        };
        let trainings = format!("\ntraining: {} of each run ({}){once}.\n", tune.trainings(), tune.in_words());
        text += &trainings;
    } else if plan.recipe == Recipes::Own {
        text += "\ntraining: of each entry by the plan of its trials, as of the first of them; by the common recipe where they have none.\n";
    }
    if plan.ceiling {
        text +=
            "\nthe ceiling: one more training with every seed, of the best architecture found; not counted below.\n";
    }
    let total = total(plan, &known);
    text += "\nThe final training may stop early, so it takes this long at most; memory is the peak of a few steps.\n";
    let unknown = estimates.len() - known.len();
    let without =
        if unknown > 0 { format!(", without the {unknown} that could not be measured") } else { String::new() };
    let all = format!("all runs: about {}{without}\n", duration(total));
    text += &all;
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
    of_a_seed * plan.turns() as f64 / f64::from(plan.jobs.max(1))
}

/// What saves most, and how: the most first.
fn cuts(plan: &ComparisonPlan, known: &[&Estimate], total: f64) -> Vec<(f64, String)> {
    let share = |seconds: f64| seconds * plan.turns() as f64 / f64::from(plan.jobs.max(1));
    let (seeds, epochs) = (plan.seeds.len(), plan.final_training.epochs);
    let mut cuts = Vec::new();
    if seeds > 1 {
        cuts.push((total / seeds as f64, format!("a seed fewer (--seeds, {seeds} now)")));
    }
    // Neither shortens a training to the optimum by much.
    let of_recipe = || known.iter().filter(|estimate| !estimate.to_optimum);
    let search: f64 = of_recipe().map(|estimate| estimate.search).sum();
    cuts.push((share(search) / 2.0, format!("half the budget (--budget, {} now)", plan.budget)));
    let training: f64 = of_recipe().map(|estimate| estimate.training).sum();
    if let Some(tune) = &plan.tune {
        let saved = training * (1.0 - 1.0 / tune.trainings() as f64);
        let how = format!("one recipe for all in place of {} for each run (--recipe common)", tune.trainings());
        cuts.push((share(saved), how));
    }
    // Others have epochs of their own.
    if epochs > 1 && plan.recipe != Recipes::Own {
        cuts.push((share(training) / 2.0, format!("half the epochs of the final training (--epochs, {epochs} now)")));
    }
    let of = |estimate: &Estimate| estimate.search + estimate.training;
    // Controls that nobody named are left out together or not at all.
    let added = |estimate: &Estimate| {
        plan.entries.iter().any(|entry| entry.control && entry.name == estimate.name && entry.name == entry.strategy)
    };
    let (controls, others): (Vec<&Estimate>, Vec<&Estimate>) =
        known.iter().copied().partition(|estimate| added(estimate));
    if others.len() > 1
        && let Some(slowest) = others.iter().max_by(|one, other| of(one).total_cmp(&of(other)))
    {
        cuts.push((share(of(slowest)), format!("leave out {}, which takes longest", slowest.name)));
    }
    if !controls.is_empty() {
        let seconds: f64 = controls.iter().map(|estimate| of(estimate)).sum();
        cuts.push((share(seconds), "leave out the controls that are always there (--no-control)".to_owned()));
    }
    cuts.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    cuts
}

fn mebibytes(bytes: u64) -> String {
    if bytes == 0 { "?".to_owned() } else { format!("{} MiB", bytes.div_ceil(1 << 20)) }
}
