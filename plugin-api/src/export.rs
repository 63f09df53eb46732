//! How a crate becomes a plugin: [`register!`](crate::register!) a strategy, then [`export_plugin!`](crate::export_plugin!).
//!
//! Both macros write records into the manifest section of the library, which the host reads before anything of it
//! runs. `inventory` collects the registrations when the library is loaded. Every hook passes through a guard that
//! turns a panic into an error.

mod entry;
mod guard;
mod logger;
mod macros;
mod record;

use crate::message::{Manifest, Setup, StrategyInfo};
use crate::{Error, Instance, Result, closest};

/// A strategy that [`register!`](crate::register!) registered in this binary.
#[derive(Debug)]
pub struct Registration {
    /// The strategy's id.
    pub id: &'static str,
    #[doc(hidden)]
    pub record: &'static [u8],
    #[doc(hidden)]
    pub build: fn(&Setup) -> Result<Box<dyn Instance>>,
}

/// The record of the plugin that [`export_plugin!`](crate::export_plugin!) makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct PluginRecord(pub &'static [u8]);

inventory::collect!(Registration);
inventory::collect!(PluginRecord);

impl Registration {
    /// What the strategy says about itself.
    ///
    /// # Errors
    ///
    /// The record that the macro wrote cannot be read.
    pub fn info(&self) -> Result<StrategyInfo> {
        let record = self.record.strip_prefix(b"\x1e").unwrap_or(self.record);
        Ok(serde_json::from_slice(record)?)
    }

    /// A new instance.
    ///
    /// # Errors
    ///
    /// The parameters are refused, or the strategy cannot be built from the setup.
    pub fn build(&self, setup: &Setup) -> Result<Box<dyn Instance>> {
        (self.build)(setup)
    }
}

/// The strategies registered in this binary, sorted by id, because the linker has an order of its own.
pub fn strategies() -> Vec<&'static Registration> {
    let mut all: Vec<_> = inventory::iter::<Registration>.into_iter().collect();
    all.sort_by_key(|registration| registration.id);
    all
}

/// The strategy that is registered in this binary under `id`.
///
/// # Errors
///
/// There is none, or there are two.
pub fn strategy(id: &str) -> Result<&'static Registration> {
    let all = strategies();
    let mut named = all.iter().filter(|registration| registration.id == id);
    match (named.next(), named.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Error::invalid(format!("two strategies are registered with the id `{id}`"))),
        (None, _) => {
            let ids: Vec<_> = all.iter().map(|registration| registration.id).collect();
            let hint = closest(id, ids.iter().copied()).map(|meant| format!(" (did you mean `{meant}`?)"));
            Err(Error::invalid(format!(
                "there is no strategy `{id}`{}; registered are {}",
                hint.unwrap_or_default(),
                ids.join(", ")
            )))
        }
    }
}

/// The manifest of this binary, as the host reads it from the section of the built library.
///
/// # Errors
///
/// It has no `export_plugin!()`, or no or contradicting registrations.
pub fn manifest() -> Result<Manifest> {
    Manifest::from_records(&records())
}

/// The records of this binary, in the format of the section.
fn records() -> Vec<u8> {
    let plugins = inventory::iter::<PluginRecord>.into_iter().map(|plugin| plugin.0);
    plugins.chain(strategies().into_iter().map(|registration| registration.record)).collect::<Vec<_>>().concat()
}

#[cfg(feature = "simulate")]
pub(crate) use guard::caught;

/// An instance behind the guard through which a host reaches it.
#[cfg(feature = "simulate")]
pub(crate) fn guarded(instance: Box<dyn Instance>) -> genomenas_abi::StrategyBox {
    guard::Guarded::new(instance).into_object()
}

/// What the macros write out. Nothing in here is for authors.
#[doc(hidden)]
pub mod __private {
    pub use super::entry::root_module;
    pub use super::record::{Piece, TARGET, length, render};
    pub use super::{PluginRecord, Registration};
    pub use crate::message::{FORMAT, is_id};
    pub use crate::parameters::derived::*;
    pub use genomenas_abi::{CheckTypeLayout, GENERATION, LibHeader, PluginRootRef};
    pub use {inventory, serde};

    /// The version of this crate.
    pub const SDK: &str = env!("CARGO_PKG_VERSION");
}
