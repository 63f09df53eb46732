//! `genomenas man`: the pages of the manual.

use std::path::PathBuf;

use clap::{Args, Command};
use genomenas_data::error::{Error, Result};
use genomenas_data::files;

use super::out;

/// Writes the pages of the manual, one for each verb
#[derive(Args, Debug)]
#[command(after_help = "`make install` puts them where `man` looks.\n\n\
Example:\n  genomenas man --out ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The folder for the pages; it is made, and pages of this name in it are replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Writes the pages of the command line `program`.
pub(crate) fn run(args: &ManArgs, program: Command) -> Result<()> {
    files::create_folder(&args.out)?;
    clap_mangen::generate_to(program, &args.out)
        .map_err(|error| Error::io("write the pages of the manual to", &args.out, error))?;
    out::line(&format!("pages of the manual: {}", args.out.display()))
}
