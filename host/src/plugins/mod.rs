//! Plugins: where they lie, what they say of themselves, and the child process that each instance lives in.
//!
//! Nothing of a plugin runs in this process, and nothing of it runs at all before its file was inspected. The way of a
//! plugin is [`folders`] → [`inspect`](mod@inspect) → [`Catalog`] → [`copy`] → [`child`] → [`PluginInstance`].

pub mod catalog;
pub mod child;
pub mod connection;
pub mod copy;
pub mod folders;
pub mod inspect;
pub mod instance;
pub mod launch;
pub mod limits;
pub mod listing;
mod pinned;
mod relay;

pub use catalog::{Catalog, Choice, Found};
pub use folders::{Folder, search_path};
pub use instance::PluginInstance;
pub use limits::{Deadlines, Limits};
pub use pinned::pinned;
