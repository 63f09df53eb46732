//! Reading the manifest of a plugin file without running anything of it.

use genomenas_abi::HEADER_SYMBOL;
use genomenas_data::text::printable;
use genomenas_plugin::message::{FEATURES, Manifest, SECTION};
use object::elf::{DT_NEEDED, EM_AARCH64, EM_RISCV, EM_X86_64, ET_DYN};
use object::read::elf::{ElfFile64, FileHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, ReadRef};

/// Libraries that a plugin must not link: the host owns tensors and devices, and the plugin's process has neither.
const FORBIDDEN: [&str; 5] = ["libtorch", "libc10", "libcuda", "libcudart", "libpython"];

/// The largest file that is taken for a plugin.
pub(super) const MAX_FILE: u64 = 1 << 30;

/// How much of a file says whether it is a library.
const BEGINNING: u64 = 8;

/// The largest manifest that is read.
const MAX_MANIFEST: u64 = 16 << 20;

/// Why a file is not a plugin that can be used here: a clause that completes "FILE: …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    reason: String,
    /// Whether the file may well be a plugin, and the one that a person means.
    hides: bool,
    /// Whether it is a plugin, and breaks what every plugin promises.
    breaks: bool,
}

impl Refusal {
    /// For this reason, on one line: it is not a plugin, or not one that can be used.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), hides: false, breaks: false }
    }

    /// For this reason, which says nothing about what is in it: it cannot be read, or must not be trusted.
    pub fn hidden(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), hides: true, breaks: false }
    }

    /// For this reason, which is a plugin's own fault.
    fn of_plugin(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), hides: false, breaks: true }
    }

    /// Whether it is a plugin that breaks what every plugin promises, so that its author has something to mend.
    pub const fn breaks(&self) -> bool {
        self.breaks
    }

    /// Whether the file may well be the plugin that a person means, so that they have to hear of it.
    pub const fn hides(&self) -> bool {
        self.hides
    }
}

/// What a plugin file says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// Its manifest.
    pub manifest: Manifest,
    /// The compiler, where the file still names it.
    pub rustc: Option<String>,
}

/// Reads a plugin file: its bytes, or what reads parts of it, so that a large file is not read whole.
///
/// # Errors
///
/// It is not a plugin that can be loaded here.
pub fn inspect<'a>(data: impl ReadRef<'a>) -> Result<Inspection, Refusal> {
    let length = data.len().map_err(|()| Refusal::hidden("it cannot be read"))?;
    let first = data.read_bytes_at(0, length.min(BEGINNING)).map_err(|()| Refusal::hidden("it cannot be read"))?;
    if !first.starts_with(b"\x7fELF") {
        return Err(not_elf(first));
    }
    if first.get(4) != Some(&2) {
        return Err(Refusal::new("it is a library for another machine: a 32-bit one"));
    }
    if length > MAX_FILE {
        return Err(Refusal::new("it is larger than 1 GiB, the most that is read"));
    }
    let file: ElfFile64<'_, Endianness, _> = ElfFile64::parse(data).map_err(damaged)?;
    let header = file.elf_header();
    let endian = file.endian();
    check_machine(header.e_machine(endian).0)?;
    if header.e_type(endian) != ET_DYN {
        return Err(Refusal::new("it is an object file or a program, not a shared library"));
    }
    let section = file.section_by_name(SECTION).ok_or_else(|| {
        Refusal::new(format!("it is not a genomenas plugin: it has no {SECTION} section (was it stripped of it?)"))
    })?;
    if section.size() > MAX_MANIFEST {
        return Err(Refusal::new(format!(
            "its manifest has {} bytes; at most {MAX_MANIFEST} are read",
            section.size()
        )));
    }
    let records = section.data().map_err(damaged)?;
    let manifest = Manifest::from_records(records).map_err(|error| Refusal::of_plugin(error.message))?;
    check_features(&manifest)?;
    check_needed(&file)?;
    if !file.dynamic_symbols().any(|symbol| symbol.name_bytes() == Ok(HEADER_SYMBOL.as_bytes())) {
        return Err(Refusal::of_plugin(
            "it has a manifest but does not export the plugin header: build it as a cdylib, and do not strip its \
             dynamic symbols",
        ));
    }
    Ok(Inspection { manifest, rustc: rustc(&file) })
}

fn damaged(error: object::Error) -> Refusal {
    Refusal::new(format!("it is a truncated or damaged library: {error}"))
}

