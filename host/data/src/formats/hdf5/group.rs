//! Groups in the first form of the format: a B-tree of symbol tables whose names lie in a heap.

use std::collections::BTreeSet;

use super::file::{Hdf5, newer};
use super::header::SYMBOL_TABLE;
use crate::error::Result;
use crate::formats::parts::{Fields, damaged};

/// An entry that points to a dataset or group, and not by name to another place.
const SOFT_LINK: u32 = 2;
/// A node of a B-tree before its keys.
pub(crate) const NODE: u64 = 24;

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
        let mut seen = BTreeSet::new();
        let mut open = vec![(tree, None)];
        while let Some((address, level)) = open.pop() {
            let node = self.node(address, 0, 8, level, &mut seen)?;
            let mut fields = Fields::little(&node.bytes);
            for _ in 0..node.entries {
                fields.u64()?;
                let child = fields.u64()?;
                match node.level {
                    0 => self.symbols(child, &names, &mut found, &mut seen)?,
                    level => open.push((child, Some(level - 1))),
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Reads a node with keys of `key` bytes; no node is read twice.
    pub(crate) fn node(
        &self,
        address: u64,
        kind: u8,
        key: u64,
        level: Option<u8>,
        seen: &mut BTreeSet<u64>,
    ) -> Result<Node> {
        let place = self.place(address)?;
        if !seen.insert(place) {
            return Err(damaged("its index goes in a circle"));
        }
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
        let bytes = self.parts.read(place + NODE, u64::from(entries) * (key + 8))?;
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

    fn symbols(
        &self,
        address: u64,
        names: &[u8],
        found: &mut Vec<(String, u64)>,
        seen: &mut BTreeSet<u64>,
    ) -> Result<()> {
        let place = self.place(address)?;
        let head = self.parts.read(place, 8)?;
        let mut fields = Fields::little(&head);
        if !seen.insert(place) || fields.take(4)? != b"SNOD" || fields.u8()? != 1 {
            return Err(damaged(format!("at byte {place} is not the symbol table that is expected there")));
        }
        fields.u8()?;
        let count = fields.u16()?;
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
