//! A plugin's library as small as can be: an ELF file with no code, and the sections that are looked at.

/// Alignment of what follows.
const ALIGNMENT: usize = 8;

struct Section {
    name: &'static str,
    kind: u32,
    link: u32,
    entry: u64,
    bytes: Vec<u8>,
}

/// A 64-bit shared library with this manifest, which needs `needed` and exports `symbol`.
pub fn library(manifest: &[u8], needed: &str, symbol: &str) -> Vec<u8> {
    let mut strings = vec![0];
    let mut string = |text: &str| {
        let at = strings.len() as u64;
        strings.extend(text.bytes().chain([0]));
        at
    };
    let (needed, symbol) = (string(needed), string(symbol));
    let dynamic = [1, needed, 0, 0].into_iter().flat_map(u64::to_le_bytes).collect();
    // The null symbol, and a global function in section 1 at address 0.
    let mut symbols = vec![0; 24];
    symbols.extend(u32::try_from(symbol).unwrap_or(0).to_le_bytes());
    symbols.extend([0x12, 0, 1, 0]);
    symbols.extend([0; 16]);
    let section = |name, kind, link, entry, bytes| Section { name, kind, link, entry, bytes };
    sections(vec![
        section(".genomenas", 1, 0, 0, manifest.to_vec()),
        section(".dynstr", 3, 0, 0, strings),
        section(".dynsym", 11, 2, 24, symbols),
        section(".dynamic", 6, 2, 16, dynamic),
        section(".comment", 1, 0, 0, b"rustc version 1.95.0\0".to_vec()),
    ])
}

fn sections(mut sections: Vec<Section>) -> Vec<u8> {
    let mut names = vec![0];
    let mut places = Vec::new();
    for name in sections.iter().map(|section| section.name).chain([".shstrtab"]) {
        places.push(u32::try_from(names.len()).unwrap_or(0));
        names.extend(name.bytes().chain([0]));
    }
    sections.push(Section { name: ".shstrtab", kind: 3, link: 0, entry: 0, bytes: names });
    let mut file = vec![0; 64];
    let mut headers = vec![0; 64];
    for (section, name) in sections.iter().zip(places) {
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        headers.extend([name, section.kind].into_iter().flat_map(u32::to_le_bytes));
        headers.extend([2, 0, file.len() as u64, section.bytes.len() as u64].into_iter().flat_map(u64::to_le_bytes));
        headers.extend([section.link, 1].into_iter().flat_map(u32::to_le_bytes));
        headers.extend([8, section.entry].into_iter().flat_map(u64::to_le_bytes));
        file.extend(&section.bytes);
    }
    file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
    let table = file.len() as u64;
    file.extend(headers);
    let count = u16::try_from(sections.len() + 1).unwrap_or(0);
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    // A shared library for the machine that this is built for.
    let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    header.extend([3, machine].into_iter().flat_map(u16::to_le_bytes));
    header.extend(1_u32.to_le_bytes());
    header.extend([0, 0, table].into_iter().flat_map(u64::to_le_bytes));
    header.extend(0_u32.to_le_bytes());
    header.extend([64, 56, 0, 64, count, count - 1].into_iter().flat_map(u16::to_le_bytes));
    file.splice(..64, header);
    file
}
