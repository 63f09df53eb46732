//! Writes `schemas/` and the tables of `PROTOCOL.md` anew: `cargo run -p genomenas-plugin --features schema --example schemas`.

#![allow(clippy::disallowed_methods, clippy::expect_used, reason = "a tool of the repository, run by hand")]

use std::fs;
use std::path::Path;

use genomenas_plugin::schema::{documents, with_tables};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in documents() {
        let path = folder.join("schemas").join(document.name).with_extension("json");
        fs::write(path, document.text()).expect("the folder of the schemas can be written");
    }
    let page = folder.join("PROTOCOL.md");
    let text = fs::read_to_string(&page).expect("PROTOCOL.md can be read");
    fs::write(page, with_tables(&text)).expect("PROTOCOL.md can be written");
}
