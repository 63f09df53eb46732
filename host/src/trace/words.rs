//! A call in words, for a person.
//!
//! Names come from plugins and documents: each is put on one line and cut, and the caller bounds the whole.

use std::fmt::Write as _;

use genomenas_data::text::{bounded, grouped, printable};
use genomenas_plugin::message::{
    Candidate, Discard, End, Finding, Initialisation, Mixing, Network, Outcome, Plan, Proposal, Report, Stopped, Trial,
    TrialId, Unit, Work,
};
use genomenas_plugin::space::{Mask, Selection};

use super::{Call, Since, What};

/// How much of a long list is shown.
const MOST: usize = 5;
/// Characters of a name.
const LONGEST_NAME: usize = 80;
/// Characters of a reason.
const LONGEST_REASON: usize = 400;
/// Before every line but the first of a call.
const INDENT: &str = "       ";
/// A variant that a later version of the messages adds.
const UNKNOWN: &str = "something that this version has no words for";

/// How a call is put into words.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The unit of the budget.
    pub unit: Unit,
    /// The trial that a reader is interested in: it is shown wherever it stands in a long answer.
    pub trial: Option<TrialId>,
}

impl Words {
    /// The lines of a call, each with its end.
    pub fn call(self, call: &Call) -> String {
        let (head, lines) = match &call.what {
            What::Ask { ask, reports_since, answer, seconds } => {
                let under_way = match ask.in_flight.as_slice() {
                    [] => "no trial under way".to_owned(),
                    [one] => format!("trial {one} under way"),
                    several => format!("trials {} under way", listed(several, ToString::to_string)),
                };
                let head = format!(
                    "ask      {} of {} left; {under_way}; {}",
                    grouped(ask.remaining),
                    self.amount(ask.budget.amount),
                    since(reports_since)
                );
                let took = seconds.map_or_else(String::new, |seconds| format!(" (after {seconds:.3} s)"));
                (head, self.answer(ask.next_trial, answer, &took))
            }
            What::Report { report, discards } => {
                let dropped = match discards.as_slice() {
                    [] => "nothing".to_owned(),
                    some => listed(some, discard),
                };
                (format!("report   {}", self.report(report)), vec![format!("discard  {dropped}")])
            }
        };
        let mut text = format!("{:>5}  {head}\n", call.number);
        for line in lines {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{INDENT}{line}");
        }
        text
    }

    fn amount(self, amount: u64) -> String {
        format!("{} {}", grouped(amount), self.unit.name())
    }

    fn answer(self, first: TrialId, answer: &Proposal, took: &str) -> Vec<String> {
        match answer {
            Proposal::Trials { trials } => {
                let count = if trials.len() == 1 { "1 trial".to_owned() } else { format!("{} trials", trials.len()) };
                let numbered = || (first.0..).map(TrialId).zip(trials);
                let shown = numbered().enumerate().filter(|(at, (id, _))| *at < MOST || self.trial == Some(*id));
                let mut lines = vec![format!("answer   {count}{took}")];
                lines.extend(shown.map(|(_, (id, trial))| format!("         trial {id}: {}", self.trial(trial))));
                if trials.len() >= lines.len() {
                    lines.push(format!("         and {} more", grouped((trials.len() + 1 - lines.len()) as u64)));
                }
                lines
            }
            Proposal::Wait => vec![format!("answer   wait until a trial has ended{took}")],
            Proposal::Finish { finding: Finding { best, others } } => {
                let mut lines = vec![format!("answer   finish{took}"), format!("         found {}", candidate(best))];
                lines.extend(others.iter().take(MOST).map(|other| format!("         then {}", candidate(other))));
                if let Some(more) = others.len().checked_sub(MOST).filter(|more| *more > 0) {
                    lines.push(format!("         and {more} more"));
                }
                lines
            }
            _ => vec![format!("answer   {UNKNOWN}{took}")],
        }
    }

    fn trial(self, trial: &Trial) -> String {
        let mut text = match &trial.work {
            Work::Train { network: trained, plan, init } => {
                format!("train {}{}; {}", network(trained), weights(init), in_short(plan))
            }
            Work::Score { weights_of, masks, .. } => {
                let plural = if masks.len() == 1 { "" } else { "s" };
                format!("score {} mask{plural} with the weights of trial {weights_of}", masks.len())
            }
            _ => UNKNOWN.to_owned(),
        };
        if let Some(limit) = trial.limit {
            let unit = trial.limit_unit.unwrap_or(self.unit);
            let _ = write!(text, "; at most {} {}", grouped(limit), unit.name());
        }
        text
    }

    fn report(self, report: &Report) -> String {
        let mut text = format!("trial {}", report.trial);
        if let Some(epoch) = &report.epoch {
            let _ = write!(
                text,
                ", epoch {}: loss {:.4} in training, {:.4} in validation{}",
                epoch.number,
                epoch.train_loss,
                epoch.valid_loss,
                scores([epoch.auroc, epoch.auprc, epoch.f1])
            );
        }
        if let Some(score) = &report.score {
            let loss = score.valid_loss.map_or_else(|| "no loss".to_owned(), |loss| format!("loss {loss:.4}"));
            let _ = write!(text, ", mask {}: {loss}{}", score.mask, scores([score.auroc, score.auprc, score.f1]));
        }
        if let Some(end) = &report.end {
            let _ = write!(text, " {}", ended(end));
        }
        if !report.alphas.is_empty() {
            let _ = write!(text, "; alphas of {} decisions", report.alphas.0.len());
        }
        if let Some(anew) = &report.drawn_anew {
            let _ = write!(text, "; {}", bounded(&printable(&anew.to_string()), LONGEST_REASON));
        }
        let spent = self.amount(report.cost.in_unit(self.unit));
        let _ = write!(text, "; spent {spent}, {} left", grouped(report.remaining));
        text
    }
}

