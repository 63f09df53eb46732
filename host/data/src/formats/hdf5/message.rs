//! What the messages of a dataset say: its axes, its numbers, where they lie and how they were compressed.

use super::file::newer;
use crate::error::{Error, Result};
use crate::formats::element::Element;
use crate::formats::parts::{Fields, damaged};
use crate::text::shortened;

/// Axes that an array may have; two and three are used.
const MOST_AXES: u8 = 8;

/// Where the data of an array lies.
pub(crate) enum Layout {
    /// In the message itself, behind some bytes of it.
    InHeader { skip: u64, size: u64 },
    /// In one piece.
    Contiguous { address: u64, size: Option<u64> },
    /// In chunks of these axes (the last is the bytes a number), which a B-tree lists.
    Chunked { tree: u64, sizes: Vec<u64> },
}

/// A step of the compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Bytes of equal significance were brought together.
    Shuffle,
    /// zlib.
    Deflate,
}

/// The axes of an array, the slowest first.
pub(crate) fn dimensions(message: &[u8]) -> Result<Vec<u64>> {
    let mut fields = Fields::little(message);
    let (version, axes) = (fields.u8()?, fields.u8()?);
    match version {
        1 => fields.take(6)?,
        2 => fields.take(2)?,
        _ => return Err(newer(&format!("a data space of version {version}"))),
    };
    if axes > MOST_AXES {
        return Err(Error::input(format!("it has {axes} axes; expected 2 or 3")));
    }
    (0..axes).map(|_| fields.u64()).collect()
}

/// The numbers of an array.
pub(crate) fn data_type(message: &[u8]) -> Result<Element> {
    const ENUMERATION: u8 = 8;
    let mut fields = Fields::little(message);
    let mut class = fields.u8()? & 0x0F;
    if class == ENUMERATION {
        // How h5py writes booleans: the type of the numbers, then their names.
        fields.take(7)?;
        class = fields.u8()? & 0x0F;
    }
    let flags = fields.u8()?;
    fields.u16()?;
    let width = fields.u32()? as usize;
    let (little, signed) = (flags & 1 == 0, flags & 8 != 0);
    let element = match class {
        0 => Element::integer(width, signed, little),
        1 if flags & 0x40 == 0 => Element::float(width, little),
        _ => None,
    };
    element.ok_or_else(|| {
        Error::input(format!(
            "its elements are of class {class} and {width} bytes of HDF5; expected whole numbers or floats"
        ))
    })
}

/// Where the data of an array lies.
pub(crate) fn layout(message: &[u8]) -> Result<Layout> {
    let mut fields = Fields::little(message);
    let version = fields.u8()?;
    let sizes = |fields: &mut Fields<'_>, axes: u8| -> Result<Vec<u64>> {
        if axes > MOST_AXES + 1 {
            return Err(damaged("its chunks have more axes than it has"));
        }
        (0..axes).map(|_| fields.u32().map(u64::from)).collect()
    };
    match version {
        1 | 2 => {
            let (axes, class) = (fields.u8()?, fields.u8()?);
            fields.take(5)?;
            match class {
                1 => Ok(Layout::Contiguous { address: fields.u64()?, size: None }),
                2 => Ok(Layout::Chunked { tree: fields.u64()?, sizes: sizes(&mut fields, axes)? }),
                _ => Err(newer("a layout of version 1 in the header")),
            }
        }
        3 => match fields.u8()? {
            0 => Ok(Layout::InHeader { skip: 4, size: u64::from(fields.u16()?) }),
            1 => Ok(Layout::Contiguous { address: fields.u64()?, size: Some(fields.u64()?) }),
            2 => {
                let axes = fields.u8()?;
                Ok(Layout::Chunked { tree: fields.u64()?, sizes: sizes(&mut fields, axes)? })
            }
            class => Err(damaged(format!("there is no layout {class}"))),
        },
        _ => Err(newer(&format!("a layout of version {version}"))),
    }
}

