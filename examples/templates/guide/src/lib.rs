//! The code of the guide, compiled as that of a crate that depends on `genomenas-plugin` and `serde` alone.

#[cfg(doctest)]
#[doc = include_str!("../../../../WRITING_A_PLUGIN.md")]
struct Guide;
