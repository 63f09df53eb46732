//! Trained networks for those who do not have genomenas: as ONNX, and as a file of plain PyTorch. Names no libtorch.
//!
//! From the bottom up:
//!
//! | module | what |
//! |---|---|
//! | `weights` | the tensors of a safetensors file, each of the shape that the architecture has for it |
//! | `network` | [`Network`]: the layers that are computed, with their weights; [`Meaning`]: what goes in and comes out |
//! | `onnx` | messages of the ONNX schema, a graph that is being built, and the nodes of each operation |
//! | `python` | names, lines and classes of a `model.py` |
//!
//! Both writers walk over the same [`Layers`](genomenas_plugin::space::Layers) that the host builds networks from, and
//! neither computes anything: that ONNX, PyTorch and the host agree is tested in `tests/python/test_export.py`.

mod network;
mod onnx;
mod python;
mod weights;

pub use network::{Meaning, Network};
pub use onnx::{INPUT, OPSET, onnx, outputs};
pub use python::model_py;

#[cfg(test)]
mod test_support;