fn since(reports: &[Since]) -> String {
    let of = |since: &Since| {
        let Since { trial, reports, ended } = since;
        let plural = if *reports == 1 { "" } else { "s" };
        format!("{reports} report{plural} of trial {trial}{}", if *ended { ", which ended" } else { "" })
    };
    match reports {
        [] => "no report since".to_owned(),
        some => format!("since the ask before: {}", joined(some, "; ", of)),
    }
}

fn ended(end: &End) -> String {
    let best = end.best.as_ref().map_or_else(
        || "no epoch".to_owned(),
        |best| {
            let scores = scores([best.auroc, best.auprc, best.f1]);
            format!("best epoch {}: loss {:.4}{scores}", best.number, best.valid_loss)
        },
    );
    match &end.outcome {
        Outcome::Completed { stopped } => format!("ended: {}; {best}", why(*stopped)),
        Outcome::Discarded => format!("ended: the strategy dropped it; {best}"),
        Outcome::Failed { reason } => format!("failed: {}", bounded(&printable(reason), LONGEST_REASON)),
        _ => format!("ended: {UNKNOWN}; {best}"),
    }
}

const fn why(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::Epochs => "all epochs of its plan",
        Stopped::Masks => "all masks",
        Stopped::EarlyStopping => "early stopping",
        Stopped::Limit => "its limit",
        Stopped::Budget => "the budget",
        _ => UNKNOWN,
    }
}

fn scores([auroc, auprc, f1]: [Option<f64>; 3]) -> String {
    let named = [("AUROC", auroc), ("AUPRC", auprc), ("F1", f1)];
    named.iter().filter_map(|(name, score)| Some(format!(", {name} {:.4}", (*score)?))).collect()
}

fn candidate(candidate: &Candidate) -> String {
    let from = candidate.trial.map_or_else(|| "no trial speaks for it".to_owned(), |trial| format!("trial {trial}"));
    format!("{} ({from})", network(&candidate.network))
}

/// A network by what tells it from others.
pub fn network(network: &Network) -> String {
    match network {
        Network::Selection { selection: Selection(chosen) } if chosen.is_empty() => "the only architecture".to_owned(),
        Network::Selection { selection: Selection(chosen) } => {
            let chosen: Vec<_> = chosen.iter().collect();
            listed(&chosen, |(decision, option)| format!("{}={}", name(decision), name(option)))
        }
        Network::Architecture { architecture } => {
            format!("architecture '{}' of {} nodes", name(&architecture.name), architecture.graph.nodes.len())
        }
        Network::Supernet { mask, mixing } => {
            let what = match mask {
                None => "the supernet of what remains".to_owned(),
                Some(Mask(decisions)) => format!("a supernet of {} decisions", decisions.len()),
            };
            format!("{what}, {}", mixed(mixing))
        }
        _ => UNKNOWN.to_owned(),
    }
}

fn mixed(mixing: &Mixing) -> String {
    match mixing {
        Mixing::Softmax => "mixed by softmax".to_owned(),
        Mixing::Gumbel { start, end } => format!("mixed with Gumbel noise (temperature {start} to {end})"),
        Mixing::Sum => "mixed as a plain sum".to_owned(),
        Mixing::Cycle { selections } => format!("{} sub-networks in turn", selections.len()),
        Mixing::Sample { selections } => format!("one of {} sub-networks a step", selections.len()),
        Mixing::Uniform { options } => format!("{options} options of each decision a step"),
        _ => UNKNOWN.to_owned(),
    }
}

fn weights(init: &Initialisation) -> String {
    match init {
        Initialisation::Fresh => String::new(),
        Initialisation::Inherit { trial } => format!(" with the weights of trial {trial}"),
        Initialisation::Continue { trial } => format!(" as trial {trial} goes on"),
        _ => format!(" from {UNKNOWN}"),
    }
}

fn in_short(plan: &Plan) -> String {
    let plural = if plan.epochs == 1 { "" } else { "s" };
    let mut text = format!("{} epoch{plural} in batches of {}", grouped(plan.epochs.into()), plan.batch);
    if let Some(steps) = plan.steps_per_epoch {
        let _ = write!(text, ", {} steps each", grouped(steps.into()));
    }
    if let Some(arch) = &plan.arch {
        let _ = write!(text, ", architecture steps after {}", grouped(arch.warm_up.into()));
    }
    text
}

fn discard(discard: &Discard) -> String {
    match discard {
        Discard::Option { decision, option } => format!("option {}={}", name(decision), name(option)),
        Discard::Edge { decision } => format!("edge {}", name(decision)),
        Discard::Trial { trial } => format!("trial {trial}"),
        _ => UNKNOWN.to_owned(),
    }
}

fn name(text: &str) -> String {
    bounded(&printable(text), LONGEST_NAME)
}

fn listed<T>(items: &[T], of: impl Fn(&T) -> String) -> String {
    joined(items, ", ", of)
}

/// The first of them, and how many more there are.
fn joined<T>(items: &[T], between: &str, of: impl Fn(&T) -> String) -> String {
    let text = items.iter().take(MOST).map(of).collect::<Vec<_>>().join(between);
    match items.len().saturating_sub(MOST) {
        0 => text,
        more => format!("{text} and {} more", grouped(more as u64)),
    }
}