/// The steps of the compression, in the order in which they were taken.
pub(crate) fn filters(message: &[u8]) -> Result<Vec<Filter>> {
    let mut fields = Fields::little(message);
    let (version, count) = (fields.u8()?, fields.u8()?);
    match version {
        1 => fields.take(6)?,
        2 => &[],
        _ => return Err(newer(&format!("filters of version {version}"))),
    };
    let mut filters = Vec::new();
    for _ in 0..count {
        let filter = fields.u16()?;
        let name = if version == 1 || filter >= 256 { usize::from(fields.u16()?) } else { 0 };
        fields.u16()?;
        let values = usize::from(fields.u16()?);
        let name = fields.take(if version == 1 { name.next_multiple_of(8) } else { name })?;
        // An odd number of values of 4 bytes is filled up to 8 in version 1.
        fields.take(4 * if version == 1 { values.next_multiple_of(2) } else { values })?;
        filters.push(match filter {
            1 => Filter::Deflate,
            2 => Filter::Shuffle,
            _ => return Err(not_read(filter, name)),
        });
    }
    Ok(filters)
}

/// The error for a filter that is not read. Those below 256 are the library's own; of others the file has the name that
/// their plugin gave itself, and tools read them where that plugin is installed.
fn not_read(filter: u16, name: &[u8]) -> Error {
    let known = match filter {
        3 => "Fletcher32 checksums",
        4 => "szip",
        5 => "n-bit packing",
        6 => "scale and offset",
        307 => "bzip2",
        32000 => "LZF",
        32001 => "Blosc",
        32004 => "LZ4",
        32008 => "bitshuffle",
        32013 => "ZFP",
        32015 => "Zstandard",
        32026 => "Blosc2",
        _ => "",
    };
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let own = String::from_utf8_lossy(name.get(..end).unwrap_or_default());
    let named = match (known, own.trim()) {
        ("", "") => format!("filter {filter}"),
        ("", own) => format!("filter {filter}, {:?}", shortened(own)),
        (known, _) => format!("{known}, filter {filter}"),
    };
    let where_read = if filter < 256 { "" } else { " where its HDF5 has that filter" };
    Error::input(format!(
        "its data went through {named}, which is not read here; deflate (gzip) and shuffle are: write the file again with \
         `h5repack -f GZIP=4 OLD NEW`{where_read}, or with h5py and compression=\"gzip\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of version 1 with one filter.
    fn message(filter: u16, name: &str) -> Vec<u8> {
        let mut bytes = vec![1, 1, 0, 0, 0, 0, 0, 0];
        let padded = (name.len() + 1).next_multiple_of(8);
        for number in [filter, u16::try_from(padded).unwrap(), 1, 1] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(name.bytes().chain(std::iter::repeat(0)).take(padded));
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn filters_that_are_not_read_are_named_with_the_way_on() {
        let said = [
            (3, "fletcher32"),
            (4, "szip"),
            (32000, "lzf"),
            (32015, "zstd"),
            (40_000, "my \u{1b}[2Jown"),
            (40_001, ""),
        ]
        .map(|(filter, name)| filters(&message(filter, name)).unwrap_err().to_string());
        insta::assert_snapshot!(said.join("\n"), @r#"
its data went through Fletcher32 checksums, filter 3, which is not read here; deflate (gzip) and shuffle are: write the file again with `h5repack -f GZIP=4 OLD NEW`, or with h5py and compression="gzip"
its data went through szip, filter 4, which is not read here; deflate (gzip) and shuffle are: write the file again with `h5repack -f GZIP=4 OLD NEW`, or with h5py and compression="gzip"
its data went through LZF, filter 32000, which is not read here; deflate (gzip) and shuffle are: write the file again with `h5repack -f GZIP=4 OLD NEW` where its HDF5 has that filter, or with h5py and compression="gzip"
its data went through Zstandard, filter 32015, which is not read here; deflate (gzip) and shuffle are: write the file again with `h5repack -f GZIP=4 OLD NEW` where its HDF5 has that filter, or with h5py and compression="gzip"
its data went through filter 40000, "my \u{1b}[2Jown", which is not read here; deflate (gzip) and shuffle are: write the file again with `h5repack -f GZIP=4 OLD NEW` where its HDF5 has that filter, or with h5py and compression="gzip"
its data went through filter 40001, which is not read here; deflate (gzip) and shuffle are: write the file again with `h5repack -f GZIP=4 OLD NEW` where its HDF5 has that filter, or with h5py and compression="gzip"
"#);
        assert_eq!(filters(&message(1, "deflate")).unwrap(), [Filter::Deflate]);
    }
}
