//! `genomenas ui`: shows the pages of a folder in a browser while runs are under way.

use std::path::PathBuf;

use clap::Args;
use genomenas_data::error::Result;

use super::out;
use crate::ui;

/// Shows the pages of a comparison or of a run in a browser of this machine, up to date while runs are under way
#[derive(Args, Debug)]
#[command(
    after_help = "It prints an address; open it in a browser of this machine. It listens on the loopback address alone, answers only who has the address with its token, and does nothing but read. End it with Ctrl-C. To look at a machine elsewhere: ssh -L 8080:127.0.0.1:8080 MACHINE, and there genomenas ui DIR --port 8080.\n\n\
Examples:\n  \
genomenas ui results\n  \
genomenas ui results/runs/danq/seed-1 --port 8080"
)]
pub(crate) struct UiArgs {
    /// The folder of a comparison or of a run
    folder: PathBuf,
    /// The port; 0 takes any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(crate) fn run(args: &UiArgs) -> Result<()> {
    ui::serve(&args.folder, args.port, out::line)
}
