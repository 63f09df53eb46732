//! NumPy's archives: arrays in NumPy's format (`.npy`) as members of a ZIP file, and their rows.

mod array;
mod header;
mod rows;

pub(crate) use array::{Array, open, read_array};
pub(crate) use header::Number;
pub(crate) use rows::Rows;
