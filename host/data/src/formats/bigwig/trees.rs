//! The two trees of a bigWig file: the names of chromosomes, and the index of the blocks of values.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::error::Result;
use crate::formats::binary::Binary;
use crate::formats::genome::Chromosome;

pub(crate) const NAMES_SIGNATURE: u32 = 0x78CA_8C91;
/// Bytes of the longest name of a chromosome.
const LONGEST_NAME: u32 = 1024;

/// The values that are asked for: those at `places` of a chromosome.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) number: u32,
    pub(super) length: u64,
    pub(super) places: Range<u64>,
}

/// Part of the file that holds values.
pub(crate) struct Block {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// The chromosomes with their numbers, from the tree of their names.
pub(crate) fn chromosomes(file: &mut Binary, offset: u64) -> Result<Vec<(Chromosome, u32)>> {
    let what = "the list of chromosomes";
    file.seek(offset, what)?;
    if file.number(what)? != NAMES_SIGNATURE {
        return Err(file.wrong("it is damaged: there is no list of chromosomes where it says it has one"));
    }
    file.number(what)?;
    let width = file.number(what)?;
    if width > LONGEST_NAME {
        return Err(file.wrong(format!("it is damaged: names of chromosomes of {width} bytes")));
    }
    file.seek(offset.saturating_add(32), what)?;
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut nodes = vec![file.position()?];
    while let Some(node) = nodes.pop() {
        let (leaf, count) = enter(file, node, &mut seen, what)?;
        let mut children = Vec::new();
        for _ in 0..count {
            let mut name = file.take(width.into(), what)?;
            if !leaf {
                children.push(file.long_number(what)?);
                continue;
            }
            while name.last() == Some(&0) {
                name.pop();
            }
            let Ok(name) = String::from_utf8(name) else {
                return Err(file.wrong("it is damaged: the name of a chromosome is not text"));
            };
            let number = file.number(what)?;
            found.push((Chromosome { name, length: file.number(what)?.into() }, number));
        }
        nodes.extend(children.into_iter().rev());
    }
    Ok(found)
}

/// Goes to a node of a tree: whether it is a leaf, and its entries. A node that was there before is refused.
fn enter(file: &mut Binary, offset: u64, seen: &mut BTreeSet<u64>, what: &str) -> Result<(bool, u16)> {
    if !seen.insert(offset) {
        return Err(file.wrong(format!("it is damaged: {what} leads in a circle")));
    }
    file.seek(offset, what)?;
    let mut kind = [0; 2];
    file.fill(&mut kind, what)?;
    match kind {
        [leaf @ (0 | 1), _] => Ok((leaf == 1, file.short_number(what)?)),
        _ => Err(file.wrong(format!("it is damaged: {what} has an entry of an unknown kind"))),
    }
}

/// The blocks that may hold what is wanted, in the order of the index.
pub(crate) fn blocks(file: &mut Binary, root: u64, wanted: &Wanted<'_>) -> Result<Vec<Block>> {
    let what = "the index";
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let (leaf, count) = enter(file, node, &mut seen, what)?;
        let mut children = Vec::new();
        for _ in 0..count {
            let start = (file.number(what)?, u64::from(file.number(what)?));
            let end = (file.number(what)?, u64::from(file.number(what)?));
            let offset = file.long_number(what)?;
            let size = if leaf { file.long_number(what)? } else { 0 };
            if start >= (wanted.number, wanted.places.end) || end <= (wanted.number, wanted.places.start) {
                continue;
            }
            if leaf {
                found.push(Block { offset, size });
            } else {
                children.push(offset);
            }
        }
        nodes.extend(children.into_iter().rev());
    }
    Ok(found)
}
