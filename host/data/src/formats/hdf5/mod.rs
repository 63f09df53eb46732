//! MATLAB 7.3 files: HDF5 in the form that MATLAB writes, and h5py by default.
//!
//! Read: superblock 0 or 1 behind a user block of any size, groups as symbol tables, object headers of version 1, data
//! in one piece, in the header or in chunks under a version 1 B-tree, deflate and shuffle. What newer writers make on
//! demand is named and refused. (The HDF Group, "HDF5 File Format Specification", version 3.0.)

mod chunks;
mod dataset;
mod file;
mod group;
mod header;
mod message;

pub(crate) use chunks::Chunks;
pub(crate) use dataset::{Dataset, Storage};
pub(crate) use file::{Hdf5, superblock};
