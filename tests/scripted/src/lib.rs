//! A plugin whose strategy does what its script says, so that a test can make any proposals in the real host.

#[allow(dead_code, unreachable_pub, reason = "the plugin reads scripts and the tests write them")]
mod script;

use genomenas_plugin::message::Setup;
use genomenas_plugin::{Instance, Parameters, Result, export_plugin, register};
use script::Script;

/// What to do.
#[derive(Clone, Debug, Parameters)]
pub struct Lines {
    /// The script, as JSON.
    #[parameter()]
    pub script: Option<String>,
}

fn build(_: &Setup, lines: &Lines) -> Result<Box<dyn Instance>> {
    Ok(Box::new(Script::from_json(lines.script.as_deref().unwrap_or_default())?))
}

register! {
    Box<dyn Instance>,
    id = "scripted",
    kind = search,
    about = "Does what its script says.",
    parameters = Lines,
    build = |setup, lines| build(setup, &lines),
}

export_plugin!();
