//! What the person who starts a run decides anew at each start.

use std::path::PathBuf;

use crate::spec::hook_deadline::HookDeadline;

/// How a start of a run treats its plugin, and where its data are, beside what the run's settings say.
#[derive(Clone, Debug, Default)]
pub struct Handling {
    /// Where the data are now, if they are not where they were.
    pub data: Option<PathBuf>,
    /// Folders and files of plugins, searched for one that was moved.
    pub plugins: Vec<PathBuf>,
    /// The longest that a call may take; else it is that of the settings.
    pub hook_deadline: Option<HookDeadline>,
    /// Whether the plugin is not confined.
    pub unconfined: bool,
}
