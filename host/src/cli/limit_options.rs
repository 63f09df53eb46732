//! How plugins are run: how long their calls may take, and whether they are confined.

use std::str::FromStr as _;

use clap::Args;

use super::options::PluginOptions;
use crate::plugins::Limits;
use crate::run::Handling;
use crate::spec::hook_deadline::HookDeadline;

/// How plugins are run.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct LimitOptions {
    /// The longest that a call of a plugin may take, such as 90s, 5m or 1h; later, it is killed [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = HookDeadline::from_str)]
    pub(crate) hook_deadline: Option<HookDeadline>,
    /// Runs plugins without confinement, for strategies that need files or helpers: they can do whatever you can
    #[arg(long)]
    pub(crate) unconfined: bool,
}

impl LimitOptions {
    /// The limits of a plugin that is tried out.
    pub(crate) fn limits(self) -> Limits {
        Limits::new(self.hook_deadline, !self.unconfined)
    }

    /// How a run treats its plugin.
    pub(crate) fn handling(self, plugins: &PluginOptions) -> Handling {
        let Self { hook_deadline, unconfined } = self;
        Handling { data: None, plugins: plugins.folders().to_vec(), hook_deadline, unconfined }
    }
}
