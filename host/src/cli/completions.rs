//! `genomenas completions`: what a shell needs to complete command lines.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use genomenas_data::error::{Error, Result};

use super::out;

/// Prints a script with which a shell completes verbs and options
#[derive(Args, Debug)]
#[command(after_help = "`make install` puts it where the shells look.\n\n\
Examples:\n  \
genomenas completions bash > ~/.local/share/bash-completion/completions/genomenas\n  \
genomenas completions fish > ~/.config/fish/completions/genomenas.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: ShellName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script for the command line `program`.
pub(crate) fn run(args: &CompletionsArgs, mut program: Command) -> Result<()> {
    let shell = match args.shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "genomenas", &mut script);
    let script = String::from_utf8(script).map_err(|error| Error::bug(format!("the script is not text: {error}")))?;
    out::script(&script)
}
