//! Readers of file formats. None of them trusts a size, a count or a place that a file names.
//!
//! [`source`] opens text files, gzipped or not, and [`foreign`] names what is not text; [`binary`] and [`parts`] read
//! binary ones. On these stand [`genome`] (FASTA and `.2bit`), [`bed`], [`bigwig`], [`table`] (CSV, TSV and Parquet),
//! [`npz`], [`hdf5`] and [`mat5`]. A reader knows nothing of stores and splits: that is for the importers.

pub(crate) mod bed;
pub(crate) mod bigwig;
pub(crate) mod binary;
pub(crate) mod element;
pub(crate) mod foreign;
pub(crate) mod genome;
mod gzip;
pub(crate) mod hdf5;
pub(crate) mod mat5;
pub(crate) mod npz;
pub(crate) mod parts;
pub(crate) mod source;
pub(crate) mod table;
