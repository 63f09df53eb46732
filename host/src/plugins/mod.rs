//! Plugins: where they are found, what their manifests say, and the child process that each instance lives in.
//!
//! Nothing of a plugin runs in this process, and nothing of it runs at all before its file was inspected. A plugin goes
//! through [`folders`] → [`inspect`](mod@inspect) → [`StrategyRegistry`] → [`copy`] → [`child`] → [`PluginInstance`].

pub mod check;
pub mod child;
pub mod connection;
pub mod copy;
pub mod crashes;
mod debugger;
pub mod far;
pub mod folders;
pub mod fuzz;
mod in_process;
pub mod inspect;
pub mod instance;
pub mod laboratory;
pub mod launch;
mod library;
pub mod limits;
pub mod listing;
pub mod outlook;
pub mod pinned;
pub mod preview;
pub mod registry;
pub mod rehearsal;
mod relay;
pub mod short_windows;
pub mod simulated;
pub mod site;
mod supervisor;
mod trust;

pub use folders::Folder;
pub use instance::PluginInstance;
pub use limits::{Deadlines, Limits};
pub use registry::{DiscoveredPlugin, ResolvedStrategy, StrategyRef, StrategyRegistry};
