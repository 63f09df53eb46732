//! Tables as text: TSV and CSV, plain and gzipped.

#![no_main]

use genomenas_fuzz::{imports, scratch, seeds, tables};
use libfuzzer_sys::fuzz_target;

// The first byte chooses the columns; the second the name of the file, and whether the text is gzipped here.
fuzz_target!(init: seeds::write("tables", seeds()), |data: &[u8]| {
    let [choice, kind, bytes @ ..] = data else { return };
    let name = ["table.tsv", "table.csv", "table.txt", "TABLE.CSV"][usize::from(kind >> 1 & 3)];
    let path = match kind % 2 {
        0 => scratch::file(name, bytes),
        _ => scratch::file(&format!("{name}.gz"), &imports::gzip(bytes)),
    };
    tables::import(*choice, path);
});

fn seeds() -> Vec<Vec<u8>> {
    let text = |separator: &str, end: &str| {
        let rows = tables::rows();
        let lines = std::iter::once(tables::COLUMNS.join(separator)).chain(rows.iter().map(|row| row.join(separator)));
        lines.map(|line| line + end).collect::<String>()
    };
    let (tabs, commas) = (text("\t", "\n"), text(",", "\r\n"));
    let quoted = format!("\u{feff}{}", commas.replace("one", "\"o,n\"\"e\""));
    let mut seeds = Vec::new();
    for choice in [0, 1, 2, 3, 131, 4, 5, 8, 16, 32, 52, 57] {
        for (kind, text) in [(0, &tabs), (2, &commas), (2, &quoted), (5, &tabs)] {
            seeds.push([&[choice, kind], text.as_bytes()].concat());
        }
    }
    seeds.push([&[0, 0], imports::gzip(tabs.as_bytes()).as_slice()].concat());
    seeds
}
