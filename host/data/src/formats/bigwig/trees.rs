//! The two trees of a bigWig file: the names of chromosomes, and the index of the blocks of values.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::formats::binary::Binary;
use crate::formats::genome::{Chromosome, MOST_CHROMOSOMES};

pub(crate) const NAMES_SIGNATURE: u32 = 0x78CA_8C91;
/// Bytes of the longest name of a chromosome.
const LONGEST_NAME: u32 = 1024;
/// Levels of the deepest index; common writers make three to five.
const DEEPEST: usize = 32;

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
    let damaged = |file: &Binary, text: &str| file.wrong(format!("it is damaged: {what} {text}"));
    file.seek(offset, what)?;
    if file.number(what)? != NAMES_SIGNATURE {
        return Err(file.wrong("it is damaged: there is no list of chromosomes where it says it has one"));
    }
    file.number(what)?;
    let width = file.number(what)?;
    if width > LONGEST_NAME {
        return Err(file.wrong(format!("it is damaged: names of chromosomes of {width} bytes")));
    }
    if file.number(what)? != 8 {
        return Err(damaged(file, "has entries of an unknown kind"));
    }
    let expected = file.long_number(what)?;
    let (mut found, mut numbers, mut names) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let width = width as usize;
    let mut nodes = Nodes::from(offset.saturating_add(32));
    while let Some(node) = nodes.next() {
        let (leaf, entries) = nodes.enter(file, node, [width + 8; 2], what)?;
        let mut children = Vec::new();
        for entry in entries.chunks_exact(width + 8) {
            let Some((name, value)) = entry.split_at_checked(width) else {
                break;
            };
            if !leaf {
                children.push(long(file, value, 0));
                continue;
            }
            let end = name.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            let name = name.get(..end).and_then(|name| std::str::from_utf8(name).ok());
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                return Err(file.wrong("it is damaged: the name of a chromosome is not text"));
            };
            let number = short(file, value, 0);
            if !numbers.insert(number) || !names.insert(name.to_owned()) {
                return Err(damaged(file, &format!("has chromosome {name:?} or its number twice")));
            }
            found.push((Chromosome { name: name.to_owned(), length: short(file, value, 1).into() }, number));
            if found.len() > MOST_CHROMOSOMES {
                return Err(damaged(file, &format!("has more than {MOST_CHROMOSOMES}")));
            }
        }
        nodes.add(children);
    }
    if found.len() as u64 != expected {
        return Err(damaged(file, &format!("has {} of the {expected} that it says it has", found.len())));
    }
    Ok(found)
}

/// The nodes of a tree that are still to be visited.
struct Nodes {
    next: Vec<u64>,
    seen: BTreeSet<u64>,
    /// Bytes of the nodes so far.
    bytes: u64,
}

impl Nodes {
    fn from(root: u64) -> Self {
        Self { next: vec![root], seen: BTreeSet::new(), bytes: 0 }
    }

    fn next(&mut self) -> Option<u64> {
        self.next.pop()
    }

    /// The children of a node come next, in their order.
    fn add(&mut self, children: Vec<u64>) {
        self.next.extend(children.into_iter().rev());
    }

    /// Reads a node: whether it is a leaf, and the bytes of its entries, whose widths in inner nodes and leaves are given.
    /// A node that was there before is refused, and so are nodes that share bytes and so exceed the file.
    fn enter(&mut self, file: &mut Binary, node: u64, widths: [usize; 2], what: &str) -> Result<(bool, Vec<u8>)> {
        if !self.seen.insert(node) {
            return Err(file.wrong(format!("it is damaged: {what} leads in a circle")));
        }
        file.seek(node, what)?;
        let mut kind = [0; 2];
        file.fill(&mut kind, what)?;
        let leaf = match kind[0] {
            0 => false,
            1 => true,
            _ => return Err(file.wrong(format!("it is damaged: {what} has an entry of an unknown kind"))),
        };
        let count = file.short_number(what)?;
        let entries = file.take(u64::from(count) * widths[usize::from(leaf)] as u64, what)?;
        self.bytes += 4 + entries.len() as u64;
        if self.bytes > file.size() {
            return Err(file.wrong(format!("it is damaged: {what} has entries that share bytes")));
        }
        Ok((leaf, entries))
    }
}

