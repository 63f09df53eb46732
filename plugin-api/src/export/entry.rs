//! What the host finds in the library: the root module, and the creation of an instance.

use genomenas_abi::{
    FfiResult, PluginRoot, PluginRootRef, PrefixTypeTrait as _, ROk, RSlice, RStr, RVec, RootModuleResult, StrategyBox,
    call_root_module_loader,
};

use super::guard::{self, Guarded};
use super::logger;
use crate::message::Setup;
use crate::{Error, Result};

/// What the header of every plugin points to.
pub extern "C" fn root_module() -> RootModuleResult {
    call_root_module_loader(root)
}

fn root() -> PluginRootRef {
    PluginRoot { manifest, create }.leak_into_prefix()
}

extern "C" fn manifest() -> RVec<u8> {
    // Nothing to read on a panic: the host then sees a manifest that differs from the section, and refuses the plugin.
    guard::caught(|| Ok(super::records())).unwrap_or_default().into()
}

extern "C" fn create(strategy: RStr<'_>, setup: RSlice<'_, u8>) -> FfiResult<StrategyBox> {
    match guard::caught(|| build(strategy.as_str(), setup.as_slice())) {
        Ok(instance) => ROk(instance),
        Err(error) => guard::refusal(&error),
    }
}

fn build(strategy: &str, setup: &[u8]) -> Result<StrategyBox> {
    logger::install();
    let setup: Setup =
        serde_json::from_slice(setup).map_err(|error| Error::invalid(format!("the setup cannot be read: {error}")))?;
    // Two strategies of one id are refused for all of the library, not only for that id.
    super::manifest()?;
    Ok(Guarded::new(super::strategy(strategy)?.build(&setup)?).into_object())
}
