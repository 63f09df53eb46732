//! Files of variants: VCF (plain, gzip or bgzip) and BCF read line by line, and VCF written with more fields.
//!
//! A line stays as it is, whatever stands in columns that nobody here asks about: what is added is added to its text. So no
//! field of a file gets lost or another form, and a header that is not quite as it should be stops nobody. `noodles` turns
//! BCF into lines, and compresses in blocks (bgzip).

mod read;
mod row;
#[cfg(test)]
mod tests;
mod write;

pub use read::VariantFile;
pub use row::VariantRow;
pub use write::VariantWriter;
