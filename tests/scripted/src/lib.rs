//! A plugin whose strategy does what its script says, so that a test can make any proposals in the real host.

mod script;

use genomenas_plugin::message::Setup;
use genomenas_plugin::{Parameters, Result, export_plugin, register};
use script::Script;

/// What to do.
#[derive(Clone, Debug, Parameters)]
pub struct Lines {
    /// The script, as JSON.
    #[parameter()]
    pub script: Option<String>,
}

fn build(_: &Setup, lines: &Lines) -> Result<Script> {
    Script::from_json(lines.script.as_deref().unwrap_or_default())
}

register! {
    Script,
    id = "scripted",
    kind = search,
    about = "Does what its script says.",
    parameters = Lines,
    build = |setup, lines| build(setup, &lines),
}

export_plugin!();
