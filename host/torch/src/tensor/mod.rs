//! What networks, evaluation and training share: devices, batches as tensors, losses, files of tensors, memory.

pub(crate) mod checkpoint;
pub mod device;
mod heap;
pub(crate) mod loader;
pub(crate) mod loss;
pub(crate) mod memory;
