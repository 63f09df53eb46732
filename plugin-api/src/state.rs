//! Saving and loading a strategy's state as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// The state as bytes, for [`crate::Strategy::save`].
pub fn save<T: Serialize>(state: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(state).map_err(Error::new)
}

/// The state in `bytes`, for [`crate::Strategy::load`].
pub fn load<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| Error::invalid(format!("the saved state cannot be read: {error}")))
}