/// The number of 32 bits at a place of an entry.
fn short(file: &Binary, entry: &[u8], place: usize) -> u32 {
    let bytes = entry.get(4 * place..).and_then(|bytes| bytes.first_chunk::<4>());
    bytes.map_or(0, |bytes| file.number_of(*bytes))
}

/// The number of 64 bits that begins at a place of an entry.
fn long(file: &Binary, entry: &[u8], place: usize) -> u64 {
    let bytes = entry.get(4 * place..).and_then(|bytes| bytes.first_chunk::<8>());
    bytes.map_or(0, |bytes| file.long_number_of(*bytes))
}

/// The index of the blocks. The nodes of the last way through it are kept: neighbours share most of them.
pub(crate) struct Index {
    root: u64,
    levels: Vec<(u64, Node)>,
}

/// A node of the index.
struct Node {
    leaf: bool,
    entries: Vec<Entry>,
    /// Whether starts and ends ascend, so that entries are found by halving.
    ascends: bool,
}

/// A number of a chromosome and a place on it.
type Bound = (u32, u64);

struct Entry {
    start: Bound,
    end: Bound,
    offset: u64,
    size: u64,
}

impl Index {
    pub(crate) fn new(root: u64) -> Self {
        Self { root, levels: Vec::new() }
    }

    /// The blocks that may hold what is wanted, in the order of the index.
    pub(crate) fn blocks(&mut self, file: &mut Binary, wanted: &Wanted<'_>) -> Result<Vec<Block>> {
        let what = "the index";
        let mut found = Vec::new();
        let mut nodes = Nodes::from(self.root);
        let mut depths = vec![0];
        while let (Some(offset), Some(depth)) = (nodes.next(), depths.pop()) {
            if self.levels.get(depth).is_none_or(|(kept, _)| *kept != offset) {
                if depth == DEEPEST {
                    return Err(file.wrong(format!("it is damaged: {what} has more than {DEEPEST} levels")));
                }
                let (leaf, bytes) = nodes.enter(file, offset, [24, 32], what)?;
                self.levels.truncate(depth);
                self.levels.push((offset, Node::read(file, leaf, &bytes)));
            } else if !nodes.seen.insert(offset) {
                return Err(file.wrong(format!("it is damaged: {what} leads in a circle")));
            }
            let Some((_, node)) = self.levels.get(depth) else {
                return Err(Error::bug("a node of an index was not kept"));
            };
            let touching = node.touching(wanted);
            if node.leaf {
                found.extend(touching.map(|entry| Block { offset: entry.offset, size: entry.size }));
            } else {
                let children: Vec<u64> = touching.map(|entry| entry.offset).collect();
                depths.extend(children.iter().map(|_| depth + 1));
                nodes.add(children);
            }
        }
        Ok(found)
    }
}

impl Node {
    fn read(file: &Binary, leaf: bool, bytes: &[u8]) -> Self {
        let bound = |entry: &[u8], place: usize| (short(file, entry, place), u64::from(short(file, entry, place + 1)));
        let entries: Vec<Entry> = bytes
            .chunks_exact(if leaf { 32 } else { 24 })
            .map(|entry| Entry {
                start: bound(entry, 0),
                end: bound(entry, 2),
                offset: long(file, entry, 4),
                size: if leaf { long(file, entry, 6) } else { 0 },
            })
            .collect();
        let ascends = entries.is_sorted_by_key(|entry| entry.start) && entries.is_sorted_by_key(|entry| entry.end);
        Self { leaf, entries, ascends }
    }

    /// The entries that may hold what is wanted.
    fn touching(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = &Entry> {
        let (from, to) = ((wanted.number, wanted.places.start), (wanted.number, wanted.places.end));
        // An item of no base at the first place ends there, too.
        let before = move |entry: &Entry| entry.end < from || entry.end == from && entry.start.0 != from.0;
        let first = if self.ascends { self.entries.partition_point(|entry| entry.end < from) } else { 0 };
        let rest = self.entries.get(first..).unwrap_or_default();
        let ascends = self.ascends;
        rest.iter()
            .take_while(move |entry| !ascends || entry.start < to)
            .filter(move |entry| entry.start < to && !before(entry))
    }
}
