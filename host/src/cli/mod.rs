//! The command line: one file a verb.
//!
//! Results go to standard output, everything else to standard error; an error is one line. Exit codes: 0 done, 1
//! finished with failed runs or failed work, 2 wrong use or input, 128 + n ended by signal n.

mod board;
mod columns;
mod compare;
mod comparison_progress;
mod completions;
mod cores;
mod data;
mod describe;
mod dry_run;
mod evaluate;
mod limit_options;
mod lock_options;
mod man;
mod new_run;
mod next_steps;
mod options;
mod out;
mod outputs;
mod own_recipe;
mod plugin;
mod predict;
mod progress;
mod report;
mod run;
mod search;
mod start;
mod straddling;
pub mod threads;
mod train;
mod ui;
mod variants;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory as _, Parser, Subcommand};
use genomenas_data::Kernels;
use genomenas_data::error::{Error, Result};

use compare::Ended;

use crate::orphans;
use crate::plugins::site;
use crate::run::trainer::Trainer;

pub use start::{COUNT_DEVICES, LIBTORCH_VERSION};

const VERBOSE_HELP: &str = "Prints more: -v details, -vv everything (RUST_LOG overrides it)";

/// Compares neural architecture search strategies for DNA sequence models head-to-head
///
/// Strategies and baseline models are plugins: shared libraries in a folder. genomenas trains what they propose, on the
/// same data, under the same budget, and reports which one found the best model.
#[derive(Debug, Parser)]
#[command(name = "genomenas", version, propagate_version = true, max_term_width = 120)]
#[command(after_help = "Examples:\n  \
genomenas data import windows --genome mini.2bit --labels annotation.bed.gz \\\n      \
--valid chr9 --test chr8 --out yeast.arrow\n  \
genomenas compare --data yeast.arrow --strategies deepsea,danq --budget 20000samples --out results")]
struct Cli {
    #[arg(short, long, action = ArgAction::Count, global = true, help = VERBOSE_HELP)]
    verbose: u8,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Compare(compare::CompareArgs),
    Report(report::ReportArgs),
    Ui(ui::UiArgs),
    Search(search::SearchArgs),
    Train(train::TrainArgs),
    Evaluate(evaluate::EvaluateArgs),
    Predict(predict::PredictArgs),
    Variants(variants::VariantsArgs),
    Describe(describe::DescribeArgs),
    Data(data::DataArgs),
    Plugin(plugin::PluginArgs),
    Run(run::RunArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs the command line of this process, which trains if it has a `trainer`; returns what the process exits with.
pub fn main(trainer: Option<&dyn Trainer>) -> ExitCode {
    if trainer.is_some()
        && let Err(error) = start::check_mark()
    {
        out::error(&error);
        return ExitCode::from(error.exit_code());
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            usage(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    progress::start_log(cli.verbose);
    orphans::take_over();
    match cli.verb.run(trainer) {
        Ok(code) => code,
        Err(error) => {
            let error = if working_folder_is_gone() { error.context(GONE) } else { error };
            out::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Said where the working folder was removed: what then fails, and how, would name the wrong culprit.
pub const GONE: &str = "the working folder was removed or moved away while this was in it: change into a folder that exists \
(cd) and try again";

fn working_folder_is_gone() -> bool {
    std::env::current_dir().is_err()
}

/// Prints what the parser has to say: help and version as they are, an error as one line.
fn usage(error: &clap::Error) {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // A closed pipe is not an error.
        let _ = error.print();
        return;
    }
    let text = error.render().to_string();
    let said =
        text.split("\n\nUsage:").next().unwrap_or(&text).split("\n\nFor more information").next().unwrap_or(&text);
    let said = said.trim().trim_start_matches("error:").trim();
    out::error(&Error::input(format!("{said} (see --help)")));
}

impl Verb {
    fn run(&self, trainer: Option<&dyn Trainer>) -> Result<ExitCode> {
        if let Self::Compare(_) | Self::Search(_) | Self::Train(_) | Self::Run(_) = self {
            site::enough_addresses()?;
        }
        if let Self::Compare(_)
        | Self::Search(_)
        | Self::Train(_)
        | Self::Run(_)
        | Self::Evaluate(_)
        | Self::Predict(_)
        | Self::Variants(_) = self
        {
            // Refused before anything is made.
            Kernels::chosen()?;
        }
        match self {
            Self::Compare(args) => {
                return Ok(match compare::run(args)? {
                    Ended::Done => ExitCode::SUCCESS,
                    Ended::WithFailures => ExitCode::from(1),
                    Ended::BySignal(code) => ExitCode::from(code),
                });
            }
            Self::Report(args) => report::run(args)?,
            Self::Ui(args) => ui::run(args)?,
            Self::Search(args) => search::run(args, trainer)?,
            Self::Train(args) => train::run(args, trainer)?,
            Self::Evaluate(args) => evaluate::run(args, trainer)?,
            Self::Predict(args) => predict::run(args, trainer)?,
            Self::Variants(args) => variants::run(args, trainer)?,
            Self::Describe(args) => describe::run(args)?,
            Self::Data(args) => data::run(args)?,
            Self::Plugin(args) => plugin::run(args)?,
            Self::Run(args) => run::run(args, trainer)?,
            Self::Completions(args) => completions::run(args, Cli::command())?,
            Self::Man(args) => man::run(args, Cli::command())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_of_all_verbs_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn concurrent_trials_may_be_asked_for_by_their_former_name_which_the_help_hides() {
        for verb in ["search", "compare"] {
            for flag in ["--concurrent-trials", "--in-flight"] {
                let arguments = "--strategy asha --data x --budget 1samples --out y";
                let arguments = ["genomenas", verb, flag, "3"].into_iter().chain(arguments.split(' '));
                let trials = match Cli::try_parse_from(arguments).unwrap().verb {
                    Verb::Search(args) => Some(args.concurrent_trials),
                    Verb::Compare(args) => args.concurrent_trials,
                    _ => None,
                };
                assert_eq!(trials, Some(3), "{verb} {flag}");
            }
            let mut cli = Cli::command();
            let help = cli.find_subcommand_mut(verb).unwrap().render_long_help().to_string();
            assert!(help.contains("--concurrent-trials <N>") && !help.contains("--in-flight"), "{help}");
        }
    }

    #[test]
    fn every_verb_has_an_example_in_its_help() {
        fn check(command: &clap::Command) {
            let subcommands: Vec<_> = command.get_subcommands().collect();
            if subcommands.is_empty() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example") && help.contains("genomenas "), "{}", command.get_name());
            }
            subcommands.into_iter().for_each(check);
        }
        check(&Cli::command());
    }
}