fn not_elf(bytes: &[u8]) -> Refusal {
    let kind = match bytes {
        [] => "an empty file",
        [b'M', b'Z', ..] => "a Windows library",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => "a macOS library",
        _ => "not a library",
    };
    Refusal::new(format!("it is {kind}: a plugin is an ELF shared library (.so)"))
}

fn check_machine(machine: u16) -> Result<(), Refusal> {
    let name = |machine: u16| match machine {
        m if m == EM_X86_64.0 => "x86_64".to_owned(),
        m if m == EM_AARCH64.0 => "aarch64".to_owned(),
        m if m == EM_RISCV.0 => "riscv64".to_owned(),
        other => format!("machine number {other}"),
    };
    let here = std::env::consts::ARCH;
    if name(machine) == here {
        return Ok(());
    }
    Err(Refusal::new(format!("it is a library for another machine: {}, this is {here}", name(machine))))
}

fn check_features(manifest: &Manifest) -> Result<(), Refusal> {
    for strategy in &manifest.strategies {
        if let Some(need) = strategy.needs.iter().find(|need| !FEATURES.contains(&need.as_str())) {
            return Err(Refusal::new(format!(
                "its strategy {} needs '{}' of the host, which this genomenas does not have: update genomenas",
                strategy.id,
                need.escape_debug()
            )));
        }
    }
    Ok(())
}

fn check_needed<'a>(file: &ElfFile64<'a, Endianness, impl ReadRef<'a>>) -> Result<(), Refusal> {
    let table = file.elf_dynamic_table().map_err(damaged)?;
    for entry in table.iter().filter(|entry| entry.tag == DT_NEEDED) {
        let name = String::from_utf8_lossy(table.string(entry).map_err(damaged)?).into_owned();
        if FORBIDDEN.iter().any(|forbidden| name.starts_with(forbidden)) {
            return Err(Refusal::of_plugin(format!(
                "it links {}: a plugin must do without libtorch, CUDA and Python, which belong to the host",
                name.escape_debug()
            )));
        }
    }
    Ok(())
}

/// The compiler as it left its name in the comment section.
fn rustc<'a>(file: &ElfFile64<'a, Endianness, impl ReadRef<'a>>) -> Option<String> {
    let comment = file.section_by_name(".comment").filter(|section| section.size() < 4096)?.data().ok()?;
    let named = comment.split(|byte| *byte == 0).find_map(|text| text.strip_prefix(b"rustc version "))?;
    Some(printable(&String::from_utf8_lossy(named)).chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(bytes: &[u8]) -> String {
        inspect(bytes).unwrap_err().to_string()
    }

    #[test]
    fn files_of_other_kinds_are_distinguished() {
        insta::assert_snapshot!(
            [
                refusal(b""),
                refusal(b"# Notes\n"),
                refusal(b"MZ\x90\0"),
                refusal(&[0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1]),
                refusal(b"\x7fELF\x01\x01\x01"),
                refusal(b"\x7fELF\x02\x01\x01"),
            ]
            .join("\n"),
            @r#"
            it is an empty file: a plugin is an ELF shared library (.so)
            it is not a library: a plugin is an ELF shared library (.so)
            it is a Windows library: a plugin is an ELF shared library (.so)
            it is a macOS library: a plugin is an ELF shared library (.so)
            it is a library for another machine: a 32-bit one
            it is a truncated or damaged library: Invalid ELF header size or alignment
            "#
        );
    }

    #[test]
    fn a_plugin_that_needs_what_the_host_does_not_have_is_refused() {
        let needing = |need: &str| -> Manifest {
            let strategy = serde_json::json!({
                "id": "late", "kind": "search", "about": "A.", "needs": [need], "parameters": {},
            });
            let manifest = serde_json::json!({
                "id": "late", "version": "1.0.0", "abi": 1, "protocol": "1.9", "strategies": [strategy],
            });
            serde_json::from_value(manifest).unwrap()
        };
        assert_eq!(check_features(&needing("supernet")), Ok(()));
        assert_eq!(
            check_features(&needing("time-travel")).unwrap_err().to_string(),
            "its strategy late needs 'time-travel' of the host, which this genomenas does not have: update genomenas"
        );
    }

    #[test]
    fn a_program_is_not_a_plugin() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(refusal(&own).starts_with("it is not a genomenas plugin: it has no .genomenas section"));
    }

    proptest! {
        #[test]
        fn random_bytes_are_refused_in_one_line(mut bytes: Vec<u8>, magic: bool) {
            if magic {
                bytes.splice(0..0, *b"\x7fELF\x02\x01\x01");
            }
            prop_assert!(!refusal(&bytes).contains('\n'));
        }
    }
}
