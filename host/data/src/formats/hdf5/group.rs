//! Groups in the first form of the format: a B-tree of symbol tables whose names lie in a heap.

use std::collections::BTreeSet;

use super::file::{Hdf5, newer};
use super::header::SYMBOL_TABLE;
use crate::error::Result;
use crate::formats::parts::{Allowance, Fields, damaged};

/// An entry that points to a dataset or group, and not by name to another place.
const SOFT_LINK: u32 = 2;
/// A node of a B-tree before its keys.
pub(crate) const NODE: u64 = 24;

/// What a walk over the nodes of an index has seen.
pub(crate) struct Walk {
    places: BTreeSet<u64>,
    allowance: Allowance,
}

impl Walk {
    pub(crate) fn over(file: &Hdf5<'_>) -> Self {
        Self { places: BTreeSet::new(), allowance: Allowance::of(file.parts.length() - file.base) }
    }

    /// Refuses a piece that was there before, or more bytes than the file has.
    fn enter(&mut self, place: u64, bytes: u64) -> Result<()> {
        if !self.places.insert(place) {
            return Err(damaged("its index goes in a circle"));
        }
        self.take(bytes)
    }

    /// Refuses more bytes than the file has.
    pub(crate) fn take(&mut self, bytes: u64) -> Result<()> {
        if self.allowance.take(bytes) { Ok(()) } else { Err(damaged("the parts of its index overlap")) }
    }
}

/// A node of a version 1 B-tree.
pub(crate) struct Node {
    /// 0 for leaves.
    pub(crate) level: u8,
    /// Keys and children in turn, a key first and one last.
    pub(crate) bytes: Vec<u8>,
    /// Children.
    pub(crate) entries: usize,
}

impl Hdf5<'_> {
    /// Names at the root, with the addresses of their object headers.
    pub(crate) fn entries(&self) -> Result<Vec<(String, u64)>> {
        let messages = self.messages(self.root)?;
        let Some(table) = messages.iter().find(|message| message.kind == SYMBOL_TABLE) else {
            return Err(newer("a root group without a symbol table"));
        };
        let mut fields = Fields::little(&table.bytes);
        let (tree, heap) = (fields.u64()?, fields.u64()?);
        let names = self.heap(heap)?;
        let mut found = Vec::new();
        let mut walk = Walk::over(self);
        let mut open = vec![(tree, None)];
        while let Some((address, level)) = open.pop() {
            let node = self.node(address, 0, 8, level, &mut walk)?;
            let mut fields = Fields::little(&node.bytes);
            for _ in 0..node.entries {
                fields.u64()?;
                let child = fields.u64()?;
                match node.level {
                    0 => self.symbols(child, &names, &mut found, &mut walk)?,
                    level => open.push((child, Some(level - 1))),
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Reads a node with keys of `key` bytes; no node is read twice.
    pub(crate) fn node(&self, address: u64, kind: u8, key: u64, level: Option<u8>, walk: &mut Walk) -> Result<Node> {
        let place = self.place(address)?;
        walk.enter(place, NODE)?;
        let head = self.parts.read(place, NODE)?;
        let mut fields = Fields::little(&head);
        let wrong = || damaged(format!("at byte {place} is not the node of an index that is expected there"));
        if fields.take(4)? != b"TREE" || fields.u8()? != kind {
            return Err(wrong());
        }
        let found = fields.u8()?;
        let entries = fields.u16()?;
        if level.is_some_and(|level| level != found) {
            return Err(wrong());
        }
        let length = u64::from(entries) * (key + 8);
        walk.take(length)?;
        let bytes = self.parts.read(place + NODE, length)?;
        Ok(Node { level: found, bytes, entries: usize::from(entries) })
    }

    fn heap(&self, address: u64) -> Result<Vec<u8>> {
        let place = self.place(address)?;
        let head = self.parts.read(place, 32)?;
        let mut fields = Fields::little(&head);
        if fields.take(4)? != b"HEAP" || fields.u8()? != 0 {
            return Err(damaged(format!("at byte {place} are not the names that are expected there")));
        }
        fields.take(3)?;
        let size = fields.u64()?;
        fields.u64()?;
        self.parts.read(self.place(fields.u64()?)?, size)
    }

    fn symbols(&self, address: u64, names: &[u8], found: &mut Vec<(String, u64)>, walk: &mut Walk) -> Result<()> {
        let place = self.place(address)?;
        walk.enter(place, 8)?;
        let head = self.parts.read(place, 8)?;
        let mut fields = Fields::little(&head);
        if fields.take(4)? != b"SNOD" || fields.u8()? != 1 {
            return Err(damaged(format!("at byte {place} is not the symbol table that is expected there")));
        }
        fields.u8()?;
        let count = fields.u16()?;
        walk.take(u64::from(count) * 40)?;
        let table = self.parts.read(place + 8, u64::from(count) * 40)?;
        let mut fields = Fields::little(&table);
        for _ in 0..count {
            let (name, header, kind) = (fields.u64()?, fields.u64()?, fields.u32()?);
            fields.take(20)?;
            let name = usize::try_from(name).ok().and_then(|name| names.get(name..));
            let name = name.and_then(|name| name.split(|byte| *byte == 0).next());
            let name = name.ok_or_else(|| damaged("a name lies outside of the names"))?;
            if kind != SOFT_LINK {
                found.push((String::from_utf8_lossy(name).into_owned(), header));
            }
        }
        Ok(())
    }
}
